"""How an amount can settle items: exactly, with cash discount, in part, with too much; and what each line receives."""

from __future__ import annotations

from typing import NamedTuple

from pipelines.matching.columns import NO_DAY
from pipelines.matching.items import ItemIndex
from pipelines.model.proposal import AllocationKind
from pipelines.policy import AmountRules

# Amount levels that explain the whole amount and so are a kind of evidence of their own.
EXPLAINING = frozenset({"exact", "discount", "declared", "listed_sum", "combined_sum", "batch_total"})


# Banks keep no more than this of a payment; a larger difference is a part payment, whatever the statement says.
MOST_CHARGES_MINOR = 5000


class Line(NamedTuple):
    """What one item (row −1: the debtor's account) receives; see ProposedLine."""

    row: int
    amount: int
    cash: int
    kind: AllocationKind


class Settlement(NamedTuple):
    """One way an amount settles items. level: of the policy's ``amount`` field."""

    level: str
    lines: tuple[Line, ...]


def settle_one(
    items: ItemIndex, rules: AmountRules, row: int, amount: int, day: int, declared: int, charges: int = 0
) -> Settlement | None:
    """How ``amount`` (positive) settles one item; None if it cannot (nothing is open, or it is a credit note).

    day: booking day. declared: cash discount the payer declares, 0 for none. charges: what banks kept on the way by the
    statement's own word, 0 for nothing. Who sent all that is owed has paid; the charges are ours.
    """
    owed = items.open_at[row]
    if owed <= 0:
        return None
    if amount == owed:
        return Settlement("exact", (Line(row, owed, owed, AllocationKind.SETTLEMENT),))
    if 0 < charges == owed - amount and charges <= MOST_CHARGES_MINOR:
        paid = Line(row, amount, amount, AllocationKind.SETTLEMENT)
        return Settlement("exact", (paid, Line(row, charges, 0, AllocationKind.FEE)))
    if amount < owed:
        return _less(items, rules, row, amount, owed, day, declared)
    rest = amount - owed
    level = "original" if amount == items.amount_at[row] else "over"
    if rest <= rules.small_difference_over_minor:
        level = "small_difference"
    on_account = Line(-1, rest, rest, AllocationKind.ON_ACCOUNT)
    return Settlement(level, (Line(row, owed, owed, AllocationKind.SETTLEMENT), on_account))


def _less(
    items: ItemIndex, rules: AmountRules, row: int, amount: int, owed: int, day: int, declared: int
) -> Settlement:
    short = owed - amount
    paid = Line(row, amount, amount, AllocationKind.SETTLEMENT)
    level = discount_level(items, rules, row, amount, day, declared)
    if level:
        return Settlement(level, (paid, Line(row, short, 0, AllocationKind.CASH_DISCOUNT)))
    if short <= max(rules.small_difference_under_minor, min(rules.small_difference_review_minor, owed // 20)):
        return Settlement("small_difference", (paid, Line(row, short, 0, AllocationKind.SMALL_DIFFERENCE)))
    return Settlement("partial", (Line(row, amount, amount, AllocationKind.PARTIAL),))


def discount_level(items: ItemIndex, rules: AmountRules, row: int, amount: int, day: int, declared: int) -> str:
    """``discount`` (agreed, in time), ``declared`` (in time, smaller than agreed), ``late_discount``,
    ``unagreed_discount``, or "" when the difference is no cash discount."""
    owed = items.open_at[row]
    short = owed - amount
    agreed = items.discount_of(row)
    until = int(items.discount_until[row])
    in_time = until == NO_DAY or day <= until + rules.discount_tolerance_days
    if agreed > 0 and abs(short - agreed) <= rules.rounding_minor and owed == items.amount_at[row]:
        return "discount" if in_time else "late_discount"
    if declared > 0 and declared == short:
        if 0 < short <= agreed and in_time:
            return "declared"
        return "late_discount" if 0 < short <= agreed else "unagreed_discount"
    for rate in rules.unagreed_rates:
        if abs(short - (owed * rate + 5000) // 10000) <= min(rules.rounding_minor, 1) and short > 0:
            return "unagreed_discount"
    return ""


def settle_group(
    items: ItemIndex, rules: AmountRules, rows: list[int], amounts: list[int], total: int, day: int
) -> Settlement | None:
    """How ``total`` settles a set of items completely, each gross or net of its agreed discount.

    amounts: what each item receives where that is known (a collection batch), 0 for what settles it.
    None when the set does not add up or an item would receive more than is open.
    """
    fixed = any(amounts)
    if fixed:
        return _settle_fixed(items, rows, amounts, total)
    gross = [items.open_at[row] for row in rows]
    short = sum(gross) - total
    if short == 0:
        settled = (Line(row, owed, owed, AllocationKind.SETTLEMENT) for row, owed in zip(rows, gross, strict=True))
        return Settlement("listed_sum", tuple(settled))
    discounts = [items.discount_of(row) if items.open_at[row] == items.amount_at[row] else 0 for row in rows]
    taken = _which_discounts(discounts, short)
    if taken is None:
        return None
    late = False
    lines = []
    for row, owed, discount, used in zip(rows, gross, discounts, taken, strict=True):
        cut = discount if used else 0
        until = int(items.discount_until[row])
        late = late or (cut > 0 and until != NO_DAY and day > until + rules.discount_tolerance_days)
        lines.append(Line(row, owed - cut, owed - cut, AllocationKind.SETTLEMENT))
        if cut:
            lines.append(Line(row, cut, 0, AllocationKind.CASH_DISCOUNT))
    return Settlement("late_discount" if late else "listed_sum", tuple(lines))


def _settle_fixed(items: ItemIndex, rows: list[int], amounts: list[int], total: int) -> Settlement | None:
    if sum(amounts) != total:
        return None
    received: dict[int, int] = {}
    for row, amount in zip(rows, amounts, strict=True):
        received[row] = received.get(row, 0) + amount
    lines = []
    for row, amount in received.items():
        owed = items.open_at[row]
        if not 0 < amount <= owed:
            return None
        kind = AllocationKind.SETTLEMENT if amount == owed else AllocationKind.PARTIAL
        lines.append(Line(row, amount, amount, kind))
    return Settlement("batch_total", tuple(lines))


def _which_discounts(discounts: list[int], short: int) -> list[bool] | None:
    """Which discounts were taken so that they sum to ``short``: all, else the one combination that fits."""
    if short <= 0:
        return None
    if sum(discounts) == short:
        return [discount > 0 for discount in discounts]
    if len(discounts) > 16:
        return None
    ways: dict[int, list[list[bool]]] = {0: [[]]}
    for discount in discounts:
        following: dict[int, list[list[bool]]] = {}
        for total, chosen in ways.items():
            for used in (False, True) if discount > 0 else (False,):
                reached = total + (discount if used else 0)
                if reached <= short:
                    following.setdefault(reached, []).extend([*flags, used] for flags in chosen[:2])
        ways = {total: chosen[:2] for total, chosen in following.items()}
        if len(ways) > 4096:
            return None
    found = ways.get(short, [])
    return found[0] if len(found) == 1 else None


def density(amount: int) -> float:
    """Share of payments anywhere that carry exactly this amount: log-uniform, round amounts far more often."""
    if amount % 10000 == 0:
        factor = 60.0
    elif amount % 1000 == 0:
        factor = 25.0
    elif amount % 500 == 0:
        factor = 12.0
    elif amount % 100 == 0:
        factor = 8.0
    elif amount % 100 in {99, 95, 90, 50}:
        factor = 4.0
    else:
        factor = 0.6
    return min(factor / (max(amount, 100) * 11.5), 0.02)
