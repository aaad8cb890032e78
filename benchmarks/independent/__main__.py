"""``python -m benchmarks independent --seed N --payments N``: the trial of an outsider.

Prints a table, figures by cause, and a list of what was missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from .companies import COMPANIES
from .report import show
from .score import GRAVE, Result, Scorer
from .trial import build, drive, write


def trial(key: str, seed: int, payments: int, items: int, days: int, folder: Path) -> Result:
    """Builds, writes, runs and scores one company's days in ``folder``."""
    world = build(key, seed, payments, items, days)
    started = time.perf_counter()
    log = drive(world, folder, write(world, folder))
    result = Scorer(world, folder, log).score()
    result.seed = seed
    result.figures["seconds"] = round(time.perf_counter() - started, 1)
    result.figures["exit codes"] = dict(Counter(code for _, code, _ in log))
    return result


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks independent", description=__doc__)
    parser.add_argument("--seed", type=int, action="append", help="below 100 for development; repeatable")
    parser.add_argument("--payments", type=int, default=1000)
    parser.add_argument("--items", type=int, help="default: five for each payment")
    parser.add_argument("--days", type=int, default=8)
    parser.add_argument("--company", action="append", choices=list(COMPANIES))
    parser.add_argument("--keep", type=Path, help="folder for files and books; default: a temporary one")
    chosen = parser.parse_args(arguments)
    results = []
    for seed in chosen.seed or [1]:
        for key in chosen.company or COMPANIES:
            with tempfile.TemporaryDirectory() as temporary:
                folder = (chosen.keep or Path(temporary)) / f"{key}-{seed}"
                results.append(
                    trial(key, seed, chosen.payments, chosen.items or 5 * chosen.payments, chosen.days, folder)
                )
    show(results)
    return 1 if any(miss.kind in GRAVE for result in results for miss in result.misses) else 0


if __name__ == "__main__":
    sys.exit(main())
