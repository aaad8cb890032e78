"""The dunning desk: what people decide about dunning, each decision in one commit with its audit row.

Proposal lists: ``proposals`` shows what waits, ``release`` lets it go, ``refuse`` closes the list; what was left out or
refused comes onto the next day's list unless a block rests it. A release never overrules the holds: everything is
asked again before it leaves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from pipelines.dunning.course import Course
from pipelines.dunning.seen import ListChanged, version_of, waiting_of
from pipelines.errors import DecisionRefused
from pipelines.model.dunning_case import BlockCause, BlockScope, DunningBlock, HandChange, HandStep, ProposalList
from pipelines.ports.audit import AuditEvent
from pipelines.ports.work import Books, Work
from pipelines.roles import Access

RELEASED: Final = "released"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class ListAnswered:
    """What became of a list. released / left_out: its lines. overtaken: lines that no longer wait, such as paid ones.
    ready: triggers that may leave now; fewer than released when the bank's side is not fully known today."""

    list_id: str
    released: int
    left_out: int
    overtaken: int
    ready: int


@dataclass(frozen=True, slots=True)
class DunningDesk:
    """Decisions about dunning as of a day. look: reads one item's course from a snapshot. again: asks every open
    trigger anew, opens none, and says how many became ready. Methods raise DecisionRefused and NotAllowed."""

    books: Books
    as_of: date
    look: Callable[[Work, str], Course]
    again: Callable[[], int]
    access: Access = field(default_factory=Access)

    # --- proposal lists -----------------------------------------------------------------------------------------

    def proposals(self, as_of: date | None = None) -> list[ProposalList]:
        """The lists that wait for a release, oldest first; with as_of only those made up to that day."""
        with self.books.read() as work:
            found = work.dunning_cases.lists()
        return [one for one in found if as_of is None or one.as_of <= as_of]

    def release(
        self, list_id: str, leave_out: Collection[str] = (), *, user: str, reason: str, seen: str = ""
    ) -> ListAnswered:
        """Lets a list go. list_id: or its beginning. leave_out: trigger ids, invoice or debtor numbers on it. seen: the
        version it was decided on (``seen.version_of``); raises ListChanged when it is another now. "": any."""
        self._may(user, reason, "approve", "release dunning")
        left = set(leave_out)
        with self.books.lease("dunning-release", self.as_of):
            told = self.books.commit(lambda work: self._answer(work, list_id, RELEASED, left, user, reason, seen))
            ready = self.again()
        return ListAnswered(*told, ready)

    def refuse(self, list_id: str, *, user: str, reason: str, seen: str = "") -> ListAnswered:
        """Closes a list; nothing of it goes out, and what still stands is on the next day's list. seen: see above."""
        self._may(user, reason, "approve", "refuse dunning")
        with self.books.lease("dunning-release", self.as_of):
            told = self.books.commit(lambda work: self._answer(work, list_id, REFUSED, set(), user, reason, seen))
        return ListAnswered(*told, 0)

    def _answer(
        self, work: Work, list_id: str, outcome: str, leave_out: set[str], user: str, reason: str, seen: str
    ) -> tuple[str, int, int, int]:
        found = work.dunning_cases.lists(open_only=False, list_id=list_id) if list_id else []
        if len(found) != 1:
            raise DecisionRefused(f"{len(found)} proposal lists are meant by this; see: kontoklar dunning proposals")
        (proposed,) = found
        if proposed.outcome:
            raise ListChanged(f"List {proposed.list_id} was {proposed.outcome} already.")
        if seen and seen != version_of(proposed):
            raise ListChanged(f"List {proposed.list_id} is no longer as it was seen; look at it again.")
        known = {key for line in proposed.lines for key in (line.trigger_id, line.invoice_number, line.debtor_number)}
        if leave_out - known:
            raise DecisionRefused(f"{len(leave_out - known)} entries to leave out are not on list {proposed.list_id}.")
        waiting = waiting_of(proposed)
        gone = [
            line.trigger_id
            for line in waiting
            if outcome == RELEASED and leave_out.isdisjoint({line.trigger_id, line.invoice_number, line.debtor_number})
        ]
        work.dunning_cases.answer_list(proposed.list_id, outcome, gone, user, reason)
        told = (len(gone), len(waiting) - len(gone), len(proposed.lines) - len(waiting))
        details = {"released": gone, "kind": proposed.kind.value, "left_out": told[1], "overtaken": told[2]}
        _note(work, f"dunning-list-{outcome}", proposed.list_id, "", user, reason, details)
        return (proposed.list_id, *told)

    # --- blocks -------------------------------------------------------------------------------------------------

    def blocks(self) -> list[DunningBlock]:
        """Blocks that stand today."""
        with self.books.read() as work:
            return work.dunning_cases.blocks(self.as_of)

    def block(
        self, scope: BlockScope, key: str, cause: BlockCause, *, user: str, reason: str, until: date | None = None
    ) -> str:
        """Rests dunning of a debtor, an item, or a claim with its fees and interest. Returns the block's id."""
        self._may(user, reason, "decide", "block dunning")
        if until is not None and until < self.as_of:
            raise DecisionRefused(f"The block would have ended on {until}; give a later day or none.")

        def write(work: Work) -> str:
            number, debtor = self._target(work, scope, key)
            block_id = work.dunning_cases.add_block(scope, number, cause.value, until, user, reason)
            details = {"scope": scope.value, "key": number, "cause": cause.value, "until": str(until or "")}
            _note(work, "dunning-blocked", block_id, debtor, user, reason, details)
            return block_id

        with self.books.lease("dunning-block", self.as_of):
            block_id = self.books.commit(write)
            self.again()
        return block_id

    def unblock(self, scope: BlockScope, key: str, *, user: str, reason: str) -> int:
        """Takes the blocks of a debtor, an item or a claim back. Returns how many."""
        self._may(user, reason, "decide", "unblock dunning")

        def write(work: Work) -> int:
            number, debtor = self._target(work, scope, key)
            mine = [b for b in work.dunning_cases.blocks(self.as_of) if (b.scope, b.key) == (scope, number)]
            if not mine:
                raise DecisionRefused(f"There is no such block on {number}; see: kontoklar dunning blocks")
            work.dunning_cases.end_blocks([b.block_id for b in mine], user, reason)
            for block in mine:
                _note(work, "dunning-unblocked", block.block_id, debtor, user, reason, {"key": number})
            return len(mine)

        with self.books.lease("dunning-block", self.as_of):
            return self.books.commit(write)

    def _target(self, work: Work, scope: BlockScope, key: str) -> tuple[str, str]:
        """The number a block is kept under, and the debtor it is about."""
        if scope is BlockScope.DEBTOR:
            ids = work.debtors.find(key)
            if len(ids) != 1:
                raise DecisionRefused(f"{len(ids)} debtors are meant by this; give the customer number.")
            number = work.debtors.numbers(ids[0])[-1]
            return number, number
        item = work.journal.open_items([key]).get(key)
        if item is None:
            raise DecisionRefused(f"Invoice {key} is unknown; load the receivables first.")
        return key, item.debtor_number

    # --- by hand ------------------------------------------------------------------------------------------------

    def skip(self, invoice: str, *, user: str, reason: str, send: bool = False) -> HandChange:
        """Passes over the next level. send: the one after it is due at once."""
        return self._by_hand(HandStep.SKIP, invoice, user, reason, send=send)

    def repeat(self, invoice: str, *, user: str, reason: str, send: bool = True) -> HandChange:
        """Sends the level that went out last once more, without another fee; without sending its wait starts anew."""
        return self._by_hand(HandStep.REPEAT, invoice, user, reason, send=send)

    def set_level(self, invoice: str, level: int, *, user: str, reason: str, send: bool = False) -> HandChange:
        """Makes a level the present one. send: its message is due at once; otherwise it counts as sent today."""
        return self._by_hand(HandStep.SET_LEVEL, invoice, user, reason, level=level, send=send)

    def next_date(self, invoice: str, day: date, *, user: str, reason: str) -> HandChange:
        """Moves the next level to a day, earlier or later."""
        return self._by_hand(HandStep.NEXT_DATE, invoice, user, reason, day=day)

    def _by_hand(
        self,
        step: HandStep,
        invoice: str,
        user: str,
        reason: str,
        *,
        level: int = 0,
        day: date | None = None,
        send: bool = False,
    ) -> HandChange:
        self._may(user, reason, "decide", "change dunning by hand")

        def write(work: Work) -> HandChange:
            course = self.look(work, invoice)
            change = course.change(step, level=level, day=day or self.as_of, send=send, user=user, reason=reason)
            work.dunning_cases.add_change(change)
            details = {"step": step.value, "level": change.level, "day": change.day.isoformat(), "send": send}
            _note(work, "dunning-by-hand", invoice, course.candidate.item.debtor_number, user, reason, details)
            return change

        with self.books.lease("dunning-by-hand", self.as_of):
            change = self.books.commit(write)
            self.again()
        return change

    def show(self, invoice: str) -> dict[str, Any]:
        """Where an item stands and what comes next, JSON-ready. Raises DecisionRefused when it is not being dunned."""
        with self.books.read() as work:
            return self.look(work, invoice).told(work.dunning_cases.changes(invoice))

    def _may(self, user: str, reason: str, permission: str, what: str) -> None:
        if not user.strip() or not reason.strip():
            raise DecisionRefused("A decision names who decides (--user) and why (--reason).")
        self.access.require(user, permission, what)


def _note(
    work: Work, event: str, subject: str, debtor: str, user: str, reason: str, details: Mapping[str, object]
) -> None:
    told = json.dumps(details, sort_keys=True, separators=(",", ":"))
    work.audit.append([AuditEvent(event, subject, user, reason, told, debtor=debtor)])
