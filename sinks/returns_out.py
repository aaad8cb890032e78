"""The ``returns`` table: what is posted is told from the journal, what is not from the latest links."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd
from sqlalchemy import Connection, or_, select

from pipelines.model.ledger import Cause
from pipelines.model.money import format_minor
from pipelines.model.proposal import AllocationKind
from pipelines.model.return_debit import ReturnState
from pipelines.model.transaction import TransactionKind
from sinks import current
from sinks import tables as t
from sinks.frames_out import read_frame

COLUMNS = [
    "transaction_id", "invoice_number", "original_transaction_id", "original_entry_id", "reason_code",
    "original_amount", "charges", "state", "debtor_number", "booking_date", "currency", "reason",
]  # fmt: skip

_FROM_LINK = ("invoice_number", "debtor_number", "original_transaction_id", "original_entry_id", "reason", "state")

Row = dict[str, str]
Record = dict[str, Any]


def returns_table(connection: Connection) -> pd.DataFrame:
    """One row per returned invoice; a return whose original is unknown has one row without an invoice."""
    posted, links = _posted(connection), _links(connection)
    rows: list[Row] = []
    for named in _returns(connection).to_dict("records"):
        record = {str(name): value for name, value in named.items()}
        key, currency = record["transaction_id"], record["currency"]
        base = {
            "transaction_id": key,
            "booking_date": record["booking_date"],
            "currency": currency,
            "reason_code": record["reason_code"],
        }
        if key in posted:
            rows += [base | row for row in posted[key]]
        elif key in links:
            rows += [base | _from_link(link, record) for link in links[key]]
        else:
            rows.append(base | _stated(record) | {"state": ReturnState.REVIEW, "reason": "not-considered-yet"})
    return pd.DataFrame(rows, columns=COLUMNS).fillna("")


def _returns(connection: Connection) -> pd.DataFrame:
    live = current.live_transactions().subquery()
    taking_back = select(t.return_link.c.transaction_id)
    kinds = [TransactionKind.RETURN_DEBIT, TransactionKind.RETURN_TRANSFER]
    query = (
        select(live)
        .where(or_(live.c.kind.in_(kinds), live.c.transaction_id.in_(taking_back)))
        .order_by(live.c.booking_date, live.c.transaction_id)
    )
    return read_frame(connection, query)


def _links(connection: Connection) -> dict[str, list[Record]]:
    seen, link = current.latest_consideration().subquery(), t.return_link
    query = (
        select(link)
        .join(seen, (seen.c.transaction_id == link.c.transaction_id) & (seen.c.match_no == link.c.match_no))
        .order_by(link.c.transaction_id, link.c.link_no)
    )
    found: dict[str, list[Record]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[row["transaction_id"]].append(dict(row))
    return found


def _from_link(link: Record, record: Record) -> Row:
    row = {
        name: str(link[name])
        for name in (
            "invoice_number",
            "debtor_number",
            "original_transaction_id",
            "original_entry_id",
            "reason",
            "state",
        )
    }
    if not link["invoice_number"]:
        return row | _stated(record)
    currency = record["currency"]
    return row | {
        "original_amount": format_minor(int(link["returned_minor"]), currency),
        "charges": format_minor(int(link["charges_minor"]), currency),
    }


def _stated(record: Record) -> Row:
    """What the bank itself says about the parts; "" where it is silent."""
    return {
        "original_amount": _optional(record["original_minor"], record["currency"]),
        "charges": _optional(record["charges_minor"], record["currency"]),
    }


def _optional(minor: int | None, currency: str) -> str:
    return "" if minor is None else format_minor(int(minor), currency)


def _posted(connection: Connection) -> dict[str, list[Row]]:
    """Per return what was reversed for it, cash summed per entry; the charges stand on its first row."""
    a, entry, original = t.allocation, t.journal_entry, t.allocation.alias("original")
    query = (
        select(
            a.c.transaction_id, a.c.entry_id, a.c.kind, a.c.invoice_number, a.c.debtor_number, a.c.cash_minor,
            a.c.currency, entry.c.reverses, original.c.transaction_id.label("original_transaction_id"),
        )
        .join(entry, entry.c.entry_id == a.c.entry_id)
        .join(original, original.c.allocation_id == a.c.reverses, isouter=True)
        .where(entry.c.cause.in_([Cause.RETURN, Cause.RETURN_CHARGE]))
        .order_by(entry.c.posting_number, a.c.allocation_id)
    )  # fmt: skip
    cash: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    charges: dict[str, int] = defaultdict(int)
    rows: dict[str, dict[str, Row]] = defaultdict(dict)
    for line in connection.execute(query).mappings():
        key = line["transaction_id"]
        if line["kind"] == AllocationKind.FEE:
            charges[key] -= int(line["cash_minor"])
            continue
        cash[key][line["entry_id"]] -= int(line["cash_minor"])
        if not line["invoice_number"] and line["entry_id"] in rows[key]:
            continue  # of a rebooking that was taken back, the item says more than the account
        rows[key][line["entry_id"]] = {
            "invoice_number": line["invoice_number"],
            "debtor_number": line["debtor_number"],
            "original_transaction_id": line["original_transaction_id"] or "",
            "original_entry_id": line["reverses"],
            "state": ReturnState.POSTED,
            "currency": line["currency"],
            "reason": "",
        }
    return {
        key: [
            row
            | {
                "original_amount": format_minor(cash[key][entry_id], row["currency"]),
                "charges": format_minor(0 if place else charges[key], row["currency"]),
            }
            for place, (entry_id, row) in enumerate(found.items())
        ]
        for key, found in rows.items()
    }
