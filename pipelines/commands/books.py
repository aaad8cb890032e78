"""``init load export check explain``: what goes into the books and what comes out of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table

from pipelines.anchor import read_anchor
from pipelines.commands.report import grid, plain, records, stdout
from pipelines.commands.session import Session, as_of_option, shared, today
from pipelines.ports.exports import TABLES

KINDS = ("receivables", "debtors", "collections", "contracts")


@click.command()
@click.option(
    "--grant-to", default="", metavar="ROLE", help="PostgreSQL: let ROLE read and add, and change or remove nothing."
)
@shared
@click.pass_obj
def init(session: Session, grant_to: str) -> None:
    """Create or upgrade the schema; harmless when repeated."""
    with session.command("init") as (app, report):
        report.add(app.init(grant_to))
        if not session.as_json:
            stdout.print(f"ready: {app.place}", markup=False)


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH…")
@as_of_option
@shared
@click.pass_obj
def load(session: Session, kind: str, paths: tuple[Path, ...], as_of: Any) -> None:
    """Take what the billing system knows; repeated loads update, never double."""
    with session.command("load") as (app, report):
        report.add(app.load(kind, paths, as_of))


@click.command()
@click.argument("name", type=click.Choice(TABLES))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@shared
@click.pass_obj
def export(session: Session, name: str, out: Path) -> None:
    """Write one of the tables to FILE, .csv or .parquet by its suffix."""
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise click.UsageError(f"--out must end in .csv or .parquet, not {out.suffix or 'nothing'}")
    with session.command("export") as (app, report):
        report.add(app.export(name, out))
        report.more["out"] = str(out)


@click.command()
@click.option(
    "--anchor",
    default="",
    metavar="FILE|SEQUENCE:HASH",
    help="A head of the audit trail kept outside ('audit anchor'): finds a cut or rewritten trail.",
)
@shared
@click.pass_obj
def check(session: Session, anchor: str) -> None:
    """Prove every invariant of the ledger and the audit chain; print each with its figure."""
    with session.command("check") as (app, report):
        step, proofs = app.check(read_anchor(anchor))
        report.add(step)
        report.more["checks"] = [
            {"name": proof.name, "ok": proof.ok, "figure": proof.figure, "detail": proof.detail} for proof in proofs
        ]
        report.broken = not all(proof.ok for proof in proofs)
        report.counts = {"checks": len(proofs), "broken": sum(not proof.ok for proof in proofs)}
        if not session.as_json:
            stdout.print(proof_table(proofs))


def proof_table(proofs: Any) -> Table:
    """Each invariant with its figure and whether it holds."""
    table = Table(header_style="bold")
    table.add_column("invariant")
    table.add_column("figure", justify="right", no_wrap=True, overflow="ellipsis", max_width=26)
    table.add_column("")
    for proof in proofs:
        table.add_row(proof.name, str(proof.figure), "[green]holds[/green]" if proof.ok else "[red]BROKEN[/red]")
        if not proof.ok:
            table.add_row(f"  {proof.detail}", "", "", style="red")
    return table


@click.command()
@click.argument("transaction", metavar="TRANSACTION")
@click.option("--language", type=click.Choice(["en", "de"]), default="en", envvar="KONTOKLAR_LANGUAGE")
@shared
@click.pass_obj
def explain(session: Session, transaction: str, language: str) -> None:
    """Evidence, alternatives, and why this disposition.

    TRANSACTION: its id, the beginning of its id, or the bank's reference.
    """
    with session.command("explain") as (app, report):
        story = {**app.inquiries.explain(transaction)}
        story |= app.schoolroom.lessons.explain(story, today(), language)
        report.more.update(story)
        if not session.as_json:
            tell(story)


def tell(story: Any) -> None:
    """The explanation for people: the payment, each proposal with its waterfall, what was posted, who decided."""
    told = story["transaction"]
    names = ("transaction_id", "booking_date", "kind", "state", "counterparty_name", "remittance", "end_to_end_id")
    facts = [(name.replace("_", " "), plain(told[name])) for name in names if told.get(name)]
    facts.insert(2, ("amount", f"{told['amount']} {told['currency']}"))
    stdout.print(grid(facts, right=False))
    for proposal in story["proposals"]:
        _tell_proposal(proposal)
    _tell_record(story)
    shown = {
        "return_links": ("invoice_number", "state", "reason_code", "returned", "charges", "reason"),
        "allocations": ("invoice_number", "debtor_number", "amount", "kind", "disposition", "rule", "reversed"),
        "entries": ("posting_number", "booking_date", "cause", "account", "debit", "credit"),
        "decisions": ("command", "user", "reason", "at"),
        "findings": ("code", "severity", "message"),
        "told_by": ("format", "source_file", "position", "bank_reference"),
    }
    for part, columns in shown.items():
        rows = [{**row, "reversed": "yes" if row.get("reversed_by") else ""} for row in story[part]]
        if rows:
            stdout.print(records(rows, columns, title=part.replace("_", " ")))


def _tell_record(story: Any) -> None:
    """What was seen or missing in one line, and how often evidence of this kind was right."""
    missing, record = story.get("missing") or {}, story.get("record")
    if missing.get(story.get("language", "en")):
        stdout.print(f"\n{missing[story.get('language', 'en')]}", markup=False)
    if record:
        stdout.print(
            f"evidence of this kind ({record['group']}): {record['cases']:,} cases, {record['wrong']:g} wrong, of them "
            f"{record['own_cases']:,} and {record['own_wrong']:,} of exactly this kind here; at most "
            f"{record['bound_per_mille']:.2f} in a thousand wrong; "
            f"{'posts by itself' if record['automatic'] else record['reason']}",
            markup=False,
        )


def _tell_proposal(proposal: Any) -> None:
    share = plain(float(proposal["probability"]))
    stdout.print(f"\nproposal {proposal['rank']}: {proposal['disposition']}, {share}", style="bold", markup=False)
    stdout.print(f"{proposal['message']} ({proposal['reason']})", markup=False)
    if proposal["lines"]:
        stdout.print(records(proposal["lines"], ("invoice_number", "debtor_number", "amount", "kind")))
    if proposal["waterfall"]:
        stdout.print(waterfall(proposal["waterfall"]))


def waterfall(evidence: Any) -> Table:
    """Evidence in bits, one bar each: to the right it speaks for the proposal, to the left against it."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    for part in evidence:
        bits = float(part["bits"])
        bar = "█" * min(40, round(abs(bits)))
        colour = "green" if bits >= 0 else "red"
        table.add_row(part["field"], part["level"], f"{bits:+.1f}", f"[{colour}]{bar}[/{colour}]")
    return table


COMMANDS = (init, load, export, check, explain)
