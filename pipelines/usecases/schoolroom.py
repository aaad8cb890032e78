"""Where matching learns: the part of the composition root that backtests, calibrates and shows what was learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipelines.chart import Chart
from pipelines.config import Matching, Settings
from pipelines.errors import ConfigurationError
from pipelines.policy import Policy, default_policy, load_policy, override, with_values
from pipelines.ports.work import Books
from pipelines.review import Part, ReviewDesk
from pipelines.step import Step, timed
from pipelines.usecases.backtest import Backtest, backtest, demand_backtest
from pipelines.usecases.calibrate import Calibration, calibrate
from pipelines.usecases.lessons import Lessons
from pipelines.usecases.match import MakeMatcher
from pipelines.usecases.rehearse import Rehearsal, rehearse

if TYPE_CHECKING:
    from pipelines.match import Observe


class Application(Protocol):
    """What learning needs of the application it is part of (``pipelines.app.Kontoklar``)."""

    settings: Settings

    @property
    def books(self) -> Books: ...

    @property
    def chart(self) -> Chart: ...

    @property
    def policy(self) -> Policy: ...

    def matcher_of(self, policy: Policy, observe: Observe | None = None) -> MakeMatcher: ...

    def scratch(self) -> AbstractContextManager[Books]: ...

    def rehearsal(self) -> AbstractContextManager[None]: ...

    def review_desk(self, as_of: date) -> ReviewDesk: ...

    def match(self, as_of: date) -> Step: ...

    def told(self, what: str, done: int, total: int | None) -> None: ...


def with_limits(matching: Matching, file: Path | None) -> Policy:
    """A policy file, or the shipped policy, with the limits of ``[matching]``."""
    limits: dict[str, object] = {}
    if matching.risk_per_mille is not None:
        limits["automation.min_probability"] = max(1.0 - matching.risk_per_mille / 1000.0, 0.5)
        limits["automation.risk_per_mille"] = matching.risk_per_mille
    if matching.max_auto_minor is not None:
        limits["automation.max_auto_minor"] = matching.max_auto_minor
    if matching.risk_minor is not None:
        limits["automation.risk_minor"] = matching.risk_minor
    return load_policy(file, limits) if file else override(limits)


class Schoolroom:
    """One application's learning. Nothing here touches the ledger."""

    def __init__(self, app: Application) -> None:
        self._app = app

    @cached_property
    def policy_hash(self) -> str:
        """The hash of the configured policy file alone, without the limits: what is backtested and activated."""
        chosen = self._app.settings.matching.policy
        return (load_policy(chosen) if chosen else default_policy()).hash

    @cached_property
    def lessons(self) -> Lessons:
        """What was learned, for people."""
        return Lessons(self._app.books, self._app.policy, self.policy_hash)

    def demand_backtest(self, as_of: date) -> None:
        """Refuses a configured policy file that was never replayed on these books."""
        if self._app.settings.matching.policy and self.policy_hash != default_policy().hash:
            demand_backtest(self._app.books, self._app.policy, self.policy_hash, as_of)

    def _policy(self, file: Path | None) -> tuple[Policy, str]:
        """A policy with the limits in force, and the hash of its file."""
        if file is None:
            return self._app.policy, self.policy_hash
        return with_limits(self._app.settings.matching, file), load_policy(file).hash

    def _told(self, what: str) -> Callable[[int, int], None]:
        return lambda done, total: self._app.told(what, done, total)

    def backtest(
        self,
        period: tuple[date, date],
        as_of: date,
        file: Path | None = None,
        activate: tuple[str, str] | None = None,
    ) -> tuple[Step, Backtest]:
        """Replays a period under a policy file (default: the configured policy) and stores the figures."""
        policy, policy_hash = self._policy(file)
        results: list[Backtest] = []

        def work() -> Backtest:
            with self._app.scratch() as scratch:
                results.append(
                    backtest(
                        self._app.books, scratch, self._app.matcher_of(policy), self._app.chart, policy, policy_hash,
                        period, as_of, activate=activate, progress=self._told("replaying"),
                    )
                )  # fmt: skip
            return results[0]

        return timed("backtest", work), results[0]

    def rehearse(
        self,
        period: tuple[date, date],
        as_of: date,
        file: Path | None = None,
        changes: Mapping[str, Any] | None = None,
        enough: int = 0,
    ) -> Rehearsal:
        """Replays a period under a policy file and ``changes`` to it (nested tables), and stores nothing. enough: see
        ``usecases.rehearse``."""
        policy, _hash = self._policy(file)
        if changes:
            policy = with_values(policy, changes)
        with self._app.scratch() as scratch:
            return rehearse(
                self._app.books, scratch, self._app.matcher_of, self._app.chart, policy, period, as_of,
                enough=enough, progress=self._told("replaying"),
            )  # fmt: skip

    def calibrate(self, period: tuple[date, date], as_of: date, out: Path) -> tuple[Step, Calibration]:
        """Estimates weights from the period's cases and writes them to ``out``."""
        chosen = self._app.settings.matching.policy
        policy = load_policy(chosen) if chosen else default_policy()
        results: list[Calibration] = []

        def work() -> Calibration:
            with self._app.scratch() as scratch:
                results.append(
                    calibrate(
                        self._app.books, scratch, lambda observe: self._app.matcher_of(policy, observe),
                        self._app.chart, policy, period, as_of, out, progress=self._told("replaying"),
                    )
                )  # fmt: skip
            return results[0]

        return timed("calibrate", work), results[0]

    def preview(
        self, transaction_id: str, as_of: date, *, rank: int = 1, invoices: Sequence[str] = ()
    ) -> dict[str, Any]:
        """What confirming a payment would teach, and which other waiting payments it would resolve.

        The true path, rolled back. invoices: what it would be assigned to; else its proposal of ``rank``.
        """
        app = self._app
        desk = app.review_desk(as_of)
        who = {"user": "preview", "reason": "preview"}

        def confirm() -> object:
            if len(invoices) == 1:
                return desk.assign(transaction_id, Part(invoices[0]), **who)
            if invoices:
                return desk.split(transaction_id, [Part(number) for number in invoices], **who)
            return desk.accept(transaction_id, rank=rank, **who)

        if not transaction_id:
            raise ConfigurationError("name a transaction; see: kontoklar review list")
        with app.rehearsal(), app.books.lease("preview", as_of):
            return self.lessons.preview(transaction_id, as_of, confirm, lambda: app.match(as_of))

    def consequences(self, transaction_id: str, as_of: date) -> dict[str, Any]:
        """What a decided payment taught about its payer, and which waiting payments would post by themselves for it.

        The true path, rolled back: nothing is used before the next ``match``.
        """
        with self._app.rehearsal(), self._app.books.lease("preview", as_of):
            return self.lessons.consequences(transaction_id, as_of, lambda: self._app.match(as_of))
