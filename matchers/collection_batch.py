"""Our own direct debits credited in one sum: the batch is resolved to the collections we submitted."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipelines.ports.matcher import CandidateRows, MatchIndex, RowStrategy
from pipelines.text import compact

_NEAR_DAYS = 6


class CollectionBatch(RowStrategy):
    """PmtInfId, MsgId or KREF → our collections; without any id the one batch of that total and day."""

    name = "collection_batch"

    def __init__(self) -> None:
        # One day is judged in many pieces against the same collections.
        self._read: tuple[object, _Book] | None = None

    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """One group per batch; the amounts are those we collected."""
        rows = CandidateRows()
        wanted = [
            receipt
            for receipt, (kind, flag) in enumerate(zip(index.text("kind"), receipts["is_batch"].tolist(), strict=True))
            if kind == "collection" or flag
        ]
        if wanted and len(index.items.collections):
            book = self._book(index)
            counts = receipts["batch_count"].tolist()
            for receipt in wanted:
                book.resolve(index, receipt, counts[receipt], rows)
        return rows

    def _book(self, index: MatchIndex) -> _Book:
        if self._read is None or self._read[0] is not index.items:
            self._read = index.items, _Book(index)
        return self._read[1]


class _Book:
    """Our collections by every id a batch may come back under."""

    def __init__(self, index: MatchIndex) -> None:
        collections = index.items.collections
        self._rows: list[int] = index.items.collection_rows.tolist()
        self._amounts: list[int] = collections["amount_minor"].astype("int64").tolist()
        days = collections["collection_date"].to_numpy().astype("datetime64[D]").astype("int64")
        self._days: list[int] = days.tolist()
        self.by_id: dict[str, list[int]] = {}
        for column in ("payment_information_id", "message_id"):
            for position, value in enumerate(collections[column].tolist()):
                if value:
                    self.by_id.setdefault(compact(value), []).append(position)
        self._totals: dict[int, list[str]] = {}
        for key, positions in self.by_id.items():
            self._totals.setdefault(sum(self._amounts[position] for position in positions), []).append(key)

    def resolve(self, index: MatchIndex, receipt: int, count: object, rows: CandidateRows) -> None:
        ids = ("payment_information_id", "message_id", "customer_reference", "end_to_end_id")
        target = index.amounts[receipt]
        keys = [compact(index.text(column)[receipt]) for column in ids if index.text(column)[receipt]]
        keys += [window.key for window in index.windows(receipt)]
        for key in dict.fromkeys(keys):
            positions = self.by_id.get(key)
            if positions and self._emit(index, receipt, *self._fitting(positions, target), rows):
                return
        if index.text("kind")[receipt] == "collection" and not any(key in self.by_id for key in keys):
            self._by_total(index, receipt, count, rows)

    def _by_total(self, index: MatchIndex, receipt: int, count: object, rows: CandidateRows) -> None:
        day, target = index.days[receipt], index.amounts[receipt]
        found: dict[tuple[int, ...], None] = {}
        for key in self._totals.get(target, ()):
            positions = self.by_id[key]
            near = all(abs(self._days[position] - day) <= _NEAR_DAYS for position in positions)
            if near and (not isinstance(count, int) or count == len(positions)):
                found[tuple(positions)] = None
        if len(found) == 1:
            self._emit(index, receipt, list(next(iter(found))), "batch_total", rows)

    def _fitting(self, positions: list[int], target: int) -> tuple[list[int], str]:
        """The collections of a batch that make up its total: all, those of one day, or all but one (a reject; that
        is only a suggestion)."""
        total = sum(self._amounts[position] for position in positions)
        if total == target:
            return positions, "own_id"
        for day in sorted({self._days[position] for position in positions}):
            chosen = [position for position in positions if self._days[position] == day]
            if sum(self._amounts[position] for position in chosen) == target:
                return chosen, "own_id"
        missing = [position for position in positions if self._amounts[position] == total - target]
        if len(missing) != 1:
            return [], ""
        return [position for position in positions if position != missing[0]], "batch_less"

    def _emit(self, index: MatchIndex, receipt: int, positions: list[int], level: str, rows: CandidateRows) -> bool:
        if not positions or any(self._rows[position] < 0 for position in positions):
            return False
        if len(positions) > index.policy.limits.group_items:
            return False
        for position in positions:
            rows.add(receipt, "batch", level, item=self._rows[position], group=0, amount=self._amounts[position])
        return True


def build(options: Mapping[str, object]) -> CollectionBatch:
    """The strategy; it has no options."""
    return CollectionBatch()
