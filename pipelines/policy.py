"""The matching policy: weights, limits and thresholds as one readable, validated, hashed value (D9, D12)."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigurationError
from pipelines.learning.honesty import Honesty

_POLICIES = Path(__file__).parent / "policies"
# The weights a person writes, and what was measured with them on generated ledgers (benchmarks/matching/measured.py).
_SHIPPED = (_POLICIES / "default.toml", _POLICIES / "measured.toml")
# Tables whose keys are data; a file that names one replaces it whole.
_OPEN = frozenset({"record", "honesty.terms"})
_RECORD = 2


@dataclass(frozen=True, slots=True)
class AmountRules:
    """How amounts may differ from what is open; minor units, days and basis points as named."""

    amount_cap: float
    discount_tolerance_days: int
    rounding_minor: int
    small_difference_under_minor: int
    small_difference_over_minor: int
    small_difference_review_minor: int
    unagreed_rates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of every search, as counters so that the result is the same on every machine."""

    equal_amount_candidates: int
    debtor_candidates: int
    name_candidates: int
    combination_items: int
    combination_states: int
    group_items: int
    component_receipts: int
    component_nodes: int


@dataclass(frozen=True, slots=True)
class Automation:
    """What may post by itself.

    min_probability: posterior the evidence must reach. max_auto_minor: 0 for no limit. risk_per_mille: wrong automatic
    posts per thousand that are acceptable; risk_minor: cents that may be at risk on one booking day, 0 for no limit.
    pattern_per_mille: highest error rate a single group of patterns may have. prior_cases: how many shipped cases weigh
    against an error of one's own. survival_days: after how many days an automatic post nobody took back counts as
    right; record_days: how long a case counts. learned_days: how long what was learned about a payer lasts;
    learned_debtors: from how many debtors on an account or name says little. audit_share: of automatic posts queued
    for checking; watched_share: of those whose pattern was wrong in these books before.
    """

    min_probability: float
    min_margin_bits: float
    min_kinds: int
    max_auto_minor: int
    part_payment: bool
    over_payment: bool
    damaged_without_payer: bool
    name_and_amount: bool
    audit_share: float
    watched_share: float
    risk_per_mille: float
    risk_minor: int
    pattern_per_mille: float
    prior_cases: int
    survival_days: int
    record_days: int
    learned_days: int
    learned_debtors: int


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy. bits: field → level → weight. priors: shares. hash: of all values, stored with each proposal.

    honesty: from the evidence's posterior to the probability that is stated. record: group of patterns → (cases,
    wrong), what automation starts with. values: everything as the file would say it.
    """

    name: str
    strategies: tuple[str, ...]
    priors: Mapping[str, float]
    bits: Mapping[str, Mapping[str, float]]
    amounts: AmountRules
    limits: Limits
    automation: Automation
    honesty: Honesty
    record: Mapping[str, tuple[int, int]]
    values: Mapping[str, Any]
    hash: str


def default_policy() -> Policy:
    """The shipped policy."""
    return _build(_shipped())


def load_policy(path: Path | str, overrides: Mapping[str, object] | None = None) -> Policy:
    """The policy of a TOML file; what it leaves out keeps the shipped value.

    overrides: dotted keys set after the file, e.g. ``{"automation.max_auto_minor": 100000}``.
    Raises ConfigurationError naming the key: unknown (with the nearest known one), of the wrong type or out of range.
    """
    try:
        given = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"policy file {Path(path).name} does not exist") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"policy file {Path(path).name} is not valid TOML: {error}") from error
    return _build(_with_overrides(_overlay(_shipped(), given, ""), overrides))


def override(policy_values: Mapping[str, object]) -> Policy:
    """The shipped policy with dotted keys set (``automation.max_auto_minor``, ``bits.reference.full`` …)."""
    return _build(_with_overrides(_shipped(), policy_values))


def with_values(base: Policy, changes: Mapping[str, Any]) -> Policy:
    """A policy with some values changed, given as nested tables; checked like a file."""
    return _build(_overlay(dict(base.values), changes, ""))


def differences(policy: Policy) -> dict[str, Any]:
    """What a policy says that the shipped one does not, as nested tables."""
    return _differences(_shipped(), policy.values)


def _differences(base: Mapping[str, Any], values: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and f"{path}{key}" not in _OPEN:
            inner = _differences(base[key], value, f"{path}{key}.")
            if inner:
                found[key] = inner
        elif value != base[key]:
            found[key] = value
    return found


def _with_overrides(values: dict[str, Any], overrides: Mapping[str, object] | None) -> dict[str, Any]:
    for dotted, value in (overrides or {}).items():
        nested: object = value
        for part in reversed(dotted.split(".")):
            nested = {part: nested}
        assert isinstance(nested, dict)
        values = _overlay(values, nested, "")
    return values


@cache
def _shipped_texts() -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in _SHIPPED)


def _shipped() -> dict[str, Any]:
    values: dict[str, Any] = {}
    for text in _shipped_texts():
        values.update(tomllib.loads(text))
    return values


def _overlay(base: dict[str, Any], given: Mapping[str, Any], path: str) -> dict[str, Any]:
    result = dict(base)
    for key, value in given.items():
        where = f"{path}{key}"
        if key not in base:
            near = difflib.get_close_matches(key, base, n=1)
            hint = f"; did you mean {path}{near[0]}?" if near else ""
            raise ConfigurationError(f"policy: unknown key {where}{hint}")
        shipped = base[key]
        if isinstance(shipped, dict):
            if not isinstance(value, Mapping):
                raise ConfigurationError(f"policy: {where} must be a table")
            result[key] = dict(value) if where in _OPEN else _overlay(shipped, value, f"{where}.")
            continue
        if isinstance(shipped, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not type(shipped):
            raise ConfigurationError(f"policy: {where} must be of type {type(shipped).__name__}")
        result[key] = value
    return result


def _build(values: dict[str, Any]) -> Policy:
    for name, share in values["priors"].items():
        if not 0.0 < share < 0.5:
            raise ConfigurationError(f"policy: priors.{name} must lie between 0 and 0.5")
    automation = values["automation"]
    if not 0.5 <= automation["min_probability"] < 1.0:
        raise ConfigurationError("policy: automation.min_probability must lie between 0.5 and 1")
    for name in ("audit_share", "watched_share"):
        if not 0.0 <= automation[name] <= 1.0:
            raise ConfigurationError(f"policy: automation.{name} must lie between 0 and 1")
    for section in ("limits", "amounts"):
        for name, number in values[section].items():
            if isinstance(number, int | float) and number < 0:
                raise ConfigurationError(f"policy: {section}.{name} must not be negative")
    if automation["risk_per_mille"] < 0 or automation["pattern_per_mille"] < 0:
        raise ConfigurationError("policy: automation.risk_per_mille and pattern_per_mille must not be negative")
    amounts = {**values["amounts"], "unagreed_rates": tuple(values["amounts"]["unagreed_rates"])}
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return Policy(
        name=values["name"],
        strategies=tuple(values["strategies"]),
        priors=values["priors"],
        bits=values["bits"],
        amounts=AmountRules(**amounts),
        limits=Limits(**values["limits"]),
        automation=Automation(**automation),
        honesty=_honesty(values["honesty"]),
        record=_record(values["record"]),
        values=values,
        hash=blake2b(canonical.encode(), digest_size=16).hexdigest(),
    )


def _honesty(given: Mapping[str, Any]) -> Honesty:
    curves = {name: _curve(name, given[name]) for name in ("knots", "finish")}
    for name, bits in given["terms"].items():
        if isinstance(bits, bool) or not isinstance(bits, int | float):
            raise ConfigurationError(f"policy: honesty.terms.{name} must be a number of bits")
    return Honesty(curves["knots"], {name: float(bits) for name, bits in given["terms"].items()}, curves["finish"])


def _curve(name: str, given: list[Any]) -> tuple[tuple[float, float], ...]:
    if not all(isinstance(knot, list) and len(knot) == _RECORD for knot in given):
        raise ConfigurationError(f"policy: honesty.{name} must be pairs of log odds")
    pairs = tuple((float(stated), float(seen)) for stated, seen in given)
    if any(later[0] <= one[0] or later[1] < one[1] for one, later in pairwise(pairs)):
        raise ConfigurationError(f"policy: honesty.{name} must rise")
    return pairs


def _record(given: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    for group, count in given.items():
        fits = isinstance(count, list) and len(count) == _RECORD and all(type(number) is int for number in count)
        if not fits or not 0 <= count[1] <= count[0]:
            raise ConfigurationError(f'policy: record."{group}" must be two counts: [cases, wrong]')
    return {group: (count[0], count[1]) for group, count in given.items()}
