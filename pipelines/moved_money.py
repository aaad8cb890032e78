"""Where a payment's money was moved on to: what has to be taken back with it when the payment itself comes back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pipelines.ports.operations import Moved


class MovedMoney:
    """The entries that moved money on, by payment."""

    def __init__(self, moved: Iterable[Moved] = ()) -> None:
        self._by_payment: dict[str, list[Moved]] = defaultdict(list)
        self._effects: dict[str, int] = {}
        for one in moved:
            self._by_payment[one.transaction_id].append(one)
            self._effects[one.entry_id] = one.amount_minor

    def followers(self, transaction_id: str, invoice_number: str, debtor_number: str) -> Iterator[Moved]:
        """What was done with the money after it came to rest on this item or account, in the order it was done."""
        places = {(invoice_number, debtor_number)}
        for one in self._by_payment.get(transaction_id, ()):
            if (one.from_invoice, one.from_debtor) in places:
                places.add((one.to_invoice, one.to_debtor))
                yield one

    def origin(self, transaction_id: str, invoice_number: str) -> tuple[str, str]:
        """Where money that is now on this item first came to rest: (invoice number, debtor number)."""
        place = (invoice_number, "")
        for one in reversed(self._by_payment.get(transaction_id, ())):
            if one.to_invoice == place[0] and place[1] in ("", one.to_debtor):
                place = (one.from_invoice, one.from_debtor)
        return place

    def take_back(self, entry_id: str) -> int | None:
        """What the item it went to owes again when this entry is reversed; None when it is none of these."""
        return self._effects.pop(entry_id, None)
