"""``debtor search|show|statement|history|blocks``: debtors and their accounts, for reading."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from pipelines.commands.report import grid, plain, records, stdout
from pipelines.commands.session import Day, Session, as_of_option, shared
from pipelines.errors import ConfigurationError
from pipelines.ports.debtors import CRITERIA

# Narrow enough for a terminal of 80 signs; --json has everything.
_HITS = ("debtor", "name", "balance", "due", "oldest_due", "iban")
_ACCOUNTS = ("invoice", "due_date", "status", "debit", "credit", "balance", "level")
_LINES = ("day", "no", "kind", "invoice", "debit", "credit", "balance")
_PERIOD = (
    click.option("--to", "last", type=Day(), metavar="DATE", help="Last day."),
    click.option("--from", "first", type=Day(), metavar="DATE", help="First day."),
)
DEBTOR = click.argument("debtor", metavar="DEBTOR")


def period(command: Any) -> Any:
    """``--from`` and ``--to``."""
    for option in _PERIOD:
        command = option(command)
    return command


@click.group()
def debtor() -> None:
    """Debtors. DEBTOR is a customer number, the id, the beginning of the id, or the external id."""


def _criteria(command: Any) -> Any:
    for name in reversed(CRITERIA):
        command = click.option(f"--{name}", name.replace("-", "_"), metavar="VALUE", help=_HELP.get(name, ""))(command)
    return command


_HELP = {
    "name": "Words of the name or an alias; beginnings and typing errors are forgiven.",
    "iban": "A whole IBAN, however it was learned.",
    "invoice": "An invoice number.",
    "tag": "A tag.",
    "id": "The debtor's id or the beginning of it.",
}


@debtor.command()
@_criteria
@period
@click.option(
    "--sort",
    default="number",
    metavar="COLUMN",
    help="number, name, balance, due, oldest-due, items-open; -name descends.",
)
@as_of_option
@shared
@click.pass_obj
def search(
    session: Session, /, first: date | None, last: date | None, sort: str, as_of: date, **criteria: str | None
) -> None:
    """Find debtors by up to three criteria that all hold, and by days with an invoice or a payment."""
    from pipelines.debtors.search import Query

    if first is not None and last is not None and last < first:
        raise click.UsageError("--to lies before --from")
    with session.command("debtor search") as (app, report):
        given = {name.replace("_", "-"): value for name, value in criteria.items() if value is not None}
        rows = app.inquiries.debtors.search(Query(given, first, last, sort), as_of)
        report.counts = {"debtors": len({row["debtor_id"] for row in rows})}
        report.more["items"] = rows
        if not session.as_json:
            shown = [
                {
                    **row,
                    "debtor": row["debtor_number"],
                    "name": _cut(row["name"], 24),
                    "balance": f"{row['balance']} {_unless_euro(row['currency'])}".rstrip(),
                    "iban": _more(row["ibans"]),
                }
                for row in rows
            ]
            stdout.print(records(shown, _HITS))


@debtor.command()
@DEBTOR
@as_of_option
@shared
@click.pass_obj
def show(session: Session, debtor: str, as_of: date) -> None:
    """Who a debtor is, the debtor account, its transaction accounts, and what is blocked; IBANs masked."""
    with session.command("debtor show") as (app, report):
        story = app.inquiries.debtors.show(debtor, as_of)
        report.more.update(story)
        if not session.as_json:
            facts = [
                (name.replace("_", " "), plain(_joined(value))) for name, value in story["debtor"].items() if value
            ]
            stdout.print(grid(facts, right=False))
            story = {**story, "ibans": [_iban_row(row) for row in story["ibans"]],
                     "accounts": [_account_row(row) for row in story["accounts"]]}  # fmt: skip
            for part, columns in (
                ("ibans", ("iban", "origin", "since", "payments", "by", "blocked")),
                ("totals", ("currency", "debit", "credit", "balance", "due", "provisional", "on_account")),
                ("accounts", _ACCOUNTS),
                ("blocks", ("kind", "masked", "until", "by")),
            ):
                if story[part]:
                    stdout.print(records(story[part], columns, title=part))


def _cut(text: str, signs: int) -> str:
    return text if len(text) <= signs else text[: signs - 1] + "…"


def _unless_euro(currency: str) -> str:
    return "" if currency == "EUR" else currency


def _more(joined: str) -> str:
    """The first of a list, and how many more."""
    first, *rest = joined.split("|")
    return f"{first} +{len(rest)}" if rest else first


def _iban_row(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "since": row["since"][:10], "blocked": "yes" if row["blocked"] else ""}


def _account_row(row: dict[str, Any]) -> dict[str, Any]:
    parts = [row["status"], row["status_reason"], row["provisional_until"] and f"(until {row['provisional_until']})"]
    return {
        **row,
        "invoice": row["invoice_number"],
        "status": " ".join(part for part in parts if part),
        "level": row["dunning_level"] or "",
    }


def _statement_row(row: dict[str, str]) -> dict[str, str]:
    balance = f"{row['balance']} {_unless_euro(row['currency'])}".rstrip()
    kind = " ".join(part for part in (row["kind"], row["note"]) if part)
    return {**row, "no": row["posting_number"], "invoice": row["invoice_number"], "kind": kind, "balance": balance}


def _joined(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@debtor.command()
@DEBTOR
@period
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=".csv, .parquet or .pdf.")
@as_of_option
@shared
@click.pass_obj
def statement(
    session: Session, debtor: str, first: date | None, last: date | None, out: Path | None, as_of: date
) -> None:
    """Statement of account: every line with the balance after it; with --from the balance is carried forward."""
    if first is not None and last is not None and last < first:
        raise click.UsageError("--to lies before --from")
    with session.command("debtor statement") as (app, report):
        asked = app.inquiries.debtors
        if out is not None and out.suffix.lower() not in (".csv", ".parquet", ".pdf"):
            raise ConfigurationError(f"{out.name} must end in .csv, .parquet or .pdf")
        if out is not None and out.suffix.lower() == ".pdf":
            if not out.parent.is_dir():
                raise ConfigurationError(f"the folder {out.parent} does not exist")
            out.write_bytes(asked.statement_pdf(debtor, as_of, first, last))
            report.more["out"] = str(out)
            return
        rows = asked.statement_rows(debtor, as_of, first, last)
        report.counts = {"lines": len(rows)}
        if out is not None:
            from pipelines.debtors.statement import COLUMNS
            from pipelines.table_out import NUMBER, write_table

            cells = (
                [
                    (int(row[one.name]) if row[one.name] else None) if one.kind == NUMBER else row[one.name]
                    for one in COLUMNS
                ]
                for row in rows
            )
            write_table(out, COLUMNS, cells)
            report.more["out"] = str(out)
            return
        report.more["items"] = rows
        if not session.as_json:
            stdout.print(records([_statement_row(row) for row in rows], _LINES))


@debtor.command()
@DEBTOR
@shared
@click.pass_obj
def history(session: Session, debtor: str) -> None:
    """Every change of what is known about a debtor: who, when, what, why."""
    with session.command("debtor history") as (app, report):
        rows = app.inquiries.debtors.history(debtor)
        report.counts = {"changes": len(rows)}
        report.more["items"] = rows
        if not session.as_json:
            shown = [{**row, "at": row["at"][:16], "message": row["reason"]} for row in rows]
            stdout.print(records(shown, ("at", "user", "debtor_number", "what", "action", "value", "message")))


@debtor.command()
@as_of_option
@shared
@click.pass_obj
def blocks(session: Session, as_of: date) -> None:
    """The blocklist as it holds on a day, masked."""
    with session.command("debtor blocks") as (app, report):
        rows = app.inquiries.debtors.blocks(as_of)
        report.counts = {"blocks": len(rows)}
        report.more["items"] = rows
        if not session.as_json:
            shown = [{**row, "since": row["at"][:10], "message": row["reason"]} for row in rows]
            stdout.print(records(shown, ("kind", "masked", "debtor_number", "until", "user", "since", "message")))


COMMANDS = (debtor,)
