"""``post``: carries the stored plan out, whole transactions at a time (D6, D8, D13).

The plan was made on facts that may have moved since. So every commit looks again, under the lease and in the same
database transaction: what no longer fits is left alone with a finding, everything else is posted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Final

from pipelines import book
from pipelines.chart import Chart
from pipelines.debtors.blocking import BlockedPayers
from pipelines.model.finding import Finding, Severity
from pipelines.model.ledger import Cause, JournalEntry
from pipelines.model.proposal import AllocationKind, Proposal, ProposedLine
from pipelines.model.receivable import ItemStatus
from pipelines.model.return_debit import ReturnLink
from pipelines.moved_money import MovedMoney
from pipelines.ports.audit import AuditEvent
from pipelines.ports.journal import CashPosition, OpenItem, Settlement
from pipelines.ports.proposals import PlannedPosting
from pipelines.ports.work import Books, Work
from pipelines.small_differences import Limits, add
from pipelines.tax import rate_finding

OUTDATED: Final = "proposal-outdated"
# Large enough to be fast, small enough that little is repeated after a crash.
CHUNK: Final = 500

_WHY: Final = {
    "money": "the transaction no longer has that much unallocated money",
    "item": "an item it allocates to is unknown, cancelled, of another debtor or of another currency",
    "open": "an item no longer owes that much",
    "original": "the payment it takes back is not posted, or is taken back already",
    "amount": "the return takes back another amount than the bank booked",
    "blocked": "the payer's account is on the blocklist",
    "difference": "its small difference is beyond the limit for an item, or the debtor's limit for this year",
}


@dataclass(frozen=True, slots=True)
class PostSummary:
    """counts: ``transactions``, ``entries``, ``allocations``, ``returns`` posted and ``outdated`` ones left alone."""

    counts: Mapping[str, int] = field(default_factory=dict)


def post(
    books: Books,
    chart: Chart,
    as_of: date,
    *,
    chunk: int = CHUNK,
    progress: Callable[[int, int], None] | None = None,
    limits: Limits | None = None,
) -> PostSummary:
    """Posts every automatic proposal and every linked return that the latest plan holds and that is not posted yet.

    Killed between two commits and started again it ends with the same ledger. progress: called with (done, total).
    limits: of small differences, per item and per debtor and year; what is beyond them is left to a person.
    Raises RunInProgress, StaleRun, and LedgerInvariantBroken (nothing of that commit stays).
    """
    counts: Counter[str] = Counter(transactions=0, entries=0, allocations=0, returns=0, outdated=0)
    with books.lease("post", as_of):
        with books.read() as work:
            plan = work.proposals.to_post()
            refused = work.findings.ids(OUTDATED)
        if refused:
            # Refused once, it stays refused until matching has looked again: a repeated run changes nothing.
            plan = [p for p in plan if not any(_finding(p, why).finding_id in refused for why in _WHY)]
        for start in range(0, len(plan), chunk):
            part = plan[start : start + chunk]
            chunk_of = partial(_post_chunk, plan=part, chart=chart, limits=limits or Limits(), as_of=as_of)
            counts.update(books.commit(chunk_of))
            if progress:
                progress(min(start + chunk, len(plan)), len(plan))
    return PostSummary(dict(counts))


def _finding(planned: PlannedPosting, why: str) -> Finding:
    return Finding(
        OUTDATED,
        Severity.WARNING,
        planned.transaction_id,
        f"Match run {planned.match_no} proposed an allocation that no longer fits: {_WHY[why]}. "
        "Nothing was posted; match again, or decide it with 'kontoklar review show'.",
    )


def _post_chunk(work: Work, plan: Sequence[PlannedPosting], chart: Chart, limits: Limits, as_of: date) -> Counter[str]:
    ledger = _Ledger(work, plan)
    differences = _Differences(work, plan, limits)
    blocked = BlockedPayers(work, [planned.transaction_id for planned in plan if planned.proposal], as_of)
    entries: list[JournalEntry] = []
    events: list[AuditEvent] = []
    findings: list[Finding] = []
    posted: list[str] = []
    counts: Counter[str] = Counter()
    for planned in plan:
        refusal = differences.refusal(planned) or ("blocked" if blocked.refuse(planned.proposal) else "")
        made = refusal or ledger.build(planned, chart)
        if isinstance(made, str):
            findings.append(_finding(planned, made))
            continue
        ledger.take(made)
        differences.take(made)
        findings += ledger.rate_findings(made, chart)
        entries.extend(made)
        posted.append(planned.transaction_id)
        events.append(_event(planned, made))
        counts["transactions"] += 1
        counts["returns"] += bool(planned.links)
        counts["allocations"] += sum(len(entry.allocations) for entry in made)
    counts["entries"] = work.journal.append(entries)
    counts["outdated"] = sum(finding.code == OUTDATED for finding in findings)
    if events:
        work.audit.append(events)
    settled = work.findings.open(codes=[OUTDATED], subjects=posted)
    work.findings.resolve([f.finding_id for f in settled], "posted after another match run")
    work.findings.add(findings)
    return counts


def _event(planned: PlannedPosting, entries: Sequence[JournalEntry]) -> AuditEvent:
    details: dict[str, object] = {
        "entries": [entry.entry_id for entry in entries],
        "match_no": planned.match_no,
        "posting_id": planned.posting_id,
    }
    if planned.proposal:
        details |= {
            "policy": planned.proposal.policy_hash,
            "probability": planned.proposal.probability,
            "reason": planned.proposal.reason,
        }
    return AuditEvent(
        "return-posted" if planned.links else "allocation-posted",
        planned.transaction_id,
        details=json.dumps(details, sort_keys=True, separators=(",", ":")),
    )


class _Differences:
    """Small differences of a chunk against the limits, with what this year has seen already."""

    def __init__(self, work: Work, plan: Sequence[PlannedPosting], limits: Limits) -> None:
        self._limits = limits
        self._years: dict[int, dict[tuple[str, str], tuple[int, int]]] = {}
        small = [planned for planned in plan if _small(planned)]
        self._cash: dict[str, CashPosition] = work.journal.cash([p.transaction_id for p in small]) if small else {}
        debtors = {line.debtor_number for planned in small for line in _small(planned)}
        for year in {position.booking_date.year for position in self._cash.values()}:
            self._years[year] = dict(work.operations.small_differences(debtors, year))

    def refusal(self, planned: PlannedPosting) -> str:
        """The key in ``_WHY``, "" when the limits allow it."""
        cash = self._cash.get(planned.transaction_id)
        for line in _small(planned) if cash else ():
            year = self._years[cash.booking_date.year]  # type: ignore[union-attr]
            so_far = year.get((line.debtor_number, cash.currency), (0, 0))  # type: ignore[union-attr]
            if self._limits.refusal(line.amount_minor - line.cash_minor, so_far):
                return "difference"
        return ""

    def take(self, entries: Iterable[JournalEntry]) -> None:
        """What was just posted counts for the next."""
        for entry in entries:
            year = self._years.get(entry.booking_date.year)
            for a in entry.allocations if year is not None else ():
                if a.kind is AllocationKind.SMALL_DIFFERENCE:
                    add(year, (a.debtor_number, a.currency), a.amount_minor - a.cash_minor)  # type: ignore[arg-type]


def _small(planned: PlannedPosting) -> list[ProposedLine]:
    lines = planned.proposal.lines if planned.proposal else ()
    return [line for line in lines if line.kind is AllocationKind.SMALL_DIFFERENCE and line.invoice_number]


class _Ledger:
    """The positions a chunk touches, as they are under the lease and move while the chunk is built."""

    def __init__(self, work: Work, plan: Sequence[PlannedPosting]) -> None:
        journal = work.journal
        self._mode = work.context.mode
        keys = [planned.transaction_id for planned in plan]
        self._cash: dict[str, CashPosition] = journal.cash(keys)
        self._generations = journal.generations(keys)
        links = [link for planned in plan for link in planned.links]
        invoices = {link.invoice_number for link in links}
        for planned in plan:
            invoices.update(line.invoice_number for line in (planned.proposal.lines if planned.proposal else ()))
        self._items: dict[str, OpenItem] = journal.open_items(invoices - {""})
        settled = journal.settlements(transaction_ids={link.original_transaction_id for link in links} - {""})
        named = {link.original_entry_id for link in links} - {""}
        self._originals = journal.entries(named | {settlement.entry_id for settlement in settled})
        self._reversed = set(journal.reversals(list(self._originals)))
        self._settlements: list[Settlement] = settled
        payments = {link.original_transaction_id for link in links} - {""}
        self._moved = MovedMoney(work.operations.moved(payments)) if payments else MovedMoney()

    def build(self, planned: PlannedPosting, chart: Chart) -> list[JournalEntry] | str:
        """The entries of one part of the plan, or the key in ``_WHY`` of what keeps it from being posted."""
        cash = self._cash.get(planned.transaction_id)
        if cash is None:
            return "money"
        if planned.proposal:
            return self._allocate(cash, planned, planned.proposal, chart)
        return self._take_back(cash, planned, chart)

    def _allocate(
        self, cash: CashPosition, planned: PlannedPosting, proposal: Proposal, chart: Chart
    ) -> list[JournalEntry] | str:
        # What was allocated since the plan was made is no longer there to allocate.
        if cash.amount_minor - proposal.remainder_minor != sum(line.cash_minor for line in proposal.lines):
            return "money"
        if not book.within(cash.amount_minor - proposal.remainder_minor, cash.rest_minor):
            return "money"
        effects: Counter[str] = Counter()
        for line in proposal.lines:
            if line.invoice_number:
                item = self._items.get(line.invoice_number)
                if item is None or item.status != ItemStatus.OPEN or item.currency != cash.currency:
                    return "item"
                if item.debtor_number != line.debtor_number:
                    return "item"
                effects[line.invoice_number] += line.amount_minor
            elif line.kind is AllocationKind.ON_ACCOUNT and not line.debtor_number:
                return "item"
        if not all(book.within(effect, self._items[invoice].open_minor) for invoice, effect in effects.items()):
            return "open"
        return book.allocation_entries(
            cash,
            proposal,
            self._items,
            chart,
            self._mode,
            proposal_id=planned.posting_id,
            generations=self._generations,
        )

    def _take_back(self, cash: CashPosition, planned: PlannedPosting, chart: Chart) -> list[JournalEntry] | str:
        links = [self._resolve(link) for link in planned.links]
        for link in links:
            key = link.original_entry_id
            if key and (key not in self._originals or key in self._reversed):
                return "original"
            if key:
                continue
            if link.original_transaction_id:
                return "original"
            item = self._items.get(link.invoice_number)
            if item is None or item.debtor_number != link.debtor_number or item.currency != cash.currency:
                return "item"
            settled = item.settled_elsewhere_minor + item.allocated_minor
            if not book.within(link.returned_minor, settled):
                return "open"
        keys = [link.original_entry_id for link in links if link.original_entry_id]
        if len(set(keys)) != len(keys) or not self._moved_too(links, set(keys)):
            return "original"
        taken = -sum(a.cash_minor for key in keys for a in self._originals[key].allocations)
        sign = -1 if cash.amount_minor < 0 else 1
        taken += sign * sum(link.returned_minor for link in links if not link.original_entry_id)
        taken -= sum(link.charges_minor for link in links)
        if not book.within(taken, cash.rest_minor):
            return "amount"
        return book.return_entries(
            cash,
            links,
            self._originals,
            chart,
            self._mode,
            proposal_id=planned.posting_id,
            generations=self._generations,
        )

    def _moved_too(self, links: Sequence[ReturnLink], keys: AbstractSet[str]) -> bool:
        """Whether everything that moved this money on is taken back with it; it may have moved since the plan."""
        return all(
            one.entry_id in keys
            for link in links
            for one in self._moved.followers(link.original_transaction_id, link.invoice_number, link.debtor_number)
        )

    def _resolve(self, link: ReturnLink) -> ReturnLink:
        """The link with the entry that really settled the item: a planned id may have come to a later generation."""
        key = link.original_entry_id
        if not link.original_transaction_id or (key in self._originals and key not in self._reversed):
            return link
        found = [
            s.entry_id
            for s in self._settlements
            if (s.transaction_id, s.invoice_number) == (link.original_transaction_id, link.invoice_number)
            and s.entry_id not in self._reversed
        ]
        return replace(link, original_entry_id=found[0]) if len(found) == 1 else link

    def rate_findings(self, entries: Iterable[JournalEntry], chart: Chart) -> list[Finding]:
        """About reductions whose VAT could not be split by an account of its own."""
        reduced = {
            a.invoice_number
            for entry in entries
            if not entry.reverses
            for a in entry.allocations
            if a.invoice_number and a.amount_minor != a.cash_minor
        }
        rates = ((number, self._items[number].tax_rate_basis_points) for number in sorted(reduced))
        return [found for number, rate in rates if (found := rate_finding(chart, number, rate))]

    def take(self, entries: Iterable[JournalEntry]) -> None:
        """Lets later parts of the same chunk see these entries."""
        for entry in entries:
            self._originals[entry.entry_id] = entry
            if entry.reverses:
                self._reversed.add(entry.reverses)
            elif entry.cause is Cause.ALLOCATION:
                self._settlements.append(_settlement(entry))
            for a in entry.allocations:
                cash = self._cash.get(a.transaction_id)
                if cash:
                    self._cash[a.transaction_id] = cash._replace(rest_minor=cash.rest_minor - a.cash_minor)
                item = self._items.get(a.invoice_number)
                if item:
                    self._items[a.invoice_number] = item._replace(allocated_minor=item.allocated_minor + a.amount_minor)


def _settlement(entry: JournalEntry) -> Settlement:
    first = entry.allocations[0]
    return Settlement(
        entry.entry_id,
        entry.transaction_id,
        first.invoice_number,
        first.debtor_number,
        sum(a.amount_minor for a in entry.allocations),
        sum(a.cash_minor for a in entry.allocations),
        first.currency,
        entry.booking_date,
    )
