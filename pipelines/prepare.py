"""A statement made ready for the gate: classified, its own balance proof done, its pending entries set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from pipelines.bookings import Known, Observation, observe
from pipelines.chain import MISMATCH, Refused, Told
from pipelines.model.finding import Finding, Severity
from pipelines.model.money import Money
from pipelines.model.statement import Balance, BalanceKind, Coverage, Entry, EntryStatus, Proof, Statement
from pipelines.refusals import mismatch_message
from pipelines.settlement import Classify, Waiting

DEFECT: Final = "statement-defective"


@dataclass(slots=True)
class Case:
    """A waiting statement on its way to a verdict. doubtful: what its source takes for possible repetitions; not in
    ``told`` unless the balance needs it."""

    waiting: Waiting
    told: Told
    complete: bool
    order: tuple[object, ...]
    refusal: Refused | None = None
    verdict: str = ""
    code: str = ""
    message: str = ""
    links: list[Known] = field(default_factory=list)
    pending: int = 0
    findings: list[Finding] = field(default_factory=list)
    doubtful: tuple[Observation, ...] = ()

    def note(self, code: str, severity: Severity, message: str) -> None:
        """Adds a finding about the statement as a whole."""
        self.findings.append(note_on(self.waiting, code, severity, message))


def note_on(item: Waiting, code: str, severity: Severity, message: str) -> Finding:
    """A finding about a statement as a whole."""
    return Finding(code, severity, item.statement_id, message, item.source_file, item.statement.position)


def prepare(item: Waiting, classify: Classify, own_accounts: frozenset[str]) -> Case:
    """The statement as the gate needs it; ``refusal`` says why it cannot even get there."""
    statement = item.statement
    booked = [entry for entry in statement.entries if entry.status is EntryStatus.BOOKED]
    doubtful = [entry for entry in statement.entries if entry.status is EntryStatus.DOUBTFUL]
    pending = len(statement.entries) - len(booked) - len(doubtful)
    findings = _first_notes(item, pending) if item.prior is None else []
    refusal = _unusable(statement, [*booked, *doubtful])
    opening, closing = stated_minor(statement.opening), stated_minor(statement.closing)
    if refusal is None and opening is not None and closing is not None:
        total = sum(entry.amount.minor for entry in booked)
        if opening + total != closing:
            turned = _turned(booked)
            if turned and opening + sum(entry.amount.minor for entry in turned) == closing:
                booked = turned
                message = (
                    "Entries marked as reversals add up to the closing balance only with the other sign; they were "
                    "read that way."
                )
                findings.append(note_on(item, "reversal-sign-settled-by-balance", Severity.INFO, message))
            elif statement.coverage is Coverage.PARTIAL:
                # An excerpt need not add up; its closing balance may still lead on from where our chain ends.
                opening = None
            else:
                currency = statement.currency
                refusal = Refused(MISMATCH, mismatch_message(Money(opening, currency), total, Money(closing, currency)))

    def observed(entries: Sequence[Entry]) -> tuple[Observation, ...]:
        return tuple(
            observe(
                item.statement_id,
                statement.format,
                entry,
                day,
                classify(statement, entry, own_accounts, item.source_file),
            )
            for entry in entries
            if (day := _day(statement, entry)) is not None
        )

    observations = observed(booked)
    if refusal is None:
        refusal = _incoherent(observations)
    if opening is None and closing is not None:
        # The closing balance alone still proves the entries if they lead to it from where our chain ends.
        opening = closing - sum(observation.amount_minor for observation in observations)
    told = _told(item, opening, closing, observations)
    return Case(
        item,
        told,
        told.adds_up,
        _order(item, told),
        refusal,
        pending=0 if item.prior else pending,
        findings=findings,
        doubtful=observed(doubtful),
    )


def _first_notes(item: Waiting, pending: int) -> list[Finding]:
    """What is noted once, when a statement arrives."""
    statement = item.statement
    found = list(statement.defects)
    if pending and statement.proof is Proof.STATED:  # with a snapshot they are asked for, and shown by themselves
        message = f"{pending} entries are pending or for information only; they are not posted."
        found.append(note_on(item, "entries-not-booked", Severity.INFO, message))
    if not statement.entries and statement.opening is None and statement.closing is None:
        message = (
            "The statement has neither entries nor balances: it does not prove that nothing happened. Fetch it again."
        )
        found.append(note_on(item, "statement-without-entries", Severity.WARNING, message))
    return found


def _unusable(statement: Statement, booked: Sequence[Entry]) -> Refused | None:
    errors = [defect for defect in statement.defects if defect.severity is Severity.ERROR]
    if errors:
        first = errors[0]
        more = f" ({len(errors) - 1} more findings)" if len(errors) > 1 else ""
        return Refused(DEFECT, f"The statement was held because of {first.code} at {first.position}{more}.")
    if not statement.account:
        return Refused(DEFECT, "The statement names no account.")
    for entry in booked:
        if entry.amount.currency != statement.currency:
            return Refused(
                "entry-currency-differs",
                f"{entry.position} is in {entry.amount.currency}, the statement in {statement.currency}. "
                "Ask the bank for a statement in the account's currency.",
            )
        if _day(statement, entry) is None:
            return Refused(
                "entry-without-date",
                f"{entry.position} has no booking date, no value date, and the statement no day.",
            )
    return None


def _day(statement: Statement, entry: Entry) -> date | None:
    """The booking date, the value date where it is absent, the statement's last day where both are."""
    return entry.booking_date or entry.value_date or statement.to_day


def stated_minor(balance: Balance | None) -> int | None:
    """A balance in minor units, None where the format has none."""
    return None if balance is None else balance.amount.minor


def _told(item: Waiting, opening: int | None, closing: int | None, observations: tuple[Observation, ...]) -> Told:
    statement = item.statement
    days = [observation.day for observation in observations]
    last = statement.to_day or max(days, default=None)
    firsts = [*days, *([statement.from_day] if statement.from_day is not None else [])]
    first = min(firsts, default=last)
    if first is not None and last is not None:
        first = min(first, last)
    interim = statement.closing is not None and statement.closing.kind is BalanceKind.INTERIM_CLOSING
    return Told(
        item.statement_id, statement.currency, opening, closing, first, last, interim or closing is None, observations
    )


def _order(item: Waiting, told: Told) -> tuple[object, ...]:
    statement = item.statement
    return (
        told.first or date.max,
        told.last or date.max,
        _natural(statement.number),
        _natural(statement.page),
        told.opening_minor or 0,
        told.closing_minor or 0,
        statement.format,
        statement.identification,
        len(told.observations),
        item.statement_id,
    )


def _natural(text: str) -> tuple[int, str]:
    """Printed numbers sort by value: 9 before 10, 00009 like 9."""
    stripped = text.lstrip("0")
    return (len(stripped), stripped)


def _turned(booked: Sequence[Entry]) -> list[Entry]:
    """The entries with the sign of those marked as reversals changed; [] when none is."""
    if not any(entry.is_reversal for entry in booked):
        return []
    return [_negated(entry) if entry.is_reversal else entry for entry in booked]


def _negated(entry: Entry) -> Entry:
    details = tuple(
        replace(detail, amount=detail.amount.negated()) if detail.amount is not None else detail
        for detail in entry.details
    )
    return replace(entry, amount=entry.amount.negated(), details=details)


def _incoherent(observations: Sequence[Observation]) -> Refused | None:
    for item in observations:
        if sum(one.amount_minor for one in item.transactions) != item.amount_minor:
            return Refused(
                "entry-details-mismatch",
                f"The payments listed at {item.position} do not add up to its amount. Ask the bank for the statement "
                "again.",
            )
    return None
