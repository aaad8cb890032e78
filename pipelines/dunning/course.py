"""Where one item stands in its plan, and what a step by hand would make of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pipelines.due import Candidate, DueItems, DunFacts
from pipelines.dunning.outcome import trigger_id
from pipelines.errors import DecisionRefused
from pipelines.model.dunning import TriggerState
from pipelines.model.dunning_case import Hand, HandChange, HandStep
from pipelines.plans import Plans
from pipelines.ports.dunning import TriggerFact

_OUT = (TriggerState.READY, TriggerState.DELIVERED)


@dataclass(frozen=True, slots=True)
class Course:
    """An item that is past due. facts: its living triggers by level. first_day: of the level that comes first."""

    candidate: Candidate
    hand: Hand
    facts: dict[int, TriggerFact]

    @property
    def level(self) -> int:
        """The highest level that is open, went out, or counts as passed; 0 before the first."""
        return max([self.hand.floor, self.candidate.start - 1, *self.facts])

    @property
    def waiting(self) -> int:
        """The level whose message is held; 0 when none is."""
        held = [number for number, fact in self.facts.items() if fact.trigger.state is TriggerState.HELD]
        return max(held, default=0)

    def next_step(self) -> tuple[int, date | None]:
        """The next level and its day; (0, None) at the end of the plan, no day while a level before it waits."""
        following = self.level + 1
        levels = self.candidate.levels
        if following > len(levels):
            return 0, None
        if self.hand.next_level == following and self.hand.next_day is not None:
            return following, self.hand.next_day
        if self.level < self.candidate.start:
            return following, self.candidate.first_day()
        since = self._since()
        return following, since + timedelta(days=levels[following - 1].delay_days) if since else None

    def _since(self) -> date | None:
        fact = self.facts.get(self.level)
        if fact is None:
            return self.hand.floor_day
        if fact.trigger.state is TriggerState.HELD:
            return None
        waits = [day for level, _, day, send in self.hand.repeats if level == self.level and not send]
        return max([fact.since, *waits])

    def change(self, step: HandStep, *, level: int, day: date, send: bool, user: str, reason: str) -> HandChange:
        """The step as it will be stored. Raises DecisionRefused when it makes no sense here."""
        number, item, event_no, round_ = level, self.candidate.item.invoice_number, 0, self.hand.round
        last = len(self.candidate.levels)
        if step is HandStep.SKIP:
            number = self.waiting or self.level + 1
            if number > last:
                raise DecisionRefused(f"Invoice {item} is at the end of its plan: there is no level to skip.")
        elif step is HandStep.NEXT_DATE:
            number = self.level + 1
            if number > last:
                raise DecisionRefused(f"Invoice {item} is at the end of its plan: no level follows.")
        elif step is HandStep.REPEAT:
            sent = [(n, fact) for n, fact in self.facts.items() if fact.trigger.state in _OUT]
            if not sent:
                raise DecisionRefused(f"No message about invoice {item} went out yet: there is nothing to repeat.")
            number, fact = max(sent)
            event_no = fact.event_no
        else:
            if not 1 <= number <= last:
                raise DecisionRefused(f"The plan of invoice {item} has the levels 1 to {last}.")
            if any(n >= number for n in self.facts) or self.hand.floor >= number:
                round_ += 1
        return HandChange(
            0, item, self.candidate.course, round_, step, number, day, send, event_no, user, reason
        )  # fmt: skip

    def told(self, changes: Sequence[HandChange]) -> dict[str, Any]:
        """The course, JSON-ready."""
        number, day = self.next_step()
        fact = self.facts.get(self.level)
        return {
            "invoice_number": self.candidate.item.invoice_number,
            "debtor_number": self.candidate.item.debtor_number,
            "plan": self.candidate.plan.name,
            "reason": self.candidate.reason.value,
            "level": self.level,
            "state": fact.trigger.state.value if fact else "",
            "hold_reason": fact.trigger.hold_reason if fact else "",
            "block": self.candidate.block,
            "next_level": number,
            "next_action": self.candidate.levels[number - 1].action if number else "",
            "next_date": day.isoformat() if day else "",
            "collections": [
                {"end_to_end_id": one.end_to_end_id, "collection_date": one.collection_date.isoformat()}
                for one in self.candidate.retried
            ],
            "by_hand": [
                {"step": one.step.value, "level": one.level, "day": one.day.isoformat(), "send": one.send,
                 "user": one.user, "reason": one.reason, "at": one.at}
                for one in changes
            ],
        }  # fmt: skip


def course_of(facts: DunFacts, plans: Plans, invoice_number: str) -> Course:
    """One item's course. Raises DecisionRefused, naming why, when it is not past due or not dunned."""
    due = DueItems(facts, plans)
    candidate = next((one for one in due.candidates if one.item.invoice_number == invoice_number), None)
    if candidate is None:
        why = due.why_not.get(invoice_number, "unknown, not due, or not owed")
        raise DecisionRefused(f"Invoice {invoice_number} is not being dunned: {why}.")
    hand = facts.cases.hands.get(invoice_number, {}).get(candidate.course, Hand())
    ids = {
        trigger_id(facts.mode, invoice_number, candidate.reason, number, candidate.cycle, hand.round): number
        for number in range(1, len(candidate.levels) + 1)
    }
    living = {
        ids[fact.trigger.trigger_id]: fact
        for fact in facts.triggers
        if fact.trigger.trigger_id in ids and fact.trigger.state is not TriggerState.CANCELLED
    }
    return Course(candidate, hand, living)
