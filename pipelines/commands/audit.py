"""``audit list|anchor``: who did what, when and on whom; and the head of the trail to be kept outside."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from pipelines.anchor import write_anchor
from pipelines.commands.report import records, stdout
from pipelines.commands.session import Day, Session, instant, shared
from pipelines.errors import ConfigurationError
from pipelines.ports.audit import FILTERS
from pipelines.table_out import NUMBER, OutColumn, write_table

_SHOWN = ("no", "at", "user", "event", "debtor", "payment", "message")


@click.group()
def audit() -> None:
    """The hash-chained audit trail."""


@audit.command("list")
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    help="user, event, subject, debtor, transaction, sequence or comment; up to three; a * at the end for any rest.",
)
@click.option("--from", "first", type=Day(), metavar="DATE", help="First day.")
@click.option("--to", "last", type=Day(), metavar="DATE", help="Last day.")
@click.option("--limit", default=50, type=click.IntRange(min=1), help="How many to show; the newest ones.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="All of them, as .csv or .parquet."
)
@shared
@click.pass_obj
def list_(
    session: Session, filters: tuple[str, ...], first: date | None, last: date | None, limit: int, out: Path | None
) -> None:
    """Who, when, what, on which debtor and transaction, and the comment; in order."""
    wanted = {}
    for text in filters:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"--filter {text} must be NAME=VALUE")
        if name not in _FILTERS:
            raise click.UsageError(f"--filter {name} is unknown; known are {', '.join(_FILTERS)}")
        name = _FILTERS[name]
        if name in wanted:
            raise click.UsageError(f"--filter {name} is given twice")
        wanted[name] = value
    with session.command("audit list") as (app, report):
        rows = app.inquiries.audit(wanted, first, last)
        report.counts = {"events": len(rows)}
        if out is not None:
            if out.suffix.lower() not in (".csv", ".parquet"):
                raise ConfigurationError(f"{out.name} must end in .csv or .parquet")
            names = list(rows[0]) if rows else list(_EMPTY)
            columns = [OutColumn(name, NUMBER) if name == "sequence" else OutColumn(name) for name in names]
            cells = ([int(row[n]) if n == "sequence" else row[n] for n in names] for row in rows)
            write_table(out, columns, cells)
            report.more["out"] = str(out)
            return
        shown = rows[-limit:]
        report.more["items"] = shown
        if not session.as_json:
            cut = [
                {
                    **row,
                    "no": row["sequence"],
                    "at": row["at"][:16],
                    "debtor": row["debtor_number"],
                    "payment": row["transaction_id"][:8],
                    "message": row["comment"],
                }
                for row in shown
            ]
            stdout.print(records(cut, _SHOWN))


# What people type → the trail's own name for it, which is taken as well.
_FILTERS = {"debtor": "debtor_number", "transaction": "transaction_id"} | {name: name for name in FILTERS}
_EMPTY = ("sequence", "at", "user", "event", "subject", "debtor_number", "transaction_id", "comment", "hash")


@audit.command()
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Gets one more line."
)
@shared
@click.pass_obj
def anchor(session: Session, out: Path) -> None:
    """Note the head of the trail in FILE; keep it where nobody who can write the database can write."""
    with session.command("audit anchor") as (app, report):
        line = write_anchor(out, app.inquiries.audit_head(), instant())
        report.more["anchor"] = line.partition(" ")[2]
        report.more["out"] = str(out)
        if not session.as_json:
            stdout.print(line, markup=False, soft_wrap=True)


COMMANDS = (audit,)
