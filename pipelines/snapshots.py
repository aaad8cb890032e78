"""Snapshots: all entries of a window and the balance of the moment, as account information services deliver them.

Their opening balance is what the entries leave of the closing one, so the only proof is that it leads on from a balance
that is proven. Entries the source itself doubts are booked if, and only if, that proof needs them.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

from pipelines.chain import DOUBTED, KNOWN, Accepted, Chain, Refused, Told
from pipelines.model.statement import Proof, Statement
from pipelines.prepare import Case
from pipelines.verify import Gate

# With more doubtful entries than this only all or none of them are tried: the sums of many would fit by chance.
_MOST_COMBINED: Final = 6


def may_begin(statement: Statement) -> bool:
    """Whether a statement may begin the chain of an account."""
    return statement.opening is not None or statement.proof is Proof.SNAPSHOT


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


def undecided(case: Case) -> Refused | None:
    """Why a doubted snapshot is held when no balance decides; None where the gate's own reason says it better."""
    statement = case.waiting.statement
    if statement.proof is not Proof.DOUBTED:
        return None
    if case.doubtful:
        return Refused(
            DOUBTED,
            f"The source takes {len(case.doubtful)} entries for possible repetitions, and no proven balance decides "
            "whether they are. Say at the source which of them are real, then pull again.",
        )
    return Refused(
        DOUBTED,
        "The source says that bookings are missing, and the balance does not fit the proven one without them. Pull "
        "again when it has them, or pull the bank's statement of these days.",
    )
