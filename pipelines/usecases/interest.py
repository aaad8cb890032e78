"""Default interest on what is overdue, and the flat rate of § 288 (5) BGB: shown, or booked as claims of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd

from pipelines.due import rows_of
from pipelines.dunning.interest import FLAT_RATE_MINOR, BaseRate, default_interest
from pipelines.errors import DecisionRefused
from pipelines.model.money import format_minor
from pipelines.operations.commands import Charge
from pipelines.ports.work import Books, Work
from pipelines.review import ReviewDesk

BUSINESS: Final = "business"
# § 286 (3) BGB; towards a consumer only if the invoice said so, which we do not know.
_AT_THE_LATEST: Final = timedelta(days=30)
_DAY: Final = timedelta(days=1)


def interest(
    books: Books,
    rates: Sequence[BaseRate],
    as_of: date,
    *,
    debtor: str = "",
    wait_for_delivery: bool = False,
    desk: ReviewDesk | None = None,
    user: str = "",
    reason: str = "",
) -> list[dict[str, Any]]:
    """One row per overdue invoice with interest up to and including ``as_of``, or a flat rate, that is not charged yet.

    Default begins with the first dunning message, for a business 30 days after the due date at the latest; interest
    runs from the day after. Part payments lower what bears it; what was charged before is taken off.
    wait_for_delivery: a message counts once it was delivered (see ``DunSettings``). desk: books it; None only shows.
    Raises BaseRateUnknown past the last known base rate, DecisionRefused without user and reason.
    """
    if desk is not None and not (user.strip() and reason.strip()):
        raise DecisionRefused("Booking names who decides (--user) and why (--reason).")
    with books.read() as work:
        rows = _rows(work, rates, as_of, debtor, wait_for_delivery)
    for row in rows if desk is not None else ():
        assert desk is not None
        row["booked"] = "+".join(_book(desk, row, kind, minor, user, reason, as_of) for kind, minor in row["charges"])
    for row in rows:
        del row["charges"]
    return rows


def _book(desk: ReviewDesk, row: dict[str, Any], kind: str, minor: int, user: str, reason: str, as_of: date) -> str:
    number = row["invoice_number"]
    when = f":{as_of.isoformat()}" if kind == "default_interest" else ""
    decided = desk.apply(
        Charge(
            invoice_number=number, kind=kind, amount_minor=minor, user=user, reason=reason,
            command_id=f"{kind}:{number}{when}",
        )
    )  # fmt: skip
    return decided.decision_id or decided.request_id


def _rows(work: Work, rates: Sequence[BaseRate], as_of: date, debtor: str, delivered: bool) -> list[dict[str, Any]]:
    items = work.receivables.items()
    due = items[
        (items["open_minor"] > 0)
        & (items["document_type"] == "invoice")
        & (items["due_date"] < pd.Timestamp(as_of))
        & ((items["debtor_number"] == debtor) | (debtor == ""))
    ]
    debtors = work.receivables.debtors()
    tagged = debtors[debtors["tags"].str.split("|").map(lambda tags: BUSINESS in tags)] if len(debtors) else debtors
    business = set(tagged["debtor_number"])
    numbers = due["invoice_number"].tolist()
    letters = work.dunning_cases.first_letters(delivered=delivered)
    payments = work.dunning_cases.payments(numbers)
    charged = work.dunning_cases.charged()
    found = []
    for row in rows_of(due):
        number, is_business = row["invoice_number"], row["debtor_number"] in business
        begins = [day for day in (letters.get(number),) if day is not None]
        if is_business:
            begins.append(row["due_date"].date() + _AT_THE_LATEST)
        if not begins or min(begins) >= as_of:
            continue
        first = min(begins) + _DAY
        principal = _principal(int(row["open_minor"]), payments.get(number, []), first)
        owed = default_interest(principal, as_of, business=is_business, rates=rates).minor
        before = charged.get((number, "default_interest"), 0)
        flat = is_business and row["currency"] == "EUR" and (number, "flat_rate") not in charged
        charges = [("default_interest", owed - before)] if owed > before else []
        charges += [("flat_rate", FLAT_RATE_MINOR)] if flat else []
        if not charges:
            continue
        currency = row["currency"]
        found.append(
            {
                "debtor_number": row["debtor_number"], "invoice_number": number,
                "business": "yes" if is_business else "", "since": first.isoformat(),
                "interest": format_minor(owed, currency), "charged": format_minor(before, currency),
                "flat_rate": format_minor(FLAT_RATE_MINOR, currency) if flat else "",
                "due": format_minor(sum(minor for _, minor in charges), currency), "currency": currency,
                "booked": "", "charges": charges,
            }
        )  # fmt: skip
    return found


def _principal(open_minor: int, payments: Sequence[tuple[date, int]], first: date) -> list[tuple[date, int]]:
    """What bore interest from which day on; the day of a payment still bears it on all that was owed before."""
    later = [(day, minor) for day, minor in payments if day >= first]
    owed = open_minor + sum(minor for _, minor in later)
    steps = [(first, owed)]
    for day, minor in later:
        owed -= minor
        steps.append((day + _DAY, owed))
    return steps
