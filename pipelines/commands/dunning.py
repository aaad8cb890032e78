"""``dunning plans|show|blocks|block|unblock|proposals|release|refuse|skip|repeat|set-level|next-date|…``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from pipelines.commands.report import grid, plain, records, stdout
from pipelines.commands.session import Day, Session, as_of_option, shared, user_options


@click.group()
def dunning() -> None:
    """Dunning plans, blocks, proposal lists, and steps by hand."""


@dunning.command()
@shared
@click.pass_obj
def plans(session: Session) -> None:
    """List the dunning plans and check them; a file with a mistake is refused with its place."""
    with session.command("dunning plans") as (app, report):
        known = app.dunning_plans
        rows = [
            {"plan": plan.name, "default": "yes" if plan is known.default else "", "level": number,
             "reason": reason, "days": level.delay_days, "action": level.action, "channel": level.channel,
             "template": level.template, "fee": f"{level.fee_cents / 100:.2f}" if level.fee_cents else "",
             "pay_within": level.deadline_days or "", "retry": "yes" if level.retry else "",
             "contract": level.contract and f"{level.contract}+{level.contract_after_days}"}
            for plan in known.by_name.values()
            for reason in ("overdue", "return_debit")
            for number, level in enumerate(plan.steps(returned=reason == "return_debit"), 1)
        ]  # fmt: skip
        warnings = [text for plan in known.by_name.values() for text in plan.warnings()]
        report.counts = {"plans": len(known.by_name), "warnings": len(warnings)}
        report.more["plans"], report.more["warnings"] = rows, warnings
        if not session.as_json:
            shown = [{**row, "reason": str(row["reason"]).replace("_debit", "")} for row in rows]
            stdout.print(records(shown, [name for name in rows[0] if any(row[name] for row in rows)]))
            for text in warnings:
                stdout.print(f"warning: {text}", markup=False)


@dunning.command()
@click.argument("invoice")
@as_of_option
@shared
@click.pass_obj
def show(session: Session, invoice: str, as_of: date) -> None:
    """Where an item stands in its plan, what holds it, what comes next and what people did."""
    with session.command("dunning show") as (app, report):
        told = app.dunning_desk(as_of).show(invoice)
        report.more.update(told)
        if not session.as_json:
            facts = [(name.replace("_", " "), plain(str(value))) for name, value in told.items() if value]
            stdout.print(grid(facts, right=False))


# --- blocks ---------------------------------------------------------------------------------------------------------


@dunning.command()
@as_of_option
@shared
@click.pass_obj
def blocks(session: Session, as_of: date) -> None:
    """The dunning blocks that stand."""
    with session.command("dunning blocks") as (app, report):
        rows = [
            {"block_id": one.block_id, "scope": one.scope.value, "key": one.key, "cause": one.cause.value,
             "until": one.until.isoformat() if one.until else "", "user": one.user, "reason": one.reason}
            for one in app.dunning_desk(as_of).blocks()
        ]  # fmt: skip
        report.counts = {"blocks": len(rows)}
        report.more["items"] = rows
        if not session.as_json and rows:
            stdout.print(records(rows, ("scope", "key", "cause", "until", "user", "reason")))


def _target_options(command: Any) -> Any:
    for option in (
        click.option("--claim", default="", metavar="INVOICE", help="An invoice with its fees and interest."),
        click.option("--invoice", default="", metavar="INVOICE", help="This item alone."),
        click.option("--debtor", default="", metavar="DEBTOR", help="All of a debtor."),
    ):
        command = option(command)
    return command


def _target(debtor: str, invoice: str, claim: str) -> Any:
    from pipelines.model.dunning_case import BlockScope

    given = [
        (scope, key)
        for scope, key in ((BlockScope.DEBTOR, debtor), (BlockScope.ITEM, invoice), (BlockScope.CLAIM, claim))
        if key
    ]
    if len(given) != 1:
        raise click.UsageError("name one of --debtor, --invoice and --claim")
    return given[0]


@dunning.command()
@_target_options
@click.option(
    "--cause",
    type=click.Choice(["dispute", "promise", "instalments", "insolvency", "deceased", "other"]),
    default="other",
    help="Shown as the hold's reason.",
)
@click.option("--until", type=Day(), metavar="DATE", help="Last blocked day; default: until it is taken back.")
@user_options
@as_of_option
@shared
@click.pass_obj
def block(
    session: Session,
    debtor: str,
    invoice: str,
    claim: str,
    cause: str,
    until: date | None,
    user: str,
    reason: str,
    as_of: date,
) -> None:
    """Rest dunning of a debtor, an item, or a claim; what is ready and not sent is held at once."""
    from pipelines.model.dunning_case import BlockCause

    scope, key = _target(debtor, invoice, claim)
    with session.command("dunning block") as (app, report):
        desk = app.dunning_desk(as_of)
        report.more["block_id"] = desk.block(scope, key, BlockCause(cause), user=user, reason=reason, until=until)
        report.counts = {"blocked": 1}


@dunning.command()
@_target_options
@user_options
@as_of_option
@shared
@click.pass_obj
def unblock(session: Session, debtor: str, invoice: str, claim: str, user: str, reason: str, as_of: date) -> None:
    """Take the blocks of a debtor, an item or a claim back."""
    scope, key = _target(debtor, invoice, claim)
    with session.command("dunning unblock") as (app, report):
        report.counts = {"unblocked": app.dunning_desk(as_of).unblock(scope, key, user=user, reason=reason)}


# --- proposal lists -------------------------------------------------------------------------------------------------


@dunning.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="As CSV, to be edited.")
@as_of_option
@shared
@click.pass_obj
def proposals(session: Session, out: Path | None, as_of: date) -> None:
    """The proposal lists that wait for a release: for dunning, and for the collection agency."""
    from pipelines.dunning.list_file import rows_of, write_lists

    with session.command("dunning proposals") as (app, report):
        lists = app.dunning_desk(as_of).proposals(as_of)
        rows = [row for one in lists for row in rows_of(one)]
        report.counts = {"lists": len(lists), "lines": len(rows)}
        report.more["lists"] = [
            {"list_id": one.list_id, "kind": one.kind.value, "as_of": one.as_of.isoformat(), "lines": len(one.lines)}
            for one in lists
        ]
        report.more["items"] = rows
        if out is not None:
            write_lists(out, lists)
            report.more["out"] = str(out)
        elif not session.as_json and rows:
            shown = [{**row, "list": row["list_id"][:8]} for row in rows]
            stdout.print(
                records(shown, ("list", "kind", "debtor_number", "invoice_number", "level", "action", "open_amount",
                                "state", "hold_reason"))
            )  # fmt: skip


@dunning.command()
@click.argument("list_id", metavar="[LIST]", default="")
@click.option("--leave-out", multiple=True, metavar="KEY", help="Trigger, invoice or debtor that shall not go.")
@click.option(
    "--file", "edited", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
    help="Instead: the edited CSV of 'proposals --out'; rows with release = no, or deleted ones, are left out.",
)  # fmt: skip
@user_options
@as_of_option
@shared
@click.pass_obj
def release(
    session: Session,
    list_id: str,
    leave_out: tuple[str, ...],
    edited: Path | None,
    user: str,
    reason: str,
    as_of: date,
) -> None:
    """Release a proposal list; every line is asked again before it leaves."""
    from pipelines.dunning.list_file import read_choices

    if bool(list_id) == (edited is not None):
        raise click.UsageError("name a list, or give --file")
    with session.command("dunning release") as (app, report):
        desk = app.dunning_desk(as_of)
        chosen = {list_id: set(leave_out)} if edited is None else read_choices(edited, desk.proposals())
        answered = [desk.release(key, left, user=user, reason=reason) for key, left in chosen.items()]
        report.counts = {
            name: sum(getattr(one, name) for one in answered) for name in ("released", "left_out", "overtaken", "ready")
        }
        report.more["lists"] = [asdict(one) for one in answered]


@dunning.command()
@click.argument("list_id", metavar="LIST")
@user_options
@as_of_option
@shared
@click.pass_obj
def refuse(session: Session, list_id: str, user: str, reason: str, as_of: date) -> None:
    """Close a proposal list without sending anything; what still stands is on the next day's list."""
    with session.command("dunning refuse") as (app, report):
        answered = app.dunning_desk(as_of).refuse(list_id, user=user, reason=reason)
        report.counts = {"left_out": answered.left_out, "overtaken": answered.overtaken}


# --- by hand --------------------------------------------------------------------------------------------------------


def _report(report: Any, change: Any) -> None:
    report.counts = {"changed": 1}
    report.more |= {"invoice_number": change.invoice_number, "step": change.step.value, "level": change.level,
                    "day": change.day.isoformat(), "send": change.send}  # fmt: skip


@dunning.command()
@click.argument("invoice")
@click.option("--send/--no-send", default=False, help="Whether the level after it is due at once.")
@user_options
@as_of_option
@shared
@click.pass_obj
def skip(session: Session, invoice: str, send: bool, user: str, reason: str, as_of: date) -> None:
    """Pass over the next level of an item."""
    with session.command("dunning skip") as (app, report):
        _report(report, app.dunning_desk(as_of).skip(invoice, user=user, reason=reason, send=send))


@dunning.command()
@click.argument("invoice")
@click.option("--send/--no-send", default=True, help="Send it again, or only let its time start anew.")
@user_options
@as_of_option
@shared
@click.pass_obj
def repeat(session: Session, invoice: str, send: bool, user: str, reason: str, as_of: date) -> None:
    """Repeat the level that went out last, without another fee."""
    with session.command("dunning repeat") as (app, report):
        _report(report, app.dunning_desk(as_of).repeat(invoice, user=user, reason=reason, send=send))


@dunning.command(name="set-level")
@click.argument("invoice")
@click.argument("level", type=click.IntRange(1, 10))
@click.option("--send/--no-send", default=False, help="Whether its message is due at once, or counts as sent.")
@user_options
@as_of_option
@shared
@click.pass_obj
def set_level(session: Session, invoice: str, level: int, send: bool, user: str, reason: str, as_of: date) -> None:
    """Make a level the present one, higher or lower."""
    with session.command("dunning set-level") as (app, report):
        _report(report, app.dunning_desk(as_of).set_level(invoice, level, user=user, reason=reason, send=send))


@dunning.command(name="next-date")
@click.argument("invoice")
@click.argument("day", type=Day(), metavar="DATE")
@user_options
@as_of_option
@shared
@click.pass_obj
def next_date(session: Session, invoice: str, day: date, user: str, reason: str, as_of: date) -> None:
    """Move the next level of an item to a day."""
    with session.command("dunning next-date") as (app, report):
        _report(report, app.dunning_desk(as_of).next_date(invoice, day, user=user, reason=reason))


# --- returns and interest -------------------------------------------------------------------------------------------


@dunning.command()
@click.argument("transaction", default="", metavar="[TRANSACTION]")
@shared
@click.pass_obj
def returns(session: Session, transaction: str) -> None:
    """What the policy answered to return debits, why, and what was done."""
    with session.command("dunning returns") as (app, report):
        rows = app.return_answers(transaction)
        report.counts = {"returns": len(rows)}
        report.more["items"] = rows
        if not session.as_json and rows:
            stdout.print(records(rows, ("as_of", "invoice_number", "reason_code", "times", "steps", "done", "bearer",
                                        "charges", "because")))  # fmt: skip


@dunning.command()
@click.option("--debtor", default="", metavar="NUMBER", help="Only this debtor's invoices.")
@click.option("--book", is_flag=True, help="Charge it as claims of their own; without it only shown.")
@click.option("--reason", default="", help="Why; needed with --book.")
@click.option("--user", default="", envvar="KONTOKLAR_USER", help="Who decides; needed with --book.")
@as_of_option
@shared
@click.pass_obj
def interest(session: Session, debtor: str, book: bool, reason: str, user: str, as_of: date) -> None:
    """Default interest (BGB §288) on overdue invoices up to a day, and 40 euro where no consumer is involved.

    A debtor counts as a business when it is tagged "business".
    """
    with session.command("dunning interest") as (app, report):
        rows = app.interest(as_of, debtor=debtor, book=book, user=user, reason=reason)
        report.counts = {"invoices": len(rows), "booked": sum(bool(row["booked"]) for row in rows)}
        report.more["items"] = rows
        if not session.as_json and rows:
            stdout.print(records(rows, ("debtor_number", "invoice_number", "business", "since", "interest", "charged",
                                        "flat_rate", "due", "booked")))  # fmt: skip


COMMANDS = (dunning,)
