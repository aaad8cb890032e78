"""The account a file is about, in the form the rest of kontoklar knows it by."""

from __future__ import annotations

import re
from functools import lru_cache

from pipelines.normalize import iban_from_account, normalize_iban, squeeze

_CURRENCY_AT_END = re.compile(r"(?<=\d)[A-Z]{3}$", re.ASCII)


@lru_cache(maxsize=4096)
def account_key(text: str, bank_code: str = "") -> str:
    """An IBAN where the text holds or determines one (``BLZ/Konto``, ``BIC/IBAN``, a trailing currency), else the
    text itself without blanks, so that the same account reads the same in every file.

    bank_code: the bank's code where the file states it apart from the account number.
    """
    raw = squeeze(text)
    for candidate in (raw, _CURRENCY_AT_END.sub("", raw)):
        iban = normalize_iban(candidate)
        if iban:
            return iban
    raw = _CURRENCY_AT_END.sub("", raw)
    parts = [part for part in raw.split("/") if part]
    for part in parts:
        iban = normalize_iban(part) or normalize_iban(_CURRENCY_AT_END.sub("", part))
        if iban:
            return iban
    if len(parts) == 2:
        return iban_from_account(parts[0], parts[1]) or raw
    return iban_from_account(bank_code, raw) or raw
