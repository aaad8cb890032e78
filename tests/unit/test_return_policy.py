"""The return policy: which steps follow which reason, the how-manieth time, and who bears the bank's charge."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.calendar import is_banking_day
from pipelines.errors import ConfigurationError
from pipelines.returns.policy import Bearer, Represent, ReturnClass, Step, parse_policy, shipped_policy

POLICY = shipped_policy()


@pytest.mark.parametrize(
    ("code", "times", "steps"),
    [
        ("AM04", 1, "represent"),
        ("AM04", 2, "represent"),
        ("AM04", 3, "switch_to_invoice"),
        ("MS03", 1, "represent"),
        ("MS03", 2, "person switch_to_invoice"),
        ("AC04", 1, "ask_payment_data switch_to_invoice block_iban"),
        ("AC01", 1, "ask_payment_data"),
        ("AC01", 5, "ask_payment_data"),
        ("MD06", 1, "person"),
        ("MD07", 1, "stop_dunning person"),
        ("AM05", 1, "person"),
        ("", 1, "represent"),
        ("XX99", 2, "person switch_to_invoice"),
    ],
)
def test_the_steps(code: str, times: int, steps: str) -> None:
    assert " ".join(POLICY.answer(code, times).steps) == steps


def test_what_the_bank_does_not_say_is_tried_once_and_then_seen_by_a_person() -> None:
    assert POLICY.class_of("MS03") is ReturnClass.UNKNOWN
    assert Step.REPRESENT not in POLICY.answer("MS03", 2).steps


@pytest.mark.parametrize(
    ("code", "bearer"),
    [("AM04", Bearer.DEBTOR), ("MS03", Bearer.DEBTOR), ("AM05", Bearer.OURS), ("FF01", Bearer.OURS),
     ("MD06", Bearer.OPEN), ("MD07", Bearer.OPEN)],
)  # fmt: skip
def test_who_bears_the_charge(code: str, bearer: Bearer) -> None:
    assert POLICY.bearer(code) is bearer


def test_a_debtors_own_rule_goes_first_but_not_over_a_death_or_a_dispute() -> None:
    policy = parse_policy(
        '[classes]\nsoft = ["AM04"]\ndispute = ["MD06"]\n[steps]\nsoft = ["represent"]\ndispute = ["person"]\n'
        '[debtors]\n10001 = ["switch_to_invoice"]',
        "x",
    )
    assert policy.answer("AM04", 1, "10001").steps == (Step.SWITCH_TO_INVOICE,)
    assert policy.answer("AM04", 1, "10002").steps == (Step.REPRESENT,)
    assert policy.answer("MD06", 1, "10001").steps == (Step.PERSON,)


def test_it_is_never_presented_more_often_than_allowed() -> None:
    policy = parse_policy('[classes]\nsoft = ["AM04"]\n[steps]\nsoft = ["represent"]\n[represent]\nmost = 1', "x")
    assert policy.answer("AM04", 1).steps == (Step.REPRESENT,)
    assert policy.answer("AM04", 2).steps == (Step.PERSON,)
    assert "presented 1 times already" in policy.answer("AM04", 2).because


@pytest.mark.parametrize("today", [date(2026, 10, 1), date(2026, 12, 20), date(2026, 3, 27), date(2027, 2, 27)])
def test_it_is_presented_near_a_pay_day_with_time_for_the_notice(today: date) -> None:
    rule = Represent()
    day = rule.day_after(today)
    assert is_banking_day(day)
    assert (day - today).days >= rule.notice_days
    assert (day - today).days <= rule.notice_days + 20
    assert any(0 <= (day - date(day.year, day.month, pay)).days <= 5 for pay in rule.pay_days)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense = 1", "unknown section"),
        ('[classes]\nodd = ["AM04"]', "'odd' is none of"),
        ('[classes]\nsoft = ["AM04"]\nhard = ["AM04"]', "in two classes"),
        ('[steps]\nsoft = ["pray"]', "'pray' is none of"),
        ("[steps]\nsoft = []", "at least one step"),
        ("[represent]\npay_days = [31]", "from 1 to 28"),
        ("[represent]\noften = 1", "has no 'often'"),
    ],
)
def test_a_wrong_policy_says_where(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_policy(text, "returns.toml")
