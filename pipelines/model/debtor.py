"""Who a debtor is: an id that never changes, numbers that may, and what people add to what is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipelines.model.ids import derive

SINGLE_FIELDS = ("name", "email", "address", "external_id")
LIST_FIELDS = ("ibans", "aliases", "tags")


def debtor_id(mode: str, first_number: str) -> str:
    """The immutable id of the debtor who first had this customer number; it survives renumbering."""
    return derive("debtor", mode, first_number)


class Action(StrEnum):
    """What a person does to a field: ``add`` and ``remove`` for lists, ``set`` and ``unset`` for single values."""

    ADD = "add"
    REMOVE = "remove"
    SET = "set"
    UNSET = "unset"


class IbanOrigin(StrEnum):
    """Where an account of a debtor was learned."""

    LOADED = "loaded"
    COLLECTION = "collection"
    PAYMENT = "payment"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class DebtorFact:
    """One thing a person said about a debtor. at: ISO instant. Later facts overrule earlier ones."""

    debtor_id: str
    fact_no: int
    debtor_number: str
    field: str
    action: str
    value: str
    user: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class LearnedIban:
    """An account of a debtor, and how it was learned first in this way. since: ISO day or instant. uses: payments that
    were allocated to the debtor and not undone, 0 for the other origins. confirmed_by: the user, "" unless a person."""

    iban: str
    origin: IbanOrigin
    since: str
    uses: int = 0
    confirmed_by: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """A debtor as known now: the newest loaded version with what people said on top of it.

    numbers: every customer number the debtor has had, the newest last; ``debtor_number`` is the newest. Texts "" and
    lists empty when nothing is known. own: fields in which a person's word stands above the load.
    """

    debtor_id: str
    debtor_number: str
    numbers: tuple[str, ...]
    name: str = ""
    email: str = ""
    address: str = ""
    external_id: str = ""
    ibans: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    own: frozenset[str] = field(default_factory=frozenset)


def with_facts(
    values: Mapping[str, str], lists: Mapping[str, Iterable[str]], facts: Iterable[DebtorFact]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]], frozenset[str]]:
    """Single values and lists with a person's facts applied in order, and the fields where a person's word stands.

    A person's value stands above every load until it is unset; a removed entry stays away whoever loads it again.
    """
    single = dict(values)
    said: dict[str, str] = {}
    added: dict[str, list[str]] = {}
    removed: dict[str, set[str]] = {}
    for fact in facts:
        if fact.action == Action.SET:
            said[fact.field] = fact.value
        elif fact.action == Action.UNSET:
            said.pop(fact.field, None)
        elif fact.action == Action.ADD:
            removed.setdefault(fact.field, set()).discard(fact.value)
            added.setdefault(fact.field, []).append(fact.value)
        elif fact.action == Action.REMOVE:
            removed.setdefault(fact.field, set()).add(fact.value)
            added[fact.field] = [one for one in added.get(fact.field, []) if one != fact.value]
    single.update(said)
    merged = {
        name: tuple(
            one
            for one in dict.fromkeys([*lists.get(name, ()), *added.get(name, ())])
            if one and one not in removed.get(name, set())
        )
        for name in {*lists, *added}
    }
    own = {
        *said,
        *(name for name, entries in added.items() if entries),
        *(name for name, gone in removed.items() if gone),
    }
    return single, merged, frozenset(own)
