"""Where look-up tables are kept between runs. What is kept is never trusted for money and may vanish at any time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class TableStore(Protocol):
    """Keeps one set of tables, known by a fingerprint of what they were built from."""

    def load(self, fingerprint: str) -> Mapping[str, object] | None:
        """The tables kept under this fingerprint; None if there are none, or if they are damaged."""

    def store(self, fingerprint: str, tables: Mapping[str, object]) -> None:
        """Keep these tables instead of the earlier ones. What cannot be written is not kept, and nothing is raised."""
