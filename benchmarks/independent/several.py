"""Several invoices in one payment: lists, abbreviated ones, ranges, everything that is open, less a credit note."""

from __future__ import annotations

from collections.abc import Callable

from .payers import Payers
from .world import Debtor, Item, Truth, World


class Several:
    """Payments of one customer for more than one of his items."""

    def __init__(self, world: World, payers: Payers) -> None:
        self.world, self.rng, self.payers = world, world.rng, payers

    def any(self, day: int) -> None:
        rng = self.rng
        kind: Callable[[Debtor, int], bool] = rng.choice(
            [self.listed, self.listed, self.tails, self.span, self.all_open, self.credited]
        )
        for debtor in rng.sample(self.world.debtors, len(self.world.debtors)):
            if sum(item.free for item in debtor.items) >= 2 and kind(debtor, day):
                return
        raise LookupError("no debtor with several invoices")

    def settle(self, chosen: list[Item], text: str, cause: str, day: int) -> bool:
        paid = sum(-i.amount if i.credit else i.amount for i in chosen)
        if paid <= 0:
            return False
        for item in chosen:
            item.taken = True
        parts = {i.number: -i.amount if i.credit else i.amount for i in chosen}
        self.payers.book(chosen[0], paid, text, Truth(cause, "assign", parts), day)
        return True

    def choose(self, debtor: Debtor, most: int) -> list[Item]:
        free = sorted((i for i in debtor.items if i.free), key=lambda i: i.number)
        return free[: self.rng.randint(2, most)]

    def listed(self, debtor: Debtor, day: int) -> bool:
        chosen = self.choose(debtor, 6)
        between = self.rng.choice([", ", " ", "+", " + ", " und ", "; ", "/ ", ","])
        text = self.rng.choice(["Rechnungen ", "RE ", "Rg. ", "Rechnungsnr.: ", ""]) + between.join(
            i.number for i in chosen
        )
        return len(text) <= 140 and self.settle(chosen, text, "several: list", day)

    def tails(self, debtor: Debtor, day: int) -> bool:
        """1041/42/43: the first in full, of the others the last two or three digits."""
        chosen = self.choose(debtor, 4)
        first = chosen[0].number
        keep = 2 if all(i.number[:-2] == first[:-2] for i in chosen) else 3
        if any(i.number[:-keep] != first[:-keep] for i in chosen) or not first[-3:].isdigit():
            return False
        between = self.rng.choice(["/", ", ", "+", " u. "])
        text = f"Rechnungen {first}{between}" + between.join(i.number[-keep:] for i in chosen[1:])
        return self.settle(chosen, text, "several: 1041/42/43", day)

    def span(self, debtor: Debtor, day: int) -> bool:
        chosen = sorted((i for i in debtor.items if i.free), key=lambda i: i.number)
        inside = [i for i in debtor.items if chosen[0].number <= i.number <= chosen[-1].number]
        if len(inside) != len(chosen) or len(chosen) > 8 or not chosen[0].number[-3:].isdigit():
            return False
        text = f"Rechnungen {chosen[0].number} {self.rng.choice(['bis', '-', 'bis einschl.'])} {chosen[-1].number}"
        return self.settle(chosen, text, "several: range", day)

    def all_open(self, debtor: Debtor, day: int) -> bool:
        chosen = self.world.open_at(debtor)
        if any(i.taken for i in debtor.items) or len(chosen) < 2 or debtor.mandate:
            return False  # what others pay sooner or later would be open too
        if len(chosen) > 8 or any(i.credit for i in chosen) or len(self.world.by_name[debtor.name]) > 1:
            return False
        text = self.rng.choice(
            [
                "alle offenen Rechnungen",
                "Ausgleich aller offenen Posten",
                f"Kd {debtor.number} alle offenen Rechnungen",
                "Saldoausgleich",
            ]
        )
        return self.settle(chosen, text, "several: all open", day)

    def credited(self, debtor: Debtor, day: int) -> bool:
        credits = [i for i in self.world.open_at(debtor) if i.credit]
        chosen = [i for i in debtor.items if i.free][: self.rng.randint(1, 3)]
        if not credits:
            return False
        said = self.rng.choice([" abzgl. Gutschrift ", " ./. GS ", " minus ", " abz. "])
        text = "RE " + ", ".join(i.number for i in chosen) + said + credits[0].number
        return len(text) <= 140 and self.settle([*chosen, credits[0]], text, "several: less credit note", day)
