"""Account numbers, bank codes and references in one form, whatever spelling a file or a person used.

Every function takes any text and answers "" where there is nothing valid: a number that is wrong is no number.
"""

from __future__ import annotations

import re
from functools import lru_cache

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException
from stdnum import iso11649
from stdnum.be import ogm_vcs
from stdnum.ch import esr
from stdnum.exceptions import ValidationError

_BLANK = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]")
_IBAN_SHAPE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
_NO_REFERENCE = frozenset(
    {"NOTPROVIDED", "NONREF", "NOREF", "NOTAVAILABLE", "NOTGIVEN", "NICHTANGEGEBEN", "NONE", "NULL", "NA", "UNKNOWN"}
)
_NOT_ALNUM = re.compile(r"[^0-9A-Za-z]+")


def squeeze(text: str) -> str:
    """Upper case without blanks, zero-width and directional characters."""
    return _BLANK.sub("", text).upper()


@lru_cache(maxsize=200_000)
def normalize_iban(text: str) -> str:
    """The IBAN in electronic form (ISO 13616), "" unless country, length, structure and check digits are right.

    Takes any spelling: blanks, zero-width characters, lower case, a leading ``IBAN``.
    """
    raw = squeeze(text)
    if raw.startswith("IBAN") and len(raw) > 20:
        raw = raw[4:].lstrip(":")
    if not _IBAN_SHAPE.fullmatch(raw):
        return ""
    if raw.startswith("DE"):  # nearly all of them; the same check without the library's detours
        digits = raw[4:]
        valid = len(raw) == 22 and digits.isdigit() and int(f"{digits}1314{raw[2:4]}") % 97 == 1
        return raw if valid else ""
    try:
        return str(IBAN(raw))
    except (SchwiftyException, ValueError):
        return ""


@lru_cache(maxsize=50_000)
def iban_from_account(bank_code: str, account: str, country: str = "DE") -> str:
    """The IBAN of a national bank code (BLZ) and account number, "" where none can be built.

    The plain rule (bank code + account filled with zeros) is used; the few German banks with rules of their own
    print IBANs themselves.
    """
    bank, number = squeeze(bank_code), squeeze(account).lstrip("0")
    if country == "DE" and not (len(bank) == 8 and bank.isascii() and bank.isdigit() and bank[0] != "0"):
        return ""
    if not number or not number.isascii() or not number.isdigit() or len(number) > 10:
        return ""
    try:
        return str(IBAN.generate(country, bank_code=bank, account_code=number))
    except (SchwiftyException, ValueError):
        return ""


@lru_cache(maxsize=20_000)
def normalize_bic(text: str) -> str:
    """A BIC (ISO 9362) in upper case, ``XXX`` of the head office removed; "" when it is none."""
    raw = squeeze(text)
    if len(raw) not in (8, 11):
        return ""
    try:
        bic = str(BIC(raw))
    except (SchwiftyException, ValueError):
        return ""
    return bic[:8] if bic.endswith("XXX") and len(bic) == 11 else bic


def reference(text: str) -> str:
    """An end-to-end id, mandate id or the like as written, "" for every way to say there is none."""
    if not text:
        return ""
    raw = _CONTROL.sub("", text).strip()
    letters = _NOT_ALNUM.sub("", raw).upper()
    if not letters or letters in _NO_REFERENCE:
        return ""
    return raw


@lru_cache(maxsize=50_000)
def creditor_reference(text: str) -> str:
    """A structured creditor reference in canonical form, "" unless its check digits are right.

    RF (ISO 11649) and Swiss SCOR → ``RF18…`` without blanks; Swiss QRR → 27 digits; Belgian OGM/VCS → 12 digits.
    A right check digit says somebody issues such numbers, not that we do.
    """
    raw = squeeze(text)
    if raw.startswith("RF"):
        try:
            return str(iso11649.validate(raw))
        except ValidationError:
            return ""
    digits = raw.strip("+*").replace("/", "")
    if not digits.isascii() or not digits.isdigit() or not digits.strip("0"):
        return ""
    try:
        if len(digits) == 27:
            esr.validate(digits)
            return digits
        if len(digits) == 12 and (raw[0] in "+*" or "/" in raw):
            return str(ogm_vcs.compact(ogm_vcs.validate(digits)))
    except ValidationError:
        return ""
    return ""


def clean_text(text: str) -> str:
    """Text as the payer wrote it, without control characters and outer blanks. Nothing else is changed."""
    if text.isprintable():
        return text.strip()
    return _CONTROL.sub("", text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")).strip()
