"""What matching costs as the ledger grows and as the day grows: ``python -m benchmarks.matching.growth``.

Two series, each point the median of several runs in fresh processes: the same day of payments against ever more open
items, with and without kept look-up tables, and ever more payments against the same items. Writes
``docs/growth.md`` (a table) and ``docs/growth.png``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.matching.speed import fresh, median, write_case

DOCS = Path(__file__).resolve().parents[2] / "docs"
ITEMS = (10_000, 30_000, 100_000, 300_000, 1_000_000)
PAYMENTS = (1_000, 2_000, 4_000, 8_000, 16_000)


def by_items(seed: int, runs: int, payments: int) -> list[dict[str, Any]]:
    """The same number of payments against ever more items."""
    found = []
    for items in ITEMS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_case(folder, seed, payments, items)
            cold = median([fresh(folder, 1, False) for _ in range(runs)])
            fresh(folder, 1, True)
            kept = median([fresh(folder, 1, True) for _ in range(runs)])
        found.append(
            {
                "items": cold["items"], "payments": cold["payments"], "cold": cold["processor_seconds"],
                "kept": kept["processor_seconds"], "strict": cold["strict_merge_seconds"],
                "peak_mib": cold["peak_mib"], "bytes": kept["kept_bytes_per_item"],
            }
        )  # fmt: skip
        print(found[-1], flush=True)
    return found


def by_payments(seed: int, runs: int, items: int) -> list[dict[str, Any]]:
    """Ever more payments against the same items."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_case(folder, seed, max(PAYMENTS), items)
        fresh(folder, 1, True, 100)
        for payments in PAYMENTS:
            kept = median([fresh(folder, 1, True, payments) for _ in range(runs)])
            found.append({"items": kept["items"], "payments": kept["payments"], "kept": kept["processor_seconds"]})
            print(found[-1], flush=True)
    return found


def table(grown: list[dict[str, Any]], days: list[dict[str, Any]]) -> str:
    """Both series as Markdown."""
    lines = [
        "| items, settled too | payments | cold, s | tables kept, s | strict merge, s | peak MiB | bytes an item |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row['items']:,} | {row['payments']:,} | {row['cold']:.2f} | {row['kept']:.2f} | {row['strict']:.2f} "
        f"| {row['peak_mib']:.0f} | {row['bytes']:.0f} |"
        for row in grown
    ]
    lines += ["", "| items | payments | tables kept, s | ms a payment |", "|---:|---:|---:|---:|"]
    lines += [
        f"| {row['items']:,} | {row['payments']:,} | {row['kept']:.2f} | {1000 * row['kept'] / row['payments']:.2f} |"
        for row in days
    ]
    return "\n".join(lines) + "\n"


def draw(grown: list[dict[str, Any]], days: list[dict[str, Any]], out: Path) -> None:
    """Both series as curves."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.2))
    for name, label in (("cold", "nothing kept"), ("kept", "tables kept"), ("strict", "strict regex merge")):
        left.plot([row["items"] for row in grown], [row[name] for row in grown], marker="o", label=label)
    left.set(xscale="log", xlabel="items", ylabel="processor seconds", title=f"{grown[0]['payments']:,} payments")
    left.legend()
    right.plot([row["payments"] for row in days], [row["kept"] for row in days], marker="o", label="tables kept")
    right.set(xlabel="payments", ylabel="processor seconds", title=f"{days[0]['items']:,} items")
    right.legend()
    for axes in (left, right):
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(out, dpi=110)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=2002)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--payments", type=int, default=2_000, help="of the day that meets ever more items")
    parser.add_argument("--items", type=int, default=300_000, help="that meet ever more payments")
    parser.add_argument("--out", type=Path, default=DOCS)
    options = parser.parse_args()
    grown, days = (
        by_items(options.seed, options.runs, options.payments),
        by_payments(options.seed, options.runs, options.items),
    )
    (options.out / "growth.md").write_text(table(grown, days), encoding="utf-8")
    draw(grown, days, options.out / "growth.png")


if __name__ == "__main__":
    main()
