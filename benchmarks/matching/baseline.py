"""The peer every matcher must beat: a strict merge on invoice number and amount."""

from __future__ import annotations

import pandas as pd

from pipelines.model.proposal import AllocationKind, Disposition, Proposal, ProposedLine


def strict_merge(items: pd.DataFrame, receipts: pd.DataFrame) -> list[Proposal]:
    """Post where a token of the text is an open invoice number and the amount equals what is open."""
    tokens = receipts["remittance"].str.upper().str.extractall(r"([0-9A-Z][0-9A-Z/.-]*[0-9])")[0]
    found = tokens.reset_index()[["level_0", 0]].rename(columns={"level_0": "receipt", 0: "number"})
    found["open_minor"] = receipts["amount_minor"].to_numpy()[found["receipt"].to_numpy()]
    open_items = items.loc[items["open_minor"] > 0, ["invoice_number", "debtor_number", "open_minor"]]
    merged = found.merge(open_items, left_on=["number", "open_minor"], right_on=["invoice_number", "open_minor"])
    merged = merged.drop_duplicates(["receipt", "invoice_number"])
    merged = merged[~merged["receipt"].duplicated(keep=False)]
    ids = receipts["transaction_id"].tolist()
    return [
        Proposal(
            ids[receipt], 1, (ProposedLine(number, debtor, amount, amount, AllocationKind.SETTLEMENT),), 1.0,
            Disposition.AUTO, "strict-merge", "", "strict", (),
        )
        for receipt, number, debtor, amount in zip(
            merged["receipt"], merged["invoice_number"], merged["debtor_number"], merged["open_minor"], strict=True
        )
    ]  # fmt: skip
