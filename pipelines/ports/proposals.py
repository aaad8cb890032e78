"""Stored match runs: the plan, its proposals and return links."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from pipelines.model.proposal import Proposal
from pipelines.model.return_debit import ReturnLink


class MatchRun(NamedTuple):
    """One run of the matcher. input_key: derived from everything it looked at; equal key, equal plan."""

    match_no: int
    as_of: date
    input_key: str
    policy_hash: str
    considered: int


class StoredProposal(NamedTuple):
    """A proposal of the match run that last considered its transaction. posted: it was executed (perhaps undone)."""

    proposal_id: str
    match_no: int
    plan_no: int
    proposal: Proposal
    posted: bool


class PlannedPosting(NamedTuple):
    """What ``post`` shall execute for one transaction: an automatic proposal, or all the links of a return.

    posting_id: the proposal's id, or one derived for the return; written to every allocation made from it.
    """

    transaction_id: str
    match_no: int
    posting_id: str
    proposal: Proposal | None
    links: tuple[ReturnLink, ...]


class Proposals(Protocol):
    """Match runs; for each transaction the run that considered it last counts."""

    def last_match(self) -> MatchRun | None:
        """The newest match run; None before the first."""
        ...

    def last_input_key(self) -> str:
        """The newest match run's input key, "" before the first."""
        ...

    def store(
        self,
        *,
        as_of: date | str,
        input_key: str,
        policy_hash: str,
        considered: Sequence[str],
        proposals: Sequence[Proposal],
        links: Sequence[ReturnLink],
    ) -> int:
        """Stores one match run and returns its number (they count up from 1).

        considered: every transaction it looked at, in the plan's chronological order. Raises LedgerInvariantBroken
        for proposals or links of transactions that were not considered.
        """
        ...

    def latest(self, transaction_ids: Collection[str] | None = None) -> dict[str, list[StoredProposal]]:
        """Per transaction its proposals by rank; None = all transactions ever considered and with proposals."""
        ...

    def latest_links(self, transaction_ids: Collection[str] | None = None) -> dict[str, list[ReturnLink]]:
        """Per return its links, in their order; ``linked`` ones become ``posted`` once they are in the journal."""
        ...

    def to_post(self) -> list[PlannedPosting]:
        """What is to be posted and is not yet, in plan order: rank-1 ``auto`` proposals, and returns whose links are
        all ``linked``."""
        ...
