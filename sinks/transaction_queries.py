"""What other steps read of statements and transactions (``pipelines.ports.statements.TransactionQueries``)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, distinct, exists, func, or_, select

from pipelines.model.transaction import Transaction, TransactionState
from pipelines.ports.statements import AccountCoverage, ListedTransaction, OpenTransaction, transaction_state
from sinks.bulk import among
from sinks.current import is_live, latest_verdicts
from sinks.tables import (
    allocation,
    bank_transaction,
    booking,
    document_arrival,
    held_transaction,
    match_consideration,
    observation,
    proposal,
    proven_range,
    return_link,
    statement,
)
from sinks.transaction_rows import FIELDS, from_row, iso_date

_COLUMNS: Final = [bank_transaction.c[name] for name in FIELDS]
_WIDTH: Final = len(FIELDS)


def is_proven() -> ColumnElement[bool]:
    """Whether a chained statement contains the booking of the enclosing query."""
    chained = observation.join(proven_range, proven_range.c.statement_id == observation.c.statement_id)
    return exists(select(1).select_from(chained).where(observation.c.booking_id == booking.c.booking_id))


class TransactionReads:
    """Reads on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def transactions(self, transaction_ids: Collection[str]) -> dict[str, Transaction]:
        """Transactions by id."""
        query = select(*_COLUMNS).where(among(self._connection, bank_transaction.c.transaction_id, transaction_ids))
        return {row[0]: from_row(row) for row in self._connection.execute(query)}

    def all_transactions(self) -> list[Transaction]:
        """Every transaction that counts."""
        return _sorted(from_row(row) for row in self._connection.execute(select(*_COLUMNS).where(is_live())))

    def unallocated(self) -> list[OpenTransaction]:
        """Transactions with money in clearing."""
        cash = self._cash()
        rest = bank_transaction.c.amount_minor - func.coalesce(cash.c.cash_minor, 0)
        query = (
            select(*_COLUMNS, rest)
            .join(cash, cash.c.transaction_id == bank_transaction.c.transaction_id, isouter=True)
            .where(is_live(), rest != 0)
        )
        found = [OpenTransaction(from_row(row), int(row[_WIDTH])) for row in self._connection.execute(query)]
        return sorted(found, key=lambda item: _place(item.transaction))

    def listing(self) -> Iterator[ListedTransaction]:
        """Rows of the ``transactions`` table."""
        rows = [(from_row(row), _state(row)) for row in self._connection.execute(self._with_state())]
        latest = latest_verdicts()
        held = (
            select(*(held_transaction.c[name] for name in FIELDS))
            .join(latest, latest.c.statement_id == held_transaction.c.statement_id)
            .where(latest.c.verdict == "held")
        )
        rows += [(from_row(row), TransactionState.HELD) for row in self._connection.execute(held)]
        rows.sort(key=lambda row: _place(row[0]))
        for item, state in rows:
            yield ListedTransaction(item, state)

    def states(self, transaction_ids: Collection[str]) -> dict[str, TransactionState]:
        """State by transaction."""
        query = self._with_state().where(
            among(self._connection, bank_transaction.c.transaction_id, set(transaction_ids))
        )
        return {row[0]: _state(row) for row in self._connection.execute(query)}

    def own_accounts(self) -> set[str]:
        """Accounts that statements were delivered for."""
        return {
            account for account in self._connection.execute(select(statement.c.account).distinct()).scalars() if account
        }

    def newest_documents(self, family: str) -> list[str]:
        """The document per account and currency that reaches furthest and arrived last."""
        query = (
            select(statement.c.account, statement.c.currency, statement.c.sha256)
            .join(document_arrival, document_arrival.c.sha256 == statement.c.sha256)
            .where(statement.c.format.startswith(family, autoescape=True))
            .order_by(statement.c.to_day, document_arrival.c.arrived_at, statement.c.sha256)
        )
        return sorted({(row[0], row[1]): row[2] for row in self._connection.execute(query)}.values())

    def coverage(self) -> list[AccountCoverage]:
        """Per account and currency how far it is known."""
        ranges = self._newest_ranges()
        unproven = self._unproven_counts()
        latest = latest_verdicts()
        is_held = latest.c.verdict == "held"
        query = (
            select(
                statement.c.account,
                statement.c.currency,
                func.max(statement.c.to_day).filter(~is_held),
                func.count().filter(is_held),
                func.min(statement.c.from_day).filter(is_held),
            )
            .join(latest, latest.c.statement_id == statement.c.statement_id)
            .group_by(statement.c.account, statement.c.currency)
        )
        found = []
        for account, currency, told_until, held, held_from in self._connection.execute(query):
            proven = ranges.get((account, currency))
            found.append(
                AccountCoverage(
                    account=account,
                    currency=currency,
                    proven_from=proven[0] if proven else None,
                    proven_until=proven[1] if proven else None,
                    told_until=iso_date(told_until) if told_until else None,
                    held_statements=int(held),
                    held_from=iso_date(held_from) if held_from else None,
                    unproven_bookings=unproven.get((account, currency), 0),
                )
            )
        return sorted(found)

    # --- parts --------------------------------------------------------------------------------------------------

    def _newest_ranges(self) -> dict[tuple[str, str], tuple[date, date]]:
        newest = (
            select(proven_range.c.account, proven_range.c.currency, func.max(proven_range.c.range_no).label("no"))
            .group_by(proven_range.c.account, proven_range.c.currency)
            .subquery()
        )
        query = select(
            proven_range.c.account,
            proven_range.c.currency,
            proven_range.c.start_day,
            proven_range.c.end_day,
            proven_range.c.end_is_open,
        ).join(
            newest,
            and_(
                newest.c.account == proven_range.c.account,
                newest.c.currency == proven_range.c.currency,
                newest.c.no == proven_range.c.range_no,
            ),
        )
        # A last day that may still go on is not proven yet.
        return {
            (row[0], row[1]): (iso_date(row[2]), iso_date(row[3]) - timedelta(days=1 if row[4] else 0))
            for row in self._connection.execute(query)
        }

    def _unproven_counts(self) -> dict[tuple[str, str], int]:
        latest = latest_verdicts()
        query = (
            select(booking.c.account, booking.c.currency, func.count(distinct(booking.c.booking_id)))
            .select_from(latest)
            .join(observation, observation.c.statement_id == latest.c.statement_id)
            .join(booking, booking.c.booking_id == observation.c.booking_id)
            .where(latest.c.verdict == "unproven", ~_proven_elsewhere())
            .group_by(booking.c.account, booking.c.currency)
        )
        return {(row[0], row[1]): int(row[2]) for row in self._connection.execute(query)}

    @staticmethod
    def _cash() -> Subquery:
        return (
            select(
                allocation.c.transaction_id,
                func.sum(allocation.c.cash_minor).label("cash_minor"),
                func.count().label("parts"),
            )
            .group_by(allocation.c.transaction_id)
            .subquery("cash")
        )

    def _with_state(self) -> Select[Any]:
        cash = self._cash()
        newest = (
            select(match_consideration.c.transaction_id, func.max(match_consideration.c.match_no).label("match_no"))
            .group_by(match_consideration.c.transaction_id)
            .subquery("newest")
        )
        proposed = or_(
            exists().where(
                proposal.c.transaction_id == newest.c.transaction_id,
                proposal.c.match_no == newest.c.match_no,
                proposal.c.lines != "[]",  # without lines it only says why there is none
            ),
            exists().where(
                return_link.c.transaction_id == newest.c.transaction_id,
                return_link.c.match_no == newest.c.match_no,
                return_link.c.invoice_number != "",
            ),
        )
        return (
            select(*_COLUMNS, func.coalesce(cash.c.cash_minor, 0), func.coalesce(cash.c.parts, 0), proposed)
            .join(cash, cash.c.transaction_id == bank_transaction.c.transaction_id, isouter=True)
            .join(newest, newest.c.transaction_id == bank_transaction.c.transaction_id, isouter=True)
            .where(is_live())
        )


def _proven_elsewhere() -> ColumnElement[bool]:
    other = observation.alias("other")
    chained = other.join(proven_range, proven_range.c.statement_id == other.c.statement_id)
    return exists(select(1).select_from(chained).where(other.c.booking_id == booking.c.booking_id))


def _state(row: Any) -> TransactionState:
    item = from_row(row)
    cash, parts, proposed = int(row[_WIDTH]), int(row[_WIDTH + 1]), bool(row[_WIDTH + 2])
    return transaction_state(
        item.kind, item.amount_minor, item.amount_minor - cash, has_allocations=parts > 0, has_proposals=proposed
    )


def _place(item: Transaction) -> tuple[object, ...]:
    return (item.booking_date, item.account, item.transaction_id)


def _sorted(items: Iterator[Transaction]) -> list[Transaction]:
    return sorted(items, key=_place)
