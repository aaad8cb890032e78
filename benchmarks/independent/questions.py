"""Payments over which a careful person would ask: two answers are equally good."""

from __future__ import annotations

from . import writing as w
from .customers import Customers
from .people import as_printed, iban
from .world import Booking, Item, Truth, World


class NoPair(LookupError):
    """No two customers are left between whom one could hesitate."""


class Questions:
    """Each method makes one; the truth names the candidates, none of which may be posted or dunned."""

    def __init__(self, world: World, payers: Customers) -> None:
        self.world, self.rng, self.payers = world, world.rng, payers

    def book(self, amount: int, name: str, text: str, truth: Truth, day: int, account: str = "") -> None:
        stranger, reference, place = iban(self.rng), self.world.reference(), self.rng.randrange(2)
        self.world.note(Booking(reference, day, place, amount, text, name=name, iban=account or stranger), truth)

    def ask(self, cause: str, *items: Item) -> Truth:
        return Truth(cause, "ask", candidates=[item.number for item in items])

    def same_name(self, day: int) -> None:
        """Two customers of one name owe the same amount; the account is unknown and the text says nothing."""
        rng = self.rng
        for name, debtors in self.world.by_name.items():
            if len(debtors) > 1:
                first, second = debtors[:2]
                mine = [i for i in first.items if i.free]
                theirs = [i for i in second.items if i.free]
                if mine and theirs and not any(i.amount == mine[0].amount for i in second.items):
                    theirs[0].amount = theirs[0].open = mine[0].amount
                    mine[0].taken = theirs[0].taken = True
                    self.book(
                        mine[0].amount,
                        as_printed(rng, name, first.is_person),
                        "Rechnung",
                        self.ask("two customers of one name", mine[0], theirs[0]),
                        day,
                    )
                    return
        raise NoPair("no such pair of customers is left")

    def office(self, day: int) -> None:
        """A property manager pays for one of many; two of them owe this amount and the text does not say for whom."""
        shared: dict[str, list[Item]] = {}
        accounts = self.payers.shared()
        for item in self.world.pool:
            if item.free and item.debtor.iban in accounts:
                shared.setdefault(item.debtor.iban, []).append(item)
        for account, items in shared.items():
            pairs = [i for i in items if i.debtor is not items[0].debtor and i.free]
            if pairs and items[0].free:
                pairs[0].amount = pairs[0].open = items[0].amount
                items[0].debtor.told = pairs[0].debtor.told = True
                items[0].taken = pairs[0].taken = True
                self.book(
                    items[0].amount,
                    "Hausverwaltung Obermoser GmbH",
                    "Miete und Nebenkosten",
                    self.ask("one account, for whom?", items[0], pairs[0]),
                    day,
                    account=account,
                )
                return
        raise NoPair("no such pair of customers is left")

    def neighbour(self, day: int) -> None:
        """A known customer writes the number of another's invoice whose amount is his own invoice's amount too."""
        rng = self.rng
        theirs = self.world.take()
        mine = self.world.take(lambda i: i.debtor is not theirs.debtor and i.debtor.name != theirs.debtor.name)
        mine.amount = mine.open = theirs.amount
        mine.debtor.told = True
        truth = self.ask("another's number, own amount", mine, theirs)
        self.payers.book(mine, mine.amount, w.around(rng, mine, theirs.number, mine.amount, 0.0), truth, day)

    def twin_amounts(self, day: int) -> None:
        """A customer with two open items of one amount writes nothing."""
        twins = [
            i
            for i in self.world.pool
            if i.free and any(o is not i and o.free and o.amount == i.amount for o in i.debtor.items)
        ]
        if not twins:
            first = self.world.take(lambda i: sum(o.free for o in i.debtor.items) > 1)
            second = next(o for o in first.debtor.items if o.free)
            second.amount = second.open = first.amount
            first.taken = False
            twins = [first]
        item = twins[0]
        other = next(o for o in item.debtor.items if o is not item and o.free and o.amount == item.amount)
        truth = self.ask("two items of one amount", item, other)
        for item_of in item.debtor.items:
            item_of.taken = True  # nothing else of this customer is touched in the trial
        self.payers.book(item, item.amount, "Rechnung", truth, day)

    def namesake(self, day: int) -> None:
        """The payer's name is one customer's to the letter; what he pays only a customer of nearly that name owes."""
        mine, theirs = self.two_debtors()
        if mine.debtor.is_person:
            mine.debtor.name = (
                f"{mine.debtor.name.split(' ', 1)[0]} {self.rng.choice(['Meyer', 'Schmidt', 'Möller', 'Hofmann'])}"
            )
            for one, other in (
                ("Meyer", "Meier"),
                ("Schmidt", "Schmitt"),
                ("Möller", "Müller"),
                ("Hofmann", "Hoffmann"),
            ):
                if one in mine.debtor.name:
                    theirs.debtor.name = mine.debtor.name.replace(one, other)
        else:
            trade = (
                self.rng.choice(["Zwirnerei Ost", "Glashuette Vier", "Brennerei Tal"])
                + f" {self.rng.randrange(100, 999)}"
            )
            mine.debtor.name, theirs.debtor.name = f"{trade} GmbH", f"{trade} GmbH & Co. KG"
        theirs.debtor.is_person = mine.debtor.is_person
        truth = Truth(
            "another customer's very name", "ask", debtor=mine.debtor.number, candidates=[mine.number, theirs.number]
        )
        name = mine.debtor.name if self.rng.random() < 0.5 else mine.debtor.name.upper()
        self.payers.book(
            theirs,
            theirs.amount,
            self.rng.choice(["", "Rechnung", "Danke"]),
            truth,
            day,
            name=name,
            iban=iban(self.rng),
        )

    def two_debtors(self) -> tuple[Item, Item]:
        """Items of two customers who have this one item only and whose accounts nobody knows."""

        def lonely(item: Item) -> bool:
            return (
                len(item.debtor.items) == 1
                and not item.debtor.mandate
                and len(self.world.by_name[item.debtor.name]) == 1
            )

        mine = self.world.take(lonely)
        theirs = self.world.take(lambda i: lonely(i) and i.amount != mine.amount and i.debtor is not mine.debtor)
        mine.debtor.told = theirs.debtor.told = False
        return mine, theirs
