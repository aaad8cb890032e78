"""``kontoklar``: the command line (CONTRACT). Exit codes: 0 done, 1 findings need a person, 2 usage or configuration,
3 a source was unavailable, 4 an invariant is broken or something unexpected happened."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from pipelines.commands import (
    accounts,
    approvals,
    audit,
    authorize,
    books,
    daily,
    debtor_changes,
    demo,
    learning,
    review,
    simulate,
)
from pipelines.commands.guard import guard
from pipelines.commands.report import BROKEN, USAGE, stderr
from pipelines.commands.session import Session
from pipelines.errors import KontoklarError
from pipelines.model.ids import derive


def _version() -> str:
    try:
        return version("kontoklar")
    except PackageNotFoundError:
        return "source"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(_version(), prog_name="kontoklar")
@click.option(
    "--config", type=click.Path(path_type=Path), metavar="FILE", help="Configuration; default: kontoklar.toml."
)
@click.option("--database", metavar="URL", help="Database; default: sqlite:///kontoklar.db.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object to stdout.")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
@click.pass_obj
def cli(session: Session, config: Path | None, database: str | None, as_json: bool, debug: bool) -> None:
    """Bank reconciliation and payment matching: statements in, proven postings and dunning triggers out."""
    session.configuration, session.database, session.debug = config, database, debug
    session.as_json = session.as_json or as_json


for module in (accounts, books, daily, authorize, review, approvals, debtor_changes, audit, learning, demo, simulate):
    for command in module.COMMANDS:
        cli.add_command(command)
guard(cli)


def run(arguments: Sequence[str] | None = None) -> int:
    """The command line as a function: prints, and returns the exit code."""
    session = Session()
    # Where the arguments themselves are wrong, the option may never have been read.
    session.as_json = "--json" in (sys.argv[1:] if arguments is None else arguments)
    try:
        result = cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="kontoklar",
            standalone_mode=False,
            obj=session,
        )
    except click.ClickException as wrong:
        return _fail(session, wrong.format_message(), USAGE, usage=wrong)
    except KontoklarError as refused:
        return _fail(session, str(refused), refused.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _fail(session, "stopped; what was committed stays, the rest is done by the next run", 130)
    except Exception as unexpected:
        return _fail(session, _unexpected(session, unexpected), BROKEN)
    return result if isinstance(result, int) else 0


def _fail(session: Session, message: str, code: int, usage: click.ClickException | None = None) -> int:
    """One clear line on stderr, and with ``--json`` the object on stdout as well."""
    session.report.error, session.report.error_code = message, code
    if session.as_json:
        session.report.show(as_json=True)
    if usage is not None:
        usage.show(file=sys.stderr)
    else:
        stderr.print(f"kontoklar: {message}", markup=False, soft_wrap=True)
    return code


def _unexpected(session: Session, error: Exception) -> str:
    """A message without the error's own text, which may hold data of people; the reference tells errors apart."""
    if session.debug:
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    reference = derive("crash", type(error).__name__, *(f"{Path(f.filename).name}:{f.name}" for f in frames))[:8]
    return (
        f"unexpected {type(error).__name__} at {place} (reference {reference}); nothing half-done was kept. "
        "Run again with --debug before the command to see the traceback"
    )


def main() -> None:
    """Entry point of the installed command."""
    sys.exit(run())


if __name__ == "__main__":
    main()
