"""Until when money from a direct debit can be claimed back, and by which right (GERMAN_BANKING §3.1).

The one place that knows the periods. Every other payment is final once it is booked, except cheques, which are
credited under reserve.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from pipelines.model.transaction import TransactionKind

# § 675x (4) BGB: the payer of an authorised core direct debit may claim it back within eight weeks of the debit.
AUTHORISED: Final = timedelta(weeks=8)
# § 676b (2) BGB: an unauthorised debit must be reported within thirteen months of the day of the debit.
UNAUTHORISED_MONTHS: Final = 13
# SEPA B2B scheme: no refund right (§ 675e (4) BGB allows that); a return within three banking days.
BUSINESS_RETURN: Final = timedelta(days=5)
# Cheques are credited under reserve (E.v.); a return usually shows within two weeks.
CHEQUE: Final = timedelta(days=14)
# A claim made on the last day reaches our account only after both banks have handled it (ten banking days).
HANDLING: Final = timedelta(days=14)

_BUSINESS_GVC: Final = frozenset({"174", "196"})
_CHEQUE_GVC: Final = frozenset({"170"})


class Right(StrEnum):
    """Why money may still go back."""

    AUTHORISED = "authorised-debit"
    UNAUTHORISED = "unauthorised-debit"
    BUSINESS = "business-debit"
    CHEQUE = "cheque"


LAW: Final = {
    Right.AUTHORISED: "BGB §675x(4)",
    Right.UNAUTHORISED: "BGB §676b(2)",
    Right.BUSINESS: "SEPA B2B rulebook",
    Right.CHEQUE: "credited under reserve",
}


@dataclass(frozen=True, slots=True)
class Provision:
    """A right to claim money back. until: its last day. final_on: the day from which nothing of it can arrive any
    more, the handling by the banks included."""

    right: Right
    until: date
    final_on: date

    @property
    def law(self) -> str:
        """Where the period is written."""
        return LAW[self.right]


def provisional_until(booking_date: date) -> date:
    """The last day on which an authorised core direct debit may be claimed back."""
    return booking_date + AUTHORISED


def provision(
    kind: TransactionKind | str, booking_date: date, *, gvc: str = "", has_mandate: bool = True
) -> Provision | None:
    """The longest right to claim a payment back; None when it is final.

    has_mandate: a mandate of ours stands behind the debit. Without one the payer can call it unauthorised.
    """
    if kind != TransactionKind.COLLECTION:
        if gvc in _CHEQUE_GVC:
            return Provision(Right.CHEQUE, booking_date + CHEQUE, booking_date + CHEQUE + timedelta(days=1))
        return None
    if not has_mandate:
        until = _months_later(booking_date, UNAUTHORISED_MONTHS)
        return Provision(Right.UNAUTHORISED, until, until + HANDLING)
    if gvc in _BUSINESS_GVC:
        until = booking_date + BUSINESS_RETURN
        return Provision(Right.BUSINESS, until, until + timedelta(days=1))
    return Provision(Right.AUTHORISED, provisional_until(booking_date), provisional_until(booking_date) + HANDLING)


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day (§ 188 (3) BGB)."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
