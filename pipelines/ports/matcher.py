"""What a matching strategy is and what it may ask.

A strategy is one module of ``matchers/`` with ``build(options)``; the policy names it. It never decides: it says which
items or debtors a receipt may be about and which level of evidence speaks for that. The core weighs and assigns.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple, Protocol

import pandas as pd

from pipelines.frames import CandidateRows
from pipelines.policy import Policy
from pipelines.references import Scan, confuse, is_plain_word


class Window(NamedTuple):
    """A stretch of neighbouring runs of a text that may be one number, separators left out.

    key: letters and digits. first/last: positions of its runs. start/end: characters. natural: no blank inside.
    """

    key: str
    first: int
    last: int
    start: int
    end: int
    natural: bool


class Hit(NamedTuple):
    """What a strategy found for an item or a debtor; see frames.CANDIDATES."""

    field: str
    level: str
    start: int
    end: int


class MatchIndex(Protocol):
    """Everything a strategy may ask about one batch of receipts and the items.

    Receipts are row positions 0..count−1 of the frame the strategy gets. ``items`` is the item index
    (``pipelines.matching.items.ItemIndex``): numbers, keys, amounts, debtors, names. ``learned`` is what confirmed
    payments taught about payers (``pipelines.learning.payers.Learned``).
    """

    policy: Policy
    items: Any
    learned: Any
    count: int
    amounts: list[int]
    days: list[int]

    def text(self, column: str) -> list[str]:
        """A text column of the receipts as a list."""

    def scan(self, receipt: int) -> Scan:
        """The remittance text of a receipt, noise blanked."""

    def windows(self, receipt: int) -> list[Window]:
        """Every stretch of the remittance text that may be one number."""

    def known_windows(self, receipt: int) -> list[Window]:
        """Those of ``windows`` that are a key of an item or debtor as they are: number, order, shipment, contract,
        creditor reference, debtor number, mandate."""

    def payers(self, receipt: int) -> list[str]:
        """The names of who paid: counterparty and ultimate debtor, without doubles and empties."""

    def ibans(self) -> list[str]:
        """The payers' accounts in electronic form."""

    def item_hits(self, receipt: int) -> dict[int, list[Hit]]:
        """What the strategies before found about items of a receipt."""

    def debtor_hits(self, receipt: int) -> dict[int, list[Hit]]:
        """What the strategies before found about debtors of a receipt."""

    equal_counts: list[int]

    def is_done(self, receipt: int) -> bool:
        """Whether a whole number, the exact amount and the payer's account agree: nothing more needs to be read."""

    def is_clear(self, receipt: int) -> bool:
        """Whether an item named in full fits the amount already: then a search would add nothing."""


class Strategy(Protocol):
    """One way to find candidates."""

    name: str

    def candidates(self, index: MatchIndex, receipts: pd.DataFrame) -> pd.DataFrame:
        """A CANDIDATES frame for a RECEIPTS frame; empty if it has nothing to say."""


class RowStrategy(ABC):
    """A strategy that collects rows one by one: the core takes them as they are, a frame is made for others only."""

    name: str

    @abstractmethod
    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """What the strategy has to say about a RECEIPTS frame."""

    def candidates(self, index: MatchIndex, receipts: pd.DataFrame) -> pd.DataFrame:
        """The same as a CANDIDATES frame."""
        return self.rows(index, receipts).frame()


__all__ = [
    "CandidateRows",
    "Hit",
    "MatchIndex",
    "RowStrategy",
    "Scan",
    "Strategy",
    "Window",
    "confuse",
    "is_plain_word",
]
