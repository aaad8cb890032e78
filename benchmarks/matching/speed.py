"""How fast matching is, index included: ``python -m benchmarks.matching.speed --case 20000x100000``.

Every case runs in fresh processes, several times; medians are printed. ``--kept`` measures a day whose look-up tables
were kept by an earlier run. The ratio is to the strict regex merge on the same data in the same process. Wall time is
what a user waits; processor time is of all processes together and says more on a busy machine. Memory is what all
processes hold together at the worst moment (``peak_mib``: pages they share count once), frames and libraries included;
``largest_process_mib`` is the peak of the largest one alone.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

MIB = 1024


def write_case(folder: Path, seed: int, payments: int, items: int, mix: str = "trade") -> None:
    """A generated case as Parquet files, so that who measures does not carry the generator's memory."""
    from benchmarks.matching.generator import collections_frame, generate, items_frame, receipts_frame

    case = generate(seed, payments, items, mix=mix)
    items_frame(case.world).to_parquet(folder / "items.parquet")
    collections_frame(case.world).to_parquet(folder / "collections.parquet")
    receipts_frame(case.payments).to_parquet(folder / "receipts.parquet")


def measure(folder: Path, processes: int, kept: bool, payments: int = 0) -> dict[str, Any]:
    """One run in this process. payments: only the first so many; 0 for all."""
    import matchers
    from benchmarks.matching.baseline import strict_merge
    from benchmarks.matching.memory import Watched
    from pipelines.match import Matcher
    from pipelines.policy import default_policy
    from sinks.kept_index import KeptIndex

    items, collections = (pd.read_parquet(folder / f"{name}.parquet") for name in ("items", "collections"))
    receipts = pd.read_parquet(folder / "receipts.parquet")
    receipts = receipts.iloc[: payments or len(receipts)]
    policy = default_policy()
    strategies = matchers.load(policy.strategies)
    tables = KeptIndex(folder / "index") if kept else None

    watched = Watched()
    gc.collect()
    wall, processor = time.perf_counter(), _processor()
    matcher = Matcher(items, collections, None, policy, strategies=strategies, processes=processes, tables=tables)
    proposals = matcher.plan(receipts)
    seconds, busy = time.perf_counter() - wall, _processor() - processor
    largest = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / MIB
    peak = watched.peak_mib()
    matcher.keep()

    wall = time.process_time()
    strict_merge(items, receipts)
    strict = time.process_time() - wall
    return {
        "payments": len(receipts), "items": len(items), "seconds": seconds, "processor_seconds": busy,
        "per_second": len(receipts) / seconds, "peak_mib": peak, "largest_process_mib": largest,
        "strict_merge_seconds": strict,
        "ratio_to_strict_merge": busy / strict,
        "automatic": sum(one.disposition == "auto" for one in proposals),
        "kept_bytes_per_item": tables.file.stat().st_size / len(items) if tables and tables.file.exists() else 0,
    }  # fmt: skip


def _processor() -> float:
    """Processor seconds of this process and of its children that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def fresh(folder: Path, processes: int, kept: bool, payments: int = 0) -> dict[str, Any]:
    """``measure`` in a process of its own."""
    command = [
        sys.executable, "-m", "benchmarks.matching.speed", "--measure", str(folder),
        "--processes", str(processes), "--payments", str(payments), *(["--kept"] if kept else []),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of every figure."""
    return {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", help="PAYMENTSxITEMS")
    parser.add_argument("--seed", type=int, default=2001)
    parser.add_argument("--mix", default="trade")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--processes", type=int, default=0, help="0: one a processor")
    parser.add_argument("--kept", action="store_true", help="with look-up tables kept by an earlier run")
    parser.add_argument("--payments", type=int, default=0, help="only the first so many of the case")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.processes, options.kept, options.payments)))
        return
    for case in options.case or ["20000x100000"]:
        payments, items = map(int, case.split("x"))
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_case(folder, options.seed, payments, items, options.mix)
            if options.kept:
                fresh(folder, options.processes, True, options.payments)
            runs = [fresh(folder, options.processes, options.kept, options.payments) for _ in range(options.runs)]
        print(json.dumps({"case": case, "kept": options.kept, "seed": options.seed, **median(runs)}), flush=True)


if __name__ == "__main__":
    main()
