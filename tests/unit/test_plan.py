"""The plan follows the calendar: what is returned is owed again, and may be paid again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import pandas as pd

from pipelines.model.proposal import AllocationKind, Disposition, Proposal, ProposedLine
from pipelines.model.receivable import Collection
from pipelines.model.return_debit import ReturnState
from pipelines.model.transaction import Transaction, TransactionKind
from pipelines.plan import Plan, make_plan
from pipelines.resolve import ReturnResolver

COLLECTED = Collection("E2E-1", "M-1", "RE-1", 11900, "EUR", date(2026, 10, 5))
COLUMNS = ["transaction_id", "booking_date", "amount_minor", "end_to_end_id", "mandate_id", "counterparty_iban", "kind"]


@dataclass
class SettlesWhatIsOpen:
    """Stands in for the matcher: everything pays RE-1 if RE-1 is open with exactly that amount."""

    open_minor: int = 11900
    cohorts: list[list[str]] = field(default_factory=list)

    def plan(self, receipts: pd.DataFrame) -> list[Proposal]:
        self.cohorts.append(list(receipts["transaction_id"]))
        free = self.open_minor
        proposals = []
        for key, amount in zip(receipts["transaction_id"], receipts["amount_minor"], strict=True):
            fits = amount == free
            free -= amount if fits else 0
            line = ProposedLine("RE-1", "10001", amount, amount, AllocationKind.SETTLEMENT)
            disposition = Disposition.AUTO if fits else Disposition.REVIEW
            proposals.append(Proposal(key, 1, (line,), 0.99, disposition, "r", "m", "p", ()))
        return proposals

    def settle(self, invoice_number: str, amount_minor: int) -> None:
        self.open_minor -= amount_minor

    def reopen(self, invoice_number: str, amount_minor: int) -> None:
        self.open_minor += amount_minor


def receipt(key: str, day: str, kind: TransactionKind = TransactionKind.RECEIPT, end_to_end: str = "") -> list[object]:
    return [key, day, 11900, end_to_end, "", "", str(kind)]


RETURN = Transaction(
    "return", "b", "DE", date(2026, 10, 9), date(2026, 10, 9), -12200, "EUR", TransactionKind.RETURN_DEBIT,
    end_to_end_id="E2E-1", mandate_id="M-1", reason_code="AM04",
)  # fmt: skip
CREDIT = receipt("credit", "2026-10-05", TransactionKind.COLLECTION, "E2E-1")


def plan(
    rows: list[list[object]],
    returns: list[Transaction],
    rejected: set[tuple[str, frozenset[str]]] = frozenset(),  # type: ignore[assignment]
) -> tuple[Plan, SettlesWhatIsOpen]:
    matcher = SettlesWhatIsOpen()
    made = make_plan(
        pd.DataFrame(rows, columns=COLUMNS),
        returns,
        matcher,
        ReturnResolver([COLLECTED], []),
        lambda key, proposal: [(f"entry-{key}", "RE-1", "10001", 11900, 11900)],
        rejected,
    )
    return made, matcher


def auto(made: Plan) -> list[str]:
    return [p.transaction_id for p in made.proposals if p.disposition is Disposition.AUTO]


def test_collection_return_and_transfer_in_one_file_settle_reopen_and_settle_again() -> None:
    made, matcher = plan([receipt("transfer", "2026-10-20"), CREDIT], [RETURN])
    assert auto(made) == ["credit", "transfer"]
    assert [(link.original_entry_id, link.state) for link in made.links] == [("entry-credit", ReturnState.LINKED)]
    assert made.considered == ["credit", "return", "transfer"]
    assert matcher.open_minor == 0


def test_returns_come_before_receipts_of_the_same_day() -> None:
    made, matcher = plan([CREDIT, receipt("transfer", "2026-10-09")], [RETURN])
    assert auto(made) == ["credit", "transfer"]
    assert matcher.cohorts == [["credit"], ["transfer"]]


def test_a_return_told_before_its_credit_waits_and_is_linked_in_the_same_plan() -> None:
    late_credit = receipt("credit", "2026-10-12", TransactionKind.COLLECTION, "E2E-1")
    made, matcher = plan([late_credit], [RETURN])
    assert [link.state for link in made.links] == [ReturnState.LINKED]
    assert matcher.open_minor == 11900


def test_a_return_without_its_credit_is_recorded_as_waiting_once() -> None:
    made, _ = plan([], [RETURN])
    assert [link.state for link in made.links] == [ReturnState.WAITING]
    assert made.considered == ["return"]


def test_the_order_of_rows_does_not_matter() -> None:
    rows = [CREDIT, receipt("transfer", "2026-10-20"), receipt("extra", "2026-10-21")]
    second = replace(RETURN, transaction_id="return-2", end_to_end_id="E2E-9")
    forwards, _ = plan(rows, [RETURN, second])
    backwards, _ = plan(rows[::-1], [second, RETURN])
    assert forwards == backwards


def test_what_a_person_refused_stays_a_proposal() -> None:
    made, matcher = plan([CREDIT], [], {("credit", frozenset({"RE-1"}))})
    assert auto(made) == []
    assert made.proposals[0].reason == "refused-before"
    assert matcher.open_minor == 11900
