"""What strangers write into a payment stays text in every corner of the grid, and the page asks nobody for anything."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.desk import PATIENCE, Desk
from tests.browser.office import HOSTILE, Books, hostile, iban

# What the grid itself is made of; anything else came out of a text.
_OURS = "div span input select option button kbd p h3 h4 b i table tbody tr td th form label".upper().split()
_STRANGE = (
    "ours => [...document.querySelectorAll('.kk *')].map((one) => one.tagName).filter((tag) => !ours.includes(tag))"
)
_MARKED_UP = "() => document.querySelectorAll('.kk-text *, .kk-detail h3 *, .kk-two:nth-child(3) .kk-cell *').length"
_ACTIVE = "() => document.querySelectorAll('.kk [href], .kk [src], .kk [onclick], .kk [onerror]').length"
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069]")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return hostile(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def desk(books: Books, opened: Callable[..., Desk]) -> Desk:
    return opened(books, "de")


def harmless(desk: Desk) -> None:
    """Nothing on the screen is more than text."""
    page = desk.page
    assert page.evaluate("() => window.pwned") is None
    assert page.evaluate(_STRANGE, _OURS) == []
    assert page.evaluate(_MARKED_UP) == 0
    assert page.evaluate(_ACTIVE) == 0
    assert not _STEERING.search(page.locator(".kk").text_content())


def test_hostile_text_is_shown_and_does_nothing(desk: Desk) -> None:
    page = desk.page
    assert page.locator(".kk-row").count() == len(HOSTILE) + 1
    seen = []
    for place in range(len(HOSTILE) + 1):
        if place:
            desk.press("ArrowDown")
        desk.loaded()
        harmless(desk)
        seen.append(page.locator(".kk-text").inner_text())
    assert any(text.startswith("<img src=x onerror=") for text in seen)
    assert any("{{ 7*7 }}" in text for text in seen)
    assert any('=HYPERLINK("https://evil.example/' in text for text in seen)
    assert any("⟦202E⟧" in text for text in seen)
    assert desk.window.dialogs == []
    assert desk.window.strangers() == []
    assert desk.window.errors == []


def test_forms_answers_and_the_search_do_nothing_either(desk: Desk) -> None:
    page = desk.page
    for key in ("s", "p", "o", "r", "w", "?"):
        desk.press(key)
        page.wait_for_selector(".kk-form", timeout=PATIENCE)
        harmless(desk)
        desk.press("Escape")
    desk.find("<img")
    harmless(desk)
    desk.press("s")
    desk.fill("<script>window.pwned=9</script>{{7*7}}", "1", "<img src=x onerror=alert(9)>")
    desk.hears("<script>window.pwned=9</script>")
    harmless(desk)
    desk.find("61,00")
    desk.press("b")
    page.wait_for_selector(".kk-form .kk-preview", timeout=PATIENCE)
    harmless(desk)
    desk.fill("<b>gesehen</b>")
    desk.hears("1 Fälle angenommen")
    harmless(desk)
    assert desk.window.dialogs == []
    assert desk.window.strangers() == []


def test_accounts_are_masked_until_somebody_asks(desk: Desk) -> None:
    desk.find("<svg")
    whole = iban(32)
    assert whole not in desk.page.content().replace(" ", "")
    assert desk.page.locator(".kk-iban").inner_text() == f"{whole[:4]} … {whole[-4:]}"
    desk.press("i")
    desk.page.wait_for_function(
        "n => document.querySelector('.kk-iban').textContent.replaceAll(' ', '') === n", arg=whole
    )
