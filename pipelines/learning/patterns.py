"""Evidence patterns: the key under which automation is earned, and the coarse groups patterns belong to (D12).

A pattern is the levels of an explanation, such as ``reference:full|amount:exact|payer:iban|name:full|customer:absent``;
what kept it from posting by itself follows after ``!``. A group puts patterns together that err alike, so that a rare
pattern can stand on the record of its group: ``whole+exact+account``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from pipelines.model.proposal import Evidence

_REFERENCE: Final = {
    **dict.fromkeys(("own_id", "creditor_reference", "document", "batch_total"), "own"),
    **dict.fromkeys(("full", "digits", "bare"), "whole"),
    **dict.fromkeys(("order", "shipment", "joined"), "other"),
    **dict.fromkeys(("confused", "transposed", "edited", "short"), "damaged"),
    **dict.fromkeys(("near", "glued"), "faint"),
    **dict.fromkeys(("range", "listed", "listed_part", "listed_more", "all_open"), "set"),
}
_AMOUNT: Final = {
    "declared": "discount", "listed_sum": "sum", "combined_sum": "sum", "late_discount": "late",
    "unagreed_discount": "unagreed", "small_difference": "small", "batch_total": "sum",
}  # fmt: skip
_AGAINST: Final = frozenset({"other", "shared"})
_DATES: Final = "date"
OBJECTIONS: Final = "!"


def pattern_of(evidence: Iterable[Evidence], closed: str = "", objections: Sequence[str] = ()) -> str:
    """The pattern of an explanation. closed: ``duplicate`` or ``cancelled-item``. objections: reason codes of what
    kept it from posting by itself, in the order of the gates."""
    levels = "|".join([f"{row.field}:{row.level}" for row in evidence if row.field not in (_DATES, "prior")])
    if closed:
        levels = f"{levels}|{closed}"
    return f"{levels}{OBJECTIONS}{'+'.join(objections)}" if objections else levels


def objections_of(pattern: str) -> tuple[str, ...]:
    """The reason codes a pattern ends with."""
    _, _, tail = pattern.partition(OBJECTIONS)
    return tuple(tail.split("+")) if tail else ()


@lru_cache(maxsize=65_536)
def earning(pattern: str) -> str:
    """The pattern a record is kept under: without the payer's habit, which comes and goes with confirmations and would
    take a demoted pattern out of its record."""
    levels, mark, tail = pattern.partition(OBJECTIONS)
    return "|".join(level for level in levels.split("|") if not level.startswith("habit:")) + mark + tail


@lru_cache(maxsize=65_536)
def group_of(pattern: str) -> str:
    """The group of a pattern, objections kept."""
    levels, mark, tail = pattern.partition(OBJECTIONS)
    return "+".join(families_of(levels)) + mark + tail


def family_of_reference(level: str) -> str:
    """The family a level of reference belongs to; ``none`` when it names no item."""
    return _REFERENCE.get(level, "none")


@lru_cache(maxsize=65_536)
def families_of(pattern: str) -> tuple[str, str, str]:
    """(reference, amount, payer) of a pattern, each as the family its level belongs to.

    The payer's is the best way in which the payer is known: ``account``, ``number``, ``name``, ``part`` of a name,
    ``none``; ``against`` when a field says it is somebody else; ``own`` when our own id came back.
    """
    levels = dict(part.split(":", 1) for part in pattern.partition(OBJECTIONS)[0].split("|") if ":" in part)
    reference = _REFERENCE.get(levels.get("reference", ""), "none")
    amount = levels.get("amount", "")
    return reference, _AMOUNT.get(amount, amount), _payer(levels)


def _payer(levels: dict[str, str]) -> str:
    account, name, customer = levels.get("payer"), levels.get("name"), levels.get("customer")
    if account is None and name is None and customer is None:
        return "own"
    if account in _AGAINST or name == "other" or customer == "other":
        return "against"
    if account in ("iban", "learned", "learned_once", "learned_many"):
        return "account"
    if customer in ("mandate", "named", "alone"):
        return "number"
    if name in ("full", "close", "learned", "learned_once"):
        return "name"
    return "part" if name == "part" else "none"


@lru_cache(maxsize=65_536)
def terms_of(pattern: str) -> tuple[str, ...]:
    """What tells patterns apart for the honest probability: families, pairs of families, and each objection."""
    reference, amount, payer = families_of(pattern)
    return (
        f"reference.{reference}", f"amount.{amount}", f"payer.{payer}", f"{reference}+{amount}", f"{amount}+{payer}",
        *(f"{OBJECTIONS}{objection}" for objection in objections_of(pattern)),
    )  # fmt: skip
