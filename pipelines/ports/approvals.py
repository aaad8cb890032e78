"""Decisions that wait for a second person: stored whole, answered once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol


class Request(NamedTuple):
    """A decision as it was asked for. arguments: JSON-ready, replayed as they stand.

    command: which operation (``accept``, ``writeoff`` …). subject: the transaction, invoice or debtor it is about.
    debtor_number: "" when it concerns none or several. amount_minor: unsigned, in ``currency``. basis: a hash of what
    the books said when it was asked for; another basis makes the request stale. outcome: "" while it waits, else
    ``approved``, ``refused`` or ``stale``, by ``answered_by``, who gave ``answer`` as the reason.
    """

    request_id: str
    sequence: int
    command: str
    subject: str
    debtor_number: str
    arguments: Mapping[str, Any]
    amount_minor: int
    currency: str
    basis: str
    user: str
    reason: str
    at: str
    outcome: str = ""
    answered_by: str = ""
    answer: str = ""


class Approvals(Protocol):
    """Append-only; the outcome's key is the promise that a request is answered once."""

    def add(
        self,
        command: str,
        subject: str,
        arguments: Mapping[str, Any],
        *,
        debtor_number: str,
        amount_minor: int,
        currency: str,
        basis: str,
        user: str,
        reason: str,
    ) -> Request:
        """Stores a request and gives it its number. The same request that still waits is returned, not doubled."""
        ...

    def find(self, key: str) -> list[Request]:
        """Requests whose id is, or begins with, ``key``."""
        ...

    def pending(self) -> list[Request]:
        """What waits, the oldest first."""
        ...

    def answer(self, request_id: str, outcome: str, user: str, reason: str) -> None:
        """Closes a request. Raises IdempotencyConflict when it is closed already."""
        ...
