"""The statement gate (D4): opening + Σ booked = closing, and opening = the closing before.

The accepted statements of an account form a chain from its first one. A statement joins it at the end, before its
start, or inside it without telling anything new; what does not fit is held, and what lacks a balance stays unproven.
The proof never trusts days alone: every acceptance is an exact equation of balances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from pipelines.bookings import Known, Stock, end_to_end_key
from pipelines.chain import (
    KNOWN,
    PROVEN,
    Accepted,
    Chain,
    Claim,
    Refused,
    Told,
    balances_of,
    chain_of,
    is_member,
    member_of,
    reaches_beyond,
)
from pipelines.dedupe import contradicts, corroborated, pair, pair_loosely, pair_moved, pair_untold_days
from pipelines.refusals import ambiguous, contradiction, gap_to, lacks_bookings, without_day
from pipelines.regroup import Group, regroup

# A statement of Monday may state its opening balance for the Thursday before a long weekend.
_NEAR: Final = timedelta(days=7)


@dataclass(slots=True)
class Gate:
    """Examines statements of one account against what is known. ``promised`` tells whether an unproven booking is
    told by a statement that still waits in this run (the bank moved it there)."""

    stock: Stock
    chain: Chain | None
    tail_minor: int = 0  # Σ proven bookings later than everything in the stock
    promised: Callable[[Known, str], bool] = field(default=lambda known, statement_id: False)

    def examine(self, statement: Told) -> Accepted | Refused:
        """The verdict on a statement that has both balances and adds up. Changes nothing."""
        told = statement.claim()
        if told is None:
            return self._dayless(statement)
        if self.chain is None:
            return self._first(told)
        known = self._known(told, self.chain)
        if known is not None:
            return known
        for attempt in (self._extends, self._precedes, self._spans, self._fills, self._retells):
            accepted = attempt(told, self.chain)
            if accepted is not None:
                return accepted
        return self._refusal(told, self.chain)

    def _refusal(self, told: Claim, chain: Chain) -> Refused:
        day_before = told.first - timedelta(days=1)
        waiting = sum(known.amount_minor for known in self.stock.unproven(chain.start_day, day_before))
        gap = gap_to(told, chain, waiting)
        if gap is not None:
            return gap
        inside = _proven_sum(self._count(told, _anything), ())
        if told.opening_minor + inside in (chain.end_minor, chain.end_minor + waiting):
            return lacks_bookings(told)
        return contradiction(told, chain)

    # --- where a statement may stand ----------------------------------------------------------------------------

    def _dayless(self, told: Told) -> Accepted | Refused:
        # Without a day there is no entry either: it can only repeat a balance.
        if self.chain is None or told.opening_minor in balances_of(self.chain):
            return Accepted(KNOWN, ())
        return without_day(told)

    def _first(self, told: Claim) -> Accepted | Refused:
        pairs = self._count(told, _anything)
        settled = self._settle_unproven(told, pairs, told.first, told.last, ())
        if settled is None:
            return lacks_bookings(told)
        pairs, groups = settled
        return Accepted(PROVEN, tuple(pairs), groups, (), chain_of(told))

    def _known(self, told: Claim, chain: Chain) -> Accepted | Refused | None:
        if reaches_beyond(told, chain):
            return None
        pairs = self._count(told, _anything)
        if not all(known is not None and known.proven for known in pairs):
            return None
        if is_member(told, chain):
            return None if self._begins_anew(told, pairs, chain) else Accepted(KNOWN, tuple(pairs))
        moves = told.opening_minor != told.closing_minor
        follows = told.opening_minor == chain.end_minor and told.last == chain.end_day
        leads = told.closing_minor == chain.start_minor and told.first == chain.start_day
        adjoins = moves and (follows or leads)
        named = all(corroborated(item, known) for item, known in zip(told.observations, pairs, strict=True) if known)
        placed = self._is_placed(told, chain)
        if not pairs:
            return Accepted(KNOWN, ()) if placed else None
        if placed and adjoins and not named:
            # Either the same payments cut into other statements, or equal ones once more: balances fit both.
            return ambiguous(told)
        if not placed and (adjoins or not named):
            # Equal payments again, but other balances: these may well be new ones.
            return None
        return Accepted(KNOWN, tuple(pairs), notes=() if placed else ("balances-differ",))

    def _begins_anew(self, told: Claim, pairs: Sequence[Known | None], chain: Chain) -> bool:
        """A statement that continues the chain with the balances and the day of one before, but with other ids: a day
        told in several statements whose bookings cancel out."""
        return told.opening_minor == chain.end_minor and any(
            known is not None and contradicts(item.alias, known.aliases)
            for item, known in zip(told.observations, pairs, strict=True)
        )

    def _extends(self, told: Claim, chain: Chain) -> Accepted | None:
        if told.last < chain.end_day:
            return None
        for pairs in self._readings(told, chain, told.opening_minor == chain.end_minor):
            groups = self._regrouped(told, pairs, chain)
            short = told.opening_minor + _proven_sum(pairs, groups) - chain.end_minor
            carried = self._carried(told, pairs, short, chain)
            if carried is None:
                continue
            settled = self._settle_unproven(told, pairs, chain.start_day, told.last, carried, groups)
            if settled is None:
                continue
            if not carried and not reaches_beyond(told, chain) and _tells_nothing(*settled):
                return Accepted(KNOWN, tuple(settled[0]), settled[1], notes=("told-differently",))
            moved = replace(
                chain,
                start_day=min([chain.start_day, *(item.day for item in told.observations)]),
                end_day=told.last,
                end_minor=told.closing_minor,
                end_is_open=told.last_is_open,
                members=(*chain.members, member_of(told)),
            )
            return Accepted(PROVEN, tuple(settled[0]), settled[1], carried, moved)
        return None

    def _precedes(self, told: Claim, chain: Chain) -> Accepted | None:
        if told.first > chain.start_day or told.last > chain.end_day:
            return None
        for pairs in self._readings(told, chain, told.closing_minor == chain.start_minor):
            short = chain.start_minor - (told.closing_minor - _proven_sum(pairs, ()))
            carried: tuple[Known, ...] = ()
            if short:
                day_after, day_before = told.last + timedelta(days=1), chain.start_day - timedelta(days=1)
                between = _unpaired(self.stock.unproven(day_after, day_before), pairs)
                if sum(known.amount_minor for known in between) != short:
                    continue
                carried = tuple(between)
            settled = self._settle_unproven(told, pairs, told.first, min(told.last, chain.start_day), carried)
            if settled is None:
                continue
            if not carried and not reaches_beyond(told, chain) and _tells_nothing(*settled):
                return Accepted(KNOWN, tuple(settled[0]), settled[1], notes=("told-differently",))
            moved = replace(
                chain,
                start_day=told.first,
                start_minor=told.opening_minor,
                members=(member_of(told), *chain.members),
            )
            return Accepted(PROVEN, tuple(settled[0]), settled[1], carried, moved)
        return None

    def _spans(self, told: Claim, chain: Chain) -> Accepted | None:
        """A statement that reaches over both ends of the chain and contains all of it."""
        if told.first > chain.start_day or told.last < chain.end_day:
            return None
        pairs = self._count(told, _anything)
        inside = _proven_sum(pairs, ())
        if inside != chain.end_minor - chain.start_minor:
            return None
        new = [item for item, known in zip(told.observations, pairs, strict=True) if known is None or not known.proven]
        limits = {chain.start_day, chain.start_day + timedelta(days=1)}
        if not any(
            told.opening_minor + sum(item.amount_minor for item in new if item.day < limit) == chain.start_minor
            for limit in limits
        ):
            return None
        settled = self._settle_unproven(told, pairs, told.first, told.last, ())
        if settled is None:
            return None
        moved = Chain(
            told.first,
            told.opening_minor,
            told.last,
            told.closing_minor,
            told.last_is_open,
            (*chain.members, member_of(told)),
        )
        return Accepted(PROVEN, tuple(settled[0]), settled[1], (), moved)

    def _retells(self, told: Claim, chain: Chain) -> Accepted | None:
        """The same stretch between the same two balances in other words: batches as singles, other booking dates."""
        if not self._is_placed(told, chain):
            return None
        pairs = self._count(told, _proven)
        pair_untold_days(told.observations, pairs, self.stock, _proven)
        pair_loosely(told.observations, pairs, _unpaired(self.stock.proven(told.first, told.last), pairs))
        left = [item for item, known in zip(told.observations, pairs, strict=True) if known is None]
        if not left:
            return Accepted(KNOWN, tuple(pairs), notes=("told-differently",))
        rest = _unpaired(self.stock.proven(told.first, told.last), pairs)
        same_sum = sum(item.amount_minor for item in left) == sum(known.amount_minor for known in rest)
        if not rest or not same_sum or len(rest) == len(left):
            return None
        indexes = [index for index, known in enumerate(pairs) if known is None]
        groups = tuple(regroup(told.observations, indexes, rest, balances_prove=True))
        return Accepted(KNOWN, tuple(pairs), groups, notes=("told-differently",))

    def _fills(self, told: Claim, chain: Chain) -> Accepted | None:
        """New bookings that cancel out, for days inside the chain that no statement has told."""
        if reaches_beyond(told, chain) or not self._is_placed(told, chain):
            return None
        pairs = self._count(told, _anything)
        new = [item for item, known in zip(told.observations, pairs, strict=True) if known is None or not known.proven]
        net = sum(item.amount_minor for item in new)
        if not new or net != 0:
            return None
        if any(member.first <= item.day <= member.last for item in new for member in chain.members):
            return None
        settled = self._settle_unproven(told, pairs, told.first, told.last, ())
        if settled is None:
            return None
        moved = replace(chain, members=(*chain.members, member_of(told)))
        return Accepted(PROVEN, tuple(settled[0]), settled[1], (), moved)

    # --- readings of the same statement -------------------------------------------------------------------------

    def _count(self, told: Claim, usable: Callable[[Known], bool]) -> list[Known | None]:
        pairs = pair(told.observations, self.stock.shelves, usable=usable, may_contradict=True)
        pair_moved(told.observations, pairs, self.stock, usable)
        pair_untold_days(told.observations, pairs, self.stock, lambda known: usable(known) and not known.proven)
        return pairs

    def _readings(self, told: Claim, chain: Chain, adjoins: bool) -> Iterator[list[Known | None]]:
        """Ways to tell known from new, the most likely first; the balances decide which one is true.

        adjoins: the statement begins or ends exactly where the chain ends or begins.
        """
        later = adjoins and (told.first > chain.end_day or (told.last is not None and told.last < chain.start_day))
        counted = self._count(told, _anything)
        if later or (adjoins and self._begins_anew(told, counted, chain)):
            later = True
            yield self._count(told, _unproven)
        yield counted
        if adjoins and not later:
            yield self._count(told, _unproven)
        strict = pair(told.observations, self.stock.shelves, usable=_anything, may_contradict=False)
        pair_moved(told.observations, strict, self.stock, _anything)
        yield strict
        if not self._overlaps_on_balance(told, chain):
            return
        loose = self._count(told, _anything)
        overlap = self.stock.proven(max(told.first, chain.start_day), chain.end_day)
        pair_loosely(told.observations, loose, _unpaired(overlap, loose))
        yield loose

    def _overlaps_on_balance(self, told: Claim, chain: Chain) -> bool:
        """Whether the statement shares days with the chain and meets a balance of it there."""
        if told.first > chain.end_day or told.last < chain.start_day:
            return False
        return self._was_held(told.opening_minor, told.first - _NEAR, told.first, chain) or self._was_held(
            told.closing_minor, told.last, told.last + _NEAR, chain
        )

    def _regrouped(self, told: Claim, pairs: Sequence[Known | None], chain: Chain) -> tuple[Group, ...]:
        """Proven bookings the statement must contain, told in another granularity."""
        if told.first > chain.end_day:
            return ()
        rest = _unpaired(self.stock.proven(told.first, chain.end_day), pairs)
        if not rest:
            return ()
        left = [index for index, known in enumerate(pairs) if known is None]
        return tuple(regroup(told.observations, left, rest, balances_prove=True))

    # --- bookings told before without proof ---------------------------------------------------------------------

    def _carried(
        self, told: Claim, pairs: Sequence[Known | None], short: int, chain: Chain
    ) -> tuple[Known, ...] | None:
        """Unproven bookings between the chain and the statement that explain its opening balance exactly."""
        if not short:
            return ()
        for limit in (told.first - timedelta(days=1), told.first):
            between = tuple(_unpaired(self.stock.unproven(chain.start_day, limit), pairs))
            if between and sum(known.amount_minor for known in between) == short:
                return between
        return None

    def _settle_unproven(
        self,
        told: Claim,
        pairs: Sequence[Known | None],
        first: date | None,
        last: date | None,
        carried: Sequence[Known],
        groups: Sequence[Group] = (),
    ) -> tuple[list[Known | None], tuple[Group, ...]] | None:
        """Every unproven booking of the statement's days must be one of its entries; None when one is missing."""
        assert last is not None
        limit = last - timedelta(days=1) if told.last_is_open else last
        result = list(pairs)
        skip = {id(known) for known in carried} | {id(known) for group in groups for known in group.bookings}
        missing = [known for known in _unpaired(self.stock.unproven(first, limit), result) if id(known) not in skip]
        if missing:
            wanted = {id(known) for known in missing}
            pair_moved(told.observations, result, self.stock, lambda known: id(known) in wanted, key_of=end_to_end_key)
            missing = _unpaired(missing, result)
        found: list[Group] = list(groups)
        if missing:
            spoken_for = {index for group in groups for index in group.observations}
            left = [index for index, known in enumerate(result) if known is None and index not in spoken_for]
            found += regroup(told.observations, left, missing, balances_prove=True)
            explained = {id(known) for group in found for known in group.bookings}
            missing = [
                known for known in missing if id(known) not in explained and not self.promised(known, told.statement_id)
            ]
        return None if missing else (result, tuple(found))

    # --- balances along the chain -------------------------------------------------------------------------------

    def _is_placed(self, told: Claim, chain: Chain) -> bool:
        """Whether the chain held the statement's balances around its days."""
        if is_member(told, chain):
            return True
        return self._was_held(told.opening_minor, told.first - _NEAR, told.first, chain) and self._was_held(
            told.closing_minor, told.last, told.last + _NEAR, chain
        )

    def _was_held(self, minor: int | None, first: date, last: date, chain: Chain) -> bool:
        for member in chain.members:
            for day, balance in ((member.first, member.opening_minor), (member.last, member.closing_minor)):
                if balance == minor and first <= day <= last:
                    return True
        # Balances at the end of days that no statement names: backwards from the end of the chain.
        balance = chain.end_minor - self.tail_minor
        previous: date | None = None
        for day in sorted(self.stock.by_day, reverse=True):
            if day < first:
                break
            if balance == minor and day <= last and (previous is None or previous > first):
                return True
            balance -= sum(known.amount_minor for known in self.stock.by_day[day] if known.proven)
            previous = day
        return balance == minor


# --- small helpers ------------------------------------------------------------------------------------------------


def _anything(_known: Known) -> bool:
    return True


def _proven(known: Known) -> bool:
    return known.proven


def _unproven(known: Known) -> bool:
    return not known.proven


def _unpaired(candidates: Iterator[Known] | Sequence[Known], pairs: Sequence[Known | None]) -> list[Known]:
    used = {id(known) for known in pairs if known is not None}
    return [known for known in candidates if id(known) not in used]


def _proven_sum(pairs: Sequence[Known | None], groups: Sequence[Group]) -> int:
    """Σ of the proven bookings a reading recognises."""
    total = sum(known.amount_minor for known in pairs if known is not None and known.proven)
    return total + sum(known.amount_minor for group in groups for known in group.bookings if known.proven)


def _tells_nothing(pairs: Sequence[Known | None], groups: Sequence[Group]) -> bool:
    """Whether every entry is a proven booking or part of one."""
    grouped = {index for group in groups for index in group.observations}
    return (
        bool(pairs)
        and all(index in grouped or (known is not None and known.proven) for index, known in enumerate(pairs))
        and all(known.proven for group in groups for known in group.bookings)
    )
