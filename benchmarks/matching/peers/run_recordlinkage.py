"""Trained record linkage (recordlinkage toolkit), in its own environment: ``run_recordlinkage.py TRAIN FOLDER OUT``.

TRAIN and FOLDER hold items.parquet and receipts.parquet, TRAIN also truth.parquet (transaction_id, invoice_number).
Pairs are blocked on the amount (open, or less the agreed discount) together with account, number or the beginning of
the name; a logistic regression trained on the labelled pairs of TRAIN scores those of FOLDER. Writes OUT
(transaction_id, invoice_number, score) and prints one JSON line (version, seconds without training, peak_mib).
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
import unicodedata
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import recordlinkage  # type: ignore[import-not-found]

_TOKEN = re.compile(r"[0-9A-Z][0-9A-Z/._-]*[0-9]")


def words(name: str) -> str:
    """A name in upper-case words without accents, sorted."""
    plain = unicodedata.normalize("NFKD", name.upper()).encode("ascii", "ignore").decode()
    return " ".join(sorted(re.findall(r"[A-Z]+", plain)))


def digits(text: str) -> str:
    """The digits of the token with most of them."""
    found = [re.sub(r"[^0-9]", "", token) for token in _TOKEN.findall(text.upper())]
    return max(found, key=len, default="")


def sides(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Payments and open items in one shape."""
    receipts = pd.read_parquet(folder / "receipts.parquet")
    items = pd.read_parquet(folder / "items.parquet")
    items = items[(items["open_minor"] > 0) & (items["status"] == "open")]
    left = pd.DataFrame(
        {
            "amount": receipts["amount_minor"].astype("int64").to_numpy(),
            "iban": receipts["counterparty_iban"].to_numpy(),
            "name": receipts["counterparty_name"].map(words).to_numpy(),
            "number": receipts["remittance"].map(digits).to_numpy(),
        },
        index=receipts["transaction_id"].to_numpy(),
    )
    discount = (items["amount_minor"] * items["cash_discount_basis_points"].fillna(0) + 5000) // 10000
    parts = []
    for less in (0, 1):
        part = pd.DataFrame(
            {
                "amount": (items["open_minor"] - less * discount).astype("int64").to_numpy(),
                "iban": items["debtor_ibans"].str.split("|").str[0].to_numpy(),
                "name": items["debtor_name"].map(words).to_numpy(),
                "number": items["invoice_number"].map(lambda number: re.sub(r"[^0-9]", "", number)).to_numpy(),
            },
            index=items["invoice_number"].to_numpy(),
        )
        parts.append(part if not less else part[(discount > 0).to_numpy()])
    right = pd.concat(parts)
    right["invoice_number"] = right.index
    right.index = pd.RangeIndex(len(right))
    for side in (left, right):
        side["start"] = side["name"].str[:3]
        side["iban"] = side["iban"].replace("", None)
        side["number"] = side["number"].replace("", None)
    return left, right


def features(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Compared pairs."""
    index = recordlinkage.Index()
    for beside in ("iban", "number", "start"):
        index.block(["amount", beside])
    pairs = index.index(left, right)
    compare = recordlinkage.Compare()
    compare.exact("iban", "iban", label="iban")
    compare.string("name", "name", method="jarowinkler", label="name")
    compare.string("number", "number", method="damerau_levenshtein", label="number", missing_value=0.5)
    return compare.compute(pairs, left, right)


def main(train: Path, folder: Path, out: Path) -> None:
    """Train, score, keep the single best item of each payment, write."""
    left, right = sides(train)
    known = features(left, right)
    truth = pd.read_parquet(train / "truth.parquet")
    named = pd.Series(right["invoice_number"].to_numpy(), index=right.index)
    wanted = set(zip(truth["transaction_id"], truth["invoice_number"], strict=True))
    matches = known.index[[(one, named[other]) in wanted for one, other in known.index]]
    classifier = recordlinkage.LogisticRegressionClassifier()
    classifier.fit(known, matches)
    started = time.perf_counter()
    left, right = sides(folder)
    pairs = features(left, right)
    found = classifier.prob(pairs).rename("score").reset_index()
    found.columns = ["transaction_id", "row", "score"]
    found["invoice_number"] = right["invoice_number"].to_numpy()[found["row"]]
    found = found.sort_values("score", ascending=False, kind="stable")
    found = found.drop_duplicates(["transaction_id", "invoice_number"])
    second = found.groupby("transaction_id")["score"].shift(-1).fillna(-1.0)
    best = found[~found.duplicated("transaction_id")]
    best = best[best["score"] > second[best.index] + 1e-9]
    best[["transaction_id", "invoice_number", "score"]].to_parquet(out, index=False)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"version": version("recordlinkage"), "seconds": seconds, "peak_mib": round(peak)}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
