"""Triggers to the outside: a real HTTP receiver that fails, forgets and answers too late; and a folder."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipelines.dun import DunSettings
from pipelines.errors import DeliveryRefused
from pipelines.model.coverage import BankCoverage
from pipelines.plans import load_plans
from pipelines.ports.delivery import Reply
from pipelines.ports.outbox import Message
from pipelines.ports.work import Work
from pipelines.usecases.deliver import PAUSES, DeliverResult, deliver, replay
from pipelines.usecases.dun import DunResult, dun
from pipelines.usecases.load import load
from sinks import file_drop, webhook
from sinks.books import SqlBooks
from sources.receivables import TableFiles

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
TODAY = date(2026, 11, 17)
PLANS = load_plans()


class Receiver:
    """Answers as told, checks every signature, and keeps what it took by message id."""

    def __init__(self) -> None:
        self.plan: list[int | str] = []
        self.taken: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, bytes]] = []
        self.headers: dict[str, str] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.answer(self)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["content-length"]))
        key, stamp = handler.headers["webhook-id"], handler.headers["webhook-timestamp"]
        expected = base64.b64encode(hmac.new(KEY, f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
        assert handler.headers["webhook-signature"] == "v1," + expected
        self.requests.append((key, body))
        step = self.plan.pop(0) if self.plan else 204
        if step in ("lost ack", 204):
            self.taken[key] = json.loads(body)
        if isinstance(step, int):
            handler.send_response(step)
            for name, value in self.headers.items():
                handler.send_header(name, value)
            handler.send_header("content-length", "0")
            handler.end_headers()
        else:
            handler.close_connection = True

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


def proven(today: date) -> Callable[[Work], list[BankCoverage]]:
    return lambda _work: [BankCoverage("DE1", today)]


class Company:
    """A company with some overdue invoices and a clock."""

    def __init__(self, books: SqlBooks, folder: Path) -> None:
        self.folder = folder
        self.time = datetime.fromisoformat("2026-11-17T06:00:00+00:00")
        self.books = SqlBooks(books.database, clock=lambda: self.time.isoformat())

    def invoices(self, *lines: str) -> None:
        path = self.folder / "invoices.csv"
        header = "invoice_number;debtor_number;amount;issue_date;due_date;open_amount;debtor_name"
        path.write_text("\n".join([header, *lines]), encoding="utf-8")
        load(self.books, TableFiles(), "receivables", [path], as_of=self.day)

    @property
    def day(self) -> date:
        return self.time.date()

    def dun(self) -> DunResult:
        return dun(self.books, PLANS, as_of=self.day, coverage=proven(self.day))

    def deliver(self, *sinks: Any, settings: DunSettings | None = None) -> DeliverResult:
        return deliver(self.books, sinks, PLANS, as_of=self.day, settings=settings, coverage=proven(self.day))

    def states(self) -> list[str]:
        with self.books.read() as work:
            return [fact.trigger.state.value for fact in work.dunning.triggers()]

    def attempts(self) -> list[tuple[str, str, int, str]]:
        with self.books.read() as work:
            rows = work.connection.exec_driver_sql(
                "SELECT message_id, sink, attempt_no, outcome FROM outbox_attempt ORDER BY 1, 2, 3"
            )
            return [tuple(row) for row in rows]


ONE = "RE-1;D1;100.00;2026-09-20;2026-10-15;100.00;Muster GmbH"
TWO = "RE-2;D2;55.00;2026-09-20;2026-10-15;55.00;Beispiel AG"


@pytest.fixture
def company(books: SqlBooks, tmp_path: Path) -> Company:
    company = Company(books, tmp_path)
    company.invoices(ONE, TWO)
    return company


def hook(receiver: Receiver, name: str = "crm", timeout: float = 5.0) -> webhook.Webhook:
    return webhook.build(
        {"name": name, "url": receiver.url, "secret": SECRET, "mode": "test", "timeout_seconds": timeout}
    )


def test_ready_triggers_arrive_signed_once_and_without_personal_data(company: Company, receiver: Receiver) -> None:
    result = company.dun()
    assert (result.counts["new"], result.counts["ready"], result.waiting) == (2, 2, 2)
    sink = hook(receiver)
    assert company.deliver(sink).counts == {"delivered": 2}
    assert company.states() == ["delivered", "delivered"]
    assert company.deliver(sink).counts.total() == 0
    assert len(receiver.requests) == 2
    bodies = sorted(receiver.taken.values(), key=lambda body: str(body["data"]["invoice_number"]))
    assert bodies[0]["type"] == "dunning.trigger.ready"
    assert {**bodies[0]["data"], "trigger_id": ""} == {
        "trigger_id": "", "debtor_number": "D1", "invoice_number": "RE-1", "reason": "overdue", "level": 1,
        "action": "reminder", "plan": "standard", "channel": "email", "open_amount": "100.00", "currency": "EUR",
        "due_date": "2026-10-15", "as_of": "2026-11-17", "mode": "test", "debtor_credit": "0.00",
    }  # fmt: skip
    assert b"Muster" not in b"".join(body for _, body in receiver.requests)


def test_every_try_carries_the_same_id_and_body_and_a_lost_answer_doubles_nothing(
    company: Company, receiver: Receiver
) -> None:
    company.dun()
    sink = hook(receiver)
    receiver.plan = ["lost ack", 500]
    assert company.deliver(sink).counts == {"failed": 2}
    assert company.deliver(sink).counts == {"later": 2}
    company.time += timedelta(minutes=1)
    assert company.deliver(sink).counts == {"delivered": 2}
    assert len(receiver.requests) == 4
    assert len({key for key, _ in receiver.requests}) == 2
    assert len(set(receiver.requests)) == 2
    assert len(receiver.taken) == 2


def test_a_receiver_that_answers_too_late_is_tried_again(company: Company, receiver: Receiver) -> None:
    company.dun()
    blocked = threading.Event()
    real = receiver.answer

    def slow(handler: BaseHTTPRequestHandler) -> None:
        blocked.wait(2)
        real(handler)

    receiver.answer = slow  # type: ignore[method-assign]
    result = company.deliver(hook(receiver, timeout=0.2))
    blocked.set()
    assert result.counts["failed"] == 2
    receiver.answer = real  # type: ignore[method-assign]
    company.time += timedelta(minutes=1)
    assert company.deliver(hook(receiver)).counts["delivered"] == 2
    assert len({key for key, _ in receiver.requests}) == 2


def test_a_week_of_failure_ends_as_a_dead_letter_that_a_person_replays(company: Company, receiver: Receiver) -> None:
    company.invoices(ONE, "RE-2;D2;55.00;2026-09-20;2026-10-15;0.00;x")
    company.dun()
    sink = hook(receiver)
    receiver.plan = [503] * 100
    for _ in PAUSES:
        assert company.deliver(sink).counts == {"failed": 1}
        company.time += timedelta(days=2)
    assert company.deliver(sink).counts == {"dead": 1}
    assert len(receiver.requests) == len(PAUSES) + 1
    company.time += timedelta(days=30)
    assert company.deliver(sink).counts.total() == 0
    with company.books.read() as work:
        assert "delivery-dead" in [finding.code for finding in work.findings.open()]
    receiver.plan = []
    assert replay(company.books, "crm", as_of=company.day) == 1
    assert replay(company.books, "crm", as_of=company.day) == 0
    assert company.deliver(sink).counts == {"delivered": 1}
    assert len({key for key, _ in receiver.requests}) == 1


def test_a_receiver_that_is_down_is_not_asked_for_every_message(company: Company, receiver: Receiver) -> None:
    company.invoices(*(f"RE-{n};D{n};100.00;2026-09-20;2026-10-15;100.00;x" for n in range(40)))
    company.dun()
    receiver.plan = [503] * 40
    result = company.deliver(hook(receiver))
    assert (result.counts, result.undelivered) == ({"failed": 10, "later": 30}, 40)
    assert result.findings == []
    receiver.plan = []
    assert company.deliver(hook(receiver)).counts == {"delivered": 30, "later": 10}


def test_a_crash_after_sending_sends_the_same_message_again(company: Company, receiver: Receiver) -> None:
    company.dun()
    sink = hook(receiver)

    class Crash(Exception):
        pass

    def power_cut(message: Message, at: str) -> Reply:
        reply = sink.send(message, at)
        if len(receiver.requests) == 2:
            raise Crash
        return reply

    dying = hook(receiver)
    dying.send = power_cut  # type: ignore[method-assign]
    with pytest.raises(Crash):
        company.deliver(dying)
    assert company.states() == ["ready", "ready"]
    assert company.deliver(sink).counts == {"delivered": 2}
    assert (len(receiver.requests), len(receiver.taken)) == (4, 2)
    assert len(set(receiver.requests)) == 2


def test_an_invoice_whose_newest_row_was_refused_is_not_dunned_until_it_is_clear(company: Company) -> None:
    company.invoices(ONE.replace(";100.00;M", ";0,0x;M"))
    result = company.dun()
    assert (result.holds, result.waiting) == ({"row-refused": 1}, 1)
    company.invoices(ONE)
    assert company.dun().waiting == 2


def test_retry_after_is_honoured(company: Company, receiver: Receiver) -> None:
    company.dun()
    receiver.plan = [429, 429]
    receiver.headers = {"retry-after": "7200"}
    sink = hook(receiver)
    assert company.deliver(sink).counts == {"failed": 2}
    company.time += timedelta(minutes=110)
    assert company.deliver(sink).counts == {"later": 2}
    company.time += timedelta(minutes=20)
    assert company.deliver(sink).counts == {"delivered": 2}


@pytest.mark.parametrize("status", [410, 401, 404, 302])
def test_a_closed_endpoint_is_asked_once_a_run_and_loses_nothing(
    company: Company, receiver: Receiver, status: int
) -> None:
    company.dun()
    sink = hook(receiver)
    for _ in range(15):
        receiver.plan = [status]
        result = company.deliver(sink)
        assert (result.counts, result.undelivered) == ({"failed": 1, "later": 1}, 2)
        company.time += timedelta(minutes=1)
    assert [finding.code for finding in result.findings] == ["delivery-closed"]
    assert company.deliver(sink).counts == {"delivered": 2}


def test_a_message_the_receiver_refuses_waits_for_a_person(company: Company, receiver: Receiver) -> None:
    company.dun()
    receiver.plan = [400]
    sink = hook(receiver)
    result = company.deliver(sink)
    assert result.counts == {"refused": 1, "delivered": 1}
    assert [finding.code for finding in result.findings] == ["delivery-refused"]
    assert company.deliver(sink).counts.total() == 0
    assert replay(company.books, "crm", as_of=company.day) == 1
    assert company.deliver(sink).counts == {"delivered": 1}


def test_what_was_paid_before_it_was_sent_never_goes_out(company: Company, receiver: Receiver) -> None:
    company.dun()
    company.invoices(ONE.replace(";100.00;M", ";0.00;M"))
    assert company.deliver(hook(receiver)).counts == {"overtaken": 1, "delivered": 1}
    assert [body["data"]["invoice_number"] for body in receiver.taken.values()] == ["RE-2"]
    assert replay(company.books, "crm", as_of=company.day) == 0


def test_the_amount_is_asked_again_before_sending(company: Company, receiver: Receiver) -> None:
    company.dun()
    company.invoices(ONE.replace(";100.00;M", ";40.00;M"))
    assert company.deliver(hook(receiver)).counts == {"overtaken": 1, "delivered": 2}
    assert sorted(body["data"]["open_amount"] for body in receiver.taken.values()) == ["40.00", "55.00"]


def test_what_may_have_arrived_is_taken_back_when_it_is_paid(company: Company, receiver: Receiver) -> None:
    company.dun()
    sink = hook(receiver)
    receiver.plan = ["lost ack"]
    company.deliver(sink)
    company.invoices(ONE.replace(";100.00;M", ";0.00;M"), TWO.replace(";55.00;B", ";0.00;B"))
    company.time += timedelta(days=1)
    company.dun()
    company.deliver(sink)
    assert company.states() == ["cancelled", "cancelled"]
    kinds = sorted((body["data"]["invoice_number"], body["type"], body["data"].get("cause")) for body in
                   receiver.taken.values())  # fmt: skip
    assert kinds == [
        ("RE-1", "dunning.trigger.cancelled", "paid"), ("RE-1", "dunning.trigger.ready", None),
        ("RE-2", "dunning.trigger.cancelled", "paid"), ("RE-2", "dunning.trigger.ready", None),
    ]  # fmt: skip
    assert company.deliver(sink).counts.total() == 0


def test_without_a_sink_triggers_stay_ready_and_are_counted(company: Company) -> None:
    company.dun()
    result = company.deliver()
    assert (result.counts.total(), result.undelivered) == (0, 2)
    assert company.states() == ["ready", "ready"]


def test_with_two_sinks_a_trigger_is_delivered_when_both_have_it(
    company: Company, receiver: Receiver, tmp_path: Path
) -> None:
    company.dun()
    folder = file_drop.build({"name": "files", "path": str(tmp_path / "out"), "mode": "test"})
    receiver.plan = [500, 500]
    sinks = (hook(receiver), folder)
    company.deliver(*sinks)
    assert company.states() == ["ready", "ready"]
    company.time += timedelta(minutes=1)
    company.deliver(*sinks)
    assert company.states() == ["delivered", "delivered"]
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == 2
    assert {path.stem.split("-", 1)[1] for path in files} == set(receiver.taken)
    for path in files:
        assert json.loads(path.read_text()) == receiver.taken[path.stem.split("-", 1)[1]]


def test_a_live_sink_refuses_test_messages(company: Company, receiver: Receiver, tmp_path: Path) -> None:
    message = Message("m", "t", "s", "{}", "test")
    live = webhook.build({"name": "crm", "url": receiver.url, "secret": SECRET})
    for sink in (live, file_drop.build({"path": str(tmp_path / "out")})):
        with pytest.raises(DeliveryRefused):
            sink.send(message, "2026-11-17T06:00:00+00:00")
    company.dun()
    result = company.deliver(live)
    assert result.counts == {"refused": 2}
    assert (receiver.requests, company.states()) == ([], ["ready", "ready"])
