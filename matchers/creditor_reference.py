"""Structured references: the creditor reference (ISO 11649 and others) and document numbers the payer's system sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from pipelines.ports.matcher import CandidateRows, MatchIndex, RowStrategy
from pipelines.text import compact

_PARTS = re.compile(r"[|;,\s]+")
_ISO_11649 = re.compile(r"(?<![0-9A-Z])RF[0-9]{2}(?: ?[0-9A-Z]{1,4}){1,6}(?![0-9A-Z])")


class CreditorReference(RowStrategy):
    """References in their own fields, and RF references typed into the free text."""

    name = "creditor_reference"

    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """Rows for receipts whose structured fields name an item."""
        rows = CandidateRows()
        references, documents = index.text("creditor_reference"), index.text("document_numbers")
        own, customer = index.text("end_to_end_id"), index.text("customer_reference")
        texts = index.text("remittance")
        key_of = {one: compact(one) for one in {*own, *customer} - {""}}
        known = index.items.prime_numbers(key_of.values())
        for receipt in range(index.count):
            if references[receipt]:
                self._reference(rows, index, receipt, compact(references[receipt]))
            if documents[receipt]:
                for number in _PARTS.split(documents[receipt]):
                    for item in index.items.with_key(compact(number)):
                        rows.add(receipt, "reference", "document", item=item)
            # Payers' systems put the invoice number into their own ids; only the whole id counts there.
            for number in {own[receipt], customer[receipt]} - {""}:
                key = key_of[number]
                for item in index.items.with_key(key) if key in known else ():
                    rows.add(receipt, "reference", "full", item=item)
            if "RF" in texts[receipt] or "rf" in texts[receipt]:
                scan = index.scan(receipt)
                for found in _ISO_11649.finditer(scan.text):
                    self._typed(rows, index, receipt, found)
        return rows

    @staticmethod
    def _reference(rows: CandidateRows, index: MatchIndex, receipt: int, key: str) -> None:
        for level, item in index.items.other_numbers(key):
            rows.add(receipt, "reference", level, item=item)
        for item in index.items.with_key(key):
            rows.add(receipt, "reference", "document", item=item)

    @staticmethod
    def _typed(rows: CandidateRows, index: MatchIndex, receipt: int, found: re.Match[str]) -> None:
        # What follows the reference may be swallowed by its last blocks: the longest part that is one of ours counts.
        text = found.group()
        while len(text) > 5:
            for level, item in index.items.other_numbers(compact(text)):
                if level == "creditor_reference":
                    end = found.start() + len(text)
                    rows.add(receipt, "reference", level, item=item, start=found.start(), end=end)
                    return
            text = text.rpartition(" ")[0]


def build(options: Mapping[str, object]) -> CreditorReference:
    """The strategy; it has no options."""
    return CreditorReference()
