"""The policy for return debits: a reason, how often it happened, and the debtor's own rule give the steps. Pure.

Ground: EPC reason codes and what German banks make of them (GERMAN_BANKING §3.2, §3.3). A policy is a TOML file; what
it does not know goes to a person.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from pipelines.calendar import shift
from pipelines.errors import ConfigurationError

_SECTIONS: Final = frozenset({"classes", "steps", "reasons", "represent", "charges", "debtors"})
_LAST_PAY_DAY: Final = 28


class ReturnClass(StrEnum):
    """soft: present again. unknown: the bank does not say (MS03). data: something to correct first. hard: pointless
    with this account. dispute: the debtor says no. deceased: the estate."""

    SOFT = "soft"
    UNKNOWN = "unknown"
    DATA = "data"
    HARD = "hard"
    DISPUTE = "dispute"
    DECEASED = "deceased"


class Step(StrEnum):
    """What may follow a return. The collection is presented again; the debtor is asked for new payment data; pays by
    invoice from now on; the account is blocked for collections; dunning stops; a person decides."""

    REPRESENT = "represent"
    ASK_PAYMENT_DATA = "ask_payment_data"
    SWITCH_TO_INVOICE = "switch_to_invoice"
    BLOCK_IBAN = "block_iban"
    STOP_DUNNING = "stop_dunning"
    PERSON = "person"


class Bearer(StrEnum):
    """Who bears the bank's charge: the debtor, we, or nobody knows yet."""

    DEBTOR = "debtor"
    OURS = "ours"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Represent:
    """When a collection is presented again. pay_days: days of the month, each 1 to 28."""

    most: int = 2
    pay_days: tuple[int, ...] = (1, 15)
    earliest_banking_days: int = 5
    notice_days: int = 14

    def day_after(self, today: date) -> date:
        """The collection day: the first pay day (or the banking day after it) for which the notice can still go out."""
        earliest = max(shift(today, self.earliest_banking_days), today + timedelta(days=self.notice_days))
        if not self.pay_days:
            return shift(earliest, 0)
        year, month = earliest.year, earliest.month
        while True:
            for pay_day in sorted(self.pay_days):
                found = shift(date(year, month, pay_day), 0)
                if found >= earliest:
                    return found
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the policy says to one return. steps: in this order; reason_class: what the code counts as; because: one
    line for people, without personal data."""

    steps: tuple[Step, ...]
    reason_class: ReturnClass
    because: str


@dataclass(frozen=True, slots=True)
class ReturnPolicy:
    """classes: code → class. by_class, by_reason, by_debtor: a tuple of steps for the first, second … return; the last
    one stands for all further ones. A debtor's rule goes before a reason's, a reason's before its class's."""

    classes: Mapping[str, ReturnClass]
    by_class: Mapping[ReturnClass, tuple[tuple[Step, ...], ...]]
    by_reason: Mapping[str, tuple[tuple[Step, ...], ...]]
    by_debtor: Mapping[str, tuple[tuple[Step, ...], ...]]
    represent: Represent
    ours: frozenset[str]
    disputed: frozenset[str]

    def class_of(self, reason_code: str) -> ReturnClass:
        """A code nobody has put into a class counts as unknown."""
        return self.classes.get(reason_code, ReturnClass.UNKNOWN)

    def answer(self, reason_code: str, times: int, debtor_number: str = "") -> Answer:
        """What follows. times: how often this item has come back by now, 1 for the first time."""
        kind = self.class_of(reason_code)
        # A death or a dispute is no matter of a debtor's own rule.
        rule = self.by_debtor.get(debtor_number) if kind not in (ReturnClass.DECEASED, ReturnClass.DISPUTE) else None
        rows = rule or self.by_reason.get(reason_code) or self.by_class.get(kind) or ((Step.PERSON,),)
        steps = rows[min(times, len(rows)) - 1]
        whose = "the debtor's own rule" if rule else f"reason {reason_code or 'unknown'} ({kind})"
        because = f"{whose}, return no. {times}"
        if Step.REPRESENT in steps and times > self.represent.most:
            steps = tuple(step for step in steps if step is not Step.REPRESENT) or (Step.PERSON,)
            because += f"; presented {self.represent.most} times already"
        return Answer(steps, kind, because)

    def bearer(self, reason_code: str) -> Bearer:
        """Who bears what the bank took for the return."""
        if reason_code in self.ours:
            return Bearer.OURS
        if reason_code in self.disputed or self.class_of(reason_code) is ReturnClass.DECEASED:
            return Bearer.OPEN
        return Bearer.DEBTOR


@lru_cache(maxsize=1)
def shipped_policy() -> ReturnPolicy:
    """The policy that came with this version."""
    return parse_policy(resources.files(__package__).joinpath("default.toml").read_text(encoding="utf-8"), "shipped")


def load_policy(path: Path | None) -> ReturnPolicy:
    """The policy of a file, the shipped one for None. Raises ConfigurationError that names section and key."""
    if path is None:
        return shipped_policy()
    try:
        return parse_policy(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"the return policy {path} cannot be read") from None


def parse_policy(text: str, origin: str) -> ReturnPolicy:
    """A policy from TOML text. origin: its name, for messages."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise ConfigurationError(f"{origin} is not valid TOML: {broken}") from None
    unknown = sorted(set(raw) - _SECTIONS)
    if unknown:
        raise ConfigurationError(f"{origin}: unknown section {unknown[0]!r}; known are {', '.join(sorted(_SECTIONS))}")
    classes: dict[str, ReturnClass] = {}
    for name, codes in _table(raw, "classes", origin).items():
        kind = _one_of(ReturnClass, name, f"{origin}: classes")
        for code in _texts(codes, f"{origin}: classes.{name}"):
            if classes.setdefault(code, kind) is not kind:
                raise ConfigurationError(f"{origin}: {code} is in two classes")
    charges = _table(raw, "charges", origin)
    return ReturnPolicy(
        classes=classes,
        by_class={
            _one_of(ReturnClass, name, f"{origin}: steps"): _rows(rows, f"{origin}: steps.{name}")
            for name, rows in _table(raw, "steps", origin).items()
        },
        by_reason=_rules(raw, "reasons", origin),
        by_debtor=_rules(raw, "debtors", origin),
        represent=_represent(_table(raw, "represent", origin), origin),
        ours=frozenset(_texts(charges.get("ours", []), f"{origin}: charges.ours")),
        disputed=frozenset(_texts(charges.get("disputed", []), f"{origin}: charges.disputed")),
    )


def _table(raw: Mapping[str, Any], name: str, origin: str) -> Mapping[str, Any]:
    found = raw.get(name, {})
    if not isinstance(found, dict):
        raise ConfigurationError(f"{origin}: {name} must be a table")
    return found


def _texts(raw: object, where: str) -> list[str]:
    if not isinstance(raw, list) or not all(isinstance(text, str) and text for text in raw):
        raise ConfigurationError(f"{where} must be a list of texts")
    return raw


def _rules(raw: Mapping[str, Any], name: str, origin: str) -> dict[str, tuple[tuple[Step, ...], ...]]:
    return {key: _rows(rows, f"{origin}: {name}.{key}") for key, rows in _table(raw, name, origin).items()}


def _rows(raw: object, where: str) -> tuple[tuple[Step, ...], ...]:
    rows = _texts(raw, where)
    if not rows:
        raise ConfigurationError(f"{where} needs at least one step")
    return tuple(tuple(_one_of(Step, part.strip(), where) for part in row.split("+")) for row in rows)


def _one_of(kind: type[Any], name: str, where: str) -> Any:
    try:
        return kind(name)
    except ValueError:
        raise ConfigurationError(f"{where}: {name!r} is none of {', '.join(str(one) for one in kind)}") from None


def _represent(raw: Mapping[str, Any], origin: str) -> Represent:
    unknown = sorted(set(raw) - set(Represent.__slots__))
    if unknown:
        raise ConfigurationError(f"{origin}: represent has no {unknown[0]!r}")
    given = dict(raw)
    days = given.pop("pay_days", list(Represent().pay_days))
    numbers = [*given.values(), *(days if isinstance(days, list) else [None])]
    if any(isinstance(one, bool) or not isinstance(one, int) or one < 0 for one in numbers):
        raise ConfigurationError(f"{origin}: represent takes whole numbers, pay_days a list of them")
    if any(not 1 <= day <= _LAST_PAY_DAY for day in days):
        raise ConfigurationError(f"{origin}: represent.pay_days must be days from 1 to {_LAST_PAY_DAY}")
    return Represent(pay_days=tuple(days), **given)
