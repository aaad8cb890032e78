"""Earned automation: what posts by itself is what its record shows to be right often enough (D12).

A record counts, per evidence pattern, how often the best explanation was confirmed and how often it was wrong; an undo
counts as wrong. Its worth is the upper end of a one-sided 95 % interval of the error rate, after Jeffreys: with
Beta(½, ½) it takes in weighted counts, and its coverage is near the stated level on average, where Clopper and
Pearson's would ask for half as many cases again before anything may post. Patterns start with the record of their
group on generated ledgers, shipped with the policy, so that the first day is neither reckless nor useless.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from scipy.special import betaincinv  # type: ignore[import-untyped]

from pipelines.learning.patterns import OBJECTIONS, group_of, objections_of
from pipelines.model.ids import derive
from pipelines.ports.learning import Outcome

if TYPE_CHECKING:
    from pipelines.policy import Policy

UNPROVEN: Final = "unproven-pattern"
DEMOTED: Final = "demoted-pattern"
# What a person confirmed often enough may do without: these objections are about custom, not about contradiction.
SOFT: Final = frozenset(
    {
        "discount-after-deadline", "discount-without-terms", "small-difference", "partly-settled",
        "part-payment-unconfirmed", "overpayment-unconfirmed", "damaged-reference-only", "single-evidence",
        "unexplained-number", "not-sure-enough", UNPROVEN,
    }
)  # fmt: skip


class Count(NamedTuple):
    """Cases whose truth is known, and how many of them the best explanation got wrong."""

    cases: float
    wrong: float

    def plus(self, other: Count, weight: float = 1.0) -> Count:
        """Both together, the other one weighted."""
        return Count(self.cases + weight * other.cases, self.wrong + weight * other.wrong)


NONE: Final = Count(0, 0)
# How many cases a small group borrows from its families.
_BORROWED: Final = 1000
# Our own id came back: nobody else knows it, and no generated ledger has to prove it.
_OURS: Final = "own"


@lru_cache(maxsize=65_536)
def upper_bound(cases: float, wrong: float, confidence: float = 0.95) -> float:
    """Upper confidence bound of the error rate, one-sided, after Jeffreys; 1 without cases."""
    if cases <= 0:
        return 1.0
    return float(betaincinv(wrong + 0.5, max(cases - wrong, 0.0) + 0.5, confidence))


@dataclass(frozen=True, slots=True)
class Record:
    """What the books confirmed so far, per full pattern (objections included)."""

    patterns: Mapping[str, Count] = field(default_factory=dict)

    def groups(self) -> dict[str, Count]:
        """The same per group."""
        found: dict[str, Count] = {}
        for pattern, count in self.patterns.items():
            group = group_of(pattern)
            found[group] = found.get(group, NONE).plus(count)
        return found


class Standing(NamedTuple):
    """A pattern's record as ``explain`` shows it. own: of these books; group: of the group, shipped cases included;
    bound: error rate it may have at most, as a share; allowed: whether it posts by itself; reason: why not, or ""."""

    pattern: str
    group: str
    own: Count
    whole: Count
    bound: float
    allowed: bool
    reason: str


class Earned:
    """Which patterns post by themselves under a policy and a record.

    A group that is small on generated ledgers, and was never wrong there, borrows cases from its families (the same
    reference, the same amount, the same payer) where all three keep within the risk. Groups are taken from the surest
    on while the volume-weighted mean of their bounds stays within ``risk_per_mille`` and none is above
    ``pattern_per_mille``. A pattern that was wrong in these books must hold the risk by itself, with the shipped cases
    counted as ``prior_cases`` at most: so one undo demotes it at once unless its own record is long.
    """

    def __init__(self, policy: Policy, record: Record | None = None) -> None:
        self._rules = policy.automation
        self._shipped = {group: Count(*count) for group, count in policy.record.items()}
        self._own = dict((record or Record()).patterns)
        self._groups = (record or Record()).groups()
        self._risk = self._rules.risk_per_mille / 1000.0
        self._families = self._marginals()
        self._allowed = self._choose()
        self.promotes = any("!" in group for group in self._allowed)
        self._answers: dict[str, str] = {}

    def _marginals(self) -> dict[tuple[int, str], Count]:
        """(place in the group's name, family) → shipped cases."""
        found: dict[tuple[int, str], Count] = {}
        for group, count in self._shipped.items():
            for key in enumerate(group.split("+")):
                found[key] = found.get(key, NONE).plus(count)
        return found

    def _whole(self, group: str) -> Count:
        return self._groups.get(group, NONE).plus(self._shipped.get(group, NONE)).plus(self._borrowed(group))

    def _borrowed(self, group: str) -> Count:
        shipped = self._shipped.get(group, NONE)
        if OBJECTIONS in group or shipped.wrong or (not shipped.cases and group not in self._groups):
            return NONE
        counts = [self._families.get(key, NONE) for key in enumerate(group.split("+"))]
        rate = max((count.wrong + 0.5) / (count.cases + 1.0) for count in counts)
        return Count(_BORROWED, rate * _BORROWED) if rate <= self._risk else NONE

    def _choose(self) -> frozenset[str]:
        if not self._shipped:
            return frozenset()
        bounds = []
        for group in self._shipped.keys() | self._groups.keys():
            if any(objection not in SOFT for objection in objections_of(group)):
                continue
            whole = self._whole(group)
            # Volumes of generated and of own cases are not of one scale; shares of each are.
            volume = self._volume(group)
            bounds.append((upper_bound(whole.cases, whole.wrong), group, volume))
        allowed, total, weighted = [], 0.0, 0.0
        for bound, group, volume in sorted(bounds):
            if bound > self._rules.pattern_per_mille / 1000.0:
                break
            if weighted + bound * volume > self._risk * (total + volume):
                continue
            total, weighted = total + volume, weighted + bound * volume
            allowed.append(group)
        return frozenset(allowed)

    def _volume(self, group: str) -> float:
        own = sum(count.cases for count in self._groups.values())
        shipped = sum(count.cases for count in self._shipped.values())
        share = self._groups[group].cases / own if group in self._groups and own else 0.0
        known = self._shipped[group].cases / shipped if group in self._shipped and shipped else 0.0
        # A month of own cases counts as much as everything shipped.
        weight = own / (own + 10_000.0)
        return weight * share + (1.0 - weight) * known

    def objection(self, pattern: str) -> str:
        """Why a pattern may not post by itself: ``unproven-pattern``, ``demoted-pattern``, or "" when it may."""
        found = self._answers.get(pattern)
        if found is None:
            found = self._answers[pattern] = self._judge(pattern)
        return found

    def _judge(self, pattern: str) -> str:
        if not self._shipped:
            return ""
        own = self._own.get(pattern, NONE)
        group = group_of(pattern)
        if own.wrong > 0:
            shipped = self._shipped.get(group, NONE)
            weight = min(1.0, self._rules.prior_cases / shipped.cases) if shipped.cases else 0.0
            together = own.plus(shipped, weight)
            if upper_bound(together.cases, together.wrong) > self._risk:
                return DEMOTED
        ours = group.split("+")[-1] == _OURS and own.wrong == 0
        return "" if ours or group in self._allowed else UNPROVEN

    def groups(self) -> list[Standing]:
        """Every group that has any cases, the surest first; own: its cases in these books."""
        found = []
        for group in self._shipped.keys() | self._groups.keys():
            whole = self._whole(group)
            allowed = group in self._allowed
            bound = upper_bound(whole.cases, whole.wrong)
            own = self._groups.get(group, NONE)
            found.append(Standing("", group, own, whole, bound, allowed, "" if allowed else UNPROVEN))
        return sorted(found, key=lambda one: (one.bound, one.group))

    def standing(self, pattern: str) -> Standing:
        """The record of a pattern, for people."""
        group = group_of(pattern)
        whole = self._whole(group)
        reason = self.objection(pattern)
        own = self._own.get(pattern, NONE)
        return Standing(pattern, group, own, whole, upper_bound(whole.cases, whole.wrong), not reason, reason)


def audited(transaction_id: str, share: float) -> bool:
    """Whether an automatic post is drawn for checking: the same transaction always is or is not, on every machine."""
    return int(derive("audit-sample", transaction_id)[:8], 16) < share * 2**32


def record_of(outcomes: Iterable[Outcome], survived: Mapping[str, int]) -> Record:
    """The record of the books: decisions of people, and automatic posts that survived (pattern → how many)."""
    found: dict[str, Count] = {pattern: Count(count, 0) for pattern, count in survived.items()}
    for one in outcomes:
        if one.pattern and one.proposed:
            found[one.pattern] = found.get(one.pattern, NONE).plus(Count(1, int(one.wrong)))
    return Record(found)
