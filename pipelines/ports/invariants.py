"""What ``kontoklar check`` proves about the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class LedgerAccounts(NamedTuple):
    """The ledger accounts whose balances are proven. bank_by_iban: where a bank account has its own."""

    bank: str
    bank_by_iban: Mapping[str, str]
    clearing: str
    receivable: str
    opening: str


class CheckResult(NamedTuple):
    """One invariant.

    figure: what was counted or summed, for people (``12,034 entries``). detail: "" when ok, else which ids break it
    and by how much, without personal data.
    """

    name: str
    ok: bool
    figure: str
    detail: str


class Invariants(Protocol):
    """The checks over everything stored."""

    def check(self, accounts: LedgerAccounts, *, anchor: str = "") -> list[CheckResult]:
        """Every invariant, in a fixed order; reads only.

        anchor: ``sequence:hash`` of the audit trail as noted outside (``Audit.head``); with it a cut tail shows.
        """
        ...
