"""Return debits of the month: reasons, charges and the forms in which the two banks tell them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.demo import names
from pipelines.demo.company import (
    CAMT_ACCOUNT,
    COLLECTION_DAYS,
    CREDITOR_ID,
    LAST_COLLECTION_BEFORE,
    MT940_ACCOUNT,
    NAME,
    Company,
)
from pipelines.demo.payments import Payment


@dataclass(frozen=True, slots=True)
class _Return:
    """collected: the day of the collection that comes back; nth: which of that day's."""

    collected: date
    nth: int
    day: date
    reason: str
    charges: int
    told: bool = True  # the bank names original amount and charges; else only the sum it booked
    fee_apart: bool = False  # the charges come as a booking of their own


RETURNS = (
    _Return(LAST_COLLECTION_BEFORE, 3, date(2026, 10, 2), "MD06", 300),
    _Return(LAST_COLLECTION_BEFORE, 8, date(2026, 10, 13), "MS03", 300),
    _Return(COLLECTION_DAYS[0], 2, date(2026, 10, 8), "AC04", 350),
    _Return(COLLECTION_DAYS[0], 5, date(2026, 10, 8), "MS03", 350),
    _Return(COLLECTION_DAYS[0], 9, date(2026, 10, 9), "MS03", 0),
    _Return(COLLECTION_DAYS[0], 11, date(2026, 10, 12), "AM04", 350),
    _Return(COLLECTION_DAYS[0], 15, date(2026, 10, 13), "MD01", 350, told=False),
    _Return(COLLECTION_DAYS[0], 18, date(2026, 10, 26), "MD06", 350),
    _Return(COLLECTION_DAYS[1], 1, date(2026, 10, 22), "MS03", 400),
    _Return(COLLECTION_DAYS[1], 4, date(2026, 10, 23), "AC06", 511, fee_apart=True),
    _Return(COLLECTION_DAYS[1], 7, date(2026, 10, 23), "MS03", 400),
    _Return(COLLECTION_DAYS[1], 12, date(2026, 10, 27), "MD06", 0),
    _Return(COLLECTION_DAYS[1], 16, date(2026, 10, 28), "AC01", 400),
)

# Two of those who bounced pay by transfer afterwards.
PAID_LATER = {(COLLECTION_DAYS[0], 5): date(2026, 10, 19), (COLLECTION_DAYS[1], 1): date(2026, 10, 29)}


def returns(company: Company) -> list[Payment]:
    """The return debits, the transfers that make some of them good, and a refund of ours that bounces."""
    result: list[Payment] = []
    for case in RETURNS:
        members = [collection for collection in company.collections if collection.collection_date == case.collected]
        member = members[case.nth]
        item = company.item(member.invoice_number)
        debtor = company.debtor(item.debtor_number)
        account = MT940_ACCOUNT if case.collected == COLLECTION_DAYS[1] else CAMT_ACCOUNT
        booked = member.amount_minor + (0 if case.fee_apart else case.charges)
        result.append(
            Payment(
                account=account,
                day=case.day,
                amount=-booked,
                gvc="109",
                name=debtor.name,
                iban=member.debtor_iban,
                text=f"Rechnung {member.invoice_number}",
                end_to_end_id=member.end_to_end_id,
                mandate_id=member.mandate_id,
                creditor_id=CREDITOR_ID,
                reason_code=case.reason,
                original=member.amount_minor if case.told else 0,
                charges=case.charges if case.told and not case.fee_apart else 0,
                kind="return_debit",
                settles={member.invoice_number: -member.amount_minor},
                debtor_number=debtor.debtor_number,
                story=f"return debit {case.reason}",
            )
        )
        if case.fee_apart:
            result.append(
                Payment(
                    account,
                    case.day,
                    -case.charges,
                    "808",
                    text="Entgelt Ruecklastschrift",
                    kind="charge",
                    story="bank charge",
                )
            )
        later = PAID_LATER.get((case.collected, case.nth))
        if later:
            result.append(
                Payment(
                    account,
                    later,
                    member.amount_minor,
                    "166",
                    name=debtor.name,
                    iban=member.debtor_iban,
                    text=f"Rechnung {member.invoice_number} Nachzahlung",
                    settles={member.invoice_number: member.amount_minor},
                    debtor_number=debtor.debtor_number,
                    story="transfer after a return debit",
                )
            )
    return result + _bounced_refund()


def _bounced_refund() -> list[Payment]:
    name, account = "Zoltan Yildiz", names.iban("76030080", 44556677)
    text = "Erstattung Gutschrift GS-2026-0012"
    return [
        Payment(
            CAMT_ACCOUNT,
            date(2026, 10, 12),
            -4_990,
            "116",
            name=name,
            iban=account,
            text=text,
            end_to_end_id="ERST-0012",
            kind="outgoing",
            story="refund to a customer",
        ),
        Payment(
            CAMT_ACCOUNT,
            date(2026, 10, 15),
            4_990,
            "159",
            name=NAME,
            iban=account,
            text=f"Retoure SEPA Ueberweisung vom 12.10.2026, Rueckgabegrund: AC01 IBAN fehlerhaft SVWZ: RETURN, {text}",
            end_to_end_id="ERST-0012",
            reason_code="AC01",
            original=4_990,
            kind="return_transfer",
            story="our refund bounced",
        ),
    ]
