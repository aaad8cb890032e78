"""``backtest calibrate learned policy``: what another policy would change, what decisions taught, what is in force."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from pipelines.commands.report import grid, records, stderr, stdout
from pipelines.commands.session import Day, Session, as_of_option, shared

_POLICY = click.option(
    "--policy",
    "policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The policy to replay; default: the configured one.",
)
_CHANGED = ("kind", "id", "booking_date", "amount", "then", "now", "known")
_SHOWN = 30


def _period(command: Any) -> Any:
    for option in (
        click.option("--to", "last", type=Day(), required=True, metavar="DATE", help="Last day of the period."),
        click.option("--from", "first", type=Day(), required=True, metavar="DATE", help="First day of the period."),
    ):
        command = option(command)
    return command


@click.command()
@_period
@_POLICY
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER", help="Write JSON, CSV, PNG.")
@click.option("--activate", is_flag=True, help="Put the policy in force on this backtest; needs --user and --reason.")
@click.option("--user", default="", envvar="KONTOKLAR_USER", help="Who activates; goes into the audit trail.")
@click.option("--reason", default="", help="Why; goes into the audit trail.")
@as_of_option
@shared
@click.pass_obj
def backtest(
    session: Session,
    first: date,
    last: date,
    policy: Path | None,
    out: Path | None,
    activate: bool,
    user: str,
    reason: str,
    as_of: date,
) -> None:
    """Replay a past period as it was known each morning, under any policy. Changes nothing in the ledger."""
    if activate and not (user.strip() and reason.strip()):
        raise click.UsageError("--activate needs --user and --reason")
    with session.command("backtest") as (app, report):
        step, done = app.schoolroom.backtest((first, last), as_of, policy, (user, reason) if activate else None)
        report.add(step)
        rows = [one.row() for one in done.comparison.changes if one.kind != "same" or one.right is False]
        report.more |= {"backtest_id": done.backtest_id, "activated": done.activated, **done.figures, "rows": rows}
        if out is not None:
            report.more["out"] = _write(out, done, rows)
        if not session.as_json:
            _tell_backtest(done.figures, rows)


def _tell_backtest(figures: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    told = [
        {
            "what": name.replace("_", " "),
            "payments": str(part["payments"]),
            "invoices": str(part["invoices"]),
            "amount": ", ".join(f"{amount} {currency}" for currency, amount in part["amount"].items()),
        }
        for name, part in figures["changes"].items()
    ]
    stdout.print(records(told, ("what", "payments", "invoices", "amount"), title=f"policy {figures['policy']}"))
    shown = [{**row, "id": row["transaction_id"][:8]} for row in rows[:_SHOWN]]
    if shown:
        stdout.print(records(shown, _CHANGED))
    if len(rows) > _SHOWN:
        stderr.print(f"… and {len(rows) - _SHOWN} more; --out writes all")


def _write(folder: Path, done: Any, rows: list[dict[str, Any]]) -> list[str]:
    from pipelines.learning.plots import backtest_plot

    folder.mkdir(parents=True, exist_ok=True)
    told = folder / "backtest.json"
    told.write_text(
        json.dumps({"backtest_id": done.backtest_id, **done.figures, "rows": rows}, indent=1), encoding="utf-8"
    )
    table = folder / "backtest.csv"
    names = ("kind", "transaction_id", "booking_date", "amount", "currency", "then", "now", "known", "pattern")
    with table.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, names, delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    picture = folder / "backtest.png"
    title = f"{done.figures['policy']}, {done.figures['from']} to {done.figures['to']}"
    backtest_plot(done.comparison.days(), title, picture)
    return [str(told), str(table), str(picture)]


@click.command()
@_period
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("policy-calibrated.toml"), metavar="FILE",
    help="The policy file to write; default: policy-calibrated.toml.",
)  # fmt: skip
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), metavar="PNG", help="Reliability diagram.")
@as_of_option
@shared
@click.pass_obj
def calibrate(session: Session, first: date, last: date, out: Path, plot: Path | None, as_of: date) -> None:
    """Estimate weights from confirmed decisions; shows old against new and writes a policy file."""
    with session.command("calibrate") as (app, report):
        step, done = app.schoolroom.calibrate((first, last), as_of, out)
        report.add(step)
        report.more |= {**done.figures, "out": str(done.out)}
        if plot is not None:
            from pipelines.learning.plots import reliability_plot

            reliability_plot(done.calibrated.after, f"after calibration, {first} to {last}", plot)
            report.more["plot"] = str(plot)
        if not session.as_json:
            rows = [{name: str(value) for name, value in row.items()} for row in done.figures["weights"]]
            stdout.print(records(rows, ("weight", "old", "new", "shift", "cases"), title="weights in bits"))
            before, after = done.calibrated.before, done.calibrated.after
            stdout.print(
                grid(
                    [
                        ("Brier score", f"{before.brier:.5f} → {after.brier:.5f}"),
                        ("surprise per case", " → ".join(f"{bits} bits" for bits in done.figures["surprise_bits"])),
                        ("written", str(done.out)),
                        ("hash", done.figures["policy_hash"]),
                    ],
                    right=False,
                )
            )


@click.group()
def learned() -> None:
    """What confirmed payments taught about payers."""


@learned.command("list")
@click.option("--payer", default="", metavar="TEXT", help="Only payers whose account or name holds this.")
@click.option("--limit", default=50, type=click.IntRange(min=1))
@as_of_option
@shared
@click.pass_obj
def learned_list(session: Session, payer: str, limit: int, as_of: date) -> None:
    """Accounts, names and habits with counts, dates and expiry; what was refused."""
    with session.command("learned list") as (app, report):
        rows = app.schoolroom.lessons.learned(as_of, payer)
        report.counts = {"learned": len(rows)}
        report.more["items"] = rows[:limit]
        if not session.as_json:
            columns = ("what", "payer", "debtor_number", "level", "payments", "first_seen", "last_seen", "expires")
            stdout.print(records([{**row, "payments": str(row["payments"])} for row in rows[:limit]], columns))


@learned.command("preview")
@click.argument("transaction", metavar="TRANSACTION")
@click.option("--rank", default=1, type=click.IntRange(min=1), help="Which proposal would be confirmed.")
@click.option("--invoice", "invoices", multiple=True, metavar="NUMBER", help="Instead: the invoice(s) it would pay.")
@as_of_option
@shared
@click.pass_obj
def preview(session: Session, transaction: str, rank: int, invoices: tuple[str, ...], as_of: date) -> None:
    """What confirming a payment would teach, and which other waiting payments it would resolve. Changes nothing."""
    with session.command("learned preview") as (app, report):
        told = app.schoolroom.preview(app.inquiries.find_transaction(transaction), as_of, rank=rank, invoices=invoices)
        report.counts = {"teaches": len(told["teaches"]), "resolves": len(told["resolves"])}
        report.more |= told
        if not session.as_json:
            stdout.print(records(told["teaches"], ("what", "payer", "debtor_number", "level"), title="teaches"))
            stdout.print(records(told["resolves"], ("transaction_id", "invoices", "now", "then"), title="resolves"))


@click.group()
def policy() -> None:
    """The matching policy in force, its record, and who put it in force."""


@policy.command("show")
@as_of_option
@shared
@click.pass_obj
def policy_show(session: Session, as_of: date) -> None:
    """Name, hash, backtests and activations; what each group of evidence patterns has earned."""
    with session.command("policy show") as (app, report):
        told = app.schoolroom.lessons.policy(as_of)
        report.counts = {"groups": len(told["groups"]), "automatic": sum(row["automatic"] for row in told["groups"])}
        report.more |= told
        if not session.as_json:
            stdout.print(
                grid([(name, str(told[name])) for name in ("name", "hash", "shipped", "backtests")], right=False)
            )
            rows = [
                {**row, "bound": f"{row['bound_per_mille']:.2f} ‰", "automatic": "yes" if row["automatic"] else ""}
                | {name: str(row[name]) for name in ("cases", "wrong", "own_cases", "own_wrong")}
                for row in told["groups"]
            ]
            columns = ("group", "cases", "wrong", "own_cases", "own_wrong", "bound", "automatic")
            stdout.print(records(rows, columns, title="evidence patterns"))
            if told["activations"]:
                stdout.print(records(told["activations"], ("at", "user", "reason", "policy_hash", "backtest_id")))


COMMANDS = (backtest, calibrate, learned, policy)
