"""A wrong or locked PIN is sent once and never again, and neither PIN nor TAN shows up anywhere."""

from __future__ import annotations

import io
import logging
import os
import traceback
from collections.abc import Iterator

import pytest

from pipelines.errors import AccessLocked
from pipelines.simulator.fints_manner import Manner
from tests.fints_world import CANARY_PIN, CANARY_TAN, PIN_VARIABLE, Bank, Person, open_bank


@pytest.fixture
def bank() -> Iterator[Bank]:
    with open_bank(pin=CANARY_PIN) as bank:
        yield bank


@pytest.mark.parametrize("code", ["9340", "9910", "9930", "9931", "9933", "9942"])
def test_a_wrong_pin_is_sent_once(code: str) -> None:
    with open_bank(manner=Manner(wrong_pin=code), accounts=1) as bank:
        os.environ[PIN_VARIABLE] = "99999"
        for _ in range(4):
            error = bank.fetch().error
            assert isinstance(error, AccessLocked)
            assert error.code == ("pin-locked" if code == "9933" else "pin-wrong")
        assert bank.world.logins[0].wrong_pins == 1
        assert bank.orders.count("HKIDN") == 1


@pytest.mark.parametrize("code", ["3931", "3938", "9942"])
def test_a_locked_login_is_left_alone(code: str) -> None:
    with open_bank(manner=Manner(locked=code), accounts=1) as bank:
        bank.faults.arm("fints-pin-locked")
        for _ in range(3):
            assert isinstance(bank.fetch().error, AccessLocked)
        assert bank.orders.count("HKIDN") == 1


def test_a_pin_that_the_bank_refuses_in_the_middle_of_a_fetch(bank: Bank) -> None:
    source = bank.source().fetch(bank.window())
    next(source)
    bank.world.logins[0].pin = "another"
    with pytest.raises(AccessLocked):
        list(source)
    before = len(bank.orders)
    assert isinstance(bank.fetch().error, AccessLocked)
    assert len(bank.orders) == before


def test_a_changed_pin_is_noticed_and_tried(bank: Bank) -> None:
    os.environ[PIN_VARIABLE] = "99999"
    assert isinstance(bank.fetch().error, AccessLocked)
    os.environ[PIN_VARIABLE] = CANARY_PIN
    assert bank.fetch().complete


def test_a_person_may_try_the_same_pin_again(bank: Bank) -> None:
    bank.faults.arm("fints-pin-refused")
    assert isinstance(bank.fetch().error, AccessLocked)
    assert isinstance(bank.authorize(Person(picks={"The bank refused": "no"})).error, AccessLocked)
    assert bank.orders.count("HKIDN") == 1
    assert bank.authorize(Person(picks={"The bank refused": "yes", "Which TAN": "910"})).complete
    assert bank.fetch().complete


@pytest.mark.parametrize("fault", ["connection-reset", "half-body", "html-page"])
def test_an_unproven_pin_is_not_sent_again_and_again_without_an_answer(fault: str, bank: Bank) -> None:
    """Each of them may have counted as a wrong one."""
    os.environ[PIN_VARIABLE] = "99999"
    bank.faults.arm(fault, times=None)
    codes = [getattr(bank.fetch().error, "code", "") for _ in range(4)]
    assert codes[2:] == ["pin-unproven", "pin-unproven"]
    assert bank.faults.fired[fault] == 2
    assert not bank.world.logins[0].locked


def test_a_server_that_is_away_says_nothing_about_the_pin(bank: Bank) -> None:
    bank.faults.arm("http-503", times=9)
    for _ in range(3):
        assert bank.fetch().error is not None
    assert bank.fetch().complete


class TestNothingShows:
    """The PIN and the TAN are canaries: they may be in the message to the bank and nowhere else."""

    @pytest.fixture
    def log(self) -> Iterator[io.StringIO]:
        written = io.StringIO()
        handler = logging.StreamHandler(written)
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        yield written
        root.removeHandler(handler)
        root.setLevel(level)

    @pytest.mark.parametrize(
        "fault",
        ["", "fints-pin-refused", "fints-pin-locked", "fints-aborted", "connection-reset", "half-body", "html-page",
         "http-500", "slow"],
    )  # fmt: skip
    def test_in_logs_errors_and_the_memory(
        self, fault: str, bank: Bank, log: io.StringIO, recwarn: pytest.WarningsRecorder
    ) -> None:
        bank.tan_is_due()
        if fault:
            bank.faults.arm(fault, times=None, after=3 if fault == "fints-aborted" else 0)
        person = Person(tans=[CANARY_TAN] * 9, picks={"Which TAN": "910", "The bank refused": "yes"})
        for _ in range(2):
            fetched = bank.authorize(person, timeout=0.2 if fault == "slow" else 5)
        told = log.getvalue() + "".join(str(one.message) for one in recwarn)
        if fetched.error is not None:
            told += "".join(traceback.format_exception(fetched.error)) + repr(fetched.error)
            assert fetched.error.__context__ is None
        told += repr(bank.source()) + repr(fetched.outcomes)
        kept = b"".join(bank.store.states).decode()
        for canary in (CANARY_PIN, CANARY_TAN):
            assert canary not in told
            assert canary not in kept
        assert not any(iban in log.getvalue() for iban in bank.ibans)
        holder = bank.world.accounts[0].holder
        assert holder not in told
