"""The one crossing between objects and DataFrames: column names, dtypes and checks.

Every frame the matcher sees has exactly the columns listed here, in this order and of this dtype; ``conform`` brings a
frame into that form or says what is wrong with it. Dtypes: ``text`` is pandas ``str`` with "" for absent, ``minor`` and
``count`` nullable ``Int64``, ``day`` ``datetime64[s]`` with NaT for absent, ``flag`` ``bool``, ``share`` ``float64``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from pipelines.errors import FrameMismatch
from pipelines.model.receivable import Collection, Debtor, Receivable
from pipelines.model.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a frame. ``required``: without it the frame is refused; otherwise absent means the empty value."""

    name: str
    kind: str = "text"
    required: bool = False


def _columns(required: Mapping[str, str], optional: Mapping[str, str]) -> tuple[Column, ...]:
    return (
        *(Column(name, kind, True) for name, kind in required.items()),
        *(Column(name, kind) for name, kind in optional.items()),
    )


# What arrived at the bank: one row per transaction, amounts signed from the account holder's view.
RECEIPTS = _columns(
    {"transaction_id": "text", "booking_date": "day", "amount_minor": "minor", "currency": "text"},
    {
        **dict.fromkeys(
            (
                "account", "kind", "counterparty_name", "counterparty_iban", "ultimate_name", "remittance",
                "creditor_reference", "document_numbers", "end_to_end_id", "mandate_id", "customer_reference",
                "payment_information_id", "message_id",
            ),
            "text",
        ),
        "declared_discount_minor": "minor",
        "charges_minor": "minor",
        "is_batch": "flag",
        "batch_count": "count",
    },
)  # fmt: skip

# What is or was owed. ``open_minor`` is what is owed now; settled (0) and cancelled items stay in the frame.
ITEMS = _columns(
    {"invoice_number": "text", "debtor_number": "text", "amount_minor": "minor", "open_minor": "minor"},
    {
        "currency": "text",
        "issue_date": "day",
        "due_date": "day",
        **dict.fromkeys(
            (
                "document_type", "status", "debtor_name", "debtor_ibans", "aliases", "mandate_id", "end_to_end_id",
                "creditor_reference", "order_number", "shipment_ids", "contract_id", "payment_method",
            ),
            "text",
        ),
        "cash_discount_basis_points": "count",
        "cash_discount_until": "day",
    },
)  # fmt: skip

# Our own direct debits, one row per (end_to_end_id, invoice).
COLLECTIONS = _columns(
    {"end_to_end_id": "text", "invoice_number": "text", "amount_minor": "minor"},
    {
        "mandate_id": "text",
        "currency": "text",
        "collection_date": "day",
        "payment_information_id": "text",
        "message_id": "text",
        "debtor_iban": "text",
    },
)

# Payer IBANs learned from confirmed allocations.
# ``level``: of the policy's ``payer`` field; without it the count says.
KNOWN_PAYERS = _columns(
    {"iban": "text", "debtor_number": "text"}, {"count": "count", "last_seen": "day", "level": "text"}
)

# Debtors' master data, where the caller keeps it apart from the items.
DEBTORS = _columns({"debtor_number": "text", "name": "text"}, {"ibans": "text", "aliases": "text"})

# What a strategy returns. ``receipt`` and ``item`` are row positions (item −1: the row speaks about the debtor as a
# whole), ``debtor`` is the index's debtor code (−1: the item's). Rows of one receipt with the same ``group`` ≥ 0 are
# one set of items paid together. ``level`` is a level of the policy's ``field``. ``start``/``end``: which characters of
# the scanned text it explains (−1: none). ``ways``: how many alternatives were tried to find it (1: it was named).
# ``amount_minor``: what this item receives within a group where that is known (a collection batch), else 0.
CANDIDATES = (
    Column("receipt", "position", True), Column("item", "position", True), Column("debtor", "position"),
    Column("group", "position"), Column("field"), Column("level"), Column("start", "position"),
    Column("end", "position"), Column("ways", "share"), Column("amount_minor", "amount"),
)  # fmt: skip

_DTYPES = {
    "text": "str", "minor": "Int64", "count": "Int64", "day": "datetime64[s]", "flag": "bool", "share": "float64",
    "position": "int64", "amount": "int64",
}  # fmt: skip
_EMPTY: dict[str, object] = {
    "text": "", "minor": pd.NA, "count": pd.NA, "day": pd.NaT, "flag": False, "share": 1.0, "position": -1, "amount": 0,
}  # fmt: skip


def conform(frame: pd.DataFrame, columns: tuple[Column, ...], name: str) -> pd.DataFrame:
    """``frame`` with exactly ``columns``, in order and dtype; unknown columns are left out.

    Raises FrameMismatch when a required column is missing or a value does not fit. ``name`` goes into the message.
    """
    if columns is CANDIDATES and frame.dtypes.to_dict() == _candidate_dtypes():
        # Many a day is planned in many small batches, each with a frame per strategy.
        return frame
    missing = [column.name for column in columns if column.required and column.name not in frame.columns]
    if missing:
        raise FrameMismatch(f"frame {name}: missing column(s) {', '.join(missing)}")
    series = {}
    for column in columns:
        if column.name not in frame.columns:
            series[column.name] = pd.Series(_EMPTY[column.kind], index=frame.index, dtype=_DTYPES[column.kind])
            continue
        try:
            series[column.name] = _coerce(frame[column.name], column.kind)
        except (TypeError, ValueError) as error:
            raise FrameMismatch(f"frame {name}: column {column.name} is not of kind {column.kind}") from error
        required = column.kind in {"minor", "day"} and column.required
        if required and series[column.name].isna().any():
            raise FrameMismatch(f"frame {name}: column {column.name} has empty values")
    return pd.DataFrame(series).reset_index(drop=True)


@cache
def _candidate_dtypes() -> dict[Hashable, object]:
    return empty(CANDIDATES).dtypes.to_dict()


def _coerce(values: pd.Series, kind: str) -> pd.Series:
    dtype = _DTYPES[kind]
    if kind == "text":
        if values.dtype == object:
            values = values.map(lambda value: "|".join(value) if isinstance(value, tuple | list) else value)
        return values.astype("str").fillna("") if values.hasnans or values.dtype != dtype else values
    if kind == "day":
        if values.dtype == object or values.dtype == "str":
            values = pd.to_datetime(values.replace("", None), format="ISO8601")
        return values.astype("datetime64[s]")
    if kind == "flag":
        return values.fillna(False).astype("bool")
    return values if values.dtype == dtype else values.astype(pd.api.types.pandas_dtype(dtype))


_RECEIPT_FIELDS = tuple(column.name for column in RECEIPTS)
_COLLECTION_FIELDS = tuple(column.name for column in COLLECTIONS)


def receipts(transactions: Iterable[Transaction]) -> pd.DataFrame:
    """RECEIPTS from transactions."""
    return _from_objects(transactions, RECEIPTS, _RECEIPT_FIELDS, "receipts")


def collections(rows: Iterable[Collection]) -> pd.DataFrame:
    """COLLECTIONS from our own direct debits."""
    return _from_objects(rows, COLLECTIONS, _COLLECTION_FIELDS, "collections")


def items(
    receivables: Iterable[Receivable],
    open_minor: Mapping[str, int] | None = None,
    debtors: Iterable[Debtor] = (),
) -> pd.DataFrame:
    """ITEMS from receivables.

    open_minor: what is owed now by invoice number; without it (or for numbers it lacks) the loaded value counts.
    debtors: their names, IBANs and aliases are added to those on the items.
    """
    now = open_minor or {}
    known = {debtor.debtor_number: debtor for debtor in debtors}
    records = []
    for item in receivables:
        debtor = known.get(item.debtor_number)
        ibans = dict.fromkeys((*item.debtor_ibans, *(debtor.ibans if debtor else ())))
        names = (debtor.name, *debtor.aliases) if debtor else ()
        records.append(
            {
                **{column.name: getattr(item, column.name) for column in ITEMS if hasattr(item, column.name)},
                "open_minor": now.get(item.invoice_number, item.open_minor),
                "debtor_name": item.debtor_name or (debtor.name if debtor else ""),
                "debtor_ibans": "|".join(ibans),
                "aliases": "|".join(name for name in dict.fromkeys(names) if name and name != item.debtor_name),
            }
        )
    return conform(pd.DataFrame(records, columns=[column.name for column in ITEMS]), ITEMS, "items")


def debtors(rows: Iterable[Debtor]) -> pd.DataFrame:
    """DEBTORS from debtors' master data."""
    return _from_objects(rows, DEBTORS, tuple(column.name for column in DEBTORS), "debtors")


def known_payers(rows: Iterable[tuple[str, str, int, date | None]]) -> pd.DataFrame:
    """KNOWN_PAYERS from (iban, debtor_number, count, last_seen)."""
    frame = pd.DataFrame(list(rows), columns=[column.name for column in KNOWN_PAYERS[:4]])
    return conform(frame, KNOWN_PAYERS, "known payers")


def empty(columns: tuple[Column, ...]) -> pd.DataFrame:
    """A frame without rows."""
    return pd.DataFrame({column.name: pd.Series([], dtype=_DTYPES[column.kind]) for column in columns})


def _from_objects(
    rows: Iterable[object], columns: tuple[Column, ...], fields: tuple[str, ...], name: str
) -> pd.DataFrame:
    records = [tuple(getattr(row, field) for field in fields) for row in rows]
    return conform(pd.DataFrame(records, columns=list(fields)), columns, name)


@cache
def _no_candidates() -> pd.DataFrame:
    return empty(CANDIDATES)


def _array(values: Sequence[Any], kind: str) -> Any:
    """A column of a dtype as an array; several times faster than letting pandas find out what the values are."""
    if kind == "text":
        return pd.Series(values, dtype=_DTYPES[kind]).array
    return np.array(values, dtype=_DTYPES[kind])


# receipt, item, debtor, group, field, level, start, end, ways, amount_minor
CandidateRow = tuple[int, int, int, int, str, str, int, int, float, int]


class CandidateRows:
    """Collects a strategy's rows column by column; ``frame()`` makes the CANDIDATES frame of them."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Iterable[CandidateRow] = ()) -> None:
        self._rows = list(rows)

    def __iter__(self) -> Iterator[CandidateRow]:
        """The rows as tuples in the order of CANDIDATES."""
        return iter(self._rows)

    def add(
        self,
        receipt: int,
        field: str,
        level: str,
        *,
        item: int = -1,
        debtor: int = -1,
        group: int = -1,
        start: int = -1,
        end: int = -1,
        ways: float = 1.0,
        amount: int = 0,
    ) -> None:
        """One row: ``receipt`` shows ``level`` of ``field`` for an item, or for a debtor as a whole (item −1)."""
        self._rows.append((receipt, item, debtor, group, field, level, start, end, ways, amount))

    def frame(self) -> pd.DataFrame:
        """The rows as a CANDIDATES frame."""
        if not self._rows:
            return _no_candidates().copy(deep=False)
        columns: Iterable[Sequence[Any]] = zip(*self._rows, strict=True)
        return pd.DataFrame(
            {column.name: _array(values, column.kind) for column, values in zip(CANDIDATES, columns, strict=True)},
            copy=False,
        )
