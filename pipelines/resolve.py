"""Which settlement does a return take back? (D13)

A return names its original by our EndToEndId and mandate, by the batch it went out with, or at least by the
customer's IBAN and the amount (GERMAN_BANKING §3.3: EREF+MREF → KREF/PmtInfId + amount → IBAN + amount + window).
It is never linked by likeness. What is returned is the settlement's whole effect, discount included; what the bank
took beyond the original amount are charges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pipelines.model.proposal import Evidence
from pipelines.model.receivable import Collection
from pipelines.model.return_debit import ReturnLink, ReturnState, SettledPayment
from pipelines.model.transaction import Transaction, TransactionKind, possible_originals
from pipelines.moved_money import MovedMoney
from pipelines.ports.operations import Moved
from pipelines.return_index import CollectionIndex, ReceiptIndex, SettlementIndex
from pipelines.text import compact

# Unauthorised debits may be claimed back for 13 months (BGB §676b); banks need some days more.
LONGEST_RETURN = timedelta(days=410)
# More than this is not a return charge but something nobody has explained yet.
MAX_CHARGES_MINOR = 5000


@dataclass(frozen=True, slots=True)
class _Original:
    """A candidate for what was returned: our collections under one EndToEndId, or one receipt's settlements."""

    collections: tuple[Collection, ...]
    settlements: tuple[SettledPayment, ...]
    evidence: tuple[Evidence, ...]

    @property
    def amount_minor(self) -> int:
        if self.collections:
            return sum(c.amount_minor for c in self.collections)
        return sum(s.cash_minor for s in self.settlements)


class ReturnResolver:
    """Links returns to settlements; kept up to date while a plan grows.

    settled_before: invoice → what was settled outside kontoklar, unsigned minor units: the collection of such an
    invoice happened before go-live, so its return reopens the item without an entry to reverse.
    receipts: known money-in transactions, for transfers that are taken back. moved: entries that moved their money on;
    they are taken back with it.
    """

    def __init__(
        self,
        collections: Iterable[Collection],
        settlements: Iterable[SettledPayment],
        receipts: Iterable[Transaction] = (),
        settled_before: dict[str, int] | None = None,
        returned_before: Iterable[tuple[str, str]] = (),
        debtor_of: dict[str, str] | None = None,
        max_charges_minor: int = MAX_CHARGES_MINOR,
        moved: Iterable[Moved] = (),
    ) -> None:
        self._max_charges = max_charges_minor
        self._moved = MovedMoney(moved)
        self._settled_before = dict(settled_before or {})
        self._debtor_of = debtor_of or {}
        # (EndToEndId, invoice) pairs that have come back already: the second return needs a person.
        self._returned = set(returned_before)
        self._collections = CollectionIndex(collections)
        self._settlements = SettlementIndex(settlements)
        self._receipts = ReceiptIndex(receipts)

    # --- the plan moves on -------------------------------------------------------------------------------------

    def settle(self, settlement: SettledPayment) -> None:
        """A settlement was planned or posted; it can be returned from now on."""
        self._settlements.add(settlement)

    def take_back(self, link: ReturnLink, end_to_end_id: str) -> int:
        """A link was planned: its settlement is gone and cannot be returned twice.

        Gives what the invoice owes again, discount included, in minor units.
        """
        moved = self._moved.take_back(link.original_entry_id)
        if moved is not None:
            return moved
        self._returned.add((end_to_end_id, link.invoice_number))
        gone = self._settlements.remove(link.original_entry_id)
        if gone:
            return gone.effect_minor
        before = self._settled_before.get(link.invoice_number, 0)
        self._settled_before[link.invoice_number] = before - link.returned_minor
        return link.returned_minor

    # --- linking -----------------------------------------------------------------------------------------------

    def link(self, transaction: Transaction) -> list[ReturnLink]:
        """The links of one return, never empty: ``linked`` ones can be posted, the others say why not.

        Either every link of a return is ``linked`` or none is: half a return is never posted.
        """
        if transaction.amount_minor > 0:
            return [_open_link(transaction, ReturnState.REVIEW, "own-transfer-came-back")]
        originals = self._originals(transaction)
        if len(originals) > 1:
            return [_open_link(transaction, ReturnState.REVIEW, "several-originals")]
        if not originals:
            return [self._unknown(transaction)]
        original = originals[0]
        charges = _charges(transaction, original.amount_minor)
        if charges is None:
            return [_open_link(transaction, ReturnState.REVIEW, "original-amount-contradicts", original.evidence)]
        if not 0 <= charges <= self._max_charges:
            return [_open_link(transaction, ReturnState.REVIEW, "charges-implausible", original.evidence)]
        return self._links(transaction, original, charges)

    def _links(self, transaction: Transaction, original: _Original, charges: int) -> list[ReturnLink]:
        links: list[ReturnLink] = []
        parts = original.collections or original.settlements
        for part in parts:
            invoice = part.invoice_number
            settlement = part if isinstance(part, SettledPayment) else self._settlement_of(part)
            returned = part.cash_minor if isinstance(part, SettledPayment) else part.amount_minor
            reason, entry_id, original_transaction, debtor = "", "", "", self._debtor_of.get(invoice, "")
            state = ReturnState.LINKED
            if settlement is not None:
                entry_id, original_transaction = settlement.entry_id, settlement.transaction_id
                debtor = settlement.debtor_number
                if settlement.cash_minor != returned:
                    state, reason = ReturnState.REVIEW, "settled-another-amount"
            elif (transaction.end_to_end_id or part.end_to_end_id, invoice) in self._returned:
                state, reason = ReturnState.REVIEW, "already-returned"
            elif self._settled_before.get(invoice, 0) < returned:
                state, reason = ReturnState.WAITING, "collection-not-settled-yet"
            links.append(
                ReturnLink(
                    transaction_id=transaction.transaction_id,
                    state=state,
                    reason_code=transaction.reason_code,
                    invoice_number=invoice,
                    debtor_number=debtor,
                    original_transaction_id=original_transaction,
                    original_entry_id=entry_id,
                    returned_minor=returned,
                    charges_minor=0 if links else charges,
                    reason=reason,
                    evidence=original.evidence,
                )
            )
            if settlement is not None:
                links += self._followers(links[-1])
        blocked = next((link for link in links if link.state is not ReturnState.LINKED), None)
        if blocked is None:
            return links
        return [replace(link, state=blocked.state, reason=link.reason or blocked.reason) for link in links]

    def _followers(self, link: ReturnLink) -> list[ReturnLink]:
        """What was done with the money after it settled: rebooked to other items, which owe again."""
        place = (link.original_transaction_id, link.invoice_number, link.debtor_number)
        return [
            replace(
                link,
                invoice_number=one.to_invoice,
                debtor_number=one.to_debtor or one.from_debtor,
                original_entry_id=one.entry_id,
                returned_minor=0,
                charges_minor=0,
            )
            for one in self._moved.followers(*place)
        ]

    def _settlement_of(self, collection: Collection) -> SettledPayment | None:
        """The active settlement this very collection made; a transfer for the same invoice is not it."""
        candidates = [s for s in self._settlements.of_invoice(collection.invoice_number) if s.by_collection]
        own = [s for s in candidates if s.end_to_end_id == collection.end_to_end_id]
        unnamed = [s for s in candidates if not s.end_to_end_id and s.cash_minor == collection.amount_minor]
        found = own or unnamed
        return found[0] if len(found) == 1 else None

    def _originals(self, transaction: Transaction) -> list[_Original]:
        if transaction.kind is not TransactionKind.RETURN_TRANSFER:
            for finder in (self._by_our_id, self._by_settled_id, self._by_batch_id, self._by_account_or_mandate):
                found = finder(transaction)
                if found:
                    return found
        return self._by_receipt(transaction)

    def _by_our_id(self, transaction: Transaction) -> list[_Original]:
        group = self._collections.by_end_to_end.get(transaction.end_to_end_id, [])
        evidence = [Evidence("end_to_end_id", "exact", 20.0)]
        if transaction.mandate_id and group:
            same = [c for c in group if not c.mandate_id or c.mandate_id == transaction.mandate_id]
            if same:
                evidence.append(Evidence("mandate_id", "exact", 12.0))
            group = same
        return [_Original(tuple(group), (), tuple(evidence))] if group else []

    def _by_settled_id(self, transaction: Transaction) -> list[_Original]:
        """Collections that were never loaded, but whose credit named its EndToEndId."""
        found = tuple(
            s
            for s in self._settlements.of_end_to_end(transaction.end_to_end_id)
            if s.by_collection
            and (not transaction.mandate_id or not s.mandate_id or s.mandate_id == transaction.mandate_id)
        )
        return [_Original((), found, (Evidence("end_to_end_id", "exact", 20.0),))] if found else []

    def _by_batch_id(self, transaction: Transaction) -> list[_Original]:
        names = {transaction.customer_reference, transaction.payment_information_id, transaction.message_id} - {""}
        pool = [c for name in sorted(names) for c in self._collections.by_batch.get(name, [])]
        return self._unique_by_amount(transaction, pool, Evidence("payment_information_id", "exact", 10.0))

    def _by_account_or_mandate(self, transaction: Transaction) -> list[_Original]:
        if transaction.mandate_id:
            pool = self._collections.by_mandate.get(transaction.mandate_id, [])
            found = self._unique_by_amount(transaction, pool, Evidence("mandate_id", "exact", 12.0))
            if found:
                return found
        if transaction.counterparty_iban:
            pool = self._collections.by_iban.get(transaction.counterparty_iban, [])
            found = self._unique_by_amount(transaction, pool, Evidence("debtor_iban", "exact", 10.0))
            if found:
                return found
        # The bank repeats the original text: our own invoice number, whole, with exactly its amount.
        text = compact(transaction.remittance)
        if not text:
            return []
        pool = [
            c
            for amount in possible_originals(transaction)
            for c in self._collections.by_amount.get(amount, [])
            if len(compact(c.invoice_number)) >= 4 and _whole(compact(c.invoice_number), text)
        ]
        return self._unique_by_amount(transaction, pool, Evidence("invoice_number", "exact", 12.0))

    def _unique_by_amount(
        self, transaction: Transaction, pool: Sequence[Collection], evidence: Evidence
    ) -> list[_Original]:
        """Collections of the pool that explain the amount, newest possible first; several stay several."""
        in_time = [
            c
            for c in dict.fromkeys(pool)
            if timedelta(days=-3) <= transaction.booking_date - c.collection_date <= LONGEST_RETURN
            and (c.end_to_end_id, c.invoice_number) not in self._returned
        ]
        for amount in possible_originals(transaction):
            same = [c for c in in_time if c.amount_minor == amount]
            settled = [c for c in same if self._settlement_of(c) is not None]
            chosen = settled or same
            if chosen:
                return [_Original((c,), (), (evidence, Evidence("amount", "exact", 8.0))) for c in chosen]
        if transaction.original_minor is None and transaction.charges_minor is None:
            near = [c for c in in_time if 0 < -transaction.amount_minor - c.amount_minor <= self._max_charges]
            if len(near) == 1:
                return [_Original((near[0],), (), (evidence, Evidence("amount", "with_charges", 3.0)))]
        return []

    def _by_receipt(self, transaction: Transaction) -> list[_Original]:
        """A payment taken back as a whole: same EndToEndId, or same account, and exactly its amount."""
        for amount in possible_originals(transaction):
            for field, receipts in self._receipts.before(transaction, amount).items():
                evidence = (Evidence(field, "exact", 12.0), Evidence("amount", "exact", 8.0))
                settled = [tuple(self._settlements.of_transaction(r.transaction_id)) for r in receipts]
                originals = [
                    _Original((), parts, evidence) for parts in settled if sum(s.cash_minor for s in parts) == amount
                ]
                if originals:
                    return originals
        return []

    def unsettled_original(self, transaction: Transaction) -> str:
        """The one unallocated receipt a return takes back, else ""; it must not be matched any more."""
        for amount in possible_originals(transaction):
            for receipts in self._receipts.before(transaction, amount).values():
                if len(receipts) == 1 and not self._settlements.of_transaction(receipts[0].transaction_id):
                    return receipts[0].transaction_id
        return ""

    def _unknown(self, transaction: Transaction) -> ReturnLink:
        receipt = self.unsettled_original(transaction)
        if receipt:
            link = _open_link(transaction, ReturnState.REVIEW, "original-not-allocated")
            return replace(link, original_transaction_id=receipt)
        if transaction.end_to_end_id in self._collections.by_end_to_end and transaction.mandate_id:
            return _open_link(transaction, ReturnState.REVIEW, "mandate-contradicts")
        if transaction.end_to_end_id or transaction.mandate_id:
            return _open_link(transaction, ReturnState.WAITING, "original-unknown")
        return _open_link(transaction, ReturnState.REVIEW, "original-unknown")


def _charges(transaction: Transaction, original_minor: int) -> int | None:
    """Unsigned charges = booked − original; None when the file states another original amount."""
    stated = transaction.original_minor
    if stated is not None and stated != original_minor and stated != -transaction.amount_minor:
        return None
    return -transaction.amount_minor - original_minor


def _whole(token: str, text: str) -> bool:
    """Is the token in the text without digits continuing on either side? ``14`` is not in ``1814``."""
    start = text.find(token)
    while start >= 0:
        end = start + len(token)
        before, after = text[start - 1 : start], text[end : end + 1]
        if not (before.isdigit() and token[0].isdigit()) and not (after.isdigit() and token[-1].isdigit()):
            return True
        start = text.find(token, start + 1)
    return False


def _open_link(
    transaction: Transaction, state: ReturnState, reason: str, evidence: tuple[Evidence, ...] = ()
) -> ReturnLink:
    return ReturnLink(
        transaction_id=transaction.transaction_id,
        state=state,
        reason_code=transaction.reason_code,
        returned_minor=transaction.original_minor or 0,
        charges_minor=transaction.charges_minor or 0,
        reason=reason,
        evidence=evidence,
    )
