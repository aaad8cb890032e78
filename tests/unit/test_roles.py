"""Who may do what: shipped roles, roles of one's own, and every registered command."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.approvals import ApprovalRules
from pipelines.cli import cli
from pipelines.commands.guard import leaves
from pipelines.config import parse
from pipelines.errors import ConfigurationError, NotAllowed
from pipelines.model.money import Money
from pipelines.roles import COMMANDS, PERMISSIONS, ROLES, parse_access


def test_nobody_named_is_single_user_mode() -> None:
    access = parse_access({}, {})
    assert access.single_user
    access.require_command("whoever", "review writeoff")


@pytest.mark.parametrize(("path", "command"), list(leaves(cli)), ids=[path for path, _ in leaves(cli)])
def test_every_command_has_a_permission_and_asks_for_it(path: str, command: object) -> None:
    assert path in COMMANDS, f"{path} stands in no table of pipelines.roles"
    assert set(COMMANDS[path].split()) <= set(PERMISSIONS)
    assert getattr(command.callback, "guards", None) == path  # type: ignore[attr-defined]


def test_shipped_roles_keep_apart_what_should_be_apart() -> None:
    assert all(granted <= set(PERMISSIONS) for granted in ROLES.values())
    assert "approve" not in ROLES["analyst"]
    assert "decide" not in ROLES["approver"]
    assert not {"decide", "post", "debtors", "block", "approve"} & ROLES["auditor"]
    assert set().union(*ROLES.values()) == set(PERMISSIONS)


def test_a_role_of_ones_own_and_several_roles_add_up() -> None:
    access = parse_access({"front desk": ["look", "block"]}, {"carla": ["front desk", "ingest"]})
    assert access.may("carla", "block")
    assert access.may("carla", "load pull")
    assert not access.may("carla", "pull match post dun deliver")
    assert not access.may("dora", "look")


def test_a_refusal_says_who_what_and_which_role_would_do() -> None:
    access = parse_access({}, {"anna": ["ingest"]})
    with pytest.raises(NotAllowed, match=r'"anna" may not run "review accept".*decide.*analyst'):
        access.require_command("anna", "review accept")
    with pytest.raises(NotAllowed, match=r'"nobody" is not in \[users\]'):
        access.require_command("nobody", "check")


def test_a_command_nobody_listed_needs_the_administrator() -> None:
    access = parse_access({}, {"anna": ["analyst"], "root": ["administrator"]})
    with pytest.raises(NotAllowed):
        access.require_command("anna", "a command of tomorrow")
    access.require_command("root", "a command of tomorrow")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"users": {"anna": ["analist"]}}, 'did you mean "analyst"'),
        ({"roles": {"clerk": ["decid"]}, "users": {"anna": ["clerk"]}}, 'did you mean "decide"'),
        ({"roles": {"analyst": ["look"]}, "users": {"anna": ["analyst"]}}, "shipped role"),
        ({"roles": {"clerk": ["look"]}}, r"\[users\]"),
        ({"users": {"anna": "analyst"}}, "list of names"),
        ({"users": ["anna"]}, "table"),
        ({"approval": {"limt": "1.00"}}, 'did you mean "limit"'),
        ({"approval": {"limit": 500}}, "in quotes"),
    ],
)
def test_a_configuration_that_cannot_be_meant_is_refused(raw: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse(raw, Path("kontoklar.toml"))


def test_what_needs_a_second_person() -> None:
    rules = parse({"approval": {"limit": "500.00", "kinds": ["refund"]}}).approval
    assert not rules.needs_approval("accept", Money(50_000, "EUR"), "anna")
    assert rules.needs_approval("accept", Money(-50_001, "EUR"), "anna")
    assert rules.needs_approval("accept", Money(1, "USD"), "anna")
    assert rules.needs_approval("refund", Money(1, "EUR"), "anna")
    assert not rules.needs_approval("hold", Money(0, "EUR"), "anna")
    assert not ApprovalRules().needs_approval("accept", Money(10**9, "EUR"), "anna")
