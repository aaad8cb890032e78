"""Operations at the desk: looked at, done once, refused when stale, and written for the bank once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pipelines import cli, config
from pipelines.app import Kontoklar
from pipelines.review import Credit, DecisionRefused, Rebook, StaleDecision, WriteOff
from sinks.books import SqlBooks
from tests.builders import Line, camt053
from tests.ledger_state import damage
from tests.scenario.office import Office

MONDAY = date(2026, 10, 5)
TUESDAY = date(2026, 10, 6)
WHO = {"user": "anna", "reason": "see ticket 7"}


@pytest.fixture
def credit(office: Office) -> Office:
    """Debtor 10001 has 30.00 on account and owes 119.00."""
    text = '[company]\nmode = "test"\nname = "Muster Handels GmbH"\n[payments]\nfolder = "to-bank"\n'
    (office.folder / "kontoklar.toml").write_text(text, encoding="utf-8")
    office.owed("RE-2026-1001", "10001", "119.00", tax_rate="19", due="2026-10-01")
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("30.00", text="Danke", ref="B1")))
    key = office.transaction(bank_reference="B1")["transaction_id"]
    act(office, "assign", key, "--debtor", "10001")
    return office


def act(office: Office, *arguments: str) -> dict[str, Any]:
    return office.command("review", *arguments, "--user", "anna", "--reason", "see ticket 7", "--as-of", str(TUESDAY))


def test_a_preview_shows_the_numbers_and_writes_nothing(credit: Office) -> None:
    before = credit.table("audit")
    seen = act(credit, "rebook", "--from-debtor", "10001", "--to-invoice", "RE-2026-1001", "--preview")
    told = [(one["what"], one["key"], one["old"], one["change"], one["new"]) for one in seen["balances"]]
    assert told == [
        ("item", "RE-2026-1001", "119.00", "-30.00", "89.00"),
        ("account", "10001", "30.00", "-30.00", "0.00"),
    ]
    assert "dunning" in seen["balances"][0]["dunning"]
    assert credit.table("audit") == before
    done = act(credit, "rebook", "--from-debtor", "10001", "--to-invoice", "RE-2026-1001", "--seen", seen["seen"])
    assert (credit.exit_code, done["amount"], done["counts"]) == (0, "30.00", {"entries": 1})
    assert credit.open_amount("RE-2026-1001") == "89.00"
    assert credit.proven()


def test_what_has_changed_since_is_refused_not_forced(credit: Office) -> None:
    seen = act(credit, "writeoff", "RE-2026-1001", "--preview")["seen"]
    act(credit, "credit", "RE-2026-1001", "--amount", "19.00")
    answer = act(credit, "writeoff", "RE-2026-1001", "--seen", seen)
    assert credit.exit_code == 2
    assert "changed" in str(answer["error"])
    assert credit.open_amount("RE-2026-1001") == "100.00"


def test_a_command_id_is_done_once(credit: Office) -> None:
    one = act(credit, "credit", "RE-2026-1001", "--amount", "19.00", "--command-id", "web-1")
    two = act(credit, "credit", "RE-2026-1001", "--amount", "19.00", "--command-id", "web-1")
    assert (one["decision_id"], one["again"], two["again"]) == (two["decision_id"], False, True)
    act(credit, "credit", "RE-2026-1001", "--amount", "20.00", "--command-id", "web-1")
    assert credit.exit_code == 2
    assert credit.open_amount("RE-2026-1001") == "100.00"
    assert [row["command"] for row in credit.table("operations")] == ["assign", "credit"]


def test_a_payment_file_is_written_once(credit: Office) -> None:
    act(credit, "refund", "--debtor", "10001", "--amount", "10.00")
    (path,) = act_payments(credit)
    root = etree.fromstring(Path(path).read_bytes())
    assert [node.text for node in root.iter("{*}InstdAmt")] == ["10.00"]
    assert act_payments(credit) == []
    undone = act(credit, "refund", "--debtor", "10001")
    act(credit, "undo", "--decision", str(undone["decision_id"]))
    assert act_payments(credit) == []
    assert [row["state"] for row in credit.table("refunds")] == ["ordered", "undone"]


def act_payments(office: Office) -> list[str]:
    answer: dict[str, Any] = office.command("review", "payments", "--as-of", str(TUESDAY))
    return list(answer["files"])


def test_an_unknown_account_needs_two_people(credit: Office) -> None:
    answer = act(credit, "refund", "--debtor", "10001", "--iban", "DE02500105170137075030")
    assert credit.exit_code == 2
    assert "DE02500105170137075030" not in str(answer["error"])
    asked = act(credit, "refund", "--debtor", "10001", "--iban", "DE02500105170137075030", "--override")
    assert asked["counts"] == {"entries": 0, "waiting_for_approval": 1}


def test_a_blocked_account_is_consulted(credit: Office) -> None:
    who = ("--user", "anna", "--reason", "fraud", "--as-of", str(TUESDAY))
    credit.command("debtor", "block", "--iban", "DE02120300000000202051", *who)
    assert credit.exit_code == 0
    answer = act(credit, "refund", "--debtor", "10001")
    assert (credit.exit_code, "blocklist" in str(answer["error"])) == (2, True)


def test_the_desk_and_the_command_line_are_the_same(credit: Office) -> None:
    with Kontoklar(config.load(None, credit.database), clock=lambda: "2026-10-06T06:00:00+00:00") as app:
        desk = app.review_desk(TUESDAY)
        command = Credit(invoice_number="RE-2026-1001", amount_minor=1900, **WHO)
        seen = desk.preview(command)
        assert [(b.old_minor, b.change_minor, b.new_minor) for b in seen.balances] == [(11900, -1900, 10000)]
        done = desk.apply(Credit(invoice_number="RE-2026-1001", amount_minor=1900, seen=seen.seen, **WHO))
        with pytest.raises(StaleDecision):
            desk.apply(WriteOff(invoice_number="RE-2026-1001", seen=seen.seen, **WHO))
        with pytest.raises(DecisionRefused):
            desk.preview(Rebook(from_debtor="10001", to_invoice="RE-NIE", **WHO))
        desk.undo(decision_id=done.decision_id, **WHO)
    assert credit.open_amount("RE-2026-1001") == "119.00"
    assert [row["undone_by"] != "" for row in credit.table("operations")][-2:] == [True, False]


def test_the_audit_trail_names_everything_and_no_account(credit: Office) -> None:
    act(credit, "refund", "--debtor", "10001")
    last = credit.table("audit")[-1]
    assert (last["event"], last["subject"], last["user"]) == ("review-refund", "10001", "anna")
    assert "DE0212" not in last["details"]


def test_money_that_moved_after_the_plan_is_not_torn_apart(office: Office) -> None:
    """A return was planned, then its payment's money was rebooked: posting waits for the next plan."""
    office.owed("RE-2026-1001", "10001", "100.00", tax_rate="19")
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("100.00", text="Danke", ref="B1", end_to_end="PAY-7")))
    key = office.transaction(bank_reference="B1")["transaction_id"]
    act(office, "assign", key, "--debtor", "10001")
    back = Line("-100.00", text="Danke", ref="B2", end_to_end="PAY-7", gvc="159", reason="AC04")
    path = office.file(camt053(TUESDAY, "100.00", back, number=2))
    office.command("pull", "--file", str(path), "--as-of", str(TUESDAY))
    office.command("match", "--as-of", str(TUESDAY))
    act(office, "rebook", "--from-debtor", "10001", "--to-invoice", "RE-2026-1001")
    office.command("post", "--as-of", str(TUESDAY))
    assert office.open_amount("RE-2026-1001") == "0.00"
    assert office.proven()
    office.command("run", "--as-of", str(TUESDAY))
    assert office.open_amount("RE-2026-1001") == "100.00"
    assert office.proven()


@pytest.mark.parametrize(
    "wanted",
    [
        ("assign", "--debtor", "NOBODY"),
        ("assign", "--debtor", "RE-2026-1001"),
        ("on-account", "--debtor", "NOBODY"),
        ("split", "--part", "@NOBODY=10.00"),
        ("by-law", "--debtor", "NOBODY"),
    ],
)
def test_money_goes_to_no_account_that_nobody_has(credit: Office, wanted: tuple[str, ...]) -> None:
    key = credit.transaction(bank_reference="B1")["transaction_id"]
    act(credit, "undo", key)
    answer = act(credit, wanted[0], key, *wanted[1:])
    assert credit.exit_code == 2
    assert "is unknown" in str(answer["error"])
    assert "debtor search" in str(answer["error"])
    assert credit.transaction(bank_reference="B1")["unallocated"] == "30.00"


def test_credit_is_not_rebooked_to_a_debtor_nobody_knows(credit: Office) -> None:
    answer = act(credit, "rebook", "--from-debtor", "10001", "--to-debtor", "NOBODY")
    assert credit.exit_code == 2
    assert "Debtor NOBODY is unknown" in str(answer["error"])
    assert credit.table("operations")[-1]["command"] == "assign"


@pytest.mark.parametrize("amount", ["-5", "0", "0,00"])
def test_an_amount_of_nothing_or_less_is_named_as_such(credit: Office, amount: str) -> None:
    key = credit.transaction(bank_reference="B1")["transaction_id"]
    act(credit, "undo", key)
    answer = act(credit, "assign", key, "--invoice", "RE-2026-1001", "--amount", amount)
    assert (credit.exit_code, answer["error"]) == (2, "The amount for invoice RE-2026-1001 must be above zero.")


def test_an_amount_that_can_be_read_in_two_ways_is_refused(credit: Office) -> None:
    for typed in ("1.000", "1,000"):
        answer = act(credit, "writeoff", "RE-2026-1001", "--amount", typed)
        assert credit.exit_code == 2
        assert "two ways" in str(answer["error"])
    assert credit.open_amount("RE-2026-1001") == "119.00"


def test_a_preview_keeps_its_figures_on_a_narrow_screen(
    credit: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    key = credit.transaction(bank_reference="B1")["transaction_id"]
    act(credit, "undo", key)
    capsys.readouterr()
    wanted = ["assign", key, "--invoice", "RE-2026-1001", "--preview", "--as-of", str(TUESDAY)]
    assert cli.run(["--database", credit.database, "review", *wanted, "--user", "anna", "--reason", "look"]) == 0
    shown = capsys.readouterr().out
    for figure in ("119.00", "-30.00", "89.00"):
        assert figure in shown


def test_a_write_off_whose_money_came_after_all_is_not_taken_back_alone(credit: Office) -> None:
    key = credit.transaction(bank_reference="B1")["transaction_id"]
    act(credit, "undo", key)
    written_off = str(act(credit, "writeoff", "RE-2026-1001")["decision_id"])
    act(credit, "assign", key, "--invoice", "RE-2026-1001")
    answer = act(credit, "undo", "--decision", written_off)
    assert credit.exit_code == 2
    assert "undo that payment first" in str(answer["error"])
    assert credit.open_amount("RE-2026-1001") == "0.00"
    act(credit, "undo", key)
    act(credit, "undo", "--decision", written_off)
    assert credit.open_amount("RE-2026-1001") == "119.00"
    act(credit, "assign", key, "--invoice", "RE-2026-1001")
    assert credit.open_amount("RE-2026-1001") == "89.00"
    assert credit.proven()


def test_more_recovered_than_was_written_off_is_named_by_the_check(credit: Office) -> None:
    key = credit.transaction(bank_reference="B1")["transaction_id"]
    act(credit, "undo", key)
    act(credit, "writeoff", "RE-2026-1001")
    act(credit, "assign", key, "--invoice", "RE-2026-1001")
    assert credit.proven()
    with Kontoklar(config.load(None, credit.database), clock=lambda: "2026-10-06T06:00:00+00:00") as app:
        assert isinstance(app.books, SqlBooks)
        damage(app.books, "UPDATE allocation SET cash_minor = cash_minor * 10 WHERE kind = 'recovery'")
    told = {one["name"]: one for one in credit.command("check")["checks"]}  # type: ignore[attr-defined]
    assert credit.exit_code == 4
    # 30.00 became 300.00, and 119.00 had been written off.
    assert told["no more is recovered than was written off"]["detail"] == "RE-2026-1001 (18100)"


def test_a_decision_is_named_by_the_beginning_of_its_id(credit: Office) -> None:
    done = str(act(credit, "writeoff", "RE-2026-1001")["decision_id"])
    act(credit, "undo", "--decision", done[:5])
    assert credit.exit_code == 2
    act(credit, "undo", "--decision", done[:8])
    assert (credit.exit_code, credit.open_amount("RE-2026-1001")) == (0, "119.00")


def test_only_what_is_held_is_released(credit: Office) -> None:
    key = credit.transaction(bank_reference="B1")["transaction_id"]
    act(credit, "undo", key)
    answers = []
    for command in ("release", "hold", "hold", "release", "release"):
        answer = act(credit, command, key)
        answers.append((credit.exit_code, str(answer.get("error", "")).partition(" is ")[2]))
    refused = "not held; nothing changes."
    assert answers == [(2, refused), (0, ""), (2, "held already; nothing changes."), (0, ""), (2, refused)]


def test_the_preview_of_a_refund_is_refused_like_the_refund(credit: Office) -> None:
    seen = act(credit, "refund", "--debtor", "10001", "--amount", "10.00", "--preview")
    assert any("10.00 EUR" in note and "2026-10-07" in note for note in seen["notes"])
    (credit.folder / "kontoklar.toml").write_text('[company]\nmode = "test"\n', encoding="utf-8")
    for more in ((), ("--preview",)):
        answer = act(credit, "refund", "--debtor", "10001", "--amount", "10.00", *more)
        assert (credit.exit_code, "[company] name" in str(answer["error"])) == (2, True)
