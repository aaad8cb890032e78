"""Loading what the billing system knows. Repeated loads update and never double (CONTRACT, ``load``).

A row becomes a new version only when it says something new. What a billing system reports as open is compared with
what kontoklar itself has allocated: an echo of our own postings changes nothing, money that came another way lowers
what is owed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigurationError, HeaderError, UnreadableDocument
from pipelines.model.collector import paused
from pipelines.model.finding import Finding, Severity
from pipelines.model.receivable import Collection, Contract, Debtor, ItemStatus, Receivable
from pipelines.ports.receivables import (
    DraftCollection,
    ItemVersion,
    KnownItem,
    RowVersion,
    TableBatch,
    TableReader,
    TableRow,
)
from pipelines.ports.work import Books, Work

KINDS: Final = ("receivables", "debtors", "collections", "contracts")
# More than this are stored like all others, but not carried along in the result.
MAX_FINDINGS_RETURNED: Final = 10_000
_DRAFTS_PER_COMMIT: Final = 20_000


@dataclass(slots=True)
class LoadResult:
    """What a load did. counts: files, files_refused, rows, new, changed, unchanged, refused, findings.

    findings: the first MAX_FINDINGS_RETURNED; all of them are stored.
    """

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def note(self, findings: Iterable[Finding]) -> None:
        """Counts findings and keeps the first ones."""
        for finding in findings:
            self.counts["findings"] += 1
            if len(self.findings) < MAX_FINDINGS_RETURNED:
                self.findings.append(finding)


def load(books: Books, reader: TableReader, kind: str, paths: Sequence[Path], *, as_of: date) -> LoadResult:
    """Loads files (or all files of folders) of one kind: receivables, debtors, collections or contracts.

    Files are taken in the order of their names, so that the result does not depend on how they were listed; where two
    of them contradict each other the later name counts. A file that cannot be used is refused with a finding and the
    others load. Raises ConfigurationError for an unknown kind or a path that does not exist.
    """
    if kind not in KINDS:
        raise ConfigurationError(f"load takes {', '.join(KINDS)}, not {kind!r}")
    files = _files(paths)
    result = LoadResult()
    with books.lease("load", as_of), paused():
        for path in files:
            result.counts["files"] += 1
            loader = _Loader(books, kind, result, path.name)
            try:
                drafts = reader.drafts(path) if kind == "collections" else None
                if drafts is None:
                    for batch in reader.read(path, kind):
                        loader.store(batch)
                else:
                    for batch in loader.resolve(*drafts):
                        loader.store(batch)
            except (HeaderError, UnreadableDocument) as error:
                result.counts["files_refused"] += 1
                loader.store(TableBatch(findings=[_file_refused(path.name, kind, error)]))
            loader.finish()
    return result


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += [inner for inner in path.iterdir() if inner.is_file() and not inner.name.startswith(".")]
        elif path.is_file():
            files.append(path)
        else:
            raise ConfigurationError(f"{path} does not exist")
    return sorted(files, key=lambda path: (path.name, str(path)))


def _file_refused(name: str, kind: str, error: HeaderError | UnreadableDocument) -> Finding:
    code, position = "table-header", "header"
    if isinstance(error, UnreadableDocument):
        code, position = error.code, error.position
    return Finding(
        code,
        Severity.ERROR,
        name,
        f"The {kind} file is refused whole: {error}. Nothing of it was loaded.",
        name,
        position,
    )


class _Loader:
    """Stores the rows of one file, one commit per part."""

    def __init__(self, books: Books, kind: str, result: LoadResult, file: str) -> None:
        self._books = books
        self._kind = kind
        self._result = result
        self._file = file
        self._loaded: set[str] = set()
        self._refused: set[str] = set()
        self._refused_before: dict[str, list[Finding]] = {}
        with books.read() as work:
            for finding in work.findings.open(codes={"row-refused"}):
                if not finding.message.startswith(f"{kind}, "):
                    continue
                self._refused_before.setdefault(finding.subject, []).append(finding)

    def store(self, batch: TableBatch) -> None:
        """Stores what is new in one part of the file."""
        counts = self._result.counts
        counts["rows"] += len(batch.rows) + batch.refused
        counts["refused"] += batch.refused
        findings = list(batch.findings)
        with self._books.write() as work:
            if self._kind == "receivables":
                findings += self._items(work, batch.rows)
            else:
                self._rows(work, batch.rows)
            work.findings.add(findings)
        if self._refused_before:
            self._loaded.update(
                subject for row in batch.rows if (subject := _subject(row.noun)) in self._refused_before
            )
            self._refused.update(finding.subject for finding in findings if finding.code == "row-refused")
        self._result.note(findings)

    def finish(self) -> None:
        """Settles earlier refusals of rows that have come right now."""
        settled = self._loaded - self._refused
        if not settled:
            return
        ids = [finding.finding_id for subject in sorted(settled) for finding in self._refused_before[subject]]
        with self._books.write() as work:
            work.findings.resolve(ids, "a later load brought the row in order")

    def _items(self, work: Work, rows: Sequence[TableRow]) -> list[Finding]:
        counts = self._result.counts
        findings: list[Finding] = []
        versions: list[ItemVersion] = []
        known: Mapping[str, KnownItem] = work.receivables.known_items(
            [row.noun.invoice_number for row in rows if isinstance(row.noun, Receivable)]
        )
        for row in rows:
            item = row.noun
            assert isinstance(item, Receivable)
            before = known.get(item.invoice_number)
            version = next_item_version(item, before, open_given=row.open_given)
            if version is None:
                counts["unchanged"] += 1
                continue
            if before is not None:
                trouble = _contradictions(item, before, self._file, row.number)
                findings += trouble
                if any(finding.severity is Severity.ERROR for finding in trouble):
                    counts["refused"] += 1
                    continue
            counts["new" if before is None else "changed"] += 1
            versions.append(version)
        work.receivables.add_items(versions)
        return findings

    def _rows(self, work: Work, rows: Sequence[TableRow]) -> None:
        counts = self._result.counts
        keyed = [(_key(row.noun), row.noun) for row in rows]
        known = work.receivables.known_rows(self._kind, [key for key, _ in keyed])
        versions: list[RowVersion] = []
        for key, noun in keyed:
            assert not isinstance(noun, Receivable)
            before = known.get(key)
            content = _fingerprint([str(getattr(noun, part.name)) for part in fields(noun)])
            if before is not None and before.content_hash == content:
                counts["unchanged"] += 1
                continue
            counts["new" if before is None else "changed"] += 1
            versions.append(RowVersion(noun, before.version + 1 if before else 1, content))
        work.receivables.add_rows(self._kind, versions)

    def resolve(self, drafts: Sequence[DraftCollection], findings: Sequence[Finding]) -> Iterator[TableBatch]:
        """Finds the invoices that submitted direct debits are for."""
        yield TableBatch(findings=list(findings), refused=len(findings))
        seen: dict[tuple[str, ...], Collection] = {}
        for start in range(0, len(drafts), _DRAFTS_PER_COMMIT):
            part = drafts[start : start + _DRAFTS_PER_COMMIT]
            with self._books.read() as work:
                items = work.receivables.known_items({text for draft in part for text in draft.candidates})
                by_id = work.receivables.invoices_by_end_to_end_id({draft.collection.end_to_end_id for draft in part})
            batch = TableBatch()
            for number, draft in enumerate(part, start + 1):
                for collection in collections_of(draft, items, by_id):
                    key = _key(collection)
                    if key in seen:
                        if seen[key] != collection:
                            batch.refused += 1
                            batch.findings.append(_doubled(self._file, draft))
                        continue
                    seen[key] = collection
                    batch.rows.append(TableRow(number, collection))
                    if not collection.invoice_number:
                        batch.findings.append(_no_invoice(self._file, draft))
            yield batch


def next_item_version(item: Receivable, before: KnownItem | None, *, open_given: bool) -> ItemVersion | None:
    """The next version of an open item, or None when the row says nothing new.

    open_given: the row itself states the open amount. Then what is missing from the amount and was never allocated by
    kontoklar has been settled elsewhere. That sum never shrinks: our own postings, reported back, must not undo it.
    """
    sign = -1 if item.amount_minor < 0 else 1
    amount, open_ = abs(item.amount_minor), abs(item.open_minor)
    if before is None:
        settled = amount - open_
    else:
        settled = max(0, sign * before.settled_elsewhere_minor)
        if open_given:
            settled = max(settled, amount - open_ - sign * before.ever_allocated_minor)
        # An amount that was lowered afterwards leaves less to be settled elsewhere.
        settled = min(settled, max(0, amount - max(0, sign * before.allocated_minor)))
    content = item_content(item, sign * settled)
    if before is not None and before.content_hash == content:
        return None
    return ItemVersion(item, before.version + 1 if before else 1, sign * settled, content)


def item_content(item: Receivable, settled_elsewhere_minor: int) -> str:
    """Hash of everything a version stands for. The reported open amount is not part of it: only its consequence,
    what was settled elsewhere, is."""
    parts = (
        item.invoice_number, item.debtor_number, str(item.amount_minor), item.currency, item.issue_date.isoformat(),
        item.due_date.isoformat(), item.document_type, item.status, item.debtor_name, "|".join(item.debtor_ibans),
        item.payment_method, item.mandate_id, item.end_to_end_id, item.creditor_reference, item.order_number,
        "|".join(item.shipment_ids), item.contract_id, str(item.cash_discount_basis_points),
        str(item.cash_discount_until), item.dunning_plan, str(item.tax_rate_basis_points),
        str(settled_elsewhere_minor),
    )  # fmt: skip
    return _fingerprint(parts)


def _fingerprint(parts: Iterable[str]) -> str:
    # No cell holds a NUL character, so the joined text is unambiguous; one update for a million rows each.
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def collections_of(
    draft: DraftCollection, items: Mapping[str, KnownItem], by_end_to_end_id: Mapping[str, Sequence[str]]
) -> list[Collection]:
    """The collections a submitted debit stands for: one per invoice it certainly collects.

    One known number in the text is the invoice. Several are, if what they are worth adds up to the debit. Otherwise
    the item that carries this end-to-end id. What remains unclear keeps an empty invoice number: its end-to-end id
    still recognises its return.
    """
    collection = draft.collection
    named = [
        text
        for text in draft.candidates
        if text in items and items[text].currency == collection.currency and items[text].amount_minor > 0
    ]
    if not named:
        named = list(by_end_to_end_id.get(collection.end_to_end_id, ()))
    if len(named) == 1:
        return [replace(collection, invoice_number=named[0])]
    known = [(number, items[number]) for number in named if number in items]
    for worth in (
        [item.amount_minor for _, item in known],
        [item.amount_minor - item.settled_elsewhere_minor for _, item in known],
        [item.amount_minor - item.settled_elsewhere_minor - item.allocated_minor for _, item in known],
    ):
        if known and sum(worth) == collection.amount_minor and min(worth) > 0:
            return [
                replace(collection, invoice_number=number, amount_minor=part)
                for (number, _), part in zip(known, worth, strict=True)
            ]
    return [collection]


def _contradictions(item: Receivable, before: KnownItem, file: str, number: int) -> list[Finding]:
    """What a change does not fit together with what is already allocated."""
    if not before.allocated_minor:
        return []
    position = f"row {number}"

    def finding(code: str, severity: Severity, message: str) -> Finding:
        return Finding(code, severity, item.invoice_number, message, file, position)

    if item.currency != before.currency:
        return [
            finding(
                "currency-changed",
                Severity.ERROR,
                "The row is not loaded: payments are allocated to this invoice in another currency. Rebook them first.",
            )
        ]
    found = []
    if item.debtor_number != before.debtor_number:
        found.append(
            finding(
                "debtor-changed",
                Severity.WARNING,
                "The invoice moved to another debtor after payments were allocated to it. Check where they belong.",
            )
        )
    if item.status is ItemStatus.CANCELLED:
        found.append(
            finding(
                "cancelled-but-paid",
                Severity.WARNING,
                "The invoice was cancelled, but payments are allocated to it. Rebook or refund them.",
            )
        )
    elif abs(before.allocated_minor) > abs(item.amount_minor):
        found.append(
            finding(
                "amount-below-allocated",
                Severity.WARNING,
                "The invoice's amount was lowered below what is allocated to it. Nothing is owed any more; "
                "rebook or refund the rest.",
            )
        )
    return found


def _no_invoice(file: str, draft: DraftCollection) -> Finding:
    return Finding(
        "collection-without-invoice",
        Severity.WARNING,
        draft.collection.end_to_end_id,
        "No known invoice is named in this direct debit. Load the receivables first, or load the collections as CSV "
        "with their invoice numbers.",
        file,
        draft.position,
    )


def _doubled(file: str, draft: DraftCollection) -> Finding:
    return Finding(
        "row-refused",
        Severity.ERROR,
        draft.collection.end_to_end_id,
        "collections, a direct debit is not loaded: the file holds another one of the same mandate and end-to-end id.",
        file,
        draft.position,
    )


def _key(noun: Receivable | Debtor | Collection | Contract) -> tuple[str, ...]:
    if isinstance(noun, Collection):
        return (noun.end_to_end_id, noun.mandate_id, noun.invoice_number)
    return (_subject(noun),)


def _subject(noun: Receivable | Debtor | Collection | Contract) -> str:
    if isinstance(noun, Receivable | Collection):
        return noun.invoice_number
    return noun.debtor_number if isinstance(noun, Debtor) else noun.contract_id
