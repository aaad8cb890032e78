"""``demo``: a sample company, its month run day by day through the real daily flow, and what came of it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipelines import config
from pipelines.commands.books import proof_table
from pipelines.commands.demo_live import LiveMonth, live_month
from pipelines.commands.report import Report, grid, stderr, stdout
from pipelines.commands.session import Session, instant, shared
from pipelines.errors import ConfigurationError, KontoklarError

if TYPE_CHECKING:
    from pipelines.demo.files import Sample
    from pipelines.demo.verdict import Verdict

_MARK = "# The sample company."
_TABLES = ("transactions", "allocations", "proposals", "returns", "triggers")


@click.command()
@click.argument("folder", metavar="[DIR]", default="demo", type=click.Path(file_okay=False, path_type=Path))
@click.option("--live", is_flag=True, help="Fetch from a simulated bank (finAPI and FinTS) instead of bank files.")
@shared
@click.pass_obj
def demo(session: Session, folder: Path, live: bool) -> None:
    """Write a realistic sample company into DIR, run a whole month through the real flow, print the summary."""
    from pipelines.app import Kontoklar
    from pipelines.demo.files import write
    from pipelines.demo.verdict import judge

    session.report = report = Report("demo")
    _make_room(folder)
    started = time.perf_counter()
    sample = write(folder)
    report.seconds["write"] = round(time.perf_counter() - started, 3)
    database = session.database or f"sqlite:///{(folder / 'kontoklar.db').absolute()}"
    _settle_prefect(folder, database)
    started = time.perf_counter()
    if live:
        with live_month(sample) as bank:
            _run_month(sample, database, bank)
            report.more["ended"] = {day.isoformat(): name for day, name in bank.ended.items()}
            faults = bank.counts()
    else:
        faults = {}
        _run_month(sample, database)
    report.seconds["run"] = round(time.perf_counter() - started, 3)
    with Kontoklar(config.load(sample.configuration, database), clock=instant) as app:
        verdict = judge(sample.payments, {name: app.inquiries.table(name) for name in _TABLES})
        step, proofs = app.check()
        findings = app.inquiries.table("findings")
    report.seconds["check"] = round(step.seconds, 3)
    report.counts = verdict.counts() | faults
    report.broken = not all(proof.ok for proof in proofs)
    report.more["folder"] = str(folder)
    if not session.as_json:
        _show(verdict, sample, findings["code"].value_counts().to_dict(), live=live)
        if live:
            rows = [(name.removeprefix("fault_").replace("_", "-"), str(count)) for name, count in faults.items()]
            stdout.print("\n[bold]What went wrong on the way, and how often[/bold]", grid(rows))
            stdout.print(grid((day, name) for day, name in report.more["ended"].items()))
        stdout.print("\n[bold]The ledger, proven[/bold]")
        stdout.print(proof_table(proofs))
        stdout.print(_next_steps(folder, sum(report.seconds.values())), soft_wrap=True)
        click.get_current_context().exit(report.exit_code)
    session.show()


def _make_room(folder: Path) -> None:
    """An earlier demo is replaced; any other folder with something in it is left alone."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    configuration = folder / config.FILE_NAME
    if not configuration.is_file() or not configuration.read_text(encoding="utf-8").startswith(_MARK):
        raise ConfigurationError(f"{folder} is not empty and holds no earlier demo; name another folder")
    shutil.rmtree(folder)


def _settle_prefect(folder: Path, database: str) -> None:
    """Prefect keeps its own records in the demo's folder and needs no server; to be said before it is imported."""
    os.environ.pop("PREFECT_API_URL", None)
    os.environ["PREFECT_HOME"] = str((folder / ".prefect").absolute())
    os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "true"
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_LOGGING_TO_API_ENABLED", "false")
    os.environ["KONTOKLAR_DATABASE"] = database


def _run_month(sample: Sample, database: str, live: LiveMonth | None = None) -> None:
    """Every banking day: what the billing system delivered is loaded, then the daily flow takes the bank files, or
    fetches from the live bank."""
    from pipelines.app import Kontoklar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr) as progress:
        bar = progress.add_task("starting Prefect", total=len(sample.days))
        import flows

        settings = config.load(sample.configuration, database)
        with flows.several():
            for day in sample.days:
                progress.update(bar, description=f"{day.day:%a %d %b}")
                with Kontoklar(settings, clock=instant) as app:
                    for kind, paths in day.billing.items():
                        app.load(kind, paths, day.day)
                if live is not None:
                    live.morning(day.day)
                files = [] if live is not None else [str(path) for path in day.statements]
                state: Any = flows.daily(
                    as_of=day.day, config=str(sample.configuration), files=files, return_state=True
                )
                if not state.is_completed() and not (live is not None and live.evening(day.day, state.name)):
                    raise DemoFailed(f"the run of {day.day} ended as {state.name}: {state.message}")
                progress.advance(bar)
            progress.update(bar, description="October is through")


class DemoFailed(KontoklarError):
    """A day of the demo did not run through."""

    exit_code = 4


def _show(verdict: Verdict, sample: Sample, findings: dict[Any, Any], *, live: bool) -> None:
    files = sum(len(day.statements) for day in sample.days)
    told = "finAPI and FinTS" if live else f"{files} bank files"
    title = f"Muster Handels GmbH, October 2026: {len(sample.days)} days, {told}, {verdict.payments} payments"
    stdout.print(Panel(title, expand=False))
    table = Table(header_style="bold")
    table.add_column("what was paid, and how", no_wrap=True)
    for column in ("payments", "posted", "waiting", "wrong"):
        table.add_column(column, justify="right", no_wrap=True)
    for story, line in sorted(verdict.stories.items(), key=lambda pair: -pair[1].payments):
        table.add_row(story, *(str(figure or "·") for figure in (line.payments, line.posted, line.waiting, line.wrong)))
    table.add_section()
    share = f"all: {100 * verdict.posted // verdict.payments} % posted by itself"
    figures = (verdict.payments, verdict.posted, verdict.counts()["waiting"], verdict.wrong)
    table.add_row(share, *map(str, figures), style="bold")
    stdout.print(table)
    rows = [
        ("return debits found", f"{verdict.returns_found} of {verdict.returns}"),
        ("… linked to what they take back", f"{verdict.returns_linked} of {verdict.returns}"),
        ("payments taken for a return", str(verdict.called_return_wrongly)),
        ("dunning triggers delivered", str(verdict.triggers["delivered"])),
        ("… to someone who had paid", str(verdict.dunned_though_paid)),
        ("dunning triggers held", str(verdict.triggers["held"])),
    ]
    stdout.print("\n[bold]Returns and dunning[/bold]", grid(rows))
    for heading, counter in (
        ("Why payments wait", verdict.reasons),
        ("Why triggers are held", verdict.held),
        ("Findings of the month", findings),
    ):
        if counter:
            stdout.print(f"\n[bold]{heading}[/bold]")
            stdout.print(grid((str(name), str(count)) for name, count in sorted(counter.items(), key=lambda c: -c[1])))


def _next_steps(folder: Path, seconds: float) -> str:
    called = Path(sys.argv[0])
    start = f"{called if called.name == 'kontoklar' else 'kontoklar'} --config {folder}/kontoklar.toml"
    return (
        f"\n{seconds:.0f} seconds. Everything is in {folder}/; go on with\n"
        f"  {start} review list\n"
        f"  {start} export open-items --out open-items.csv\n"
        f"  PREFECT_HOME={folder}/.prefect prefect server start    # the runs, in the browser\n"
    )


COMMANDS = (demo,)
