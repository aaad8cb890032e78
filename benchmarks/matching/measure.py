"""Quality of the matcher on generated ledgers: ``python -m benchmarks matching --mixes trade rent --seeds 2001 2002``.

Prints a table per mix and, with ``--json``, writes everything, the intervals and every wrong post included. What the
denominators are is in ``judge.Verdict``. Speed is of matching alone, index included.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections import Counter
from pathlib import Path

import matchers
from benchmarks.matching.generator import Case, collections_frame, generate, items_frame, receipts_frame
from benchmarks.matching.judge import Verdict, judge
from benchmarks.matching.mixes import MIXES
from benchmarks.matching.seeds import DEVELOPMENT, REPORTING, SEEN
from pipelines.match import Matcher
from pipelines.policy import Policy, default_policy, load_policy


def run(case: Case, policy: Policy) -> tuple[Verdict, float, float]:
    """Verdict, seconds, processor seconds of one case."""
    items, collections = items_frame(case.world), collections_frame(case.world)
    receipts = receipts_frame(case.payments)
    strategies = matchers.load(policy.strategies)
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    proposals = Matcher(items, collections, None, policy, strategies=strategies).plan(receipts)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return judge(case.payments, proposals), wall, processor


def measure(mix: str, seeds: list[int], options: argparse.Namespace, policy: Policy) -> dict[str, object]:
    """All seeds of one mix, and what they come to together."""
    styles = tuple(options.styles.split(",")) if options.styles else None
    total, rows, seconds = Verdict(), {}, 0.0
    for seed in seeds:
        case = generate(seed, options.payments, options.items, mix=mix, styles=styles, per_debtor=options.per_debtor)
        verdict, wall, processor = run(case, policy)
        total.add(verdict)
        seconds += wall
        numbers = [item.number for item in case.world.items]
        rows[str(seed)] = {
            **verdict.summary(), "seconds": round(wall, 3), "processor_seconds": round(processor, 3),
            "items": len(numbers), "numbers": numbers[:: max(len(numbers) // 6, 1)][:6],
        }  # fmt: skip
        print(f"  {seed:6} {_line(verdict)} {verdict.payments / wall:7.0f}/s", flush=True)
        for wrong in verdict.wrong_list if seed in DEVELOPMENT else ():
            print("         WRONG", wrong)
    print(f"     all {_line(total)} {total.payments / seconds:7.0f}/s")
    return {"seeds": rows, "all": total.summary()}


def _line(verdict: Verdict) -> str:
    figures = verdict.summary()
    low, high = figures["precision_interval"]  # type: ignore[misc]
    return (
        f"{verdict.payments:7} {figures['posted']:7} {verdict.wrong:5}  {verdict.precision:.5f} [{low:.5f}, {high:.5f}]"
        f"  {verdict.recall:.4f}  {figures['recall_of_assignable']:.4f}  {verdict.handled:.4f}"
        f"  {figures['top_three_of_reviewed']:.3f}  {verdict.traps_posted:3} of {verdict.traps:5}"
    )


def _kinds(summary: dict[str, object]) -> None:
    kinds = summary["by_kind"]
    assert isinstance(kinds, dict)
    print(f"     {'kind of payment':28} {'all':>7} {'posted':>7} {'wrong':>6}  most frequent reasons of the rest")
    for name, counts in sorted(kinds.items(), key=lambda row: -sum(row[1].values())):
        rest = Counter({reason: count for reason, count in counts.items() if reason not in {"right", "WRONG"}})
        reasons = ", ".join(f"{reason} {count}" for reason, count in rest.most_common(3))
        right, wrong = counts.get("right", 0), counts.get("WRONG", 0)
        print(f"     {name:28} {sum(counts.values()):7} {right:7} {wrong:6}  {reasons}")


def main(arguments: list[str] | None = None) -> int:
    """Measure the mixes and seeds of the command line; 1 if anything was posted wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", help=f"default: those for reports, {list(REPORTING)}")
    parser.add_argument("--mixes", nargs="+", choices=list(MIXES), default=["trade"])
    parser.add_argument("--payments", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--per-debtor", type=float, help="open items per debtor")
    parser.add_argument("--styles", help="comma-separated number series, see benchmarks.matching.numbering")
    parser.add_argument("--policy", type=Path)
    parser.add_argument("--kinds", action="store_true", help="one line for each kind of payment")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    policy = load_policy(options.policy) if options.policy else default_policy()
    seeds = options.seeds or list(REPORTING)
    seen = sorted(seed for seed in seeds if seed in SEEN)
    if seen:
        print(f"seeds {seen} were looked at and are no longer for reports", file=sys.stderr)
    results: dict[str, object] = {"policy": policy.hash, "payments": options.payments, "items": options.items}
    wrong = 0
    for mix in options.mixes:
        print(
            f"{mix}, {options.items} open items\n    seed  credits  posted wrong  precision and its 95 % interval  "
            "recall  decidable  handled  top-3  traps posted"
        )
        found = measure(mix, seeds, options, policy)
        summary = found["all"]
        assert isinstance(summary, dict)
        wrong += summary["wrong"]
        results[mix] = found
        if options.kinds:
            _kinds(summary)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, default=str), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
