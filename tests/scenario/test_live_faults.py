"""Every fault of the simulated bank: it fired, and it ends in whole data or in a named state with nothing posted,
dunning held, and nothing lost when the bank has come to its senses."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipelines.simulator.faults import KNOWN
from pipelines.simulator.generate import generate
from pipelines.simulator.world import World
from tests.live_office import CAMT, MT940, LiveOffice, running

# One worker for all: they share the books of the days before.
pytestmark = pytest.mark.xdist_group("live-faults")

GOOD, BAD, AFTER = date(2026, 10, 8), date(2026, 10, 12), date(2026, 10, 13)
STEPS = ("match", "post", "dun")
PAGED = {"manner": replace(CAMT, documents=1), "old_manner": replace(MT940, page_bytes=900)}
OVERDUE = {"invoice_number": "RE-NEVER-PAID", "debtor_number": "99999", "amount": "123.45",
           "issue_date": "2026-08-01", "due_date": "2026-08-15", "debtor_name": "Wer Nie Zahlt",
           "debtor_ibans": ""}  # fmt: skip

# Fault → what becomes of the account: "whole", or the state that says why not (see AccountOutcome), or the code of the
# finding that holds it. Where a fault fits all servers, all accounts meet it.
ENDS = {
    "http-503": "unavailable",
    "http-429": "unavailable",
    "http-500": "unavailable",
    "connection-reset": "unavailable",
    "half-body": "unavailable",
    "html-page": "unavailable",
    "slow": "unavailable",
    "finapi-token-lost": "unavailable",
    "finapi-client-refused": "locked",
    "finapi-user-locked": "locked",
    "finapi-page-drops-row": "incomplete",
    "finapi-adjusting-entry": "statement-doubted",
    "finapi-potential-duplicate": "whole",
    "finapi-moving-date": "whole",
    "finapi-nan": "unavailable",
    "finapi-balance-wrong": "statement-gap",
    "finapi-update-locked": "unavailable",
    "finapi-update-rejected": "unavailable",
    "finapi-update-hangs": "unavailable",
    "finapi-download-failed": "unavailable",
    "finapi-second-factor": "needs-authorisation",
    "finapi-web-form": "needs-authorisation",
    "finapi-consent-gone": "needs-authorisation",
    "finapi-account-gone": "unavailable",
    "finapi-new-ids": "whole",
    "fints-tan": "needs-authorisation",
    "fints-tan-later": "needs-authorisation",
    "fints-pin-refused": "locked",
    "fints-pin-locked": "locked",
    "fints-aborted": "unavailable",
    "fints-page-lost": "incomplete",
    "fints-page-repeats": "incomplete",
    "fints-cut": "whole",
    "fints-no-data": "incomplete",
    "fints-empty-document": "whole",
    "fints-order-refused": "unavailable",
    "fints-camt-refused": "unavailable",
    "fints-balance-missing": "whole",
}
# Needs more than one page of finAPI: see the test of its own.
LONG = {"finapi-page-repeats": "incomplete", "finapi-row-inserted": "whole"}


def test_every_fault_has_an_end() -> None:
    assert set(ENDS) | set(LONG) == set(KNOWN)


def world() -> World:
    return generate(5, accounts=3, days=20, per_day=4.0, today=GOOD)


def channels(world: World) -> dict[str, str]:
    names = ("finapi", "fints-camt", "fints-mt940")
    return {account.iban: name for account, name in zip(world.accounts, names, strict=True)}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books after a good day."""
    folder = tmp_path_factory.mktemp("faults")
    here = world()
    here.receivables.append(OVERDUE)
    with running(here, **PAGED) as bank:
        office = LiveOffice(folder, bank)
        office.load(channels(here), GOOD)
        office.run(channels(here), GOOD, steps=STEPS)
        assert office.bookings() == office.truth()
        assert triggers(office) == {"ready"}
    return folder


@contextmanager
def morning(prepared: Path, folder: Path, **more: float) -> Iterator[LiveOffice]:
    """A copy of the prepared books, four days later."""
    shutil.copytree(prepared, folder, dirs_exist_ok=True)
    here = world()
    here.set_today(BAD)
    with running(here, slow_seconds=0.5, **PAGED) as bank:
        yield LiveOffice(folder, bank, **more)


def triggers(office: LiveOffice) -> set[str]:
    """States of the triggers for the customer who never pays."""
    return {row["state"] for row in office.table("triggers") if row["invoice_number"] == "RE-NEVER-PAID"}


def missing(office: LiveOffice) -> Counter[str]:
    """Account → bookings that the books do not have. What they have and the bank has not is an error at once."""
    have, truth = Counter(office.bookings()), Counter(office.truth())
    assert not have - truth, "something was invented or doubled"
    return Counter(account for account, _, _ in (truth - have).elements())


@pytest.mark.parametrize("fault", ENDS)
def test_a_fault_ends_in_whole_data_or_in_a_named_state(prepared: Path, tmp_path: Path, fault: str) -> None:
    end = ENDS[fault]
    with morning(prepared, tmp_path / "office", patience=0.25 if fault == "slow" else 10.0) as office:
        office.extra_finapi = "web_form = true\n" if fault == "finapi-web-form" else ""
        if fault == "finapi-web-form":
            office.extra_finapi += f'web_form_url = "{office.bank.simulated.finapi.url}"\n'
        here = office.bank.world
        office.bank.faults.ask(f"{fault}:always")
        step = office.run(channels(here), BAD, steps=STEPS)
        assert office.bank.faults.fired[fault] >= 1
        states = {fact.state.value for fact in step.access}
        codes = {finding.code for finding in step.findings}
        gone = missing(office)
        if end == "whole":
            assert not gone
            assert states == {"complete"}
        else:
            assert gone
            assert end in states | codes
            assert "held" in triggers(office)
            # Who is not met by the fault goes on.
            untouched = {"finapi": 2, "fints": 1}.get(fault.partition("-")[0], 0)
            assert len(gone) <= 3 - untouched
        office.bank.faults.disarm()
        here.set_today(AFTER)
        step = office.run(channels(here), AFTER, steps=("dun",))
        if end == "locked":
            # Nobody tries a refused login again before a person has looked at it.
            assert missing(office)
            assert "locked" in {fact.state.value for fact in step.access}
        else:
            assert not missing(office)
            assert "held" not in triggers(office)
        assert office.proven()


@pytest.mark.parametrize("fault", LONG)
def test_pages_that_shift_or_repeat_are_noticed(tmp_path: Path, fault: str) -> None:
    here = generate(6, accounts=1, days=9, per_day=90.0)
    (account,) = here.accounts
    assert len(here.booked(account.iban)) > 500
    with running(here) as bank:
        office = LiveOffice(tmp_path, bank)
        bank.faults.ask(f"{fault}:always" if LONG[fault] == "incomplete" else fault)
        step = office.run({account.iban: "finapi"}, here.today, steps=())
        assert bank.faults.fired[fault] >= 1
        if LONG[fault] == "incomplete":
            assert {fact.state.value for fact in step.access} == {"incomplete"}
            assert office.bookings() == []
            bank.faults.disarm()
            office.run({account.iban: "finapi"}, here.today, steps=())
        assert not missing(office)


def test_a_bank_that_refuses_camt_is_asked_for_mt940(prepared: Path, tmp_path: Path) -> None:
    here = generate(7, accounts=1, days=9)
    with running(here, manner=replace(CAMT, mt940=True)) as bank:
        office = LiveOffice(tmp_path, bank)
        bank.faults.ask("fints-camt-refused:always")
        office.run({here.accounts[0].iban: "fints-camt"}, here.today, steps=())
        assert bank.faults.fired["fints-camt-refused"] == 1
        assert not missing(office)


@pytest.mark.parametrize("seed", [2000, 2001])
def test_many_faults_at_once_lose_and_invent_nothing(tmp_path: Path, seed: int) -> None:
    """After one good day a fortnight on which everything goes wrong now and then; in the end everything is there once.

    The good day matters: until a balance is proven nobody can see that one is wrong, and a PIN that never worked is
    left alone as soon as an answer is lost.
    """
    here = generate(seed, accounts=3, days=14, per_day=3.0, today=date(2026, 10, 1))
    lasting = {"finapi-client-refused", "finapi-user-locked", "fints-pin-refused", "fints-pin-locked", "slow"}
    with running(here, seed=seed, **PAGED) as bank:
        office = LiveOffice(tmp_path, bank)
        office.run(channels(here), here.today, steps=())
        for name in sorted(set(ENDS) - lasting):
            bank.faults.ask(f"{name}:7%")
        for day in (2, 6, 8, 9, 12, 13):
            here.set_today(date(2026, 10, day))
            office.run(channels(here), here.today, steps=())
            missing(office)
        assert len(bank.faults.fired) > 8
        bank.faults.disarm()
        here.set_today(date(2026, 10, 14))
        office.run(channels(here), here.today, steps=())
        assert not missing(office)
        assert office.proven()
