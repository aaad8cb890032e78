"""All measurements one after the other: ``make bench`` or ``python -m benchmarks [NAME …]``.

What follows a single name and begins with a dash goes to that measurement: ``python -m benchmarks matching --seeds 7``.
"""

from __future__ import annotations

import subprocess
import sys

# name → module and arguments; seeds from 1000 are for reports and never tuned on
MEASUREMENTS = {
    "parsing": ["benchmarks.parsing"],
    "load": ["benchmarks.load"],
    "journal": ["benchmarks.journal"],
    "matching": ["benchmarks.matching.measure"],
    "matching-speed": ["benchmarks.matching.speed", "--case", "20000x100000", "--case", "100000x1000000"],
    "matching-growth": ["benchmarks.matching.growth"],
    "matching-peers": ["benchmarks.matching.peers", "--seeds", "2001"],
    "independent": ["benchmarks.independent"],
    "live": ["benchmarks.live", "--seed", "1000"],
    "fints": ["benchmarks.fints_fetch"],
    "dunning": ["benchmarks.dunning"],
    "grid": ["benchmarks.grid"],
    "daily-run": ["benchmarks.daily_run", "--seed", "1000", "--scale", "10"],
}

# Not part of "all": they take long; the peers install other projects too.
ASKED_FOR = frozenset({"matching-peers", "independent"})


def main(wanted: list[str]) -> int:
    options: list[str] = []
    if len(wanted) > 1 and wanted[1].startswith("-"):
        wanted, options = wanted[:1], wanted[1:]
    unknown = [name for name in wanted if name not in MEASUREMENTS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    worst = 0
    for name in wanted or [name for name in MEASUREMENTS if name not in ASKED_FOR]:
        print(f"\n== {name}", flush=True)
        worst = max(
            worst, subprocess.run([sys.executable, "-m", *MEASUREMENTS[name], *options], check=False).returncode
        )
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
