"""Four eyes: above the limit a decision waits for somebody else, and is carried out exactly once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.builders import STRANGER, Line, camt053
from tests.scenario.office import Office

MONDAY = date(2026, 10, 12)
TUESDAY = date(2026, 10, 13)
SETTINGS = """
[company]
mode = "test"
[users]
anna = ["analyst"]
bert = ["approver"]
carl = ["analyst", "approver"]
cron = ["ingest", "poster", "auditor"]
[approval]
limit = "100.00"
kinds = ["undo"]
"""


@pytest.fixture
def payment(office: Office, monkeypatch: pytest.MonkeyPatch) -> str:
    """200.00 that nobody can explain, in an office with roles; the daily run is cron's."""
    (office.folder / "kontoklar.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.setenv("KONTOKLAR_USER", "cron")
    office.owed("RE-2026-1001", "10001", "119.00")
    office.owed("RE-2026-1002", "10001", "81.00")
    office.load()
    line = Line("200.00", name="Kanzlei Nord", iban=STRANGER, text="Danke", ref="B1")
    office.day(MONDAY, camt053(MONDAY, "0.00", line))
    return office.transaction(bank_reference="B1")["transaction_id"]


def act(office: Office, user: str, *arguments: str) -> dict[str, Any]:
    return office.command(
        "review", *arguments, "--user", user, "--reason", "see ticket 7", "--as-of", TUESDAY.isoformat()
    )


def test_below_the_limit_one_person_decides(office: Office, payment: str) -> None:
    act(office, "anna", "assign", payment, "--invoice", "RE-2026-1002")
    assert office.allocated() == [("RE-2026-1002", "81.00", "settlement")]


def test_above_the_limit_another_user_releases(office: Office, payment: str) -> None:
    asked = act(office, "anna", "assign", payment, "--invoice", "RE-2026-1001")
    assert (office.exit_code, asked["counts"]) == (0, {"entries": 0, "waiting_for_approval": 1})
    assert office.allocated() == []
    assert office.proven()
    request = str(asked["request_id"])
    act(office, "anna", "approve", request)
    assert office.exit_code == 2, "nobody releases their own"
    act(office, "bert", "approve", request[:8])
    assert office.exit_code == 0
    assert office.allocated() == [("RE-2026-1001", "119.00", "settlement")]
    act(office, "bert", "approve", request)
    assert office.exit_code == 2, "a request is carried out once"
    assert office.allocated() == [("RE-2026-1001", "119.00", "settlement")]
    told = [(row["event"], row["user"]) for row in office.table("audit") if row["user"] in ("anna", "bert")]
    assert told == [("approval-requested", "anna"), ("approval-approved", "bert"), ("review-assign", "anna")]
    assert office.proven()


def test_a_listed_kind_always_waits(office: Office, payment: str) -> None:
    act(office, "anna", "assign", payment, "--invoice", "RE-2026-1002")
    asked = act(office, "carl", "undo", payment)
    assert office.allocated() == [("RE-2026-1002", "81.00", "settlement")]
    act(office, "carl", "approve", str(asked["request_id"]))
    assert office.exit_code == 2, "an approver does not release what they asked for themselves"
    act(office, "bert", "approve", str(asked["request_id"]))
    assert office.allocated() == []


def test_asking_twice_waits_once(office: Office, payment: str) -> None:
    first = act(office, "anna", "assign", payment, "--invoice", "RE-2026-1001")
    again = act(office, "anna", "assign", payment, "--invoice", "RE-2026-1001")
    assert first["request_id"] == again["request_id"]
    items = office.command("review", "approvals", "--as-of", TUESDAY.isoformat())["items"]
    assert isinstance(items, list)
    assert [(one["command"], one["amount"], one["debtor_number"]) for one in items] == [("assign", "119.00", "10001")]


def test_what_the_books_have_overtaken_is_closed_as_stale(office: Office, payment: str) -> None:
    asked = act(office, "anna", "split", payment, "--part", "RE-2026-1001", "--part", "RE-2026-1002")
    act(office, "anna", "assign", payment, "--invoice", "RE-2026-1002")
    refused = act(office, "bert", "approve", str(asked["request_id"]))
    assert office.exit_code == 2
    assert "stale" in str(refused["error"])
    act(office, "bert", "approve", str(asked["request_id"]))
    assert office.allocated() == [("RE-2026-1002", "81.00", "settlement")]
    assert "approval-stale" in [row["event"] for row in office.table("audit")]
    assert office.proven()


def test_a_refused_request_is_never_carried_out(office: Office, payment: str) -> None:
    asked = act(office, "anna", "assign", payment, "--invoice", "RE-2026-1001")
    act(office, "bert", "refuse", str(asked["request_id"]))
    assert office.exit_code == 0
    act(office, "bert", "approve", str(asked["request_id"]))
    assert office.exit_code == 2
    assert office.allocated() == []


@pytest.mark.parametrize(
    ("user", "arguments"),
    [
        ("bert", ("review", "assign", "PAYMENT", "--invoice", "RE-2026-1002", "--reason", "x")),
        ("anna", ("review", "refuse", "abcdef", "--reason", "x")),
        ("nobody", ("review", "hold", "PAYMENT", "--reason", "x")),
    ],
)
def test_without_the_role_nothing_happens(office: Office, payment: str, user: str, arguments: tuple[str, ...]) -> None:
    before = office.table("audit")
    filled = [payment if one == "PAYMENT" else one for one in arguments]
    office.command(*filled, "--user", user)
    assert office.exit_code == 2
    assert office.table("audit") == before


def test_the_daily_run_needs_its_roles_too(office: Office, payment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONTOKLAR_USER", "anna")
    told = office.command("run", "--as-of", TUESDAY.isoformat())
    assert office.exit_code == 2
    assert "deliver" in str(told["error"])
