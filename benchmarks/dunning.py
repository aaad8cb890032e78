"""A thousand debtor-months: nobody whose money is in the house is dunned (``python -m benchmarks dunning``).

Seeds from 1000 are for reports and never looked at while developing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.dunning_world import World, live

DEBTORS = 200


def main() -> int:
    """Prints a line per seed and the sum; 1 when anybody was dunned wrongly."""
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, nargs="+", default=[1000, 1001, 1002, 1003, 1004])
    options.add_argument("--debtors", type=int, default=DEBTORS)
    chosen = options.parse_args()
    wrong: Counter[str] = Counter()
    looked = dunned = never = 0
    for seed in chosen.seeds:
        world = World(seed, chosen.debtors)
        start = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            observed = live(world, Path(folder))
        mine = {debtor for debtor, road in world.roads.items() if road == "never"}
        never += len(mine)
        dunned += len(mine & observed.dunned)
        looked += observed.looked
        wrong.update(road for _, _, road in observed.wrong)
        print(
            f"seed {seed}: {chosen.debtors} debtor-months, {observed.runs} runs, {observed.looked} looks at covered "
            f"invoices, {len(observed.wrong)} wrong, {time.process_time() - start:.1f} s CPU",
            flush=True,
        )
    months = len(chosen.seeds) * chosen.debtors
    print(f"{months} debtor-months, {looked} looks: {sum(wrong.values())} dunned wrongly {dict(wrong) or ''}")
    print(f"who never paid: {dunned} of {never} were dunned")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
