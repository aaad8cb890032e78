"""The information field ``:86:``: German subfields ``?00``–``?63`` and free text of other countries (DK Anlage 3)."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipelines.model.construct import maker
from pipelines.model.statement import NOBODY, Party
from pipelines.normalize import squeeze
from sources.sepa_tags import Tagged, colon_tags, plus_tags, wrapped

# Subfields that exist; a separator before anything else is a sign of the text (a broken umlaut, a question).
_CODES = frozenset(
    ["00", "10", "11", *(str(code) for code in range(20, 40)), *(str(code) for code in range(60, 66)), "70", "71"]
)
_REMITTANCE = frozenset([*(str(code) for code in range(20, 30)), "60", "61", "62", "63"])
_IBAN_SHAPE = re.compile(r"[A-Za-z]{2}\d{2}[A-Za-z0-9 ]{11,40}", re.ASCII)
_party = maker(Party)
_LONG_LINE = 65  # a full physical line; the text goes on in the next without a blank


class Information(NamedTuple):
    """What ``:86:`` says. Texts "" when absent; see EntryDetail for the meaning of the tags."""

    gvc: str = ""
    booking_text: str = ""
    primanota: str = ""
    extension: str = ""
    counterparty: Party = NOBODY
    tags: dict[str, str] = {}  # noqa: RUF012 - never written to
    remittance: str = ""
    other_text: str = ""


def parse_information(lines: list[str]) -> Information:
    """``:86:`` with its continuation lines. Never fails: what has no structure is remittance text."""
    text = lines[0] if len(lines) == 1 else "".join(lines)
    if text[:1].isspace():
        text = text.lstrip()
    code, mark = text[:3], text[3:4]
    if code.isdigit() and code.isascii():
        if text[4:6] in _CODES and not mark.isalnum() and not mark.isspace():
            return _structured(code, text[4:].split(mark), mark)
        if not text[3:].strip():
            return Information(gvc=code)
        if code == "999":
            return Information(gvc=code, remittance=_free_text([text[3:]]))
    elif code[:1] == "?" and code[1:] in _CODES:
        return _structured("", text[1:].split("?"), "?")
    return Information(remittance=_free_text(lines))


def _structured(gvc: str, parts: list[str], mark: str) -> Information:
    fields: dict[str, str] = {}
    remittance: list[str] = []
    last = ""
    for part in parts:
        code = part[:2]
        if code in _REMITTANCE:
            remittance.append(part[2:])
            last = code
        elif code in _CODES:
            fields[code] = fields[code] + part[2:] if code in fields else part[2:]
            last = code
        elif last in _REMITTANCE:
            remittance[-1] += mark + part
        elif last:
            fields[last] += mark + part
    tagged = plus_tags(remittance) if remittance else Tagged({}, "", "")
    if ": " in tagged.text:
        tagged = colon_tags(tagged)
    get = fields.get
    return Information(
        gvc,
        get("00", "").strip(),
        get("10", "").strip(),
        get("34", "").strip(),
        _counterparty(fields, tagged.values),
        tagged.values,
        tagged.text,
        tagged.rest,
    )


def _counterparty(fields: dict[str, str], tags: dict[str, str]) -> Party:
    get = fields.get
    name = get("32", "")
    more = get("33", "")
    if more:
        name = wrapped([name, more])
    account = get("31", "").strip() or tags.get("IBAN", "") or get("38", "").strip()
    bank = get("30", "").strip() or tags.get("BIC", "")
    iban = ""
    if len(account) > 14 and account[:2].isalpha() and account[2:4].isdigit() and account.isascii():
        if account.isalnum():
            iban, account = account.upper(), ""
        elif _IBAN_SHAPE.fullmatch(account):
            iban, account = squeeze(account), ""
    name = name.strip()
    if "  " in name:
        name = " ".join(name.split())
    return _party(name, iban, account, bank) if name or iban or account or bank else NOBODY


def _free_text(lines: list[str]) -> str:
    """Lines of a text without structure, joined; a full line goes on without a blank."""
    pieces: list[str] = []
    for line in lines:
        text = line.strip()
        if not text:
            continue
        pieces.append(text if len(line) >= _LONG_LINE else text + " ")
    return "".join(pieces).strip()


def parse_national(lines: list[str]) -> Information:
    """``:NS:``, the older non-SWIFT lines ``01``–``34`` of some banks: text 01–14, name 15/16, bank 33, account 34."""
    text: list[str] = []
    name: list[str] = []
    fields: dict[str, str] = {}
    for line in lines:
        code, value = line[:2], line[2:].strip()
        if not (code.isascii() and code.isdigit()) or not value:
            continue
        if 1 <= int(code) <= 14:
            text.append(value)
        elif code in ("15", "16"):
            name.append(value)
        else:
            fields[code] = value
    account = fields.get("34", "")
    iban = squeeze(account) if _IBAN_SHAPE.fullmatch(account) else ""
    party = Party(" ".join(name), iban, "" if iban else account, fields.get("33", ""))
    return Information(
        booking_text=fields.get("17", ""), counterparty=NOBODY if party == NOBODY else party, remittance=" ".join(text)
    )
