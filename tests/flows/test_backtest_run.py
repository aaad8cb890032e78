"""The backtest under Prefect: figures and differences as tables of text, the ledger untouched."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from prefect.client.orchestration import get_client

import flows
from pipelines.orchestration.backtest_run import last_month
from tests.builders import PAYER, Line, camt053
from tests.scenario.conftest import office as office
from tests.scenario.office import Office

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect")]

DAY = date(2026, 11, 17)
NAME = "Canaria Vogelsang"
# Nothing is sure enough for it.
STRICT = 'name = "strict"\n[automation]\nmax_auto_minor = 100\n'


def figures(state: Any) -> tuple[str, dict[str, dict[str, str]], list[dict[str, str]]]:
    """Name of the run, the table of figures by what they are, and the payments that differ."""
    run_id = state.state_details.flow_run_id
    with get_client(sync_client=True) as client:
        name = client.read_flow_run(run_id).name
        found = {one.key: json.loads(str(one.data)) for one in client.read_artifacts() if one.flow_run_id == run_id}
    assert NAME not in json.dumps(found)
    table = {row["what"]: row for row in found["kontoklar-backtest"]}
    return name, table, found.get("kontoklar-backtest-changes", [])


def test_a_stricter_policy_would_have_lost_what_the_ledger_keeps(office: Office) -> None:
    (office.folder / "kontoklar.toml").write_text(
        f'[company]\nmode = "test"\n[database]\nurl = "{office.database}"\n', encoding="utf-8"
    )
    for number, amount in ((1, "119.00"), (2, "238.00")):
        office.owed(f"RE-2026-000{number}", f"1000{number}", amount, debtor_name=NAME, debtor_ibans=PAYER)
    office.load()
    lines = [Line("119.00", text="RE-2026-0001", name=NAME), Line("238.00", text="RE-2026-0002", name=NAME)]
    office.day(DAY, camt053(DAY, "0.00", *lines))
    before = office.table("journal")
    config = str(office.folder / "kontoklar.toml")
    given: dict[str, Any] = {"first": DAY, "last": DAY, "as_of": DAY, "config": config, "return_state": True}
    name, table, changed = figures(flows.backtest(**given))
    assert name == "backtest 2026-11-17 · 0 newly posted, 0 lost, 0 changed, 0 known wrong"
    assert table["would be posted by itself"]["amount"] == "357.00 EUR"
    assert changed == []
    policy = office.folder / "strict.toml"
    policy.write_text(STRICT, encoding="utf-8")
    name, table, changed = figures(flows.backtest(policy=str(policy), **given))
    assert name == "backtest 2026-11-17 · 0 newly posted, 2 lost, 0 changed, 0 known wrong"
    assert table["lost"] == {"what": "lost", "payments": "2", "invoices": "2", "amount": "357.00 EUR"}
    assert sorted((row["kind"], row["then"], row["amount"]) for row in changed) == [
        ("lost", "RE-2026-0001", "119.00"), ("lost", "RE-2026-0002", "238.00"),
    ]  # fmt: skip
    assert office.table("journal") == before
    assert office.proven()


def test_the_month_before_is_the_default() -> None:
    assert last_month(date(2026, 11, 22)) == (date(2026, 10, 1), date(2026, 10, 31))
    assert last_month(date(2027, 1, 1)) == (date(2026, 12, 1), date(2026, 12, 31))


def test_half_a_period_is_refused() -> None:
    state = flows.backtest(first=DAY, return_state=True)
    assert state.is_failed()
    assert "first and last" in (state.message or "")
