"""Objects to frames, and frames that do not fit."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from pipelines.errors import FrameMismatch
from pipelines.frames import (
    COLLECTIONS,
    ITEMS,
    RECEIPTS,
    CandidateRows,
    collections,
    conform,
    debtors,
    empty,
    items,
    known_payers,
    receipts,
)
from pipelines.model.receivable import Collection, Debtor, Receivable
from pipelines.model.transaction import Transaction, TransactionKind

DAY = date(2026, 11, 1)


def test_receivables_become_items() -> None:
    rows = [
        Receivable("A1", "D1", 100, 100, "EUR", DAY, DAY, debtor_ibans=("X", "Y"), shipment_ids=("S1", "S2")),
        Receivable("A2", "D1", -50, -50, "EUR", DAY, DAY, cash_discount_until=None),
    ]
    frame = items(rows, {"A1": 40}, [Debtor("D1", "Meyer", ibans=("Z",), aliases=("Meier",))])
    assert list(frame.columns) == [column.name for column in ITEMS]
    first = frame.iloc[0]
    assert (first.open_minor, first.debtor_ibans, first.shipment_ids) == (40, "X|Y|Z", "S1|S2")
    assert (first.debtor_name, first.aliases) == ("Meyer", "Meyer|Meier")
    assert frame.iloc[1].open_minor == -50
    assert pd.isna(frame.iloc[1].cash_discount_until)


def test_transactions_collections_and_payers() -> None:
    transaction = Transaction("t", "b", "DE", DAY, DAY, 5, "EUR", TransactionKind.RECEIPT, declared_discount_minor=None)
    frame = receipts([transaction])
    assert list(frame.columns) == [column.name for column in RECEIPTS]
    assert (frame.iloc[0].kind, frame.iloc[0].booking_date.date()) == ("receipt", DAY)
    assert pd.isna(frame.iloc[0].declared_discount_minor)
    rows = collections([Collection("E", "M", "A1", 5, "EUR", DAY)])
    assert list(rows.columns) == [column.name for column in COLLECTIONS]
    assert known_payers([("DE1", "D1", 2, None)]).iloc[0]["count"] == 2
    assert debtors([Debtor("D1", "Meyer", ibans=("Z",))]).iloc[0].ibans == "Z"
    assert receipts([]).empty
    assert empty(ITEMS).empty


def test_dates_may_come_as_text() -> None:
    frame = conform(
        pd.DataFrame(
            {"transaction_id": ["t"], "booking_date": ["2026-11-01"], "amount_minor": [1], "currency": ["EUR"]}
        ),
        RECEIPTS,
        "receipts",
    )
    assert frame.iloc[0].booking_date.date() == DAY


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"transaction_id": ["t"], "amount_minor": [1], "currency": ["EUR"]}, "booking_date"),
        ({"transaction_id": ["t"], "booking_date": [DAY], "amount_minor": ["x"], "currency": ["EUR"]}, "amount_minor"),
        ({"transaction_id": ["t"], "booking_date": [DAY], "amount_minor": [1.5], "currency": ["EUR"]}, "amount_minor"),
        ({"transaction_id": ["t"], "booking_date": [DAY], "amount_minor": [None], "currency": ["EUR"]}, "empty"),
    ],
)
def test_what_does_not_fit_is_named(values: dict[str, list[object]], part: str) -> None:
    with pytest.raises(FrameMismatch, match=part):
        conform(pd.DataFrame(values), RECEIPTS, "receipts")


def test_candidate_rows() -> None:
    rows = CandidateRows()
    rows.add(3, "reference", "full", item=7, start=1, end=5)
    frame = rows.frame()
    assert frame.iloc[0].to_dict()["item"] == 7
    assert (frame.iloc[0].debtor, frame.iloc[0].group, frame.iloc[0].ways) == (-1, -1, 1.0)
