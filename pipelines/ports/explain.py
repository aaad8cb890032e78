"""Everything known about one transaction: who told it, what was considered, what was posted and why."""

from __future__ import annotations

from typing import Any, Protocol, TypedDict


class Explanation(TypedDict):
    """JSON-ready. ``transaction`` is the row as exported; lists are in order of time or rank and may be empty."""

    transaction: dict[str, Any]
    told_by: list[dict[str, Any]]
    proposals: list[dict[str, Any]]
    return_links: list[dict[str, Any]]
    allocations: list[dict[str, Any]]
    entries: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    findings: list[dict[str, Any]]


class Explanations(Protocol):
    def find(self, key: str) -> list[str]:
        """Transaction ids that are, or uniquely begin with, ``key``, or whose bank reference is ``key``."""

    def explain(self, transaction_id: str) -> Explanation:
        """The whole story of one transaction; KeyError when it does not exist."""
