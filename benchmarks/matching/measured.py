"""Measures what the shipped policy starts with: ``python -m benchmarks.matching.measured --write``.

Development seeds only (1–20). Fits the honest curve and counts the starting record of each group of patterns, and
writes both into ``pipelines/policies/measured.toml``. To be run again whenever weights, levels or gates change.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import matchers
import pipelines.policies as shipped
from benchmarks.matching import seeds
from benchmarks.matching.generator import Case, collections_frame, generate, items_frame, receipts_frame
from benchmarks.matching.judge import effects
from pipelines.learning.fitting import Seen, count_records, fit_honesty
from pipelines.learning.honesty import Honesty
from pipelines.learning.reliability import measure
from pipelines.match import Matcher
from pipelines.model.proposal import Disposition
from pipelines.policy import Policy, default_policy

TARGET = (
    Path(shipped.__file__).parent / "measured.toml" if shipped.__file__ else Path(shipped.__path__[0]) / "measured.toml"
)
SEEDS = seeds.DEVELOPMENT
# Ledgers differ: few and many items per customer.
PER_DEBTOR = (3.0, 3.0, 3.0, 2.0, 6.0)


def bare(policy: Policy) -> Policy:
    """The policy without what is measured here: evidence at its word, gates only."""
    return replace(policy, honesty=Honesty(), record={})


def cases_of(case: Case, policy: Policy) -> list[Seen]:
    """Each receipt's best explanation with the truth."""
    truth = {row.transaction_id: row for row in case.payments}
    matcher = Matcher(
        items_frame(case.world),
        collections_frame(case.world),
        None,
        policy,
        strategies=matchers.load(policy.strategies),
    )
    found = []
    for proposal in matcher.plan(receipts_frame(case.payments)):
        if proposal.rank != 1 or not effects(proposal):
            continue
        payment = truth[proposal.transaction_id]
        right = not payment.trap and effects(proposal) == payment.truth
        posted = proposal.disposition is Disposition.AUTO
        found.append(Seen(proposal.probability, proposal.pattern, right, posted))
    return found


def write(honesty: Honesty, record: dict[str, tuple[int, int]], used: list[int], payments: int) -> None:
    """The shipped file."""
    lines = [
        "# What the shipped weights are worth, measured on generated ledgers (benchmarks/matching/measured.py,",
        f"# development seeds {min(used)} to {max(used)}, {payments:,} payments). Made by a program.",
        "",
        "[honesty]                   # log odds in bits: what the evidence says → what is observed",
        f"knots = {json.dumps([list(knot) for knot in honesty.knots])}",
        f"finish = {json.dumps([list(knot) for knot in honesty.finish])}",
        "",
        "[honesty.terms]          # bits added for the family of the reference, the amount and the payer",
        *(f'"{name}" = {bits}' for name, bits in (honesty.terms or {}).items()),
        "",
        "[record]                    # group of patterns = [cases, wrong]",
        *(f'"{group}" = [{cases}, {wrong}]' for group, (cases, wrong) in record.items()),
    ]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="21-44", help="from-to; development seeds only")
    parser.add_argument("--payments", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="write the cases to this file as JSON")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    first, last = map(int, options.seeds.split("-"))
    if last not in SEEDS or first not in SEEDS:
        parser.error("only development seeds")
    policy = bare(default_policy())
    cases: list[Seen] = []
    for seed in range(first, last + 1):
        per_debtor = PER_DEBTOR[seed % len(PER_DEBTOR)]
        cases += cases_of(generate(seed, options.payments, options.payments * 5, per_debtor=per_debtor), policy)
        print(f"seed {seed}: {len(cases):,} cases", file=sys.stderr)
    if options.keep:
        options.keep.write_text(json.dumps(cases))
    honesty, record = fit_honesty(cases), count_records(cases)
    before = measure([case.posterior for case in cases], [case.right for case in cases])
    after = measure([honesty.share(case.posterior, case.pattern) for case in cases], [case.right for case in cases])
    for name, result in (("before", before), ("after", after)):
        print(name, f"Brier {result.brier:.5f}", result.coverage)
        for one in result.bins:
            interval = f"[{one.low:.4f}, {one.high:.4f}]"
            print(f"  {one.start:.1f} {one.right:7}/{one.cases:7} stated {one.stated:.4f} {interval} {one.honest}")
    print(json.dumps(record, indent=1))
    if options.write:
        write(honesty, record, list(range(first, last + 1)), options.payments * (last - first + 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
