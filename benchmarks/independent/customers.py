"""What all kinds of payers share: a booking in the customer's name, and whether a person could decide it."""

from __future__ import annotations

from . import writing as w
from .people import as_printed
from .world import Booking, Item, Truth, World


class Customers:
    """Receipts of the customers of a world; ``day`` is a place in its list of days."""

    def __init__(self, world: World) -> None:
        self.world, self.rng = world, world.rng

    def book(self, item: Item, paid: int, text: str, truth: Truth, day: int, **more: object) -> Booking:
        debtor = item.debtor
        rng = self.rng
        fields: dict[str, object] = {
            "name": as_printed(rng, debtor.name, debtor.is_person),
            "iban": debtor.iban,
            "eref": rng.choice(
                ["NOTPROVIDED", "NOTPROVIDED", "", f"ZV{w.digits(rng, 12)}", f"{w.digits(rng, 8)}-{w.digits(rng, 4)}"]
            ),
        }
        if rng.random() < 0.12:
            fields["gvc"], fields["title"] = "168", "ECHTZEIT-GUTSCHRIFT"
        fields.update(more)
        truth.debtor = truth.debtor or debtor.number
        return self.world.note(
            Booking(self.world.reference(), day, rng.randrange(2), paid, text[:140], **fields),  # type: ignore[arg-type]
            truth,
        )

    def alone(self, item: Item) -> bool:
        """No other item of the debtor, or of somebody of the same name, has this amount."""
        same = [other for debtor in self.world.by_name[item.debtor.name] for other in debtor.items if other is not item]
        return all(other.amount != item.amount for other in same)

    def shared(self) -> set[str]:
        counts: dict[str, int] = {}
        for debtor in self.world.debtors:
            counts[debtor.iban] = counts.get(debtor.iban, 0) + 1
        return {account for account, count in counts.items() if count > 1}

    def decidable(self, item: Item, written: str) -> bool:
        """Name, amount and what is left of the number name one item only, in the eyes of a careful person."""
        own = w.distance(written, item.number)
        for debtor in self.world.by_name[item.debtor.name]:
            for other in debtor.items:
                if other is not item and other.amount == item.amount and w.distance(written, other.number) <= own + 1:
                    return False
        named = self.world.by_number.get(written.strip())
        return named is None or named is item or named.amount != item.amount

    def put_back(self, item: Item) -> None:
        item.taken = False
        self.world.pool.insert(self.rng.randrange(len(self.world.pool) + 1), item)
