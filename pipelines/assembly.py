"""What is behind the names of one configuration: database, books, chart, policy, and the parts of sources and sinks.

Heavy modules are imported when a command needs them, so that ``kontoklar --help`` is quick.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from pipelines.config import Part, Settings, refuse_unknown
from pipelines.errors import ConfigurationError
from pipelines.inquiries import Inquiries
from pipelines.roles import acting_user
from pipelines.step import Result, Step, timed

if TYPE_CHECKING:
    from pipelines.chart import Chart
    from pipelines.dun import DunSettings
    from pipelines.plans import Plans
    from pipelines.policy import Policy
    from pipelines.returns.policy import ReturnPolicy
    from sinks.books import SqlBooks
    from sinks.database import Database
    from sources.intake import Limits

Progress = Callable[[str, int, int | None], object]


class Assembly:
    """One configuration with its books. Nothing is opened before it is needed; ``close`` gives it back.

    Each step of a run asks whether KONTOKLAR_USER, or the account of the operating system, may take it.

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the database connections back."""
        if "database" in self.__dict__:
            self.database.close()

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
        from pipelines.usecases.schoolroom import with_limits

        return with_limits(self.settings.matching, self.settings.matching.policy)

    @property
    def place(self) -> str:
        """Where the books are, without a password."""
        return self.database.engine.url.render_as_string(hide_password=True)

    def source_names(self) -> list[str]:
        """The configured sources, in the order of the file."""
        return [part.name for part in self.settings.sources]

    def _sources(self, wanted: Sequence[str]) -> list[Part]:
        if wanted and not self.settings.sources:
            raise ConfigurationError(
                f'there is no source "{wanted[0]}": none is configured; '
                "add a [[sources]] table to kontoklar.toml, or take files with --file"
            )
        refuse_unknown(wanted, self.source_names(), "sources")
        return [part for part in self.settings.sources if not wanted or part.name in wanted]

    def _limits(self) -> Limits:
        from sources.intake import MIB, Limits

        allowed = self.settings.archive
        return Limits(
            document=allowed.max_file_mib * MIB,
            archive_total=allowed.max_unpacked_mib * MIB,
            archive_members=allowed.max_members,
        )

    def _build(self, kind: str, part: Part) -> Any:
        """The configured source or sink: its module's ``build`` with the options of the file."""
        known = [module.name for module in pkgutil.iter_modules(import_module(kind).__path__)]
        refuse_unknown([part.use], known, f"{kind}.use")
        module = import_module(f"{kind}.{part.use}")
        if not hasattr(module, "build"):
            raise ConfigurationError(f'"{part.use}" is a part of {kind} but nothing that can be configured')
        return module.build({"name": part.name, **part.options})

    @cached_property
    def dunning_plans(self) -> Plans:
        """The dunning plans: the configured file or the shipped ones."""
        from pipelines.plans import load_plans

        return load_plans(self.settings.dunning.plans)

    def _dunning(self) -> tuple[Plans, DunSettings]:
        from pipelines.dun import DunSettings

        chosen = self.settings.dunning
        return self.dunning_plans, DunSettings(
            stale_banking_days=chosen.stale_banking_days,
            ignored_accounts=frozenset(chosen.ignored_accounts),
            collection_days=chosen.collection_days,
            wait_for_delivery=bool(self.settings.sinks),
            by_person=chosen.release == "person",
            represent=self.return_policy.represent,
        )

    @cached_property
    def return_policy(self) -> ReturnPolicy:
        """What follows return debits: the configured file or the shipped one."""
        from pipelines.returns.policy import load_policy

        return load_policy(self.settings.returns.policy)

    def _step(self, name: str, as_of: date, use_case: Callable[[], Result]) -> Step:
        """Runs a use case under the lease; tells the findings that nobody has been told yet."""
        self.settings.access.require(acting_user(), name, f'run "{name}"')
        self._progress(name, 0, None)
        with self.books.lease(name, as_of) as context:
            step = timed(name, use_case)
            with self.books.read() as work:
                found = work.findings.of_run(context.run_id)
        step.findings = [finding for finding in found if finding.finding_id not in self._told]
        self._told.update(finding.finding_id for finding in step.findings)
        return step

    @cached_property
    def inquiries(self) -> Inquiries:
        """Questions to the books that change nothing."""
        settings = self.settings
        return Inquiries(self.books, settings.company.name, settings.dunning.collection_days)

    def told(self, what: str, done: int, total: int | None) -> None:
        """Tells whoever watches what is being done."""
        self._progress(what, done, total)
