"""Finding debtors: up to three criteria that all hold, a range of days, sorted; too many hits is an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from rapidfuzz.distance import DamerauLevenshtein

from pipelines.errors import ConfigurationError, KontoklarError
from pipelines.known import refuse_unknown
from pipelines.model.debtor import Profile
from pipelines.model.masking import masked_list
from pipelines.model.money import format_minor
from pipelines.normalize import normalize_iban, squeeze
from pipelines.ports.debtors import CRITERIA, Balance
from pipelines.ports.work import Work
from pipelines.text import fold

MOST_CRITERIA: Final = 3
MOST_HITS: Final = 1000
SORTS: Final = ("number", "name", "balance", "due", "oldest-due", "items-open")
_WORD: Final = re.compile(r"[A-Z0-9]+")
_UMLAUT: Final = re.compile(r"[AOU]E")
_FUZZY_FROM: Final = 4


class TooManyHits(KontoklarError):
    """More debtors than anybody would read; the message names how many. Narrow the search."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for. criteria: name of ``CRITERIA`` → value. first, last: days with an invoice or a payment.

    sort: one of ``SORTS``, with a leading ``-`` for descending.
    """

    criteria: Mapping[str, str]
    first: date | None = None
    last: date | None = None
    sort: str = "number"


def search(work: Work, query: Query, as_of: date, *, most: int = MOST_HITS) -> list[dict[str, Any]]:
    """The debtors that meet every criterion, as rows; accounts masked. One row per debtor and currency.

    Raises ConfigurationError for an unknown or empty criterion, more than three of them, or none and no days at all;
    TooManyHits beyond ``most``.
    """
    _refuse(query)
    found: set[str] | None = None
    # Names are looked at one by one: last, and only those that are left.
    for name, value in sorted(query.criteria.items(), key=lambda pair: pair[0] == "name"):
        hits = _hits(work, name, value, found)
        found = hits if found is None else found & hits
    if query.first is not None or query.last is not None:
        days = {work.debtors.id_of(number) for number in work.debtor_search.numbers_active(query.first, query.last)}
        found = days if found is None else found & days
    ids = found or set()
    if len(ids) > most:
        raise TooManyHits(f"{len(ids):,} debtors meet this; more than {most:,} are not shown. Narrow the search.")
    profiles: dict[str, Profile] = work.debtors.profiles(ids)
    numbers = {number: profile for profile in profiles.values() for number in profile.numbers}
    rows = _rows(profiles.values(), work.debtor_accounts.balances(list(numbers), as_of), numbers)
    return _sorted(rows, query.sort)


def _refuse(query: Query) -> None:
    refuse_unknown(query.criteria, CRITERIA, "search")
    refuse_unknown([query.sort.removeprefix("-")], SORTS, "sort")
    if len(query.criteria) > MOST_CRITERIA:
        raise ConfigurationError(f"at most {MOST_CRITERIA} criteria can be combined; these are {len(query.criteria)}")
    for name, value in query.criteria.items():
        if not value.strip():
            raise ConfigurationError(f"the criterion {name} is empty")
    if not query.criteria and query.first is None and query.last is None:
        raise ConfigurationError(f"name what to search for: {', '.join(CRITERIA)}, or days with --from and --to")


def _hits(work: Work, name: str, value: str, left: set[str] | None) -> set[str]:
    """Debtor ids. left: those that meet every criterion before; None before the first."""
    text = value.strip()
    if name == "number":
        return {work.debtors.id_of(text)} if work.debtors.is_known(text) else set()
    if name == "id":
        return set(work.debtors.find(text))
    if name == "name":
        wanted = words(text)
        if not wanted:
            raise ConfigurationError("the name to search for holds no letters or digits")
        return {
            id_
            for one in work.debtors.named()
            if left is None or work.debtors.id_of(one.debtor_number) in left
            if (id_ := work.debtors.id_of(one.debtor_number))
            and any(meets(wanted, words(known)) for known in one.names)
        }
    if name == "iban":
        text = normalize_iban(text)
        if not text:
            raise ConfigurationError("search by IBAN needs a whole, valid IBAN")
    if name == "email":
        text = squeeze(text).lower()
    found = {work.debtors.id_of(number) for number in work.debtor_search.numbers_with(name, text)}
    # A person may have taken back what a load still says.
    if name in ("email", "tag", "external-id", "iban") and found:
        known = work.debtors.profiles(found)
        return {id_ for id_ in found if id_ in known and _still(work, known[id_], name, text)}
    return found


def _still(work: Work, profile: Profile, name: str, value: str) -> bool:
    if name == "email":
        return profile.email.strip().lower() == value
    if name == "external-id":
        return profile.external_id == value
    if name == "tag":
        return value.lower() in [tag.lower() for tag in profile.tags]
    learned = [
        one.iban for one in work.debtors.learned_ibans(profile.numbers) if one.origin in ("payment", "collection")
    ]
    return value in profile.ibans or value in learned


def words(text: str) -> list[str]:
    """A name as folded words: ``Müller & Söhne GmbH`` → MUELLER, SOEHNE, GMBH."""
    return _WORD.findall(fold(text))


def meets(wanted: Sequence[str], known: Sequence[str]) -> bool:
    """Whether every wanted word begins, or is nearly, a word of the name: ``mueler soehne`` finds Müller & Söhne.

    Nearly: one typing error from four letters on, two from eight on; an exchange of neighbours is one. Words of digits
    have to be exact.
    """
    return all(any(_same(one, other) for other in known) for one in wanted)


def _same(wanted: str, known: str) -> bool:
    # Who leaves the dots off writes Muller for Müller, which is folded to MUELLER.
    return _near(wanted, known) or _near(_plain(wanted), _plain(known))


def _plain(word: str) -> str:
    return _UMLAUT.sub(lambda found: found[0][0], word)


def _near(wanted: str, known: str) -> bool:
    if known.startswith(wanted):
        return True
    if len(wanted) < _FUZZY_FROM or any(sign.isdigit() for sign in wanted):
        return False
    allowed = 2 if len(wanted) >= 2 * _FUZZY_FROM else 1
    # The beginning of a longer word counts too: people stop typing.
    return any(
        DamerauLevenshtein.distance(wanted, part, score_cutoff=allowed) <= allowed
        for part in {known, known[: len(wanted)], known[: len(wanted) + 1]}
    )


def _rows(
    profiles: Iterable[Profile], balances: Iterable[Balance], numbers: Mapping[str, Profile]
) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str], list[Balance]] = {}
    for balance in balances:
        sums.setdefault((numbers[balance.debtor_number].debtor_id, balance.currency), []).append(balance)
    rows = []
    for profile in profiles:
        mine = {currency: parts for (id_, currency), parts in sums.items() if id_ == profile.debtor_id}
        for currency, parts in sorted(mine.items()) or [("EUR", [])]:
            debit, credit = sum(p.debit_minor for p in parts), sum(p.credit_minor for p in parts)
            due = sum(p.due_minor for p in parts)
            rows.append(
                {
                    "debtor_number": profile.debtor_number,
                    "name": profile.name,
                    "debit": format_minor(debit, currency),
                    "credit": format_minor(credit, currency),
                    "balance": format_minor(debit - credit, currency),
                    "due": format_minor(due, currency),
                    "currency": currency,
                    "oldest_due": min((p.oldest_due for p in parts if p.oldest_due), default=""),
                    "items_open": sum(p.items_open for p in parts),
                    "ibans": masked_list(profile.ibans),
                    "email": profile.email,
                    "tags": "|".join(profile.tags),
                    "external_id": profile.external_id,
                    "debtor_id": profile.debtor_id,
                    "_balance": debit - credit,
                    "_due": due,
                }
            )
    return rows


def _sorted(rows: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    name = sort.removeprefix("-")
    keys: dict[str, Any] = {
        "number": lambda row: row["debtor_number"],
        "name": lambda row: fold(row["name"]),
        "balance": lambda row: row["_balance"],
        "due": lambda row: row["_due"],
        "oldest-due": lambda row: row["oldest_due"] or "9999",
        "items-open": lambda row: row["items_open"],
    }
    rows.sort(key=lambda row: (row["debtor_number"], row["currency"]))
    rows.sort(key=keys[name], reverse=sort.startswith("-"))
    return [{key: value for key, value in row.items() if not key.startswith("_")} for row in rows]
