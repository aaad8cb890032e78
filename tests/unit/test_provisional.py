"""Until when money can be claimed back, by which right."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.model.provisional import Right, provision
from pipelines.model.transaction import TransactionKind


@pytest.mark.parametrize(
    ("gvc", "mandate", "right", "until"),
    [
        ("171", True, Right.AUTHORISED, date(2026, 11, 30)),
        ("171", False, Right.UNAUTHORISED, date(2027, 11, 5)),
        ("174", True, Right.BUSINESS, date(2026, 10, 10)),
    ],
)
def test_direct_debits(gvc: str, mandate: bool, right: Right, until: date) -> None:
    found = provision(TransactionKind.COLLECTION, date(2026, 10, 5), gvc=gvc, has_mandate=mandate)
    assert found is not None
    assert (found.right, found.until) == (right, until)
    assert found.final_on > until
    assert found.law


def test_thirteen_months_end_on_the_last_day_of_a_shorter_month() -> None:
    found = provision(TransactionKind.COLLECTION, date(2027, 1, 31), has_mandate=False)
    assert found is not None
    assert found.until == date(2028, 2, 29)


def test_transfers_are_final_and_cheques_are_not() -> None:
    assert provision(TransactionKind.RECEIPT, date(2026, 10, 5), gvc="166") is None
    cheque = provision(TransactionKind.RECEIPT, date(2026, 10, 5), gvc="170")
    assert cheque is not None
    assert cheque.right is Right.CHEQUE
