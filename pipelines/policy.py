"""The matching policy: weights, limits and thresholds as one readable, validated, hashed value (D9, D12)."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigurationError

_SHIPPED = Path(__file__).parent / "policies" / "default.toml"


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
    """What may post by itself. max_auto_minor: 0 for no limit."""

    min_probability: float
    min_margin_bits: float
    min_kinds: int
    max_auto_minor: int
    part_payment: bool
    over_payment: bool
    damaged_without_payer: bool
    name_and_amount: bool
    audit_share: float


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy. bits: field → level → weight. priors: shares. hash: of all values, stored with each proposal."""

    name: str
    strategies: tuple[str, ...]
    priors: Mapping[str, float]
    bits: Mapping[str, Mapping[str, float]]
    amounts: AmountRules
    limits: Limits
    automation: Automation
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


def _with_overrides(values: dict[str, Any], overrides: Mapping[str, object] | None) -> dict[str, Any]:
    for dotted, value in (overrides or {}).items():
        nested: object = value
        for part in reversed(dotted.split(".")):
            nested = {part: nested}
        assert isinstance(nested, dict)
        values = _overlay(values, nested, "")
    return values


@cache
def _shipped_text() -> str:
    return _SHIPPED.read_text(encoding="utf-8")


def _shipped() -> dict[str, Any]:
    return tomllib.loads(_shipped_text())


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
            result[key] = _overlay(shipped, value, f"{where}.")
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
    if not 0.0 <= automation["audit_share"] <= 1.0:
        raise ConfigurationError("policy: automation.audit_share must lie between 0 and 1")
    for section in ("limits", "amounts"):
        for name, number in values[section].items():
            if isinstance(number, int | float) and number < 0:
                raise ConfigurationError(f"policy: {section}.{name} must not be negative")
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
        hash=blake2b(canonical.encode(), digest_size=16).hexdigest(),
    )
