"""Nobody is dunned whose money is in the house: a month of 200 debtors on every road a payment can take.

The full thousand debtor-months: ``python -m benchmarks dunning``. Seeds below 1000 are for development.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.dunning_world import ROADS, World, live

SEED = 7


def test_nobody_whose_money_is_in_the_house_is_dunned(tmp_path: Path) -> None:
    world = World(SEED, 200)
    observed = live(world, tmp_path)
    assert observed.wrong == [], Counter(road for _, _, road in observed.wrong)
    # The other half of the truth: who never pays is dunned, so that silence is no answer.
    never = {debtor for debtor, road in world.roads.items() if road == "never"}
    assert len(never & observed.dunned) >= 0.8 * len(never)
    assert observed.looked > 1000
    assert {"receipt-waiting", "bank-data-stale", "collection-pending"} <= observed.holds
    assert {"statement-held", "statement-gap"} & observed.holds
    assert set(world.roads.values()) == set(ROADS)
