"""``pull``: archive, read, prove, store. Bytes first, then everything a document tells about each account (D3–D8).

Stage one takes the documents of all sources and sorts their statements by account; stage two settles each account in
one commit of its own, so that a held or failing account never stops another. Killed anywhere and started again, the
result is the same: a document counts as read only when all its statements are stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Final

from pipelines.chain import DOUBTED
from pipelines.chart import Chart
from pipelines.errors import UnreadableDocument
from pipelines.model.finding import Finding, Severity
from pipelines.model.ids import derive
from pipelines.model.statement import Document, Statement
from pipelines.ports.archive import Reading
from pipelines.ports.statements import HeldStatement, Statements
from pipelines.ports.work import Books
from pipelines.settle import settle
from pipelines.settlement import Classify, Judgement, Settlement, Waiting
from pipelines.usecases.account_facts import AccountKey as AccountKey
from pipelines.usecases.account_facts import account_facts
from pipelines.usecases.doubts import decided
from pipelines.usecases.pull_commit import commit_settlement, has_news

Read = Callable[[Document], Iterable[Statement]]

_BATCH_DOCUMENTS: Final = 64
_BATCH_BYTES: Final = 16 << 20


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
                # A person may have decided meanwhile what the source doubts.
                if news or item.verdict.code == DOUBTED or outcomes.get(item.row.sha256) != "read":
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
                facts = account_facts(work.statements, key, waiting, self._own)
                facts = replace(facts, decided=decided(work, context.mode, waiting))
            settlement = settle(facts, waiting, self._classify, context.mode)
            if has_news(settlement):
                with self._books.write() as work:
                    commit_settlement(work, settlement, facts, self._chart)
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
