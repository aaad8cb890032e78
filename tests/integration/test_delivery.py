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
from pipelines.errors import ConfigurationError, DeliveryRefused
from pipelines.model.coverage import BankCoverage
from pipelines.plans import load_plans
from pipelines.ports.delivery import Answer, Reply
from pipelines.ports.outbox import Message, Pending
from pipelines.ports.work import Work
from pipelines.usecases.deliver import PAUSES, DeliverResult, deliver, next_try, replay
from pipelines.usecases.dun import DunResult, dun
from pipelines.usecases.load import load
from sinks import file_drop, tables, webhook
from sinks.books import SqlBooks
from sinks.bulk import insert_rows
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


def test_a_second_write_of_a_message_is_the_same_file(tmp_path: Path) -> None:
    sink = file_drop.build({"path": str(tmp_path / "out")})
    message = Message("msg_1", "t", "s", '{"a": 1}', "live", 7)
    assert sink.send(message, "").answer is Answer.DELIVERED
    assert sink.send(message, "").answer is Answer.DELIVERED
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["000000007-msg_1.json"]
    assert [path.read_text() for path in (tmp_path / "out").iterdir()] == ['{"a": 1}\n']


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    reply = file_drop.build({"path": str(tmp_path / "out")}).send(Message("m", "t", "s", "{}", "live"), "")
    assert reply.answer is Answer.RETRY


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


@pytest.mark.parametrize(
    "options",
    [
        {"url": "ftp://x", "secret": SECRET}, {"url": "https://x"}, {"url": "https://x", "secret": "whsec_abc"},
        {"url": "https://x", "secret": SECRET, "retries": 3}, {"secret": SECRET},
        {"url": "https://x", "secret": SECRET, "mode": "prod"},
        {"url": "https://x", "secret": SECRET, "timeout_seconds": 0},
    ],
)  # fmt: skip
def test_a_webhook_that_cannot_work_is_refused_at_the_start(options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        webhook.build(options)
    assert SECRET not in str(caught.value)


def test_the_signature_is_that_of_the_standard() -> None:
    # The reference library's own example (standardwebhooks, test_webhooks).
    key = webhook.decode_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    assert (
        webhook.sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_pauses_grow_and_spread_by_the_messages_id() -> None:
    now = "2026-11-17T06:00:00+00:00"

    def wait(tries: int, key: str = "a", after: float | None = None) -> timedelta:
        entry = Pending(Message(key, "t", "s", "{}", "test"), tries, tries, "")
        at = next_try(entry, "crm", Reply(Answer.RETRY, retry_after=after), now)
        return datetime.fromisoformat(at) - datetime.fromisoformat(now)

    for tries, pause in enumerate(PAUSES):
        assert pause <= wait(tries) + timedelta(seconds=1)
        assert wait(tries) <= pause * 1.2
        assert wait(tries) == wait(tries)
    assert wait(5, "a") != wait(5, "b")
    assert wait(0, after=1e12) == timedelta(days=7)


def test_what_the_ledger_knows_becomes_payment_facts(books: SqlBooks) -> None:
    def transaction(key: str, minor: int, **more: object) -> dict[str, object]:
        texts = {column.name: "" for column in tables.bank_transaction.c}
        return {
            **texts, "transaction_id": key, "booking_id": "b" + key, "account": "DE1", "booking_date": "2026-11-02",
            "value_date": "2026-11-02", "amount_minor": minor, "currency": "EUR", "kind": "receipt",
            "original_minor": None, "charges_minor": None, "declared_discount_minor": None, "is_batch": 0,
            "batch_count": None, **more,
        }  # fmt: skip

    def allocation(key: str, invoice: str, minor: int, kind: str, transaction_id: str, entry: str) -> dict[str, object]:
        return {
            "allocation_id": key, "entry_id": entry, "transaction_id": transaction_id, "debtor_number": "D1",
            "invoice_number": invoice, "amount_minor": minor, "cash_minor": minor, "currency": "EUR", "kind": kind,
            "disposition": "auto", "probability": None, "proposal_id": "", "reverses": "", "run_id": "",
        }  # fmt: skip

    def entry(key: str, number: int, day: str, cause: str) -> dict[str, object]:
        return {
            "entry_id": key, "posting_number": number, "booking_date": day, "account": "DE1", "transaction_id": "",
            "cause": cause, "reverses": "", "text": "", "content_hash": "", "run_id": "",
        }  # fmt: skip

    proposal = {
        "match_no": 1, "rank": 1, "probability": 0.5, "disposition": "review", "reason": "", "message": "",
        "pattern": "", "waterfall": "[]", "remainder_minor": 0, "policy_hash": "", "run_id": "", "transaction_id": "t1",
        "proposal_id": "p1", "lines": json.dumps([{"invoice_number": "R9", "debtor_number": "D9"}]),
    }  # fmt: skip
    with books.lease("post", TODAY), books.write() as work:
        c = work.connection
        insert_rows(
            c, tables.bank_transaction,
            [
                transaction("t1", 700, counterparty_iban="DE7", counterparty_name="Muster", remittance="Danke"),
                transaction("t2", 500, counterparty_iban="DE7"),
                transaction("t3", 500),
                transaction("t4", -500, kind="return_debit"),
                transaction("t5", 900, kind="payout"),
            ],
        )  # fmt: skip
        insert_rows(
            c, tables.held_transaction,
            [transaction("h1", 300, statement_id="s1"), transaction("h2", 300, statement_id="s2")],
        )  # fmt: skip
        verdicts = [("s1", 1, "held"), ("s2", 1, "held"), ("s2", 2, "proven")]
        insert_rows(
            c, tables.statement_verdict,
            [{"statement_id": s, "verdict_no": n, "verdict": v, "code": "", "message": "", "run_id": ""}
             for s, n, v in verdicts],
        )  # fmt: skip
        insert_rows(c, tables.match_consideration, [{"match_no": 1, "transaction_id": "t1", "plan_no": 1}])
        insert_rows(c, tables.proposal, [proposal])
        insert_rows(
            c, tables.journal_entry,
            [
                entry("e1", 1, "2026-11-02", "allocation"), entry("e2", 2, "2026-11-05", "return"),
                entry("e3", 3, "2026-11-06", "allocation"), entry("e4", 4, "2026-11-07", "correction"),
            ],
        )  # fmt: skip
        insert_rows(
            c, tables.allocation,
            [
                allocation("a1", "R1", 300, "settlement", "t2", "e1"),
                allocation("a2", "", 200, "on_account", "t2", "e1"),
                allocation("a3", "R1", -300, "reversal", "t4", "e2"),
                allocation("a4", "R2", 500, "settlement", "t3", "e3"),
                allocation("a5", "R2", -500, "reversal", "t3", "e4"),
                allocation("a6", "", -8, "fee", "t4", "e2"),
            ],
        )  # fmt: skip
    with books.read() as work:
        facts = work.dunning.payment_facts()
    waiting = {receipt.transaction_id: receipt for receipt in facts.waiting}
    assert {key: (receipt.rest_minor, receipt.held) for key, receipt in waiting.items()} == {
        "h1": (300, True), "t1": (700, False), "t3": (500, False),
    }  # fmt: skip
    assert (waiting["t1"].debtors, waiting["t1"].invoices) == ({"D9"}, {"R9"})
    assert (waiting["t1"].names, waiting["t1"].references) == (("Muster",), ("Danke",))
    assert facts.on_account == {("D1", "EUR"): 200}
    assert (facts.reopenings["R1"].times, facts.reopenings["R1"].returned_on) == (1, date(2026, 11, 5))
    assert (facts.reopenings["R2"].times, facts.reopenings["R2"].returned_on) == (1, None)
    assert facts.payers == {"DE7": {"D1"}}
