"""Peers that run in our own process: a strict merge, rapidfuzz per payment, ERPNext's party rule.

Each gives a frame (transaction_id, invoice_number, score), at most one row per payment, and how many payments it
really looked at: what compares every payment with every item is measured on a sample and says so.
"""

from __future__ import annotations

import re

import pandas as pd
from rapidfuzz import fuzz, process

_TOKEN = r"([0-9A-Z][0-9A-Z/._-]*[0-9])"


def _open(items: pd.DataFrame) -> pd.DataFrame:
    return items[(items["open_minor"] > 0) & (items["status"] == "open")].reset_index(drop=True)


def strict_merge(items: pd.DataFrame, receipts: pd.DataFrame, sample: int) -> tuple[pd.DataFrame, int]:
    """A token of the text is an open invoice number as printed, and the amount is what is open."""
    tokens = receipts["remittance"].str.upper().str.extractall(_TOKEN)[0].reset_index()
    found = pd.DataFrame(
        {
            "transaction_id": receipts["transaction_id"].to_numpy()[tokens["level_0"]],
            "invoice_number": tokens[0].to_numpy(),
            "open_minor": receipts["amount_minor"].to_numpy()[tokens["level_0"]],
        }
    )
    merged = found.merge(_open(items)[["invoice_number", "open_minor"]], on=["invoice_number", "open_minor"])
    merged = merged.drop_duplicates(["transaction_id", "invoice_number"])
    merged = merged[~merged["transaction_id"].duplicated(keep=False)].assign(score=1.0)
    return merged[["transaction_id", "invoice_number", "score"]], len(receipts)


def fuzzy(items: pd.DataFrame, receipts: pd.DataFrame, sample: int) -> tuple[pd.DataFrame, int]:
    """rapidfuzz: number, name and amount of every open item against text, name and amount of a payment."""
    still = _open(items)
    choices = [
        f"{number} {name} {amount // 100},{amount % 100:02d}".upper()
        for number, name, amount in zip(
            still["invoice_number"], still["debtor_name"], still["open_minor"].tolist(), strict=True
        )
    ]
    numbers = still["invoice_number"].tolist()
    rows = []
    for one in receipts.head(sample).itertuples():
        amount = int(one.amount_minor)
        query = f"{one.remittance} {one.counterparty_name} {amount // 100},{amount % 100:02d}".upper()
        best = process.extract(query, choices, scorer=fuzz.token_set_ratio, limit=2)
        if len(best) < 2 or best[0][1] > best[1][1]:
            rows.append((one.transaction_id, numbers[best[0][2]], best[0][1]))
    return pd.DataFrame(rows, columns=["transaction_id", "invoice_number", "score"]), min(sample, len(receipts))


def erpnext(items: pd.DataFrame, receipts: pd.DataFrame, sample: int) -> tuple[pd.DataFrame, int]:
    """ERPNext's rule: the party by its account, else by its name (token_set_ratio from 80, a tie gives none); then the
    one invoice of the party with exactly this amount. A number of that invoice in the text ranks it higher.

    Names are compared with every party, so only a sample of the payments without a known account is looked up.
    """
    still = _open(items)
    by_iban: dict[str, set[str]] = {}
    for debtor, ibans in zip(items["debtor_number"], items["debtor_ibans"], strict=True):
        for iban in filter(None, ibans.split("|")):
            by_iban.setdefault(iban, set()).add(debtor)
    parties = items.drop_duplicates("debtor_number")
    names, party_of = parties["debtor_name"].tolist(), parties["debtor_number"].tolist()
    owed: dict[tuple[str, int], list[str]] = {}
    for number, debtor, cents in zip(still["invoice_number"], still["debtor_number"], still["open_minor"], strict=True):
        owed.setdefault((debtor, int(cents)), []).append(number)
    rows = []
    for one in receipts.head(sample).itertuples():
        owners = by_iban.get(str(one.counterparty_iban), set())
        party = next(iter(owners)) if len(owners) == 1 else ""
        if not owners and one.counterparty_name:
            best = process.extract(one.counterparty_name, names, scorer=fuzz.token_set_ratio, score_cutoff=80, limit=2)
            if best and (len(best) == 1 or best[0][1] > best[1][1]):
                party = party_of[best[0][2]]
        found = owed.get((party, int(one.amount_minor)), [])
        if len(found) == 1:
            named = re.sub(r"[^0-9A-Z]", "", found[0].upper()) in re.sub(r"[^0-9A-Z]", "", str(one.remittance).upper())
            rows.append((one.transaction_id, found[0], 1.0 + named))
    return pd.DataFrame(rows, columns=["transaction_id", "invoice_number", "score"]), min(sample, len(receipts))
