"""How access to an account stands: what a source says of each account at the end of a fetch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class AccessState(StrEnum):
    """complete: everything asked for was delivered. needs_authorisation: a person has to give consent or a TAN.
    locked: the bank refuses the login (wrong or locked PIN, locked user); never tried again by itself.
    unavailable: could not be reached now; the next run tries again. incomplete: was delivered with holes, so that
    nothing of it was used but what its balances prove."""

    COMPLETE = "complete"
    NEEDS_AUTHORISATION = "needs-authorisation"
    LOCKED = "locked"
    UNAVAILABLE = "unavailable"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class AccountOutcome:
    """What became of one account in one fetch.

    account: IBAN in electronic form, or the account number where there is none; "" means every account of the source
    (a refused login). code: dashed detail such as ``consent-expired``, ``tan-required``, ``pin-wrong``,
    ``pages-differ``; "" when complete. No personal data, never a bank's own words.
    consent_until: last day the consent holds; None where nobody knows.
    """

    account: str
    state: AccessState
    code: str = ""
    consent_until: date | None = None
