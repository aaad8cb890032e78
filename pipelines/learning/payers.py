"""What was learned about payers, with doubt: counts, dates, expiry, and who pays for many says little about each.

Learned facts are levels of evidence among others; none of them posts anything alone. They are views over allocations
that stand, so an undo unlearns at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd

from pipelines.frames import KNOWN_PAYERS, conform
from pipelines.learning.patterns import families_of
from pipelines.matching.names import words
from pipelines.ports.learning import Manner, Paid, Refusal

if TYPE_CHECKING:
    from pipelines.policy import Automation

ONCE, OFTEN, MANY = "learned_once", "learned", "learned_many"
# How many payments make a habit, and which share of them must agree.
_USUAL_CASES: Final = 3
_UNUSUAL_CASES: Final = 6
_USUAL: Final = 0.6
_CLEARLY: Final = frozenset({"own", "whole", "set"})
_CARELESS: Final = frozenset({"none", "faint"})


class Habit(NamedTuple):
    """How a payer writes. cases: confirmed payments; families: how they referred to what they paid (``whole``,
    ``damaged`` …); several: payments of more than one item; late: discounts taken too late."""

    cases: int
    families: Mapping[str, int]
    several: int
    late: int

    def level(self, family: str) -> str:
        """``usual``, ``unusual`` or "" for an explanation that refers in this way."""
        if self.cases >= _USUAL_CASES and self.families.get(family, 0) >= _USUAL * self.cases:
            return "usual"
        clear = sum(count for name, count in self.families.items() if name in _CLEARLY)
        if family in _CARELESS and self.cases >= _UNUSUAL_CASES and clear == self.cases:
            return "unusual"
        return ""


@dataclass(frozen=True, slots=True)
class Learned:
    """names: telling words of a payer's name → debtor number → level. refused_items / refused_debtors: (IBAN, invoice)
    and (IBAN, debtor) that do not belong together. habits: by IBAN."""

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    refused_items: frozenset[tuple[str, str]] = frozenset()
    refused_debtors: frozenset[tuple[str, str]] = frozenset()
    habits: Mapping[str, Habit] = field(default_factory=dict)

    def name_level(self, name: str, debtor_number: str) -> str:
        """How it is known that this name pays for this debtor, or ""."""
        found = self.names.get(name_key(name)) if self.names else None
        return found.get(debtor_number, "") if found else ""

    def debtors_of_name(self, name: str) -> Mapping[str, str]:
        """Debtor number → level, for a name as written on a payment."""
        return self.names.get(name_key(name), {})

    def refusal(self, iban: str, invoices: Iterable[str], debtor_number: str) -> str:
        """``item`` or ``debtor`` when a person said this payer does not pay that, else ""."""
        if not iban or not (self.refused_items or self.refused_debtors):
            return ""
        if any((iban, invoice) in self.refused_items for invoice in invoices):
            return "item"
        return "debtor" if (iban, debtor_number) in self.refused_debtors else ""


def name_key(name: str) -> str:
    """The telling words of a name, in a fixed order."""
    return " ".join(sorted(words(name)))


def lasting(paid: Iterable[Paid], as_of: date, rules: Automation) -> list[Paid]:
    """What has not expired: seen within ``learned_days``."""
    oldest = as_of - timedelta(days=rules.learned_days)
    return [one for one in paid if one.last_seen >= oldest]


def with_levels(paid: Sequence[Paid], rules: Automation) -> list[tuple[Paid, str]]:
    """Each with its level: ``learned_many`` for a key that paid for more debtors than the policy trusts."""
    debtors = Counter(one.key for one in paid)
    return [
        (one, MANY if debtors[one.key] > rules.learned_debtors else OFTEN if one.payments > 1 else ONCE) for one in paid
    ]


def payers_frame(paid: Iterable[Paid], as_of: date, rules: Automation) -> pd.DataFrame:
    """KNOWN_PAYERS of what lasts."""
    rows = with_levels(lasting(paid, as_of, rules), rules)
    return conform(
        pd.DataFrame(
            [(one.key, one.debtor_number, one.payments, one.last_seen, level) for one, level in rows],
            columns=["iban", "debtor_number", "count", "last_seen", "level"],
        ),
        KNOWN_PAYERS,
        "known payers",
    )


def learned(
    names: Iterable[Paid],
    manners: Iterable[Manner],
    refusals: Iterable[Refusal],
    as_of: date,
    rules: Automation,
) -> Learned:
    """Everything beside the accounts, as of a day."""
    by_name: dict[tuple[str, str], Paid] = {}
    for one in lasting(names, as_of, rules):
        key = (name_key(one.key), one.debtor_number)
        known = by_name.get(key)
        if not key[0]:
            continue
        if known is not None:
            one = Paid(
                key[0], key[1], known.payments + one.payments, min(known.first_seen, one.first_seen),
                max(known.last_seen, one.last_seen),
            )  # fmt: skip
        by_name[key] = one._replace(key=key[0])
    levels: dict[str, dict[str, str]] = defaultdict(dict)
    for one, level in with_levels(list(by_name.values()), rules):
        if level != MANY:
            levels[one.key][one.debtor_number] = level
    refused = list(refusals)
    return Learned(
        dict(levels),
        frozenset((one.iban, one.invoice_number) for one in refused if one.invoice_number),
        frozenset((one.iban, one.debtor_number) for one in refused if one.debtor_number),
        habits(manners),
    )


def habits(manners: Iterable[Manner]) -> dict[str, Habit]:
    """IBAN → how its payments usually refer to what they pay."""
    families: dict[str, Counter[str]] = defaultdict(Counter)
    several: Counter[str] = Counter()
    late: Counter[str] = Counter()
    for one in manners:
        reference, amount, _ = families_of(one.pattern)
        families[one.iban][reference] += one.payments
        several[one.iban] += one.payments if one.items > 1 else 0
        late[one.iban] += one.payments if amount == "late" else 0
    return {
        iban: Habit(sum(counts.values()), dict(counts), several[iban], late[iban]) for iban, counts in families.items()
    }
