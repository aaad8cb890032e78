"""Reading numbers out of remittance text: what is noise comes out, what remains is cut into runs of letters and digits.

Dates, amounts, percentages, IBANs, creditor identifiers, bank codes, telephone numbers and times are recognised and
blanked before anything is looked up (GERMAN_BANKING §4). A run is never cut, so ``14`` is not found in ``1814``.
Blanking keeps positions; the filler is a hard boundary over which no number is ever joined.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from pipelines.runs import cut
from pipelines.text import fold

FILLER = "|"

_MONTHS = (
    "JANUAR", "FEBRUAR", "MAERZ", "APRIL", "MAI", "JUNI", "JULI", "AUGUST", "SEPTEMBER", "OKTOBER", "NOVEMBER",
    "DEZEMBER",
)  # fmt: skip
_MONTH_OF = {name: number for number, name in enumerate(_MONTHS, 1)} | {
    "JAN": 1, "FEB": 2, "MRZ": 3, "MAR": 3, "MARZ": 3, "APR": 4, "JUN": 6, "JUL": 7, "AUG": 8, "SEP": 9, "SEPT": 9,
    "OKT": 10, "NOV": 11, "DEZ": 12,
}  # fmt: skip
_MONTH_WORD = "|".join(sorted(_MONTH_OF, key=len, reverse=True))

_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MON = r"(?:0?[1-9]|1[0-2])"
_NOISE = re.compile(
    rf"""
    # Where none of these stands nothing below can begin: most places are done with that.
    (?:(?<![0-9])(?=[0-9+]|[ .:][0-9])|(?<![A-Z])(?=[ABDEFHIJKMNOPRST]|[A-Z]{{2}}[0-9]))
    (?:
    (?P<iban>(?<![0-9A-Z])(?:IBAN[:\s]*)?[A-Z]{{2}}[0-9]{{2}}(?:\ ?[0-9A-Z]{{4}}){{2,7}}
        (?:\ ?[0-9A-Z]{{1,3}})?(?![0-9A-Z]))
  | (?P<creditor>(?<![0-9A-Z])[A-Z]{{2}}[0-9]{{2}}[A-Z]{{3}}0[0-9]{{10}}(?![0-9A-Z]))
  | (?P<bank>(?<![A-Z])(?:BLZ|BIC|KONTO(?:NR|NUMMER)?|KTO)\.?[\s:.]*(?:NR\.?[\s:.]*)?[0-9][0-9A-Z]{{5,}}(?![0-9A-Z]))
  | (?P<phone>(?<![A-Z])(?:TEL|TELEFON|FON|MOBIL|HANDY|FAX|PHONE|RUFNUMMER|RUFNR)\.?[\s:.]*(?:NR\.?[\s:.]*)?
        \+?[0-9(][0-9\ /()-]{{4,}}[0-9]
       |(?<![0-9A-Z])(?:\+|00)(?:49|43|41)[0-9\ /()-]{{7,}}[0-9]
       |(?<![0-9A-Z/-])0[1-9][0-9]{{1,4}}\ ?/\ ?[0-9]{{4,9}}(?![0-9A-Z/-]))
  | (?P<date>(?<![0-9.,/]){_DAY}\.\ ?{_MON}\.(?:\ ?(?:19|20)[0-9]{{2}}|[0-9]{{2}})?(?![0-9])
       |(?<![0-9.,/])[0-3]?\ ?[0-9]\ ?\.\ ?[01]?\ ?[0-9]\ ?\.\ ?2\ ?0\ ?[0-9]\ ?[0-9](?![0-9])
       |(?<![0-9A-Z/-])(?:19|20)[0-9]{{2}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?![0-9A-Z/-])
       |(?<![0-9A-Z/-]){_DAY}[/-]{_MON}[/-](?:19|20)[0-9]{{2}}(?![0-9A-Z/-])
       |(?<![0-9A-Z/.-]){_DAY}\.?\ ?(?:{_MONTH_WORD})\.?\ ?(?:(?:19|20)?[0-9]{{2}})?(?![0-9A-Z]))
  | (?P<time>(?<![0-9.,:]){_DAY}?[0-9]?[:.][0-5][0-9](?::[0-5][0-9])?\ ?UHR(?![A-Z])
       |(?<![0-9:])[0-2][0-9]:[0-5][0-9](?::[0-5][0-9])?(?![0-9:]))
  | (?P<period>(?<![0-9A-Z])(?:{_MONTH_WORD})[\ ./'-]{{0,2}}(?:20)?[0-9]{{2}}(?![0-9A-Z/-])
       |(?<![0-9A-Z/.-])(?:0[1-9]|1[0-2])\ ?[/.]\ ?(?:20)?2[0-9](?![0-9A-Z/-]))
  | (?P<percent>(?<![0-9.,])[0-9]{{1,2}}(?:[.,][0-9]{{1,2}})?\ ?(?:%|PROZENT|V\.?H\.))
  | (?P<amount>(?<![0-9A-Z])(?:EUR|EURO)[\s:.]*[0-9]{{1,3}}(?:\.?[0-9]{{3}})*(?:[.,][0-9]{{2}}|,-+)?(?![0-9.,])
       |(?<![0-9A-Z.,/-])[0-9]{{1,3}}(?:\.[0-9]{{3}})+,[0-9]{{2}}(?![0-9])
       |(?<![0-9A-Z.,/-])[0-9]{{1,6}},(?:[0-9]{{2}}|-+)(?![0-9,/])
       |(?<![0-9A-Z.,/-])[0-9]{{1,6}}(?:\.[0-9]{{1,2}})?\ ?EUR(?:O)?(?![A-Z])))
    """,
    re.VERBOSE,
)
_RUN = re.compile(r"[0-9]+|[A-Z]+")
# Noise of several words announces itself; without these the cheap pass over single stretches is enough.
_TRIGGER = re.compile(
    r"IBAN|EUR|TEL|FON|MOBIL|HANDY|FAX|RUFN|BLZ|BIC|KONTO|KTO|UHR|%|PROZ|\+|00[34]|[0-9]\. "
    r"|\.[0-9]{0,3} [0-9]|[0-9] ?/ |"
    rf"[0-9]\.? ?(?:{_MONTH_WORD})|(?:{_MONTH_WORD})[ ./'-]{{0,2}}[0-9]"
    r"|[A-Z][0-9]{2}(?: ?[0-9A-Z]{4}){3}|[A-Z]0[0-9]{10}"
)
_STRETCH = re.compile(r"[0-9]+[.,:/\-][0-9.,:/\-]*[0-9]")
_MONTH_NAME = re.compile(rf"(?<![A-Z])({_MONTH_WORD})(?![A-Z])")
_PERIOD = re.compile(r"(0[1-9]|1[0-2])\ ?[/.]\ ?(?:20)?(2[0-9])$")


def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that say: the number behind me is an invoice's / a customer's.
INVOICE_WORDS = _vocabulary(
    "R RE RG RN RNR RENR RGNR RECH RECHN RECHNG RECHNUNG RECHNUNGEN RECHNUNGS RECHNUNGSNR RECHNUNGSNUMMER RECHNR INV "
    "INVOICE FAKTURA FAKT BELEG BELEGNR AR NR NO NUMMER UND U BIS VON REF"
)
CUSTOMER_WORDS = _vocabulary(
    "KD KDN KDNR KDNUMMER KUNDE KUNDEN KUNDENNR KUNDENNUMMER KUNDNR KNR KUNR DEB DEBITOR DEBITORNR DEBITORENNR "
    "DEBITORENNUMMER CUSTOMER MITGLIED MITGLIEDSNR MGLNR VERTRAG VERTRAGSNR VERTRAGSNUMMER VTNR VNR MANDAT "
    "MANDATSREF"
)
# … is an order, a project, a file of the payer's: it explains itself and is no invoice of ours.
ORDER_WORDS = _vocabulary(
    "AUFTRAG AUFTRAGS AUFTRAGSNR AUFTRAGSNUMMER AUFTR BESTELLUNG BESTELLNR BESTELLNUMMER BEST BESTNR BESTELL ORDER PO "
    "PROJEKT PROJEKTNR PROJ KOMMISSION KOMM KOSTENSTELLE KST LIEFERSCHEIN LIEFERSCH LS LSNR LIEFERSCHEINNR ANGEBOT "
    "ANGEBOTSNR BAUVORHABEN BV OBJEKT"
)
_FILL_WORDS = frozenset({"NR", "NO", "NUMMER", "N"})
_ALL_OPEN = re.compile(
    r"\b(ALLE?S? (?:OFFENE\w*|RECHNUNG\w*|POSTEN|RG|RE)|S(?:A|AE)MTLICHE|OFFENE (?:POSTEN|RECHNUNGEN)|KONTOAUSGLEICH"
    r"|AUSGLEICH (?:IHRES )?KONTO\w*|GESAMTSALDO)\b"
)
_PARTIAL = re.compile(
    r"\b(TEILZAHLUNG\w*|TEILBETRAG|RATE|RATENZAHLUNG|ABSCHLAG\w*|ANZAHLUNG|AKONTO\w*|A KONTO|TZ|TEILZ)\b"
)
_REFUND = re.compile(
    r"(?:RUECK|RUCK)?ERSTATTUNG|RUECKZAHLUNG|RUCKZAHLUNG|REFUND|UEBERZAHLUNG|STORNO |GUTSCHRIFT ZU IHRE"
)
_OTHER_PURPOSE = re.compile(
    r"\b(KAUTION|VORAUSZAHLUNG|VORKASSE|ANZAHLUNG|DARLEHEN|SPENDE|GEHALT|LOHN|UMBUCHUNG|PRIVATENTNAHME|DIVIDENDE|ZINSEN"
    r"|STEUERERSTATTUNG|BEIHILFE|VERSICHERUNGSLEISTUNG|UNTERHALT|TASCHENGELD|GESCHENK|BONUS)\b"
)
_CREDIT = re.compile(r"\b(GUTSCHRIFT\w*|GS|VERRECHN\w*|ABZGL|ABZUEGLICH|ABZUGLICH)\b|\./\.")
_DISCOUNT = re.compile(r"\bSK(?:ON)?TO\b")
# First four letters of every word the patterns above know: most texts have none and are done.
_STEMS = _vocabulary(
    "ALLE SAMT SAEM OFFE KONT AUSG GESA TEIL RATE ABSC ANZA AKON A TZ RUEC RUCK ERST REFU UEBE STOR GUTS GS VERR "
    "ABZG ABZU SKON SKTO KAUT VORA VORK DARL SPEN GEHA LOHN UMBU PRIV DIVI ZINS STEU BEIH "
    "VERS UNTE TASC GESC BONU"
) | {name[:4] for name in _MONTH_OF}


@dataclass(slots=True)
class Scan:
    """What a remittance text says, before anything is looked up.

    text: folded text with noise blanked. runs: (run, start, end) of what is left. noise: kinds of what was blanked.
    months: months the text names, 1–12. dates: calendar days it names, as (year, month, day), not proved to exist.
    The flags tell of words for: all open items, part payment, refund by somebody,
    credit note, cash discount, something that is no payment of an invoice.
    """

    text: str
    runs: list[tuple[str, int, int]]
    months: tuple[int, ...] = ()
    dates: tuple[tuple[int, int, int], ...] = ()
    all_open: bool = False
    partial: bool = False
    refund: bool = False
    credit: bool = False
    other_purpose: bool = False
    discount: bool = False
    noise: list[str] = field(default_factory=list)
    _keywords: dict[int, str] = field(default_factory=dict, repr=False, compare=False)

    def gap(self, left: int, right: int) -> str:
        """The text between two neighbouring runs."""
        return self.text[self.runs[left][2] : self.runs[right][1]]

    def keyword(self, run: int) -> str:
        """``invoice``, ``customer``, ``order`` or "" by the words before a run (``Kd. Nr: 4711`` → customer)."""
        found = self._keywords.get(run)
        if found is None:
            found = self._keywords[run] = self._keyword(run)
        return found

    def _keyword(self, run: int) -> str:
        for back in range(run - 1, max(run - 4, -1), -1):
            word = self.runs[back][0]
            if word[0] <= "9":
                break
            if word in CUSTOMER_WORDS:
                return "customer"
            if word in ORDER_WORDS:
                return "order"
            if word in _FILL_WORDS:
                continue
            if word in INVOICE_WORDS:
                return "invoice"
            break
        return "invoice" if run and self.runs[run - 1][0] in _FILL_WORDS else ""


def scan(text: str, is_number: Callable[[str], bool] | None = None) -> Scan:
    """Blank the noise of a remittance text and cut the rest into runs.

    is_number: says whether a noise-like stretch, exactly as written, is a number of ours; then it stays (a company may
    write its invoices ``2026-10-07``).
    """
    return scan_folded(fold(text), is_number)


def scan_folded(folded: str, is_number: Callable[[str], bool] | None = None) -> Scan:
    """``scan`` of a text that is folded."""
    result = _without_noise(folded, is_number, _TRIGGER.search(folded) is not None)
    result.runs = [(found.group(), found.start(), found.end()) for found in _RUN.finditer(result.text)]
    if any(run[0][:4] in _STEMS for run in result.runs):
        _add_words(result)
    return result


def scan_all(folded: Sequence[str], is_number: Callable[[str], bool] | None = None) -> list[Scan]:
    """``scan_folded`` of many texts: what is rare in them is looked for in all of them at once, and so are the runs."""
    if not folded:
        return []
    texts = pa.array(folded, pa.large_string())
    noisy = pc.match_substring_regex(texts, _TRIGGER.pattern).to_pylist()
    stretched = pc.match_substring_regex(texts, _STRETCH.pattern).to_pylist()
    result = [
        _without_noise(text, is_number, loud) if loud or single else Scan(text, [])
        for text, loud, single in zip(folded, noisy, stretched, strict=True)
    ]
    words = cut([one.text for one in result])
    hot = {word for word in {word for runs in words for word, _, _ in runs} if word[:4] in _STEMS}
    for one, runs in zip(result, words, strict=True):
        one.runs = runs
        for run in runs:
            if run[0] in hot:
                _add_words(one)
                break
    return result


def _without_noise(folded: str, is_number: Callable[[str], bool] | None, noisy: bool) -> Scan:
    """A text whose noise is blanked, not cut into runs. noisy: noise of several words may be in it."""
    noise: list[str] = []
    periods: list[int] = []
    dates: list[tuple[int, int, int]] = []

    def blank(found: re.Match[str]) -> str:
        kind = found.lastgroup or ""
        stretch = found.group()
        if (kind == "iban" and not _is_iban(stretch)) or (is_number is not None and is_number(stretch)):
            return stretch
        if kind == "phone" and is_number is not None and stretch[0] == "0":
            # ``PXU 004994-0`` begins like a number in Germany, dialled from abroad.
            words = [*folded[: found.start()].split()[-1:], *stretch.split()]
            if any(is_number(f"{left} {right}") or is_number(right) for left, right in pairwise(words)):
                return stretch
        if kind == "period":
            periods.extend(_months_in(stretch))
        elif kind == "date":
            dates.extend(_date_in(stretch))
        noise.append(kind)
        return FILLER * len(stretch)

    if noisy:
        clean = _NOISE.sub(blank, folded)
    else:
        # Without a trigger word only a single stretch of digits and signs can be noise: far fewer places to look at.
        clean = folded
        for found in _STRETCH.finditer(folded):
            stretch, start = found.group(), found.start()
            before = folded[start - 1] if start else " "
            if before.isalnum() or before in "-/.," or folded[found.end() : found.end() + 1].isalpha():
                continue
            kind = _stretch_kind(stretch)
            if not kind or (is_number is not None and is_number(stretch)):
                continue
            if kind == "period":
                periods.extend(_months_in(stretch))
            elif kind == "date":
                dates.extend(_date_in(stretch))
            noise.append(kind)
            clean = clean[:start] + FILLER * len(stretch) + clean[found.end() :]
    return Scan(clean, [], tuple(periods), tuple(dates), noise=noise)


@lru_cache(maxsize=65536)
def _stretch_kind(stretch: str) -> str:
    found = _NOISE.fullmatch(stretch)
    return (found.lastgroup or "") if found else ""


def _add_words(result: Scan) -> None:
    text = result.text
    result.all_open = _ALL_OPEN.search(text) is not None
    result.partial = _PARTIAL.search(text) is not None
    result.refund = _REFUND.search(text) is not None
    result.other_purpose = _OTHER_PURPOSE.search(text) is not None
    result.credit = _CREDIT.search(text) is not None
    result.discount = _DISCOUNT.search(text) is not None
    named = tuple(_MONTH_OF[found.group(1)] for found in _MONTH_NAME.finditer(text))
    result.months = tuple(dict.fromkeys((*result.months, *named)))


def _months_in(stretch: str) -> list[int]:
    if found := _PERIOD.search(stretch):
        return [int(found.group(1))]
    return [_MONTH_OF[found.group()] for found in re.finditer(_MONTH_WORD, stretch)][:1]


def _date_in(stretch: str) -> list[tuple[int, int, int]]:
    """The day a date names; none without a year, or when the numbers are no date."""
    text = stretch.replace(" ", "")
    if found := re.fullmatch(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]((?:20)?[0-9]{2})", text):
        day, month, year = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"((?:19|20)[0-9]{2})-([0-9]{2})-([0-9]{2})", text):
        year, month, day = (int(part) for part in found.groups())
    elif found := re.fullmatch(rf"([0-9]{{1,2}})\.?({_MONTH_WORD})\.?((?:20)?[0-9]{{2}})", text):
        day, month, year = int(found.group(1)), _MONTH_OF[found.group(2)], int(found.group(3))
    else:
        return []
    return [(year if year > 99 else 2000 + year, month, day)]


def _is_iban(text: str) -> bool:
    raw = text.removeprefix("IBAN").strip(" :").replace(" ", "")
    if not 15 <= len(raw) <= 34 or raw.startswith("RF"):
        # A creditor reference (ISO 11649) has the same check digits and is what we look for.
        return False
    digits = "".join(str(int(sign, 36)) for sign in raw[4:] + raw[:4])
    return int(digits) % 97 == 1


_CONFUSION = str.maketrans({"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "S": "5", "B": "8", "Z": "2", "G": "6"})


def confuse(text: str) -> str:
    """Letters that are read or typed for digits turned into these: ``2O26-B1`` → ``2026-81``."""
    return text.translate(_CONFUSION)


def clean_iban(text: str) -> str:
    """An IBAN in electronic form: no blanks or other signs, upper-case (people store and send it in every way)."""
    return text if text.isalnum() and text.isascii() and text.isupper() else re.sub(r"[^0-9A-Z]", "", fold(text))


def is_plain_word(word: str) -> bool:
    """Whether letters glued in front of digits are just a word for "number" (``RG4711``)."""
    return word in INVOICE_WORDS or word in CUSTOMER_WORDS
