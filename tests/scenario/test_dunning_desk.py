"""What people do about dunning through the command line: plans, blocks, lists to release, steps by hand."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from pipelines.operations.commands import Command
from pipelines.operations.effect import Decided
from pipelines.operations.perform import Performer
from tests.builders import Line, camt053
from tests.scenario.office import Office

DAY = date(2026, 11, 17)
ANNA = ("--user", "anna", "--reason", "see ticket 7")

PLAN = """
[[plans]]
name = "firm"
default = true
min_item = "1.00"

[[plans.levels]]
delay_days = 0
action = "reminder"
template = "reminder-de"
deadline_days = 7

[[plans.levels]]
delay_days = 10
action = "dunning_1"
fee = "2.50"

[[plans.levels]]
delay_days = 10
action = "dunning_2"
channel = "post"
contract = "suspend"
contract_after_days = 3

[plans.final]
action = "agency"
delay_days = 10
"""


def prepared(office: Office, dunning: str = "", plan: str = PLAN) -> Office:
    (office.folder / "plans.toml").write_text(plan, encoding="utf-8")
    (office.folder / "kontoklar.toml").write_text(
        f'[company]\nmode = "test"\n[dunning]\nplans = "plans.toml"\n{dunning}\n', encoding="utf-8"
    )
    return office


def quiet(office: Office, day: date) -> dict[str, object]:
    """A day on which nothing was booked, proven by a statement."""
    return office.day(day, camt053(day, "0.00", number=day.toordinal()))


def states(office: Office) -> dict[str, str]:
    return {
        f"{row['invoice_number']}/{row['level']}/{row['action']}": row["hold_reason"] or row["state"]
        for row in office.table("triggers")
    }


def listed(office: Office, day: date) -> list[dict[str, str]]:
    """The lines that wait for a release."""
    answer = office.command("dunning", "proposals", "--as-of", day.isoformat())
    assert office.exit_code == 0
    return answer["items"]  # type: ignore[return-value]


def test_a_person_releases_the_list_and_leaves_one_out(office: Office) -> None:
    prepared(office, 'release = "person"')
    office.owed("RE-1", "D1", "100.00")
    office.owed("RE-2", "D2", "50.00")
    office.load()
    quiet(office, DAY)
    assert set(states(office).values()) == {"awaiting-release"}
    lines = listed(office, DAY)
    assert [(row["kind"], row["invoice_number"]) for row in lines] == [("dunning", "RE-1"), ("dunning", "RE-2")]
    list_id = lines[0]["list_id"]
    again = office.command("run", "--as-of", DAY.isoformat())
    assert again["counts"]["dun_listed"] == 0  # type: ignore[index]
    answer = office.command("dunning", "release", list_id[:10], "--leave-out", "D2", *ANNA, "--as-of", DAY.isoformat())
    assert answer["counts"] == {"released": 1, "left_out": 1, "overtaken": 0, "ready": 1}
    assert states(office) == {"RE-1/1/reminder": "ready", "RE-2/1/reminder": "awaiting-release"}
    office.command("dunning", "release", list_id, *ANNA, "--as-of", DAY.isoformat())
    assert office.exit_code == 2
    following = date(2026, 11, 18)
    quiet(office, following)
    assert [row["invoice_number"] for row in listed(office, following)] == ["RE-2"]
    assert "dunning-list-released" in {row["event"] for row in office.table("audit")}
    assert office.proven()


def test_a_list_goes_out_as_csv_and_comes_back_edited(office: Office) -> None:
    prepared(office, 'release = "person"')
    office.owed("RE-1", "D1", "100.00")
    office.owed("RE-2", "=D2", "50.00")
    office.load()
    quiet(office, DAY)
    path = office.folder / "list.csv"
    office.command("dunning", "proposals", "--out", str(path), "--as-of", DAY.isoformat())
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter=";"))
    assert [row["debtor_number"] for row in rows] == ["'=D2", "D1"]
    edited = path.read_text(encoding="utf-8-sig").replace("awaiting-release;yes", "awaiting-release;no", 1)
    path.write_text(edited, encoding="utf-8")
    answer = office.command("dunning", "release", "--file", str(path), *ANNA, "--as-of", DAY.isoformat())
    assert answer["counts"]["released"] == 1  # type: ignore[index]
    assert states(office) == {"RE-1/1/reminder": "ready", "RE-2/1/reminder": "awaiting-release"}
    office.command("dunning", "release", "--file", str(path), *ANNA, "--as-of", DAY.isoformat())
    assert office.exit_code == 2


def test_money_that_arrives_after_the_list_was_made_overtakes_the_release(office: Office) -> None:
    prepared(office, 'release = "person"')
    office.owed("RE-1", "D1", "100.00")
    office.load()
    quiet(office, DAY)
    (row,) = listed(office, DAY)
    following = date(2026, 11, 18)
    path = office.file(camt053(following, "0.00", Line("100.00", text="RE-1"), number=99))
    for step in ("pull", "match", "post"):
        more = ("--file", str(path)) if step == "pull" else ()
        office.command(step, "--as-of", following.isoformat(), *more)
    answer = office.command("dunning", "release", row["list_id"], *ANNA, "--as-of", following.isoformat())
    assert answer["counts"]["ready"] == 0  # type: ignore[index]
    assert states(office) == {"RE-1/1/reminder": "cancelled"}


def test_the_course_of_a_plan_with_fee_contract_and_agency(office: Office) -> None:
    prepared(office)
    office.owed("RE-1", "D1", "100.00", contract_id="C-1")
    office.load()
    office.load("contracts", [{"contract_id": "C-1", "debtor_number": "D1", "status": "active"}])
    for day in (DAY, date(2026, 11, 27), date(2026, 12, 7), date(2026, 12, 10), date(2026, 12, 17)):
        quiet(office, day)
    assert states(office) == {
        "RE-1/1/reminder": "ready", "RE-1/2/dunning_1": "ready", "RE-1/3/dunning_2": "ready",
        "RE-1/3/suspend": "ready", "RE-1/4/agency": "awaiting-release",
    }  # fmt: skip
    told = {(row["level"], row["action"]): (row["template"], row["fee"], row["pay_until"])
            for row in office.table("triggers")}  # fmt: skip
    assert told["1", "reminder"] == ("reminder-de", "", "2026-11-24")
    assert told["2", "dunning_1"] == ("", "2.50", "")
    # The fee is a claim of its own, charged once, and dunned with its invoice.
    assert [(r["invoice_number"], r["open_amount"]) for r in office.table("open-items")] == [
        ("RE-1", "100.00"), ("RE-1-M1", "2.50"),
    ]  # fmt: skip
    (row,) = listed(office, date(2026, 12, 17))
    assert row["kind"] == "agency"
    office.command("dunning", "release", row["list_id"], *ANNA, "--as-of", "2026-12-17")
    assert states(office)["RE-1/4/agency"] == "ready"
    assert office.proven()


@pytest.mark.parametrize(
    ("option", "key"), [("--debtor", "D1"), ("--invoice", "RE-1"), ("--claim", "RE-1")], ids=["debtor", "item", "claim"]
)
def test_a_block_holds_what_is_ready_and_ends_with_its_day(office: Office, option: str, key: str) -> None:
    prepared(office)
    office.owed("RE-1", "D1", "100.00")
    office.owed("RE-2", "D2", "50.00")
    office.load()
    quiet(office, DAY)
    assert states(office)["RE-1/1/reminder"] == "ready"
    office.command(
        "dunning", "block", option, key, "--cause", "promise", "--until", "2026-11-18", *ANNA, "--as-of", "2026-11-17"
    )
    assert office.exit_code == 0
    assert states(office) == {"RE-1/1/reminder": "dunning-block:promise", "RE-2/1/reminder": "ready"}
    shown = office.command("dunning", "show", "RE-1", "--as-of", "2026-11-17")
    assert (shown["block"], shown["hold_reason"]) == ("promise", "dunning-block:promise")
    assert office.command("dunning", "blocks", "--as-of", "2026-11-18")["counts"] == {"blocks": 1}
    quiet(office, date(2026, 11, 19))
    assert states(office)["RE-1/1/reminder"] == "ready"
    assert office.command("dunning", "blocks", "--as-of", "2026-11-19")["counts"] == {"blocks": 0}


def test_a_block_is_taken_back(office: Office) -> None:
    prepared(office)
    office.owed("RE-1", "D1", "100.00")
    office.load()
    office.command("dunning", "block", "--debtor", "D1", *ANNA, "--as-of", "2026-11-16")
    quiet(office, DAY)
    assert states(office) == {}
    office.command("dunning", "unblock", "--debtor", "D1", *ANNA, "--as-of", DAY.isoformat())
    office.command("dun", "--as-of", DAY.isoformat())
    assert states(office) == {"RE-1/1/reminder": "ready"}
    office.command("dunning", "unblock", "--debtor", "D1", *ANNA, "--as-of", DAY.isoformat())
    assert office.exit_code == 2


def dunned(office: Office, *command: str, day: date = DAY) -> dict[str, object]:
    answer = office.command("dunning", *command, *ANNA, "--as-of", day.isoformat())
    office.command("dun", "--as-of", day.isoformat())
    return answer


def test_steps_by_hand(office: Office) -> None:
    prepared(office)
    office.owed("RE-1", "D1", "100.00")
    office.load()
    quiet(office, DAY)
    dunned(office, "skip", "RE-1")
    shown = office.command("dunning", "show", "RE-1", "--as-of", DAY.isoformat())
    assert (shown["level"], shown["next_level"], shown["next_date"]) == (2, 3, "2026-11-27")
    dunned(office, "next-date", "RE-1", "2026-11-18")
    following = date(2026, 11, 18)
    quiet(office, following)
    assert states(office) == {"RE-1/1/reminder": "ready", "RE-1/3/dunning_2": "ready"}
    dunned(office, "set-level", "RE-1", "2", "--send", day=following)
    assert states(office) == {
        "RE-1/1/reminder": "cancelled", "RE-1/3/dunning_2": "cancelled", "RE-1/2/dunning_1": "ready",
    }  # fmt: skip
    events = [row["event"] for row in office.table("audit")]
    assert events.count("dunning-by-hand") == 3
    assert office.proven()


def test_repeating_sends_the_same_level_once_more_without_another_fee(office: Office) -> None:
    prepared(office)
    office.owed("RE-1", "D1", "100.00")
    office.load()
    quiet(office, DAY)
    quiet(office, date(2026, 11, 27))
    later = date(2026, 11, 30)
    quiet(office, later)
    answer = dunned(office, "repeat", "RE-1", day=later)
    assert (answer["level"], office.exit_code) == (2, 0)
    repeated = office.command("dun", "--as-of", later.isoformat())
    assert repeated["counts"]["messages"] == 0  # type: ignore[index]
    assert [row["invoice_number"] for row in office.table("open-items")] == ["RE-1", "RE-1-M1"]
    shown = office.command("dunning", "show", "RE-1", "--as-of", later.isoformat())
    assert shown["next_date"] == "2026-12-10"


@pytest.mark.parametrize(
    "command", [("repeat", "RE-1"), ("set-level", "RE-1", "7"), ("skip", "RE-9"), ("block", "--debtor", "D9")]
)
def test_what_makes_no_sense_is_refused(office: Office, command: tuple[str, ...]) -> None:
    prepared(office)
    office.owed("RE-1", "D1", "100.00")
    office.load()
    answer = office.command("dunning", *command, *ANNA, "--as-of", DAY.isoformat())
    assert office.exit_code == 2
    assert answer["error"]


def test_the_plans_are_listed_and_checked(office: Office, tmp_path: Path) -> None:
    told = prepared(office).command("dunning", "plans")
    assert told["counts"] == {"plans": 1, "warnings": 0}
    told = prepared(office, plan=PLAN.replace('action = "reminder"', 'action = "reminder"\nfee = "2.50"')).command(
        "dunning", "plans"
    )
    assert "BGB §286" in str(told["warnings"])
    prepared(office, plan=PLAN.replace("default = true", "")).command("dunning", "plans")
    assert office.exit_code == 2


def test_a_fee_that_a_crash_kept_back_is_charged_by_the_next_run(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(office, plan=PLAN.replace('action = "reminder"', 'action = "reminder"\nfee = "2.50"'))
    office.owed("RE-1", "D1", "100.00")
    office.load()

    def killed(_self: Performer, _command: Command) -> Decided:
        raise KeyboardInterrupt

    with monkeypatch.context() as crash:
        crash.setattr(Performer, "apply", killed)
        quiet(office, DAY)
    assert office.exit_code not in (0, 1)
    (told,) = office.table("triggers")
    assert (told["state"], told["fee"]) == ("ready", "2.50")
    for _ in range(2):
        office.command("dun", "--as-of", DAY.isoformat())
        fees = [(r["invoice_number"], r["open_amount"]) for r in office.table("open-items")]
        assert fees == [("RE-1", "100.00"), ("RE-1-M1", "2.50")]
