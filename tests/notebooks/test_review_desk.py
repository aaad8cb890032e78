"""The review grid without a browser: what it shows, what its messages do to the books, and that nothing runs twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from tests.builders import Line, camt053
from tests.notebooks.conftest import NOTEBOOKS
from tests.scenario.office import Office

DAY = date(2026, 10, 6)
HOSTILE = "<img src=x onerror=alert(1)> =cmd() \u202e{{7*7}} `x` **b**"


@pytest.fixture
def waiting(office: Office) -> Office:
    """Two payments that fit two invoices each, and one stranger who writes what he should not."""
    for number in ("RE-2026-0001", "RE-2026-0002", "RE-2026-0003", "RE-2026-0004"):
        office.owed(number, "10001" if number < "RE-2026-0003" else "10002", "119.00", debtor_name="Weiss Handel GmbH")
    office.load()
    office.day(
        DAY,
        camt053(
            date(2026, 10, 5),
            "1000.00",
            Line("119.00", "Weiss Handel GmbH", "DE89370400440532013000", "Rechnung", ref="A1"),
            Line("50.00", "Jemand", "DE75512108001245126199", HOSTILE, ref="A2"),
        ),
    )
    return office


class Browser:
    """What the grid would send and hear."""

    def __init__(self, office: Office) -> None:
        from desk import open_books
        from desk.cases import rows
        from desk.reviewing import Session

        (office.folder / "desk.toml").write_text(
            f'[company]\nmode = "test"\n[database]\nurl = "{office.database}"\n', encoding="utf-8"
        )
        self.desk = open_books(str(office.folder / "desk.toml"), as_of=DAY, language="en")
        self.rows = rows(self.desk)
        self.heard: list[dict[str, Any]] = []
        self.session = Session(self.desk, self.rows, self.heard.append)

    def say(self, **message: Any) -> dict[str, Any]:
        # Everything crosses the wire as JSON.
        self.session.receive(json.loads(json.dumps(message)))
        answer = self.heard[-1]
        json.dumps(answer)
        return answer

    def case(self, text: str) -> str:
        return next(row["id"] for row in self.rows if text in row["text"])

    def decide(self, id_: str, command: str, key: str = "k", **values: Any) -> dict[str, Any]:
        return self.say(type="decide", id=id_, command=command, values=values, key=key, reason="")


@pytest.fixture
def browser(waiting: Office) -> Iterator[Browser]:
    opened = Browser(waiting)
    yield opened
    opened.desk.app.close()


def test_the_most_urgent_stands_first_and_says_why_it_waits(browser: Browser) -> None:
    assert [row["score"] for row in browser.rows] == sorted((row["score"] for row in browser.rows), reverse=True)
    assert all(row["why"] and row["rest"].startswith("€") for row in browser.rows)


def test_foreign_text_is_shown_with_what_steers_made_visible(browser: Browser) -> None:
    row = next(row for row in browser.rows if "onerror" in row["text"])
    assert "\u202e" not in row["text"]
    assert "⟦202E⟧" in row["text"]
    assert row["text"].startswith("<img src=x")


def test_assigning_settles_and_undo_restores(browser: Browser, waiting: Office) -> None:
    id_ = browser.case("Rechnung")
    browser.say(type="detail", id=id_)
    answer = browser.decide(id_, "assign", invoice="RE-2026-0003", amount="")
    assert (answer["type"], answer["gone"]) == ("decided", [id_])
    assert waiting.open_amount("RE-2026-0003") == "0.00"
    undone = browser.decide(id_, "undo", key="k2")
    assert undone["type"] == "decided"
    assert [row["id"] for row in undone["rows"]] == [id_]
    assert waiting.open_amount("RE-2026-0003") == "119.00"
    assert waiting.proven()


def test_the_same_message_twice_decides_once(browser: Browser, waiting: Office) -> None:
    id_ = browser.case("Rechnung")
    for _ in range(2):
        browser.decide(id_, "assign", key="once", invoice="RE-2026-0001", amount="")
    assert len(waiting.allocated()) == 1


def test_what_somebody_else_decided_meanwhile_is_shown_not_forced(browser: Browser, waiting: Office) -> None:
    id_ = browser.case("Rechnung")
    browser.say(type="detail", id=id_)
    waiting.command(
        "review", "assign", id_, "--invoice", "RE-2026-0002", "--user", "bert", "--reason", "phone", "--as-of", str(DAY)
    )
    answer = browser.decide(id_, "assign", invoice="RE-2026-0001", amount="")
    assert (answer["type"], answer["stale"]) == ("refused", True)
    assert waiting.open_amount("RE-2026-0001") == "119.00"


def test_a_split_keeps_the_rest_waiting(browser: Browser, waiting: Office) -> None:
    id_ = browser.case("Rechnung")
    browser.say(type="detail", id=id_)
    answer = browser.decide(id_, "split", parts=[["RE-2026-0001", "100,00"], ["RE-2026-0002", "9.00"]])
    assert answer["gone"] == []
    assert answer["rows"][0]["rest_minor"] == 1_000
    assert (waiting.open_amount("RE-2026-0001"), waiting.open_amount("RE-2026-0002")) == ("19.00", "110.00")


def test_a_preview_writes_nothing(browser: Browser, waiting: Office) -> None:
    id_ = browser.case("Rechnung")
    before = waiting.table("journal")
    answer = browser.say(
        type="preview", id=id_, command="assign", values={"invoice": "RE-2026-0001", "amount": ""}, version=""
    )
    assert {line["after"] for line in answer["lines"]} >= {"€0.00"}
    assert waiting.table("journal") == before


def test_what_cannot_be_is_answered_and_the_sitting_goes_on(browser: Browser) -> None:
    id_ = browser.case("Rechnung")
    assert browser.decide(id_, "assign", invoice="RE-9999", amount="")["type"] == "refused"
    assert browser.decide(id_, "assign", invoice="RE-2026-0001", amount="viel")["type"] == "refused"
    assert browser.say(type="detail", id=id_)["type"] == "detail"


def test_every_word_is_there_in_both_languages() -> None:
    from desk.words import ANSWERS, GRID, texts

    for catalogue in (GRID, ANSWERS):
        assert all(german and english for german, english in catalogue.values())
        assert texts(catalogue, "de").keys() == texts(catalogue, "en").keys()


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_notebook_runs_from_top_to_bottom(waiting: Office, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    config = waiting.folder / "desk.toml"
    config.write_text(f'[company]\nmode = "test"\n[database]\nurl = "{waiting.database}"\n', encoding="utf-8")
    monkeypatch.setenv("KONTOKLAR_CONFIG", str(config))
    monkeypatch.setenv("KONTOKLAR_AS_OF", DAY.isoformat())
    monkeypatch.setenv("KONTOKLAR_LANGUAGE", language)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    notebook = nbformat.read(NOTEBOOKS / "review.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    shown = notebook.cells[-1]["outputs"][-1]["data"]
    assert "application/vnd.jupyter.widget-view+json" in shown


def test_what_is_committed_holds_no_output() -> None:
    for path in NOTEBOOKS.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        assert not any(cell.get("outputs") for cell in cells), path.name
        assert "SELECT" not in path.read_text(encoding="utf-8")
