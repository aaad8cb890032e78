"""HTTP of live sources: what is tried again and for how long, and what never shows up anywhere."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from pipelines.errors import AccessLocked, SourceUnavailable
from pipelines.simulator.faults import Faults
from pipelines.simulator.web import Answer, Request, Server
from sources.finapi_api import FinapiApi, Refusal
from sources.http_client import HttpClient
from sources.http_retry import Patience, Policy, Transient

CANARY = "DE02120300000000202051-geheim"
NOW = datetime(2026, 10, 14, 6, 0, tzinfo=UTC)


class Time:
    """A clock that moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def patience(time: Time, **changes: Any) -> Patience:
    return Patience("bank", Policy(**changes), clock=lambda: time.now, sleep=time.sleep, dice=Random(1))


def failing(times: int, retry_after: float | None = None) -> Callable[[], str]:
    left = [times]

    def once() -> str:
        if left[0]:
            left[0] -= 1
            raise Transient("http-503", retry_after)
        return "done"

    return once


# --- patience ---------------------------------------------------------------------------------------------------------


def test_waits_grow_and_differ() -> None:
    time = Time()
    assert patience(time).call(failing(4)) == "done"
    for number, waited in enumerate(time.slept):
        assert 0.5 * 0.5 * 2**number <= waited <= 0.5 * 2**number


def test_gives_up_after_the_last_try() -> None:
    time = Time()
    with pytest.raises(SourceUnavailable, match="http-503, 5 tries"):
        patience(time).call(failing(5))
    assert len(time.slept) == 4


def test_what_the_server_asks_for_is_a_minimum() -> None:
    time = Time()
    patience(time).call(failing(1, retry_after=17.0))
    assert 17.0 <= time.slept[0] < 18.0


def test_nobody_waits_an_hour_because_a_server_says_so() -> None:
    time = Time()
    with pytest.raises(SourceUnavailable):
        patience(time).call(failing(1, retry_after=3600.0))
    assert time.slept == []


def test_the_deadline_ends_everything() -> None:
    time = Time()
    source = patience(time, deadline=10.0)
    time.now = 9.9
    with pytest.raises(SourceUnavailable):
        source.call(failing(3))
    time.now = 11.0
    with pytest.raises(SourceUnavailable, match="longer than"):
        source.call(lambda: "never asked")
    source.begin()
    assert source.call(lambda: "asked") == "asked"


def test_the_breaker_leaves_a_broken_source_alone_and_looks_again() -> None:
    time = Time()
    source = patience(time, tries=1, breaker_after=3, breaker_seconds=60.0)
    for _ in range(3):
        with pytest.raises(SourceUnavailable, match="does not answer"):
            source.call(failing(1))
    asked: list[int] = []
    with pytest.raises(SourceUnavailable, match="left alone"):
        source.call(lambda: asked.append(1))
    assert not asked
    time.now += 61
    with pytest.raises(SourceUnavailable, match="does not answer"):
        source.call(failing(1))
    with pytest.raises(SourceUnavailable, match="left alone"):
        source.call(lambda: asked.append(1))
    time.now += 61
    source.call(lambda: asked.append(1))
    source.call(lambda: asked.append(1))
    assert len(asked) == 2


def test_other_errors_are_never_tried_again() -> None:
    time, asked = Time(), []

    def refused() -> None:
        asked.append(1)
        raise AccessLocked("the PIN is wrong", "pin-wrong")

    with pytest.raises(AccessLocked):
        patience(time).call(refused)
    assert asked == [1]


# --- real HTTP --------------------------------------------------------------------------------------------------------


@contextmanager
def serving(*answers: Answer) -> Iterator[tuple[str, list[Request]]]:
    """A server that gives these answers, the last one for ever, and remembers what it was asked."""
    asked: list[Request] = []
    lock = threading.Lock()

    def handle(request: Request) -> Answer:
        with lock:
            asked.append(request)
            return answers[min(len(asked), len(answers)) - 1]

    with Server(handle, Faults()) as server:
        yield server.url, asked


def client(time: Time) -> HttpClient:
    return HttpClient(patience(time), timeout_seconds=2.0, connections=2, loopback=True, now=lambda: NOW)


OK = Answer(200, b'{"paging": {"page": 1}, "amount": 0.1}')


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(429, b""),
        Answer(503, b"", "text/plain"),
        Answer(500, b"{}"),
        Answer(200, b"<!DOCTYPE html><title>Wartung</title>", "text/html"),
        Answer(200, b'{"transactions": [{"id": 1'),
        Answer(200, b'{"amount": NaN}'),
        Answer(200, b'{"amount": 1e999}'),
    ],
    ids=["429", "503", "500", "web page", "cut off", "NaN", "beyond all amounts"],
)
def test_what_is_no_whole_answer_is_asked_for_again(trouble: Answer) -> None:
    time = Time()
    with serving(trouble, trouble, OK) as (url, asked):
        answer = client(time).json("GET", f"{url}/api/v2/accounts")
    assert answer.ok
    assert str(answer.body["amount"]) == "0.1"
    assert len(asked) == 3


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("Wed, 14 Oct 2026 06:00:09 GMT", 9.0), ("soon", 0.0)])
def test_retry_after_in_seconds_and_as_a_date(header: str, seconds: float) -> None:
    time = Time()
    with serving(Answer(429, b"", headers={"Retry-After": header}), OK) as (url, _):
        client(time).json("GET", url)
    assert seconds <= time.slept[0] <= seconds + 1


def test_a_refusal_is_an_answer_and_a_redirect_is_never_followed() -> None:
    time = Time()
    with serving(Answer(422, b'{"errors": []}')) as (url, asked):
        assert client(time).json("GET", url).status == 422
        assert len(asked) == 1
    with (
        serving(Answer(302, b"", headers={"Location": "https://example.org"})) as (url, asked),
        pytest.raises(SourceUnavailable, match="redirect"),
    ):
        client(time).json("GET", url)
    assert len(asked) == 1


# --- tokens -----------------------------------------------------------------------------------------------------------


def token(value: str, lives: int = 3600) -> Answer:
    return Answer(200, f'{{"access_token": "{value}", "expires_in": {lives}, "token_type": "bearer"}}'.encode())


def api(time: Time, url: str) -> FinapiApi:
    names = ("client_id", "client_secret", "username", "password")
    return FinapiApi(client(time), url, "", {name: lambda: CANARY for name in names})


def used(asked: list[Request]) -> list[str]:
    return [one.headers["authorization"].removeprefix("Bearer ") for one in asked if "authorization" in one.headers]


def test_a_token_is_used_until_it_expires() -> None:
    time = Time()
    with serving(token("t1", 100), OK, OK, token("t2", 100), OK) as (url, asked):
        finapi = api(time, url)
        finapi.get("/a")
        finapi.get("/b")
        time.now += 80
        finapi.get("/c")
    assert used(asked) == ["t1", "t1", "t2"]
    assert asked[0].body.count(b"grant_type=password") == 1


def test_a_token_without_end_is_kept() -> None:
    time = Time()
    with serving(token("t1", 0), OK) as (url, asked):
        finapi = api(time, url)
        finapi.get("/a")
        time.now += 1e9
        finapi.http.patience.begin()
        finapi.get("/b")
    assert used(asked) == ["t1", "t1"]


def test_a_lost_token_brings_one_new_login_and_no_more() -> None:
    time = Time()
    lost = Answer(401, b'{"errors": [{"code": "INVALID_TOKEN", "type": "TECHNICAL"}]}')
    with serving(token("t1"), lost, token("t2"), OK) as (url, asked):
        assert api(time, url).get("/a").ok
    assert used(asked) == ["t1", "t2"]
    with (
        serving(token("t1"), lost, token("t2"), lost) as (url, asked),
        pytest.raises(SourceUnavailable, match="access token"),
    ):
        api(time, url).get("/a")
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("status", "code"), [(400, "login-refused"), (401, "client-refused"), (403, "user-refused"), (423, "user-locked")]
)
def test_a_refused_login_is_asked_for_once(status: int, code: str) -> None:
    time = Time()
    body = b'{"error": "invalid_grant", "error_description": "Bad credentials ' + CANARY.encode() + b'"}'
    with serving(Answer(status, body)) as (url, asked), pytest.raises(AccessLocked) as refused:
        api(time, url).get("/a")
    assert refused.value.code == code
    assert len(asked) == 1
    assert CANARY not in str(refused.value)


# --- nothing personal, nothing secret ---------------------------------------------------------------------------------


def test_neither_logs_nor_errors_hold_what_was_sent_or_answered(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    time = Time()
    error = f'{{"errors": [{{"code": "BANK_SERVER_REJECTION", "message": "{CANARY}", "type": "BUSINESS"}}]}}'
    texts: list[str] = []
    for trouble in (
        Answer(422, error.encode()),
        Answer(422, f'{{"errors": [{{"code": "{CANARY}"}}]}}'.encode()),
        Answer(503, CANARY.encode()),
        Answer(200, f'{{"x": "{CANARY}'.encode()),
    ):
        with serving(token(CANARY), trouble) as (url, _), pytest.raises((Refusal, SourceUnavailable)) as caught:
            api(time, url).get(f"/api/v2/accounts/{CANARY}", {"search": CANARY})
        texts += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
    finapi = api(time, "http://127.0.0.1:9")
    with pytest.raises(SourceUnavailable) as caught:
        finapi.get(f"/{CANARY}")
    texts += [str(caught.value), repr(finapi), repr(finapi.http), caplog.text]
    assert CANARY not in " ".join(texts)
