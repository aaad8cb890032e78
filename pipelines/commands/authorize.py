"""``authorize``: consent or a TAN for a source, given at the terminal."""

from __future__ import annotations

from datetime import date

import click

from pipelines.commands.report import records, stdout
from pipelines.commands.session import Session, as_of_option, shared
from pipelines.commands.terminal import Terminal
from pipelines.operator_view import masked
from pipelines.ports.access import AccountAccess

_COLUMNS = ("account", "state", "reason", "consent_until")


@click.command()
@click.argument("source")
@as_of_option
@shared
@click.pass_obj
def authorize(session: Session, source: str, as_of: date) -> None:
    """Give consent or a TAN for SOURCE, and pull what it delivers thereby."""
    with session.command("authorize", bars=False) as (app, report), Terminal() as terminal:
        step = app.authorize(source, terminal, as_of)
        report.add(step)
        rows = [_row(fact) for fact in step.access if fact.account]
        if rows and not session.as_json:
            stdout.print(records(rows, _COLUMNS))


def _row(fact: AccountAccess) -> dict[str, str]:
    until = "" if fact.consent_until is None else fact.consent_until.isoformat()
    return {"account": masked(fact.account), "state": fact.state.value, "reason": fact.code, "consent_until": until}


COMMANDS = (authorize,)
