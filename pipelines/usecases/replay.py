"""Replays a past period morning by morning as it was known then, in books of its own, under any policy.

Every row names its run, and runs exclude each other: so what was known at a match run is what runs before it wrote. The
scratch books get that, then the true path runs in them (``match``, ``post``), returns and learning included; what
people decided comes when they decided it. The real books are only read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from pipelines import book
from pipelines.chart import Chart
from pipelines.errors import ConfigurationError, LedgerInvariantBroken
from pipelines.model.ids import derive
from pipelines.model.ledger import Cause, JournalEntry
from pipelines.policy import Policy
from pipelines.ports.history import PastDecision, PastMatch, Posted
from pipelines.ports.work import Books, Work
from pipelines.usecases.match import MakeMatcher, match
from pipelines.usecases.post import post

_NAME: Final = "replay"


@dataclass(slots=True)
class Replayed:
    """posted: what would have been posted by itself; actual: what was. mornings: match runs replayed. followed:
    decisions of people that could be repeated; contradicted: transactions a person then decided otherwise; left:
    decisions that no longer fitted.
    """

    posted: list[Posted] = field(default_factory=list)
    actual: list[Posted] = field(default_factory=list)
    mornings: int = 0
    followed: int = 0
    contradicted: set[str] = field(default_factory=set)
    left: int = 0


def replay(
    books: Books,
    scratch: Books,
    make_matcher: MakeMatcher,
    chart: Chart,
    policy: Policy,
    period: tuple[date, date],
    progress: Callable[[int, int], object] | None = None,
) -> Replayed:
    """Runs every match run of the period again in ``scratch`` (empty books of the same mode).

    Raises ConfigurationError when nothing was matched in the period.
    """
    with books.read() as work:
        past: list[PastMatch] = work.history.matches(*period)
        if not past:
            raise ConfigurationError(
                f"nothing was matched from {period[0]} to {period[1]}; choose days on which 'kontoklar run' ran"
            )
    job = _Replay(books, scratch, make_matcher, chart, policy)
    job.begin(past[0])
    for place, morning in enumerate(past):
        job.morning(morning)
        if progress:
            progress(place + 1, len(past))
    job.end(past)
    return job.result


class _Replay:
    def __init__(self, books: Books, scratch: Books, make_matcher: MakeMatcher, chart: Chart, policy: Policy) -> None:
        self._books = books
        self._scratch = scratch
        self._make_matcher = make_matcher
        self._chart = chart
        self._policy = policy
        self._epoch = 0
        self._first_no = 0
        self.result = Replayed()

    def begin(self, first: PastMatch) -> None:
        """Everything known before the first match run; what that run itself pulled in comes with its morning."""
        self._first_no = first.match_no
        self._epoch = first.epoch - 1
        with (
            self._scratch.lease(_NAME, first.as_of),
            self._books.read() as past,
            self._scratch.write() as now,
        ):
            for rows in past.history.everything(first.epoch):
                now.history.take(rows)

    def morning(self, morning: PastMatch) -> None:
        """What arrived and what people decided since, then the true path."""
        with self._scratch.lease(_NAME, morning.as_of):
            with self._books.read() as past, self._scratch.write() as now:
                for rows in past.history.arrivals(self._epoch, morning.epoch):
                    now.history.take(rows)
                decisions = past.history.decisions(self._epoch, morning.epoch - 1)
                made = past.journal.entries([entry for decision in decisions for entry in decision.entries])
            for decision in decisions:
                self._decide(decision, [made[entry] for entry in decision.entries], morning.as_of)
            # A run that matches decides nothing itself: decisions have runs of their own.
            self._epoch = morning.epoch
            match(self._scratch, self._make_matcher, book.settlements_of, self._policy, morning.as_of)
            post(self._scratch, self._chart, morning.as_of)
        self.result.mornings += 1

    def end(self, past: Sequence[PastMatch]) -> None:
        with self._scratch.read() as now:
            self.result.posted = now.history.automatic(None, self._first_no - 1)
        with self._books.read() as before:
            self.result.actual = before.history.automatic([one.match_no for one in past], 0)

    # --- what people decided --------------------------------------------------------------------------------------

    def _decide(self, decision: PastDecision, entries: Sequence[JournalEntry], as_of: date) -> None:
        """Repeats a decision; one that contradicts what the policy posted takes that back first, as a person would."""
        puts = [entry for entry in entries if not entry.reverses]
        takes = [entry for entry in entries if entry.reverses]
        try:
            with self._scratch.write() as work:
                work.history.record_decision(decision.row)
                if not decision.transaction_id:
                    # About a claim or an account: nothing a policy posts could stand in its way.
                    work.journal.append(entries)
                else:
                    standing = work.history.standing(decision.transaction_id)
                    if takes:
                        self._take_back(work, decision, takes, standing, as_of)
                    if puts:
                        self._put(work, decision, puts, {} if takes else standing, as_of)
        except LedgerInvariantBroken:
            # Nothing of it stays but that it was decided.
            with self._scratch.write() as work:
                work.history.record_decision(decision.row)
            self.result.left += 1
            return
        self.result.followed += 1

    def _take_back(
        self,
        work: Work,
        decision: PastDecision,
        entries: Sequence[JournalEntry],
        standing: dict[str, int],
        as_of: date,
    ) -> None:
        if {invoice: -minor for invoice, minor in _by_invoice(entries).items()} == standing:
            self._reverse(work, decision.transaction_id, as_of)

    def _put(
        self,
        work: Work,
        decision: PastDecision,
        entries: Sequence[JournalEntry],
        standing: dict[str, int],
        as_of: date,
    ) -> None:
        if _by_invoice(entries) == standing:
            return
        if standing:
            self.result.contradicted.add(decision.transaction_id)
            self._reverse(work, decision.transaction_id, as_of)
        there = work.journal.entries([entry.entry_id for entry in entries])
        work.journal.append([_renamed(entry) if entry.entry_id in there else entry for entry in entries])

    def _reverse(self, work: Work, transaction_id: str, as_of: date) -> None:
        settled = work.journal.settlements(transaction_ids=[transaction_id])
        originals = work.journal.entries([one.entry_id for one in settled])
        work.journal.append(
            [
                book.reversal_entry(originals[one.entry_id], work.context.mode, as_of, cause=Cause.CORRECTION)
                for one in settled
            ]
        )


def _by_invoice(entries: Sequence[JournalEntry]) -> dict[str, int]:
    """Invoice number ("" for accounts) → what the entries allocate to it together."""
    sums: dict[str, int] = {}
    for entry in entries:
        for one in entry.allocations:
            sums[one.invoice_number] = sums.get(one.invoice_number, 0) + one.amount_minor
    return sums


def _renamed(entry: JournalEntry) -> JournalEntry:
    """The same entry under another id, where the replay has used its id for something else."""
    key = derive(_NAME, entry.entry_id)
    allocations = tuple(
        replace(one, entry_id=key, allocation_id=derive(_NAME, one.allocation_id)) for one in entry.allocations
    )
    return replace(entry, entry_id=key, allocations=allocations)
