"""Texts that name a number and mean another, payments that come twice, and customers who say more than they should."""

from __future__ import annotations

from . import writing as w
from .payers import Payers
from .people import as_printed, iban
from .questions import Questions
from .world import Item, Truth, World


class Traps:
    """Each method makes one case (some make two bookings)."""

    def __init__(self, world: World, payers: Payers) -> None:
        self.world, self.rng, self.payers = world, world.rng, payers
        self.questions = Questions(world, payers)

    def any(self, day: int) -> None:
        self.rng.choice(
            [
                self.already_paid,
                self.not_this_one,
                self.two_named_one_paid,
                self.both_spouses,
                self.halves,
                self.last_year,
                self.name_but_other_amount,
                self.sum_with_unknown,
                self.dispute,
                self.quantity,
                self.amount_as_number,
                self.old_and_new,
                self.sent_back,
                self.questions.namesake,
                self.questions.namesake,
                self.storno,
            ]
        )(day)

    def two_free(self) -> tuple[Item, Item]:
        """Two unpaid invoices of one customer with different amounts."""

        def another(item: Item) -> Item | None:
            return next((o for o in item.debtor.items if o.free and o is not item and o.amount != item.amount), None)

        first = self.world.take(lambda i: another(i) is not None)
        second = another(first)
        assert second is not None
        second.taken = True
        return first, second

    def already_paid(self, day: int) -> None:
        """Names an invoice only to say that it is paid; the money is for the other."""
        first, second = self.two_free()
        first.taken = False
        text = self.rng.choice(
            [
                "RE {a} ist schon bezahlt, hier RE {b}",
                "{b} ({a} wurde bereits am 02.09. beglichen)",
                "Rg {b}, nicht {a}",
            ]
        )
        truth = Truth("says which one it is not", "assign", {second.number: second.amount})
        self.payers.book(second, second.amount, text.format(a=first.number, b=second.number), truth, day)

    def not_this_one(self, day: int) -> None:
        """Two are named as paid, the amount is nobody's: nothing says how it is meant."""
        first, second = self.two_free()
        paid = (first.amount + second.amount) * 37 // 50 + 1
        truth = Truth("two named, the sum is short", "ask", candidates=[first.number, second.number])
        self.payers.book(first, paid, f"RE {first.number} und {second.number}", truth, day)

    def two_named_one_paid(self, day: int) -> None:
        first, second = self.two_free()
        truth = Truth("two named, one paid", "ask", candidates=[first.number, second.number])
        self.payers.book(first, first.amount, f"RE {first.number}, {second.number}", truth, day)

    def both_spouses(self, day: int) -> None:
        """The same invoice paid twice on two days: the second one has nothing to settle."""
        if day + 1 >= len(self.world.days):
            return self.halves(day)
        item = self.world.take(lambda i: not i.debtor.mandate)
        text = w.around(self.rng, item, item.number, item.amount, 0.2)
        self.payers.book(
            item, item.amount, text, Truth("first of two equal payments", "assign", {item.number: item.amount}), day
        )
        truth = Truth("paid twice by both", "nobody", debtor=item.debtor.number)
        name, account = item.debtor.name, item.debtor.iban
        if self.rng.random() < 0.5:
            account = iban(self.rng)
        again = w.around(self.rng, item, item.number, item.amount, 0.2)
        self.payers.book(
            item,
            item.amount,
            again,
            truth,
            day + 1,
            name=as_printed(self.rng, name, item.debtor.is_person),
            iban=account,
        )
        return None

    def halves(self, day: int) -> None:
        item = self.world.take(lambda i: i.amount > 9000)
        half = item.amount // 2
        for place, part in enumerate((half, item.amount - half)):
            truth = Truth("paid in two halves", "assign", {item.number: part})
            text = w.around(self.rng, item, item.number, part, 0.1) + self.rng.choice(
                [f" Teil {place + 1}/2", f" {place + 1}. Haelfte"]
            )
            self.payers.book(item, part, text, truth, min(day + place, len(self.world.days) - 1))

    def last_year(self, day: int) -> None:
        """Another year's number: not in these books, paid by another than the customer whose number it resembles."""
        item = self.rng.choice([i for i in self.world.pool if i.free])
        if "2026" not in item.number:
            return self.name_but_other_amount(day)
        other = self.world.take(lambda i: i.debtor.name != item.debtor.name)
        other.taken = False
        truth = Truth("last year's number", "nobody", debtor=other.debtor.number)
        self.payers.book(
            other, self.nobodys(item.amount + 300), "Rechnung " + item.number.replace("2026", "2025"), truth, day
        )
        return None

    def nobodys(self, amount: int) -> int:
        known = {i.amount for i in self.world.items}
        while amount in known:
            amount += 1
        return amount

    def name_but_other_amount(self, day: int) -> None:
        """A customer pays an amount that only somebody else owes, and says nothing."""
        mine, theirs = self.rng.sample([i for i in self.world.pool if i.free], 2)
        if mine.debtor.name == theirs.debtor.name or any(i.amount == theirs.amount for i in mine.debtor.items):
            return self.dispute(day)
        if any(
            a.amount + b.amount == theirs.amount for a in mine.debtor.items for b in mine.debtor.items if a is not b
        ):
            return self.dispute(day)
        truth = Truth("known customer, another's amount", "nobody", debtor=mine.debtor.number, candidates=[mine.number])
        self.payers.book(mine, theirs.amount, self.rng.choice(["Rechnung", "", "Danke"]), truth, day)
        return None

    def sum_with_unknown(self, day: int) -> None:
        """One invoice of ours and one number that nobody knows; the amount is more than ours."""
        item = self.world.take()
        unknown = w.edited(self.rng, item.number) or "4711"
        while unknown in self.world.by_number or unknown == item.number:
            unknown += "7"
        truth = Truth("one known, one unknown number", "ask", candidates=[item.number])
        paid = self.nobodys(item.amount + self.rng.randrange(3000, 9000))
        self.payers.book(item, paid, f"Rechnungen {item.number} und {unknown}", truth, day)

    def dispute(self, day: int) -> None:
        """Paid short with a reason: money belongs to the invoice, the rest stays open."""
        item = self.world.take(lambda i: i.amount > 8000)
        less = self.rng.randrange(500, item.amount // 3)
        text = f"RE {item.number} " + self.rng.choice(
            [
                "abzgl. Mangel Pos. 3",
                "gekuerzt wg. Fehlmenge",
                "./. beschaedigte Ware",
                "unter Vorbehalt, Kuerzung lt. Schreiben",
            ]
        )
        self.payers.book(
            item,
            item.amount - less,
            text,
            Truth("paid short, with a reason", "assign", {item.number: item.amount - less}),
            day,
        )

    def quantity(self, day: int) -> None:
        """Pieces, metres and article numbers around the number."""
        item = self.world.take()
        text = (
            f"{self.rng.randint(2, 900)} Stk Art. {w.digits(self.rng, 6)} a {w.money(self.rng.randrange(100, 9900))} "
            f"EUR Rg {item.number} Pos 1-{self.rng.randint(2, 9)}"
        )
        self.payers.book(
            item, item.amount, text, Truth("articles around the number", "assign", {item.number: item.amount}), day
        )

    def amount_as_number(self, day: int) -> None:
        """The amount in the text has the digits of another customer's invoice number."""
        digits = [i for i in self.world.pool if i.free and i.number.isdigit() and len(i.number) <= 6]
        if not digits:
            return self.quantity(day)
        other = self.rng.choice(digits)
        item = self.world.take(
            lambda i: (
                i.debtor is not other.debtor and len(self.world.by_name[i.debtor.name]) == 1 and not i.debtor.mandate
            )
        )
        if any(i.amount == int(other.number) for i in item.debtor.items):
            return self.quantity(day)
        item.amount = item.open = int(other.number)
        text = f"Betrag {w.money(item.amount)} Rechnung vom {item.issued:%d.%m.%Y}"
        self.payers.book(
            item, item.amount, text, Truth("amount with digits of a number", "assign", {item.number: item.amount}), day
        )
        return None

    def old_and_new(self, day: int) -> None:
        """A settled invoice and an open one in one text, the amount of the open one."""
        settled = [
            i for i in self.world.items if i.open == 0 and any(o.free and o.amount != i.amount for o in i.debtor.items)
        ]
        if not settled:
            return self.quantity(day)
        old = self.rng.choice(settled)
        new = self.world.take(lambda i: i.debtor is old.debtor and i.amount != old.amount)
        text = self.rng.choice(
            [
                f"RE {new.number} (Nachfolge zu {old.number})",
                f"{old.number} {new.number}",
                f"RE {old.number}+{new.number}",
            ]
        )
        self.payers.book(
            new, new.amount, text, Truth("settled and open number", "assign", {new.number: new.amount}), day
        )
        return None

    def sent_back(self, day: int) -> None:
        """A customer gives back what we transferred to him by mistake."""
        item = self.rng.choice([i for i in self.world.pool if i.free])
        text = self.rng.choice(
            [
                "Rueckzahlung Ihrer Ueberweisung vom 24.09.2026",
                "Irrlaeufer zurueck, Ihre doppelte Gutschrift",
                "Fehlueberweisung zurueck",
            ]
        )
        truth = Truth("customer sends money back", "nobody", debtor=item.debtor.number)
        self.payers.book(item, self.nobodys(item.amount + 100), text, truth, day)

    def storno(self, day: int) -> None:
        """The bank takes its own credit back the next day (GVC 899): the invoice is open again."""
        if day + 1 >= len(self.world.days):
            return self.quantity(day)
        item = self.world.take(lambda i: not i.debtor.mandate)
        text = f"Rechnung {item.number}"
        paid = self.payers.book(
            item, item.amount, text, Truth("credited by mistake", "assign", {item.number: item.amount}), day
        )
        truth = Truth("storno by the bank", "return", {item.number: -item.amount}, of=paid.ref)
        back = self.payers.book(
            item,
            -item.amount,
            f"STORNO GUTSCHRIFT {text}",
            truth,
            day + 1,
            gvc="899",
            title="STORNO",
            name=paid.name,
            eref=paid.eref,
        )
        back.account = paid.account
        back.original = item.amount
        return None
