"""finAPI end to end: the configured application, real HTTP, a bank that misbehaves on purpose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines import cli
from pipelines.dun import DunSettings, coverage_hold
from pipelines.simulator.faults import Faults
from pipelines.usecases.dun import stored_coverage
from tests.live_world import Live, live, told_bookings, true_bookings

START = date(2026, 10, 1)


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """Two accounts, the bank's clock on Thursday, 8 October; everything up to then is pulled."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with live(tmp_path, days=14, per_day=3.0, today=date(2026, 10, 8)) as company:
        step = company.pull()
        assert step.counts["proven"] == 2
        assert not step.findings
        yield company


def all_is_told(company: Live) -> bool:
    return told_bookings(company.table("transactions")) == true_bookings(company.bank.world)


def booked(company: Live) -> int:
    return len(company.table("journal"))


def test_a_month_day_by_day_is_complete_and_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with live(tmp_path, days=12, per_day=3.0, today=START) as company:
        for _ in range(11):
            step = company.pull()
            assert step.counts["held"] == step.counts["unproven"] == 0
            yesterday = company.bank.world.today - timedelta(days=1)
            assert all(
                proven is None or proven >= yesterday or company.bank.world.today == START
                for proven in company.proven().values()
            )
            company.bank.world.advance()
        company.pull()
        assert all_is_told(company)
        with company.app() as app:
            step, proofs = app.check()
            assert all(proof.ok for proof in proofs)


def test_pulling_again_adds_nothing(company: Live) -> None:
    before = booked(company)
    assert company.pull().counts["bookings_new"] == 0
    assert booked(company) == before


def test_after_a_gap_the_window_is_as_long_as_the_gap_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with live(tmp_path, days=60, per_day=1.0, today=START) as company:
        company.pull()
        company.bank.world.set_today(START + timedelta(days=55))
        assert company.pull().counts["proven"] == 2
        assert all_is_told(company)


def test_bookings_of_the_open_day_come_later(company: Live) -> None:
    world = company.bank.world
    world.set_today(date(2026, 10, 9))
    world.booked_today = 0.3
    assert company.pull().counts["held"] == 0
    assert set(company.proven().values()) == {date(2026, 10, 8)}
    world.booked_today = 1.0
    assert company.pull().counts["held"] == 0
    assert all_is_told(company)


PASSING = [  # what more tries of the same run get over
    "http-503:2",
    "http-429:1",
    "http-500:2",
    "connection-reset:2",
    "half-body:1",
    "html-page:1",
    "finapi-token-lost:1",
    "finapi-page-drops-row:1",
    "finapi-nan:1",
    "finapi-update-locked:1",
    "finapi-moving-date:always",
    "finapi-new-ids:1",
]


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_leaves_no_trace(company: Live, fault: str) -> None:
    company.bank.world.set_today(date(2026, 10, 9))
    company.bank.faults.ask(fault)
    step = company.pull()
    assert company.bank.faults.fired[fault.partition(":")[0]] >= 1
    assert not step.unavailable
    assert {fact.state.value for fact in step.access} == {"complete"}
    assert all_is_told(company)


LASTING = {  # fault → state of the accounts it meets
    "http-503:always": "unavailable source-unavailable",
    "http-429:always": "unavailable source-unavailable",
    "connection-reset:always": "unavailable source-unavailable",
    "half-body:always": "unavailable source-unavailable",
    "html-page:always": "unavailable source-unavailable",
    "finapi-token-lost:always": "unavailable source-unavailable",
    "finapi-client-refused:always": "locked client-refused",
    "finapi-user-locked:always": "locked user-locked",
    "finapi-page-drops-row:always": "incomplete rows-missing",
    "finapi-nan:always": "unavailable source-unavailable",
    "finapi-update-locked:always": "unavailable update-locked",
    "finapi-update-rejected:1": "unavailable bank-rejected",
    "finapi-update-hangs:always": "unavailable update-timeout",
    "finapi-download-failed:always": "unavailable download-failed",
    "finapi-second-factor:1": "needs-authorisation second-factor",
    "finapi-consent-gone:always": "needs-authorisation consent-missing",
}


@pytest.mark.parametrize("fault", LASTING)
def test_what_lasts_is_a_named_state_and_nothing_is_posted(company: Live, fault: str) -> None:
    before = booked(company)
    world, faults = company.bank.world, company.bank.faults
    world.set_today(date(2026, 10, 9))
    faults.ask(fault)
    step = company.pull()
    name = fault.partition(":")[0]
    assert faults.fired[name] >= 1 or name == "finapi-consent-gone"
    assert LASTING[fault] in {f"{fact.state.value} {fact.code}" for fact in step.access}
    assert booked(company) == before
    assert any(finding.code == "account-not-fetched" for finding in step.findings)
    faults.disarm()
    if LASTING[fault].startswith("locked"):
        asked = company.bank.finapi.requests
        assert {fact.state.value for fact in company.pull().access} == {"locked"}
        assert company.bank.finapi.requests == asked, "a refused login must not be tried again by itself"
        return
    world.set_today(date(2026, 10, 12))
    step = company.pull()
    assert {fact.state.value for fact in step.access} == {"complete"}
    assert all_is_told(company)
    with company.app() as app, app.books.read() as work:
        assert not work.findings.open(codes={"account-not-fetched"})


def test_one_account_that_failed_does_not_stop_the_other(company: Live) -> None:
    company.bank.world.set_today(date(2026, 10, 9))
    company.bank.faults.ask("finapi-download-failed:1")
    states = sorted(fact.state.value for fact in company.pull().access)
    assert states == ["complete", "unavailable"]
    assert sorted(company.proven().values()) == [date(2026, 10, 7), date(2026, 10, 8)]


def test_an_account_that_is_gone_is_named(company: Live) -> None:
    company.bank.world.set_today(date(2026, 10, 9))
    company.bank.faults.ask("finapi-account-gone:1")
    codes = {fact.code for fact in company.pull().access}
    assert codes == {"", "account-not-listed"}


def test_a_wrong_balance_holds_the_account_until_it_fits(company: Live) -> None:
    before = booked(company)
    world, faults = company.bank.world, company.bank.faults
    world.set_today(date(2026, 10, 9))
    faults.ask("finapi-balance-wrong:always")
    step = company.pull()
    assert step.counts["held"] == 2
    assert booked(company) == before
    assert set(company.table("transactions")["state"]) > {"held"}
    faults.disarm()
    world.set_today(date(2026, 10, 12))
    step = company.pull()
    assert step.counts["held"] == 0
    assert all_is_told(company)


def test_an_adjusting_entry_means_that_bookings_are_missing(company: Live) -> None:
    before = booked(company)
    world, faults = company.bank.world, company.bank.faults
    world.set_today(date(2026, 10, 9))
    world.booked_today = 1.0
    faults.ask("finapi-adjusting-entry:always")
    step = company.pull()
    assert faults.fired["finapi-adjusting-entry"]
    assert any(finding.code == "finapi-adjusting-entry" for finding in step.findings)
    texts = " ".join(company.table("transactions")["remittance"])
    assert "Zwischensaldo" not in texts
    assert "Zwischensaldo" not in " ".join(company.table("journal")["text"])
    assert booked(company) >= before
    faults.disarm()
    world.set_today(date(2026, 10, 12))
    assert company.pull().counts["held"] == 0
    assert all_is_told(company)


def test_a_potential_duplicate_is_decided_by_the_balance(company: Live) -> None:
    world, faults = company.bank.world, company.bank.faults
    world.set_today(date(2026, 10, 9))
    faults.ask("finapi-potential-duplicate:always")
    step = company.pull()
    assert faults.fired["finapi-potential-duplicate"]
    assert step.counts["held"] == 0
    assert all_is_told(company)


def test_the_first_pull_with_an_adjusting_entry_posts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    faults = Faults(3)
    faults.ask("finapi-adjusting-entry:2")
    with live(tmp_path, days=10, faults=faults, today=date(2026, 10, 8)) as company:
        assert company.pull().counts["held"] == 2
        assert booked(company) == 0
        company.bank.world.set_today(date(2026, 10, 9))
        assert company.pull().counts["held"] == 0
        assert all_is_told(company)


def test_a_row_inserted_between_pages_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for fault in ("finapi-row-inserted:1", "finapi-page-repeats:1", "finapi-page-drops-row:1@1"):
        faults = Faults(3)
        faults.ask(fault)
        folder = tmp_path / fault.partition(":")[0]
        folder.mkdir()
        with live(folder, accounts=1, days=8, per_day=110.0, faults=faults) as company:
            step = company.pull()
            assert faults.fired[fault.partition(":")[0]] == 1
            assert {fact.state.value for fact in step.access} == {"complete"}
            assert all_is_told(company)


def test_pending_is_shown_and_never_booked(company: Live) -> None:
    world = company.bank.world
    known = {one.iban: world.pending(one.iban) for one in world.accounts}
    assert any(known.values())
    with company.app() as app:
        shown = app.pending()
        fresh = app.inquiries.freshness(world.today)
    assert len(shown) == sum(len(found) for found in known.values())
    assert not {row["account"] for row in shown} & set(known), "IBANs are shown masked"
    assert [row["access"] for row in fresh] == ["complete", "complete"]
    assert all(row["days"] == 180 for row in fresh)
    assert all_is_told(company)


def test_an_account_never_delivered_holds_dunning_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with live(tmp_path, today=date(2026, 10, 8)) as company:
        company.bank.faults.ask("finapi-consent-gone:always")
        company.pull()
        with company.app() as app, app.books.read() as work:
            assert coverage_hold(stored_coverage(work), date(2026, 10, 9), DunSettings()) == "needs-authorisation"
        company.bank.faults.disarm()
        company.pull()
        with company.app() as app, app.books.read() as work:
            assert coverage_hold(stored_coverage(work), date(2026, 10, 8), DunSettings()) == ""
            assert coverage_hold(stored_coverage(work), date(2026, 10, 12), DunSettings()) == "bank-data-stale"


def test_the_command_line_ends_with_3_and_names_accounts_masked(
    company: Live, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    company.bank.world.set_today(date(2026, 10, 9))
    company.bank.faults.ask("finapi-second-factor:1")
    monkeypatch.setattr("pipelines.config.load", lambda *_a, **_k: company.settings())
    assert cli.run(["pull", "--as-of", "2026-10-09", "--json"]) == 3
    told = capsys.readouterr()
    answer = json.loads(told.out)
    assert {one["state"] for one in answer["access"]} == {"needs-authorisation"}
    for account in company.bank.world.accounts:
        assert account.iban not in told.out + told.err
    assert cli.run(["pull", "--as-of", "2026-10-09"]) == 0
