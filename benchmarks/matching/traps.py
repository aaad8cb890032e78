"""What only looks like a payment of an invoice: nothing of it may post by itself."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import date, timedelta

from benchmarks.matching import words
from benchmarks.matching.records import MakePayment, Payer, PaymentRecord
from benchmarks.matching.typing_errors import clean, damaged
from benchmarks.matching.world import TODAY, DebtorRecord, ItemRecord, World, iban


class Traps:
    """Foreign noise and traps, drawn for a world.

    unpaid: the items still to be paid; some traps take one out. payment: makes the record. payer: who pays for whom.
    """

    def __init__(
        self,
        world: World,
        rng: random.Random,
        unpaid: list[ItemRecord],
        payment: MakePayment,
        payer: Callable[[DebtorRecord], Payer],
    ) -> None:
        self._world = world
        self._rng = rng
        self._open = unpaid
        self._payment = payment
        self._payer = payer
        self._known: set[str] = set()
        self._kinds: list[Callable[[], PaymentRecord | None]] = [
            self._trap_foreign,
            self._trap_foreign,
            self._trap_refund,
            self._trap_own_refund,
            self._trap_foreign_invoice,
            self._trap_duplicate,
            self._trap_damaged_duplicate,
            self._trap_cancelled,
            self._trap_unlisted_same_amount,
            self._trap_foreign_number,
            self._trap_amount_by_chance,
            self._trap_namesake,
            self._trap_look_alike,
            self._trap_other_customer,
        ]

    def draw(self) -> PaymentRecord | None:
        """One trap of any kind; None if the world has nothing to make it of."""
        made = self._rng.choice(self._kinds)()
        if made is not None:
            made.trap = True
            made.truth = {}
        return made

    def _stranger(self) -> tuple[str, str, str]:
        rng = self._rng
        if rng.random() < 0.5:
            return f"{rng.choice(words.FIRST)} {rng.choice(words.SURNAMES)}", iban(rng), ""
        company = f"{rng.choice(words.STEMS)}{rng.choice(words.ENDINGS)} {rng.choice(words.TRADES)}"
        return f"{company} {rng.choice(words.FORMS)}", iban(rng), ""

    def _any_item(self) -> ItemRecord:
        return self._rng.choice(self._world.items)

    def _some_day(self) -> date:
        return TODAY - timedelta(days=self._rng.randrange(25))

    def _trap_foreign(self) -> PaymentRecord:
        rng = self._rng
        text = rng.choice(words.FOREIGN).format(
            wkn=rng.randrange(10**5, 10**6), five=rng.randrange(10**4, 10**5), nine=rng.randrange(10**8, 10**9),
            two=rng.randrange(99),
        )  # fmt: skip
        amount = rng.choice((rng.randrange(500, 500000), rng.randrange(1, 500) * 1000))
        return self._payment("trap:foreign", self._some_day(), amount, self._stranger(), text, {})

    def _trap_refund(self) -> PaymentRecord:
        item = self._any_item()
        amount = self._rng.randrange(500, 200000)
        text = self._rng.choice(
            ("Erstattung {n}", "Rückerstattung zu Rg {n}", "Gutschrift zu Ihrer Bestellung {n}")
        ).format(n=item.number)
        return self._payment("trap:refund", self._some_day(), amount, self._stranger(), text, {})

    def _trap_foreign_invoice(self) -> PaymentRecord:
        item = self._any_item()
        digits = "".join(sign for sign in item.number if sign.isdigit())
        number = self._rng.choice((item.number, digits, digits[-5:]))
        text = f"{self._rng.choice(('Rechnung ', 'RE', 'Rg ', 'Beleg '))}{number}"
        amount = int(item.amount * self._rng.choice((0.5, 0.8, 1.19, 1.5, 2.3))) + self._rng.randrange(100)
        return self._payment("trap:foreign_invoice", self._some_day(), abs(amount) or 100, self._stranger(), text, {})

    def _trap_duplicate(self) -> PaymentRecord | None:
        closed = [item for item in self._rng.sample(self._world.items, 60) if item.open == 0 and item.amount > 0]
        if not closed:
            return None
        item = closed[0]
        who = self._payer(item.debtor)
        return self._payment("trap:duplicate", self._some_day(), item.amount, who, clean(self._rng, item.number), {})

    def _trap_cancelled(self) -> PaymentRecord | None:
        found = [
            item
            for item in self._rng.sample(self._world.items, min(400, len(self._world.items)))
            if item.status == "cancelled"
        ]
        if not found:
            return None
        item = found[0]
        return self._payment(
            "trap:cancelled", self._some_day(), item.amount, self._payer(item.debtor), clean(self._rng, item.number), {}
        )

    def _trap_unlisted_same_amount(self) -> PaymentRecord | None:
        """A subscriber pays next month's invoice, which is not loaded yet: same amount, a number of our shape."""
        candidates = [item for item in self._rng.sample(self._open, min(30, len(self._open))) if not item.used]
        if not candidates:
            return None
        item = candidates[0]
        # Another counter, not another year: the longest stretch of digits that is not the year.
        runs = [(found.end() - found.start(), found.start()) for found in re.finditer("[0-9]+", item.number)
                if found.group() != f"{item.issue.year}"]  # fmt: skip
        if not runs:
            return None
        length, start = max(runs)
        digits = list(range(start, start + length))
        if length < 3:
            # Letters count as well here; all but those in front are drawn anew.
            digits = [place for place, sign in enumerate(item.number) if sign.isalnum()][1:]
        if not self._known:
            self._known = self._world.number_set()
        for _ in range(50):
            number = item.number
            for place in self._rng.sample(digits[-5:], min(3, len(digits))):
                number = number[:place] + self._another(number[place]) + number[place + 1 :]
            if number not in self._known:
                break
        else:
            return None
        item.used = True
        return self._payment(
            "trap:unlisted_same_amount", self._some_day(), item.open, self._payer(item.debtor), f"Rechnung {number}", {}
        )

    def _another(self, sign: str) -> str:
        signs = "0123456789" if sign.isdigit() else "ABCDEFGHJKLMNPQRSTUVWXYZ"
        return self._rng.choice(signs.replace(sign, ""))

    def _trap_amount_by_chance(self) -> PaymentRecord:
        item = self._any_item()
        text = self._rng.choice(("Rechnung 4711-0815", "Danke", "Bestellung 99887766", "", "Kundennr 00000"))
        return self._payment("trap:amount_by_chance", self._some_day(), abs(item.amount), self._stranger(), text, {})

    def _trap_namesake(self) -> PaymentRecord:
        debtor = self._rng.choice(self._world.debtors)
        amount = self._rng.choice((self._rng.randrange(500, 90000), self._rng.randrange(1, 90) * 1000))
        return self._payment(
            "trap:namesake",
            self._some_day(),
            amount,
            (debtor.name, iban(self._rng), ""),
            self._rng.choice(words.THANKS),
            {},
        )

    def _trap_look_alike(self) -> PaymentRecord:
        """One of our numbers inside a telephone number, an IBAN, an amount or a longer number."""
        rng = self._rng
        item = self._any_item()
        digits = "".join(sign for sign in item.number if sign.isdigit())
        text = rng.choice((
            f"Tel. 0221/{digits}", f"Vertrag 9{digits}1 Beitrag", f"IBAN {iban(rng)} Umbuchung",
            f"Konto {digits}7 Sparplan", f"Schein {digits[:4]}.{digits[4:]}.33",
        ))  # fmt: skip
        return self._payment(
            "trap:look_alike", self._some_day(), rng.randrange(500, 200000), self._stranger(), text, {}
        )

    def _trap_other_customer(self) -> PaymentRecord:
        """The right amount for one item, but account and customer number of another debtor without such an item."""
        rng = self._rng
        item = self._any_item()
        other = rng.choice(self._world.debtors)
        return self._payment(
            "trap:other_customer", self._some_day(), abs(item.amount), (other.name, rng.choice(other.true_ibans), ""),
            f"KdNr {other.number} Vorauszahlung", {},
        )  # fmt: skip

    def _trap_own_refund(self) -> PaymentRecord:
        """A customer who is a supplier too sends money back: his account, a number of ours in the text."""
        rng = self._rng
        item = self._any_item()
        text = rng.choice(
            ("Erstattung Überzahlung Beleg {n}", "Rückzahlung Kaution", "Gutschrift zu Ihrem Auftrag {o}")
        )
        return self._payment(
            "trap:own_refund", self._some_day(), rng.randrange(500, 90000),
            (item.debtor.name, rng.choice(item.debtor.true_ibans), ""),
            text.format(n=rng.randrange(10**6, 10**7), o=item.order_number or rng.randrange(10**6, 10**7)), {},
        )  # fmt: skip

    def _trap_damaged_duplicate(self) -> PaymentRecord | None:
        """A settled item paid again, with a typo that may name a neighbour."""
        closed = [item for item in self._rng.sample(self._world.items, 60) if item.open == 0 and item.amount > 0]
        if not closed:
            return None
        item = closed[0]
        if any(other.open == item.amount for other in item.debtor.items):
            return None
        shown, _ = damaged(self._rng, item.number)
        return self._payment(
            "trap:damaged_duplicate", self._some_day(), item.amount, self._payer(item.debtor), shown, {}
        )

    def _trap_foreign_number(self) -> PaymentRecord | None:
        """Name and amount fit an open item, but the text says that it is for something else."""
        candidates = [item for item in self._rng.sample(self._open, min(30, len(self._open))) if not item.used]
        if not candidates:
            return None
        item, rng = candidates[0], self._rng
        item.used = True
        text = rng.choice((
            f"Rechnung {rng.randrange(10**6, 10**7)}/{rng.randrange(10, 99)}",
            f"Vertragsnr. {rng.randrange(10**9, 10**10)}", f"Invoice SX{rng.randrange(10**7, 10**8)}",
            f"Aktenzeichen {rng.randrange(100, 999)} C {rng.randrange(10**3, 10**4)}/26",
        ))  # fmt: skip
        return self._payment(
            "trap:foreign_number", self._some_day(), item.open, (item.debtor.name, iban(rng), ""), text, {}
        )
