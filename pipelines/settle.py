"""Settling one account: every waiting statement through identity and gate, until nothing changes any more.

Pure: facts and statements in, a ``Settlement`` out that says which rows to write. Statements are taken in the order of
their days, numbers and balances, never in the order of files, so that any order of arrival ends the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from pipelines.bookings import (
    Alias,
    Known,
    Observation,
    Stock,
    Telling,
    bank_key,
    end_to_end_key,
    finish_booking,
    number_transactions,
    richest,
    twin_order,
)
from pipelines.chain import HELD, KNOWN, MISMATCH, PROVEN, UNPROVEN, Accepted, Refused
from pipelines.dedupe import DRIFT, pair, pair_moved, pair_untold_days
from pipelines.model.finding import Severity
from pipelines.model.statement import Coverage, Proof
from pipelines.model.transaction import Booking
from pipelines.prepare import Case, prepare, stated_minor
from pipelines.regroup import Group, regroup
from pipelines.settlement import (
    AccountFacts,
    Classify,
    Link,
    RangeStep,
    Settlement,
    Supersession,
    Verdict,
    Waiting,
)
from pipelines.snapshots import (
    doubts,
    examine,
    follow_decisions,
    held_rows,
    is_overtaken,
    may_begin,
    undecided,
)
from pipelines.verify import Gate

_SAME: Final = "same-statement"


def settle(facts: AccountFacts, waiting: Sequence[Waiting], classify: Classify, mode: str) -> Settlement:
    """Verdicts, bookings and findings for all waiting statements of one account and currency."""
    return _Account(facts, classify, mode).run(waiting)


class _Account:
    def __init__(self, facts: AccountFacts, classify: Classify, mode: str) -> None:
        self.facts = facts
        self.classify = classify
        self.mode = mode
        self.stock = Stock(facts.known)
        self.gate = Gate(self.stock, facts.chain, facts.tail_minor, self._is_promised)
        self.fresh: list[Known] = []
        self.result = Settlement(facts.account, facts.currency)
        self.open: list[Case] = []
        self.promises: dict[tuple[tuple[str, ...], int], list[tuple[str, date]]] | None = None
        self.touched: dict[int, Known] = {}

    def run(self, waiting: Sequence[Waiting]) -> Settlement:
        cases = sorted(
            (prepare(item, self.classify, self.facts.own_accounts) for item in waiting), key=lambda case: case.order
        )
        for case in cases:
            follow_decisions(case, self.facts.decided, self.mode)
        refused = [case for case in cases if case.refusal is not None]
        good = [case for case in cases if case.refusal is None]
        self.open = [case for case in good if case.complete]
        partial = [case for case in good if not case.complete]
        self._complete_ones()
        for case in [*self.open, *partial]:
            if self._may_stay_unproven(case):
                self._tell_partly(case)
        self.open = [case for case in self.open if not case.verdict]
        self.promises = None
        self._complete_ones()
        for case in self.open:
            self._hold(case, undecided(case, self.gate.chain) or case.refusal)
        for case in refused:
            self._hold(case, case.refusal)
        self._finish(cases)
        self.result.findings = [finding for case in cases for finding in case.findings]
        self.result.pending_entries = sum(case.pending for case in cases)
        return self.result

    # --- complete statements ------------------------------------------------------------------------------------

    def _complete_ones(self) -> None:
        """Forwards along the days and backwards before the start of the chain, until nothing is accepted any more."""
        backwards = False
        quiet = 0
        while self.open and quiet < 2:
            before = len(self.open)
            for case in sorted(self.open, key=lambda case: case.order, reverse=backwards):
                if self.gate.chain is None and not may_begin(case):
                    continue  # half a proof cannot begin a chain
                outcome = examine(self.gate, case)
                if isinstance(outcome, Accepted):
                    self.open.remove(case)
                    self._accept(case, outcome)
                else:
                    case.refusal = outcome
            quiet = quiet + 1 if len(self.open) == before else 0
            backwards = not backwards

    def _accept(self, case: Case, outcome: Accepted) -> None:
        proves = outcome.verdict == PROVEN
        case.refusal = None
        case.verdict = outcome.verdict
        self.promises = None
        grouped = {index for group in outcome.groups for index in group.observations}
        for index, (item, known) in enumerate(zip(case.told.observations, outcome.pairs, strict=True)):
            if index in grouped:
                continue
            if known is None and proves:
                self._create(case, item, proven=True)
            elif known is not None:
                self._link(case, item, known, proves)
        self._link_groups(case, outcome.groups, proves)
        for number, known in enumerate(outcome.carried, start=1):
            # The opening balance tells these bookings without naming them.
            alias = known.aliases[0] if known.aliases else Alias("", "", "", "", "")
            self._record(case, f"carried {number}", case.waiting.statement.format, known, alias)
            self.stock.prove(known)
        if outcome.chain is not None:
            self.gate.chain = outcome.chain
            self.result.ranges.append(RangeStep(case.told.statement_id, outcome.chain))
        for note in outcome.notes:
            self._explain(case, note)

    def _explain(self, case: Case, note: str) -> None:
        if note == "told-differently":
            case.note("statement-tells-differently", Severity.INFO,
                       "The same balances are proven already with bookings in another granularity or of other days; "
                       "nothing new was posted.")  # fmt: skip
        else:
            case.note("statement-balances-differ", Severity.WARNING,
                       "All bookings are known already, but the balances are not those we hold for these days. "
                       "Compare the statement with the bank.")  # fmt: skip

    # --- excerpts -----------------------------------------------------------------------------------------------

    def _may_stay_unproven(self, case: Case) -> bool:
        """Excerpts may; a statement with both balances of its own must fit the chain or wait."""
        statement = case.waiting.statement
        half = statement.opening is None and statement.proof is Proof.STATED
        return not case.verdict and (not case.complete or statement.coverage is Coverage.PARTIAL or half)

    def _tell_partly(self, case: Case) -> None:
        """Booked entries without proof: what is known stays known, days that are proven tell nothing new, the rest
        becomes bookings that wait for their proof."""
        items, chain = case.told.observations, self.gate.chain
        pairs = pair(items, self.stock.shelves, usable=_any, may_contradict=False)
        pair_moved(items, pairs, self.stock, _any)
        pair_untold_days(items, pairs, self.stock, _any)
        closed = {index for index, item in enumerate(items) if chain is not None and chain.is_closed(item.day)}
        self._pair_closed(items, pairs, closed)
        left = [index for index, known in enumerate(pairs) if known is None]
        used = {id(known) for known in pairs if known is not None}
        days = {items[index].day for index in left}
        candidates = [known for day in sorted(days) for known in self.stock.by_day.get(day, ())]
        free = [known for known in candidates if id(known) not in used]
        groups = regroup(items, left, free, balances_prove=False)
        grouped = {index for group in groups for index in group.observations}
        ignored = 0
        for index, (item, known) in enumerate(zip(items, pairs, strict=True)):
            if known is not None:
                self._link(case, item, known, False)
            elif index in closed and index not in grouped:
                ignored += 1
            elif index not in grouped:
                self._create(case, item, proven=False)
        self._link_groups(case, groups, False)
        case.refusal = None
        case.verdict = UNPROVEN
        if ignored:
            case.note("entries-of-proven-days", Severity.WARNING,
                       f"{ignored} booked entries belong to days that a complete statement has proven without them; "
                       "they were not posted. Compare both with the bank.")  # fmt: skip

    def _pair_closed(self, items: Sequence[Observation], pairs: list[Known | None], closed: set[int]) -> None:
        """On proven days nothing is new, so the count is enough to recognise what an entry tells."""
        rest = [index for index in sorted(closed) if pairs[index] is None]
        if not rest:
            return
        used = {id(known) for known in pairs if known is not None}
        found = pair(
            [items[index] for index in rest],
            self.stock.shelves,
            usable=lambda known: id(known) not in used,
            may_contradict=True,
        )
        for index, known in zip(rest, found, strict=True):
            pairs[index] = known

    # --- what a verdict means for bookings ----------------------------------------------------------------------

    def _create(self, case: Case, item: Observation, *, proven: bool) -> None:
        known = Known(item.day, item.value_day, item.amount_minor, proven, item.day_is_told)
        known.is_batch = item.is_undetailed_batch
        known.batch_count = item.transactions[0].batch_count if item.transactions else None
        known.hear(item)
        self.stock.add(known)
        self.fresh.append(known)
        self._record(case, item.position, item.format, known, item.alias)

    def _link(self, case: Case, item: Observation, known: Known, proves: bool) -> None:
        self.stock.hear(known, item)
        self._record(case, item.position, item.format, known, item.alias)
        if proves:
            self.stock.prove(known)
        self.result.known_bookings += 1

    def _link_groups(self, case: Case, groups: Iterable[Group], proves: bool) -> None:
        for group in groups:
            items = [case.told.observations[index] for index in group.observations]
            if len(group.bookings) == 1:
                known = group.bookings[0]
                known.tellings.append(_together(items))
                for item in items:
                    self._record(case, item.position, item.format, known, item.alias)
            else:
                for number, known in enumerate(group.bookings, start=1):
                    self._record(case, f"{items[0].position}#{number}", items[0].format, known, items[0].alias)
            for known in group.bookings:
                if proves:
                    self.stock.prove(known)
                self.result.known_bookings += 1

    def _record(self, case: Case, position: str, format_name: str, known: Known, alias: Alias) -> None:
        case.links.append(known)
        self.touched[id(known)] = known
        self.result.links.append(Link(case.told.statement_id, position, format_name, known, alias))

    def _is_promised(self, known: Known, statement_id: str) -> bool:
        """Whether another statement that still waits tells this booking under a date near by."""
        if self.promises is None:
            self.promises = defaultdict(list)
            for case in self.open:
                for item in case.told.observations:
                    for key in (bank_key(item.alias), end_to_end_key(item.alias)):
                        if key is not None:
                            self.promises[key, item.amount_minor].append((case.told.statement_id, item.day))
        keys = {key for alias in known.aliases for key in (bank_key(alias), end_to_end_key(alias)) if key is not None}
        return any(
            other != statement_id and abs(day - known.day) <= DRIFT
            for key in keys
            for other, day in self.promises.get((key, known.amount_minor), ())
        )

    # --- the end ------------------------------------------------------------------------------------------------

    def _hold(self, case: Case, refusal: Refused | None) -> None:
        assert refusal is not None
        if self._is_proven_otherwise(case, refusal):
            case.verdict, case.code = KNOWN, "proven-otherwise"
            case.message = "Another telling of these days is proven."
            return
        case.verdict, case.code, case.message = HELD, refusal.code, refusal.message

    def _is_proven_otherwise(self, case: Case, refusal: Refused) -> bool:
        """A statement that failed its own proof, while one with the same balances and last day joined the chain; or a
        snapshot of days that are closed by now."""
        chain, statement = self.gate.chain, case.waiting.statement
        if chain is None or is_overtaken(case, chain):
            return chain is not None
        return refusal.code == MISMATCH and any(
            member.opening_minor == stated_minor(statement.opening)
            and member.closing_minor == stated_minor(statement.closing)
            and member.last == case.told.last
            for member in chain.members
        )

    def _finish(self, cases: Sequence[Case]) -> None:
        self._drop_copies(cases)
        for case in cases:
            silent = not case.told.observations and bool(case.waiting.statement.entries)
            if case.verdict == UNPROVEN and (silent or (case.links and all(known.proven for known in case.links))):
                case.verdict = KNOWN
            elif case.verdict == HELD:
                case.note(case.code, Severity.ERROR, case.message)
                case.findings += doubts(self.mode, case)
                self.result.held.append((case.told.statement_id, held_rows(self.mode, case)))
            self.result.verdicts.append(Verdict(case.waiting, case.told, case.verdict, case.code, case.message))
        self._number_new()
        self._supersede()
        self._correct_opening()
        self.result.proven_booking_ids = {
            known.booking_id for known in self.stock.everything() if known.proven and known.booking_id
        }

    def _drop_copies(self, cases: Sequence[Case]) -> None:
        """The same held statement delivered twice waits only once."""
        first: dict[tuple[object, ...], Case] = {}
        for case in sorted(cases, key=lambda case: (case.waiting.prior is None, case.order)):
            if case.verdict != HELD:
                continue
            original = first.setdefault(_likeness(case), case)
            if original is not case:
                case.verdict, case.code, case.message = KNOWN, _SAME, "A copy of a statement that is held."

    def _number_new(self) -> None:
        taken: dict[tuple[date, int], int] = defaultdict(int)
        for known in self.facts.known:
            bucket = (known.day, known.amount_minor)
            taken[bucket] = max(taken[bucket], known.occurrence)
        buckets: dict[tuple[date, int], list[tuple[Known, Telling]]] = defaultdict(list)
        for known in self.fresh:
            buckets[known.day, known.amount_minor].append((known, richest(known.tellings)))
        finished: list[tuple[Booking, str]] = []
        for bucket, twins in buckets.items():
            if len(twins) > 1:
                twins.sort(key=lambda twin: twin_order(twin[1]))
            for number, (known, telling) in enumerate(twins, start=taken[bucket] + 1):
                booking = finish_booking(self.mode, self.facts.account, self.facts.currency, known, telling, number)
                known.booking_id, known.occurrence = booking.booking_id, number
                finished.append((booking, telling.statement_id))
        self.result.new_bookings = sorted(
            finished, key=lambda pair: (pair[0].booking_date, pair[0].account, pair[0].booking_id)
        )

    def _supersede(self) -> None:
        fresh = {id(known) for known in self.fresh}
        found = []
        for known in self.touched.values():
            if not known.undetailed_id or id(known) in fresh or not known.tellings:
                continue
            best = richest(known.tellings)
            undetailed = len(best.transactions) == 1 and best.transactions[0].is_batch
            if undetailed or sum(item.amount_minor for item in best.transactions) != known.amount_minor:
                continue
            details = number_transactions(known.booking_id, known.day, best.transactions, detailed=True)
            found.append(Supersession(known.undetailed_id, best.statement_id, details))
        self.result.supersessions = sorted(found, key=lambda item: item.transaction_id)

    def _correct_opening(self) -> None:
        """GL bank must be the proven balance plus what is booked after it: what was booked before the chain without
        proof is part of its opening balance already."""
        chain, old = self.gate.chain, self.facts.chain
        if chain is None:
            return
        fresh_before = any(known.day < chain.start_day and not known.proven for known in self.fresh)
        unmoved = old is not None and (old.start_day, old.start_minor) == (chain.start_day, chain.start_minor)
        if unmoved and not fresh_before:
            return
        before = sum(known.amount_minor for known in self.stock.unproven(None, chain.start_day - timedelta(days=1)))
        self.result.opening = (chain.start_day, chain.start_minor - self.facts.head_minor - before)


def _any(_known: Known) -> bool:
    return True


def _together(items: Sequence[Observation]) -> Telling:
    first = items[0]
    transactions = tuple(one for item in items for one in item.transactions)
    return Telling(first.statement_id, first.format, first.value_day, transactions, first.alias)


def _likeness(case: Case) -> tuple[object, ...]:
    statement = case.waiting.statement
    return (
        statement.format,
        statement.identification,
        statement.number,
        statement.page,
        case.told.opening_minor,
        case.told.closing_minor,
        case.told.first,
        case.told.last,
        tuple(sorted((item.day, item.amount_minor, item.alias.bank_reference, item.alias.end_to_end_id,
                      item.alias.text_key) for item in case.told.observations)),
    )  # fmt: skip
