"""What another policy would have changed: newly posted, lost, changed, known wrong, in payments, invoices and money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipelines.model.money import format_minor
from pipelines.ports.history import Posted
from pipelines.ports.learning import Outcome

KINDS = ("same", "newly_posted", "lost", "changed")


class Change(NamedTuple):
    """One payment. kind: one of KINDS. then / now: what was, and what would have been posted by itself. right: whether
    ``now`` (for lost ones ``then``) is what people or time confirmed; None when nobody knows."""

    kind: str
    transaction_id: str
    booking_date: str
    amount_minor: int
    currency: str
    then: Mapping[str, int]
    now: Mapping[str, int]
    right: bool | None
    pattern: str

    def row(self) -> dict[str, Any]:
        """As a table row; amounts as decimal strings."""
        return {
            "kind": self.kind,
            "transaction_id": self.transaction_id,
            "booking_date": self.booking_date,
            "amount": format_minor(self.amount_minor, self.currency),
            "currency": self.currency,
            "then": "|".join(sorted(filter(None, self.then))),
            "now": "|".join(sorted(filter(None, self.now))),
            "known": {None: "", True: "right", False: "wrong"}[self.right],
            "pattern": self.pattern,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """A backtest's outcome."""

    changes: Sequence[Change]

    def figures(self) -> dict[str, Any]:
        """Per kind and for what is known wrong: payments, invoices, and amounts by currency as decimal strings."""
        told = {kind: _sums(one for one in self.changes if one.kind == kind) for kind in KINDS}
        posted = [one for one in self.changes if one.kind != "lost"]
        before = [one for one in self.changes if one.kind != "newly_posted"]
        told["posted_then"], told["posted_now"] = _sums(before), _sums(posted)
        told["known_wrong"] = _sums(one for one in posted if one.right is False)
        told["known_right"] = _sums(one for one in posted if one.right)
        return told

    def days(self) -> dict[str, dict[str, int]]:
        """Booking day → kind → payments; ``known_wrong`` beside the kinds."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys((*KINDS, "known_wrong"), 0))
        for one in self.changes:
            found[one.booking_date][one.kind] += 1
            found[one.booking_date]["known_wrong"] += one.kind != "lost" and one.right is False
        return dict(sorted(found.items()))


def compare(
    actual: Iterable[Posted], replayed: Iterable[Posted], truth: Mapping[str, Outcome], contradicted: Iterable[str]
) -> Comparison:
    """What happened by itself against what would have.

    truth: what people decided, or time confirmed, by transaction. contradicted: transactions people decided otherwise
    after the replayed policy had posted them.
    """
    then = {one.transaction_id: one for one in actual}
    now = {one.transaction_id: one for one in replayed}
    wrong = set(contradicted)
    changes = []
    for key in sorted(then.keys() | now.keys()):
        before, after = then.get(key), now.get(key)
        one = after or before
        assert one is not None
        kind = _kind(before, after)
        right = _right(one.effects, truth.get(key))
        if key in wrong and after is not None:
            right = False
        changes.append(
            Change(
                kind, key, one.booking_date, one.amount_minor, one.currency,
                before.effects if before else {}, after.effects if after else {}, right, one.pattern,
            )
        )  # fmt: skip
    changes.sort(key=lambda change: (change.booking_date, change.transaction_id))
    return Comparison(changes)


def _kind(before: Posted | None, after: Posted | None) -> str:
    if before is None:
        return "newly_posted"
    if after is None:
        return "lost"
    return "same" if dict(before.effects) == dict(after.effects) else "changed"


def _right(effects: Mapping[str, int], outcome: Outcome | None) -> bool | None:
    if outcome is None:
        return None
    if outcome.settled is not None:
        return dict(outcome.settled) == dict(effects)
    invoices = frozenset(invoice for invoice in effects if invoice)
    return False if invoices in outcome.refused else None


def _sums(changes: Iterable[Change]) -> dict[str, Any]:
    payments = invoices = 0
    amounts: dict[str, int] = defaultdict(int)
    for one in changes:
        payments += 1
        invoices += len([invoice for invoice in (one.now or one.then) if invoice])
        amounts[one.currency] += one.amount_minor
    told = {currency: format_minor(minor, currency) for currency, minor in sorted(amounts.items())}
    return {"payments": payments, "invoices": invoices, "amount": told}
