"""The table a person reads, and the misses grouped by cause."""

from __future__ import annotations

from collections import Counter, defaultdict

from .score import GRAVE, Result

HEADS = "payments auto wrong precision recall top3 traps asks returns dunned cents seconds".split()  # noqa: SIM905
COLUMNS = ("payments", "posted", "missed", "in first three", "wrong", "left alone", "trap", "ask")


def show(results: list[Result]) -> None:
    print(f"{'company':10} {'seed':>5} " + " ".join(f"{head:>9}" for head in HEADS))
    for result in results:
        print(line(result))
    causes: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        for cause, count in result.causes.items():
            causes[cause].update(count)
    print(f"\n{'cause':42} " + " ".join(f"{head.removeprefix('in '):>11}" for head in COLUMNS))
    for cause, count in sorted(causes.items(), key=lambda entry: -entry[1]["payments"]):
        print(f"{cause:42} " + " ".join(f"{count[name]:>11}" for name in COLUMNS))
    print("\nmisses")
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for result in results:
        for miss in result.misses:
            said = miss.said if miss.kind != "missed" else ""
            groups[miss.kind, miss.cause if miss.kind != "missed" else f"{miss.cause}: {miss.said}"].append(
                f"{result.company}-{result.seed} {miss.ref} {said}".strip()
            )
    order = {kind: place for place, kind in enumerate((*GRAVE, "missed"))}
    for (kind, cause), entries in sorted(groups.items(), key=lambda entry: (order[entry[0][0]], -len(entry[1]))):
        print(f"  {kind:8} {len(entries):>4}  {cause}")
        for entry in entries[: 2 if kind == "missed" else 8]:
            print(f"                 {entry[:300]}")


def line(result: Result) -> str:
    total: Counter[str] = Counter()
    for cause, count in result.causes.items():
        if not cause.startswith("return") and cause not in ("transfer taken back", "direct debit batch"):
            total.update(count)
    back: Counter[str] = Counter()
    for cause, count in result.causes.items():
        if cause.startswith("return") or cause == "transfer taken back":
            back.update(count)
    auto = total["posted"] + total["wrong"] + total["trap"] + total["ask"]
    right = total["posted"] / auto if auto else 1.0
    assignable = total["posted"] + total["wrong"] + total["missed"]
    kinds = Counter(miss.kind for miss in result.misses)
    shown = [
        str(total["payments"]),
        str(auto),
        str(total["wrong"]),
        f"{right:.3%}",
        f"{total['posted'] / max(1, assignable):.2%}",
        f"{total['in first three'] / max(1, total['missed']):.1%}",
        str(total["trap"]),
        str(total["ask"]),
        f"{back['posted']}/{back['payments']}",
        str(kinds["dunned"]),
        str(kinds["cent"]),
        str(result.figures["seconds"]),
    ]
    return f"{result.company:10} {result.seed:>5} " + " ".join(f"{text:>9}" for text in shown)
