"""What all commands share: the global options, the opened books, the report and the common parameters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

from pipelines import config
from pipelines.commands.report import Report, stderr

if TYPE_CHECKING:
    from pipelines.app import Kontoklar

F = TypeVar("F", bound=Callable[..., Any])


def instant() -> str:
    """Now, as an ISO instant in UTC; with ``today`` the only clock of the command line (D2)."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def today() -> date:
    """The calendar day here."""
    return datetime.now().astimezone().date()


@dataclass(slots=True)
class Session:
    """One call of the command line."""

    configuration: Path | None = None
    database: str | None = None
    as_json: bool = False
    debug: bool = False
    report: Report = field(default_factory=lambda: Report("kontoklar"))

    def settings(self) -> config.Settings:
        """The configuration in force."""
        return config.load(self.configuration, self.database)

    @contextmanager
    def command(self, name: str, *, bars: bool = True) -> Iterator[tuple[Kontoklar, Report]]:
        """Opens the books, yields them with the report, and shows the report when the command is through.

        What takes long shows a bar on stderr meanwhile; nothing where nobody looks.
        bars: False for commands that talk with the person themselves.
        """
        from pipelines.app import Kontoklar

        self.report = Report(name)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
        )
        hidden = not (bars and stderr.is_terminal)
        with Progress(*columns, console=stderr, transient=True, disable=hidden) as progress:
            bar = progress.add_task(name, total=None)

            def told(what: str, done: int, total: int | None) -> None:
                progress.update(bar, description=what, completed=done, total=total)

            started = time.perf_counter()
            application = Kontoklar(self.settings(), clock=instant, progress=told)
            try:
                yield application, self.report
            finally:
                application.close()
            if not self.report.seconds:
                self.report.seconds[name] = round(time.perf_counter() - started, 3)
        self.show()

    def show(self) -> None:
        """Prints the report and ends the command with its exit code."""
        self.report.show(as_json=self.as_json)
        click.get_current_context().exit(self.report.exit_code)


class Day(click.ParamType[date]):
    """A calendar day, ISO or DD.MM.YYYY."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        for form in ("%Y-%m-%d", "%d.%m.%Y"):
            with suppress(ValueError):
                return datetime.strptime(str(value), form).replace(tzinfo=UTC).date()
        raise click.BadParameter(f"{value!r} is not a day such as 2026-10-01", ctx=ctx, param=param)


def shared(command: F) -> F:
    """``--json`` on every command."""

    def set_json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        ctx.find_object(Session).as_json |= value  # type: ignore[union-attr]

    return click.option(
        "--json", is_flag=True, expose_value=False, callback=set_json, help="Print one JSON object to stdout."
    )(command)


def as_of_option(command: F) -> F:
    """``--as-of``; today when it is left out."""
    return click.option(
        "--as-of", type=Day(), default=today, metavar="DATE", help="The day this run is for; default: today."
    )(command)


def user_options(command: F) -> F:
    """Who decides, and why; both go into the audit trail."""
    for option in (
        click.option("--reason", required=True, help="Why; goes into the audit trail."),
        click.option("--user", required=True, envvar="KONTOKLAR_USER", help="Who decides; goes into the audit trail."),
    ):
        command = option(command)
    return command
