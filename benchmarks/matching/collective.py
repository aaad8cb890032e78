"""One payment for several invoices: of one debtor, or of several customers of a manager."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

from benchmarks.matching import words
from benchmarks.matching.drawing import has_twin, paid_on, payable_of
from benchmarks.matching.records import MakePayment, Payer, PaymentRecord
from benchmarks.matching.typing_errors import damaged
from benchmarks.matching.world import DebtorRecord, ItemRecord, World


class Collective:
    """Draws them for a world. payment: makes the record. payer: who pays for whom."""

    def __init__(
        self, world: World, rng: random.Random, payment: MakePayment, payer: Callable[[DebtorRecord], Payer]
    ) -> None:
        self._world = world
        self._rng = rng
        self._payment = payment
        self._payer = payer
        self._groups = [debtor for debtor in world.debtors if len(payable_of(debtor)) >= 2]
        self._rng.shuffle(self._groups)
        self._managed: dict[str, list[DebtorRecord]] = {}

    def across(self) -> PaymentRecord | None:
        """A manager pays items of several of his customers at once, each by its number."""
        rng = self._rng
        if not self._managed:
            for debtor in self._world.debtors:
                if debtor.payer:
                    self._managed.setdefault(debtor.true_ibans[0], []).append(debtor)
        if not self._managed:
            return None
        for _ in range(20):
            account = rng.choice(list(self._managed))
            payable = [item for debtor in self._managed[account] for item in payable_of(debtor)]
            if len(payable) >= 2:
                break
        else:
            return None
        chosen = rng.sample(payable, min(len(payable), rng.choice((2, 2, 3, 4))))
        for item in chosen:
            item.used = True
        truth = {item.number: item.open for item in chosen}
        text = rng.choice((", ", " ", " + ")).join(item.number for item in chosen)
        day = max(paid_on(self._rng, item) for item in chosen)
        return self._payment("across", day, sum(truth.values()), (chosen[0].debtor.payer, account, ""), text, truth)

    def several(self) -> PaymentRecord | None:
        rng = self._rng
        while self._groups:
            debtor = self._groups.pop()
            payable = payable_of(debtor)
            if len(payable) >= 2:
                break
        else:
            return None
        payable.sort(key=lambda item: item.issue)
        way = rng.random()
        count = min(len(payable), rng.choice((2, 2, 2, 3, 3, 4, 5, 8)))
        start = rng.randrange(len(payable) - count + 1)
        chosen = payable[start : start + count] if rng.random() < 0.5 else rng.sample(payable, count)
        credits = [item for item in debtor.items if item.open < 0 and not item.used]
        case, text = "several:listed", ""
        if way < 0.1:
            chosen, case = payable, "several:all_open"
            text = rng.choice(("alle offenen Rechnungen", "Kontoausgleich", "sämtliche offene Posten"))
            if credits:
                chosen = payable + credits
        elif way < 0.16:
            case, text = "several:sum_only", rng.choice(words.THANKS)
        day = max(paid_on(self._rng, item) for item in chosen)
        truth = {item.number: item.open for item in chosen}
        amount = sum(truth.values())
        if not text:
            text, case, amount, truth = self._list(chosen, credits, amount, truth, day)
        if amount <= 0:
            return None
        for item in chosen:
            item.used = True
        made = self._payment(case, day, amount, self._payer(debtor), text, truth)
        # Nothing but a sum, and another part of the account costs as much.
        made.undecidable = case == "several:sum_only" and any(has_twin(item) for item in chosen)
        if case == "several:truncated":
            made.text = made.text[:140]
        return made

    def _list(
        self, chosen: list[ItemRecord], credits: list[ItemRecord], amount: int, truth: dict[str, int], day: date
    ) -> tuple[str, str, int, dict[str, int]]:
        rng = self._rng
        way = rng.random()
        numbers = [item.number for item in chosen]
        joined = rng.choice((", ", ",", " + ", " und ", " ", "; ", "/")).join(numbers)
        if way < 0.12 and credits:
            credit = credits[0]
            credit.used = True
            named = f" abzgl. GS {credit.number}" if rng.random() < 0.6 else " abzgl. Gutschrift"
            return joined + named, "several:credit_note", amount + credit.open, {**truth, credit.number: credit.open}
        if way < 0.24 and all(
            item.discount_until and day <= item.discount_until + timedelta(days=2) for item in chosen
        ):
            return joined + " abzgl. Skonto", "several:discount", sum(item.net for item in chosen), truth
        if way < 0.36 and len({number[:-2] for number in numbers}) == 1:
            ordered = sorted(numbers)
            return (
                ordered[0] + "".join(f"/{number[-2:]}" for number in ordered[1:]),
                "several:abbreviated",
                amount,
                truth,
            )
        if way < 0.45:
            shown, _ = damaged(rng, numbers[-1])
            return " ".join([*numbers[:-1], shown]), "several:one_damaged", amount, truth
        if way < 0.55:
            return (
                "Sammelzahlung Rechnungen " + ", ".join(f"RgNr. {number}" for number in numbers),
                "several:truncated",
                amount,
                truth,
            )
        return "Rechnungen " + joined, "several:listed", amount, truth
