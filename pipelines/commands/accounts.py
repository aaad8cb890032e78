"""``accounts`` and ``pending``: how far each account is known, how it can be reached, and what is not booked yet."""

from __future__ import annotations

from datetime import date

import click

from pipelines.commands.report import records, stdout
from pipelines.commands.session import Session, as_of_option, shared

_ACCOUNTS = ("account", "currency", "proven_to", "told_to", "problems", "source", "access", "consent_until", "days")
_PENDING = ("account", "value_date", "amount", "currency", "counterparty", "remittance")


@click.command()
@as_of_option
@shared
@click.pass_obj
def accounts(session: Session, as_of: date) -> None:
    """How far each account is proven, how its source could last reach it, and how long the consent holds (days)."""
    with session.command("accounts") as (app, report):
        rows = app.inquiries.freshness(as_of)
        report.counts = {"accounts": len(rows)}
        report.more["accounts"] = rows
        if not session.as_json and rows:
            stdout.print(records([{**row, "problems": row["open"]} for row in rows], _ACCOUNTS))


@click.command()
@shared
@click.pass_obj
def pending(session: Session) -> None:
    """What the bank has announced and not booked yet, as last fetched; it is never matched or posted."""
    with session.command("pending") as (app, report):
        rows = app.pending()
        report.counts = {"pending": len(rows)}
        report.more["pending"] = rows
        if not session.as_json and rows:
            stdout.print(records(rows, _PENDING))


COMMANDS = (accounts, pending)
