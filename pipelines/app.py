"""The composition root: the one place that knows which source, matcher and sink stands behind which name.

Heavy modules are imported when a command needs them, so that ``kontoklar --help`` is quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.assembly import Assembly
from pipelines.errors import LedgerInvariantBroken
from pipelines.step import Step, timed

if TYPE_CHECKING:
    from pipelines.approvals import ApprovalDesk
    from pipelines.debtors.desk import DebtorDesk
    from pipelines.dunning.desk import DunningDesk
    from pipelines.match import Observe, Spread
    from pipelines.model.finding import Finding
    from pipelines.model.statement import Document
    from pipelines.policy import Policy
    from pipelines.ports.access import AccountAccess, Dialogue
    from pipelines.ports.invariants import CheckResult
    from pipelines.ports.kept import TableStore
    from pipelines.review import ReviewDesk
    from pipelines.usecases.access import LiveFetch
    from pipelines.usecases.account_facts import AccountKey
    from pipelines.usecases.match import MakeMatcher
    from pipelines.usecases.matchmaker import Matchmaker
    from pipelines.usecases.pull import Pull, PullResult
    from pipelines.usecases.schoolroom import Schoolroom
    from sinks.books import SqlBooks

DAILY = ("pull", "match", "post", "dun", "deliver")


class Kontoklar(Assembly):
    """Everything that can be done with one configuration, one method each."""

    # --- the steps ------------------------------------------------------------------------------------------------

    def init(self, grant_to: str = "") -> Step:
        """Creates or upgrades the schema. grant_to: a PostgreSQL role that may then read and add, no more."""
        self.database.init(self.settings.company.mode)
        if grant_to:
            self.database.grant_to(grant_to)
        return Step("init")

    def load(self, kind: str, paths: Sequence[Path], as_of: date) -> Step:
        """What the billing system knows, from table files. kind: receivables, debtors, collections or contracts."""
        from pipelines.usecases.load_checked import load_checked
        from sources.receivables import TableFiles

        ranges = self.settings.debtors.number_ranges
        return self._step(
            "load", as_of, lambda: load_checked(self.books, TableFiles(), kind, paths, ranges, as_of=as_of)
        )

    def pull(
        self,
        as_of: date,
        *,
        files: Sequence[Path] = (),
        sources: Sequence[str] = (),
        since: date | None = None,
    ) -> Step:
        """Statements from ``files``, or from the configured sources (all, or those named); archived, proven, stored.

        A source that cannot be reached is named in ``unavailable``; the others go through. An account whose postings
        contradict the books does not stop the others either, but is raised in the end.
        """
        return self._pulled(as_of, lambda job: self.take(job, as_of, files=files, sources=sources, since=since))

    def authorize(self, source: str, dialogue: Dialogue, as_of: date) -> Step:
        """Renews the access of one source with a person, and pulls what it delivers thereby (usecases.authorize)."""
        from pipelines.usecases.authorize import attended

        (part,) = self._sources([source])
        live = self._live(as_of, None)
        arrived, aborted = attended(live, source, self._build("sources", part), dialogue)
        step = self._pulled(as_of, lambda job: self._take_live(job, live, iter(arrived), as_of))
        if aborted is not None:
            raise aborted
        return step

    def _pulled(self, as_of: date, take: Callable[[Pull], Step]) -> Step:
        """A pull from taking to proving."""
        with self.books.lease("pull", as_of):
            job = self.begin_pull(as_of)
            step = take(job)
            broken: LedgerInvariantBroken | None = None
            accounts = job.accounts()
            for place, key in enumerate(accounts):
                self._progress("proving accounts", place, len(accounts))
                try:
                    step.add(self.settle(job, key, as_of))
                except LedgerInvariantBroken as error:
                    broken = broken or error
            job.close()
        if broken is not None:
            raise broken
        step.waiting = step.counts.get("held", 0) > 0
        return step

    def begin_pull(self, as_of: date) -> Pull:
        """The parts of a pull, for who wants each account apart: ``take``, ``settle`` per account, ``job.close()``."""
        from pipelines.classify import classify
        from pipelines.usecases.pull import Pull
        from sources.recognise import read, readers

        version = "+".join(reader.version for reader in readers())
        return Pull(self.books, lambda document: read(document)[1], classify, self.chart, reader=version, as_of=as_of)

    def take(
        self,
        job: Pull,
        as_of: date,
        *,
        files: Sequence[Path] = (),
        sources: Sequence[str] = (),
        since: date | None = None,
    ) -> Step:
        """Fetches and archives; what is readable waits in the job, account by account."""
        if files:
            return self._step("pull", as_of, lambda: job.take(self._counted(self._from_files(files))))
        live = self._live(as_of, since)
        # A source that cannot even be built is a mistake in the configuration: nothing has been fetched yet.
        built = [(part.name, self._build("sources", part)) for part in self._sources(sources)]
        return self._take_live(job, live, live.fetched(built), as_of)

    def _counted(self, arriving: Iterator[Document | Finding]) -> Iterator[Document | Finding]:
        for place, one in enumerate(arriving):
            self._progress("reading", place, None)
            yield one

    def settle(self, job: Pull, key: AccountKey, as_of: date) -> Step:
        """Proves and stores one account in one commit."""
        return self._step("pull", as_of, lambda: job.settle(key))

    def _from_files(self, files: Sequence[Path]) -> Iterator[Document | Finding]:
        from sources.documents import documents

        return documents(files, "file", self._limits())

    def _live(self, as_of: date, since: date | None) -> LiveFetch:
        from pipelines.sealing import Sealer, key_from
        from pipelines.usecases.access import LiveFetch, Memory, window_of

        key = self.settings.memory.key
        sealer = Sealer(key_from(key.reveal if key else None))
        return LiveFetch(self.books, window_of(self.books, as_of, since), Memory(self.books, sealer, as_of))

    def _take_live(self, job: Pull, live: LiveFetch, arriving: Iterator[Document | Finding], as_of: date) -> Step:
        standing: list[AccountAccess] = []

        def take() -> PullResult:
            result = job.take(self._counted(arriving))
            standing.extend(live.record())
            return result

        step = self._step("pull", as_of, take)
        step.unavailable, step.access = live.unavailable, standing
        return step

    def match(self, as_of: date, spread: Spread | None = None) -> Step:
        """Plans what every waiting receipt and return is. spread: judges large batches elsewhere."""
        from pipelines.book import settlements_of

        self.schoolroom.demand_backtest(as_of)
        return self._step("match", as_of, lambda: self.matchmaker.match(settlements_of, as_of, spread))

    @cached_property
    def matchmaker(self) -> Matchmaker:
        """Makes matchers, of these books and of others."""
        from pipelines.usecases.matchmaker import Matchmaker

        load = import_module("matchers").load
        return Matchmaker(self.books, self.policy, load, self.settings.matching.processes, self._index_store())

    def matcher_of(self, policy: Policy, observe: Observe | None = None) -> MakeMatcher:
        """Makes matchers under a policy. observe: called with every judged receipt."""
        return self.matchmaker.of(policy, observe)

    def _index_store(self) -> TableStore | None:
        """Where look-up tables are kept between runs; None where they are not."""
        from sinks.kept_index import kept_beside

        return kept_beside(self.settings.matching.index, self.database.engine.url)

    @contextmanager
    def scratch(self) -> Iterator[SqlBooks]:
        """Empty books in memory, of the same mode, gone afterwards."""
        from sinks.books import SqlBooks
        from sinks.database import Database

        database = Database("sqlite://")
        try:
            database.init(self.books.mode)
            yield SqlBooks(database, clock=self._clock)
        finally:
            database.close()

    @cached_property
    def schoolroom(self) -> Schoolroom:
        """Where matching learns: backtest, calibrate, what was learned, what is in force."""
        from pipelines.usecases.schoolroom import Schoolroom

        return Schoolroom(self)

    def rehearsal(self) -> AbstractContextManager[None]:
        """The true path inside, rolled back at the end."""
        self.database.open(self.settings.company.mode)
        return self.database.rehearsal()

    def post(self, as_of: date) -> Step:
        """Books the automatic part of the plan, returns included."""
        from pipelines.usecases.carry_out import carry_out

        def told(done: int, total: int) -> None:
            self._progress("posting", done, total)

        limits = self.settings.differences
        return self._step("post", as_of, lambda: carry_out(self.books, self.chart, as_of, limits, told))

    def dun(self, as_of: date) -> Step:
        """Answers to returns, then dunning triggers of what is overdue or was returned."""
        from pipelines.usecases.answer_returns import dun_with_returns

        plans, settings = self._dunning()
        policy, acts = self.return_policy, self.settings.returns.acts
        return self._step(
            "dun",
            as_of,
            lambda: dun_with_returns(
                self.books, plans, policy, acts=acts, as_of=as_of, settings=settings, chart=self.chart
            ),
        )

    def deliver(self, as_of: date, *, just_asked: bool = False) -> Step:
        """Sends what is ready to the configured sinks. just_asked: ``dun`` ran under the same lease."""
        from pipelines.usecases.deliver import deliver

        plans, settings = self._dunning()
        sinks = [self._build("sinks", part) for part in self.settings.sinks]
        try:
            return self._step(
                "deliver",
                as_of,
                lambda: deliver(self.books, sinks, plans, as_of=as_of, settings=settings, just_asked=just_asked),
            )
        finally:
            for sink in sinks:
                sink.close()

    def run(
        self,
        as_of: date,
        *,
        files: Sequence[Path] = (),
        dry_run: bool = False,
    ) -> Iterator[Step]:
        """The daily run under one lease; yields each step when it is through.

        dry_run: the true path, rolled back at the end; nothing is delivered, because that could not be.
        """
        rehearsal: AbstractContextManager[None] = nullcontext()
        if dry_run:
            rehearsal = self.rehearsal()
        with rehearsal, self.books.lease("run", as_of):
            for name in DAILY:
                if name == "pull":
                    yield self.pull(as_of, files=files)
                elif name != "deliver":
                    yield getattr(self, name)(as_of)
                elif not dry_run:
                    yield self.deliver(as_of, just_asked=True)

    def pending(self) -> list[dict[str, Any]]:
        """What live sources announced and the bank has not booked yet, as last fetched, by account and day."""
        from pipelines.pending import pending_of
        from sources.recognise import read

        with self.books.read() as work:
            documents = [work.archive.document(key) for key in work.statements.newest_documents("finapi")]
        return pending_of(statement for document in documents for statement in read(document)[1])

    # --- looking ----------------------------------------------------------------------------------------------------

    def export(self, name: str, out: Path) -> Step:
        """One of the tables of the contract into ``out``, as CSV or Parquet by its suffix."""
        from pipelines.usecases.export import export

        return timed("export", lambda: export(self.books, name, out))

    def check(self, anchor: str = "") -> tuple[Step, list[CheckResult]]:
        """Every invariant, proven now. anchor: ``SEQUENCE:HASH`` of the audit trail as noted outside, or ""."""
        results: list[CheckResult] = []

        def prove() -> Step:
            with self.books.read() as work:
                results.extend(work.invariants.check(self.chart.ledger_accounts(), anchor=anchor))
            return Step("check")

        return timed("check", prove), results

    def review_desk(self, as_of: date) -> ReviewDesk:
        """Where an analyst decides; corrections are booked on ``as_of``."""
        from pipelines.operations.setting import Setting
        from pipelines.review import ReviewDesk
        from sinks.pain001 import PaymentMessages

        settings = self.settings
        setting = Setting(settings.differences, PaymentMessages(settings.company.name))
        return ReviewDesk(self.books, self.chart, as_of, settings.access, settings.approval, setting=setting)

    def debtor_desk(self, as_of: date) -> DebtorDesk:
        """Where people change what is known about debtors, and the blocklist."""
        from pipelines.debtors.desk import DebtorDesk

        return DebtorDesk(self.books, as_of, self.settings.debtors.number_ranges, self.settings.access)

    def dunning_desk(self, as_of: date) -> DunningDesk:
        """Where people block, change by hand, and release what is to be dunned."""
        from pipelines.dunning.course import course_of
        from pipelines.dunning.desk import DunningDesk
        from pipelines.usecases.dun import ask_again, read_facts

        plans, settings = self._dunning()
        return DunningDesk(
            self.books, as_of,
            lambda work, invoice: course_of(read_facts(work, as_of), plans, invoice),
            lambda: ask_again(self.books, plans, as_of=as_of, settings=settings, chart=self.chart),
            self.settings.access,
        )  # fmt: skip

    def return_answers(self, transaction: str = "") -> list[dict[str, Any]]:
        """What the policy answered to return debits; of one return, or of all."""
        from pipelines.usecases.answer_returns import told

        return told(self.books, self.inquiries.find_transaction(transaction) if transaction else "")

    def interest(self, as_of: date, *, debtor: str, book: bool, user: str, reason: str) -> list[dict[str, Any]]:
        """Default interest and flat rates up to a day, shown or booked."""
        from pipelines.dunning.interest import load_rates
        from pipelines.usecases.interest import interest

        rates = load_rates(self.settings.dunning.base_rates)
        desk = self.review_desk(as_of) if book else None
        return interest(
            self.books, rates, as_of, debtor=debtor, wait_for_delivery=bool(self.settings.sinks), desk=desk, user=user,
            reason=reason,
        )  # fmt: skip

    def approval_desk(self, as_of: date) -> ApprovalDesk:
        """Where a second person releases or refuses what waits."""
        from pipelines.approvals import ApprovalDesk
        from pipelines.operations.commands import COMMANDS

        review = self.review_desk(as_of)
        replays = dict.fromkeys(COMMANDS, review.replay)
        return ApprovalDesk(self.books, as_of, replays, self.settings.access)
