"""What follows a return debit: presented again, asked, invoiced, blocked, stopped, charged, or handed to a person."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.operations.commands import Command
from pipelines.operations.effect import Decided
from pipelines.operations.perform import Performer
from tests.builders import Line, camt053
from tests.scenario.office import Office

COLLECTED = date(2026, 10, 5)
RETURNED = date(2026, 10, 8)
IBAN = "DE02120300000000202051"


def office_with(office: Office, policy: str = '[returns]\npolicy = "shipped"') -> Office:
    (office.folder / "kontoklar.toml").write_text(f'[company]\nmode = "test"\n{policy}\n', encoding="utf-8")
    office.owed(
        "RE-2026-1001", "D1", "119.00", due="2026-10-05", payment_method="direct_debit", mandate_id="M-1",
        end_to_end_id="E2E-1", debtor_ibans=IBAN,
    )  # fmt: skip
    office.load()
    collection = {"end_to_end_id": "E2E-1", "mandate_id": "M-1", "invoice_number": "RE-2026-1001",
                  "amount": "119.00", "collection_date": "2026-10-05", "debtor_iban": IBAN}  # fmt: skip
    office.load("collections", [collection])
    debit = Line("119.00", text="RE-2026-1001", gvc="171", end_to_end="E2E-1", mandate="M-1", ref="B1")
    office.day(COLLECTED, camt053(COLLECTED, "0.00", debit, number=1))
    return office


def returned(office: Office, code: str) -> dict[str, object]:
    """Taken back for 127.00: 8.00 are the bank's charges."""
    back = Line(
        "-127.00", text="RE-2026-1001", gvc="109", end_to_end="E2E-1", mandate="M-1", reason=code, original="119.00",
        charges="8.00", ref="B2",
    )  # fmt: skip
    return office.day(RETURNED, camt053(RETURNED, "119.00", back, number=2))


def answer(office: Office) -> dict[str, object]:
    rows: list[dict[str, object]] = office.command("dunning", "returns")["items"]  # type: ignore[assignment]
    (row,) = rows
    return row


def test_a_lack_of_funds_is_presented_again_near_payday_and_not_dunned_meanwhile(office: Office) -> None:
    office_with(office)
    run = returned(office, "AM04")
    told = answer(office)
    assert (told["reason_class"], told["times"], told["steps"], told["bearer"]) == ("soft", 1, "represent", "debtor")
    assert str(told["done"]).startswith("represent:KK")
    assert run["counts"]["dun_returns_represent"] == 1  # type: ignore[index]
    # The collection is known as submitted: a pre-notification of 14 days, then the next first or fifteenth.
    states = {row["hold_reason"] or row["state"] for row in office.table("triggers")}
    assert states <= {"collection-pending"}
    fees = [row for row in office.table("open-items") if row["document_type"] == "fee"]
    assert [row["open_amount"] for row in fees] == ["8.00"]
    again = office.command("run", "--as-of", RETURNED.isoformat())
    assert "dun_returns_answered" not in again["counts"]  # type: ignore[operator]
    assert office.proven()


def test_the_new_collection_is_found_when_it_is_credited(office: Office) -> None:
    office_with(office)
    returned(office, "AM04")
    end_to_end = str(answer(office)["done"]).removeprefix("represent:")
    day = date(2026, 11, 2)
    office.day(day, camt053(day, "-8.00", Line("119.00", text="Lastschrift", gvc="171", end_to_end=end_to_end,
                                              mandate="M-1", ref="B3"), number=3))  # fmt: skip
    assert office.open_amount("RE-2026-1001") == "0.00"


@pytest.mark.parametrize(
    ("code", "done", "bearer", "fees"),
    [
        ("AC04", "ask_payment_data+switch_to_invoice+block_iban", "debtor", 1),
        ("MD07", "stop_dunning+person", "open", 0),
        ("AM05", "person", "ours", 0),
        ("MD06", "person", "open", 0),
    ],
)
def test_every_reason_has_its_answer(office: Office, code: str, done: str, bearer: str, fees: int) -> None:
    office_with(office)
    run = returned(office, code)
    told = answer(office)
    assert (told["done"], told["bearer"]) == (done, bearer)
    items = [row for row in office.table("open-items") if row["document_type"] == "fee"]
    assert len(items) == fees
    findings: list[dict[str, str]] = run["findings"]  # type: ignore[assignment]
    found = {finding["code"] for finding in findings}
    assert ("return-needs-person" in found) is ("person" in done)
    if code == "AC04":
        blocks = office.command("debtor", "blocks")["items"]
        assert len(blocks) == 1  # type: ignore[arg-type]
    if code == "MD07":
        later = RETURNED + timedelta(days=1)
        office.day(later, camt053(later, "-8.00", number=3))
        assert all(row["hold_reason"].startswith("dunning-block") for row in office.table("triggers"))


def test_nothing_is_presented_to_a_blocked_account(office: Office) -> None:
    office_with(office)
    office.command("debtor", "block", "--iban", IBAN, "--user", "anna", "--reason", "ticket 7", "--as-of", "2026-10-06")
    returned(office, "AM04")
    told = answer(office)
    assert told["done"] == "ask_payment_data"
    assert "blocklist" in str(told["because"])


def test_without_a_policy_it_only_advises(office: Office) -> None:
    office_with(office, "")
    returned(office, "AM04")
    told = answer(office)
    assert (told["steps"], told["done"]) == ("represent", "advised")
    assert [row["invoice_number"] for row in office.table("open-items")] == ["RE-2026-1001"]


def test_a_charge_that_a_crash_kept_back_is_passed_on_by_the_next_run(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office_with(office)

    def killed(_self: Performer, _command: Command) -> Decided:
        raise KeyboardInterrupt

    with monkeypatch.context() as crash:
        crash.setattr(Performer, "apply", killed)
        returned(office, "AM04")
    assert office.exit_code not in (0, 1)
    assert answer(office)["charges"] == "8.00"
    for _ in range(2):
        office.command("dun", "--as-of", RETURNED.isoformat())
        fees = [row["open_amount"] for row in office.table("open-items") if row["document_type"] == "fee"]
        assert fees == ["8.00"]
