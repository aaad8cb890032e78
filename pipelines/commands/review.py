"""``review``: an analyst's decisions on what waits (CONTRACT). Every decision names who and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pipelines.commands import operations
from pipelines.commands.books import tell
from pipelines.commands.report import records, stdout
from pipelines.commands.session import Session, as_of_option, shared, user_options
from pipelines.errors import ConfigurationError
from pipelines.model.money import format_minor

if TYPE_CHECKING:
    from pipelines.app import Kontoklar
    from pipelines.review import Decided, Part, ReviewDesk

_TRANSACTION = click.argument("transaction", metavar="TRANSACTION")
_RANK = click.option("--rank", default=1, type=click.IntRange(min=1), help="Which proposal; 1 is the best.")
_COLUMNS = ("id", "days", "open", "counterparty", "invoices", "reason")


class Desk(NamedTuple):
    """The review desk with the application it stands in."""

    app: Kontoklar
    operations: ReviewDesk

    def part(self, transaction_id: str, invoice: str, debtor: str, amount: str | None) -> Part:
        """A share of a payment; the amount is read in the currency of the payment."""
        from pipelines.amounts import AmountError, parse_amount
        from pipelines.review import Part

        if amount is None:
            return Part(invoice, debtor)
        try:
            mark = "," if "," in amount else "."
            return Part(
                invoice, debtor, parse_amount(amount, self.app.inquiries.currency_of(transaction_id), decimal_mark=mark)
            )
        except AmountError as wrong:
            raise ConfigurationError(str(wrong)) from None


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
        story = app.inquiries.explain(transaction)
        report.more.update(story)
        if not session.as_json:
            tell(story)


def _decide(
    session: Session, command: str, as_of: date, transaction: str, decision: Callable[[Desk, str], Decided]
) -> None:
    """Runs one decision at the review desk and reports what it did."""
    with session.command(f"review {command}") as (app, report):
        decided = decision(Desk(app, app.review_desk(as_of)), app.inquiries.find_transaction(transaction))
        report.counts = {"entries": decided.entries}
        report.more["decision_id"] = decided.decision_id
        report.more["transaction_id"] = decided.transaction_id
        report.more["unallocated"] = format_minor(decided.rest_minor, decided.currency)
        if decided.request_id:
            report.counts["waiting_for_approval"] = 1
            report.more["request_id"] = decided.request_id
        if not session.as_json and decided.request_id:
            told = f"{command}: waits for a second person; kontoklar review approve {decided.request_id[:8]}"
            stdout.print(told, markup=False)
        elif not session.as_json:
            stdout.print(f"{command}: {decided.transaction_id}, unallocated {report.more['unallocated']}", markup=False)


@review.command()
@_TRANSACTION
@_RANK
@user_options
@as_of_option
@shared
@click.pass_obj
def accept(session: Session, transaction: str, rank: int, user: str, reason: str, as_of: date) -> None:
    """Post one of the proposals as it stands."""
    _decide(
        session,
        "accept",
        as_of,
        transaction,
        lambda desk, id_: desk.operations.accept(id_, user=user, reason=reason, rank=rank),
    )


@review.command()
@_TRANSACTION
@_RANK
@user_options
@as_of_option
@shared
@click.pass_obj
def reject(session: Session, transaction: str, rank: int, user: str, reason: str, as_of: date) -> None:
    """Refuse a proposal; it is never posted automatically for this transaction."""
    _decide(
        session,
        "reject",
        as_of,
        transaction,
        lambda desk, id_: desk.operations.reject(id_, user=user, reason=reason, rank=rank),
    )


@review.command()
@_TRANSACTION
@click.option("--invoice", default="", metavar="NUMBER", help="The invoice it pays (or, for a return, takes back).")
@click.option("--debtor", default="", metavar="NUMBER", help="Instead: the debtor on whose account it stays.")
@click.option("--amount", metavar="AMOUNT", help="How much of it; default: all that the invoice owes.")
@user_options
@as_of_option
@shared
@click.pass_obj
def assign(
    session: Session,
    transaction: str,
    invoice: str,
    debtor: str,
    amount: str | None,
    user: str,
    reason: str,
    as_of: date,
) -> None:
    """Put a payment on an invoice or on a debtor's account."""
    if bool(invoice) == bool(debtor):
        raise click.UsageError("name either --invoice or --debtor")
    _decide(
        session,
        "assign",
        as_of,
        transaction,
        lambda desk, id_: desk.operations.assign(
            id_, desk.part(id_, invoice, debtor, amount), user=user, reason=reason
        ),
    )


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
@user_options
@as_of_option
@shared
@click.pass_obj
def split(session: Session, transaction: str, parts: tuple[str, ...], user: str, reason: str, as_of: date) -> None:
    """Divide a payment over several invoices or accounts; the rest stays unallocated."""

    def decide(desk: Desk, id_: str) -> Decided:
        divided = []
        for text in parts:
            target, _, amount = text.partition("=")
            invoice, debtor = ("", target[1:]) if target.startswith("@") else (target, "")
            divided.append(desk.part(id_, invoice, debtor, amount or None))
        return desk.operations.split(id_, divided, user=user, reason=reason)

    _decide(session, "split", as_of, transaction, decide)


def _plain(name: str, what: str) -> click.Command:
    """A decision that needs nothing but the transaction, who and why."""

    @_TRANSACTION
    @user_options
    @as_of_option
    @shared
    @click.pass_obj
    def command(session: Session, transaction: str, user: str, reason: str, as_of: date) -> None:
        _decide(
            session,
            name,
            as_of,
            transaction,
            lambda desk, id_: getattr(desk.operations, name)(id_, user=user, reason=reason),
        )

    command.__doc__ = what
    return click.command(name)(command)


@click.command()
@click.argument("transaction", metavar="[TRANSACTION]", default="")
@click.option("--decision", default="", metavar="ID", help="Instead: take this one decision back.")
@operations.options
@click.pass_obj
def undo(session: Session, /, transaction: str, decision: str, as_of: date, preview: bool, **told: Any) -> None:
    """Take every allocation of a payment back by reversal, or one decision."""
    from pipelines.review import Undo

    operations.perform(
        session,
        as_of,
        preview,
        lambda app: Undo(
            transaction_id=app.inquiries.find_transaction(transaction) if transaction else "",
            decision_id=decision,
            **told,
        ),
    )


for _command in (
    _plain("confirm", "Say that a posted payment is right; takes it off the list of those drawn for checking."),
    _plain("hold", "Keep a transaction out of matching until it is released."),
    _plain("release", "Let a held transaction be matched again."),
    undo,
    *operations.COMMANDS,
):
    review.add_command(_command)

COMMANDS = (review,)
