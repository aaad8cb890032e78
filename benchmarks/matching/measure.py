"""Measure the matcher on generated ledgers: ``python -m benchmarks.matching.measure --seed 1000 --payments 20000``.

Prints a table and, with ``--json``, writes everything. Speed is of matching alone, index included; memory is the
process's peak beyond what the generated frames took.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import matchers
from benchmarks.matching.baseline import strict_merge
from benchmarks.matching.generator import Case, collections_frame, generate, items_frame, receipts_frame
from benchmarks.matching.judge import Verdict, judge
from pipelines.match import Matcher
from pipelines.model.proposal import Proposal
from pipelines.policy import Policy, default_policy, load_policy


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Callable[[], list[Proposal]]) -> tuple[list[Proposal], float, float]:
    """Result, wall seconds, processor seconds."""
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - processor


def measure(case: Case, policy: Policy) -> dict[str, object]:
    """Quality and speed of the matcher and of the strict merge on one case."""
    items, collections = items_frame(case.world), collections_frame(case.world)
    receipts = receipts_frame(case.payments)
    strategies = matchers.load(policy.strategies)
    before = _peak_mib()
    proposals, wall, processor = timed(
        lambda: Matcher(items, collections, None, policy, strategies=strategies).plan(receipts)
    )
    peak = _peak_mib() - before
    strict, strict_wall, strict_processor = timed(lambda: strict_merge(items, receipts))
    verdict, strict_verdict = judge(case.payments, proposals), judge(case.payments, strict)
    return {
        "items": len(items),
        "policy": policy.hash,
        "matcher": {**verdict.summary(), **_speed(len(receipts), wall, processor), "extra_peak_mib": round(peak, 1)},
        "strict_merge": {**strict_verdict.summary(), **_speed(len(receipts), strict_wall, strict_processor)},
        "by_case": {name: dict(counts) for name, counts in sorted(verdict.by_case.items())},
    }


def _speed(count: int, wall: float, processor: float) -> dict[str, object]:
    return {"seconds": round(wall, 3), "processor_seconds": round(processor, 3), "per_second": round(count / wall)}


def _show(seed: int, result: dict[str, object]) -> None:
    print(f"seed {seed}: {result['items']} items")
    for name in ("matcher", "strict_merge"):
        figures = result[name]
        assert isinstance(figures, dict)
        low, high = figures["precision_interval"]
        print(
            f"  {name:13} posted {figures['posted']:6} wrong {figures['wrong']:3} "
            f"precision {figures['precision']:.5f} [{low:.5f}, {high:.5f}] recall {figures['recall']:.4f} "
            f"top-3 of reviewed {figures['top_three_of_reviewed']:.3f} traps posted {figures['traps_posted']} "
            f"{figures['seconds']} s ({figures['processor_seconds']} s cpu)"
        )
    figures = result["matcher"]
    assert isinstance(figures, dict)
    print("  reasons", figures["review_reasons"])
    for wrong in figures["wrong_list"]:
        print("  WRONG", wrong)


def main(arguments: list[str] | None = None) -> int:
    """The command line; 1 when an automatic post was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, action="append", help="several allowed; from 1000 on for reporting")
    parser.add_argument("--payments", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--mix", default="trade", help="a name of benchmarks.matching.mixes")
    parser.add_argument("--per-debtor", type=float, help="open items per debtor")
    parser.add_argument("--styles", help="comma-separated: RE YEAR SLASH CUSTOMER SHORT AR PLAIN")
    parser.add_argument("--policy", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    policy = load_policy(options.policy) if options.policy else default_policy()
    styles = tuple(options.styles.split(",")) if options.styles else None
    results = {}
    total = Verdict()
    for seed in options.seed or [1]:
        case = generate(
            seed, options.payments, options.items, mix=options.mix, styles=styles, per_debtor=options.per_debtor
        )
        results[seed] = measure(case, policy)
        _show(seed, results[seed])
        figures = results[seed]["matcher"]
        assert isinstance(figures, dict)
        total.right += figures["posted"] - figures["wrong"]
        total.wrong += figures["wrong"]
        total.payable += figures["payable"]
        total.payments += figures["payments"]
    summary = total.summary()
    print(
        f"all: posted {summary['posted']} wrong {summary['wrong']} precision {summary['precision']:.6f} "
        f"{summary['precision_interval']} recall {summary['recall']:.4f} {summary['recall_interval']}"
    )
    if options.json:
        options.json.write_text(json.dumps({"results": results, "all": summary}, indent=1, default=str))
    return 1 if total.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
