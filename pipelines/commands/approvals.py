"""``review approvals|approve|refuse``: what waits for a second person (four eyes)."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from datetime import date

import click

from pipelines.commands.report import records, stdout
from pipelines.commands.review import review
from pipelines.commands.session import Session, as_of_option, shared, user_options
from pipelines.model.money import format_minor
from pipelines.ports.approvals import Request

_REQUEST = click.argument("request", metavar="ID")
_COLUMNS = ("id", "since", "command", "debtor", "amount", "user", "reason_text")


@review.command("approvals")
@as_of_option
@shared
@click.pass_obj
def list_(session: Session, as_of: date) -> None:
    """What waits for a second person, the oldest first."""
    with session.command("review approvals") as (app, report):
        rows = [row(request) for request in app.approval_desk(as_of).pending()]
        report.counts = {"waiting": len(rows)}
        report.more["items"] = rows
        if not session.as_json:
            shown = [
                {
                    **one,
                    "id": one["request_id"][:8],
                    "since": one["at"][:10],
                    "debtor": one["debtor_number"],
                    "reason_text": one["reason"],
                }
                for one in rows
            ]
            stdout.print(records(shown, _COLUMNS))


@review.command()
@_REQUEST
@user_options
@as_of_option
@shared
@click.pass_obj
def approve(session: Session, request: str, user: str, reason: str, as_of: date) -> None:
    """Release a request of somebody else: it is carried out now, exactly once."""
    with session.command("review approve") as (app, report):
        done = app.approval_desk(as_of).approve(request, user=user, reason=reason)
        report.counts = {"approved": 1}
        if is_dataclass(done) and not isinstance(done, type):
            report.more["result"] = asdict(done)
        if not session.as_json:
            stdout.print("approved and carried out", markup=False)


@review.command()
@_REQUEST
@user_options
@as_of_option
@shared
@click.pass_obj
def refuse(session: Session, request: str, user: str, reason: str, as_of: date) -> None:
    """Close a request without carrying it out; one's own may be taken back like this."""
    with session.command("review refuse") as (app, report):
        closed = app.approval_desk(as_of).refuse(request, user=user, reason=reason)
        report.counts = {"refused": 1}
        report.more["request_id"] = closed.request_id


COMMANDS = (review,)


def row(request: Request) -> dict[str, str]:
    """A request as people and programs read it."""
    return {
        "request_id": request.request_id,
        "at": request.at,
        "command": request.command,
        "subject": request.subject,
        "debtor_number": request.debtor_number,
        "amount": format_minor(request.amount_minor, request.currency),
        "currency": request.currency,
        "user": request.user,
        "reason": request.reason,
    }
