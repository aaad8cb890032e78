"""What strangers write is shown and exported as text: mark-up, script, formula, mathematics, direction signs."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from lxml import etree

from desk import debtor, explain, month_end, open_books, trial
from desk.charts import draw, label
from desk.inert import inert
from desk.tables import Column, Facts, Note, Table, sheet
from tests.builders import Line, camt053
from tests.scenario.office import Office

DAY = date(2026, 10, 6)
NASTY = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "</td></table><iframe src=//x>",
    '=HYPERLINK("http://x";"y")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "abc\u202edcba\u202c \u2066x\u2069",
    "{{7*7}} {% raw %} ${7*7} <%= 7*7 %>",
    "**b** _i_ `x` [l](http://x) | a | # h",
    r"$\frac{1}{ $ \(x\) \[y\] $$z$$",
    "javascript:alert(3)",
    "&lt;b&gt; &#60;b&#62;",
)
# What our own pages are made of.
_TAGS = {"div", "style", "table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
_NUMBER = re.compile(r"-?\d+(,\d+)?")


@pytest.fixture
def nasty(office: Office) -> Office:
    """Every text stands once as a debtor's name, once as a payer's, once as remittance text."""
    lines = []
    for place, text in enumerate(NASTY):
        number = f"RE-2026-{place:04d}"
        office.owed(number, str(10001 + place), f"{100 + place}.00", debtor_name=text, due="2026-09-01")
        wording = f"{text} {number}" if place % 2 else text
        lines.append(Line(f"{100 + place}.00", text, "DE89370400440532013000", wording[:140], ref=f"A{place}"))
    office.load()
    office.day(DAY, camt053(date(2026, 10, 5), "1000.00", *lines))
    return office


@pytest.fixture
def shown(nasty: Office, tmp_path: Path) -> Iterator[list[Any]]:
    """Everything the notebooks can show of these books."""
    config = nasty.folder / "desk.toml"
    config.write_text(f'[company]\nmode = "test"\n[database]\nurl = "{nasty.database}"\n', encoding="utf-8")
    desk = open_books(str(config), as_of=date(2026, 11, 2), language="de")
    found: list[Any] = []
    try:
        for place in range(len(NASTY)):
            one = debtor(desk, str(10001 + place), whole_ibans=True)
            found += [one.overview(), one.open_items(), one.statement(), one.dunning(), one.documents()]
        found.append(one.balance())
        transactions = list(desk.app.inquiries.table("transactions")["transaction_id"])
        for transaction in transactions:
            story = explain(desk, transaction)
            found += [
                story.overview(), story.raw(), story.normalised(), story.candidates(), story.decision(),
                story.postings(), story.returns(), story.dunning(), story.audit(),
            ]  # fmt: skip
        # Pictures take their time; their labels are looked at below.
        found += [story.waterfall(), story.competing()]
        month = month_end(desk)
        found += [month.overview(), month.aged(), month.aged_picture(), month.waiting(names=True), month.bank(),
                  month.bank_days(), month.bank_picture(), month.export(tmp_path / "out")]  # fmt: skip
        what_if = trial(desk, changes={"automation": {"max_auto_minor": 1}})
        found += [what_if.overview(), what_if.days(), what_if.changes(), what_if.risk(), what_if.reliability()]
        yield found
    finally:
        desk.app.close()


def bundles(shown: list[Any]) -> list[dict[str, str]]:
    found = [one._repr_mimebundle_() for one in shown]
    return [one[0] if isinstance(one, tuple) else one for one in found]


def harmless(text: str) -> bool:
    """No sign in it steers a page, a terminal or the direction of writing."""
    return not any(unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs") for sign in text if sign != "\n")


def test_every_view_and_every_export_is_inert(shown: list[Any], tmp_path: Path) -> None:
    pages = bundles(shown)
    assert {kind for page in pages for kind in page} == {"text/html", "text/plain", "image/png"}
    seen = ""
    for page in pages:
        assert harmless(page["text/plain"])
        if "text/html" not in page:
            continue
        tree = lxml.html.fragment_fromstring(page["text/html"], create_parent="div")
        for element in tree.iter():
            assert element.tag in _TAGS
            assert set(element.attrib) <= {"class"}
        assert "mathjax_ignore" in page["text/html"]
        told = tree.text_content()
        assert harmless(told)
        seen += told
    for text in NASTY:
        # Nothing is left out either: the analyst sees what was written.
        assert inert(text) in seen
    check_folder(tmp_path / "out")


def check_folder(folder: Path) -> None:
    tables = sorted(folder.glob("*.csv"))
    assert len(tables) == 6
    names = set()
    for path in tables:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            for row in csv.reader(handle, delimiter=";"):
                names.update(row)
                for cell in row:
                    assert harmless(cell)
                    assert not cell.startswith(("=", "+", "@", "\t", "\r")), path.name
                    assert not cell.startswith("-") or _NUMBER.fullmatch(cell), path.name
    assert {"'+1+1", "'@SUM(A1)"} <= names
    description = etree.parse(str(folder / "index.xml"), etree.XMLParser(resolve_entities=False, no_network=True))
    assert [found.text for found in description.iterfind(".//Table/URL")] == [
        "journal.csv", "offene-posten.csv", "summen-und-salden.csv", "bankabstimmung.csv", "ungeklaert.csv",
        "pruefungen.csv",
    ]  # fmt: skip


@pytest.mark.parametrize("text", [*NASTY, "\x1b[31mred", "a\x00b\x07", "\u200bzero", "\ufeffbom", "\ud800"])
def test_every_part_of_a_page_is_inert(text: str) -> None:
    page = sheet(
        Note(text), Facts(text, [(text, text)]), Table(text, [Column(text)], [[text]], [text]),
        Table(text, [Column(text)], [], empty=text),
    )._repr_mimebundle_()  # fmt: skip
    tree = lxml.html.fragment_fromstring(page["text/html"], create_parent="div")
    assert {str(element.tag) for element in tree.iter()} <= _TAGS
    assert tree.text_content().count(inert(text)) == 10
    assert harmless(page["text/plain"])


@pytest.mark.parametrize("text", [*NASTY, r"$\undefined{$", "\x1b", "漢字"])
def test_a_picture_takes_no_text_for_mathematics(text: str) -> None:
    def paint(figure: Any) -> None:
        axes = figure.add_subplot()
        axes.set_title(label(text))
        axes.set_yticks([0, 1], [label(text), "b"])
        axes.plot([0, 1], [0, 1], label=label(text))
        axes.legend()
        assert not axes.title.get_parse_math()

    picture = draw(text, paint)
    assert picture.png.startswith(b"\x89PNG")
    assert harmless(picture.alt)
