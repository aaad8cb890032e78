"""Questions to the books that change nothing: a transaction's story, what waits, what is held, what is proven."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.errors import ConfigurationError
from pipelines.model.dunning import TriggerState
from pipelines.ports.work import Books

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipelines.ports.access import AccountAccess
    from pipelines.ports.explain import Explanation
    from pipelines.ports.statements import AccountCoverage


class Inquiries:
    """Everything here reads one snapshot and is JSON-ready where it returns rows."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def table(self, name: str) -> DataFrame:
        """One of the tables of the contract; every cell is text."""
        with self._books.read() as work:
            frame: DataFrame = work.exports.table(name)
        return frame

    def find_transaction(self, key: str) -> str:
        """The id of one transaction. key: the id, the beginning of it (six signs or more), or the bank's reference."""
        with self._books.read() as work:
            found: list[str] = work.explanations.find(key)
        if not found:
            raise ConfigurationError("there is no such transaction; see: kontoklar export transactions")
        if len(found) > 1:
            raise ConfigurationError(f"{len(found)} transactions are meant by this; give more of the id")
        return found[0]

    def explain(self, key: str) -> Explanation:
        """Everything about one transaction; key as in ``find_transaction``."""
        transaction_id = self.find_transaction(key)
        with self._books.read() as work:
            story: Explanation = work.explanations.explain(transaction_id)
            states = work.statements.states([transaction_id])
        if transaction_id in states:
            story["transaction"]["state"] = str(states[transaction_id])
        return story

    def currency_of(self, transaction_id: str) -> str:
        """The currency of a transaction; EUR for one that is held or unknown, which the desk then refuses."""
        with self._books.read() as work:
            cash = work.journal.cash([transaction_id]).get(transaction_id)
        return str(cash.currency) if cash else "EUR"

    def review_queue(self, as_of: date) -> list[dict[str, Any]]:
        """What waits for a person, oldest first; ``days``: how long already."""
        with self._books.read() as work:
            waiting = work.review_queue.waiting()
        return [
            {
                **one._asdict(),
                "days": (as_of - date.fromisoformat(one.booking_date)).days,
                "invoices": "|".join(one.invoices),
            }
            for one in waiting
        ]

    def held_triggers(self) -> list[dict[str, Any]]:
        """Dunning triggers that may not leave yet, and why."""
        with self._books.read() as work:
            facts = work.dunning.triggers(cancelled=False)
        return [
            {
                "trigger": fact.trigger.trigger_id,
                "invoice_number": fact.trigger.invoice_number,
                "reason": fact.trigger.reason.value,
                "level": fact.trigger.level,
                "held_because": fact.trigger.hold_reason,
                "since": fact.since.isoformat(),
            }
            for fact in facts
            if fact.trigger.state is TriggerState.HELD
        ]

    def access(self) -> list[AccountAccess]:
        """How every source last could reach its accounts, and until when the consent holds."""
        with self._books.read() as work:
            known: list[AccountAccess] = work.access.latest()
        return known

    def accounts(self) -> list[AccountCoverage]:
        """How far each of our bank accounts is proven."""
        with self._books.read() as work:
            coverage: list[AccountCoverage] = work.statements.coverage()
        return coverage
