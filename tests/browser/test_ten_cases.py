"""An analyst works off a morning in JupyterLab, with nothing but the keyboard; the ledger shows what was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.desk import PATIENCE, Desk
from tests.browser.office import Books, law_firm, morning

Open = Callable[..., Desk]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return morning(tmp_path_factory.mktemp("morning"))


@pytest.fixture(scope="module")
def desk(books: Books, opened: Open) -> Desk:
    return opened(books)


def test_ten_cases_by_keyboard_and_the_ledger_shows_exactly_those(books: Books, desk: Desk) -> None:
    before = books.open_amounts()
    cells = desk.page.locator(".jp-Cell").count()

    desk.find("Weiss Handel")  # accept the second alternative; the key bounces
    desk.press("2", "Enter", "Enter")
    desk.hears("Accepted: €119.00")

    desk.find("Braun")  # reject the best
    desk.press("x")
    desk.hears("Rejected")

    desk.find("Omas")  # assign
    desk.press("s")
    desk.fill("RE-2026-1201", "", "Clara called")
    desk.hears("Assigned: €500.00")

    desk.find("Sammelzahler")  # split over three invoices, the rest is counted down
    desk.press("p")
    desk.type("RE-2026-1301")
    desk.press("Tab")
    desk.type("70,00")
    assert rest(desk) == "Rest: 160.00"
    further(desk)
    desk.type("RE-2026-1302")
    desk.press("Tab", "Control+a")
    desk.type("80")
    assert rest(desk) == "Rest: 80.00"
    further(desk)
    desk.type("RE-2026-1303")
    desk.press("Tab", "Control+a")
    desk.type("75.50")
    assert rest(desk) == "Rest: 4.50"
    desk.press("Enter")
    desk.hears("Split: €225.50")

    desk.find("Unbekannt Eins")  # hold
    desk.press("h")
    desk.hears("On hold")

    desk.find("Verein Hafenfest")  # keep on the debtor's account, then send it back
    desk.press("o")
    desk.fill("10005", "", "prepaid")
    desk.hears("On the debtor's account: €45.00")
    desk.find("Unbekannt Vier")
    desk.press("r")
    desk.fill("10005", "45,00", "asked for it")
    desk.hears("Refund noted: €45.00")

    desk.press("w")  # write off
    desk.fill("RE-2026-1501", "9,90", "not worth a letter")
    desk.hears("Written off: €9.90")

    desk.find("Unbekannt Zwei")  # assign and think better of it
    desk.press("s")
    desk.fill("RE-2026-1401", "33", "mistaken")
    desk.hears("Assigned: €33.00")
    assert books.open_amounts()["RE-2026-1401"] == "277.00"
    desk.press("u")
    desk.hears("Undone: €33.00")
    assert "Unbekannt Zwei" in desk.names

    desk.find("Haushalt")  # three cases alike in one go
    desk.press("b")
    desk.page.wait_for_selector(".kk-form .kk-preview", timeout=PATIENCE)
    assert "3 cases, €1,296.51 in all" in desk.page.locator(".kk-form").inner_text()
    desk.fill("seen together")
    desk.hears("3 cases accepted")

    assert books.allocated() == {
        "ACCEPT": [("RE-2026-1002", "119.00", "decided")],
        "ASSIGN": [("RE-2026-1201", "500.00", "decided")],
        "SPLIT": [
            ("RE-2026-1301", "70.00", "decided"), ("RE-2026-1302", "80.00", "decided"),
            ("RE-2026-1303", "75.50", "decided"),
        ],
        "ACCOUNT": [("@10005", "45.00", "decided")],
        "write_off": [("RE-2026-1501", "9.90", "decided")],
        **{f"LIKE{n}": [(f"RE-2026-160{n}", f"{430 + n}.17", "decided")] for n in (1, 2, 3)},
    }  # fmt: skip
    settled = {"RE-2026-1002", "RE-2026-1201", "RE-2026-1301", "RE-2026-1302", "RE-2026-1501"} | {
        f"RE-2026-160{n}" for n in (1, 2, 3)
    }
    after = books.open_amounts()
    assert {number for number in before if after.get(number, "0.00") == "0.00"} == settled
    assert after["RE-2026-1303"] == "14.50"
    assert {number: after[number] for number in before.keys() - settled - {"RE-2026-1303"}} == {
        number: before[number] for number in before.keys() - settled - {"RE-2026-1303"}
    }
    assert Counter(row["command"] for row in books.table("operations")) >= Counter(["refund", "writeoff"])
    assert books.waiting() == {"REJECT", "SPLIT", "HOLD", "UNDO", "STALE", "LEFT"}
    assert books.proven() == []
    # Whatever the keys did, they did it in the grid: JupyterLab's own shortcuts stayed out of it.
    assert desk.page.locator(".jp-Cell").count() == cells
    assert desk.window.errors == []


def test_each_decision_is_in_the_trail_once_with_who_and_why(books: Books) -> None:
    trail = [row for row in books.table("audit") if row["user"] == "anna"]
    assert Counter(row["event"] for row in trail) == {
        "review-accept": 4, "review-reject": 1, "review-assign": 2, "review-split": 1, "review-hold": 1,
        "review-on_account": 1, "review-refund": 1, "review-writeoff": 1, "review-undo": 1,
    }  # fmt: skip
    assert {"Clara called", "prepaid", "seen together"} <= {row["comment"] for row in trail}


def test_what_somebody_else_decided_is_shown_as_stale_and_not_forced(books: Books, desk: Desk) -> None:
    desk.find("Unbekannt Drei")
    books.assign_elsewhere("STALE", "RE-2026-1401")
    assert books.open_amounts()["RE-2026-1401"] == "233.00"
    desk.press("s")
    desk.fill("RE-2026-1101", "77", "")
    desk.hears("The case has changed meanwhile")
    assert "decided elsewhere meanwhile" in desk.page.locator(".kk-row[data-done]").inner_text()
    assert books.allocated()["STALE"] == [("RE-2026-1401", "77.00", "decided")]
    assert books.open_amounts()["RE-2026-1101"] == "240.00"
    desk.press("h")
    desk.hears("This case is decided already")


def test_undo_restores_balances_and_queue_step_by_step(books: Books, desk: Desk) -> None:
    desk.everything()
    for _ in range(3):
        desk.press("u")
        desk.hears("Undone: €43")
    assert {f"LIKE{n}" for n in (1, 2, 3)} <= books.waiting()
    assert [books.open_amounts()[f"RE-2026-160{n}"] for n in (1, 2, 3)] == ["431.17", "432.17", "433.17"]
    assert {f"Haushalt {n}" for n in (1, 2, 3)} <= set(desk.names)
    assert books.proven() == []


def test_what_was_learned_is_shown_before_it_is_used(tmp_path: Path, opened: Open) -> None:
    books = law_firm(tmp_path)
    desk = opened(books)
    desk.find("412.55")
    desk.press("s")
    desk.fill("RE-2026-2001", "", "as agreed")
    desk.page.wait_for_selector(".kk-learned", timeout=PATIENCE)
    shown = desk.page.locator(".kk-form").inner_text()
    assert "pays for debtor 10002 (seen once)" in shown
    assert "€733.91" in shown
    # Nothing has been used yet.
    assert (books.waiting(), books.open_amounts()["RE-2026-2002"]) == ({"SECOND"}, "733.91")
    desk.pause()
    desk.press("y")
    desk.hears("Used: 1 payments posted")
    assert books.allocated()["SECOND"] == [("RE-2026-2002", "733.91", "decided")]
    assert books.waiting() == set()
    desk.press("u")
    desk.hears("Undone: €733.91")
    assert books.waiting() == {"SECOND"}


def rest(desk: Desk) -> str:
    return str(desk.page.locator(".kk-form .kk-rest").inner_text())


def further(desk: Desk) -> None:
    """From the last amount over its "remove" to "+ invoice"."""
    desk.press("Tab", "Tab", "Enter")
