"""The sample company's master data: customers, open items, contracts and its own direct debits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from pipelines.demo import names
from pipelines.model.receivable import Collection, Contract, Debtor, DocumentType, Receivable

NAME = "Muster Handels GmbH"
CREDITOR_ID = "DE98ZZZ09999999999"
CAMT_ACCOUNT = names.iban("12030000", 1020304050)
MT940_ACCOUNT = names.iban("37040044", 532013000)
GO_LIVE = date(2026, 10, 1)
MONTH_END = date(2026, 10, 31)
COLLECTION_DAYS = (date(2026, 10, 5), date(2026, 10, 20))
LAST_COLLECTION_BEFORE = date(2026, 9, 7)


@dataclass(slots=True)
class Company:
    """What the billing system of the sample company knows. ``collection_batches``: batch id → its collections."""

    debtors: list[Debtor] = field(default_factory=list)
    items: list[Receivable] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    collections: list[Collection] = field(default_factory=list)

    def debtor(self, number: str) -> Debtor:
        return next(debtor for debtor in self.debtors if debtor.debtor_number == number)

    def items_of(self, number: str) -> list[Receivable]:
        return [item for item in self.items if item.debtor_number == number]

    def item(self, invoice_number: str) -> Receivable:
        return next(item for item in self.items if item.invoice_number == invoice_number)


@dataclass(slots=True)
class _Draft:
    """An item before the numbers are given out in the order of issue."""

    debtor: Debtor
    issued: date
    amount: int
    days: int
    settled: bool = False
    credit: bool = False
    discount: int = 0
    contract: str = ""
    collected: date | None = None


def create(rng: Random) -> Company:
    """The whole company, the same for the same seed."""
    company = Company()
    drafts: list[_Draft] = []
    for position, name in enumerate(names.BUSINESSES):
        drafts += _business(rng, company, 10001 + position, name)
    for position in range(45):
        drafts += _subscriber(rng, company, 20001 + position, position)
    drafts.sort(key=lambda draft: (draft.issued, draft.debtor.debtor_number, draft.amount))
    serial, credit_serial = 301, 41
    for draft in drafts:
        if draft.credit:
            number, credit_serial = f"GS-2026-{credit_serial:04d}", credit_serial + 1
        else:
            number, serial = f"RE-2026-{serial:04d}", serial + 1
        _issue(rng, company, draft, number)
    return company


def _business(rng: Random, company: Company, number: int, name: str) -> list[_Draft]:
    known = rng.random()
    ibans = tuple(names.iban(rng.choice(names.BANK_CODES), rng.randrange(10**6, 10**10)) for _ in range(2))
    debtor = Debtor(str(number), name, ibans=ibans[: 0 if known < 0.15 else 1 if known < 0.85 else 2])
    company.debtors.append(debtor)
    days = rng.choice((14, 30))
    discount = rng.choice((0, 200, 300)) if days == 30 else 0
    drafts: list[_Draft] = []
    issued = date(2026, 7, 20) + timedelta(days=rng.randrange(14))
    while issued < MONTH_END - timedelta(days=4):
        amount = rng.choice((11900, 23800, 29750)) if rng.random() < 0.15 else rng.randrange(4_000, 480_000)
        settled = issued + timedelta(days=days) < date(2026, 9, 10) and rng.random() < 0.8
        drafts.append(_Draft(debtor, issued, amount, days, settled=settled, discount=discount))
        issued += timedelta(days=rng.randrange(6, 20))
    if rng.random() < 0.16:
        drafts.append(
            _Draft(
                debtor,
                date(2026, 9, 14) + timedelta(days=rng.randrange(12)),
                -rng.randrange(900, 3_900),
                0,
                credit=True,
            )
        )
    return drafts


def _subscriber(rng: Random, company: Company, number: int, position: int) -> list[_Draft]:
    """A private customer with a contract, paid by SEPA direct debit every month."""
    last = names.LAST_NAMES[position % len(names.LAST_NAMES)]
    first = names.FIRST_NAMES[(position * 7) % len(names.FIRST_NAMES)]
    account = names.iban(rng.choice(names.BANK_CODES), rng.randrange(10**6, 10**10))
    debtor = Debtor(str(number), f"{first} {last}", ibans=(account,), tags=("subscription",))
    contract = f"V-{number}"
    company.debtors.append(debtor)
    company.contracts.append(Contract(contract, debtor.debtor_number, "active"))
    fee = rng.choice((2_990, 4_990, 4_990, 7_990, 12_900))
    day = COLLECTION_DAYS[position % 2]
    return [
        _Draft(debtor, date(2026, 9, 1), fee, 6, settled=True, contract=contract, collected=LAST_COLLECTION_BEFORE),
        _Draft(debtor, date(2026, 9, 30), fee, (day - date(2026, 9, 30)).days, contract=contract, collected=day),
    ]


def _issue(rng: Random, company: Company, draft: _Draft, number: str) -> None:
    debtor = draft.debtor
    direct_debit = draft.collected is not None
    mandate = f"MND-{debtor.debtor_number}" if direct_debit else ""
    end_to_end = f"LS-{number.removeprefix('RE-')}" if direct_debit else ""
    structured = not draft.credit and not direct_debit and rng.random() < 0.12
    company.items.append(
        Receivable(
            invoice_number=number,
            debtor_number=debtor.debtor_number,
            amount_minor=draft.amount,
            open_minor=0 if draft.settled else draft.amount,
            currency="EUR",
            issue_date=draft.issued,
            due_date=draft.issued + timedelta(days=draft.days),
            document_type=DocumentType.CREDIT_NOTE if draft.credit else DocumentType.INVOICE,
            debtor_name=debtor.name,
            debtor_ibans=debtor.ibans,
            payment_method="direct_debit" if direct_debit else "transfer",
            mandate_id=mandate,
            end_to_end_id=end_to_end,
            creditor_reference=names.creditor_reference(number.replace("-", "")) if structured else "",
            order_number=f"B{rng.randrange(100000, 999999)}" if not direct_debit else "",
            contract_id=draft.contract,
            cash_discount_basis_points=draft.discount,
            cash_discount_until=draft.issued + timedelta(days=14) if draft.discount else None,
            tax_rate_basis_points=1900,
        )
    )
    if draft.collected:
        company.collections.append(
            Collection(
                end_to_end_id=end_to_end,
                mandate_id=mandate,
                invoice_number=number,
                amount_minor=draft.amount,
                currency="EUR",
                collection_date=draft.collected,
                debtor_iban=debtor.ibans[0],
                payment_information_id=batch_id(draft.collected),
                message_id=f"MSG-{draft.collected:%Y%m%d}",
            )
        )


def batch_id(day: date) -> str:
    """The payment information id of the direct debits of one day."""
    return f"SDD-{day:%Y%m%d}"
