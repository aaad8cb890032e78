"""``python -m benchmarks.matching.peers --tune 31 --seeds 2001``: kontoklar and its peers on the same data in one run.

Thresholds come from the tuning seed; figures are those of the other seeds. Speed is payments per second of wall time,
reading of Parquet files left out for those inside our process, included for subprocesses (a small part).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import matchers
from benchmarks.matching.generator import Case, collections_frame, generate, items_frame, receipts_frame
from benchmarks.matching.judge import Verdict, judge
from benchmarks.matching.peers import environments, inside
from benchmarks.matching.records import PaymentRecord
from benchmarks.matching.statistics import exact_interval
from pipelines.match import Matcher
from pipelines.model.proposal import AllocationKind, Disposition, Proposal, ProposedLine
from pipelines.policy import default_policy

_HERE = Path(__file__).parent
_PRECISION = 0.999
_LEVELS = (0.999, 0.995, 0.99)


@dataclass(slots=True)
class Data:
    """A generated case as objects, frames and files."""

    case: Case
    items: pd.DataFrame
    receipts: pd.DataFrame
    folder: Path


@dataclass(slots=True)
class Found:
    """What a peer proposes: frame (transaction_id, invoice_number, score), payments looked at, seconds."""

    frame: pd.DataFrame
    looked_at: int
    seconds: float
    note: str = ""


def make(seed: int, mix: str, payments: int, items: int, folder: Path) -> Data:
    """Generate a case and write what subprocesses read."""
    case = generate(seed, payments, items, mix=mix)
    place = folder / f"peers-{mix}-{seed}-{payments}x{items}"
    place.mkdir(parents=True, exist_ok=True)
    data = Data(case, items_frame(case.world), receipts_frame(case.payments), place)
    data.items.to_parquet(place / "items.parquet", index=False)
    data.receipts.to_parquet(place / "receipts.parquet", index=False)
    single = [(one.transaction_id, next(iter(one.truth))) for one in case.payments if len(one.truth) == 1]
    pd.DataFrame(single, columns=["transaction_id", "invoice_number"]).to_parquet(place / "truth.parquet", index=False)
    return data


Run = Callable[[pd.DataFrame, pd.DataFrame, int], tuple[pd.DataFrame, int]]


def _inside(run: Run, data: Data, sample: int) -> Found:
    started = time.perf_counter()
    frame, looked_at = run(data.items, data.receipts, sample)
    note = "" if looked_at == len(data.receipts) else f"sample of {looked_at}"
    return Found(frame, looked_at, time.perf_counter() - started, note)


def _outside(name: str, arguments: list[Path], out: Path, count: int) -> Found:
    python = environments.make(name)
    script = _HERE / f"run_{name}.py"
    done = subprocess.run(
        [str(python), str(script), *map(str, arguments), str(out)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return Found(pd.read_parquet(out), count, told["seconds"], f"{name} {told['version']}, {told['peak_mib']} MiB")


def find(name: str, tuning: Data, data: Data, samples: dict[str, int]) -> Found:
    """Run one peer on a case."""
    count = len(data.receipts)
    if name == "splink":
        return _outside(name, [data.folder], data.folder / "splink.parquet", count)
    if name == "recordlinkage":
        return _outside(name, [tuning.folder, data.folder], data.folder / "recordlinkage.parquet", count)
    run = {"strict": inside.strict_merge, "rapidfuzz": inside.fuzzy, "erpnext": inside.erpnext}[name]
    return _inside(run, data, min(samples.get(name, count), count))


def _looked_at(data: Data, found: Found) -> list[PaymentRecord]:
    ids = set(data.receipts["transaction_id"].head(found.looked_at))
    return [one for one in data.case.payments if one.transaction_id in ids]


def once(frame: pd.DataFrame, data: Data) -> pd.DataFrame:
    """Every item at most once, to the surest and then the earliest payment, as a ledger would have it: peers do not
    look at one payment in the light of another, and should not be blamed for an invoice paid twice."""
    days = dict(zip(data.receipts["transaction_id"], data.receipts["booking_date"], strict=True))
    ordered = frame.assign(day=frame["transaction_id"].map(days))
    ordered = ordered.sort_values(["score", "day", "transaction_id"], ascending=[False, True, True], kind="stable")
    return ordered.drop_duplicates("invoice_number").drop(columns="day")


def posted(frame: pd.DataFrame, data: Data, threshold: float) -> list[Proposal]:
    """What a peer would post from a score on. The item receives what its truth would, if it is the right one: peers
    are judged by the set of invoices only."""
    truth = {one.transaction_id: one.truth for one in data.case.payments}
    chosen = once(frame, data)
    chosen = chosen[chosen["score"] >= threshold]
    return [
        Proposal(
            key, 1, (ProposedLine(number, "", truth[key].get(number, 1), 1, AllocationKind.SETTLEMENT),), 1.0,
            Disposition.AUTO, "peer", "", "peer", (),
        )
        for key, number in zip(chosen["transaction_id"], chosen["invoice_number"], strict=True)
    ]  # fmt: skip


def threshold_of(found: Found, data: Data, precision: float = _PRECISION) -> float:
    """The lowest score from which on this share of the posts is right, 99.9 % unless said otherwise.

    Above all scores if there is none.
    """
    truth = {one.transaction_id: set(one.truth) for one in data.case.payments}
    frame = once(found.frame, data)
    pairs = zip(frame["transaction_id"], frame["invoice_number"], strict=True)
    right = [truth[key] == {number} for key, number in pairs]
    best, hits = float("inf"), 0
    scores = frame["score"].tolist()
    for place, (score, hit) in enumerate(zip(scores, right, strict=True), 1):
        hits += hit
        last = place == len(scores) or scores[place] != score
        if last and hits / place >= precision:
            best = score
    return best


def kontoklar(data: Data) -> tuple[Verdict, float]:
    """The shipped policy, index included."""
    policy = default_policy()
    strategies = matchers.load(policy.strategies)
    collections = collections_frame(data.case.world)
    started = time.perf_counter()
    proposals = Matcher(data.items, collections, None, policy, strategies=strategies).plan(data.receipts)
    return judge(data.case.payments, proposals), time.perf_counter() - started


def _figures(verdict: Verdict, looked_at: int, seconds: float, note: str, threshold: float | None) -> dict[str, object]:
    count = verdict.right + verdict.wrong
    return {
        "posted": count, "wrong": verdict.wrong, "precision": verdict.precision,
        "precision_interval": exact_interval(verdict.right, count), "recall": verdict.recall,
        "traps_posted": verdict.traps_posted, "per_second": round(looked_at / seconds) if seconds else 0,
        "seconds": round(seconds, 2), "looked_at": looked_at, "note": note, "threshold": threshold,
    }  # fmt: skip


def compare(options: argparse.Namespace) -> dict[str, object]:
    """Figures per seed and matcher."""
    names, samples = options.peers, {"rapidfuzz": options.fuzzy_sample, "erpnext": options.erpnext_sample}

    def made(seed: int) -> Data:
        return make(seed, options.mix, options.payments, options.items, options.folder)

    tuning = made(options.tune)
    thresholds = {}
    for name in names:
        thresholds[name] = 1.0 if name == "strict" else threshold_of(find(name, tuning, tuning, samples), tuning)
    result: dict[str, object] = {"tuned_on": options.tune, "mix": options.mix, "thresholds": thresholds}
    for seed in options.seeds:
        data = made(seed)
        verdict, seconds = kontoklar(data)
        rows = {"kontoklar": _figures(verdict, len(data.receipts), seconds, "shipped policy, no training", None)}
        for name in names:
            found = find(name, tuning, data, samples)
            judged = judge(_looked_at(data, found), posted(found.frame, data, thresholds[name]))
            rows[name] = _figures(judged, found.looked_at, found.seconds, found.note, thresholds[name])
            # The best it could do if somebody told it the right threshold for these very payments.
            rows[name]["recall_with_hindsight"] = {
                str(level): judge(
                    _looked_at(data, found), posted(found.frame, data, threshold_of(found, data, level))
                ).recall
                for level in _LEVELS
            }
        result[str(seed)] = rows
        print(f"seed {seed}, {options.mix}: {len(data.receipts)} payments, {len(data.items)} items")
        for name, row in rows.items():
            kind = row.get("recall_with_hindsight")
            best = " ".join(f"{recall:.3f}" for recall in kind.values()) if isinstance(kind, dict) else "-"
            print(
                f"  {name:14} posted {row['posted']:6} wrong {row['wrong']:4} precision {row['precision']:.5f} "
                f"recall {row['recall']:.4f} (hindsight {best}) traps {row['traps_posted']:3} "
                f"{row['per_second']:7}/s  {row['note']}",
                flush=True,
            )
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tune", type=int, default=31, help="development seed the thresholds come from")
    parser.add_argument("--seeds", type=int, nargs="+", default=[32])
    parser.add_argument("--mix", default="trade")
    parser.add_argument("--payments", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--peers", nargs="+", default=["strict", "rapidfuzz", "erpnext", "splink", "recordlinkage"])
    parser.add_argument("--fuzzy-sample", type=int, default=200)
    parser.add_argument("--erpnext-sample", type=int, default=1500)
    parser.add_argument("--folder", type=Path, default=Path(".bench"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result = compare(options)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1, default=str))


if __name__ == "__main__":
    main()
