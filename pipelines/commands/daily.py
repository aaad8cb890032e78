"""``pull match post dun deliver run``: each step alone, and all of them as the daily run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from pipelines.commands.session import Day, Session, as_of_option, shared


class TakesFiles(click.Command):
    """``--file`` takes every path that follows it, up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        following = False
        for position, argument in enumerate(args):
            if following and not argument.startswith("-") and args[position - 1] != "--file":
                spread.append("--file")
            elif argument.startswith("-"):
                following = argument == "--file"
            spread.append(argument)
        return super().parse_args(ctx, spread)


def _some_exist(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Refuses a call none of whose files is there; of some, the missing ones become findings and the others go on."""
    if paths and not any(path.exists() for path in paths):
        raise click.BadParameter(f"{', '.join(map(str, paths))} does not exist")
    return paths


_FILES = click.option(
    "--file",
    "files",
    type=click.Path(path_type=Path),
    multiple=True,
    callback=lambda _ctx, _param, paths: _some_exist(paths),
    metavar="PATH…",
    help="Statement files, folders or ZIPs instead of the configured sources.",
)


@click.command(cls=TakesFiles)
@click.argument("sources", nargs=-1, metavar="[SOURCE]…")
@_FILES
@click.option("--since", type=Day(), metavar="DATE", help="First day wanted from the sources.")
@as_of_option
@shared
@click.pass_obj
def pull(session: Session, sources: tuple[str, ...], files: tuple[Path, ...], since: date | None, as_of: date) -> None:
    """Fetch from the configured sources, or take files; archive, prove, store."""
    with session.command("pull") as (app, report):
        report.add(app.pull(as_of, files=files, sources=sources, since=since))


@click.command()
@as_of_option
@shared
@click.pass_obj
def match(session: Session, as_of: date) -> None:
    """Explain what waits: propose which items each payment settles, link returns."""
    with session.command("match") as (app, report):
        report.add(app.match(as_of))


@click.command()
@as_of_option
@shared
@click.pass_obj
def post(session: Session, as_of: date) -> None:
    """Book what may be booked automatically, returns included."""
    with session.command("post") as (app, report):
        report.add(app.post(as_of))


@click.command()
@as_of_option
@shared
@click.pass_obj
def dun(session: Session, as_of: date) -> None:
    """Make dunning triggers of what is overdue or was returned; hold what is in doubt."""
    with session.command("dun") as (app, report):
        report.add(app.dun(as_of))


@click.command()
@as_of_option
@shared
@click.pass_obj
def deliver(session: Session, as_of: date) -> None:
    """Send what is ready to the configured sinks; what was paid meanwhile is cancelled first."""
    with session.command("deliver") as (app, report):
        report.add(app.deliver(as_of))


@click.command(cls=TakesFiles)
@as_of_option
@_FILES
@click.option("--dry-run", is_flag=True, help="Take the true path and roll everything back.")
@shared
@click.pass_obj
def run(session: Session, as_of: date, files: tuple[Path, ...], dry_run: bool) -> None:
    """The daily run: pull, match, post, returns, dun, deliver."""
    with session.command("run") as (app, report):
        if dry_run:
            report.more["dry_run"] = True
        for step in app.run(as_of, files=files, dry_run=dry_run):
            report.add(step, prefix=True)


COMMANDS = (pull, match, post, dun, deliver, run)
