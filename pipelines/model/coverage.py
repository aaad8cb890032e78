"""How far the bank data of an account is proven, and what stands in the way (D14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class BankCoverage:
    """What is known about one of our bank accounts.

    account: IBAN. proven_to: last day whose closing balance is proven without a gap, None if none is.
    open_problems: codes of findings that are open on the account (``statement-held``, ``statement-gap`` …).
    not_fetched: why its source could not fetch it last (``needs-authorisation``, ``locked`` …), "" when it could.
    """

    account: str
    proven_to: date | None
    open_problems: tuple[str, ...] = ()
    not_fetched: str = ""
