"""Dunning plans and banking days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.calendar import is_banking_day, payable_by, previous_banking_day, shift
from pipelines.errors import ConfigurationError
from pipelines.plans import load_plans, parse_plans

GOOD = """
[[plans]]
name = "a"
default = true
min_item = "2.50"
[[plans.levels]]
action = "reminder"
[[plans.levels]]
delay_days = 7
action = "dunning_1"
channel = "post"
"""


def test_the_shipped_plan_escalates_and_treats_returns_apart() -> None:
    plan = load_plans().default
    assert [level.action for level in plan.levels] == ["reminder", "dunning_1", "dunning_2", "final_notice"]
    assert plan.return_levels[0].action == "return_notice"
    assert plan.min_item("EUR") == 100


def test_a_plan_file(tmp_path: Path) -> None:
    path = tmp_path / "dunning.toml"
    path.write_text(GOOD)
    plans = load_plans(path)
    plan = plans.choose("", "unknown", "a")
    assert plan is plans.default
    assert (plan.min_item("EUR"), plan.min_item("JPY"), plan.min_item("KWD")) == (250, 3, 2500)
    assert plan.return_levels == plan.levels


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("default = true", ""), "default"),
        (('name = "a"', ""), "name"),
        (("delay_days = 7", "delay_days = 0"), "delay_days"),
        (("delay_days = 7", "delay_days = -1"), "delay_days"),
        (('min_item = "2.50"', "min_item = 2.5"), "min_item"),
        (('min_item = "2.50"', 'min_item = "-1"'), "min_item"),
        (('channel = "post"', 'chanel = "post"'), "chanel"),
        (('name = "a"', 'name = "a"\ngrace = 3'), "grace"),
        (("[[plans]]", "[[plan]]"), "plans"),
        (('action = "reminder"', ""), "action"),
        (("= true", "= "), "TOML"),
    ],
)
def test_a_wrong_plan_is_refused_by_its_key(change: tuple[str, str], what: str) -> None:
    with pytest.raises(ConfigurationError, match=what):
        parse_plans(GOOD.replace(*change, 1), "x.toml")


def test_two_defaults_and_two_of_a_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        parse_plans(GOOD + GOOD, "x.toml")
    with pytest.raises(ConfigurationError, match="exactly one"):
        parse_plans(GOOD + GOOD.replace('"a"', '"b"'), "x.toml")


def test_banking_days_are_those_of_target2() -> None:
    # Good Friday to Easter Monday 2026; 3 October is a holiday in Germany but not of TARGET2, and a Saturday here.
    assert previous_banking_day(date(2026, 4, 7)) == date(2026, 4, 2)
    assert not is_banking_day(date(2026, 5, 1))
    assert is_banking_day(date(2026, 10, 2))
    assert previous_banking_day(date(2026, 11, 16)) == date(2026, 11, 13)
    assert shift(date(2026, 12, 24), 1) == date(2026, 12, 28)
    assert payable_by(date(2026, 11, 14)) == date(2026, 11, 16)
    assert payable_by(date(2026, 11, 13)) == date(2026, 11, 13)
