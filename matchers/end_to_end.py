"""Our own EndToEndId or mandate came back: the strongest evidence there is."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipelines.ports.matcher import CandidateRows, MatchIndex, RowStrategy
from pipelines.text import compact


class EndToEnd(RowStrategy):
    """EndToEndId → the items we collected under it; mandate → its debtor."""

    name = "end_to_end"

    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """Rows for receipts whose EndToEndId or mandate is one of ours."""
        rows = CandidateRows()
        ids, mandates = index.text("end_to_end_id"), index.text("mandate_id")
        key_of = {text: compact(text) for text in {*ids, *mandates}}
        own = set(index.items.by_end_to_end.prime([*dict.fromkeys(key_of[one] for one in ids)]))
        signed = set(index.items.by_mandate.prime([*dict.fromkeys(key_of[one] for one in mandates)]))
        for receipt, (end_to_end, mandate) in enumerate(zip(ids, mandates, strict=True)):
            if end_to_end and (key := key_of[end_to_end]) in own:
                items = index.items.by_end_to_end.get(key, ())
                if len(items) == 1:
                    rows.add(receipt, "reference", "own_id", item=items[0])
                else:
                    for item in items:
                        rows.add(receipt, "reference", "own_id", item=item, group=0)
            if mandate and (key := key_of[mandate]) in signed:
                for debtor in index.items.by_mandate.get(key, ()):
                    rows.add(receipt, "customer", "mandate", debtor=debtor)
        return rows


def build(options: Mapping[str, object]) -> EndToEnd:
    """The strategy; it has no options."""
    return EndToEnd()
