"""October 2026 at the sample company: who pays what, how, and what the bank makes of it."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from pipelines.demo import names, returns, texts
from pipelines.demo.company import CAMT_ACCOUNT, COLLECTION_DAYS, MT940_ACCOUNT, Company, batch_id
from pipelines.demo.noise import noise
from pipelines.demo.payments import Payment
from pipelines.model.receivable import DocumentType, Receivable

BANK_DAYS = tuple(day for day in (date(2026, 10, number) for number in range(1, 32)) if day.weekday() < 5)


def tell(rng: Random, company: Company) -> list[Payment]:
    """Every booking of the month on both accounts, in the order of the days, with the banks' own references."""
    payments = [
        payment
        for debtor in company.debtors
        if "subscription" not in debtor.tags
        for payment in _customer(rng, company, debtor.debtor_number)
    ]
    payments += _collections(company)
    payments += returns.returns(company)
    payments += noise(rng, BANK_DAYS)
    payments.sort(key=lambda payment: (payment.day, payment.account))
    for serial, payment in enumerate(payments, 1):
        payment.reference = f"{payment.day:%y%m%d}{serial:06d}"
        for position, detail in enumerate(payment.details, 1):
            detail.reference = f"{payment.reference}-{position}"
    return payments


def bank_day(day: date) -> date:
    """The day itself or the next banking day of the month."""
    return next((candidate for candidate in BANK_DAYS if candidate >= day), BANK_DAYS[-1])


def _customer(rng: Random, company: Company, number: str) -> list[Payment]:
    """All payments of one business customer in the month."""
    account = CAMT_ACCOUNT if rng.random() < 0.6 else MT940_ACCOUNT
    open_items = [item for item in company.items_of(number) if item.open_minor > 0]
    credits = [item for item in company.items_of(number) if item.document_type is DocumentType.CREDIT_NOTE]
    paid: list[tuple[date, Receivable]] = []
    for item in open_items:
        day = item.due_date + timedelta(days=rng.choice((-4, -2, -1, 0, 0, 1, 2, 3, 5, 9)))
        if day < BANK_DAYS[0]:
            day = BANK_DAYS[0] + timedelta(days=rng.randrange(20))
        if item.cash_discount_until and item.cash_discount_until >= BANK_DAYS[0] and rng.random() < 0.7:
            day = item.cash_discount_until - timedelta(days=rng.randrange(1, 4))
        day = max(day, item.issue_date + timedelta(days=3))
        if BANK_DAYS[0] <= day <= BANK_DAYS[-1] and rng.random() < 0.87:
            paid.append((bank_day(day), item))
    paid.sort(key=lambda pair: (pair[0], pair[1].invoice_number))
    result: list[Payment] = []
    while paid:
        day, item = paid.pop(0)
        near = [pair for pair in paid if (pair[0] - day).days <= 9][:3]
        if near and rng.random() < 0.22:
            paid = [pair for pair in paid if pair not in near]
            result.append(_several(rng, company, account, near[-1][0], [item, *(pair[1] for pair in near)]))
        else:
            result += _single(rng, company, account, day, item, credits)
    return result


def _payment(
    company: Company, account: str, day: date, item: Receivable, amount: int, text: str, story: str
) -> Payment:
    debtor = company.debtor(item.debtor_number)
    known = debtor.ibans or (names.iban("50010517", 7_000_000 + int(debtor.debtor_number)),)
    return Payment(
        account=account,
        day=day,
        amount=amount,
        gvc="166",
        name=debtor.name,
        iban=known[0],
        text=text,
        settles={item.invoice_number: amount},
        debtor_number=item.debtor_number,
        story=story,
    )


def _several(rng: Random, company: Company, account: str, day: date, items: list[Receivable]) -> Payment:
    total = sum(item.amount_minor for item in items)
    payment = _payment(
        company, account, day, items[0], total, texts.several(rng, items), "several invoices in one payment"
    )
    payment.settles = {item.invoice_number: item.amount_minor for item in items}
    return payment


def _single(
    rng: Random, company: Company, account: str, day: date, item: Receivable, credits: list[Receivable]
) -> list[Payment]:
    """One invoice, one payment (or the same one twice), in one of the ways people pay."""
    full, number = item.amount_minor, item.invoice_number

    def make(amount: int, text: str, story: str) -> Payment:
        return _payment(company, account, day, item, amount, text, story)

    if item.cash_discount_until and day <= item.cash_discount_until:
        discount = round(full * item.cash_discount_basis_points / 10_000)
        percent = str(item.cash_discount_basis_points // 100)
        payment = make(full - discount, texts.cash_discount(rng, item, percent), "cash discount within its terms")
        payment.settles = {number: full}
        return [payment]
    due_credit = next((note for note in credits if note.issue_date < day and -note.amount_minor < full), None)
    if due_credit and rng.random() < 0.6:
        credits.remove(due_credit)
        payment = make(full + due_credit.amount_minor, texts.set_off(item, due_credit), "credit note set off")
        payment.settles = {number: full, due_credit.invoice_number: due_credit.amount_minor}
        return [payment]
    if item.creditor_reference and rng.random() < 0.8:
        payment = make(full, "", "creditor reference (RF)")
        payment.gvc, payment.creditor_reference = "167", item.creditor_reference
        return [payment]
    way = rng.random()
    if way < 0.52:
        return [make(full, texts.clean(rng, item), "invoice number as printed")]
    if way < 0.66:
        return [make(full, texts.abbreviated(rng, item), "invoice number, payer's own form")]
    if way < 0.74:
        return [make(full, texts.damaged(rng, item), "invoice number damaged")]
    if way < 0.79:
        return [make(full, f"Bestellung {item.order_number}", "order number only")]
    if way < 0.85:
        return [make(full, texts.vague(rng, item, day), "no reference at all")]
    if way < 0.89:
        part = full // 200 * 100
        return [make(part, f"Teilzahlung {number}", "part payment")]
    if way < 0.92:
        extra = rng.choice((1_000, 5_000, 2_550))
        payment = make(full + extra, texts.clean(rng, item), "overpayment, rest on account")
        payment.settles, payment.on_account = {number: full}, extra
        return [payment]
    if way < 0.96:
        payment = make(
            full, texts.on_behalf(rng, item, company.debtor(item.debtor_number).name), "paid by a third party"
        )
        payment.name = f"{rng.choice(names.FIRST_NAMES)} {rng.choice(names.LAST_NAMES)}"
        payment.iban = names.iban(rng.choice(names.BANK_CODES), rng.randrange(10**6, 10**10))
        return [payment]
    text = texts.clean(rng, item)
    again = make(full, text, "the same invoice paid again")
    again.day, again.settles, again.on_account = bank_day(day + timedelta(days=rng.choice((1, 4, 7)))), {}, full
    return [make(full, text, "invoice number as printed"), again]


def _collections(company: Company) -> list[Payment]:
    """Our direct debits, credited in one sum: details follow by camt.054 on one account and never on the other."""
    result = []
    for account, day in zip((CAMT_ACCOUNT, MT940_ACCOUNT), COLLECTION_DAYS, strict=True):
        members = [collection for collection in company.collections if collection.collection_date == day]
        details = [
            Payment(
                account=account,
                day=day,
                amount=member.amount_minor,
                gvc="171",
                name=company.debtor(company.item(member.invoice_number).debtor_number).name,
                iban=member.debtor_iban,
                text=f"Rechnung {member.invoice_number}",
                end_to_end_id=member.end_to_end_id,
                mandate_id=member.mandate_id,
                kind="collection",
                settles={member.invoice_number: member.amount_minor},
                debtor_number=company.item(member.invoice_number).debtor_number,
                story="direct debit, credited in a batch",
            )
            for member in members
        ]
        result.append(
            Payment(
                account=account,
                day=day,
                amount=sum(detail.amount for detail in details),
                gvc="192",
                text=f"SAMMLER {len(details)} LASTSCHRIFTEN",
                batch_id=batch_id(day),
                message_id=members[0].message_id,
                details=details,
                details_shown=False,
                kind="collection",
                settles={number: amount for detail in details for number, amount in detail.settles.items()},
                story="direct debit, credited in a batch",
            )
        )
    return result
