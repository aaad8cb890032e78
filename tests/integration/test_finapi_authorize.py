"""Consent and second factor at finAPI with a person who is played by the test; the route of those without a licence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx
import pytest

from pipelines.model.access import AccountOutcome
from pipelines.model.statement import Document
from pipelines.ports.access import Choice
from pipelines.ports.source import Window
from pipelines.simulator.world import METHODS
from tests.live_world import Live, impatient, live

DAY = date(2026, 10, 8)


@dataclass
class Person:
    """Answers as told. opens: a Web Form is opened when its address is shown."""

    method: str = "910"
    tan: str = "123456"
    shown: list[str] = field(default_factory=list)

    def choose(self, question: str, choices: Sequence[Choice]) -> str:
        assert self.method in {one.key for one in choices}
        return self.method

    def ask(self, question: str, *, secret: bool = False) -> str:
        return self.tan

    def show(self, text: str) -> None:
        self.shown.append(text)
        address = text.rpartition(": ")[2]
        if address.startswith("http://127.0.0.1"):
            assert httpx.get(address, trust_env=False).status_code == 200

    def show_image(self, image: bytes, mime_type: str, text: str) -> None:
        assert image.startswith(b"\x89PNG")
        self.shown.append(mime_type)

    def show_flicker(self, code: str, text: str) -> None:
        self.shown.append(code)

    def wait_for(
        self, text: str, poll: Callable[[], bool], *, first_seconds: float, every_seconds: float, at_most: int
    ) -> bool:
        return any(poll() for _ in range(at_most))


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with live(tmp_path, today=DAY, methods=METHODS) as company:
        company.bank.world.logins[0].consent_until = date(2026, 10, 1)
        yield company


def authorised(company: Live, person: Person) -> list[object]:
    """What a fetch with the person delivers."""
    with company.app() as app:
        source = app._build("sources", app.settings.sources[0])
        source.api.http.patience = impatient()
        return list(source.authorize(person, Window(DAY, mode="test")))


def states(arrivals: Sequence[object]) -> set[str]:
    return {f"{one.state.value} {one.code}".strip() for one in arrivals if isinstance(one, AccountOutcome)}


@pytest.mark.parametrize("method", ["910", "912", "923"])
def test_consent_with_every_kind_of_second_factor(company: Live, method: str) -> None:
    assert set(company.standing()) == set()
    company.pull()
    assert {text.partition(" ")[0] for text in company.standing().values()} == {"needs-authorisation"}
    assert company.table("journal").empty
    arrivals = authorised(company, Person(method))
    assert states(arrivals) == {"complete"}
    assert sum(isinstance(one, Document) for one in arrivals) == 2
    company.pull()
    assert set(company.standing().values()) == {"complete"}


def test_a_wrong_tan_leaves_it_as_it_was(company: Live) -> None:
    arrivals = authorised(company, Person(tan="000000"))
    assert states(arrivals) == {"needs-authorisation authorisation-refused"}
    assert not any(isinstance(one, Document) for one in arrivals)


def test_without_a_licence_a_web_form_is_opened(company: Live) -> None:
    company.options = {"web_form_url": company.bank.finapi.url}
    company.pull()
    assert {text.partition(" ")[0] for text in company.standing().values()} == {"needs-authorisation"}
    person = Person()
    assert states(authorised(company, person)) == {"complete"}
    assert any("/forms/" in text for text in person.shown)
    company.pull()
    assert set(company.standing().values()) == {"complete"}


def test_without_a_licence_the_update_is_a_background_task(company: Live) -> None:
    company.bank.world.logins[0].consent_until = None
    company.options = {"web_form_url": company.bank.finapi.url}
    company.pull()
    assert set(company.standing().values()) == {"complete"}
    company.bank.faults.ask("finapi-web-form:1")
    company.pull()
    assert set(company.standing().values()) == {"needs-authorisation web-form-required"}


def test_a_consent_that_runs_out_is_told_in_time(company: Live) -> None:
    login = company.bank.world.logins[0]
    login.consent_until = date(2026, 10, 23)
    assert not [one for one in company.pull().findings if one.code == "consent-expires"]
    login.consent_until = date(2026, 10, 22)
    found = [one.message for one in company.pull().findings if one.code == "consent-expires"]
    assert len(found) == 2
    assert all("2026-10-22" in message for message in found)
    assert not any(account.iban in message for account in company.bank.world.accounts for message in found)
    login.consent_until = date(2027, 1, 1)
    company.pull()
    with company.app() as app, app.books.read() as work:
        assert not work.findings.open(codes={"consent-expires"})
