"""A generated company as files: what the billing system exports and what three banks send, with the truth beside it.

The payments come from ``benchmarks.matching``; here they are spread over accounts and formats, some direct debits are
booked as batches, and some come back.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from benchmarks.matching.generator import Case, generate
from benchmarks.matching.records import PaymentRecord
from benchmarks.matching.world import World
from pipelines.demo import camt_out, mt940_out
from pipelines.demo.payments import Payment
from pipelines.model.money import format_minor

# Two accounts told by CAMT, one by MT940; all with valid check digits.
ACCOUNTS = {
    "DE89370400440532013000": "camt",
    "DE02120300000000202051": "mt940",
    "DE02100100100006820101": "camt",
}
_REASONS = ("AC04", "AM04", "MS03", "MD06", "MD01", "AC06")
_PHRASES = {
    "AC04": "KONTO AUFGELOEST", "AM04": "RUECKGABEGRUND AM04", "MS03": "SONSTIGE GRUENDE",
    "MD01": "KEIN GUELTIGES MANDAT", "MD06": "WIDERSPRUCH DURCH ZAHLER", "AC06": "KONTO GESPERRT",
}  # fmt: skip


@dataclass(slots=True)
class Truth:
    """What a booking is, by the bank's reference. settles: invoice → cents; empty: nothing may post by itself."""

    reference: str
    case: str
    settles: dict[str, int]
    kind: str
    trap: bool = False
    reason_code: str = ""
    charges: int = 0
    returned: int = 0


@dataclass(slots=True)
class Company:
    """Where everything lies. as_of: the day after the last statement."""

    folder: Path
    statements: list[Path] = field(default_factory=list)
    truth: dict[str, Truth] = field(default_factory=dict)
    as_of: date = date(2026, 12, 1)


def make(folder: Path, seed: int, payments: int, items: int, *, return_share: float = 0.4) -> Company:
    """Writes the files. return_share: how many of the direct debits come back."""
    rng = random.Random(seed)
    case = generate(seed, payments, items)
    company = Company(folder)
    _receivables(folder / "receivables.csv", case.world)
    _collections(folder / "collections.csv", case.world)
    _statements(company, _payments(rng, case, company, return_share))
    return company


def _payments(rng: random.Random, case: Case, company: Company, return_share: float) -> list[Payment]:
    accounts = list(ACCOUNTS)
    iban_of = {c.end_to_end_id: c.item.debtor.true_ibans[0] for c in case.world.collections}
    batch_of = {c.end_to_end_id: c.payment_information_id for c in case.world.collections}
    batched: dict[tuple[str, date], list[Payment]] = defaultdict(list)
    made: list[Payment] = []
    for number, record in enumerate(r for r in case.payments if r.kind != "return_debit"):
        payment = _payment(record, accounts[rng.randrange(3)], f"B{number:07d}")
        if record.kind == "collection":
            payment.account, payment.iban = accounts[0], iban_of[record.end_to_end_id]
            if rng.random() < return_share:
                made.append(_return(rng, payment, accounts[rng.randrange(2)], f"R{number:07d}", company))
        _remember(company, record, payment)
        if record.kind == "collection" and rng.random() < 0.5:
            batched[batch_of[record.end_to_end_id], record.day].append(payment)
        else:
            made.append(payment)
    for (batch_id, day), parts in batched.items():
        if len(parts) == 1:
            made += parts
            continue
        made.append(
            Payment(
                account=accounts[0], day=day, amount=sum(p.amount for p in parts), gvc="192", batch_id=batch_id,
                message_id=f"MSG{batch_id}", details=parts, details_shown=True, kind="collection",
                reference=f"S{batch_id}{day:%m%d}",
            )
        )  # fmt: skip
    return made


def _payment(record: PaymentRecord, account: str, reference: str) -> Payment:
    gvc = {"collection": "171"}.get(record.kind, "166" if record.amount > 0 else "116")
    # Two equal payments of one day are interchangeable; the second of a pair must be later to be the wrong one.
    day = record.day + timedelta(days=record.case == "paid_twice")
    return Payment(
        account=account, day=day, amount=record.amount, gvc=gvc, name=record.name, iban=record.iban,
        text=record.text, end_to_end_id=record.end_to_end_id, mandate_id=record.mandate_id,
        creditor_reference=record.creditor_reference, kind=record.kind, reference=reference,
    )  # fmt: skip


def _return(rng: random.Random, collected: Payment, account: str, reference: str, company: Company) -> Payment:
    """A collection comes back some days later, told more or less completely."""
    reason = rng.choice(_REASONS)
    charges = rng.choice((0, 300, 350, 811))
    tells_parts, tells_id = rng.random() < 0.7, rng.random() < 0.9
    company.truth[reference] = Truth(
        reference, "return", {}, "return_debit", reason_code=reason, charges=charges, returned=collected.amount
    )
    return Payment(
        account=account,
        day=collected.day + timedelta(days=rng.randrange(2, 9)),
        amount=-(collected.amount + charges),
        gvc="109",
        name=collected.name,
        iban=collected.iban,
        text=f"{_PHRASES[reason]} {collected.text}",
        end_to_end_id=collected.end_to_end_id if tells_id else "",
        mandate_id=collected.mandate_id,
        reason_code=reason,
        original=collected.amount if tells_parts else 0,
        charges=charges if tells_parts else 0,
        kind="return_debit",
        reference=reference,
    )


def _remember(company: Company, record: PaymentRecord, payment: Payment) -> None:
    company.truth[payment.reference] = Truth(
        payment.reference, record.case, dict(record.truth), record.kind, trap=record.trap
    )


def _statements(company: Company, payments: Sequence[Payment]) -> None:
    by_day: dict[tuple[str, date], list[Payment]] = defaultdict(list)
    for payment in payments:
        by_day[payment.account, payment.day].append(payment)
    balance = dict.fromkeys(ACCOUNTS, 100_000_00)
    for number, (account, day) in enumerate(sorted(by_day), 1):
        lines = by_day[account, day]
        opening = balance[account]
        if ACCOUNTS[account] == "camt":
            content = camt_out.document(camt_out.STATEMENT, account, day, lines, number=number, opening=opening)
            path = company.folder / f"{number:04d}.xml"
        else:
            content = mt940_out.statement(account, day, lines, number=number, opening=opening)
            path = company.folder / f"{number:04d}.sta"
        path.write_bytes(content)
        company.statements.append(path)
        balance[account] += sum(line.amount for line in lines)
    company.as_of = max(day for _, day in by_day) + timedelta(days=1)


def _receivables(path: Path, world: World) -> None:
    _write(
        path,
        ("invoice_number", "debtor_number", "amount", "open_amount", "issue_date", "due_date", "document_type",
         "status", "debtor_name", "debtor_ibans", "mandate_id", "creditor_reference", "order_number", "shipment_ids",
         "cash_discount_percent", "cash_discount_until", "payment_method"),
        (
            (item.number, item.debtor.number, _eur(item.amount), _eur(item.open), item.issue, item.due,
             item.document_type, item.status, item.debtor.name, "|".join(item.debtor.ibans), item.mandate,
             item.creditor_reference, item.order_number, item.shipment,
             f"{item.discount_points / 100:g}" if item.discount_points else "", item.discount_until or "",
             "direct_debit" if item.mandate else "transfer")
            for item in world.items
        ),
    )  # fmt: skip


def _collections(path: Path, world: World) -> None:
    _write(
        path,
        ("end_to_end_id", "mandate_id", "invoice_number", "amount", "collection_date", "debtor_iban",
         "payment_information_id", "message_id"),
        (
            (c.end_to_end_id, c.mandate, c.item.number, _eur(c.amount), c.day, c.item.debtor.true_ibans[0],
             c.payment_information_id, c.message_id)
            for c in world.collections
        ),
    )  # fmt: skip


def _eur(minor: int) -> str:
    return format_minor(minor, "EUR")


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter=";")
        writer.writerow(header)
        writer.writerows(rows)
