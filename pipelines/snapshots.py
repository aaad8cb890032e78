"""Snapshots: all entries of a window and the balance of the moment, as account information services deliver them.

Their opening balance is what the entries leave of the closing one, so the only proof is that it leads on from a balance
that is proven. Entries the source itself doubts are booked if, and only if, that proof needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Final

from pipelines.bookings import Observation
from pipelines.chain import DOUBTED, GAP, KNOWN, Accepted, Chain, Refused, Told
from pipelines.model.finding import Finding, Severity
from pipelines.model.ids import derive
from pipelines.model.statement import Proof
from pipelines.model.transaction import Transaction
from pipelines.prepare import Case
from pipelines.verify import Gate

POSSIBLE_DUPLICATE: Final = "possible-duplicate"
# With more doubtful entries than this only all or none of them are tried: the sums of many would fit by chance.
_MOST_COMBINED: Final = 6


def doubtful_id(mode: str, account: str, currency: str, bank_reference: str) -> str:
    """The id under which a doubtful entry waits: the same in every snapshot, so that it is decided once."""
    return derive("doubtful", mode, account, currency, bank_reference)


def follow_decisions(case: Case, decided: Mapping[str, bool], mode: str) -> None:
    """Takes in what a person called real and leaves out what is a repetition."""
    statement = case.waiting.statement

    def judged(item: Observation) -> bool | None:
        return decided.get(doubtful_id(mode, statement.account, statement.currency, item.alias.bank_reference))

    real = tuple(item for item in case.doubtful if judged(item) is True)
    case.doubtful = tuple(item for item in case.doubtful if judged(item) is None)
    if real:
        case.told = case.told.with_more(real)


def held_rows(mode: str, case: Case) -> tuple[Transaction, ...]:
    """What is shown of a held statement; its doubtful entries under the id a person decides them by."""
    statement = case.waiting.statement
    rows = [
        replace(
            one,
            transaction_id=derive("held", mode, case.told.statement_id, item.position, number),
            booking_id="",
            booking_date=item.day,
        )
        for item in case.told.observations
        for number, one in enumerate(item.transactions)
    ]
    for item in case.doubtful:
        key = doubtful_id(mode, statement.account, statement.currency, item.alias.bank_reference)
        rows += [replace(one, transaction_id=key, booking_id="", booking_date=item.day) for one in item.transactions]
    return tuple(rows)


def doubts(mode: str, case: Case) -> list[Finding]:
    """One finding for each entry that a person has to judge."""
    statement = case.waiting.statement
    return [
        Finding(
            POSSIBLE_DUPLICATE,
            Severity.WARNING,
            doubtful_id(mode, statement.account, statement.currency, item.alias.bank_reference),
            "The source takes this booking for a possible repetition and no proven balance decides. If it is real: "
            "kontoklar review release ID; if it is a repetition: kontoklar review reject ID; then pull again.",
            case.waiting.source_file,
            item.position,
        )
        for item in case.doubtful
    ]


def may_begin(case: Case) -> bool:
    """Whether a statement may begin the chain of an account: it states the opening balance it is judged by, or is a
    snapshot without doubts."""
    statement = case.waiting.statement
    if statement.proof is Proof.SNAPSHOT:
        return not case.doubtful
    return statement.opening is not None and statement.opening.amount.minor == case.told.opening_minor


def examine(gate: Gate, case: Case) -> Accepted | Refused:
    """The gate's verdict on a case. Where it does not fit without its doubtful entries, the one choice of them that
    makes it fit is taken in; if several do, nobody knows and it stays refused."""
    outcome = gate.examine(case.told)
    if isinstance(outcome, Accepted) or not case.doubtful:
        return outcome
    fitting: list[tuple[Told, Accepted]] = []
    for told in _choices(case):
        found = gate.examine(told)
        if isinstance(found, Accepted) and found.verdict != KNOWN:
            fitting.append((told, found))
    if len(fitting) != 1:
        return outcome
    case.told, accepted = fitting[0]
    return accepted


def _choices(case: Case) -> list[Told]:
    doubtful = case.doubtful
    if len(doubtful) > _MOST_COMBINED:
        return [case.told.with_more(doubtful)]
    return [
        case.told.with_more(chosen) for size in range(1, len(doubtful) + 1) for chosen in combinations(doubtful, size)
    ]


def is_overtaken(case: Case, chain: Chain) -> bool:
    """Whether the days of a snapshot that failed are proven and closed by what came later."""
    told = case.told
    return (
        case.waiting.statement.proof is not Proof.STATED
        and told.first is not None
        and told.last is not None
        and chain.start_day <= told.first
        and chain.is_closed(told.last)
    )


def undecided(case: Case, chain: Chain | None) -> Refused | None:
    """Why a snapshot that did not fit is held; None for statements, where the gate's own reason says it better."""
    statement = case.waiting.statement
    if statement.proof is Proof.STATED:
        return None
    if case.doubtful:
        return Refused(
            DOUBTED,
            f"The source takes {len(case.doubtful)} entries for possible repetitions, and no proven balance decides "
            "whether they are. A person has to say which of them are real: kontoklar review release or reject.",
        )
    if statement.proof is Proof.SNAPSHOT and chain is not None:
        return Refused(
            GAP,
            f"The account's balance does not follow from the one proven for {chain.end_day} and the bookings told: "
            "bookings are missing, or the balance is wrong. The next pull fetches from further back; if it stays so, "
            "pull the bank's own statement.",
        )
    return Refused(
        DOUBTED,
        "The source says that bookings are missing, and the balance does not fit the proven one without them. Pull "
        "again when it has them, or pull the bank's statement of these days.",
    )
