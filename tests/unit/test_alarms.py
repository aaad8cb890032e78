"""What operators are told without looking, and what they are not bothered with."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines import alarms as a
from pipelines.model.access import AccessState
from pipelines.ports.access import AccountAccess
from pipelines.ports.invariants import CheckResult
from pipelines.ports.statements import AccountCoverage

MONDAY, FRIDAY = date(2026, 11, 16), date(2026, 11, 13)
IBAN = "DE02120300000000202051"


def told_until(day: date | None) -> AccountCoverage:
    return AccountCoverage(IBAN, "EUR", day, day, day, 0, None, 0)


def raised(day: date = MONDAY, **given: Any) -> list[str]:
    facts = {"coverage": [], "access": [], "queue": [], "checks": []} | given
    found = a.alarms(day, facts["coverage"], facts["access"], facts["queue"], facts["checks"])
    assert all(IBAN not in f"{alarm.subject} {alarm.message} {alarm.figures}" for alarm in found)
    return [alarm.event for alarm in found]


def test_a_bank_is_silent_when_the_banking_day_before_is_missing() -> None:
    assert raised(coverage=[told_until(FRIDAY)]) == []
    assert raised(coverage=[told_until(date(2026, 11, 12))]) == [a.BANK_SILENT]
    assert raised(coverage=[told_until(None)]) == [a.BANK_SILENT]


def test_nothing_is_expected_on_a_day_without_banking() -> None:
    assert raised(date(2026, 12, 25), coverage=[told_until(FRIDAY)]) == []


def test_a_case_is_old_after_five_days() -> None:
    assert raised(queue=[{"days": 5}]) == []
    assert raised(queue=[{"days": 6}, {"days": 9}]) == [a.QUEUE_OLD]


def test_a_consent_is_announced_two_weeks_before_its_end() -> None:
    def access(until: date | None, state: AccessState = AccessState.COMPLETE) -> list[AccountAccess]:
        return [AccountAccess("bank", IBAN, 1, state, "code", until, FRIDAY)]

    assert raised(access=access(date(2026, 11, 30))) == [a.CONSENT_EXPIRES]
    assert raised(access=access(date(2026, 12, 1))) == []
    assert raised(access=access(None, AccessState.NEEDS_AUTHORISATION)) == [a.NEEDS_AUTHORISATION]
    assert raised(access=access(None, AccessState.LOCKED)) == [a.ACCESS_LOCKED]


def test_a_broken_invariant_comes_first() -> None:
    checks = [CheckResult("no gap", True, "1 to 9", ""), CheckResult("balance", False, "2 entries", "e1")]
    assert raised(checks=checks, queue=[{"days": 9}]) == [a.INVARIANT_BROKEN, a.QUEUE_OLD]
