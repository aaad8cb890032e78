"""What people decided about transactions; kept for good and applied exactly once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Decision(NamedTuple):
    """command: accept, reject, assign, split, confirm, hold, release or undo. payload: what was decided, JSON-ready."""

    decision_id: str
    sequence: int
    command: str
    transaction_id: str
    payload: Mapping[str, object]
    user: str
    reason: str
    at: str


class Decisions(Protocol):
    def next_id(self, command: str, subject: str) -> str:
        """The id of the next decision when its caller gives none."""
        ...

    def add(
        self,
        command: str,
        transaction_id: str,
        payload: Mapping[str, object],
        user: str,
        reason: str,
        *,
        decision_id: str = "",
    ) -> Decision:
        """Records one decision and gives it its number; decision_id: as planned, "" to derive it here."""
        ...

    def of(self, transaction_id: str) -> list[Decision]:
        """Decisions about a transaction, oldest first."""
        ...
