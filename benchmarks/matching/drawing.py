"""What drawing payments has to know about items: which are payable, alike, and when they are paid."""

from __future__ import annotations

import random
from datetime import date, timedelta

from benchmarks.matching.world import TODAY, DebtorRecord, ItemRecord


def payable_of(debtor: DebtorRecord) -> list[ItemRecord]:
    return [item for item in debtor.items if item.open > 0 and item.status == "open" and not item.used]


def has_twin(item: ItemRecord) -> bool:
    """Whether another item that was open when the month began costs the same for the same debtor."""
    return any(other is not item and other.open == item.open and other.status == "open" for other in item.debtor.items)


def paid_on(rng: random.Random, item: ItemRecord) -> date:
    late = rng.choice((0, 0, 1, 3, 7, 20))
    day = max(item.due - timedelta(days=rng.randrange(0, 7)), item.issue) + timedelta(days=late)
    return min(max(day, TODAY - timedelta(days=25)), TODAY)
