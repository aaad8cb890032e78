"""Every notebook, headless, from top to bottom, on the books of the demo company, in German and in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipelines import config
from pipelines.amounts import parse_amount
from pipelines.app import Kontoklar
from pipelines.closing import aged
from tests.notebooks.conftest import NOTEBOOKS
from tests.notebooks.demo_ledger import AS_OF, run_days
from tests.notebooks.kernel import ROOT, Executed, Kernel, started

# One ledger and one kernel: all of these on one worker.
pytestmark = pytest.mark.xdist_group("notebooks")

NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
# How many pictures each shows, and what it must say in German and in English.
SHOWN = {
    "review": (0, "", ""),
    "debtor": (1, "Offene Posten", "Open items"),
    "explain": (2, "Buchungssätze", "Postings"),
    "backtest": (3, "von selbst gebucht mit dieser Regel", "posted by itself under this policy"),
    "month_end": (2, "Offene Posten nach Alter am 31.10.2026", "Open items by age on 31 Oct 2026"),
}
_WHOLE_IBAN = re.compile(r"\bDE\d{20}\b")


@pytest.fixture(scope="session")
def demo_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_days(tmp_path_factory.mktemp("demo-books"))


@pytest.fixture(scope="session")
def kernel() -> Iterator[Kernel]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        with started() as running:
            yield running


@pytest.fixture(scope="session")
def executed(demo_config: Path, kernel: Kernel) -> dict[tuple[str, str], Executed]:
    found = {}
    for language in ("de", "en"):
        environment = {
            "KONTOKLAR_CONFIG": str(demo_config), "KONTOKLAR_AS_OF": AS_OF, "KONTOKLAR_LANGUAGE": language,
        }  # fmt: skip
        for name in NAMES:
            found[name, language] = kernel.run(name, environment)
    return found


def test_there_is_an_expectation_for_every_notebook() -> None:
    assert set(NAMES) == SHOWN.keys()


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_shows_what_it_promises(
    executed: dict[tuple[str, str], Executed], name: str, language: str
) -> None:
    run = executed[name, language]
    assert run.errors() == []
    pictures, german, english = SHOWN[name]
    assert len(run.pictures()) == pictures
    told = "\n".join(run.texts("text/plain"))
    assert (german if language == "de" else english) in told
    assert not german or (english if language == "de" else german) not in told
    # Every cell but the two that set up ends with something to see.
    silent = [cell for cell in run.notebook.cells if cell.cell_type == "code" and not cell["outputs"]]
    assert len(silent) == 2


@pytest.mark.parametrize("name", ["debtor", "explain", "backtest", "month_end"])
def test_amounts_and_days_are_written_as_people_write_them(
    executed: dict[tuple[str, str], Executed], name: str
) -> None:
    german, english = ("\n".join(executed[name, language].texts("text/plain")) for language in ("de", "en"))
    assert re.search(r"\d{1,3}(\.\d{3})*,\d\d €", german)
    assert re.search(r"\d\d\.10\.2026", german)
    assert re.search(r"€\d{1,3}(,\d{3})*\.\d\d", english)
    assert re.search(r"\d{1,2} Oct 2026", english)
    assert not re.search(r"\d{4}-\d\d-\d\d", german)


def test_no_account_is_shown_whole_unless_asked(executed: dict[tuple[str, str], Executed]) -> None:
    for run in executed.values():
        for text in (*run.texts("text/plain"), *run.texts("text/html")):
            assert not _WHOLE_IBAN.search(text)


def test_nothing_is_fetched_and_nothing_runs(executed: dict[tuple[str, str], Executed]) -> None:
    for run in executed.values():
        for text in run.texts("text/html"):
            assert "<script" not in text.lower()
            assert not re.search(r"(https?:)?//[a-z]", text)


def test_every_picture_says_in_words_what_it_shows(executed: dict[tuple[str, str], Executed]) -> None:
    for run in executed.values():
        for output in run.outputs():
            if "image/png" in output.get("data", {}):
                assert len(output["metadata"]["image/png"]["alt"]) > 20


def test_open_items_by_age_are_the_open_items(demo_config: Path) -> None:
    with Kontoklar(config.load(demo_config), clock=lambda: "2026-11-02T05:00:00+00:00") as app:
        by_age = {item.invoice_number: item.open_minor for item in aged.read(app.books, date(2026, 11, 2)).items}
        table = app.inquiries.table("open-items")
    amounts = zip(table["invoice_number"], table["open_amount"], strict=True)
    listed = {number: parse_amount(amount, "EUR") for number, amount in amounts if amount != "0.00"}
    assert {number: minor for number, minor in by_age.items() if number} == listed


def test_a_rehearsal_of_the_policy_in_force_changes_nothing_and_stores_nothing(demo_config: Path) -> None:
    period = (date(2026, 10, 1), date(2026, 10, 2))
    with Kontoklar(config.load(demo_config), clock=lambda: "2026-11-02T05:00:00+00:00") as app:
        before = app.inquiries.audit_head()
        done = app.schoolroom.rehearse(period, date(2026, 11, 2))
        with app.books.read() as work:
            assert work.learning.backtests() == []
        assert app.inquiries.audit_head() == before
    assert {one.kind for one in done.comparison.changes} == {"same"}
    assert done.mornings == 2
