"""A real Prefect in a real browser: the run, its artifacts, and a dunning run released by its form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines import config
from pipelines.app import Kontoklar
from pipelines.commands.session import instant
from pipelines.demo.company import MT940_ACCOUNT
from scripts.prefect_demo import prepared, waiting
from scripts.prefect_server import PrefectServer, running, until
from tests.builders import Line, camt053

# What a payer may write and be called. No piece of it may be anywhere in Prefect.
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(2)) {{ 7*7 }} =cmd|' /C calc'!A0 CANARYTEXT"
STRANGER = "<img src=x onerror=alert(3)> CANARYNAME"
CANARIES = ("CANARYTEXT", "CANARYNAME", "alert(", "javascript:", "calc'!")
OTHER_ACCOUNT = "DE02500105170137075030"


@dataclass
class Ops:
    """A paused dunning run of the demo company. asked: every address the browser wanted."""

    server: PrefectServer
    configuration: Path
    day: date
    run: dict[str, Any]
    process: Any
    page: Any
    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def open(self, path: str) -> Any:
        self.page.goto(f"{self.server.url}/{path}", wait_until="domcontentloaded")
        return self.page

    def table(self, name: str) -> list[dict[str, str]]:
        with Kontoklar(config.load(self.configuration), clock=instant) as app:
            return [dict(row) for row in app.inquiries.table(name).to_dict("records")]


@pytest.fixture(scope="module")
def ops(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ops]:
    """Server, daily run and the pause, once for this module."""
    folder = tmp_path_factory.mktemp("prefect-ui")
    with ExitStack() as stack:
        server = stack.enter_context(running(folder / "prefect"))
        sample, day = prepared(folder / "demo")
        strange = folder / "strange.xml"
        booked = day - timedelta(days=1)
        strange.write_bytes(
            camt053(booked, "0.00", Line("47.11", text=HOSTILE, name=STRANGER), account=OTHER_ACCOUNT, number=1)
        )
        process, run = stack.enter_context(waiting(server, sample, day, (strange,)))
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="en-GB")
        stack.callback(context.close)
        page = context.new_page()
        page.set_default_timeout(60_000)
        found = Ops(server, sample.configuration, day, run, process, page)
        page.on("request", lambda request: found.asked.append(request.url))
        page.on("dialog", lambda dialog: (found.dialogs.append(dialog.message), dialog.dismiss()))
        yield found


def test_the_list_of_runs_tells_day_and_result(ops: Ops) -> None:
    page = ops.open("runs")
    page.get_by_text(f"dunning-run {ops.day} · waits for a release").wait_for()
    daily = page.get_by_text(re.compile(rf"daily {ops.day} · 12\d posted"))
    daily.wait_for()
    daily.click()
    page.get_by_text("Artifacts", exact=True).click()
    for key in ("accounts", "steps", "posted", "review-queue", "queue-age", "held-triggers"):
        page.get_by_text(f"kontoklar-{key}", exact=True).last.wait_for()


def test_the_proof_of_every_account_is_a_table(ops: Ops) -> None:
    page = ops.open("artifacts/key/kontoklar-accounts")
    page.get_by_text("How far each account is proven").first.wait_for()
    page = ops.open(f"artifacts/artifact/{newest(ops, 'kontoklar-accounts')['id']}")
    page.get_by_role("row").nth(2).wait_for()
    rows = page.get_by_role("row").all_inner_texts()
    told = f"{MT940_ACCOUNT[:4]}…{MT940_ACCOUNT[-4:]} EUR"
    (row,) = [row for row in rows if told in row]
    assert f"2026-10-01\n\t\n{ops.day}" in row
    assert len(rows) == 1 + 3


def newest(ops: Ops, key: str) -> dict[str, Any]:
    found = ops.server.ask("artifacts/filter", artifacts={"key": {"any_": [key]}}, sort="CREATED_DESC")
    assert found, f"there is no artifact {key}"
    return dict(found[0])


def test_the_form_releases_and_the_ledger_shows_it(ops: Ops) -> None:
    letters = json.loads(newest(ops, "kontoklar-dunning-proposals")["data"])
    assert len(letters) > 40
    page = ops.open(f"runs/flow-run/{ops.run['id']}")
    page.get_by_role("button", name="Resume").click()
    form = page.locator(".p-modal")
    form.get_by_text(f"{len(letters)} letters").wait_for()
    choose(page, form, "Decision", "release all except those named below")
    fill(form, "Your name", "bert")
    fill(form, "Reason", "seen in the browser")
    form.get_by_role("button", name="Add item").click()
    part(form, "Leave out").locator("textarea, input").first.fill(letters[0]["invoice"])
    form.get_by_role("button", name="Submit").click()
    page.get_by_text(f"dunning-run {ops.day} · {len(letters) - 1} released, 1 left out").first.wait_for()
    assert ops.process.wait(120) == 0
    state = {(row["invoice_number"], row["level"]): row["hold_reason"] or row["state"] for row in ops.table("triggers")}
    assert state[letters[0]["invoice"], letters[0]["level"]] == "awaiting-release"
    assert {state[one["invoice"], one["level"]] for one in letters[1:]} == {"delivered"}
    audit = [row for row in ops.table("audit") if row["event"].startswith("dunning-list")]
    assert [(row["event"], row["user"], row["comment"]) for row in audit] == [
        ("dunning-list-released", "bert", "seen in the browser")
    ]


def part(form: Any, label: str) -> Any:
    """One property of the form."""
    named = form.page.locator(".schema-form-property__label", has_text=re.compile(f"^{label}"))
    return form.locator(".schema-form-property").filter(has=named)


def fill(form: Any, label: str, text: str) -> None:
    part(form, label).locator("textarea").fill(text)


def choose(page: Any, form: Any, label: str, value: str) -> None:
    """By the keyboard: the list opens and closes again under a quick click."""
    part(form, label).locator("button.p-select-button__control").focus()
    page.keyboard.press("Space")
    page.get_by_role("option").filter(has_text=value).click()


def test_nothing_of_what_payers_write_is_in_prefect(ops: Ops) -> None:
    rows = ops.table("transactions")
    assert [row for row in rows if "CANARYTEXT" in row["remittance"] and "CANARYNAME" in row["counterparty_name"]]
    shown = []
    for path in ("runs", "artifacts", "events", f"runs/flow-run/{ops.run['id']}"):
        page = ops.open(path)
        page.get_by_text(re.compile("kontoklar", re.IGNORECASE)).first.wait_for()
        shown.append(page.content())
    kept = [
        json.dumps(ops.server.ask(kind))
        for kind in ("flow_runs/filter", "task_runs/filter", "artifacts/filter", "logs/filter", "events/filter")
    ]
    queue = newest(ops, "kontoklar-review-queue")
    assert any(row["unallocated"] == "47.11" for row in json.loads(queue["data"]))
    kept.append(json.dumps(ops.server.ask(f"flow_runs/{ops.run['id']}/input/filter", prefix="")))
    for text in kept:
        assert "seen in the browser" not in text
    for canary in CANARIES:
        for text in (*shown, *kept):
            assert canary not in text
        for file in ops.server.home.rglob("*.db*"):
            assert canary.encode() not in file.read_bytes(), f"{canary} is in {file.name}"
    assert ops.dialogs == []


def test_the_browser_asks_nobody_but_the_server(ops: Ops) -> None:
    assert len(ops.asked) > 50
    strangers = {address for address in ops.asked if not address.startswith((ops.server.url, "data:", "blob:"))}
    assert strangers == set()


def test_the_first_page_is_the_one_that_works_offline(ops: Ops) -> None:
    settings = httpx.get(f"{ops.server.url}/ui-settings", timeout=30).json()
    assert settings["default_ui"] == "v1"
    assert until(lambda: "/v2" not in ops.open("").url or None, "the first page")
