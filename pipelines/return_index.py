"""Lookups over our own collections, what settled which invoice, and the money that came in (for ``resolve``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pipelines.model.receivable import Collection
from pipelines.model.return_debit import SettledPayment
from pipelines.model.transaction import Transaction, TransactionKind


class CollectionIndex:
    """Our own direct debits by EndToEndId, mandate, batch, debtor IBAN and amount. Empty keys are never found."""

    def __init__(self, collections: Iterable[Collection]) -> None:
        self.by_end_to_end: dict[str, list[Collection]] = defaultdict(list)
        self.by_mandate: dict[str, list[Collection]] = defaultdict(list)
        self.by_batch: dict[str, list[Collection]] = defaultdict(list)
        self.by_iban: dict[str, list[Collection]] = defaultdict(list)
        self.by_amount: dict[int, list[Collection]] = defaultdict(list)
        for collection in sorted(collections, key=lambda c: (c.end_to_end_id, c.invoice_number, c.mandate_id)):
            self.by_end_to_end[collection.end_to_end_id].append(collection)
            self.by_mandate[collection.mandate_id].append(collection)
            self.by_iban[collection.debtor_iban].append(collection)
            self.by_amount[collection.amount_minor].append(collection)
            for batch in {collection.payment_information_id, collection.message_id}:
                self.by_batch[batch].append(collection)
        for index in (self.by_end_to_end, self.by_mandate, self.by_batch, self.by_iban):
            index.pop("", None)


class SettlementIndex:
    """Active settlements by entry, invoice, transaction and EndToEndId; moves with the plan."""

    def __init__(self, settlements: Iterable[SettledPayment]) -> None:
        self._entries: dict[str, SettledPayment] = {}
        self._by_invoice: dict[str, set[str]] = defaultdict(set)
        self._by_transaction: dict[str, set[str]] = defaultdict(set)
        self._by_end_to_end: dict[str, set[str]] = defaultdict(set)
        for settlement in settlements:
            self.add(settlement)

    def add(self, settlement: SettledPayment) -> None:
        self._entries[settlement.entry_id] = settlement
        for index, key in self._places(settlement):
            index[key].add(settlement.entry_id)

    def remove(self, entry_id: str) -> SettledPayment | None:
        """Takes a settlement out and gives it; None if there is none of that id."""
        gone = self._entries.pop(entry_id, None)
        if gone is not None:
            for index, key in self._places(gone):
                index[key].discard(entry_id)
        return gone

    def of_invoice(self, invoice_number: str) -> list[SettledPayment]:
        return self._sorted(self._by_invoice.get(invoice_number))

    def of_transaction(self, transaction_id: str) -> list[SettledPayment]:
        return self._sorted(self._by_transaction.get(transaction_id))

    def of_end_to_end(self, end_to_end_id: str) -> list[SettledPayment]:
        """Settlements whose transaction carried this id; empty for ""."""
        return self._sorted(self._by_end_to_end.get(end_to_end_id)) if end_to_end_id else []

    def _sorted(self, entries: set[str] | None) -> list[SettledPayment]:
        return [self._entries[key] for key in sorted(entries or ())]

    def _places(self, settlement: SettledPayment) -> tuple[tuple[dict[str, set[str]], str], ...]:
        return (
            (self._by_invoice, settlement.invoice_number),
            (self._by_transaction, settlement.transaction_id),
            (self._by_end_to_end, settlement.end_to_end_id),
        )


_EITHER = frozenset({TransactionKind.RECEIPT, TransactionKind.COLLECTION})
_TAKES_BACK = {
    TransactionKind.RETURN_TRANSFER: frozenset({TransactionKind.RECEIPT}),
    TransactionKind.RETURN_DEBIT: frozenset({TransactionKind.COLLECTION}),
}


class ReceiptIndex:
    """Money in by (EndToEndId or IBAN, amount): what a later return may take back."""

    def __init__(self, receipts: Iterable[Transaction]) -> None:
        self._known: dict[tuple[str, str, int], list[Transaction]] = defaultdict(list)
        for receipt in sorted(receipts, key=lambda r: (r.booking_date, r.transaction_id)):
            for field, value in (("end_to_end_id", receipt.end_to_end_id), ("iban", receipt.counterparty_iban)):
                if value:
                    self._known[field, value, receipt.amount_minor].append(receipt)

    def before(self, taken_back: Transaction, amount_minor: int) -> dict[str, list[Transaction]]:
        """Field → earlier receipts of that amount that agree in it.

        A returned debit only ever was a collection, a returned transfer a receipt; a bank that corrects itself takes
        back either.
        """
        wanted = _TAKES_BACK.get(taken_back.kind, _EITHER)
        keys = (("end_to_end_id", taken_back.end_to_end_id), ("iban", taken_back.counterparty_iban))
        return {
            field: [
                receipt
                for receipt in self._known.get((field, value, amount_minor), [])
                if receipt.kind in wanted and receipt.booking_date <= taken_back.booking_date
            ]
            for field, value in keys
            if value
        }
