"""The index over everything that is or was owed. Built once, then only open amounts move.

Settled and cancelled items stay in it: a payment that names one must be told "duplicate", not be given to a neighbour.
Look-up tables are built on first use, so that a small day does not pay for what it does not ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from pipelines.frames import COLLECTIONS, DEBTORS, ITEMS, KNOWN_PAYERS, conform
from pipelines.matching.columns import (
    Flags,
    Ints,
    SortedKeys,
    compacted,
    days,
    digit_values,
    distinct,
    is_blank,
    split_pairs,
    strings,
    told_once,
    whole_numbers,
)
from pipelines.matching.debtors import DebtorTables
from pipelines.matching.kept import fingerprint
from pipelines.matching.names import Names
from pipelines.matching.series import Series, find_series
from pipelines.matching.texts import BothTables, KeyTable, Texts, hashed
from pipelines.ports.kept import TableStore
from pipelines.text import compact

_OTHER_COLUMNS = ("order_number", "shipment_ids", "contract_id", "creditor_reference")
_OTHER_LEVELS = ("order", "shipment", "contract", "creditor_reference")


# Fewer items are indexed faster than a file is read.
LEAST_KEPT = 20_000
# The columns the kept tables are built from, and the tables.
_KEPT_FROM = (
    "invoice_number", "debtor_number", *_OTHER_COLUMNS, "end_to_end_id", "mandate_id", "debtor_ibans", "debtor_name",
    "aliases",
)  # fmt: skip
KEPT = (
    "keys", "debtor", "debtor_numbers", "_master_debtor", "_debtor_codes", "_by_key", "_other_numbers",
    "other_prefixes", "_by_debtor_number", "_own_end_to_end", "_own_mandates", "_loaded_ibans", "has_iban", "_groups",
    "_digits", "series", "by_digits", "by_counter", "by_short_year", "names",
)  # fmt: skip

# Tables that need one another, one after the other; each line needs nothing of those above it, the longest come first.
_TOGETHER = (
    ("keys", "_digits", "series", "by_digits", "by_counter"),
    ("names",),
    ("_loaded_ibans",),
    ("_other_numbers", "_by_debtor_number", "other_prefixes"),
    ("_by_key", "by_end_to_end"),
    ("_own_mandates",),
    ("_by_open", "_by_net"),
    ("_groups",),
)


class ItemIndex(DebtorTables):
    """Open and closed items with every key a payment can name them by.

    Rows are item positions 0..n−1 in the order of the frame, debtors are codes 0..m−1; neither leaves the matcher.
    ``open_minor`` is the only array that changes (``settle``).
    """

    def __init__(
        self,
        items: pd.DataFrame,
        collections: pd.DataFrame,
        known_payers: pd.DataFrame,
        debtors: pd.DataFrame | None = None,
        tables: TableStore | None = None,
    ) -> None:
        self._frame = items = conform(items, ITEMS, "items")
        self.collections = conform(collections, COLLECTIONS, "collections")
        self._payers = conform(known_payers, KNOWN_PAYERS, "known payers")
        self._masters = conform(debtors, DEBTORS, "debtors") if debtors is not None else None
        self.size = len(items)
        self._numbers = strings(items["invoice_number"])
        self.numbers = Texts(self._numbers)
        self.amount: Ints = whole_numbers(items["amount_minor"])
        self.cancelled: Flags = (items["status"] == "cancelled").to_numpy(dtype=bool)
        self.open_minor: Ints = whole_numbers(items["open_minor"])
        self.open_minor[self.cancelled] = 0
        self.currency_codes, currencies = pd.factorize(items["currency"])
        self.currencies: list[str] = [str(name) or "EUR" for name in currencies]
        self.issue: Ints = days(items["issue_date"])
        self.due: Ints = days(items["due_date"])
        self.discount_points: Ints = whole_numbers(items["cash_discount_basis_points"])
        self.discount_until: Ints = days(items["cash_discount_until"])
        self._keep_in = tables
        self._is_kept = tables is not None and self._take_kept(tables)
        if not self._is_kept:
            self._number_debtors()
        # The same memory, read one value at a time: a plain int comes out, three times as fast as from the array.
        self.open_at = self.open_minor.data
        self.amount_at = self.amount.data
        self.debtor_at = self.debtor.data
        self.issue_at = self.issue.data
        self.due_at = self.due.data
        # Items whose open amount moved since the sorted tables were built; they are looked up beside them.
        self._moved: dict[int, set[int]] = {}
        self.open_count = max(int(np.count_nonzero(self.open_minor)), 1)

    def build(self, threads: int = 1) -> None:
        """Build every look-up table now, so that processes that are to share them do not build their own.

        threads: they are made in bulk outside the interpreter, so two threads are nearly twice as fast. None is left
        running afterwards.
        """
        if threads > 1 and self.size >= LEAST_KEPT:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(self._make, _TOGETHER))
        self._make((*KEPT, "by_end_to_end", "by_mandate", "_learned_ibans", "_by_open", "_by_net"))

    def _make(self, tables: Iterable[str]) -> None:
        for name in tables:
            made = getattr(self, name)
            if isinstance(made, Names):
                made.build()

    # --- kept between runs ---------------------------------------------------------------------------------------

    @cached_property
    def fingerprint(self) -> str:
        """What the kept tables depend on, as a hash: no amount, no date but that of issue, nothing of the payments."""
        parts = [strings(self._frame[name]) for name in _KEPT_FROM] + [pa.array(self.issue)]
        if self._masters is not None:
            parts += [strings(self._masters[name]) for name in self._masters.columns]
        return fingerprint(parts)

    def _take_kept(self, tables: TableStore) -> bool:
        kept = tables.load(self.fingerprint)
        if kept is None or not set(KEPT) <= kept.keys():
            return False
        self.__dict__.update(kept)
        self._payer_debtor = np.array(
            [self.debtor_of(number) for number in self._payers["debtor_number"].tolist()], dtype=np.int64
        )
        if (self._payer_debtor < 0).any():
            # A payer was learned for somebody of whom nothing is loaded: the debtors have to be numbered anew.
            for name in KEPT:
                del self.__dict__[name]
            return False
        return True

    def keep(self) -> None:
        """Keep the tables for the next run, unless they came from there."""
        if self._keep_in is None or self._is_kept or self.size < LEAST_KEPT:
            return
        if len(self.debtor_numbers) != self._loaded_debtors:
            return
        self.build()
        self._keep_in.store(self.fingerprint, {name: self.__dict__[name] for name in KEPT})
        self._is_kept = True

    # --- amounts -------------------------------------------------------------------------------------------------

    def discount_of(self, row: int) -> int:
        """The agreed cash discount of an item in minor units, rounded half up; 0 if none is agreed."""
        return (self.amount_at[row] * int(self.discount_points[row]) + 5000) // 10000

    @cached_property
    def _by_open(self) -> SortedKeys:
        return SortedKeys(self.open_minor.copy(), self.open_minor != 0)

    @cached_property
    def _by_net(self) -> SortedKeys:
        discount = (self.amount * self.discount_points + 5000) // 10000
        return SortedKeys(self.open_minor - discount, (self.discount_points > 0) & (self.open_minor == self.amount))

    def fitting(self, amounts: list[int], tolerance: int, most: int) -> list[list[int] | None]:
        """For each amount the items of which exactly this is open, or this after cash discount within ``tolerance``.

        None where more than ``most`` items share the amount: then it says little, and listing them would cost much.
        """
        wanted = np.array(amounts, dtype=np.int64)
        low, high = (side.tolist() for side in self._by_open.bounds(wanted))
        net_low = self._by_net.bounds(wanted - tolerance)[0].tolist()
        net_high = self._by_net.bounds(wanted + tolerance)[1].tolist()
        result: list[list[int] | None] = []
        for place, amount in enumerate(amounts):
            if high[place] - low[place] + net_high[place] - net_low[place] > most:
                result.append(None)
                continue
            rows = [row for row in self._by_open.at(low[place], high[place]).tolist() if self.open_at[row] == amount]
            if amount in self._moved:
                rows = sorted({*rows, *(row for row in self._moved[amount] if self.open_at[row] == amount)})
            if net_high[place] > net_low[place]:
                net = self._by_net.at(net_low[place], net_high[place]).tolist()
                rows += [row for row in net if self.open_at[row] == self.amount_at[row]]
            result.append(rows)
        return result

    def fitting_of(self, debtor: int, amount: int, tolerance: int) -> list[int]:
        """The items of one debtor that ``fitting`` would give."""
        rows = self.items_of(debtor)
        opened = self.open_minor[rows]
        discount = (self.amount[rows] * self.discount_points[rows] + 5000) // 10000
        net = (discount > 0) & (opened == self.amount[rows]) & (np.abs(opened - discount - amount) <= tolerance)
        found: list[int] = rows[(opened == amount) | net].tolist()
        return found

    def equal_open(self, amounts: list[int]) -> list[int]:
        """For each amount, how many items have this much open or net of discount: how common it is."""
        wanted = np.array(amounts, dtype=np.int64)
        low, high = self._by_open.bounds(wanted)
        net_low, net_high = self._by_net.bounds(wanted)
        counts: list[int] = (high - low + net_high - net_low).tolist()
        return counts

    def row_of(self, invoice_number: str) -> int:
        """The row of an invoice number exactly as loaded; −1 if there is none."""
        for row in self.with_key(compact(invoice_number)):
            if self.numbers[row] == invoice_number:
                return row
        return -1

    def move(self, row: int, open_minor: int) -> None:
        """Set what is open of an item now."""
        # How common an amount is is counted on what was open before anything moved, whoever asks first.
        assert self._by_open is not None
        assert self._by_net is not None
        self.open_minor[row] = open_minor
        if open_minor:
            self._moved.setdefault(open_minor, set()).add(row)

    @cached_property
    def keys(self) -> Any:
        """Each item's number, letters and digits only."""
        return compacted(self._numbers)

    # --- numbers -------------------------------------------------------------------------------------------------

    @cached_property
    def _by_key(self) -> KeyTable:
        return KeyTable(self.keys, None, np.arange(self.size))

    def prime(self, keys: Iterable[str]) -> set[str]:
        """Which of many stretches of text are a key in any table: the number of an item, an order, a debtor …"""
        asked = list(dict.fromkeys(keys))
        hashes = hashed(pa.array(asked, pa.large_string()))
        found: set[str] = set()
        tables = (self._by_key, self._other_numbers, self._by_debtor_number, self.by_mandate)
        for table in tables:
            found.update(table.prime(asked, hashes))
        # Who is told that a key is in one of them asks them all.
        for table in tables:
            table.remember(found)
        return found

    def prime_numbers(self, keys: Iterable[str]) -> set[str]:
        """Which of many keys are the number of an item."""
        return set(self._by_key.prime(list(dict.fromkeys(keys))))

    def single_key(self, key: str) -> int | None:
        """The one item whose number is ``key``; None if there is none or more than one."""
        found = self._by_key.get(key)
        return found[0] if len(found) == 1 else None

    def with_key(self, key: str) -> tuple[int, ...]:
        """Items whose number, letters and digits only, is ``key``."""
        return self._by_key.get(key)

    @cached_property
    def series(self) -> Series:
        """The number series found in the loaded items."""
        return find_series(self.keys, self._digits[0], self._digits[1], self.issue)

    @cached_property
    def _digits(self) -> tuple[Ints, Ints]:
        return digit_values(self.keys)

    @property
    def digits(self) -> Ints:
        """All digits of each item's number as one number."""
        return self._digits[0]

    @property
    def digit_lengths(self) -> Ints:
        """How many digits each item's number has."""
        return self._digits[1]

    @cached_property
    def by_digits(self) -> SortedKeys:
        """Items by all digits of their number."""
        return SortedKeys(self.digits, self.digits >= 0)

    @cached_property
    def counters(self) -> Ints:
        """The counting part of each item's number: without prefix and year. −1 where it is all there is."""
        return self.series.counters

    @cached_property
    def by_counter(self) -> SortedKeys:
        """Items by the counting part of their number."""
        return SortedKeys(self.counters, self.counters > 0)

    @cached_property
    def by_short_year(self) -> SortedKeys:
        """Items by all digits of their number with the year cut to two places; only where that names them well."""
        return SortedKeys(self.series.short_year, self.series.short_year >= 10**5)

    @cached_property
    def _other_numbers(self) -> KeyTable:
        """Order, shipment and contract numbers and creditor references: key → row and level as one number."""
        parts: list[tuple[Any, Ints, Ints]] = []
        for level, column in enumerate(_OTHER_COLUMNS):
            array = strings(self._frame[column])
            if is_blank(array):
                continue
            rows = np.flatnonzero(pc.not_equal(array, "").to_numpy(zero_copy_only=False))
            values, codes = array.take(pa.array(rows)), np.arange(len(rows))
            if pc.any(pc.match_substring(values, "|")).as_py():
                values, codes, rows = split_pairs(values, rows)
            parts.append((compacted(values), codes, rows * len(_OTHER_LEVELS) + level))
        if not parts:
            return KeyTable(pa.array([], pa.large_string()), None, np.empty(0, np.int64))
        starts = np.cumsum([0, *(len(keys) for keys, _, _ in parts)])
        return KeyTable(
            pa.concat_arrays([keys for keys, _, _ in parts]),
            np.concatenate([codes + start for (_, codes, _), start in zip(parts, starts, strict=False)]),
            np.concatenate([values for _, _, values in parts]),
        )

    def other_numbers(self, key: str) -> tuple[tuple[str, int], ...]:
        """(level, row) of items with this order, shipment or contract number or creditor reference."""
        found = self._other_numbers.get(key)
        return tuple((_OTHER_LEVELS[one % len(_OTHER_LEVELS)], one // len(_OTHER_LEVELS)) for one in found)

    @cached_property
    def other_prefixes(self) -> frozenset[str]:
        """Letters that order, shipment, contract and debtor numbers begin with."""
        keys = pa.concat_arrays([self._other_numbers.texts, self._by_debtor_number.texts])
        starts = pc.replace_substring_regex(keys, "[0-9].*$", "").unique().to_pylist()
        return frozenset(start for start in starts if start)

    # --- our own collections -------------------------------------------------------------------------------------

    @cached_property
    def by_end_to_end(self) -> BothTables:
        """Our own EndToEndIds → items, ascending: from the collections and from the items themselves."""
        known = np.flatnonzero(self.collection_rows >= 0)
        keys = compacted(strings(self.collections["end_to_end_id"].iloc[known]))
        return BothTables(_pairs(keys, self.collection_rows[known]), self._own_end_to_end)

    @cached_property
    def _own_end_to_end(self) -> KeyTable:
        array = strings(self._frame["end_to_end_id"])
        if is_blank(array):
            return KeyTable(pa.array([], pa.large_string()), None, np.empty(0, np.int64))
        return _pairs(compacted(array), np.arange(self.size))

    @cached_property
    def collection_rows(self) -> Ints:
        """The item row of each collection, −1 where its invoice is not loaded."""
        numbers = self.collections["invoice_number"].tolist()
        self.prime_numbers(compacted(strings(self.collections["invoice_number"])).to_pylist())
        return np.fromiter((self.row_of(number) for number in numbers), dtype=np.int64, count=len(numbers))

    @cached_property
    def by_mandate(self) -> BothTables:
        """Mandate references → debtors, ascending."""
        known = np.flatnonzero(self.collection_rows >= 0)
        keys = compacted(strings(self.collections["mandate_id"].iloc[known]))
        return BothTables(_pairs(keys, self.debtor[self.collection_rows[known]]), self._own_mandates)

    @cached_property
    def _own_mandates(self) -> KeyTable:
        array = strings(self._frame["mandate_id"])
        if is_blank(array):
            return KeyTable(pa.array([], pa.large_string()), None, np.empty(0, np.int64))
        # Several mandates of an item stand side by side.
        values, codes, debtors = split_pairs(*told_once(array, self.debtor))
        return _pairs(compacted(values).take(pa.array(codes)), debtors)


def _pairs(keys: Any, values: Ints) -> KeyTable:
    """Keys → values, each pair once, values ascending."""
    encoded = keys.dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    span = int(values.max(initial=0)) + 1
    pairs = distinct(codes * span + values)
    return KeyTable(encoded.dictionary, pairs // span, pairs % span)
