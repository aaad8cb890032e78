"""Writes the sample company into a folder, as a billing system and two banks would deliver it day by day."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from pipelines.demo import camt_out, company, mt940_out, story
from pipelines.demo.company import CAMT_ACCOUNT, MT940_ACCOUNT, Company
from pipelines.demo.payments import Payment
from pipelines.model.money import format_minor
from pipelines.model.receivable import Collection, Contract, Debtor, Receivable

SEED = 2026

# Cents on each account before the first day.
OPENING = {CAMT_ACCOUNT: 8_412_755, MT940_ACCOUNT: 3_120_340}

# What goes wrong in the month, as it does: a truncated statement, one that comes two days late, one that comes twice.
TRUNCATED, CORRECTED = date(2026, 10, 14), date(2026, 10, 15)
DELAYED, ARRIVES = date(2026, 10, 21), date(2026, 10, 23)
REPEATED, REPEATED_ON = date(2026, 10, 8), date(2026, 10, 9)
INTRADAY = date(2026, 10, 8)
ZIPPED = date(2026, 10, 16)
DETAILS_ON = date(2026, 10, 6)

_CONFIGURATION = """\
# The sample company. Everything in this folder is made up; delete it and run the demo again at any time.

[company]
name = "{name}"
creditor_id = "{creditor_id}"
chart = "SKR03"

[database]
url = "sqlite:///kontoklar.db"

[[sinks]]
name = "dunning"
use = "file_drop"
path = "triggers"
"""


@dataclass(slots=True)
class Day:
    """What arrives on one banking day. billing: kind of the list → its files."""

    day: date
    billing: dict[str, list[Path]] = field(default_factory=dict)
    statements: list[Path] = field(default_factory=list)


@dataclass(slots=True)
class Sample:
    """The written company: its configuration file and what arrives when; ``payments`` is the truth."""

    configuration: Path
    days: list[Day]
    company: Company
    payments: list[Payment]


def write(folder: Path, seed: int = SEED) -> Sample:
    """The whole sample company into ``folder``, which is created. The same seed writes the same bytes."""
    rng = Random(seed)
    people = company.create(rng)
    payments = story.tell(rng, people)
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "kontoklar.toml"
    configuration.write_text(
        _CONFIGURATION.format(name=company.NAME, creditor_id=company.CREDITOR_ID), encoding="utf-8"
    )
    days = [Day(day) for day in story.BANK_DAYS]
    _billing(folder, people, days)
    _statements(folder, payments, {day.day: day for day in days})
    _truth(folder / "truth.csv", payments)
    return Sample(configuration, days, people, payments)


def _billing(folder: Path, people: Company, days: Sequence[Day]) -> None:
    """Everything known at go-live, then every Monday what has been issued or submitted since."""
    _write(folder / "debtors.csv", _DEBTOR, (_debtor(debtor) for debtor in people.debtors))
    _write(folder / "contracts.csv", _CONTRACT, (_contract(contract) for contract in people.contracts))
    days[0].billing = {"debtors": [folder / "debtors.csv"], "contracts": [folder / "contracts.csv"]}
    known: set[str] = set()
    for day in days:
        if day is not days[0] and day.day.weekday() != 0:
            continue
        prefix = folder if day is days[0] else folder / "updates" / day.day.isoformat()
        prefix.mkdir(parents=True, exist_ok=True)
        items = [item for item in people.items if item.issue_date < day.day and item.invoice_number not in known]
        sent = [
            collection
            for collection in people.collections
            if collection.collection_date <= day.day + timedelta(days=4) and collection.end_to_end_id not in known
        ]
        known |= {item.invoice_number for item in items} | {collection.end_to_end_id for collection in sent}
        if items:
            _write(prefix / "receivables.csv", _RECEIVABLE, (_receivable(item) for item in items))
            day.billing["receivables"] = [prefix / "receivables.csv"]
        if sent:
            _write(prefix / "collections.csv", _COLLECTION, (_collection(collection) for collection in sent))
            day.billing["collections"] = [prefix / "collections.csv"]


def _statements(folder: Path, payments: Sequence[Payment], days: dict[date, Day]) -> None:
    balances = dict(OPENING)

    def deliver(on: date, name: str, content: bytes) -> None:
        path = folder / "statements" / on.isoformat() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        days[on].statements.append(path)

    for number, day in enumerate(story.BANK_DAYS, 190):
        mine = {account: [p for p in payments if p.account == account and p.day == day] for account in balances}
        camt = camt_out.document(
            camt_out.STATEMENT, CAMT_ACCOUNT, day, mine[CAMT_ACCOUNT], number=number, opening=balances[CAMT_ACCOUNT]
        )
        swift = mt940_out.statement(
            MT940_ACCOUNT, day, mine[MT940_ACCOUNT], number=number, opening=balances[MT940_ACCOUNT]
        )
        for account, booked in mine.items():
            balances[account] += sum(payment.amount for payment in booked)
        name = f"C53_{day:%Y%m%d}.xml"
        if day == INTRADAY:
            early = camt_out.document(camt_out.REPORT, CAMT_ACCOUNT, day, mine[CAMT_ACCOUNT][:3], number=number)
            deliver(day, f"C52_{day:%Y%m%d}.xml", early)
        if day == ZIPPED:
            deliver(day, f"C53_{day:%Y%m%d}.zip", _zip(name, camt))
        else:
            deliver(ARRIVES if day == DELAYED else day, name, camt)
        if day == REPEATED:
            deliver(REPEATED_ON, name, camt)
        if day == TRUNCATED:
            deliver(day, f"umsaetze_{day:%Y%m%d}.sta", _without_one_booking(swift))
            deliver(CORRECTED, f"umsaetze_{day:%Y%m%d}_korrektur.sta", swift)
        else:
            deliver(day, f"umsaetze_{day:%Y%m%d}.sta", swift)
        batches = [payment for payment in mine[CAMT_ACCOUNT] if payment.batch_id]
        if batches:
            details = camt_out.document(
                camt_out.NOTIFICATION, CAMT_ACCOUNT, day, batches, number=number, with_details=True
            )
            deliver(DETAILS_ON, f"C54_{day:%Y%m%d}.xml", details)


def _zip(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 10, 16, 18, 30, 0)), content)
    return packed.getvalue()


def _without_one_booking(swift: bytes) -> bytes:
    """The statement as a broken transfer leaves it: the last booking is gone, the closing balance is not."""
    lines = swift.split(b"\r\n")
    last = max(position for position, line in enumerate(lines) if line.startswith(b":61:"))
    end = next(position for position in range(last, len(lines)) if lines[position].startswith(b":62F:"))
    return b"\r\n".join(lines[:last] + lines[end:])


def _truth(path: Path, payments: Sequence[Payment]) -> None:
    header = ("bank_reference", "account_iban", "booking_date", "amount", "kind", "reason_code")
    rows = (
        (
            payment.reference,
            payment.account,
            payment.day.isoformat(),
            format_minor(payment.amount, "EUR"),
            payment.kind,
            payment.reason_code,
            "|".join(payment.settles),
            "|".join(format_minor(amount, "EUR") for amount in payment.settles.values()),
            format_minor(payment.on_account, "EUR"),
            payment.story,
        )
        for payment in payments
    )
    _write(path, (*header, "invoice_numbers", "amounts", "on_account", "story"), rows)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=";", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


_RECEIVABLE = (
    "invoice_number", "debtor_number", "debtor_name", "debtor_ibans", "document_type", "amount", "open_amount",
    "currency", "issue_date", "due_date", "payment_method", "mandate_id", "end_to_end_id", "creditor_reference",
    "order_number", "contract_id", "cash_discount_percent", "cash_discount_until", "tax_rate",
)  # fmt: skip
_DEBTOR = ("debtor_number", "name", "ibans", "tags")
_CONTRACT = ("contract_id", "debtor_number", "status")
_COLLECTION = (
    "end_to_end_id", "mandate_id", "invoice_number", "amount", "currency", "collection_date", "debtor_iban",
    "payment_information_id", "message_id",
)  # fmt: skip


def _receivable(item: Receivable) -> tuple[str, ...]:
    return (
        item.invoice_number,
        item.debtor_number,
        item.debtor_name,
        "|".join(item.debtor_ibans),
        item.document_type.value,
        format_minor(item.amount_minor, "EUR"),
        format_minor(item.open_minor, "EUR"),
        item.currency,
        item.issue_date.isoformat(),
        item.due_date.isoformat(),
        item.payment_method,
        item.mandate_id,
        item.end_to_end_id,
        item.creditor_reference,
        item.order_number,
        item.contract_id,
        format_minor(item.cash_discount_basis_points, "EUR") if item.cash_discount_basis_points else "",
        item.cash_discount_until.isoformat() if item.cash_discount_until else "",
        "19",
    )


def _debtor(debtor: Debtor) -> tuple[str, ...]:
    return (debtor.debtor_number, debtor.name, "|".join(debtor.ibans), "|".join(debtor.tags))


def _contract(contract: Contract) -> tuple[str, ...]:
    return (contract.contract_id, contract.debtor_number, contract.status)


def _collection(collection: Collection) -> tuple[str, ...]:
    return (
        collection.end_to_end_id,
        collection.mandate_id,
        collection.invoice_number,
        format_minor(collection.amount_minor, "EUR"),
        collection.currency,
        collection.collection_date.isoformat(),
        collection.debtor_iban,
        collection.payment_information_id,
        collection.message_id,
    )
