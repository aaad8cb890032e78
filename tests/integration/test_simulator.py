"""The simulated bank keeps its own promises: one truth on every channel, a clock that moves, faults that count."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from pipelines.model.money import format_minor
from pipelines.model.statement import Document
from pipelines.simulator import twins
from pipelines.simulator.bank import SimulatedBank
from pipelines.simulator.faults import KNOWN, Faults
from pipelines.simulator.finapi_state import Credentials
from pipelines.simulator.generate import generate
from pipelines.simulator.world import METHODS, World
from sources.recognise import read

SECRETS = Credentials("client", "secret", "user", "password")


class Client:
    """A finAPI client as simple as can be: no retries, nothing hidden."""

    def __init__(self, bank: SimulatedBank) -> None:
        self.http = httpx.Client(base_url=bank.finapi.url, timeout=5)
        self.bank = bank
        self.header: dict[str, str] = {}

    def login(self) -> httpx.Response:
        known = {"client_id": "client", "client_secret": "secret", "username": "user", "password": "password"}
        answer = self.http.post("/api/v2/oauth/token", data={"grant_type": "password", **known})
        if answer.status_code == 200:
            self.header = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return answer

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.http.get(path, params=query, headers=self.header)

    def update(self, **more: Any) -> httpx.Response:
        body = {"bankConnectionId": 1, "bankingInterface": "XS2A", **more}
        return self.http.post("/api/v2/bankConnections/update", json=body, headers=self.header)

    def updated(self) -> dict[str, Any]:
        """Updates and polls until the bank is through."""
        assert self.update().json()["updateStatus"] == "IN_PROGRESS"
        for _ in range(5):
            connection: dict[str, Any] = self.get("/api/v2/bankConnections/1").json()
            if connection["updateStatus"] == "READY":
                return connection
        raise AssertionError("the update never ended")

    def accounts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/v2/accounts").json()["accounts"]
        return found

    def transactions(self, account: int, size: int = 500) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for page in range(1, 100):
            told = self.get("/api/v2/transactions", view="bankView", accountIds=account, perPage=size, page=page).json()
            rows += told["transactions"]
            if page == told["paging"]["pageCount"]:
                return rows
        raise AssertionError("there are no so many pages")

    def arm(self, fault: str) -> None:
        assert self.http.post("/simulator/faults", json={"ask": fault}).status_code == 200

    def fired(self) -> dict[str, int]:
        found: dict[str, int] = self.http.get("/simulator").json()["fired"]
        return found


@pytest.fixture
def world() -> World:
    return generate(11, accounts=2, days=20, today=date(2026, 10, 14))


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with SimulatedBank(world, Faults(11), credentials=SECRETS, slow_seconds=0.3) as bank:
        client = Client(bank)
        client.login()
        yield client
        client.http.close()


def test_finapi_tells_what_the_world_says_is_booked(client: Client, world: World) -> None:
    client.updated()
    for row in client.accounts():
        booked = world.booked(row["iban"])
        assert booked
        assert format_minor(world.balance(row["iban"]), "EUR") == f"{row['balance']:.2f}"
        told = client.transactions(row["id"], size=7)
        assert [round(one["amount"] * 100) for one in told] == [one.amount for one in booked]
        assert len({one["id"] for one in told}) == len(booked)


def test_before_an_update_finapi_knows_only_what_it_imported_last(client: Client, world: World) -> None:
    client.updated()
    before = len(client.transactions(client.accounts()[0]["id"]))
    client.http.post("/simulator/day", json={"days": 3})
    assert len(client.transactions(client.accounts()[0]["id"])) == before
    client.updated()
    assert len(client.transactions(client.accounts()[0]["id"])) > before


def test_pending_bookings_become_booked(client: Client, world: World) -> None:
    seen = {str(row["amount"]) for row in client.get("/api/v2/pendingTransactions").json()["pendingTransactions"]}
    assert seen
    client.http.post("/simulator/day", json={"days": 4})
    client.updated()
    booked = {str(row["amount"]) for row in client.transactions(client.accounts()[0]["id"])}
    booked |= {str(row["amount"]) for row in client.transactions(client.accounts()[1]["id"])}
    assert seen <= booked


def test_totals_are_over_all_pages_and_filters_are_kept(client: Client, world: World) -> None:
    client.updated()
    day = date(2026, 10, 8)
    account = client.accounts()[0]
    wanted = world.booked(account["iban"], day, day + timedelta(days=2))
    told = client.get(
        "/api/v2/transactions", view="bankView", accountIds=account["id"], perPage=2,
        minBankBookingDate=day.isoformat(), maxBankBookingDate=(day + timedelta(days=2)).isoformat(),
    ).json()  # fmt: skip
    assert told["paging"]["totalCount"] == len(wanted)
    assert round(told["balance"] * 100) == sum(one.amount for one in wanted)
    assert len(told["transactions"]) == 2


def test_files_and_finapi_tell_the_same_balances(world: World) -> None:
    for account in world.accounts:
        for day in world.bank_days():
            for twin in (twins.camt053, twins.mt940):
                (statement,) = read(Document("day", twin(world, account.iban, day), "test"))[1]
                assert statement.closing is not None
                assert statement.closing.amount.minor == world.balance(account.iban, day)
                assert not statement.defects


def test_during_the_day_a_part_is_booked(world: World) -> None:
    account = world.accounts[0].iban
    whole = world.booked(account, world.today)
    world.booked_today = 0.5
    assert len(world.booked(account, world.today)) == len(whole) // 2
    assert world.balance(account) == world.balance(account, world.today - timedelta(days=1)) + sum(
        one.amount for one in whole[: len(whole) // 2]
    )


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.kind)
def test_a_second_factor_lets_the_update_through(client: Client, world: World, method: Any) -> None:
    client.http.post("/simulator/consent", json={})
    connection = client.get("/api/v2/bankConnections").json()["connections"][0]
    assert connection["interfaces"][0]["userActionRequired"] is True
    asked = client.update()
    assert asked.status_code == 510
    step = asked.json()["errors"][0]["multiStepAuthentication"]
    assert step["status"] == "TWO_STEP_PROCEDURE_REQUIRED"
    answer = {"hash": step["hash"], "twoStepProcedureId": method.code}
    step = client.update(multiStepAuthentication=answer).json()["errors"][0]["multiStepAuthentication"]
    if method.decoupled:
        answer = {"hash": step["hash"], "decoupledCallback": True}
        assert client.update(multiStepAuthentication=answer).status_code == 510
    else:
        answer = {"hash": step["hash"], "challengeResponse": world.logins[0].tan}
    assert client.update(multiStepAuthentication=answer).json()["updateStatus"] == "IN_PROGRESS"
    assert world.logins[0].consent_until == world.today + timedelta(days=180)


def test_a_wrong_tan_ends_the_challenge(client: Client) -> None:
    client.arm("finapi-second-factor")
    step = client.update().json()["errors"][0]["multiStepAuthentication"]
    answer = {"hash": step["hash"], "challengeResponse": "000000"}
    assert client.update(multiStepAuthentication=answer).status_code == 422
    assert client.update(multiStepAuthentication=answer).json()["errors"][0]["code"] == "NO_EXISTING_CHALLENGE"


def test_a_background_update_may_need_a_person_and_then_goes_on(client: Client) -> None:
    client.arm("finapi-web-form")
    task = client.http.post("/api/tasks/backgroundUpdate", json={"bankConnectionId": 1}, headers=client.header).json()
    assert task["status"] == "WEB_FORM_REQUIRED"
    assert client.http.get(task["payload"]["webForm"]["url"]).status_code == 200
    assert client.get(f"/api/tasks/{task['id']}").json()["status"] == "COMPLETED"
    assert client.accounts()[0]["balance"]


def test_an_unknown_or_wrong_login_is_refused_in_oauths_own_words(client: Client) -> None:
    wrong = client.http.post("/api/v2/oauth/token", data={"grant_type": "client_credentials", "client_id": "client"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    client.header = {"Authorization": "Bearer nonsense"}
    refused = client.get("/api/v2/accounts")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (401, "INVALID_TOKEN")


def rows_of_first(client: Client) -> list[dict[str, Any]]:
    return client.transactions(client.accounts()[0]["id"], size=5)


def says_twice(client: Client) -> bool:
    ids = [row["id"] for row in rows_of_first(client)]
    return len(set(ids)) < len(ids)


# Fault → what a client sees of it.
SEEN = {
    "http-503": lambda client: client.get("/api/v2/accounts").status_code == 503,
    "http-500": lambda client: client.get("/api/v2/accounts").status_code == 500,
    "http-429": lambda client: client.get("/api/v2/accounts").headers["retry-after"] == "1",
    "html-page": lambda client: client.get("/api/v2/accounts").headers["content-type"] == "text/html",
    "finapi-token-lost": lambda client: client.get("/api/v2/accounts").status_code == 401,
    "finapi-client-refused": lambda client: client.login().status_code == 401,
    "finapi-user-locked": lambda client: client.login().status_code == 423,
    "finapi-page-repeats": says_twice,
    "finapi-page-drops-row": lambda client: len(rows_of_first(client)) < len(rows_of_first(client)),
    "finapi-row-inserted": says_twice,
    "finapi-nan": lambda client: any(row["amount"] != row["amount"] for row in rows_of_first(client)),
    "finapi-balance-wrong": lambda client: client.accounts()[0]["balance"] > client.accounts()[0]["balance"],
    "finapi-account-gone": lambda client: len(client.accounts()) < len(client.accounts()),
    "finapi-update-locked": lambda client: client.update().json()["errors"][0]["code"] == "LOCKED",
    "finapi-update-rejected": lambda client: (
        client.updated()["interfaces"][0]["lastManualUpdate"]["result"] == "BANK_SERVER_REJECTION"
    ),
    "finapi-update-hangs": lambda client: (
        client.update() and client.get("/api/v2/bankConnections/1").json()["updateStatus"] == "IN_PROGRESS"
    ),
    "finapi-download-failed": lambda client: (
        client.updated() and client.accounts()[0]["interfaces"][0]["status"] == "DOWNLOAD_FAILED"
    ),
    "finapi-adjusting-entry": lambda client: (
        client.updated() and sum(row["isAdjustingEntry"] for row in rows_of_first(client)) == 1
    ),
    "finapi-potential-duplicate": lambda client: (
        client.updated() and sum(row["isPotentialDuplicate"] for row in rows_of_first(client)) == 1
    ),
    "finapi-moving-date": lambda client: (
        client.updated() and any(row["finapiBookingDate"] != row["bankBookingDate"] for row in rows_of_first(client))
    ),
    "finapi-new-ids": lambda client: client.updated() and client.accounts()[0]["id"] > 6_000_000,
    "finapi-second-factor": lambda client: client.update().status_code == 510,
    "finapi-consent-gone": lambda client: client.update().status_code == 510,
}  # fmt: skip


@pytest.mark.parametrize("fault", SEEN)
def test_a_fault_is_seen_once_and_counted_once(client: Client, fault: str) -> None:
    client.updated()
    client.arm(fault)
    assert SEEN[fault](client)
    assert client.fired()[fault] == 1


def test_faults_of_the_transport_break_the_connection(client: Client) -> None:
    for fault, error in (
        ("connection-reset", httpx.ReadError),
        ("half-body", httpx.RemoteProtocolError),
    ):
        client.arm(fault)
        with pytest.raises(error):
            client.get("/api/v2/accounts")
    client.arm("slow")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{client.bank.finapi.url}/api/v2/accounts", timeout=0.1)
    assert client.fired() == {"connection-reset": 1, "half-body": 1, "slow": 1}


def test_faults_come_by_seed_and_in_number() -> None:
    one, other = Faults(5), Faults(5)
    for faults in (one, other):
        faults.ask("http-503:30%")
    assert [one.fires("http-503") for _ in range(50)] == [other.fires("http-503") for _ in range(50)]
    assert 5 < one.fired["http-503"] < 25
    one.ask("http-429:2@3")
    assert [one.fires("http-429") for _ in range(7)] == [False, False, False, True, True, False, False]
    with pytest.raises(ValueError, match="unknown fault"):
        one.ask("http-418")


def test_the_control_address_refuses_what_it_does_not_know(client: Client) -> None:
    assert client.http.post("/simulator/day", json={"to": "2026-10-01"}).status_code == 400
    assert client.http.post("/simulator/faults", json={"ask": "nonsense!"}).status_code == 400
    before = client.http.get("/simulator").json()["today"]
    for body in (b"days=3", b"[1]", b'{"days": 3'):
        assert client.http.post("/simulator/day", content=body).status_code == 400
    assert client.http.get("/simulator").json()["today"] == before
    assert set(client.http.get("/simulator").json()["faults"]) == set(KNOWN)
