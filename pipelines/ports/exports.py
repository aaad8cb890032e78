"""The tables that leave kontoklar (CONTRACT, "Tables out"), as frames of text ready to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd

TABLES = (
    "transactions",
    "proposals",
    "allocations",
    "returns",
    "journal",
    "open-items",
    "triggers",
    "findings",
    "audit",
    "operations",
    "refunds",
)


class ExportTables(Protocol):
    """Reads one of TABLES. Every cell is text: amounts decimal strings with a point, dates ISO, lists ``|``-joined."""

    def table(self, name: str) -> pd.DataFrame: ...
