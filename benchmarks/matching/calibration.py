"""A month of decisions, then the next month: ``python -m benchmarks.matching.calibration --seed 2001``.

A simulated analyst decides every payment of the first month that waits, from the truth: what is proposed rightly is
accepted, what is not is assigned, what is no payment of ours is rejected, what posted wrongly is taken back. From that
the matcher learns payers, earns automation and calibrates its weights. The second month is then matched twice on the
same open items: untrained, and with what was learned.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

import matchers
from benchmarks.matching.generator import Case, collections_frame, generate, items_frame, receipts_frame
from benchmarks.matching.judge import Verdict, effects, judge
from benchmarks.matching.records import PaymentRecord
from pipelines.learning.calibration import Calibrated, Collector, calibrate_policy, cases_of
from pipelines.learning.earned import Record, record_of
from pipelines.learning.patterns import group_of
from pipelines.learning.payers import Learned, learned, payers_frame
from pipelines.learning.reliability import Bin, Reliability, measure, missed_by_chance, pooled
from pipelines.match import Matcher
from pipelines.model.proposal import Disposition, Proposal
from pipelines.policy import Policy, default_policy
from pipelines.ports.learning import Manner, Outcome, Paid, Refusal


class Taught(NamedTuple):
    """What the first month taught. decided: by the analyst; outcomes: all that is known."""

    outcomes: list[Outcome]
    record: Record
    learned: Learned
    calibrated: Calibrated
    paid: list[Paid]
    decided: int


def outcomes_of(payments: Sequence[PaymentRecord], proposals: Sequence[Proposal]) -> list[Outcome]:
    """What becomes of each payment under the analyst, oldest first."""
    best = {proposal.transaction_id: proposal for proposal in proposals if proposal.rank == 1}
    found = []
    undone: set[str] = set()
    for payment in sorted(payments, key=lambda one: (one.day, one.transaction_id)):
        proposal = best.get(payment.transaction_id)
        if proposal is None:
            continue
        proposed = effects(proposal)
        right = not payment.trap and proposed == payment.truth
        posted = proposal.disposition is Disposition.AUTO
        refused = (frozenset(proposed),) if proposed and not right else ()
        # The truth says what items receive; what is paid beyond them stays on the debtor's account.
        rest = payment.amount - sum(payment.truth.values())
        settled = None if payment.trap else {**payment.truth, **({"": rest} if rest > 0 else {})}
        if settled is None and not refused:
            continue
        # What an undo has demoted comes to the analyst for the rest of the month.
        by = "survived" if posted and right and proposal.pattern not in undone else "person"
        if posted and not right:
            undone.add(proposal.pattern)
        found.append(
            Outcome(
                payment.transaction_id, payment.day.isoformat(), settled, by, refused, proposal.pattern, proposed,
                not right,
            )
        )  # fmt: skip
    return found


def paid_by(case: Case, payments: Sequence[PaymentRecord], key: str) -> list[Paid]:
    """Who paid for whom in truth; key: ``iban`` or ``name``."""
    owners = {item.number: item.debtor.number for item in case.world.items}
    days: dict[tuple[str, str], list[date]] = defaultdict(list)
    for payment in payments:
        if payment.trap or not getattr(payment, key):
            continue
        for debtor in {owners[number] for number in payment.truth}:
            days[getattr(payment, key), debtor].append(payment.day)
    return [Paid(who, debtor, len(seen), min(seen), max(seen)) for (who, debtor), seen in sorted(days.items())]


def manners_of(payments: Sequence[PaymentRecord], proposals: Sequence[Proposal]) -> list[Manner]:
    """How each payer referred to what he paid."""
    pattern = {proposal.transaction_id: proposal.pattern for proposal in proposals if proposal.rank == 1}
    counts = Counter(
        (payment.iban, pattern[payment.transaction_id], len(payment.truth))
        for payment in payments
        if payment.iban and not payment.trap and payment.transaction_id in pattern
    )
    return [Manner(*key, count) for key, count in sorted(counts.items())]


def refusals_of(payments: Sequence[PaymentRecord], outcomes: Sequence[Outcome]) -> list[Refusal]:
    """What the analyst rejected or took back: no payment of ours, or posted wrongly."""
    accounts = {payment.transaction_id: payment.iban for payment in payments}
    paid = {(payment.iban, number) for payment in payments for number in payment.truth}
    pairs = {
        (accounts[one.transaction_id], number)
        for one in outcomes
        if one.wrong and one.settled is None and accounts[one.transaction_id]
        for number in one.proposed
    }
    return [Refusal(iban, number, "") for iban, number in sorted(pairs - paid)]


def teach(case: Case, month: Sequence[PaymentRecord], policy: Policy) -> Taught:
    """The first month under the shipped policy, and what it taught."""
    collector = Collector()
    matcher = Matcher(
        items_frame(case.world),
        collections_frame(case.world),
        None,
        policy,
        strategies=matchers.load(policy.strategies),
        observe=collector,
    )
    proposals = matcher.plan(receipts_frame(list(month)))
    outcomes = outcomes_of(month, proposals)
    cases = cases_of(collector.judged, {one.transaction_id: one for one in outcomes})
    decided = sum(one.by == "person" for one in outcomes)
    last = max(payment.day for payment in month)
    window = {"from": str(min(payment.day for payment in month)), "to": str(last), "decided": decided, "survived": 0}
    calibrated = calibrate_policy(policy, cases, decided, "calibrated", window)
    as_of = last + timedelta(days=1)
    paid = paid_by(case, month, "iban")
    names, manners = paid_by(case, month, "name"), manners_of(month, proposals)
    taught = learned(names, manners, refusals_of(month, outcomes), as_of, policy.automation)
    return Taught(outcomes, record_of(outcomes, {}), taught, calibrated, paid, decided)


def second_month(
    case: Case, settled: Sequence[PaymentRecord], month: Sequence[PaymentRecord], policy: Policy, taught: Taught | None
) -> tuple[Verdict, Reliability]:
    """The next month, with what the first settled; untrained without ``taught``."""
    day = month[0].day
    matcher = Matcher(
        items_frame(case.world),
        collections_frame(case.world),
        payers_frame(taught.paid, day, policy.automation) if taught else None,
        policy,
        strategies=matchers.load(policy.strategies),
        record=taught.record if taught else None,
        learned=taught.learned if taught else None,
    )
    for payment in settled:
        for number, amount in payment.truth.items():
            matcher.settle(number, amount)
    proposals = matcher.plan(receipts_frame(list(month)))
    truth = {payment.transaction_id: payment for payment in month}
    best = [one for one in proposals if one.rank == 1 and effects(one)]
    right = [not truth[one.transaction_id].trap and effects(one) == truth[one.transaction_id].truth for one in best]
    return judge(list(month), proposals), measure([one.probability for one in best], right)


def halves(rows: Sequence[PaymentRecord]) -> tuple[list[PaymentRecord], list[PaymentRecord]]:
    """Every other payment; one that repeats another stays with it, or neither month would show which came twice."""
    months: tuple[list[PaymentRecord], list[PaymentRecord]] = ([], [])
    place: dict[tuple[str, str, str, int], int] = {}
    for payment in rows:
        key = (payment.name, payment.iban, payment.text, payment.amount)
        months[place.setdefault(key, len(place) % 2)].append(payment)
    return months


def run(seed: int, payments: int) -> dict[str, object]:
    """Both months of one seed."""
    policy = default_policy()
    case = generate(seed, 2 * payments, 10 * payments)
    # What takes something back is not matched here. Both months have the same mix: the generator lets everything
    # overdue be paid on its first day, so halves by date would not.
    rows = sorted((one for one in case.payments if one.amount > 0), key=lambda one: one.transaction_id)
    first, second = halves(rows)
    taught = teach(case, first, policy)
    before, honest_before = second_month(case, first, second, policy, None)
    after, honest_after = second_month(case, first, second, taught.calibrated.policy, taught)
    changed = taught.calibrated.rows(policy)
    return {
        "seed": seed,
        "decided": taught.decided,
        "known": len(taught.outcomes),
        "weights_changed": len(changed),
        "weights": changed,
        "untrained": {**before.summary(), "reliability": honest_before.as_dict()},
        "trained": {**after.summary(), "reliability": honest_after.as_dict()},
        "wrong_groups": [group_of(str(one["pattern"])) for one in after.wrong_list],
    }


def _show(result: dict[str, object]) -> None:
    print(f"seed {result['seed']}: {result['decided']} decisions, {result['weights_changed']} weights changed")
    for name in ("untrained", "trained"):
        told = result[name]
        assert isinstance(told, dict)
        reliability = told["reliability"]
        bins = "".join({True: "+", False: "-", None: " "}[one["honest"]] for one in reliability["bins"])
        print(
            f"  {name:9} posted {told['posted']} wrong {told['wrong']} precision {told['precision']:.5f} recall "
            f"{told['recall']:.4f} top-3 {told['top_three_of_reviewed']:.3f} traps {told['traps_posted']} "
            f"Brier {reliability['brier']:.5f} bins [{bins}] coverage {reliability['coverage']}"
        )
        print("   ", dict(list(told["review_reasons"].items())[:9]))


def _together(results: Sequence[dict[str, object]]) -> None:
    """Bins of all seeds together, and how many misses chance alone explains."""
    for name in ("untrained", "trained"):
        told = [_reliability(result[name]) for result in results]
        single = [one for each in told for one in each.bins]
        missed, chance = sum(one.honest is False for one in single), missed_by_chance(single)
        print(f"{name}: {missed} of {sum(one.honest is not None for one in single)} bins miss, {chance:.2f} by chance")
        for one in pooled(told):
            print(
                f"  {one.start:.1f} {one.right:7}/{one.cases:7} stated {one.stated:.4f} "
                f"[{one.low:.4f}, {one.high:.4f}] {one.honest}"
            )


def _reliability(told: Any) -> Reliability:
    one = told["reliability"]
    return Reliability(one["cases"], one["brier"], tuple(Bin(**each) for each in one["bins"]), one["coverage"])


def main(arguments: list[str] | None = None) -> int:
    """The command line; 1 when an automatic post of the second month was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--payments", type=int, default=20_000, help="a month")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--processes", type=int, default=1, help="seeds at the same time")
    options = parser.parse_args(arguments)
    wanted = options.seed or [1]
    if options.processes > 1:
        with ProcessPoolExecutor(options.processes) as workers:
            results = list(workers.map(run, wanted, repeat(options.payments)))
    else:
        results = [run(seed, options.payments) for seed in wanted]
    for result in results:
        _show(result)
    _together(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, default=str))
    return int(any(result["trained"]["wrong"] for result in results))  # type: ignore[index]


if __name__ == "__main__":
    sys.exit(main())
