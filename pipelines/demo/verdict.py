"""How much of the month kontoklar got right, measured against what every payment was meant for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from pipelines.amounts import parse_amount
from pipelines.demo.payments import Payment

Row = Mapping[str, str]
# What a customer's payment can be; everything else on the accounts has nothing to match.
MATCHABLE = ("receipt", "collection")


@dataclass(slots=True)
class StoryLine:
    """One kind of payment: how many, and what became of them. wrong: posted to something it was not meant for."""

    payments: int = 0
    posted: int = 0
    waiting: int = 0
    wrong: int = 0


@dataclass(slots=True)
class Verdict:
    """The month in figures. reasons: why something waits → how many. held: why a trigger is held → how many.

    dunned_though_paid: delivered triggers for items that were paid in full on or before that day.
    """

    stories: dict[str, StoryLine] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    returns: int = 0
    returns_found: int = 0
    returns_linked: int = 0
    called_return_wrongly: int = 0
    triggers: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    dunned_though_paid: int = 0

    @property
    def payments(self) -> int:
        """Payments that customers made."""
        return sum(line.payments for line in self.stories.values())

    @property
    def posted(self) -> int:
        """Those posted without a person, to what they were meant for."""
        return sum(line.posted for line in self.stories.values())

    @property
    def wrong(self) -> int:
        """Those posted to something they were not meant for."""
        return sum(line.wrong for line in self.stories.values())

    def counts(self) -> dict[str, int]:
        """The figures of the summary for ``--json``."""
        return {
            "payments": self.payments,
            "posted_by_itself": self.posted,
            "waiting": sum(line.waiting for line in self.stories.values()),
            "posted_wrongly": self.wrong,
            "returns": self.returns,
            "returns_found": self.returns_found,
            "returns_linked": self.returns_linked,
            "called_return_wrongly": self.called_return_wrongly,
            "triggers_delivered": self.triggers["delivered"],
            "triggers_held": self.triggers["held"],
            "dunned_though_paid": self.dunned_though_paid,
        }


def judge(payments: Sequence[Payment], tables: Mapping[str, pd.DataFrame]) -> Verdict:
    """tables: the exported ``transactions``, ``allocations``, ``proposals``, ``returns`` and ``triggers``."""
    truth = {part.reference: part for payment in payments for part in (payment, *payment.details)}
    transactions = _rows(tables["transactions"])
    allocated: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(tables["allocations"]):
        # What a return took back later was posted all the same.
        if row["kind"] not in ("reversal", "fee"):
            allocated[row["transaction_id"]].append(row)
    verdict = Verdict()
    why = {row["transaction_id"]: row["reason"] for row in _rows(tables["proposals"]) if row["rank"] == "1"}
    for row in transactions:
        meant = truth.get(row["bank_reference"])
        if meant is not None and meant.kind in MATCHABLE:
            _judge_payment(verdict, row, meant, allocated[row["transaction_id"]], why.get(row["transaction_id"], ""))
        elif allocated[row["transaction_id"]] and (meant is None or meant.kind != "return_debit"):
            _line(verdict, "nothing to match").wrong += 1
    _judge_returns(verdict, payments, transactions, _rows(tables["returns"]))
    _judge_triggers(verdict, payments, _rows(tables["triggers"]))
    return verdict


def _rows(frame: pd.DataFrame) -> list[Row]:
    return [{str(name): str(cell) for name, cell in row.items()} for row in frame.to_dict("records")]


def _line(verdict: Verdict, story: str) -> StoryLine:
    return verdict.stories.setdefault(story, StoryLine())


def _cents(rows: Iterable[Row]) -> dict[str, int]:
    result: dict[str, int] = defaultdict(int)
    for row in rows:
        result[row["invoice_number"]] += parse_amount(row["amount"], "EUR")
    return result


def _judge_payment(verdict: Verdict, row: Row, meant: Payment, parts: Sequence[Row], reason: str) -> None:
    line = _line(verdict, meant.story)
    settled = _cents(part for part in parts if part["invoice_number"])
    if meant.details:
        _judge_batch(verdict, line, settled, meant, reason)
        return
    line.payments += 1
    strangers = {part["debtor_number"] for part in parts} - {meant.debtor_number} if meant.debtor_number else set()
    if strangers or any(cents != meant.settles.get(number) for number, cents in settled.items()):
        line.wrong += 1
    elif parts and len(settled) == len(meant.settles):
        line.posted += 1
    else:
        line.waiting += 1
        verdict.reasons[reason or row["state"]] += 1


def _judge_batch(verdict: Verdict, line: StoryLine, settled: Mapping[str, int], meant: Payment, reason: str) -> None:
    """A batch that the bank books as one sum: every payment in it counts for itself."""
    right = sum(settled.get(number) == cents for number, cents in meant.settles.items())
    line.payments += len(meant.details)
    line.posted += right
    line.wrong += sum(meant.settles.get(number) != cents for number, cents in settled.items())
    line.waiting += len(meant.details) - right
    if right < len(meant.details):
        verdict.reasons[reason or "batch"] += len(meant.details) - right


def _judge_returns(
    verdict: Verdict, payments: Sequence[Payment], transactions: Sequence[Row], returns: Sequence[Row]
) -> None:
    expected = {payment.reference: payment for payment in payments if payment.kind == "return_debit"}
    verdict.returns = len(expected)
    linked = {row["transaction_id"]: row["invoice_number"] for row in returns}
    for row in transactions:
        meant = expected.get(row["bank_reference"])
        if meant is None:
            verdict.called_return_wrongly += row["kind"] == "return_debit"
            continue
        verdict.returns_found += row["kind"] == "return_debit"
        verdict.returns_linked += linked.get(row["transaction_id"], "") in meant.settles


def _judge_triggers(verdict: Verdict, payments: Sequence[Payment], triggers: Sequence[Row]) -> None:
    for row in triggers:
        verdict.triggers[row["state"]] += 1
        if row["state"] == "held":
            verdict.held[row["hold_reason"]] += 1
        if row["state"] == "delivered":
            verdict.dunned_though_paid += _paid_by(payments, row["invoice_number"], date.fromisoformat(row["as_of"]))


def _paid_by(payments: Sequence[Payment], invoice_number: str, day: date) -> bool:
    """Whether the last thing that happened to the invoice up to that day was a payment, and no part payment."""
    touching = [payment for payment in payments if invoice_number in payment.settles and payment.day <= day]
    if not touching:
        return False
    last = max(touching, key=lambda payment: payment.day)
    return last.settles[invoice_number] > 0 and last.story != "part payment"
