"""``simulate bank``: a bank on this machine to rehearse with, and a configuration that is ready to use it."""

from __future__ import annotations

import shlex
import shutil
import threading
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import config
from pipelines.commands.report import Report, stderr, stdout
from pipelines.commands.session import Day, Session, shared, today
from pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.simulator.bank import SimulatedBank
    from pipelines.simulator.faults import Faults
    from pipelines.simulator.world import World

_MARK = "# A simulated bank."
_BEFORE, _AFTER = 30, 90


@click.group()
def simulate() -> None:
    """Stand-ins for the outside world, to rehearse with."""


@simulate.command()
@click.argument("folder", metavar="[DIR]", default="simulator", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed is the same bank.")
@click.option("--accounts", type=click.IntRange(1, 2000), default=3, show_default=True, help="How many accounts.")
@click.option("--per-day", type=float, default=4.0, show_default=True, help="Bookings per banking day and account.")
@click.option("--port", type=int, default=0, help="finAPI's port, FinTS gets the next one; default: free ones.")
@click.option("--faults", "asked", multiple=True, metavar="NAME[:TIMES]", help="What goes wrong; --list-faults.")
@click.option("--list-faults", is_flag=True, help="Print the faults and stop.")
@click.option("--demo", "as_demo", is_flag=True, help="The sample company's October 2026 instead of a generated bank.")
@click.option("--today", "day", type=Day(), default=None, metavar="DATE", help="The bank's day; default: today.")
@shared
@click.pass_obj
def bank(
    session: Session,
    folder: Path,
    seed: int,
    accounts: int,
    per_day: float,
    port: int,
    asked: tuple[str, ...],
    list_faults: bool,
    as_demo: bool,
    day: date | None,
) -> None:
    """Start local finAPI and FinTS servers over one made-up truth, and write a configuration for them into DIR.

    Another terminal then runs kontoklar against it. The bank's day passes, and faults fire, through /simulator of the
    finAPI address. Ctrl-C stops it.
    """
    from pipelines.simulator.bank import SimulatedBank
    from pipelines.simulator.faults import KNOWN, Faults

    session.report = report = Report("simulate bank")
    if list_faults:
        report.more["faults"] = KNOWN
        if not session.as_json:
            for name, what in KNOWN.items():
                stdout.print(f"  {name:<28} {what}", highlight=False)
            click.get_current_context().exit(0)
        session.show()
        return
    faults = Faults(seed)
    _arm(faults, asked)
    world = _world(seed, accounts, per_day, day, as_demo=as_demo)
    _make_room(folder)
    with SimulatedBank(world, faults, port=port) as running:
        written = write(folder, running)
        report.counts = {"accounts": len(world.accounts), "bookings": len(world.payments)}
        report.more |= {"finapi": running.finapi.url, "fints": running.fints.url, "configuration": str(written)}
        report.more["today"] = world.today.isoformat()
        if session.as_json:
            report.show(as_json=True)
        else:
            _tell(running, folder, written)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    stderr.print("the simulated bank has closed")


def _arm(faults: Faults, asked: tuple[str, ...]) -> None:
    for wanted in asked:
        for one in wanted.split(","):
            try:
                faults.ask(one)
            except ValueError as wrong:
                raise click.BadParameter(str(wrong), param_hint="--faults") from None


def _world(seed: int, accounts: int, per_day: float, day: date | None, *, as_demo: bool) -> World:
    from pipelines.simulator.generate import demo_world, generate

    if as_demo:
        world = demo_world(seed)
        if day is not None:
            world.set_today(max(day, world.start))
        return world
    now = day or today()
    start = now - timedelta(days=_BEFORE)
    return generate(seed, accounts=accounts, start=start, days=_BEFORE + _AFTER, per_day=per_day, today=now)


def _make_room(folder: Path) -> None:
    """An earlier rehearsal is replaced; any other folder with something in it is left alone."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    configuration = folder / config.FILE_NAME
    if not configuration.is_file() or not configuration.read_text(encoding="utf-8").startswith(_MARK):
        raise ConfigurationError(f"{folder} is not empty and holds no earlier rehearsal; name another folder")
    shutil.rmtree(folder)


def write(folder: Path, running: SimulatedBank) -> Path:
    """The configuration, the secrets it refers to and matching open items; returns the configuration's path."""
    from pipelines.simulator.office import configuration, receivables, write_secrets

    write_secrets(running, folder / "secrets")
    written = folder / config.FILE_NAME
    written.write_text(configuration(running, mark=_MARK), encoding="utf-8")
    (folder / "receivables.csv").write_text(receivables(running.world), encoding="utf-8")
    return written


def _tell(running: SimulatedBank, folder: Path, written: Path) -> None:
    start, day = f"kontoklar --config {shlex.quote(str(written))}", running.world.today
    control = f"{running.finapi.url}/simulator"
    stdout.print(
        f"A bank with {len(running.world.accounts)} accounts is open; its day is {day}. Ctrl-C closes it.\n"
        f"  finAPI  {running.finapi.url}\n"
        f"  FinTS   {running.fints.url}\n\n"
        f"In another terminal:\n"
        f"  {start} load receivables {folder}/receivables.csv --as-of {day}\n"
        f"  {start} run --as-of {day}\n"
        f"  {start} authorize house-bank              # where a TAN is asked for\n"
        f"  curl {control}                            # how the bank stands\n"
        f"  curl -d '{{\"days\": 1}}' {control}/day      # a day passes\n"
        f'  curl -d \'{{"ask": "http-503:3"}}\' {control}/faults\n'
        f"  curl -d '{{}}' {control}/consent             # every consent has ended\n",
        soft_wrap=True,
        markup=False,
    )


COMMANDS = (simulate,)
