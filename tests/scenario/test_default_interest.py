"""Default interest on overdue invoices as claims of their own (BGB §288), shown before it is booked."""

from __future__ import annotations

from datetime import date

from tests.builders import Line, camt053
from tests.scenario.office import Office

LETTER = date(2026, 3, 2)
ANNA = ("--user", "anna", "--reason", "second reminder")


def overdue(office: Office) -> Office:
    """1,000.00 from a consumer and from a business, reminded on 2 March 2026."""
    office.owed("RE-1", "D1", "1000.00", due="2026-01-15")
    office.owed("RE-2", "D2", "1000.00", due="2026-01-15")
    office.load()
    office.load("debtors", [{"debtor_number": "D1", "name": "Anna Abel", "tags": ""},
                            {"debtor_number": "D2", "name": "Brandt GmbH", "tags": "vip|business"}])  # fmt: skip
    office.day(LETTER, camt053(LETTER, "0.00"))
    return office


def shown(office: Office, day: str, *more: str) -> dict[str, dict[str, str]]:
    answer = office.command("dunning", "interest", "--as-of", day, *more)
    return {row["invoice_number"]: row for row in answer.get("items", [])}  # type: ignore[attr-defined]


def test_interest_runs_from_default_and_is_higher_for_a_business_with_forty_euro(office: Office) -> None:
    rows = shown(overdue(office), "2026-04-01")
    # Consumer: from the letter's morrow, 30 days at 6.27 %; business: 30 days after it was due, 46 days at 10.27 %.
    assert (rows["RE-1"]["since"], rows["RE-1"]["due"], rows["RE-1"]["flat_rate"]) == ("2026-03-03", "5.15", "")
    assert (rows["RE-2"]["since"], rows["RE-2"]["due"], rows["RE-2"]["flat_rate"]) == ("2026-02-15", "52.94", "40.00")
    assert [row["invoice_number"] for row in office.table("open-items")] == ["RE-1", "RE-2"]


def test_it_is_booked_once_and_later_only_what_came_on_top(office: Office) -> None:
    overdue(office)
    shown(office, "2026-04-01", "--book", *ANNA)
    assert [(r["invoice_number"], r["amount"]) for r in office.table("open-items")] == [
        ("RE-1", "1000.00"), ("RE-1-Z1", "5.15"), ("RE-2", "1000.00"), ("RE-2-P1", "40.00"), ("RE-2-Z1", "12.94"),
    ]  # fmt: skip
    assert shown(office, "2026-04-01") == {}
    later = shown(office, "2026-05-01")
    # 60 days are 10.31 altogether; 5.15 are charged. The flat rate is never charged twice, and there is no interest
    # on interest.
    assert (later["RE-1"]["due"], later["RE-2"]["flat_rate"]) == ("5.16", "")
    assert office.proven()


def test_a_part_payment_bears_interest_to_its_day(office: Office) -> None:
    overdue(office)
    paid = date(2026, 3, 12)
    office.day(paid, camt053(paid, "0.00", Line("500.00", text="RE-1", name="Anna Abel"), number=2))
    if office.open_amount("RE-1") != "500.00":  # a part payment may wait for a person
        (waiting,) = [row for row in office.table("transactions") if row["amount"] == "500.00"]
        office.command(
            "review", "assign", waiting["transaction_id"], "--invoice", "RE-1", *ANNA, "--as-of", "2026-03-12"
        )
    # 10 days on 1,000.00, then 20 days on 500.00.
    assert shown(office, "2026-04-01")["RE-1"]["due"] == "3.44"


def test_past_the_last_known_base_rate_it_is_refused(office: Office) -> None:
    overdue(office)
    answer = office.command("dunning", "interest", "--as-of", "2026-07-02")
    assert office.exit_code == 2
    assert "base_rates" in str(answer["error"])


def test_booking_needs_a_name_and_a_reason(office: Office) -> None:
    overdue(office)
    office.command("dunning", "interest", "--book", "--as-of", "2026-04-01")
    assert office.exit_code == 2


def test_a_letter_that_was_ready_and_never_delivered_begins_no_default(office: Office) -> None:
    (office.folder / "kontoklar.toml").write_text(
        '[company]\nmode = "test"\n[[sinks]]\nname = "letters"\nuse = "file_drop"\npath = "letters"\nmode = "test"\n',
        encoding="utf-8",
    )
    office.owed("RE-1", "D1", "1000.00", due="2026-01-15")
    office.load()
    office.command("pull", "--file", str(office.file(camt053(LETTER, "0.00"))))
    office.command("dun", "--as-of", LETTER.isoformat())
    assert [row["state"] for row in office.table("triggers")] == ["ready"]
    assert shown(office, "2026-04-01") == {}
    left = date(2026, 3, 9)
    office.day(left, camt053(left, "0.00", number=2))
    assert shown(office, "2026-04-01")["RE-1"]["since"] == "2026-03-10"
