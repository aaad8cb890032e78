"""How personal identifiers are shown: enough to recognise one, not enough to use it."""

from __future__ import annotations

from collections.abc import Iterable


def mask_iban(iban: str) -> str:
    """Country, check digits and the last four signs: ``DE02 … 2051``; "" stays "", a short text is all dots."""
    if not iban:
        return ""
    return f"{iban[:4]} … {iban[-4:]}" if len(iban) >= 12 else "…"


def mask_email(email: str) -> str:
    """The first sign and the domain: ``e…@example.org``; "" stays ""."""
    if not email:
        return ""
    name, at, domain = email.partition("@")
    return f"{name[:1]}…{at}{domain}" if at else "…"


def masked_list(ibans: Iterable[str]) -> str:
    """``|``-joined masked IBANs, each once, in the given order."""
    return "|".join(dict.fromkeys(mask_iban(iban) for iban in ibans if iban))
