"""Earned automation: what posts by itself is what its record shows to be right often enough (D12).

A record counts, per evidence pattern, how often the best explanation was confirmed and how often it was wrong; an undo
counts as wrong. Its worth is the upper end of a one-sided 95 % interval of the error rate, after Jeffreys: with
Beta(½, ½) it takes in weighted counts, and its coverage is near the stated level on average, where Clopper and
Pearson's would ask for half as many cases again before anything may post. Patterns start with the record of their
group on generated ledgers, shipped with the policy, so that the first day is neither reckless nor useless.

An undo stops its pattern with the next match run, whatever went well before. What brings it back is inspection, as
Dodge's continuous sampling has it (1943; MIL-STD-1235): people look at every case until so many in a row were right
that these alone bound the error rate; each further error asks for a longer row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from scipy.special import betaincinv  # type: ignore[import-untyped]

from pipelines.learning.patterns import OBJECTIONS, earning, group_of, objections_of
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
# What people confirmed of a group in these books lets so many shipped cases of it speak for each of its own.
_SPEAKING: Final = 10
# Our own id came back: nobody else knows it, and no generated ledger has to prove it.
_OURS: Final = "own"


@lru_cache(maxsize=65_536)
def upper_bound(cases: float, wrong: float, confidence: float = 0.95) -> float:
    """Upper confidence bound of the error rate, one-sided, after Jeffreys; 1 without cases."""
    if cases <= 0:
        return 1.0
    return float(betaincinv(wrong + 0.5, max(cases - wrong, 0.0) + 0.5, confidence))


@lru_cache(maxsize=4096)
def _needed(wrong: float, rate: float) -> int:
    """How many right cases in a row bound an error rate to ``rate`` after ``wrong`` errors, the last one apart."""
    least, most = 0, 1
    while upper_bound(most, wrong - 1) > rate:
        least, most = most, most * 2
        if most > 1_000_000:
            return most
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if upper_bound(middle, wrong - 1) > rate else (least, middle)
    return most


def _customary(pattern: str) -> bool:
    """Whether nothing is held against a pattern or group but what custom may excuse."""
    return SOFT.issuperset(objections_of(pattern))


@dataclass(frozen=True, slots=True)
class Record:
    """What the books confirmed so far, per full pattern (objections included). since: of a pattern that was wrong, how
    many people confirmed in a row since its last error."""

    patterns: Mapping[str, Count] = field(default_factory=dict)
    since: Mapping[str, int] = field(default_factory=dict)

    def groups(self) -> dict[str, Count]:
        """The same per group."""
        found: dict[str, Count] = {}
        for pattern, count in self.patterns.items():
            group = group_of(pattern)
            found[group] = found.get(group, NONE).plus(count)
        return found


class Standing(NamedTuple):
    """A pattern's record as ``explain`` shows it. own: of these books; group: of the group, shipped cases included;
    bound: error rate it may have at most, as a share; allowed: whether it posts by itself; reason: why not, or "";
    asked: how many cases people still have to confirm in a row before a demoted pattern posts again, else 0."""

    pattern: str
    group: str
    own: Count
    whole: Count
    bound: float
    allowed: bool
    reason: str
    asked: int = 0


class Earned:
    """Which patterns post by themselves under a policy and a record.

    A group that is small on generated ledgers, and was never wrong there, borrows cases from its families (the same
    reference, the same amount, the same payer) where all three keep within the risk. Groups are taken from the surest
    on while the volume-weighted mean of their bounds stays within ``risk_per_mille`` and none is above
    ``pattern_per_mille``. A group with an objection is only ever promoted by these books: shipped cases speak for it
    ten to each of its own, and not at all once one of its own was wrong.

    A pattern that was wrong in these books stands by itself from then on. It is demoted until people confirmed so many
    in a row since its last error that these alone keep it within ``pattern_per_mille`` (about 190 after one error, 390
    after two, 560 after three), and then only while there is room for it in the budget, all its errors counted and the
    shipped cases as ``prior_cases`` at most.
    """

    def __init__(self, policy: Policy, record: Record | None = None) -> None:
        self._rules = policy.automation
        self._shipped = {group: Count(*count) for group, count in policy.record.items()}
        self._own = dict((record or Record()).patterns)
        self._groups = (record or Record()).groups()
        self._since = (record or Record()).since
        self._risk = self._rules.risk_per_mille / 1000.0
        self._worst = self._rules.pattern_per_mille / 1000.0
        self._families = self._marginals()
        self._allowed, self._restored = self._choose()
        self.promotes = any("!" in group for group in self._allowed)
        self._answers: dict[str, str] = {}

    def _marginals(self) -> dict[tuple[int, str], Count]:
        """(place in the group's name, family) → shipped cases."""
        found: dict[tuple[int, str], Count] = {}
        for group, count in self._shipped.items():
            if OBJECTIONS in group:
                continue
            for key in enumerate(group.split("+")):
                found[key] = found.get(key, NONE).plus(count)
        return found

    def _whole(self, group: str) -> Count:
        own, shipped = self._groups.get(group, NONE), self._shipped.get(group, NONE)
        if OBJECTIONS not in group:
            return own.plus(shipped).plus(self._borrowed(group))
        if own.wrong or not shipped.cases:
            return own
        return own.plus(shipped, min(1.0, _SPEAKING * own.cases / shipped.cases))

    def _borrowed(self, group: str) -> Count:
        shipped = self._shipped.get(group, NONE)
        if shipped.wrong or (not shipped.cases and group not in self._groups):
            return NONE
        counts = [self._families.get(key, NONE) for key in enumerate(group.split("+"))]
        rate = max((count.wrong + 0.5) / (count.cases + 1.0) for count in counts)
        return Count(_BORROWED, rate * _BORROWED) if rate <= self._risk else NONE

    def _choose(self) -> tuple[frozenset[str], frozenset[str]]:
        """The groups within the budget, and the patterns that were wrong and are trusted again."""
        if not self._shipped:
            return frozenset(), frozenset()
        bounds = []
        for group in filter(_customary, self._shipped.keys() | self._groups.keys()):
            whole = self._whole(group)
            # Volumes of generated and of own cases are not of one scale; shares of each are.
            bounds.append((upper_bound(whole.cases, whole.wrong), group, self._volume(group)))
        wrong = (pattern for pattern, own in self._own.items() if own.wrong > 0 and _customary(pattern))
        again = [pattern for pattern in wrong if not self._asked(pattern)]
        for pattern in again:
            whole = self._by_itself(pattern)
            volume = self._volume(group_of(pattern), self._own[pattern].cases)
            bounds.append((upper_bound(whole.cases, whole.wrong), pattern, volume))
        allowed, total, weighted = set(), 0.0, 0.0
        for bound, name, volume in sorted(bounds):
            if bound > self._worst:
                break
            if weighted + bound * volume > self._risk * (total + volume):
                continue
            total, weighted = total + volume, weighted + bound * volume
            allowed.add(name)
        return frozenset(allowed), frozenset(allowed.intersection(again))

    def _by_itself(self, pattern: str) -> Count:
        """A pattern's own cases, with the shipped ones of its group as far as an error leaves them a say."""
        shipped = self._shipped.get(group_of(pattern), NONE)
        weight = min(1.0, self._rules.prior_cases / shipped.cases) if shipped.cases else 0.0
        return self._own.get(pattern, NONE).plus(shipped, weight)

    def _asked(self, pattern: str) -> int:
        """How many more cases of a pattern people have to confirm in a row after its errors; 0 when none."""
        wrong = self._own.get(pattern, NONE).wrong
        return max(_needed(wrong, self._worst) - self._since.get(pattern, 0), 0) if wrong > 0 else 0

    def _volume(self, group: str, cases: float | None = None) -> float:
        """The share of all cases that a group has; cases: of so many of its own only."""
        own = sum(count.cases for count in self._groups.values())
        shipped = sum(count.cases for name, count in self._shipped.items() if OBJECTIONS not in name)
        cases = self._groups.get(group, NONE).cases if cases is None else cases
        share = cases / own if own else 0.0
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
        pattern = earning(pattern)
        own, group = self._own.get(pattern, NONE), group_of(pattern)
        if own.wrong > 0:
            return "" if pattern in self._restored else DEMOTED
        ours = group.split("+")[-1] == _OURS
        return "" if ours or group in self._allowed else UNPROVEN

    def audit_share(self, pattern: str) -> float:
        """Which share of its automatic posts is queued for checking: more of a pattern that was wrong before."""
        wrong = self._own.get(earning(pattern), NONE).wrong > 0
        return max(self._rules.audit_share, self._rules.watched_share) if wrong else self._rules.audit_share

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
        told, pattern = pattern, earning(pattern)
        group = group_of(pattern)
        own = self._own.get(pattern, NONE)
        whole = self._by_itself(pattern) if own.wrong > 0 else self._whole(group)
        reason, bound = self.objection(pattern), upper_bound(whole.cases, whole.wrong)
        return Standing(told, group, own, whole, bound, not reason, reason, self._asked(pattern))


def audited(transaction_id: str, share: float) -> bool:
    """Whether an automatic post is drawn for checking: the same transaction always is or is not, on every machine."""
    return int(derive("audit-sample", transaction_id)[:8], 16) < share * 2**32


def record_of(outcomes: Iterable[Outcome], survived: Mapping[str, int]) -> Record:
    """The record of the books: decisions of people, oldest first, and automatic posts that survived (pattern → how
    many)."""
    found: dict[str, Count] = {}
    for pattern, count in survived.items():
        found[earning(pattern)] = found.get(earning(pattern), NONE).plus(Count(count, 0))
    since: dict[str, int] = {}
    for one in outcomes:
        if not one.pattern or not one.proposed:
            continue
        pattern = earning(one.pattern)
        found[pattern] = found.get(pattern, NONE).plus(Count(1, int(one.wrong)))
        if one.wrong:
            since[pattern] = 0
        elif one.by == "person" and pattern in since:
            since[pattern] += 1
    return Record(found, since)
