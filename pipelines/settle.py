"""Settling one account: every waiting statement through identity and gate, until nothing changes any more.

Pure: facts and statements in, a ``Settlement`` out that says which rows to write. Statements are taken in the order of
their days, numbers and balances, never in the order of files, so that any order of arrival ends the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, Protocol

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
    observe,
    richest,
    twin_order,
)
from pipelines.dedupe import DRIFT, Group, pair, pair_moved, pair_untold_days, regroup
from pipelines.model.finding import Finding, Severity
from pipelines.model.ids import derive
from pipelines.model.money import Money
from pipelines.model.statement import BalanceKind, Coverage, Entry, EntryStatus, Statement
from pipelines.model.transaction import Booking, Transaction
from pipelines.verify import (
    HELD,
    KNOWN,
    MISMATCH,
    PROVEN,
    UNPROVEN,
    Accepted,
    Chain,
    Gate,
    Refused,
    Told,
    mismatch_message,
)

DEFECT: Final = "statement-defective"
_SAME: Final = "same-statement"


class Classify(Protocol):
    """Entry of a statement → its payments, without ids (``pipelines.classify``)."""

    def __call__(
        self, statement: Statement, entry: Entry, own_accounts: AbstractSet[str], source_file: str, /
    ) -> tuple[Transaction, ...]: ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """The latest stored verdict on a statement."""

    number: int
    verdict: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement that needs a verdict: a new one, or one that is held (then ``prior`` is its latest verdict)."""

    statement_id: str
    statement: Statement
    sha256: str
    source: str
    source_file: str
    prior: Judgement | None = None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the books know of an account around the days of the waiting statements.

    known: bookings of these days and since the end of the chain. tail_minor: Σ of later proven bookings.
    head_minor: Σ of unproven bookings before all of ``known``; only needed while the start of the chain may move.
    own_accounts: all accounts we hold.
    """

    account: str
    currency: str
    chain: Chain | None = None
    range_no: int = 0
    known: tuple[Known, ...] = ()
    tail_minor: int = 0
    head_minor: int = 0
    own_accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Link:
    """One row of ``observation``."""

    statement_id: str
    position: str
    format: str
    known: Known
    alias: Alias


@dataclass(frozen=True, slots=True)
class RangeStep:
    """One row of ``proven_range``: the chain after a statement joined."""

    statement_id: str
    chain: Chain


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of this run on one statement."""

    waiting: Waiting
    told: Told
    verdict: str
    code: str
    message: str

    @property
    def is_news(self) -> bool:
        """Whether it differs from the stored one."""
        prior = self.waiting.prior
        return prior is None or (prior.verdict, prior.code, prior.message) != (self.verdict, self.code, self.message)


@dataclass(frozen=True, slots=True)
class Supersession:
    """Details that replace the undetailed transaction of a known batch."""

    transaction_id: str
    statement_id: str
    transactions: tuple[Transaction, ...]


@dataclass(slots=True)
class Settlement:
    """What settling an account adds to the books. Rows come in a fixed order.

    new_bookings: with the statement that tells each best. opening_minor: what the opening entry must say from now on,
    None when it stays as it is.
    """

    account: str
    currency: str
    verdicts: list[Verdict] = field(default_factory=list)
    new_bookings: list[tuple[Booking, str]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    supersessions: list[Supersession] = field(default_factory=list)
    ranges: list[RangeStep] = field(default_factory=list)
    held: list[tuple[str, tuple[Transaction, ...]]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    opening: tuple[date, int] | None = None
    proven_booking_ids: set[str] = field(default_factory=set)
    known_bookings: int = 0
    pending_entries: int = 0


def settle(facts: AccountFacts, waiting: Sequence[Waiting], classify: Classify, mode: str) -> Settlement:
    """Verdicts, bookings and findings for all waiting statements of one account and currency."""
    return _Account(facts, classify, mode).run(waiting)


@dataclass(slots=True)
class _Case:
    """A waiting statement on its way to a verdict."""

    waiting: Waiting
    told: Told
    complete: bool
    order: tuple[object, ...]
    refusal: Refused | None = None
    verdict: str = ""
    code: str = ""
    message: str = ""
    links: list[Known] = field(default_factory=list)


class _Account:
    def __init__(self, facts: AccountFacts, classify: Classify, mode: str) -> None:
        self.facts = facts
        self.classify = classify
        self.mode = mode
        self.stock = Stock(facts.known)
        self.gate = Gate(self.stock, facts.chain, facts.tail_minor, self._is_promised)
        self.fresh: list[Known] = []
        self.result = Settlement(facts.account, facts.currency)
        self.open: list[_Case] = []
        self.promises: dict[tuple[tuple[str, ...], int], list[tuple[str, date]]] | None = None
        self.touched: dict[int, Known] = {}

    def run(self, waiting: Sequence[Waiting]) -> Settlement:
        cases = sorted((self._prepare(item) for item in waiting), key=lambda case: case.order)
        refused = [case for case in cases if case.refusal is not None]
        good = [case for case in cases if case.refusal is None]
        self.open = [case for case in good if case.complete]
        partial = [case for case in good if not case.complete]
        self._complete_ones()
        for case in [*self.open, *partial]:
            if self._may_stay_unproven(case):
                self._tell_partly(case)
        self.open = [case for case in self.open if not case.verdict]
        self._complete_ones()
        for case in self.open:
            self._hold(case, case.refusal)
        for case in refused:
            self._hold(case, case.refusal)
        self._finish(cases)
        return self.result

    # --- preparing ----------------------------------------------------------------------------------------------

    def _prepare(self, item: Waiting) -> _Case:
        statement = item.statement
        booked = [entry for entry in statement.entries if entry.status is EntryStatus.BOOKED]
        pending = len(statement.entries) - len(booked)
        if item.prior is None:
            self.result.pending_entries += pending
            self._note_statement(item, pending)
        refusal = self._unusable(item, booked)
        opening, closing = _minor(statement.opening), _minor(statement.closing)
        if refusal is None and opening is not None and closing is not None:
            total = sum(entry.amount.minor for entry in booked)
            if opening + total != closing:
                turned = _turned(booked)
                if turned and opening + sum(entry.amount.minor for entry in turned) == closing:
                    booked = turned
                    self._note(item, "reversal-sign-settled-by-balance", Severity.INFO,
                               "Entries marked as reversals add up to the closing balance only with the other sign; "
                               "they were read that way.")  # fmt: skip
                elif statement.coverage is Coverage.PARTIAL:
                    # An excerpt need not add up; it stays unproven.
                    opening = closing = None
                else:
                    assert statement.opening is not None
                    assert statement.closing is not None
                    message = mismatch_message(statement.opening.amount, total, statement.closing.amount)
                    refusal = Refused(MISMATCH, message)
        observations = tuple(
            self._observe(item, entry, day) for entry in booked if (day := _day(statement, entry)) is not None
        )
        if refusal is None:
            refusal = _incoherent(observations)
        if opening is None and closing is not None and statement.coverage is Coverage.COMPLETE:
            # The closing balance alone still proves the entries if they lead to it from where our chain ends.
            opening = closing - sum(observation.amount_minor for observation in observations)
        told = _told(item, opening, closing, observations)
        return _Case(item, told, told.adds_up, _order(item, told), refusal)

    def _unusable(self, item: Waiting, booked: Sequence[Entry]) -> Refused | None:
        statement = item.statement
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

    def _observe(self, item: Waiting, entry: Entry, day: date) -> Observation:
        transactions = self.classify(item.statement, entry, self.facts.own_accounts, item.source_file)
        return observe(item.statement_id, item.statement.format, entry, day, transactions)

    def _note_statement(self, item: Waiting, pending: int) -> None:
        self.result.findings.extend(item.statement.defects)
        if pending:
            self._note(item, "entries-not-booked", Severity.INFO,
                       f"{pending} entries are pending or for information only; they are not posted.")  # fmt: skip
        if not item.statement.entries and item.statement.opening is None and item.statement.closing is None:
            self._note(item, "statement-without-entries", Severity.WARNING,
                       "The statement has neither entries nor balances: it does not prove that nothing happened. "
                       "Fetch it again.")  # fmt: skip

    def _note(self, item: Waiting, code: str, severity: Severity, message: str) -> None:
        self.result.findings.append(
            Finding(code, severity, item.statement_id, message, item.source_file, item.statement.position)
        )

    # --- complete statements ------------------------------------------------------------------------------------

    def _complete_ones(self) -> None:
        """Forwards along the days and backwards before the start of the chain, until nothing is accepted any more."""
        backwards = False
        quiet = 0
        while self.open and quiet < 2:
            before = len(self.open)
            for case in sorted(self.open, key=lambda case: case.order, reverse=backwards):
                if self.gate.chain is None and case.waiting.statement.opening is None:
                    continue  # half a proof cannot begin a chain
                outcome = self.gate.examine(case.told)
                if isinstance(outcome, Accepted):
                    self.open.remove(case)
                    self._accept(case, outcome)
                else:
                    case.refusal = outcome
            quiet = quiet + 1 if len(self.open) == before else 0
            backwards = not backwards

    def _accept(self, case: _Case, outcome: Accepted) -> None:
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

    def _explain(self, case: _Case, note: str) -> None:
        if note == "told-differently":
            self._note(case.waiting, "statement-tells-differently", Severity.INFO,
                       "The same balances are proven already with bookings in another granularity or of other days; "
                       "nothing new was posted.")  # fmt: skip
        else:
            self._note(case.waiting, "statement-balances-differ", Severity.WARNING,
                       "All bookings are known already, but the balances are not those we hold for these days. "
                       "Compare the statement with the bank.")  # fmt: skip

    # --- excerpts -----------------------------------------------------------------------------------------------

    def _may_stay_unproven(self, case: _Case) -> bool:
        """Excerpts may; a statement with both balances of its own must fit the chain or wait."""
        statement = case.waiting.statement
        return not case.verdict and (
            not case.complete or statement.coverage is Coverage.PARTIAL or statement.opening is None
        )

    def _tell_partly(self, case: _Case) -> None:
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
            self._note(case.waiting, "entries-of-proven-days", Severity.WARNING,
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

    def _create(self, case: _Case, item: Observation, *, proven: bool) -> None:
        known = Known(item.day, item.value_day, item.amount_minor, proven, item.day_is_told)
        known.is_batch = item.is_undetailed_batch
        known.batch_count = item.transactions[0].batch_count if item.transactions else None
        known.hear(item)
        self.stock.add(known)
        self.fresh.append(known)
        self._record(case, item.position, item.format, known, item.alias)

    def _link(self, case: _Case, item: Observation, known: Known, proves: bool) -> None:
        self.stock.hear(known, item)
        self._record(case, item.position, item.format, known, item.alias)
        if proves:
            self.stock.prove(known)
        self.result.known_bookings += 1

    def _link_groups(self, case: _Case, groups: Iterable[Group], proves: bool) -> None:
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

    def _record(self, case: _Case, position: str, format_name: str, known: Known, alias: Alias) -> None:
        case.links.append(known)
        self.touched[id(known)] = known
        self.result.links.append(Link(case.told.statement_id, position, format_name, known, alias))

    def _is_promised(self, known: Known) -> bool:
        """Whether a statement that still waits tells this booking under a date near by."""
        if self.promises is None:
            self.promises = defaultdict(list)
            for case in self.open:
                for item in case.told.observations:
                    for key in (bank_key(item.alias), end_to_end_key(item.alias)):
                        if key is not None:
                            self.promises[key, item.amount_minor].append((case.told.statement_id, item.day))
        keys = {key for alias in known.aliases for key in (bank_key(alias), end_to_end_key(alias)) if key is not None}
        return any(
            abs(day - known.day) <= DRIFT for key in keys for _, day in self.promises.get((key, known.amount_minor), ())
        )

    # --- the end ------------------------------------------------------------------------------------------------

    def _hold(self, case: _Case, refusal: Refused | None) -> None:
        assert refusal is not None
        if refusal.code == MISMATCH and self._is_proven_otherwise(case):
            case.verdict, case.code, case.message = (
                KNOWN,
                "proven-otherwise",
                "Another telling of these days is proven.",
            )
            return
        case.verdict, case.code, case.message = HELD, refusal.code, refusal.message

    def _is_proven_otherwise(self, case: _Case) -> bool:
        """A statement that failed its own proof, while one with the same balances and last day joined the chain."""
        chain, statement = self.gate.chain, case.waiting.statement
        return chain is not None and any(
            member.opening_minor == _minor(statement.opening)
            and member.closing_minor == _minor(statement.closing)
            and member.last == case.told.last
            for member in chain.members
        )

    def _finish(self, cases: Sequence[_Case]) -> None:
        self._drop_copies(cases)
        for case in cases:
            silent = not case.told.observations and bool(case.waiting.statement.entries)
            if case.verdict == UNPROVEN and (silent or (case.links and all(known.proven for known in case.links))):
                case.verdict = KNOWN
            elif case.verdict == HELD:
                self._note(case.waiting, case.code, Severity.ERROR, case.message)
                self.result.held.append((case.told.statement_id, _held_rows(self.mode, case)))
            self.result.verdicts.append(Verdict(case.waiting, case.told, case.verdict, case.code, case.message))
        self._number_new()
        self._supersede()
        self._correct_opening()
        self.result.proven_booking_ids = {
            known.booking_id for known in self.stock.everything() if known.proven and known.booking_id
        }

    def _drop_copies(self, cases: Sequence[_Case]) -> None:
        """The same held statement delivered twice waits only once."""
        first: dict[tuple[object, ...], _Case] = {}
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


def _day(statement: Statement, entry: Entry) -> date | None:
    """The booking date, the value date where it is absent, the statement's last day where both are."""
    return entry.booking_date or entry.value_date or statement.to_day


def _minor(balance: object) -> int | None:
    amount = getattr(balance, "amount", None)
    return amount.minor if isinstance(amount, Money) else None


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


def _together(items: Sequence[Observation]) -> Telling:
    first = items[0]
    transactions = tuple(one for item in items for one in item.transactions)
    return Telling(first.statement_id, first.format, first.value_day, transactions, first.alias)


def _held_rows(mode: str, case: _Case) -> tuple[Transaction, ...]:
    rows = []
    for item in case.told.observations:
        for number, one in enumerate(item.transactions):
            rows.append(
                replace(
                    one,
                    transaction_id=derive("held", mode, case.told.statement_id, item.position, number),
                    booking_id="",
                    booking_date=item.day,
                )
            )
    return tuple(rows)


def _likeness(case: _Case) -> tuple[object, ...]:
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
