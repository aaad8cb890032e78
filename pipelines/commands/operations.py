"""``review rebook|refund|credit|writeoff …``: an analyst's operations on money and claims (CONTRACT).

Each takes who and why, ``--preview`` to see what it would do, ``--seen`` to insist on the version that was seen, and
``--command-id`` so that a repeated call changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipelines.commands.report import records, stdout
from pipelines.commands.session import Session, as_of_option, shared, user_options
from pipelines.errors import ConfigurationError
from pipelines.model.money import format_minor

if TYPE_CHECKING:
    from pipelines.app import Kontoklar
    from pipelines.commands.report import Report
    from pipelines.operations.commands import Command, Position
    from pipelines.review import Decided, Preview

F = TypeVar("F", bound=Callable[..., Any])
_AMOUNT = click.option("--amount", metavar="AMOUNT", help="How much; default: all there is.")


def options(command: F) -> F:
    """What every operation takes besides its own."""
    for option in (
        shared,
        as_of_option,
        user_options,
        click.option("--command-id", default="", metavar="ID", help="Your own id: the same one twice is done once."),
        click.option("--seen", default="", metavar="VERSION", help="Refuse unless this version is still the present."),
        click.option("--preview", is_flag=True, help="Show what it would do; nothing is written."),
    ):
        command = option(command)
    return command


def minor(text: str | None, currency: str = "EUR") -> int | None:
    """An amount as typed, in minor units; None when it was left out."""
    from pipelines.amounts import AmountError, typed_amount

    if text is None:
        return None
    try:
        return typed_amount(text, currency)
    except AmountError as wrong:
        raise ConfigurationError(f"{wrong}; write amounts as 1190.00 or 1190,00.") from None


def currency_of(app: Kontoklar, *, invoice: str = "", debtor: str = "") -> str:
    """The currency of an invoice, or of a debtor's credit; EUR where nothing is known, which the desk then refuses."""
    with app.books.read() as work:
        item = work.journal.open_items([invoice]).get(invoice) if invoice else None
        if item is not None:
            return item.currency
        pools = work.operations.pools(debtor) if debtor else []
    currencies = {pool.currency for pool in pools}
    return currencies.pop() if len(currencies) == 1 else "EUR"


def _of(app: Kontoklar, transaction: str, amount: str | None) -> int | None:
    """An amount in the currency of a payment."""
    return minor(amount, app.inquiries.currency_of(app.inquiries.find_transaction(transaction)))


def rate(text: str | None) -> int | None:
    """A tax rate in percent, in basis points; None when it was left out."""
    if text is None:
        return None
    try:
        value = Decimal(text.replace(",", ".")) * 100
    except InvalidOperation:
        raise ConfigurationError(f"{text!r} is not a tax rate in percent.") from None
    if value != value.to_integral_value() or not 0 <= value < 10000:
        raise ConfigurationError(f"{text!r} is not a tax rate in percent.")
    return int(value)


def perform(session: Session, as_of: date, preview: bool, make: Callable[[Kontoklar], Command]) -> None:
    """Previews or applies one command and reports it."""
    with session.command("review") as (app, report):
        command = make(app)
        report.command = f"review {command.name.replace('_', '-')}"
        desk = app.review_desk(as_of)
        if preview:
            show(session, report, desk.preview(command))
        else:
            told(session, report, desk.apply(command))


def show(session: Session, report: Report, preview: Preview) -> None:
    """Old balance, change and new balance of everything touched, the entries, and the version that was seen."""
    currency = preview.currency
    report.counts = {"entries": len(preview.entries)}
    rows = [
        {
            "what": one.what,
            "key": one.key,
            "debtor": one.debtor_number,
            "old": format_minor(one.old_minor, one.currency),
            "change": format_minor(one.change_minor, one.currency),
            "new": format_minor(one.new_minor, one.currency),
            "dunning": one.dunning,
        }
        for one in preview.balances
    ]
    lines = [
        {
            "entry": place,
            "account": line.account,
            "debtor": line.debtor_number,
            "invoice": line.invoice_number,
            "debit": format_minor(line.debit_minor, line.currency),
            "credit": format_minor(line.credit_minor, line.currency),
        }
        for place, entry in enumerate(preview.entries, 1)
        for line in entry.lines
    ]
    report.more |= {
        "preview": True, "amount": format_minor(preview.amount_minor, currency), "currency": currency,
        "balances": rows, "lines": lines, "seen": preview.seen, "needs_approval": preview.needs_approval,
        "notes": list(preview.notes),
    }  # fmt: skip
    if session.as_json:
        return
    stdout.print(records(rows, ("what", "key", "old", "change", "new", "dunning")))
    stdout.print(records(lines, ("entry", "account", "debtor", "invoice", "debit", "credit")))
    for note in (*preview.notes, *([f"a second person: {preview.needs_approval}"] if preview.needs_approval else [])):
        stdout.print(note, markup=False)
    stdout.print(f"seen {preview.seen}", markup=False)


def told(session: Session, report: Report, decided: Decided) -> None:
    """What a decision did, and its id."""
    report.counts = {"entries": decided.entries}
    report.more |= {
        "decision_id": decided.decision_id,
        "transaction_id": decided.transaction_id,
        "amount": format_minor(decided.amount_minor, decided.currency),
        "unallocated": format_minor(decided.rest_minor, decided.currency),
        "again": decided.again,
    }
    if decided.request_id:
        report.counts["waiting_for_approval"] = 1
        report.more["request_id"] = decided.request_id
    if session.as_json:
        return
    if decided.request_id:
        text = f"waits for a second person; kontoklar review approve {decided.request_id[:8]}"
    else:
        text = f"{report.more['amount']} {decided.currency}, decision {decided.decision_id}"
    stdout.print(f"{decided.command}: {text}", markup=False)


@click.command()
@click.option("--from-debtor", default="", metavar="NUMBER", help="The debtor whose credit it is.")
@click.option("--from-invoice", default="", metavar="NUMBER", help="Instead: a cancelled or overpaid invoice.")
@click.option("--to-invoice", default="", metavar="NUMBER", help="The open claim it pays.")
@click.option("--to-debtor", default="", metavar="NUMBER", help="Instead: another debtor's account.")
@click.option("--by-law", is_flag=True, help="Instead: the debtor's own claims, in the order of BGB §§366, 367.")
@_AMOUNT
@options
@click.pass_obj
def rebook(session: Session, /, as_of: date, preview: bool, amount: str | None, **told: Any) -> None:
    """Move credit to an open claim or another account; another debtor's needs a second person."""
    from pipelines.review import Rebook

    perform(
        session,
        as_of,
        preview,
        lambda app: Rebook(
            amount_minor=minor(
                amount, currency_of(app, invoice=str(told["from_invoice"]), debtor=str(told["from_debtor"]))
            ),
            **told,
        ),
    )


@click.command()
@click.option("--debtor", "debtor_number", default="", metavar="NUMBER", help="The debtor whose credit it is.")
@click.option("--invoice", "invoice_number", default="", metavar="NUMBER", help="Instead: a cancelled or overpaid one.")
@click.option("--iban", default="", metavar="IBAN", help="Where to; default: the account it came from.")
@click.option("--override", is_flag=True, help="Although it is provisional, unknown or blocked; needs a second person.")
@_AMOUNT
@options
@click.pass_obj
def refund(session: Session, /, as_of: date, preview: bool, amount: str | None, **told: Any) -> None:
    """Send money back and write the payment file (pain.001) for the bank."""
    from pipelines.review import Refund

    perform(
        session,
        as_of,
        preview,
        lambda app: Refund(
            amount_minor=minor(
                amount, currency_of(app, invoice=str(told["invoice_number"]), debtor=str(told["debtor_number"]))
            ),
            **told,
        ),
    )


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; default: as configured.")
@as_of_option
@shared
@click.pass_obj
def payments(session: Session, out: Path | None, as_of: date) -> None:
    """Write the payment files of ordered refunds, each once."""
    from pipelines.usecases.payment_files import write_payment_files

    with session.command("review payments") as (app, report):
        written = write_payment_files(app.books, out or app.settings.payments, as_of)
        report.counts = {"files": len(written)}
        report.more["files"] = [str(path) for path in written]
        if not session.as_json:
            for path in written:
                stdout.print(str(path), markup=False, soft_wrap=True)


@click.command()
@click.argument("invoice", metavar="INVOICE")
@click.option(
    "--position", "positions", multiple=True, metavar="AMOUNT[@RATE][:TEXT]",
    help="A line, gross, with its tax rate in percent; repeat it. Default: all at the invoice's rate.",
)  # fmt: skip
@_AMOUNT
@options
@click.pass_obj
def credit(
    session: Session,
    /,
    as_of: date,
    preview: bool,
    invoice: str,
    positions: Sequence[str],
    amount: str | None,
    **told: Any,
) -> None:
    """Credit note on an invoice, or on part of it: the claim is lower, its VAT too."""
    from pipelines.review import Credit

    perform(
        session, as_of, preview,
        lambda app: Credit(
            invoice_number=invoice, amount_minor=minor(amount, currency_of(app, invoice=invoice)),
            positions=tuple(_position(one, currency_of(app, invoice=invoice)) for one in positions), **told
        ),
    )  # fmt: skip


def _position(text: str, currency: str) -> Position:
    from pipelines.operations.commands import Position

    figures, _, what = text.partition(":")
    gross, _, percent = figures.partition("@")
    return Position(minor(gross, currency) or 0, rate(percent or None), what)


@click.command()
@click.argument("invoice", metavar="INVOICE")
@_AMOUNT
@options
@click.pass_obj
def writeoff(session: Session, /, as_of: date, preview: bool, invoice: str, amount: str | None, **told: Any) -> None:
    """Write off what an invoice owes, or part of it; the claim remains, VAT is corrected."""
    from pipelines.review import WriteOff

    perform(
        session,
        as_of,
        preview,
        lambda app: WriteOff(
            invoice_number=invoice, amount_minor=minor(amount, currency_of(app, invoice=invoice)), **told
        ),
    )


@click.command("small-difference")
@click.option("--invoice", "invoice_number", default="", metavar="NUMBER", help="An invoice that lacks a little.")
@click.option("--debtor", "debtor_number", default="", metavar="NUMBER", help="Instead: a debtor with a little credit.")
@options
@click.pass_obj
def small_difference(session: Session, /, as_of: date, preview: bool, **told: Any) -> None:
    """Clear a small rest within the limits per item and per debtor and year."""
    from pipelines.review import SmallDifference

    perform(session, as_of, preview, lambda app: SmallDifference(**told))


@click.command()
@click.argument("invoice", metavar="INVOICE")
@click.option("--kind", required=True, metavar="KIND", help="return_debit_fee, dunning_fee, default_interest …")
@click.option("--amount", required=True, metavar="AMOUNT", help="What is charged.")
@options
@click.pass_obj
def charge(session: Session, /, as_of: date, preview: bool, invoice: str, amount: str, **told: Any) -> None:
    """Charge a fee or interest on an invoice: a claim of its own, without VAT."""
    from pipelines.review import Charge

    perform(
        session, as_of, preview, lambda app: Charge(
            invoice_number=invoice, amount_minor=minor(amount, currency_of(app, invoice=invoice)) or 0, **told
        )
    )  # fmt: skip


@click.command()
@click.argument("transaction", metavar="TRANSACTION")
@click.option("--gross", metavar="AMOUNT", help="What was paid to the service; the rest are its charges.")
@options
@click.pass_obj
def transit(session: Session, /, as_of: date, preview: bool, transaction: str, gross: str | None, **told: Any) -> None:
    """A payout of a payment service: against money in transit, its charges to ours."""
    from pipelines.review import Transit

    perform(
        session, as_of, preview,
        lambda app: Transit(
            transaction_id=app.inquiries.find_transaction(transaction), gross_minor=_of(app, transaction, gross), **told
        ),
    )  # fmt: skip


@click.command("on-account")
@click.argument("transaction", metavar="TRANSACTION")
@click.option("--debtor", "debtor_number", required=True, metavar="NUMBER", help="Whose account.")
@click.option("--prepayment", metavar="RATE", help="It is paid in advance: VAT at this rate in percent is due now.")
@_AMOUNT
@options
@click.pass_obj
def on_account(
    session: Session,
    /,
    as_of: date,
    preview: bool,
    transaction: str,
    prepayment: str | None,
    amount: str | None,
    **told: Any,
) -> None:
    """Keep a payment on a debtor's account, as credit or as an advance payment."""
    from pipelines.review import OnAccount

    perform(
        session, as_of, preview,
        lambda app: OnAccount(
            transaction_id=app.inquiries.find_transaction(transaction), amount_minor=_of(app, transaction, amount),
            prepayment_rate=rate(prepayment), **told,
        ),
    )  # fmt: skip


@click.command("by-law")
@click.argument("transaction", metavar="TRANSACTION")
@click.option("--debtor", "debtor_number", required=True, metavar="NUMBER", help="Whose claims it pays.")
@click.option("--named", multiple=True, metavar="INVOICE", help="What the payer designated, if not in the text.")
@options
@click.pass_obj
def by_law(session: Session, /, as_of: date, preview: bool, transaction: str, **told: Any) -> None:
    """Divide a payment over a debtor's open claims as BGB §§366, 367 say."""
    from pipelines.review import ByLaw

    perform(
        session, as_of, preview, lambda app: ByLaw(transaction_id=app.inquiries.find_transaction(transaction), **told)
    )  # fmt: skip


COMMANDS = (
    rebook, refund, payments, credit, writeoff, small_difference, charge, transit, on_account, by_law,
)  # fmt: skip
