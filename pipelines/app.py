"""The composition root: the one place that knows which source, matcher and sink stands behind which name.

Heavy modules are imported when a command needs them, so that ``kontoklar --help`` is quick.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Part, Settings, refuse_unknown
from pipelines.errors import ConfigurationError, LedgerInvariantBroken
from pipelines.inquiries import Inquiries
from pipelines.step import Result, Step, timed

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipelines.chart import Chart
    from pipelines.dun import DunSettings
    from pipelines.model.finding import Finding
    from pipelines.model.statement import Document
    from pipelines.plans import Plans
    from pipelines.policy import Policy
    from pipelines.ports.access import AccountAccess, Dialogue
    from pipelines.ports.invariants import CheckResult
    from pipelines.review import ReviewDesk
    from pipelines.usecases.access import LiveFetch
    from pipelines.usecases.account_facts import AccountKey
    from pipelines.usecases.pull import Pull, PullResult
    from sinks.books import SqlBooks
    from sinks.database import Database
    from sources.intake import Limits

Progress = Callable[[str, int, int | None], object]

DAILY = ("pull", "match", "post", "dun", "deliver")


class Kontoklar:
    """One configuration with its books. Nothing is opened before it is needed; ``close`` gives it back.

    clock: the ISO instant in UTC of each commit; it comes from the command line or the flow (D2).
    progress: told what is being done, how much of it is done and out of how much (None: nobody knows).
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], str],
        progress: Progress = lambda _what, _done, _total: None,
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._progress = progress
        self._told: set[str] = set()

    def __enter__(self) -> Kontoklar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the database connections back."""
        if "database" in self.__dict__:
            self.database.close()

    # --- what is behind the names ---------------------------------------------------------------------------------

    @cached_property
    def database(self) -> Database:
        """The configured database, not yet opened."""
        from sinks.database import Database

        return Database(self.settings.database_url)

    @cached_property
    def books(self) -> SqlBooks:
        """The books, opened; a new database is initialised."""
        from sinks.books import SqlBooks

        self.database.open(self.settings.company.mode)
        return SqlBooks(self.database, clock=self._clock, wait_seconds=self.settings.run.wait_seconds)

    @cached_property
    def chart(self) -> Chart:
        """The chart of accounts."""
        from pipelines.chart import load_chart

        return load_chart(self.settings.company.chart)

    @cached_property
    def policy(self) -> Policy:
        """The matching policy: the configured file or the shipped one, with the limits of ``[matching]``."""
        from pipelines.policy import load_policy, override

        chosen = self.settings.matching
        limits: dict[str, object] = {}
        if chosen.risk_per_mille is not None:
            limits["automation.min_probability"] = 1.0 - chosen.risk_per_mille / 1000.0
        if chosen.max_auto_minor is not None:
            limits["automation.max_auto_minor"] = chosen.max_auto_minor
        return load_policy(chosen.policy, limits) if chosen.policy else override(limits)

    @property
    def place(self) -> str:
        """Where the books are, without a password."""
        return self.database.engine.url.render_as_string(hide_password=True)

    def source_names(self) -> list[str]:
        """The configured sources, in the order of the file."""
        return [part.name for part in self.settings.sources]

    def _sources(self, wanted: Sequence[str]) -> list[Part]:
        refuse_unknown(wanted, self.source_names(), "sources")
        return [part for part in self.settings.sources if not wanted or part.name in wanted]

    # --- the steps ------------------------------------------------------------------------------------------------

    def init(self) -> Step:
        """Creates or upgrades the schema."""
        self.database.init(self.settings.company.mode)
        return Step("init")

    def load(self, kind: str, paths: Sequence[Path], as_of: date) -> Step:
        """What the billing system knows, from table files. kind: receivables, debtors, collections or contracts."""
        from pipelines.usecases.load import load
        from sources.receivables import TableFiles

        return self._step("load", as_of, lambda: load(self.books, TableFiles(), kind, paths, as_of=as_of))

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

    def _limits(self) -> Limits:
        from sources.intake import MIB, Limits

        allowed = self.settings.archive
        return Limits(
            document=allowed.max_file_mib * MIB,
            archive_total=allowed.max_unpacked_mib * MIB,
            archive_members=allowed.max_members,
        )

    def _from_files(self, files: Sequence[Path]) -> Iterator[Document | Finding]:
        from sources.documents import documents

        return documents(files, "file", self._limits())

    def _live(self, as_of: date, since: date | None) -> LiveFetch:
        from pipelines.sealing import Sealer, key_from
        from pipelines.usecases.access import LiveFetch, Memory, window_of

        key = self.settings.access.key
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

    def _build(self, kind: str, part: Part) -> Any:
        """The configured source or sink: its module's ``build`` with the options of the file."""
        known = [module.name for module in pkgutil.iter_modules(import_module(kind).__path__)]
        refuse_unknown([part.use], known, f"{kind}.use")
        module = import_module(f"{kind}.{part.use}")
        if not hasattr(module, "build"):
            raise ConfigurationError(f'"{part.use}" is a part of {kind} but nothing that can be configured')
        return module.build({"name": part.name, **part.options})

    def match(self, as_of: date) -> Step:
        """Plans what every waiting receipt and return is."""
        from pipelines.book import settlements_of
        from pipelines.match import Matcher
        from pipelines.usecases.match import match

        policy, strategies = self.policy, import_module("matchers").load(self.policy.strategies)

        def make_matcher(
            items: DataFrame, collections: DataFrame, known_payers: DataFrame, debtors: DataFrame
        ) -> Matcher:
            return Matcher(items, collections, known_payers, policy, debtors, strategies=strategies)

        return self._step("match", as_of, lambda: match(self.books, make_matcher, settlements_of, policy.hash, as_of))

    def post(self, as_of: date) -> Step:
        """Books the automatic part of the plan, returns included."""
        from pipelines.usecases.post import post

        def told(done: int, total: int) -> None:
            self._progress("posting", done, total)

        return self._step("post", as_of, lambda: post(self.books, self.chart, as_of, progress=told))

    def dun(self, as_of: date) -> Step:
        """Dunning triggers of what is overdue or was returned."""
        from pipelines.usecases.dun import dun

        plans, settings = self._dunning()
        return self._step("dun", as_of, lambda: dun(self.books, plans, as_of=as_of, settings=settings))

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

    def _dunning(self) -> tuple[Plans, DunSettings]:
        from pipelines.dun import DunSettings
        from pipelines.plans import load_plans

        chosen = self.settings.dunning
        return load_plans(chosen.plans), DunSettings(
            stale_banking_days=chosen.stale_banking_days,
            ignored_accounts=frozenset(chosen.ignored_accounts),
            collection_days=chosen.collection_days,
            wait_for_delivery=bool(self.settings.sinks),
        )

    def _step(self, name: str, as_of: date, use_case: Callable[[], Result]) -> Step:
        """Runs a use case under the lease; tells the findings that nobody has been told yet."""
        self._progress(name, 0, None)
        with self.books.lease(name, as_of) as context:
            step = timed(name, use_case)
            with self.books.read() as work:
                found = work.findings.of_run(context.run_id)
        step.findings = [finding for finding in found if finding.finding_id not in self._told]
        self._told.update(finding.finding_id for finding in step.findings)
        return step

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
            self.database.open(self.settings.company.mode)
            rehearsal = self.database.rehearsal()
        with rehearsal, self.books.lease("run", as_of):
            for name in DAILY:
                if name == "pull":
                    yield self.pull(as_of, files=files)
                elif name != "deliver":
                    yield getattr(self, name)(as_of)
                elif not dry_run:
                    yield self.deliver(as_of, just_asked=True)

    @cached_property
    def inquiries(self) -> Inquiries:
        """Questions to the books that change nothing."""
        return Inquiries(self.books)

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

    def check(self) -> tuple[Step, list[CheckResult]]:
        """Every invariant, proven now."""
        results: list[CheckResult] = []

        def prove() -> Step:
            with self.books.read() as work:
                results.extend(work.invariants.check(self.chart.ledger_accounts()))
            return Step("check")

        return timed("check", prove), results

    def review_desk(self, as_of: date) -> ReviewDesk:
        """Where an analyst decides; corrections are booked on ``as_of``."""
        from pipelines.review import ReviewDesk

        return ReviewDesk(self.books, self.chart, as_of)
