"""``kontoklar authorize``: a TAN at the terminal opens the account, and the next run needs none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import cli
from pipelines.commands.session import Session
from tests.fints_world import CANARY_PIN, CANARY_TAN, PIN_VARIABLE, Bank, open_bank

_CONFIG = """
[company]
name = "Probe"
mode = "test"

[memory]
key = {{ file = "memory.key" }}

[[sources]]
name = "house-bank"
use = "fints"
server = "{url}"
bank_code = "12345678"
user = "simulant"
pin = {{ env = "{variable}" }}
product_id = "TESTPRODUCT"
timeout = 5

[[sources]]
name = "folder"
use = "files"
path = "inbox"
"""


class Office:
    """A folder with a configuration and books, beside a bank."""

    def __init__(self, bank: Bank, folder: Path) -> None:
        self.bank, self.folder = bank, folder
        (folder / "inbox").mkdir()
        (folder / "memory.key").write_bytes(b"0" * 43 + b"=")
        (folder / "kontoklar.toml").write_text(_CONFIG.format(url=bank.server.url, variable=PIN_VARIABLE))
        self.database = folder / "kontoklar.db"
        self.said: list[str] = []

    def call(self, *arguments: str, answers: str = "") -> Result:
        """Runs a command; answers: what the person types, line by line."""
        given = ["--config", str(self.folder / "kontoklar.toml"), "--database", f"sqlite:///{self.database}"]
        day = [] if arguments[0] in ("export", "check") else ["--as-of", str(self.bank.world.today)]
        session = Session()
        result = CliRunner().invoke(cli, [*given, *arguments, *day], input=answers, obj=session)
        self.said.append(result.output)
        return result

    def told(self, *arguments: str, answers: str = "") -> dict[str, object]:
        """The JSON object of a command."""
        result = self.call(*arguments, "--json", answers=answers)
        found: dict[str, object] = json.loads(result.stdout)
        return found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_bank(pin=CANARY_PIN) as bank:
        bank.tan_is_due()
        yield Office(bank, tmp_path)


def test_a_tan_typed_at_the_terminal_opens_both_accounts(office: Office) -> None:
    office.call("pull")
    assert office.call("authorize", "house-bank", answers=f"1\n{CANARY_TAN}\n").exit_code == 0
    said = office.said[-1]
    assert "chipTAN manuell (910)" in said
    assert "Startcode" in said
    assert said.count("complete") == 2
    assert str(office.bank.world.today + timedelta(days=180)) in said
    office.bank.world.advance(1)
    again = office.told("pull", "house-bank")
    assert again["exit_code"] == 0
    assert office.call("check").exit_code == 0


def test_the_photo_tan_is_a_picture_only_this_user_can_see_and_only_now(office: Office) -> None:
    office.bank.world.logins[0].methods = office.bank.world.logins[0].methods[2:3]
    assert office.call("authorize", "house-bank", answers=f"{CANARY_TAN}\n").exit_code == 0
    (line,) = [line for line in office.said[-1].splitlines() if line.startswith("Look at: ")]
    assert line.endswith("tan.png")
    assert not Path(line.removeprefix("Look at: ")).exists()


def test_chip_tan_optical_is_a_page_that_flickers(office: Office) -> None:
    assert office.call("authorize", "house-bank", answers=f"2\n{CANARY_TAN}\n").exit_code == 0
    assert "tan.html" in office.said[-1]


def test_an_app_confirms_without_anything_typed(office: Office) -> None:
    result = office.call("authorize", "house-bank", answers="4\n1\n")
    assert result.exit_code == 0
    assert "in Ihrer App frei" in result.output


def test_who_gives_up_has_changed_nothing(office: Office) -> None:
    assert office.call("authorize", "house-bank", answers="1\n").exception is not None
    assert office.call("authorize", "house-bank", answers=f"1\n{CANARY_TAN}\n").exit_code == 0


def test_a_wrong_tan_is_told(office: Office) -> None:
    told = office.told("authorize", "house-bank", answers="1\n000000\n2\n")
    assert {row["code"] for row in told["access"]} == {"tan-wrong", "tan-required"}  # type: ignore[attr-defined]
    assert told["exit_code"] != 0


def test_a_source_without_a_login_has_nothing_to_authorise(office: Office) -> None:
    result = office.call("authorize", "folder")
    assert "asks for no consent and no TAN" in str(result.exception)


def test_a_refused_pin_stays_in_the_drawer_until_the_person_says_so(office: Office) -> None:
    os.environ[PIN_VARIABLE] = "99999"
    office.call("pull", "house-bank")
    office.call("pull", "house-bank")
    assert office.bank.world.logins[0].wrong_pins == 1
    office.call("authorize", "house-bank", answers="1\n")
    assert office.bank.world.logins[0].wrong_pins == 1
    office.call("authorize", "house-bank", answers="2\n")
    assert office.bank.world.logins[0].wrong_pins == 2


def test_nothing_secret_is_in_the_database_or_on_the_screen(office: Office) -> None:
    office.call("pull")
    office.call("authorize", "house-bank", answers=f"1\n{CANARY_TAN}\n")
    office.call("pull")
    books = office.database.read_bytes()
    said = "".join(office.said).replace(f": {CANARY_TAN}", "").replace(f"TAN ist {CANARY_TAN}", "")
    for canary in (CANARY_PIN, CANARY_TAN):
        assert canary.encode() not in books
        assert canary not in said
    assert b"python-fints" not in books
