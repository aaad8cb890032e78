"""The whole daily run through the command line: speed per step, memory, and what was right.

    python -m benchmarks.daily_run --seed 1000 --payments 10000 --items 100000

Writes a generated company as files (CAMT and MT940, three accounts), loads it, runs the day, and holds the exported
tables against the truth. ``--scale 10`` repeats the run with ten times the open items. Seeds from 1000 are for reports.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from benchmarks.daily.files import Company, make


def command(folder: Path, database: str, *arguments: str) -> dict[str, Any]:
    """One kontoklar command in a process of its own; its JSON answer."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "--database", database, *arguments, "--json"],
        capture_output=True, text=True, check=False, cwd=folder, env=_environment(),
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise SystemExit(f"{arguments[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer | {"exit_code": done.returncode}


def _environment() -> dict[str, str]:
    import os

    return os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}


def table(folder: Path, database: str, name: str) -> list[dict[str, str]]:
    out = folder / f"{name}.csv"
    command(folder, database, "export", name, "--out", str(out))
    with out.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter=";"))


def judge(folder: Path, database: str, company: Company) -> dict[str, Any]:
    """Holds allocations and returns against the truth; a wrong set of invoices counts as wrong."""
    transactions = {row["transaction_id"]: row for row in table(folder, database, "transactions")}
    settled: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    reversed_by: Counter[str] = Counter()
    for row in table(folder, database, "allocations"):
        cents = round(float(row["amount"]) * 100)
        if row["kind"] == "reversal":
            reversed_by[row["transaction_id"]] += 1
        elif row["invoice_number"]:
            settled[row["transaction_id"]][row["invoice_number"]] += cents
    result: Counter[str] = Counter()
    wrong: list[str] = []
    missed: Counter[str] = Counter()
    seen = {row["bank_reference"]: key for key, row in transactions.items()}
    result["bookings_lost"] = len(company.truth.keys() - seen.keys())
    for reference, truth in company.truth.items():
        key = seen.get(reference, "")
        if truth.case == "return" or not key:
            continue
        result["payments"] += 1
        posted = dict(settled.get(key, {}))
        if transactions[key]["kind"].startswith("return"):
            result["payments_called_return"] += 1
        if posted and posted != truth.settles:
            result["wrong"] += 1
            wrong.append(f"{reference} {truth.case}")
        elif posted:
            result["automatic"] += 1
        elif truth.settles:
            missed[truth.case.split("+")[0]] += 1
    links = {row["transaction_id"]: row for row in table(folder, database, "returns")}
    for reference, truth in company.truth.items():
        if truth.case != "return":
            continue
        result["returns"] += 1
        row = links.get(seen.get(reference, ""), {})
        result["returns_found"] += bool(row)
        result["returns_posted"] += row.get("state") == "posted"
        posted_right = row.get("state") == "posted" and round(float(row["original_amount"]) * 100) == truth.returned
        result["returns_right"] += posted_right and round(float(row["charges"] or 0) * 100) == truth.charges
        result["reasons_right"] += row.get("reason_code") == truth.reason_code
    return dict(result) | {"wrong_cases": wrong[:20], "missed_by_case": dict(missed.most_common(12))}


def measure(seed: int, payments: int, items: int, database: str = "") -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        company = make(folder, seed, payments, items)
        url = database or f"sqlite:///{folder / 'bench.db'}"
        loaded = command(folder, url, "load", "receivables", str(folder / "receivables.csv"))
        command(folder, url, "load", "collections", str(folder / "collections.csv"))
        day = ("run", "--as-of", company.as_of.isoformat(), "--file", *map(str, company.statements))
        ran = command(folder, url, *day)
        again = command(folder, url, *day)
        checked = command(folder, url, "check")
        found = judge(folder, url, company)
    return {
        "seed": seed, "items": items, "load_seconds": loaded["seconds"], "run_seconds": ran["seconds"],
        "run_peak_mib": ran["peak_mib"], "rerun_seconds": again["seconds"], "check_exit": checked["exit_code"],
        **found,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--payments", type=int, default=10_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--scale", type=int, default=1, help="also run with this many times the open items")
    parser.add_argument("--database", default="", help="an empty database; default: SQLite in a temporary folder")
    options = parser.parse_args()
    sizes = [options.items] + ([options.items * options.scale] if options.scale > 1 else [])
    print(json.dumps([measure(options.seed, options.payments, size, options.database) for size in sizes], indent=1))


if __name__ == "__main__":
    main()
