"""Open items, debtors, collections and contracts in the database, and the frames the matcher works on."""

from __future__ import annotations

from collections.abc import Collection as Keys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
from sqlalchemy import Connection, Select, select, text
from sqlalchemy import Table as SqlTable

from pipelines.model.collector import paused
from pipelines.model.receivable import Collection, Contract, Debtor
from pipelines.ports.receivables import ItemVersion, KnownItem, KnownRow, RowVersion
from pipelines.ports.work import WorkContext
from sinks import tables
from sinks.bulk import among, insert_rows
from sinks.debtor_overlay import lay_over

_ROWS_PER_FETCH: Final = 20_000

_KEY_COLUMNS: Final = {
    "debtors": (tables.debtor, ("debtor_number",)),
    "collections": (tables.collection, ("end_to_end_id", "mandate_id", "invoice_number")),
    "contracts": (tables.contract, ("contract_id",)),
}

_LATEST: Final = "NOT EXISTS (SELECT 1 FROM {table} n WHERE {same} AND n.version > r.version)"
_ITEMS: Final = f"""
SELECT r.invoice_number, r.debtor_number, r.amount_minor,
    CASE WHEN r.status = 'cancelled' THEN 0
         WHEN (r.amount_minor >= 0) = (r.amount_minor - r.settled_elsewhere_minor - COALESCE(a.paid, 0) >= 0)
         THEN r.amount_minor - r.settled_elsewhere_minor - COALESCE(a.paid, 0)
         ELSE 0 END AS open_minor,
    r.currency, r.issue_date, r.due_date, r.document_type, r.status,
    CASE WHEN r.debtor_name = '' THEN COALESCE(d.name, '') ELSE r.debtor_name END AS debtor_name,
    r.debtor_ibans, COALESCE(d.name, '') AS master_name, COALESCE(d.ibans, '') AS master_ibans,
    COALESCE(d.aliases, '') AS aliases,
    r.mandate_id, r.end_to_end_id, r.creditor_reference, r.order_number, r.shipment_ids, r.contract_id,
    r.cash_discount_basis_points, r.cash_discount_until, r.payment_method, r.dunning_plan
FROM receivable r
LEFT JOIN (SELECT invoice_number, CAST(SUM(amount_minor) AS BIGINT) AS paid FROM allocation
           WHERE invoice_number <> '' GROUP BY invoice_number) a ON a.invoice_number = r.invoice_number
LEFT JOIN (SELECT r.debtor_number, r.name, r.ibans, r.aliases FROM debtor r
           WHERE {_LATEST.format(table="debtor", same="n.debtor_number = r.debtor_number")}) d
    ON d.debtor_number = r.debtor_number
WHERE {_LATEST.format(table="receivable", same="n.invoice_number = r.invoice_number")}
ORDER BY r.invoice_number
"""  # noqa: S608 - names of our own schema
_ITEM_KINDS: Final = {
    "amount_minor": "minor", "open_minor": "minor", "cash_discount_basis_points": "minor",
    "issue_date": "day", "due_date": "day", "cash_discount_until": "day",
}  # fmt: skip


class ReceivableRepository:
    """``pipelines.ports.receivables.ReceivableStore`` on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    # --- loading ----------------------------------------------------------------------------------------------

    def known_items(self, invoice_numbers: Keys[str]) -> Mapping[str, KnownItem]:
        """The newest versions of these open items; unknown numbers are left out."""
        if self._is_empty(tables.receivable):
            return {}
        r = tables.receivable
        a = tables.allocation
        paid: dict[str, tuple[int, int]] = {}
        if not self._is_empty(a):
            rows = self._by_keys(
                select(a.c.invoice_number, a.c.amount_minor, a.c.kind), a.c.invoice_number, invoice_numbers
            )
            for number, minor, kind in rows:
                now, ever = paid.get(number, (0, 0))
                paid[number] = (now + minor, ever if kind == "reversal" else ever + minor)
        found: dict[str, KnownItem] = {}
        columns = (
            r.c.invoice_number, r.c.version, r.c.content_hash, r.c.amount_minor, r.c.currency, r.c.debtor_number,
            r.c.settled_elsewhere_minor,
        )  # fmt: skip
        for row in self._by_keys(select(*columns), r.c.invoice_number, invoice_numbers):
            number, version, content, amount, currency, debtor, settled = row
            if number not in found or found[number].version < version:
                now, ever = paid.get(number, (0, 0))
                found[number] = KnownItem(version, content, amount, currency, debtor, settled, now, ever)
        return found

    def known_rows(self, kind: str, keys: Keys[tuple[str, ...]]) -> Mapping[tuple[str, ...], KnownRow]:
        """The newest versions of debtors, collections or contracts by key; unknown keys are left out."""
        table, names = _KEY_COLUMNS[kind]
        if self._is_empty(table):
            return {}
        wanted = set(keys)
        found: dict[tuple[str, ...], KnownRow] = {}
        statement = select(*(table.c[name] for name in names), table.c.version, table.c.content_hash)
        for row in self._by_keys(statement, table.c[names[0]], {key[0] for key in wanted}):
            *key_parts, version, content = row
            key = tuple(key_parts)
            if key in wanted and (key not in found or found[key].version < version):
                found[key] = KnownRow(version, content)
        return found

    def add_items(self, versions: Sequence[ItemVersion]) -> None:
        """Stores new versions of open items."""
        insert_rows(self._connection, tables.receivable, [self._item_row(version) for version in versions])

    def _item_row(self, version: ItemVersion) -> dict[str, object]:
        item = version.item
        return {
            "invoice_number": item.invoice_number,
            "version": version.version,
            "debtor_number": item.debtor_number,
            "amount_minor": item.amount_minor,
            "open_minor": item.open_minor,
            "currency": item.currency,
            "issue_date": item.issue_date.isoformat(),
            "due_date": item.due_date.isoformat(),
            "document_type": item.document_type.value,
            "status": item.status.value,
            "debtor_name": item.debtor_name,
            "debtor_ibans": "|".join(item.debtor_ibans),
            "payment_method": item.payment_method,
            "mandate_id": item.mandate_id,
            "end_to_end_id": item.end_to_end_id,
            "creditor_reference": item.creditor_reference,
            "order_number": item.order_number,
            "shipment_ids": "|".join(item.shipment_ids),
            "contract_id": item.contract_id,
            "cash_discount_basis_points": item.cash_discount_basis_points,
            "cash_discount_until": item.cash_discount_until.isoformat() if item.cash_discount_until else None,
            "dunning_plan": item.dunning_plan,
            "tax_rate_basis_points": item.tax_rate_basis_points,
            "settled_elsewhere_minor": version.settled_elsewhere_minor,
            "content_hash": version.content_hash,
            "run_id": self._context.run_id,
        }

    def add_rows(self, kind: str, versions: Sequence[RowVersion]) -> None:
        """Stores new versions of debtors, collections or contracts."""
        rows = [
            {
                **_columns_of(version.noun),
                "version": version.version,
                "content_hash": version.content_hash,
                "run_id": self._context.run_id,
            }
            for version in versions
        ]
        insert_rows(self._connection, _KEY_COLUMNS[kind][0], rows)

    def invoices_by_end_to_end_id(self, end_to_end_ids: Keys[str]) -> Mapping[str, tuple[str, ...]]:
        """Invoice numbers of the open items whose newest version carries these end-to-end ids."""
        r = tables.receivable
        wanted = set(end_to_end_ids) - {""}
        carriers = list(
            self._by_keys(select(r.c.invoice_number, r.c.version, r.c.end_to_end_id), r.c.end_to_end_id, wanted)
        )
        newest = self.known_items({number for number, _, _ in carriers})
        found: dict[str, set[str]] = {}
        for number, version, end_to_end_id in carriers:
            if newest[number].version == version:
                found.setdefault(end_to_end_id, set()).add(number)
        return {key: tuple(sorted(numbers)) for key, numbers in found.items()}

    def _is_empty(self, table: SqlTable) -> bool:
        return self._connection.execute(select(1).select_from(table).limit(1)).first() is None

    def _by_keys(self, statement: Select[Any], key: Any, keys: Keys[str]) -> Iterable[Any]:
        return self._connection.execute(statement.where(among(self._connection, key, sorted(set(keys)))))

    # --- frames -----------------------------------------------------------------------------------------------

    def items(self) -> pd.DataFrame:
        """Every item in its newest version, sorted by number; the columns of ``frames.ITEMS`` and ``dunning_plan``.

        open_minor is what is owed now, between 0 and the amount; cancelled items owe nothing. debtor_ibans and aliases
        are those of the row and of the debtor together.
        """
        frame = self._frame(text(_ITEMS), _ITEM_KINDS)
        frame["debtor_ibans"] = _union(frame["debtor_ibans"], frame.pop("master_ibans"))
        frame["aliases"] = _union(frame.pop("master_name"), frame["aliases"], without=frame["debtor_name"])
        return lay_over(self._connection, self._context, frame, "debtor_ibans")

    def debtors(self) -> pd.DataFrame:
        """Every debtor in its newest version, sorted by number; all columns of the table."""
        frame = self._newest(tables.debtor, ("debtor_number",), {"dunning_block_until": "day"})
        return lay_over(self._connection, self._context, frame, "ibans")

    def collections(self) -> pd.DataFrame:
        """Every submitted direct debit in its newest version, sorted by key; all columns of the table."""
        return self._newest(
            tables.collection,
            ("end_to_end_id", "mandate_id", "invoice_number"),
            {"amount_minor": "minor", "collection_date": "day"},
        )

    def contracts(self) -> pd.DataFrame:
        """Every contract in its newest version, sorted by number; all columns of the table."""
        return self._newest(tables.contract, ("contract_id",), {})

    def known_payers(self) -> pd.DataFrame:
        """iban, debtor_number, count, last_seen: whose money was allocated to whom and was not undone."""
        return self._frame(
            text(
                "SELECT t.counterparty_iban AS iban, a.debtor_number AS debtor_number, "
                "COUNT(DISTINCT a.transaction_id) AS count, MAX(t.booking_date) AS last_seen "
                "FROM allocation a JOIN bank_transaction t ON t.transaction_id = a.transaction_id "
                "WHERE a.kind IN ('settlement', 'partial', 'on_account') AND a.debtor_number <> '' "
                "AND t.counterparty_iban <> '' AND t.kind IN ('receipt', 'collection') AND t.amount_minor > 0 "
                # A return of the bank's does not matter: the payer is who he is. A Storno of ours says we were wrong.
                "AND NOT EXISTS (SELECT 1 FROM allocation_reversal v JOIN allocation u "
                "ON u.allocation_id = v.allocation_id AND u.transaction_id = a.transaction_id "
                "WHERE v.original_allocation_id = a.allocation_id) "
                "GROUP BY t.counterparty_iban, a.debtor_number ORDER BY t.counterparty_iban, a.debtor_number"
            ),
            {"count": "minor", "last_seen": "day"},
        )

    def _newest(self, table: SqlTable, key: tuple[str, ...], kinds: Mapping[str, str]) -> pd.DataFrame:
        names = [item.name for item in table.c if item.name not in ("version", "content_hash", "run_id")]
        same = " AND ".join(f"n.{name} = r.{name}" for name in key)
        return self._frame(
            text(
                f"SELECT {', '.join(f'r.{name}' for name in names)} FROM {table.name} r "  # noqa: S608
                f"WHERE {_LATEST.format(table=table.name, same=same)} ORDER BY {', '.join(f'r.{name}' for name in key)}"
            ),
            kinds,
        )

    def _frame(self, statement: Any, kinds: Mapping[str, str]) -> pd.DataFrame:
        """A frame read in parts, so that a million rows never stand in memory as Python objects."""
        # On the statement: set on the connection it would stay there for whatever is executed next.
        result = self._connection.execute(statement, execution_options={"stream_results": True})
        names = list(result.keys())
        types = [pa.int64() if kinds.get(name) == "minor" else pa.string() for name in names]
        parts: list[list[Any]] = [[] for _ in names]
        # SQLite's own rows: a million of SQLAlchemy's cost as much again as fetching them. Elsewhere the rows come
        # from the server in parts, of which SQLAlchemy holds the first already.
        cursor: Any = result.cursor
        own = self._connection.dialect.name == "sqlite"
        fetched = iter(lambda: cursor.fetchmany(_ROWS_PER_FETCH), []) if own else result.partitions(_ROWS_PER_FETCH)
        with paused():
            for rows in fetched:
                for place, values in enumerate(zip(*rows, strict=True)):
                    parts[place].append(pa.array(values, types[place]))
        result.close()
        series: dict[str, pd.Series[Any]] = {}
        for name, type_, chunks in zip(names, types, parts, strict=True):
            whole = pa.chunked_array(chunks, type_)
            chunks.clear()
            series[name] = _series(whole, kinds.get(name, "text"))
        return pd.DataFrame(series)


def _series(values: Any, kind: str) -> pd.Series[Any]:
    if kind == "minor":
        return values.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)  # type: ignore[no-any-return]
    if kind == "day":
        return values.cast(pa.date32()).cast(pa.timestamp("s")).to_pandas().astype("datetime64[s]")  # type: ignore[no-any-return]
    return values.to_pandas(types_mapper={pa.string(): pd.StringDtype(na_value=float("nan"))}.get)  # type: ignore[no-any-return]


def _union(first: pd.Series[Any], second: pd.Series[Any], without: pd.Series[Any] | None = None) -> pd.Series[Any]:
    """``|``-joined lists put together, each entry once; ``without`` is left out."""
    needed = (second != "") & (first != second) if without is None else (first != without) | (second != "")
    merged = (
        first.where(first != "", second) if without is None else pd.Series("", index=first.index, dtype=first.dtype)
    )
    if not needed.any():
        return merged
    left, right = first[needed].tolist(), second[needed].tolist()
    skip = without[needed].tolist() if without is not None else [""] * len(left)
    joined = [
        "|".join(part for part in dict.fromkeys([*one.split("|"), *two.split("|")]) if part and part != out)
        for one, two, out in zip(left, right, skip, strict=True)
    ]
    merged = merged.copy()
    merged[needed] = pd.Series(joined, index=first.index[needed], dtype=first.dtype)
    return merged


def _columns_of(noun: Debtor | Collection | Contract) -> dict[str, object]:
    if isinstance(noun, Debtor):
        return {
            "debtor_number": noun.debtor_number,
            "name": noun.name,
            "ibans": "|".join(noun.ibans),
            "external_id": noun.external_id,
            "email": noun.email,
            "aliases": "|".join(noun.aliases),
            "tags": "|".join(noun.tags),
            "address": noun.address,
            "dunning_plan": noun.dunning_plan,
            "dunning_block_until": noun.dunning_block_until.isoformat() if noun.dunning_block_until else None,
        }
    if isinstance(noun, Collection):
        return {
            "end_to_end_id": noun.end_to_end_id,
            "mandate_id": noun.mandate_id,
            "invoice_number": noun.invoice_number,
            "amount_minor": noun.amount_minor,
            "currency": noun.currency,
            "collection_date": noun.collection_date.isoformat(),
            "debtor_iban": noun.debtor_iban,
            "payment_information_id": noun.payment_information_id,
            "message_id": noun.message_id,
        }
    return {
        "contract_id": noun.contract_id,
        "debtor_number": noun.debtor_number,
        "status": noun.status,
        "dunning_plan": noun.dunning_plan,
    }
