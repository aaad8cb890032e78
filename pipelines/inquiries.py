"""Questions to the books that change nothing: a transaction's story, what waits, what is held, what is proven."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipelines.errors import ConfigurationError
from pipelines.known import refuse_unknown
from pipelines.learning.reasons import text
from pipelines.model.dunning import TriggerState
from pipelines.model.masking import mask_iban
from pipelines.model.money import format_minor
from pipelines.operator_view import masked, problems
from pipelines.ports.audit import FILTERS, AuditHead
from pipelines.ports.work import Books

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipelines.debtors.inquiries import DebtorInquiries
    from pipelines.ports.access import AccountAccess
    from pipelines.ports.explain import Explanation
    from pipelines.ports.statements import AccountCoverage

MOST_FILTERS = 3


class Inquiries:
    """Everything here reads one snapshot and is JSON-ready where it returns rows."""

    def __init__(self, books: Books, company: str = "", collection_days: int = 5) -> None:
        self._books = books
        self._company, self._collection_days = company, collection_days

    @cached_property
    def debtors(self) -> DebtorInquiries:
        """Debtors, their accounts and statements, the blocklist."""
        from pipelines.debtors.inquiries import DebtorInquiries

        return DebtorInquiries(self._books, company=self._company, collection_days=self._collection_days)

    def audit(
        self, filters: Mapping[str, str] | None = None, first: date | None = None, last: date | None = None
    ) -> list[dict[str, str]]:
        """The audit trail, in order. filters: up to three names of ``ports.audit.FILTERS`` with a value each."""
        wanted = dict(filters or {})
        refuse_unknown(wanted, FILTERS, "audit")
        if len(wanted) > MOST_FILTERS:
            raise ConfigurationError(f"at most {MOST_FILTERS} filters can be combined; these are {len(wanted)}")
        with self._books.read() as work:
            return list(work.audit_view.rows(wanted, first, last))

    def audit_head(self) -> AuditHead:
        """The newest row of the audit trail, to be noted outside."""
        with self._books.read() as work:
            return work.audit.head()

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
            raise ConfigurationError(
                "there is no such transaction; give its id or at least six signs of its beginning, "
                "see: kontoklar review list, or kontoklar export transactions --out transactions.csv"
            )
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

    def review_queue(self, as_of: date, only: Collection[str] = ()) -> list[dict[str, Any]]:
        """What waits for a person, oldest first; ``days``: how long already; ``account`` is masked.

        only: of these transactions; none given: of all.
        """
        with self._books.read() as work:
            waiting = work.review_queue.waiting(only)
        return [
            {
                **one._asdict(),
                "account": mask_iban(one.account),
                "days": (as_of - date.fromisoformat(one.booking_date)).days,
                "invoices": "|".join(one.invoices),
            }
            for one in waiting
        ]

    def positions(self, invoice_numbers: Collection[str]) -> dict[str, dict[str, str]]:
        """Per item whose it is and what is still owed on it (decimal text); unknown numbers are left out."""
        with self._books.read() as work:
            items = work.journal.open_items(sorted(set(invoice_numbers)))
        return {
            number: {
                "debtor_number": item.debtor_number,
                "open": format_minor(item.open_minor, item.currency),
                "currency": item.currency,
            }
            for number, item in items.items()
        }

    def audit_queue(self, as_of: date) -> list[dict[str, Any]]:
        """Automatic posts drawn for checking that nobody has checked yet, oldest first; they are posted."""
        with self._books.read() as work:
            cases = work.learning.audits()
        return [
            {
                **case._asdict(),
                "unallocated": "",
                "days": (as_of - date.fromisoformat(case.booking_date)).days,
                "invoices": "|".join(case.invoices),
                "reason": "audit",
                "message": text("audit"),
            }
            for case in cases
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

    def freshness(self, as_of: date) -> list[dict[str, Any]]:
        """Per account how far it is proven and how its sources can reach it. days: until its consent ends; negative
        when it is over, "" when nobody knows."""
        with self._books.read() as work:
            coverage = work.statements.coverage()
            facts = [fact for fact in work.access.latest() if fact.account]
        known = {row.account: row for row in coverage}
        by_account = {fact.account: fact for fact in facts}
        rows: list[dict[str, Any]] = []
        for row in coverage:
            fact = by_account.get(row.account)
            rows.append(
                {
                    "account": masked(row.account),
                    "currency": row.currency,
                    "proven_to": row.proven_until.isoformat() if row.proven_until else "",
                    "told_to": row.told_until.isoformat() if row.told_until else "",
                    "open": ", ".join(problems(row)),
                    **_access(fact, as_of),
                }
            )
        for account in sorted(by_account.keys() - known.keys()):
            empty = dict.fromkeys(("currency", "proven_to", "told_to", "open"), "")
            rows.append({"account": masked(account), **empty, **_access(by_account[account], as_of)})
        return rows

    def access(self) -> list[AccountAccess]:
        """How every account of the live sources could last be reached."""
        with self._books.read() as work:
            return work.access.latest()

    def accounts(self) -> list[AccountCoverage]:
        """How far each of our bank accounts is proven."""
        with self._books.read() as work:
            coverage: list[AccountCoverage] = work.statements.coverage()
        return coverage


def _access(fact: AccountAccess | None, as_of: date) -> dict[str, Any]:
    if fact is None:
        return dict.fromkeys(("source", "access", "consent_until", "days"), "")
    until = fact.consent_until
    return {
        "source": fact.source,
        "access": f"{fact.state.value} {fact.code}".strip(),
        "consent_until": until.isoformat() if until else "",
        "days": (until - as_of).days if until else "",
    }
