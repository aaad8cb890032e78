"""The debtors behind the items: their numbers, accounts and names, and which items are whose."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from pipelines.matching.columns import (
    Flags,
    Groups,
    Ints,
    compacted,
    distinct,
    fixed,
    is_blank,
    split_pairs,
    strings,
    told_once,
    whole_numbers,
)
from pipelines.matching.names import Names
from pipelines.matching.texts import KeyTable, Texts
from pipelines.references import clean_iban

# How a payer's account is known: loaded with the debtor, or learned from confirmed payments.
PayerLevel = tuple[int, str]


class DebtorTables:
    """The part of the item index that is about debtors; see ``items.ItemIndex``."""

    size: int
    _frame: pd.DataFrame
    _payers: pd.DataFrame
    _masters: pd.DataFrame | None

    def _number_debtors(self) -> None:
        parts = [strings(self._frame["debtor_number"])]
        if self._masters is not None:
            parts.append(strings(self._masters["debtor_number"]))
        known = sum(map(len, parts))
        parts.append(strings(self._payers["debtor_number"]))
        # Joining copies; mostly only the items have any.
        used = [part for part in parts if len(part)] or parts[:1]
        encoded = (used[0] if len(used) == 1 else pa.concat_arrays(used)).dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        self.debtor: Ints = codes[: self.size]
        self._master_debtor: Ints = codes[self.size : known]
        self._payer_debtor: Ints = codes[known:]
        self.debtor_numbers = Texts(encoded.dictionary)
        # Debtors of whom only a payer is known come last.
        self._loaded_debtors = int(codes[:known].max(initial=-1)) + 1

    @cached_property
    def _groups(self) -> Groups:
        return Groups(self.debtor, len(self.debtor_numbers))

    def items_of(self, debtor: int) -> Ints:
        """All items of a debtor, settled ones too."""
        return self._groups.of(debtor)

    @cached_property
    def _by_debtor_number(self) -> KeyTable:
        return KeyTable(compacted(self.debtor_numbers.array), None, np.arange(len(self.debtor_numbers)))

    def debtor_with_key(self, key: str) -> int:
        """The debtor whose number, letters and digits only, is ``key``; −1 if none."""
        found = self._by_debtor_number.get(key)
        return found[-1] if found else -1

    @cached_property
    def _debtor_codes(self) -> KeyTable:
        return KeyTable(self.debtor_numbers.array, None, np.arange(len(self.debtor_numbers)))

    def debtor_of(self, number: str) -> int:
        """The debtor with exactly this number; −1 if none."""
        found = self._debtor_codes.get(number)
        return found[0] if found else -1

    @cached_property
    def _loaded_ibans(self) -> KeyTable:
        """IBAN → debtors, ascending."""
        parts = [(self._frame["debtor_ibans"], self.debtor)]
        if self._masters is not None:
            parts.append((self._masters["ibans"], self._master_debtor))
        used = [told_once(array, codes) for column, codes in parts if not is_blank(array := strings(column))]
        if not used:
            return KeyTable(pa.array([], pa.large_string()), None, np.empty(0, np.int64))
        values, of_value, debtors = split_pairs(
            pa.concat_arrays([array for array, _ in used]), np.concatenate([codes for _, codes in used])
        )
        odd = pc.invert(pc.match_substring_regex(values, "^[0-9A-Z]*$")).to_numpy(zero_copy_only=False)
        if odd.any():
            # The same account written in two ways is one account.
            encoded = fixed(values, np.flatnonzero(odd), values, clean_iban).dictionary_encode()
            of_value = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)[of_value]
            span = len(self.debtor_numbers) + 1
            pairs = distinct(of_value * span + debtors)
            values, of_value, debtors = encoded.dictionary, pairs // span, pairs % span
        return KeyTable(values, of_value, debtors)

    @cached_property
    def _learned_ibans(self) -> dict[str, dict[int, str]]:
        found: dict[str, dict[int, str]] = {}
        counts = whole_numbers(self._payers["count"], 1).tolist()
        levels = self._payers["level"].tolist()
        for iban, debtor, count, level in zip(
            self._payers["iban"].tolist(), self._payer_debtor.tolist(), counts, levels, strict=True
        ):
            found.setdefault(clean_iban(iban), {})[debtor] = level or ("learned" if count > 1 else "learned_once")
        return found

    def prime_ibans(self, ibans: Iterable[str]) -> None:
        """Look up many payers' accounts at once."""
        self._loaded_ibans.prime_all(list(dict.fromkeys(ibans)))

    def by_iban(self, iban: str) -> tuple[PayerLevel, ...]:
        """(debtor, how it is known) for a payer's account."""
        loaded = self._loaded_ibans.get(iban)
        learned = self._learned_ibans.get(iban) if self._learned_ibans else None
        if not learned:
            return tuple([(debtor, "iban") for debtor in loaded]) if loaded else ()
        return tuple(sorted({**learned, **dict.fromkeys(loaded, "iban")}.items()))

    @cached_property
    def has_iban(self) -> Flags:
        """Per debtor: whether an account of theirs is known from master data."""
        known = np.zeros(len(self.debtor_numbers), dtype=bool)
        known[self._loaded_ibans.values] = True
        return known

    @cached_property
    def names(self) -> Names:
        """Debtors' names and aliases."""
        columns = [(self._frame["debtor_name"], self.debtor), (self._frame["aliases"], self.debtor)]
        if self._masters is not None:
            columns += [(self._masters["name"], self._master_debtor), (self._masters["aliases"], self._master_debtor)]
        parts = [told_once(array, codes) for column, codes in columns if not is_blank(array := strings(column))]
        if not parts:
            return Names(
                pa.array([], pa.large_string()), np.empty(0, np.int64), np.empty(0, np.int64), len(self.debtor_numbers)
            )
        # A "|" never occurs inside a name, so names and joined aliases are split the same way.
        texts, names, debtors = split_pairs(
            pa.concat_arrays([array for array, _ in parts]), np.concatenate([codes for _, codes in parts])
        )
        return Names(texts, names, debtors, len(self.debtor_numbers))
