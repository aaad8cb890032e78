"""Blocks, steps by hand, proposal lists, new collections (``pipelines.ports.dunning_cases``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, bindparam, func, select, text

from pipelines.model.dunning_case import (
    BlockCause,
    BlockScope,
    DunningBlock,
    Hand,
    HandChange,
    HandStep,
    ListKind,
    ListLine,
    NewCollection,
    PostedReturn,
    ProposalList,
    ReturnAnswer,
)
from pipelines.model.ids import derive
from pipelines.ports.dunning_cases import Cases, Terms, ToldFee
from pipelines.ports.work import WorkContext
from sinks import dunning_returns
from sinks import tables as t
from sinks.bulk import among, insert_rows

_LATEST: Final = (
    "NOT EXISTS (SELECT 1 FROM trigger_event n WHERE n.trigger_id = e.trigger_id AND n.event_no > e.event_no)"
)
_RELEASED: Final = """
SELECT r.trigger_id FROM dunning_release r WHERE NOT EXISTS (
    SELECT 1 FROM trigger_event e
    WHERE e.trigger_id = r.trigger_id AND e.state = 'cancelled' AND e.event_no > r.event_no
)
"""
_TO_LIST: Final = f"""
SELECT t.trigger_id, t.action FROM dunning_trigger t JOIN trigger_event e ON e.trigger_id = t.trigger_id
WHERE e.state = 'held' AND e.hold_reason = :hold AND {_LATEST}
AND NOT EXISTS (
    SELECT 1 FROM dunning_list_line l JOIN dunning_list d ON d.list_id = l.list_id
    LEFT JOIN dunning_list_outcome o ON o.list_id = l.list_id
    WHERE l.trigger_id = t.trigger_id AND (o.list_id IS NULL OR d.as_of >= :day)
)
ORDER BY t.debtor_number, t.invoice_number, t.level
"""  # noqa: S608 - constants only
_FEES: Final = f"""
SELECT d.trigger_id, t.invoice_number, t.plan, t.level, d.fee_minor
FROM dunning_terms d
JOIN trigger_event told ON told.trigger_id = d.trigger_id AND told.event_no = d.event_no
JOIN dunning_trigger t ON t.trigger_id = d.trigger_id
JOIN trigger_event e ON e.trigger_id = d.trigger_id
WHERE d.fee_minor > 0 AND told.as_of >= :since AND e.state IN ('ready', 'delivered') AND {_LATEST}
ORDER BY d.trigger_id, d.event_no
"""  # noqa: S608 - constants only
_LINES: Final = f"""
SELECT l.list_id, t.trigger_id, t.debtor_number, t.invoice_number, t.reason, t.level, t.action, t.plan, e.open_minor,
    t.currency, e.state, e.hold_reason
FROM dunning_list_line l
JOIN dunning_trigger t ON t.trigger_id = l.trigger_id
JOIN trigger_event e ON e.trigger_id = t.trigger_id AND {_LATEST}
WHERE l.list_id IN :lists
ORDER BY t.debtor_number, t.invoice_number, t.level, t.trigger_id
"""  # noqa: S608 - constants only


class DunningPlansRepository:
    """Implements ports.dunning_cases.DunningCases over one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    def cases(self, on: date) -> Cases:
        """Everything a run needs."""
        hands: dict[str, dict[str, Hand]] = defaultdict(dict)
        for change in self._changes():
            courses = hands[change.invoice_number]
            courses[change.course] = courses.get(change.course, Hand()).after(change)
        collections: dict[str, list[NewCollection]] = defaultdict(list)
        for row in self._connection.execute(select(t.new_collection).order_by(t.new_collection.c.sequence)).mappings():
            collections[row["invoice_number"]].append(_collection(row))
        claims = self._connection.execute(select(t.claim_kind.c.invoice_number, t.claim_kind.c.of_invoice))
        a = t.return_answer.c
        newest = {
            row[0]: row[1]
            for row in self._connection.execute(select(a.invoice_number, a.reason_class).order_by(a.times))
        }
        return Cases(
            blocks={(block.scope.value, block.key): block.cause.value for block in self.blocks(on)},
            hands=dict(hands),
            released=frozenset(self._connection.execute(text(_RELEASED)).scalars()),
            collections=dict(collections),
            of_invoice={row[0]: row[1] for row in claims if row[1]},
            hard=frozenset(number for number, kind in newest.items() if kind == "hard"),
        )

    # --- blocks -------------------------------------------------------------------------------------------------

    def blocks(self, on: date) -> list[DunningBlock]:
        """Blocks that stand on a day."""
        b, end = t.dunning_block, t.dunning_block_end
        query = (
            select(b)
            .join(end, end.c.block_id == b.c.block_id, isouter=True)
            .where(end.c.block_id.is_(None), (b.c.until.is_(None)) | (b.c.until >= on.isoformat()))
            .order_by(b.c.at, b.c.block_id)
        )
        return [
            DunningBlock(
                row["block_id"], BlockScope(row["scope"]), row["key"], BlockCause(row["cause"]),
                date.fromisoformat(row["until"]) if row["until"] else None, row["user"], row["reason"], row["at"],
            )
            for row in self._connection.execute(query).mappings()
        ]  # fmt: skip

    def add_block(self, scope: BlockScope, key: str, cause: str, until: date | None, user: str, reason: str) -> str:
        """Stores a block."""
        block_id = derive("dunning-block", self._context.mode, self._next(t.dunning_block))
        row = {"block_id": block_id, "scope": scope.value, "key": key, "cause": cause,
               "until": until.isoformat() if until else None, **self._by(user, reason)}  # fmt: skip
        insert_rows(self._connection, t.dunning_block, [row])
        return block_id

    def end_blocks(self, block_ids: Collection[str], user: str, reason: str) -> None:
        """Takes blocks back."""
        rows = [{"block_id": block_id, **self._by(user, reason)} for block_id in sorted(block_ids)]
        insert_rows(self._connection, t.dunning_block_end, rows)

    # --- by hand ------------------------------------------------------------------------------------------------

    def add_change(self, change: HandChange) -> None:
        """Stores a step by hand."""
        row = asdict(change) | self._by(change.user, change.reason)
        row |= {"change_no": self._next(t.dunning_change, t.dunning_change.c.change_no), "step": change.step.value,
                "day": change.day.isoformat(), "send": int(change.send)}  # fmt: skip
        insert_rows(self._connection, t.dunning_change, [row])

    def changes(self, invoice_number: str) -> list[HandChange]:
        """The steps by hand on an item."""
        return self._changes(invoice_number)

    def _changes(self, invoice_number: str = "") -> list[HandChange]:
        c = t.dunning_change
        query = select(c).order_by(c.c.change_no)
        if invoice_number:
            query = query.where(c.c.invoice_number == invoice_number)
        return [
            HandChange(
                int(row["change_no"]), row["invoice_number"], row["course"], int(row["round"]), HandStep(row["step"]),
                int(row["level"]), date.fromisoformat(row["day"]), bool(row["send"]), int(row["event_no"]),
                row["user"], row["reason"], row["at"],
            )
            for row in self._connection.execute(query).mappings()
        ]  # fmt: skip

    # --- what went out ------------------------------------------------------------------------------------------

    def add_terms(self, terms: Sequence[Terms]) -> None:
        """Stores what messages told."""
        rows = [
            {
                "trigger_id": one.trigger_id,
                "event_no": one.event_no,
                "channel": one.channel,
                "template": one.template,
                "fee_minor": one.fee_minor,
                "deadline": one.deadline.isoformat() if one.deadline else None,
                "run_id": self._context.run_id,
            }
            for one in terms
        ]
        insert_rows(self._connection, t.dunning_terms, rows)

    def fees(self, since: date) -> list[ToldFee]:
        """Fees told since a day by triggers that are ready or delivered, the first one of each."""
        first: dict[str, ToldFee] = {}
        for row in self._connection.execute(text(_FEES), {"since": since.isoformat()}):
            first.setdefault(row[0], ToldFee(*row))
        return list(first.values())

    def add_collections(self, collections: Sequence[NewCollection]) -> None:
        """Stores new collections."""
        if not collections:
            return
        first = self._next(t.new_collection, t.new_collection.c.sequence)
        rows = [
            asdict(one)
            | {
                "collection_date": one.collection_date.isoformat(),
                "sequence": first + place,
                "run_id": self._context.run_id,
            }
            for place, one in enumerate(collections)
        ]
        insert_rows(self._connection, t.new_collection, rows)

    # --- lists --------------------------------------------------------------------------------------------------

    def to_list(self, hold_reason: str, on: date) -> list[tuple[str, str]]:
        """(trigger id, action) of what waits for a release and is on no open list and on none of that day."""
        rows = self._connection.execute(text(_TO_LIST), {"hold": hold_reason, "day": on.isoformat()})
        return [(row[0], row[1]) for row in rows]

    def add_list(self, kind: ListKind, on: date, trigger_ids: Sequence[str]) -> str:
        """Stores a proposal list."""
        sequence = self._next(t.dunning_list, t.dunning_list.c.sequence)
        list_id = derive("dunning-list", self._context.mode, sequence)
        row = {"list_id": list_id, "sequence": sequence, "kind": kind.value, "as_of": on.isoformat(),
               "at": self._context.now, "run_id": self._context.run_id}  # fmt: skip
        insert_rows(self._connection, t.dunning_list, [row])
        insert_rows(self._connection, t.dunning_list_line, [{"list_id": list_id, "trigger_id": i} for i in trigger_ids])
        return list_id

    def lists(self, *, open_only: bool = True, list_id: str = "") -> list[ProposalList]:
        """Proposal lists with their lines as they stand now."""
        d, o = t.dunning_list, t.dunning_list_outcome
        query = select(d, o.c.outcome).join(o, o.c.list_id == d.c.list_id, isouter=True).order_by(d.c.sequence)
        if open_only:
            query = query.where(o.c.list_id.is_(None))
        if list_id:
            query = query.where(d.c.list_id.startswith(list_id, autoescape=True))
        found = [*self._connection.execute(query).mappings()]
        lines: dict[str, list[ListLine]] = defaultdict(list)
        if found:
            ids = [row["list_id"] for row in found]
            query_lines = text(_LINES).bindparams(bindparam("lists", ids, expanding=True))
            for key, *values in self._connection.execute(query_lines):
                lines[key].append(ListLine(*values))
        return [
            ProposalList(
                row["list_id"], ListKind(row["kind"]), date.fromisoformat(row["as_of"]),
                tuple(lines[row["list_id"]]), row["outcome"] or "",
            )
            for row in found
        ]  # fmt: skip

    def answer_list(self, list_id: str, outcome: str, released: Sequence[str], user: str, reason: str) -> None:
        """Closes a list."""
        insert_rows(
            self._connection,
            t.dunning_list_outcome,
            [{"list_id": list_id, "outcome": outcome, **self._by(user, reason)}],
        )
        e = t.trigger_event.c
        last = (
            select(e.trigger_id, func.max(e.event_no))
            .where(among(self._connection, e.trigger_id, released))
            .group_by(e.trigger_id)
        )
        numbers = {row[0]: row[1] for row in self._connection.execute(last)}
        rows = [
            {"trigger_id": id_, "list_id": list_id, "event_no": int(numbers[id_]), "run_id": self._context.run_id}
            for id_ in released
        ]
        insert_rows(self._connection, t.dunning_release, rows)

    # --- returns ------------------------------------------------------------------------------------------------

    def posted_returns(self) -> list[PostedReturn]:
        """Posted returns of direct debits that have no answer so far."""
        return dunning_returns.posted_returns(self._connection)

    def add_answers(self, answers: Sequence[ReturnAnswer]) -> None:
        """Stores answers to returns."""
        rows = [asdict(one) | {"as_of": one.as_of.isoformat(), "run_id": self._context.run_id} for one in answers]
        insert_rows(self._connection, t.return_answer, rows)

    def answers(self, transaction_id: str = "", since: date | None = None) -> list[ReturnAnswer]:
        """Answers to returns."""
        return dunning_returns.answer_rows(self._connection, transaction_id, since)

    def first_letters(self, *, delivered: bool) -> dict[str, date]:
        """Invoice number → day of its first dunning message."""
        return dunning_returns.first_letters(self._connection, delivered=delivered)

    def charged(self) -> dict[tuple[str, str], int]:
        """(invoice number, kind) → what was charged on it and not undone."""
        return dunning_returns.charged(self._connection)

    def payments(self, invoice_numbers: Collection[str]) -> dict[str, list[tuple[date, int]]]:
        """Invoice number → what lowered or raised it, oldest first."""
        return dunning_returns.payments(self._connection, invoice_numbers)

    # --- parts --------------------------------------------------------------------------------------------------

    def _by(self, user: str, reason: str) -> dict[str, object]:
        return {"user": user, "reason": reason, "at": self._context.now, "run_id": self._context.run_id}

    def _next(self, table: Table, column: Column[int] | None = None) -> int:
        largest = func.count() if column is None else func.max(column)
        return int(self._connection.scalar(select(largest).select_from(table)) or 0) + 1


def _collection(row: Any) -> NewCollection:
    return NewCollection(
        row["end_to_end_id"], row["invoice_number"], row["debtor_number"], row["mandate_id"], row["debtor_iban"],
        int(row["amount_minor"]), row["currency"], date.fromisoformat(row["collection_date"]), int(row["level"]),
        row["transaction_id"],
    )  # fmt: skip
