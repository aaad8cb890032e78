"""Who may do what: permissions, the shipped roles, roles of one's own, and which command needs which permission.

Without ``[users]`` in the configuration everybody may do everything (single-user mode). With it, only who is listed
may do anything, and a command that is not in ``COMMANDS`` needs ``administer``. The name of a user is what ``--user``,
KONTOKLAR_USER or the operating system says: roles keep colleagues to their tasks; who may open the database at all is
a matter of the database's own rights (``init --grant-to``).
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pipelines.errors import ConfigurationError, NotAllowed
from pipelines.known import refuse_unknown

PERMISSIONS: Final[Mapping[str, str]] = {
    "load": "take what the billing system knows",
    "pull": "fetch and store bank data, authorise sources",
    "match": "plan allocations",
    "post": "post the automatic part of the plan",
    "dun": "make dunning triggers and dunning runs",
    "deliver": "send messages and files to the outside",
    "look": "see payments, debtors and lists; IBANs masked",
    "export": "write tables into files",
    "check": "prove the books",
    "decide": "decide about payments and claims",
    "debtors": "change what is known about debtors",
    "block": "change the blocklist",
    "unmask": "see whole IBANs, audited",
    "approve": "release or refuse what another user decided",
    "audit": "read and anchor the audit trail",
    "administer": "schema, policy, and whatever no other permission names",
}

ROLES: Final[Mapping[str, frozenset[str]]] = {
    "ingest": frozenset({"load", "pull", "check"}),
    "poster": frozenset({"match", "post", "dun", "deliver", "check"}),
    "analyst": frozenset({"look", "export", "check", "decide", "debtors", "block"}),
    "approver": frozenset({"look", "check", "approve", "unmask"}),
    "auditor": frozenset({"look", "export", "check", "audit", "unmask"}),
    "administrator": frozenset({"administer", "look", "check"}),
}

ANYBODY: Final = ""
# Command → permission. A "run" is all of the daily steps and needs all of theirs.
COMMANDS: Final[Mapping[str, str]] = {
    "init": "administer",
    "demo": ANYBODY,  # a company of its own in a folder of its own
    "simulate bank": ANYBODY,  # a bank that does not exist; opens no books
    "load": "load",
    "pull": "pull",
    "authorize": "pull",
    "match": "match",
    "post": "post",
    "dun": "dun",
    "deliver": "deliver",
    "run": "pull match post dun deliver",
    "accounts": "look",
    "pending": "look",
    "explain": "look",
    "export": "export",
    "check": "check",
    "backtest": "check",
    "calibrate": "administer",
    "policy show": "look",
    "learned list": "look",
    "learned preview": "look",
    "review list": "look",
    "review show": "look",
    "review approvals": "look",
    "review payments": "deliver",
    "review approve": "approve",
    "review refuse": "approve",
    **dict.fromkeys(
        (
            f"review {name}"
            for name in (
                "accept", "reject", "confirm", "assign", "split", "hold", "release", "undo", "rebook", "refund",
                "credit",
                "writeoff", "small-difference", "charge", "transit", "on-account", "by-law",
            )
        ),
        "decide",
    ),
    **dict.fromkeys(
        (f"debtor {name}" for name in ("search", "show", "statement", "history", "blocks")),
        "look",
    ),
    **dict.fromkeys((f"debtor {name}" for name in ("add", "change", "renumber", "access")), "debtors"),
    "debtor unmask": "unmask",
    "debtor block": "block",
    "debtor unblock": "block",
    "audit list": "audit",
    "audit anchor": "audit",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Access:
    """Who may do what. users: user → permissions of all their roles; empty is single-user mode."""

    users: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def single_user(self) -> bool:
        """Whether nobody is named and everything is allowed."""
        return not self.users

    def may(self, user: str, permission: str) -> bool:
        """Whether a user has every permission of a blank-separated list; "" is free for anybody."""
        needed = set(permission.split())
        return self.single_user or not needed or needed <= self.users.get(user.strip(), frozenset())

    def require(self, user: str, permission: str, what: str) -> None:
        """Raises NotAllowed, naming user, what was tried and what is lacking."""
        if self.may(user, permission):
            return
        who = user.strip()
        if who not in self.users:
            raise NotAllowed(f'"{who}" is not in [users]; name the user with --user or KONTOKLAR_USER')
        lacking = sorted(set(permission.split()) - self.users[who])
        roles = sorted(name for name, granted in ROLES.items() if set(lacking) <= granted)
        hint = f" (role {' or '.join(roles)})" if roles else ""
        raise NotAllowed(f'"{who}" may not {what}: lacks the permission {", ".join(lacking)}{hint}')

    def require_command(self, user: str, command: str) -> None:
        """``require`` for a command of the command line, such as ``review accept``."""
        self.require(user, COMMANDS.get(command, "administer"), f'run "{command}"')


def acting_user(named: str = "") -> str:
    """Who acts: the named user, else KONTOKLAR_USER, else the account of the operating system."""
    told = named or os.environ.get("KONTOKLAR_USER", "")
    if told:
        return told
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        return f"uid {os.getuid()}"


def parse_access(roles: Any, users: Any) -> Access:
    """``[roles]`` (role → permissions) and ``[users]`` (user → roles) of the configuration.

    Raises ConfigurationError for a shipped role that is redefined, and for unknown permissions and roles with the
    nearest known name.
    """
    own = {name: frozenset(_texts(value, f"roles.{name}")) for name, value in _table(roles, "roles").items()}
    for name, granted in own.items():
        if name in ROLES:
            raise ConfigurationError(f"roles.{name} is a shipped role; give your own another name")
        refuse_unknown(sorted(granted), PERMISSIONS, f"roles.{name}")
    known = {**ROLES, **own}
    people: dict[str, frozenset[str]] = {}
    for user, value in _table(users, "users").items():
        given = _texts(value, f"users.{user}")
        refuse_unknown(given, known, f"users.{user}")
        people[user.strip()] = frozenset().union(*(known[role] for role in given))
    if own and not people:
        raise ConfigurationError("[roles] is given, but nobody has one: name them in [users]")
    return Access(people)


def _table(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{name} must be a table: [{name}]")
    return value


def _texts(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise ConfigurationError(f'{where} must be a list of names, such as ["analyst"]')
    return value
