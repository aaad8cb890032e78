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
    "matching-peers": ["benchmarks.matching.peers", "--seeds", "2001"],
    "dunning": ["benchmarks.dunning"],
    "daily-run": ["benchmarks.daily_run", "--seed", "1000", "--scale", "10"],
}


def main(wanted: list[str]) -> int:
    options: list[str] = []
    if len(wanted) > 1 and wanted[1].startswith("-"):
        wanted, options = wanted[:1], wanted[1:]
    unknown = [name for name in wanted if name not in MEASUREMENTS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    worst = 0
    for name in wanted or MEASUREMENTS:
        print(f"\n== {name}", flush=True)
        worst = max(
            worst, subprocess.run([sys.executable, "-m", *MEASUREMENTS[name], *options], check=False).returncode
        )
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
