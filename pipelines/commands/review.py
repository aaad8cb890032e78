"""``review``: an analyst's decisions on what waits (CONTRACT). Every decision names who and why."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands import operations
from pipelines.commands.books import tell
from pipelines.commands.report import records, stdout
from pipelines.commands.session import Session, as_of_option, shared, today

if TYPE_CHECKING:
    from pipelines.app import Kontoklar
    from pipelines.operations.commands import Command, Part

_TRANSACTION = click.argument("transaction", metavar="TRANSACTION")
_RANK = click.option("--rank", default=1, type=click.IntRange(min=1), help="Which proposal; 1 is the best.")
_COLUMNS = ("id", "days", "open", "counterparty", "invoices", "reason")


@click.group()
def review() -> None:
    """What waits for a person, and what a person decides. TRANSACTION may be the beginning of an id."""


@review.command("list")
@click.option("--limit", default=50, type=click.IntRange(min=1), help="How many to show; the oldest first.")
@as_of_option
@shared
@click.pass_obj
def list_(session: Session, limit: int, as_of: date) -> None:
    """What waits, the oldest first: payments with proposals, unexplained ones, unclear returns.

    Then the automatic posts that were drawn for checking (audit)."""
    with session.command("review list") as (app, report):
        queue = app.inquiries.review_queue(as_of)
        audits = app.inquiries.audit_queue(as_of)
        report.counts = {"waiting": len(queue), "audit": len(audits)}
        queue += audits
        report.more["items"] = queue[:limit]
        if not session.as_json:
            # The beginning of an id names it as well.
            rows = [{**row, "id": row["transaction_id"][:8], "open": row["unallocated"]} for row in queue[:limit]]
            stdout.print(records(rows, _COLUMNS))


@review.command()
@_TRANSACTION
@shared
@click.pass_obj
def show(session: Session, transaction: str) -> None:
    """One transaction with its proposals, their evidence and what was decided so far."""
    with session.command("review show") as (app, report):
        story = {**app.inquiries.explain(transaction)}
        story |= app.schoolroom.lessons.explain(story, today())
        report.more.update(story)
        if not session.as_json:
            tell(story)


@review.command()
@_TRANSACTION
@_RANK
@operations.options
@click.pass_obj
def accept(session: Session, /, transaction: str, as_of: date, preview: bool, **told: Any) -> None:
    """Post one of the proposals as it stands."""
    from pipelines.review import Accept

    operations.perform(session, as_of, preview, lambda app: Accept(transaction_id=_find(app, transaction), **told))


@review.command()
@_TRANSACTION
@_RANK
@operations.options
@click.pass_obj
def reject(session: Session, /, transaction: str, as_of: date, preview: bool, **told: Any) -> None:
    """Refuse a proposal; it is never posted automatically for this transaction."""
    from pipelines.review import Reject

    operations.perform(session, as_of, preview, lambda app: Reject(transaction_id=_find(app, transaction), **told))


@review.command()
@_TRANSACTION
@click.option("--invoice", default="", metavar="NUMBER", help="The invoice it pays (or, for a return, takes back).")
@click.option("--debtor", default="", metavar="NUMBER", help="Instead: the debtor on whose account it stays.")
@click.option("--by-law", is_flag=True, help="With --debtor: first the debtor's claims, as BGB §§366, 367 say.")
@click.option("--amount", metavar="AMOUNT", help="How much of it; default: all that the invoice owes.")
@operations.options
@click.pass_obj
def assign(
    session: Session,
    /,
    transaction: str,
    invoice: str,
    debtor: str,
    by_law: bool,
    amount: str | None,
    as_of: date,
    preview: bool,
    **told: Any,
) -> None:
    """Put a payment on an invoice, on a debtor's account, or on a debtor's claims by law."""
    if bool(invoice) == bool(debtor):
        raise click.UsageError("name either --invoice or --debtor")
    if by_law and (invoice or amount):
        raise click.UsageError("--by-law goes with --debtor and takes the whole payment")
    from pipelines.review import Assign, ByLaw

    def make(app: Kontoklar) -> Command:
        key = _find(app, transaction)
        if by_law:
            return ByLaw(transaction_id=key, debtor_number=debtor, **told)
        return Assign(transaction_id=key, part=_part(app, key, invoice, debtor, amount), **told)

    operations.perform(session, as_of, preview, make)


@review.command()
@_TRANSACTION
@click.option(
    "--part",
    "parts",
    multiple=True,
    required=True,
    metavar="INVOICE[=AMOUNT]",
    help="An invoice and how much of the payment it gets; @DEBTOR[=AMOUNT] for a debtor's account; repeat it.",
)
@operations.options
@click.pass_obj
def split(
    session: Session, /, transaction: str, parts: tuple[str, ...], as_of: date, preview: bool, **told: Any
) -> None:
    """Divide a payment over several invoices or accounts; the rest stays unallocated."""
    from pipelines.review import Split

    def make(app: Kontoklar) -> Command:
        key = _find(app, transaction)
        divided = []
        for text in parts:
            target, _, amount = text.partition("=")
            invoice, debtor = ("", target[1:]) if target.startswith("@") else (target, "")
            divided.append(_part(app, key, invoice, debtor, amount or None))
        return Split(transaction_id=key, parts=tuple(divided), **told)

    operations.perform(session, as_of, preview, make)


@review.command()
@_TRANSACTION
@operations.options
@click.pass_obj
def confirm(session: Session, /, transaction: str, as_of: date, preview: bool, **told: Any) -> None:
    """Say that a posted payment is right; takes it off the list of those drawn for checking."""
    from pipelines.review import Confirm

    operations.perform(session, as_of, preview, lambda app: Confirm(transaction_id=_find(app, transaction), **told))


@review.command()
@_TRANSACTION
@operations.options
@click.pass_obj
def hold(session: Session, /, transaction: str, as_of: date, preview: bool, **told: Any) -> None:
    """Keep a transaction out of matching until it is released."""
    from pipelines.review import Hold

    operations.perform(session, as_of, preview, lambda app: Hold(transaction_id=_find(app, transaction), **told))


@review.command()
@_TRANSACTION
@operations.options
@click.pass_obj
def release(session: Session, /, transaction: str, as_of: date, preview: bool, **told: Any) -> None:
    """Let a held transaction be matched again."""
    from pipelines.review import Release

    operations.perform(session, as_of, preview, lambda app: Release(transaction_id=_find(app, transaction), **told))


@review.command()
@click.argument("transaction", metavar="[TRANSACTION]", default="")
@click.option(
    "--decision",
    default="",
    metavar="ID",
    help="Instead: take this one decision back; the beginning of its id is enough.",
)
@operations.options
@click.pass_obj
def undo(session: Session, /, transaction: str, decision: str, as_of: date, preview: bool, **told: Any) -> None:
    """Take every allocation of a payment back by reversal, or one decision."""
    from pipelines.review import Undo

    def make(app: Kontoklar) -> Command:
        key = _find(app, transaction) if transaction else ""
        whole = app.inquiries.find_decision(decision) if decision else ""
        return Undo(transaction_id=key, decision_id=whole, **told)

    operations.perform(session, as_of, preview, make)


def _find(app: Kontoklar, transaction: str) -> str:
    return app.inquiries.find_transaction(transaction)


def _part(app: Kontoklar, transaction_id: str, invoice: str, debtor: str, amount: str | None) -> Part:
    """A share of a payment; the amount is read in the currency of the payment."""
    from pipelines.operations.commands import Part

    if amount is None:
        return Part(invoice, debtor)
    return Part(invoice, debtor, operations.minor(amount, app.inquiries.currency_of(transaction_id)))


for _command in operations.COMMANDS:
    review.add_command(_command)

COMMANDS = (review,)
