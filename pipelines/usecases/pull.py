"""``pull``: archive, read, prove, store. Bytes first, then everything a document tells about each account (D3–D8).

Stage one takes the documents of all sources and sorts their statements by account; stage two settles each account in
one commit of its own, so that a held or failing account never stops another. Killed anywhere and started again, the
result is the same: a document counts as read only when all its statements are stored.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple

from pipelines.book import bank_entry, opening_entry, reversal_entry
from pipelines.bookings import Alias, Known, format_family
from pipelines.chart import Chart
from pipelines.errors import UnreadableDocument
from pipelines.model.finding import Finding, Severity
from pipelines.model.ids import derive
from pipelines.model.ledger import JournalEntry
from pipelines.model.statement import Document, Statement
from pipelines.ports.archive import Reading
from pipelines.ports.audit import AuditEvent
from pipelines.ports.statements import (
    HeldStatement,
    ObservationRow,
    RangeRow,
    StatementRow,
    Statements,
    StoredBooking,
    VerdictRow,
)
from pipelines.ports.work import Books, Work
from pipelines.settle import AccountFacts, Classify, Judgement, Settlement, Verdict, Waiting, settle
from pipelines.verify import HELD, PROVEN, Chain, Member

Read = Callable[[Document], Iterable[Statement]]

_BATCH_DOCUMENTS: Final = 64
_BATCH_BYTES: Final = 16 << 20
# Weekends and bank holidays around Easter and Christmas: how far bookings of the same money may lie apart.
_MARGIN: Final = timedelta(days=10)


class AccountKey(NamedTuple):
    """An account in one currency: the unit that is proven and committed on its own."""

    account: str
    currency: str


@dataclass(slots=True)
class PullResult:
    """What a pull did, in numbers.

    documents: taken; repeated: of these read before; refused: unreadable. statements: judged in this run, new ones and
    held ones looked at again, by verdict: proven, unproven, held, known (tells nothing new). bookings_new /
    bookings_known: told for the first time / recognised. pending: entries that are not booked yet.
    """

    documents: int = 0
    repeated: int = 0
    refused: int = 0
    statements: int = 0
    proven: int = 0
    unproven: int = 0
    held: int = 0
    known: int = 0
    bookings_new: int = 0
    bookings_known: int = 0
    pending: int = 0

    def add(self, other: PullResult) -> None:
        """Adds the numbers of another part of the same pull."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    def counts(self) -> dict[str, int]:
        """The numbers by name, for ``--json``."""
        return asdict(self)


@dataclass(slots=True)
class _Intake:
    """What stage one learned of a document: its statements' ids, to know when all of them are stored."""

    sha256: str
    statement_ids: list[str] = field(default_factory=list)


class Pull:
    """One pull: ``take`` the documents, ``settle`` each of ``accounts()``, then ``close``.

    read: bytes to statements, raises UnreadableDocument. reader: version of all readers together; bytes read by
    another version are read anew. as_of: the day of the run.
    """

    def __init__(self, books: Books, read: Read, classify: Classify, chart: Chart, *, reader: str, as_of: date) -> None:
        self._books = books
        self._read = read
        self._classify = classify
        self._chart = chart
        self._reader = reader
        self._as_of = as_of
        self._waiting: dict[AccountKey, dict[str, Waiting]] = {}
        self._intakes: dict[str, _Intake] = {}
        self._own: frozenset[str] = frozenset()

    # --- stage one ----------------------------------------------------------------------------------------------

    def take(self, documents: Iterable[Document | Finding]) -> PullResult:
        """Archives every document, reads the new ones and adds the held statements they may release."""
        result = PullResult()
        with self._books.lease("pull", self._as_of) as context:
            for batch in _batches(documents):
                self._take_batch(batch, context.mode, result)
            self._add_held(context.mode)
        return result

    def _take_batch(self, batch: Sequence[Document | Finding], mode: str, result: PullResult) -> None:
        findings = [item for item in batch if isinstance(item, Finding)]
        documents = [item for item in batch if isinstance(item, Document)]
        result.documents += len(documents)
        result.refused += len(findings)
        with self._books.write() as work:
            hashes = work.archive.store(documents)
            work.findings.add(findings)
            outcomes = work.archive.outcomes(hashes, self._reader)
        refusals: list[Finding] = []
        readings: list[Reading] = []
        told: list[tuple[str, Document, list[Statement]]] = []
        for sha256, document in zip(hashes, documents, strict=True):
            if outcomes.get(sha256) == "read" or sha256 in self._intakes:
                result.repeated += 1
                continue
            statements = self._read_document(document, refusals)
            if statements is None:
                result.refused += 1
                readings.append(Reading(sha256, self._reader, "refused", 0))
            else:
                told.append((sha256, document, statements))
        if refusals:
            with self._books.write() as work:
                work.findings.add(refusals)
                work.archive.record(readings)
        self._sort_in(told, mode)

    def _read_document(self, document: Document, refusals: list[Finding]) -> list[Statement] | None:
        try:
            statements = list(self._read(document))
            if not statements:
                raise UnreadableDocument("document-empty", "The document holds no statement. Fetch it again.")
        except UnreadableDocument as error:
            refusals.append(
                Finding(error.code, Severity.ERROR, document.name, str(error), document.name, error.position)
            )
            return None
        return statements

    def _sort_in(self, told: Sequence[tuple[str, Document, list[Statement]]], mode: str) -> None:
        waiting: dict[str, Waiting] = {}
        for sha256, document, statements in told:
            intake = self._intakes[sha256] = _Intake(sha256)
            for statement_id, statement in _identified(mode, sha256, statements):
                intake.statement_ids.append(statement_id)
                waiting[statement_id] = Waiting(statement_id, statement, sha256, document.source, document.name)
        with self._books.read() as work:
            known = work.statements.known_statements(list(waiting))
        for statement_id, item in waiting.items():
            if statement_id not in known:
                self._wait(item)

    def _wait(self, item: Waiting) -> None:
        key = AccountKey(item.statement.account, item.statement.currency)
        self._waiting.setdefault(key, {})[item.statement_id] = item

    def _add_held(self, mode: str) -> None:
        """Held statements of accounts with news, and those this reader version has never seen, are looked at again."""
        with self._books.read() as work:
            statements: Statements = work.statements
            self._own = frozenset(statements.own_accounts() | {key.account for key in self._waiting})
            held = statements.held()
            outcomes = work.archive.outcomes({item.row.sha256 for item in held}, self._reader)
            wanted: dict[str, dict[str, HeldStatement]] = {}
            for item in held:
                news = AccountKey(item.row.account, item.row.currency) in self._waiting
                if news or outcomes.get(item.row.sha256) != "read":
                    wanted.setdefault(item.row.sha256, {})[item.row.statement_id] = item
            for sha256 in sorted(wanted):
                self._read_again(work.archive.document(sha256), sha256, wanted[sha256], mode)

    def _read_again(self, document: Document, sha256: str, wanted: dict[str, HeldStatement], mode: str) -> None:
        statements = self._read_document(document, [])
        if statements is None:
            return
        if sha256 not in self._intakes:
            self._intakes[sha256] = _Intake(sha256, sorted(wanted))
        for statement_id, statement in _identified(mode, sha256, statements):
            item = wanted.get(statement_id)
            if item is not None:
                verdict = item.verdict
                prior = Judgement(verdict.verdict_no, verdict.verdict, verdict.code, verdict.message)
                self._wait(Waiting(statement_id, statement, sha256, item.row.source, item.row.source_file, prior))

    def accounts(self) -> list[AccountKey]:
        """Accounts that have statements to settle, in the order their postings are numbered."""
        return sorted(self._waiting)

    # --- stage two ----------------------------------------------------------------------------------------------

    def settle(self, key: AccountKey) -> PullResult:
        """Settles one account in one commit. What it raises concerns this account only."""
        waiting = list(self._waiting[key].values())
        with self._books.lease("pull", self._as_of) as context:
            with self._books.read() as work:
                facts = _facts(work.statements, key, waiting, self._own)
            settlement = settle(facts, waiting, self._classify, context.mode)
            if _has_news(settlement):
                with self._books.write() as work:
                    _commit(work, settlement, facts, self._chart)
        return _result(settlement)

    def close(self) -> None:
        """Marks every document as read whose statements are all stored."""
        ids = [statement_id for intake in self._intakes.values() for statement_id in intake.statement_ids]
        if not self._intakes:
            return
        with self._books.lease("pull", self._as_of):
            with self._books.read() as work:
                stored = work.statements.known_statements(ids)
                done = work.archive.outcomes(list(self._intakes), self._reader)
            readings = [
                Reading(intake.sha256, self._reader, "read", len(intake.statement_ids))
                for intake in self._intakes.values()
                if stored.issuperset(intake.statement_ids) and intake.sha256 not in done
            ]
            if readings:
                with self._books.write() as work:
                    work.archive.record(readings)


def pull(
    books: Books,
    documents: Iterable[Document | Finding],
    read: Read,
    classify: Classify,
    chart: Chart,
    *,
    reader: str,
    as_of: date,
    on_account: Callable[[AccountKey], None] = lambda key: None,
) -> PullResult:
    """The whole pull under one lease. on_account: told before each account is settled, for progress."""
    job = Pull(books, read, classify, chart, reader=reader, as_of=as_of)
    with books.lease("pull", as_of):
        result = job.take(documents)
        for key in job.accounts():
            on_account(key)
            result.add(job.settle(key))
        job.close()
    return result


def archived_documents(books: Books) -> Iterator[Document]:
    """Every archived document in the order of arrival: pulling them into empty books rebuilds these (replay)."""
    with books.read() as work:
        hashes = list(work.archive.hashes())
    for sha256 in hashes:
        with books.read() as work:
            document = work.archive.document(sha256)
        yield document


# --- parts ----------------------------------------------------------------------------------------------------------


def _batches(documents: Iterable[Document | Finding]) -> Iterator[list[Document | Finding]]:
    """Documents that are archived in one commit: few commits, yet bounded memory."""
    batch: list[Document | Finding] = []
    size = 0
    for item in documents:
        batch.append(item)
        size += len(item.content) if isinstance(item, Document) else 0
        if len(batch) >= _BATCH_DOCUMENTS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _identified(mode: str, sha256: str, statements: Sequence[Statement]) -> Iterator[tuple[str, Statement]]:
    """Statements with their ids; the same place named twice gets a number of its own."""
    seen: Counter[str] = Counter()
    for statement in statements:
        seen[statement.position] += 1
        number = seen[statement.position]
        place = statement.position if number == 1 else f"{statement.position}~{number}"
        yield derive("statement", mode, sha256, place), statement


def _facts(
    statements: Statements, key: AccountKey, waiting: Sequence[Waiting], own_accounts: frozenset[str]
) -> AccountFacts:
    newest, rows = statements.chain(*key)
    chain = None
    if newest is not None:
        members = tuple(Member(*row) for row in rows)
        chain = Chain(
            newest.start_day, newest.start_minor, newest.end_day, newest.end_minor, newest.end_is_open, members
        )
    days = [day for item in waiting for day in _days(item.statement)]
    if not days:
        return AccountFacts(*key, chain, newest.range_no if newest else 0, own_accounts=own_accounts)
    first, last = min(days) - _MARGIN, max(days) + _MARGIN
    if chain is not None and last > chain.end_day:
        first = min(first, chain.end_day - _MARGIN)
    stored = statements.bookings(*key, first, last, {member.statement_id for member in chain.members} if chain else ())
    start_may_move = chain is None or min(days) < chain.start_day
    return AccountFacts(
        account=key.account,
        currency=key.currency,
        chain=chain,
        range_no=newest.range_no if newest else 0,
        known=tuple(_known(row) for row in stored),
        tail_minor=statements.sum_of_proven(*key, last) if chain is not None and chain.end_day > last else 0,
        head_minor=statements.sum_of_unproven(*key, first) if start_may_move else 0,
        own_accounts=own_accounts,
    )


def _days(statement: Statement) -> Iterator[date]:
    for day in (statement.from_day, statement.to_day):
        if day is not None:
            yield day
    for entry in statement.entries:
        day = entry.booking_date or entry.value_date
        if day is not None:
            yield day


def _known(row: StoredBooking) -> Known:
    aliases: list[Alias] = []
    for told in row.observations:
        alias = Alias(
            format_family(told.format), told.bank_reference, told.end_to_end_id, told.counterparty_iban, told.text_key
        )
        if alias not in aliases:
            aliases.append(alias)
    # Whether the date was told is not stored; only MT940 leaves it out, and then both dates are the same.
    told_day = row.booking_date != row.value_date or any(alias.family != "mt" for alias in aliases)
    return Known(
        day=row.booking_date,
        value_day=row.value_date,
        amount_minor=row.amount_minor,
        proven=row.proven,
        day_is_told=told_day,
        booking_id=row.booking_id,
        occurrence=row.occurrence,
        undetailed_id=row.undetailed_id,
        is_batch=row.is_batch,
        batch_count=row.batch_count,
        batch_keys=set(row.batch_keys),
        aliases=aliases,
    )


def _has_news(settlement: Settlement) -> bool:
    return bool(
        settlement.new_bookings
        or settlement.links
        or settlement.supersessions
        or any(verdict.is_news for verdict in settlement.verdicts)
    )


def _commit(work: Work, settlement: Settlement, facts: AccountFacts, chart: Chart) -> None:
    """Everything one account's settlement adds, in one commit."""
    statements: Statements = work.statements
    mode = work.context.mode
    news = [verdict for verdict in settlement.verdicts if verdict.is_news]
    statements.add_statements([_statement_row(item) for item in settlement.verdicts if item.waiting.prior is None])
    statements.add_verdicts([_verdict_row(item) for item in news])
    statements.add_bookings(settlement.new_bookings)
    statements.add_observations(_observation_rows(settlement))
    for item in settlement.supersessions:
        statements.supersede(item.transaction_id, item.statement_id, item.transactions)
    statements.add_ranges(_range_rows(settlement, facts))
    for statement_id, transactions in settlement.held:
        statements.add_held(statement_id, transactions)
    entries = _opening_entries(work, settlement, facts, chart)
    entries += [
        entry for booking, _ in settlement.new_bookings if (entry := bank_entry(booking, chart, mode)) is not None
    ]
    work.journal.append(entries)
    events = _events(news)
    if settlement.ranges:
        events += _prove_earlier(statements, settlement)
    work.findings.add(settlement.findings)
    work.findings.resolve(_settled_findings(news), "the statement was looked at again")
    if events:
        work.audit.append(events)


def _statement_row(item: Verdict) -> StatementRow:
    statement, told = item.waiting.statement, item.told
    opening, closing = statement.opening, statement.closing
    return StatementRow(
        statement_id=item.waiting.statement_id,
        sha256=item.waiting.sha256,
        position=statement.position,
        account=statement.account,
        currency=statement.currency,
        format=statement.format,
        coverage=statement.coverage.value,
        identification=statement.identification,
        number=statement.number,
        page=statement.page,
        from_day=told.first,
        to_day=told.last,
        opening_minor=_opening_minor(item),
        opening_day=None if opening is None else opening.day,
        closing_minor=None if closing is None else closing.amount.minor,
        closing_day=None if closing is None else closing.day,
        entries=len(statement.entries),
        booked_minor=told.total_minor,
        source=item.waiting.source,
        source_file=item.waiting.source_file,
    )


def _opening_minor(item: Verdict) -> int | None:
    """The stated opening balance, or the one the chain proved where the format has none."""
    opening = item.waiting.statement.opening
    if opening is not None:
        return opening.amount.minor
    return item.told.opening_minor if item.verdict == PROVEN else None


def _verdict_row(item: Verdict) -> VerdictRow:
    prior = item.waiting.prior
    number = 1 if prior is None else prior.number + 1
    return VerdictRow(item.waiting.statement_id, number, item.verdict, item.code, item.message)


def _observation_rows(settlement: Settlement) -> list[ObservationRow]:
    seen: Counter[tuple[str, str]] = Counter()
    rows = []
    for link in settlement.links:
        seen[link.statement_id, link.position] += 1
        number = seen[link.statement_id, link.position]
        position = link.position if number == 1 else f"{link.position}~{number}"
        alias = link.alias
        rows.append(
            ObservationRow(
                link.statement_id, position, link.known.booking_id, link.format, alias.bank_reference,
                alias.end_to_end_id, alias.counterparty_iban, alias.text_key,
            )
        )  # fmt: skip
    return rows


def _range_rows(settlement: Settlement, facts: AccountFacts) -> list[RangeRow]:
    return [
        RangeRow(
            settlement.account, settlement.currency, number, step.chain.start_day, step.chain.start_minor,
            step.chain.end_day, step.chain.end_minor, step.chain.end_is_open, step.statement_id,
        )
        for number, step in enumerate(settlement.ranges, start=facts.range_no + 1)
    ]  # fmt: skip


def _opening_entries(work: Work, settlement: Settlement, facts: AccountFacts, chart: Chart) -> list[JournalEntry]:
    """The opening entry, or its correction when the chain now begins earlier."""
    if settlement.opening is None:
        return []
    day, amount_minor = settlement.opening
    openings = work.statements.openings(settlement.account, settlement.currency)
    standing: dict[str, JournalEntry] = work.journal.entries(openings.standing)
    held = sum(entry.lines[0].debit_minor - entry.lines[0].credit_minor for entry in standing.values())
    days = {entry.booking_date for entry in standing.values()}
    if held == amount_minor and days <= {day}:
        return []
    mode = work.context.mode
    entries = [
        reversal_entry(entry, mode, entry.booking_date, disposition="auto", text="opening balance of an earlier day")
        for _, entry in sorted(standing.items())
    ]
    cause = f"{settlement.account} {openings.posted}"
    opening = opening_entry(settlement.account, day, amount_minor, settlement.currency, cause, chart, mode)
    return entries if opening is None else [*entries, opening]


def _prove_earlier(statements: Statements, settlement: Settlement) -> list[AuditEvent]:
    """Statements that had no proof of their own are proven once the chain contains all they told."""
    unproven = statements.unproven(settlement.account, settlement.currency)
    open_ids = {key for item in unproven for key in item.booking_ids} - settlement.proven_booking_ids
    proven = settlement.proven_booking_ids | statements.proven_bookings(open_ids)
    rows = [
        VerdictRow(item.statement_id, item.verdict_no + 1, PROVEN, "proven-later", "")
        for item in unproven
        if item.booking_ids <= proven
    ]
    statements.add_verdicts(rows)
    return [AuditEvent("statement-proven", row.statement_id, details='{"code": "proven-later"}') for row in rows]


def _events(news: Sequence[Verdict]) -> list[AuditEvent]:
    return [
        AuditEvent(
            f"statement-{item.verdict}",
            item.waiting.statement_id,
            details=json.dumps(
                {"code": item.code, "document": item.waiting.sha256, "entries": len(item.told.observations)},
                sort_keys=True,
            ),
        )
        for item in news
    ]


def _settled_findings(news: Sequence[Verdict]) -> list[str]:
    """Ids of the findings that held a statement until now."""
    return [
        Finding(
            item.waiting.prior.code,
            Severity.ERROR,
            item.waiting.statement_id,
            item.waiting.prior.message,
            item.waiting.source_file,
            item.waiting.statement.position,
        ).finding_id
        for item in news
        if item.waiting.prior is not None and item.waiting.prior.verdict == HELD
    ]


def _result(settlement: Settlement) -> PullResult:
    verdicts = Counter(item.verdict for item in settlement.verdicts)
    return PullResult(
        statements=len(settlement.verdicts),
        proven=verdicts["proven"],
        unproven=verdicts["unproven"],
        held=verdicts["held"],
        known=verdicts["known"],
        bookings_new=len(settlement.new_bookings),
        bookings_known=settlement.known_bookings,
        pending=settlement.pending_entries,
    )
