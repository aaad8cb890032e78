"""Dunning plans: what happens when to an overdue or returned item (GERMAN_BANKING §6).

A plans file is TOML; see ``default.toml`` beside this module, which is also what is used without one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pipelines.amounts import AmountError, parse_amount
from pipelines.errors import ConfigurationError
from pipelines.model.money import exponent

_PLAN_KEYS = frozenset(
    {
        "name", "default", "grace_days", "return_grace_days", "hard_decline_grace", "min_item", "min_debtor", "levels",
        "return_levels", "final",
    }
)  # fmt: skip
_LEVEL_KEYS = frozenset(
    {"delay_days", "action", "channel", "template", "fee", "deadline_days", "retry", "contract", "contract_after_days"}
)
_FINAL_KEYS = frozenset({"action", "delay_days"})
MOST_LEVELS = 9
_USUAL_FEE_CENTS = 300
# What may become of a contract, and what the end of a plan may be.
CONTRACT_ACTIONS = ("suspend", "expire")
AGENCY = "agency"
KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Level:
    """One step. delay_days: for the first level days after the grace, for later ones after the level before.

    action: what the receiver shall do (``reminder``, ``dunning_1`` …); channel: how (``email``, ``post``); template:
    which text. fee_cents: charged with it, as a claim of its own. deadline_days: days until the new payment date that
    the message tells, 0 for none. retry: collect once more first; the message goes out only when that fails.
    contract: ``suspend`` or ``expire`` the contract contract_after_days after the message (0: with it), "" for neither.
    """

    delay_days: int
    action: str
    channel: str
    template: str = ""
    fee_cents: int = 0
    deadline_days: int = 0
    retry: bool = False
    contract: str = ""
    contract_after_days: int = 0

    @property
    def is_letter(self) -> bool:
        """Whether it is a message to the debtor, not the end of the plan."""
        return self.action not in CONTRACT_ACTIONS and self.action != AGENCY

    def fee(self, currency: str) -> int:
        """The fee in minor units of ``currency``."""
        return _in_minor(self.fee_cents, currency)


@dataclass(frozen=True, slots=True)
class Plan:
    """A dunning plan.

    grace_days: whole days after the due date without action. return_grace_days: the same after a return debit;
    hard_decline_grace: whether they are also given when collecting from that account is pointless. final: what
    happens after the last level, None for nothing.
    min_item_cents / min_debtor_cents: less than this is not dunned, per item and per debtor, in hundredths of the
    currency. levels: for overdue items; return_levels: for items that a return debit opened again.
    """

    name: str
    levels: tuple[Level, ...]
    return_levels: tuple[Level, ...]
    grace_days: int = 0
    return_grace_days: int = 0
    min_item_cents: int = 0
    min_debtor_cents: int = 0
    hard_decline_grace: bool = True
    final: Level | None = None

    def steps(self, *, returned: bool) -> tuple[Level, ...]:
        """The levels in order, and the end of the plan as one more."""
        levels = self.return_levels if returned else self.levels
        return (*levels, self.final) if self.final is not None else levels

    def warnings(self) -> list[str]:
        """What the law may say against this plan, one line each."""
        found = []
        if self.levels[0].fee_cents:
            found.append(
                f"plan {self.name!r}: level 1 takes a fee, but the letter that creates default may not (BGB §286); "
                "charge from the next level on"
            )
        high = [n for n, level in enumerate(self.levels, 1) if level.fee_cents > _USUAL_FEE_CENTS]
        if high:
            found.append(
                f"plan {self.name!r}: the fee of level {high[0]} is above the cost of paper and postage "
                "(BGH VIII ZR 95/18); courts strike such fees down"
            )
        return found

    def min_item(self, currency: str) -> int:
        """The least amount of an item that is dunned, in minor units of ``currency``."""
        return _in_minor(self.min_item_cents, currency)

    def min_debtor(self, currency: str) -> int:
        """The least sum of a debtor's due items that is dunned, in minor units of ``currency``."""
        return _in_minor(self.min_debtor_cents, currency)


@dataclass(frozen=True, slots=True)
class Plans:
    """All plans by name, and the one for everybody without another."""

    by_name: Mapping[str, Plan]
    default: Plan

    def choose(self, *names: str) -> Plan:
        """The plan of the first name that is given and known; else the default."""
        for name in names:
            if name and name in self.by_name:
                return self.by_name[name]
        return self.default


def load_plans(path: Path | None = None) -> Plans:
    """The plans of a file, or the shipped ones. Raises ConfigurationError that names the plan and the key."""
    if path is None:
        return parse_plans(
            resources.files(__name__).joinpath("default.toml").read_text(encoding="utf-8"), "default.toml"
        )
    try:
        return parse_plans(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError:
        raise ConfigurationError(f"the dunning plans {path} cannot be read") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"the dunning plans {path} are not UTF-8") from None


def parse_plans(text: str, origin: str) -> Plans:
    """Plans from TOML text; origin: its name, for messages."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise ConfigurationError(f"{origin} is not valid TOML: {broken}") from None
    tables = raw.get("plans")
    if set(raw) - {"plans"} or not isinstance(tables, list) or not tables:
        raise ConfigurationError(f"{origin} must consist of [[plans]]")
    plans: dict[str, Plan] = {}
    defaults: list[Plan] = []
    for table in tables:
        plan = _plan(table, origin)
        if plan.name in plans:
            raise ConfigurationError(f"{origin}: plan {plan.name!r} is there twice")
        plans[plan.name] = plan
        if table.get("default", False):
            defaults.append(plan)
    if len(defaults) != 1:
        raise ConfigurationError(f"{origin}: exactly one plan must say default = true")
    return Plans(plans, defaults[0])


def _plan(table: Mapping[str, Any], origin: str) -> Plan:
    name = table.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"{origin}: a plan has no name")
    where = f"{origin}: plan {name!r}"
    _known(table, _PLAN_KEYS, where)
    if not isinstance(table.get("default", False), bool):
        raise ConfigurationError(f"{where}: default must be true or false")
    levels = _levels(table.get("levels"), f"{where}, levels")
    returns = table.get("return_levels")
    return Plan(
        name=name,
        levels=levels,
        return_levels=_levels(returns, f"{where}, return_levels") if returns is not None else levels,
        grace_days=_days(table, "grace_days", 0, where),
        return_grace_days=_days(table, "return_grace_days", 0, where),
        min_item_cents=_cents(table, "min_item", where),
        min_debtor_cents=_cents(table, "min_debtor", where),
        hard_decline_grace=_flag(table, "hard_decline_grace", True, where),
        final=_final(table.get("final"), f"{where}, final"),
    )


def _final(raw: object, where: str) -> Level | None:
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise ConfigurationError(f"{where} must be a table")
    _known(raw, _FINAL_KEYS, where)
    action = raw.get("action")
    if action not in (*CONTRACT_ACTIONS, KEEP, AGENCY):
        raise ConfigurationError(f"{where}: action must be expire, suspend, keep or agency")
    delay = _days(raw, "delay_days", 14, where)
    if delay < 1:
        raise ConfigurationError(f"{where}: delay_days must be 1 or more")
    return None if action == KEEP else Level(delay, str(action), "")


def _levels(raw: object, where: str) -> tuple[Level, ...]:
    if not isinstance(raw, list) or not raw:
        raise ConfigurationError(f"{where}: at least one level is needed")
    if len(raw) > MOST_LEVELS:
        raise ConfigurationError(f"{where}: a plan has {MOST_LEVELS} levels at most")
    levels = []
    for number, table in enumerate(raw, 1):
        here = f"{where}[{number}]"
        if not isinstance(table, dict):
            raise ConfigurationError(f"{here} must be a table")
        _known(table, _LEVEL_KEYS, here)
        action, channel = table.get("action"), table.get("channel", "email")
        if not isinstance(action, str) or not action or not isinstance(channel, str):
            raise ConfigurationError(f"{here}: action and channel must be texts")
        delay = _days(table, "delay_days", 0, here)
        # With no day between two levels a repeated run on one day would escalate.
        if number > 1 and delay < 1:
            raise ConfigurationError(f"{here}: delay_days must be 1 or more after the first level")
        if action in (*CONTRACT_ACTIONS, AGENCY):
            raise ConfigurationError(f"{here}: {action} is no message; say contract = {action!r} or use final")
        template, contract = table.get("template", ""), table.get("contract", "")
        if not isinstance(template, str) or contract not in ("", *CONTRACT_ACTIONS):
            raise ConfigurationError(f"{here}: template must be a text, contract must be suspend or expire")
        after = _days(table, "contract_after_days", 0, here)
        if after and not contract:
            raise ConfigurationError(f"{here}: contract_after_days needs contract")
        levels.append(
            Level(
                delay, action, channel, template, _cents(table, "fee", here), _days(table, "deadline_days", 0, here),
                _flag(table, "retry", False, here), contract, after,
            )
        )  # fmt: skip
    return tuple(levels)


def _known(table: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise ConfigurationError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _days(table: Mapping[str, Any], key: str, default: int, where: str) -> int:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 3650:
        raise ConfigurationError(f"{where}: {key} must be a number of days, 0 or more")
    return value


def _flag(table: Mapping[str, Any], key: str, default: bool, where: str) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise ConfigurationError(f"{where}: {key} must be true or false")
    return value


def _cents(table: Mapping[str, Any], key: str, where: str) -> int:
    value = table.get(key, "0.00")
    try:
        cents = parse_amount(value, "EUR") if isinstance(value, str) else -1
    except AmountError:
        cents = -1
    if cents < 0:
        raise ConfigurationError(f'{where}: {key} must be an amount in quotes such as "2.50"')
    return cents


def _in_minor(cents: int, currency: str) -> int:
    places = exponent(currency)
    if places >= 2:
        return cents * int(10 ** (places - 2))
    return -(-cents // int(10 ** (2 - places)))
