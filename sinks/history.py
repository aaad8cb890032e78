"""The past as it was known (ports.history): every row names its run, and runs are numbered by their fencing epoch."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, select

from pipelines.model.proposal import Disposition
from pipelines.ports.history import PastDecision, PastMatch, Posted, Rows
from pipelines.ports.work import WorkContext
from sinks import tables as t
from sinks.bulk import insert_rows, insert_tuples
from sinks.positions import not_undone

_ROWS: Final = 20_000
_OUTSIDE: Final = (t.bank_transaction, t.superseded_transaction, t.receivable, t.debtor, t.collection)
# Tables whose rows belong to a run by themselves; the other ones through the row they belong to.
_OURS: Final = (t.decision, t.journal_entry, t.allocation, t.match_run, t.proposal, t.return_link)
_THROUGH: Final[tuple[tuple[Table, Table, str, str], ...]] = (
    (t.journal_line, t.journal_entry, "entry_id", "entry_id"),
    (t.entry_reversal, t.journal_entry, "entry_id", "entry_id"),
    (t.allocation_reversal, t.allocation, "allocation_id", "allocation_id"),
    (t.match_consideration, t.match_run, "match_no", "match_no"),
)


class SqlHistory:
    """Implements ports.history.History over one connection."""

    def __init__(self, connection: Connection, _context: WorkContext) -> None:
        self._connection = connection

    # --- reading ------------------------------------------------------------------------------------------------

    def matches(self, since: date, until: date) -> list[PastMatch]:
        m, r = t.match_run, t.run
        query = (
            select(m.c.match_no, m.c.as_of, r.c.epoch)
            .join(r, r.c.run_id == m.c.run_id)
            .where(m.c.as_of >= since.isoformat(), m.c.as_of <= until.isoformat())
            .order_by(m.c.match_no)
        )
        return [
            PastMatch(int(row[0]), date.fromisoformat(row[1]), int(row[2])) for row in self._connection.execute(query)
        ]

    def everything(self, before: int) -> Iterator[Rows]:
        known = t.run.c.epoch < before
        for table in (*_OUTSIDE, *_OURS):
            yield from self._rows(table, select(table).join(t.run, t.run.c.run_id == table.c.run_id).where(known))
        for table, parent, mine, theirs in _THROUGH:
            query = (
                select(table)
                .join(parent, parent.c[theirs] == table.c[mine])
                .join(t.run, t.run.c.run_id == parent.c.run_id)
                .where(known)
            )
            yield from self._rows(table, query)

    def arrivals(self, after: int, until: int) -> Iterator[Rows]:
        for table in _OUTSIDE:
            query = select(table).join(t.run, t.run.c.run_id == table.c.run_id).where(_between(after, until))
            yield from self._rows(table, query)

    def _rows(self, table: Table, query: Select[Any]) -> Iterator[Rows]:
        names = tuple(column.name for column in table.c)
        for part in self._connection.execute(query).partitions(_ROWS):
            yield table.name, names, [tuple(row) for row in part]

    def decisions(self, after: int, until: int) -> list[PastDecision]:
        d, a, e = t.decision, t.allocation, t.journal_entry
        query = (
            select(d, t.run.c.epoch)
            .join(t.run, t.run.c.run_id == d.c.run_id)
            .where(_between(after, until))
            .order_by(d.c.sequence)
        )
        found = list(self._connection.execute(query).mappings())
        made: dict[str, list[str]] = defaultdict(list)
        entries = (
            select(a.c.proposal_id, a.c.entry_id)
            .join(e, e.c.entry_id == a.c.entry_id)
            .join(t.run, t.run.c.run_id == a.c.run_id)
            .where(_between(after, until))
            .order_by(e.c.posting_number)
        )
        for decision_id, entry_id in self._connection.execute(entries):
            if entry_id not in made[decision_id]:
                made[decision_id].append(entry_id)
        return [
            PastDecision(
                row["transaction_id"], row["command"], int(row["epoch"]),
                {name: value for name, value in row.items() if name != "epoch"}, tuple(made[row["decision_id"]]),
            )
            for row in found
        ]  # fmt: skip

    def automatic(self, match_numbers: Sequence[int] | None, after: int) -> list[Posted]:
        p, a, tx = t.proposal, t.allocation, t.bank_transaction
        posted = select(a.c.proposal_id).where(a.c.disposition == Disposition.AUTO.value).distinct()
        wanted = p.c.match_no > after if match_numbers is None else p.c.match_no.in_(list(match_numbers))
        query = (
            select(p, tx.c.booking_date, tx.c.amount_minor.label("cents"), tx.c.currency)
            .join(tx, tx.c.transaction_id == p.c.transaction_id)
            .where(p.c.rank == 1, wanted, p.c.proposal_id.in_(posted))
            .order_by(tx.c.booking_date, p.c.transaction_id, p.c.match_no)
        )
        found: dict[str, Posted] = {}
        for row in self._connection.execute(query):
            # What was posted first counts: that is what happened by itself.
            found.setdefault(
                row.transaction_id,
                Posted(
                    row.transaction_id, row.booking_date, int(row.cents), row.currency, _effects(row.lines),
                    row.pattern, row.probability,
                ),
            )  # fmt: skip
        return list(found.values())

    def standing(self, transaction_id: str) -> dict[str, int]:
        a = t.allocation
        query = (
            select(a.c.invoice_number, func.sum(a.c.amount_minor))
            .where(a.c.transaction_id == transaction_id, not_undone())
            .group_by(a.c.invoice_number)
        )
        return {row[0]: int(row[1]) for row in self._connection.execute(query)}

    # --- writing into another database --------------------------------------------------------------------------

    def take(self, rows: Rows) -> None:
        name, columns, values = rows
        insert_tuples(self._connection, t.metadata.tables[name], columns, values)

    def record_decision(self, row: Mapping[str, Any]) -> None:
        insert_rows(self._connection, t.decision, [dict(row)])


def _between(after: int, until: int) -> ColumnElement[bool]:
    return and_(t.run.c.epoch > after, t.run.c.epoch <= until)


def _effects(lines: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in json.loads(lines or "[]"):
        found[line["invoice_number"]] = found.get(line["invoice_number"], 0) + int(line["amount_minor"])
    return found
