"""What an operator must be told without looking: a silent bank, an old queue, a broken invariant, an access that ends.

Pure: facts in, alarms out. They carry numbers, masked accounts and codes, never who paid or what they wrote (D17),
because they travel through Prefect's events and whatever is behind its notifications.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from pipelines.calendar import is_banking_day, previous_banking_day
from pipelines.model.access import AccessState
from pipelines.operator_view import masked
from pipelines.ports.access import AccountAccess
from pipelines.ports.invariants import CheckResult
from pipelines.ports.statements import AccountCoverage

NEEDS_AUTHORISATION: Final = "kontoklar.access.needs-authorisation"
ACCESS_LOCKED: Final = "kontoklar.access.locked"
CONSENT_EXPIRES: Final = "kontoklar.access.consent-expires"
INVARIANT_BROKEN: Final = "kontoklar.ledger.invariant-broken"
BANK_SILENT: Final = "kontoklar.bank.silent"
QUEUE_OLD: Final = "kontoklar.queue.old"
EVENTS: Final = (NEEDS_AUTHORISATION, ACCESS_LOCKED, CONSENT_EXPIRES, INVARIANT_BROKEN, BANK_SILENT, QUEUE_OLD)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing to be told. event: one of ``EVENTS``. subject: what it is about, safe to show. message: what, where
    and what to do. figures: for dashboards."""

    event: str
    subject: str
    message: str
    figures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """queue_days: a case may wait this long. consent_days: a consent is announced this many days before its end."""

    queue_days: int = 5
    consent_days: int = 14


def alarms(
    as_of: date,
    coverage: Iterable[AccountCoverage],
    access: Iterable[AccountAccess],
    queue: Sequence[Mapping[str, Any]],
    checks: Iterable[CheckResult],
    limits: AlarmLimits | None = None,
) -> list[Alarm]:
    """Everything to be told on ``as_of``, in the order of urgency. queue: rows of ``Inquiries.review_queue``."""
    limits = limits or AlarmLimits()
    found = [*_broken(checks), *_refused(as_of, access, limits), *_silent(as_of, coverage)]
    old = [row for row in queue if row["days"] > limits.queue_days]
    if old:
        oldest = max(int(row["days"]) for row in old)
        found.append(
            Alarm(
                QUEUE_OLD,
                "review queue",
                f"{len(old)} cases have waited longer than {limits.queue_days} days, the oldest {oldest}; "
                "work them off: kontoklar review list",
                {"cases": str(len(old)), "oldest_days": str(oldest)},
            )
        )
    return found


def _broken(checks: Iterable[CheckResult]) -> list[Alarm]:
    return [
        Alarm(
            INVARIANT_BROKEN,
            check.name,
            f"The invariant {check.name!r} does not hold; nothing more should be posted. Run: kontoklar check",
            {"figure": check.figure},
        )
        for check in checks
        if not check.ok
    ]


def access_alarm(one: AccountAccess) -> Alarm | None:
    """The alarm of an account that waits for a person; None for any other."""
    name = f"{one.source} {masked(one.account)}" if one.account else one.source
    figures = {"account": masked(one.account), "code": one.code, "since": one.since.isoformat()}
    if one.state is AccessState.NEEDS_AUTHORISATION:
        message = f"{name} needs a person's consent or TAN; run: kontoklar authorize {one.source}"
        return Alarm(NEEDS_AUTHORISATION, name, message, figures)
    if one.state is AccessState.LOCKED:
        message = f"{name} is locked by the bank and is not tried again; run: kontoklar authorize {one.source}"
        return Alarm(ACCESS_LOCKED, name, message, figures)
    return None


def _refused(as_of: date, access: Iterable[AccountAccess], limits: AlarmLimits) -> list[Alarm]:
    found = []
    for one in access:
        alarm = access_alarm(one)
        if alarm is not None:
            found.append(alarm)
        elif one.consent_until is not None and (one.consent_until - as_of).days <= limits.consent_days:
            days = (one.consent_until - as_of).days
            name = f"{one.source} {masked(one.account)}" if one.account else one.source
            when = f"ends in {days} days" if days >= 0 else f"ended {-days} days ago"
            message = f"The consent for {name} {when}; renew it: kontoklar authorize {one.source}"
            found.append(Alarm(CONSENT_EXPIRES, name, message, {"days": str(days)}))
    return found


def _silent(as_of: date, coverage: Iterable[AccountCoverage]) -> list[Alarm]:
    """Accounts that tell nothing of the banking day before; on a day without banking nothing is expected."""
    if not is_banking_day(as_of):
        return []
    needed = previous_banking_day(as_of)
    return [
        Alarm(
            BANK_SILENT,
            f"{masked(row.account)} {row.currency}",
            f"Nothing of {needed.isoformat()} has arrived for {masked(row.account)}; last told: "
            f"{row.told_until.isoformat() if row.told_until else 'never'}. Look at the source, then pull again.",
            {"told_until": row.told_until.isoformat() if row.told_until else "", "needed": needed.isoformat()},
        )
        for row in coverage
        if row.told_until is None or row.told_until < needed
    ]
