"""Accept, assign, split, on account, by law: where the money of a payment goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pipelines import book
from pipelines.allocation_order import LawfulShare, allocate_by_law, designated
from pipelines.errors import DecisionRefused
from pipelines.model.ledger import Cause, JournalEntry
from pipelines.model.proposal import AllocationKind, Disposition, Proposal, ProposedLine
from pipelines.model.receivable import ItemStatus
from pipelines.model.transaction import Transaction, TransactionKind
from pipelines.operations.commands import Accept, Assign, ByLaw, OnAccount, Part, Split
from pipelines.operations.effect import Effect, Ground
from pipelines.operations.recover import recover
from pipelines.operations.refund import by_hand
from pipelines.operations.take_back import take_back
from pipelines.ports.journal import CashPosition, OpenItem
from pipelines.ports.operations import ClaimRow
from pipelines.schemes import Share, prepayment_entry
from pipelines.tax import rate_finding


def accept(ground: Ground, command: Accept) -> Effect:
    """One of the stored proposals, as it stands."""
    cash = ground.cash(command.transaction_id)
    stored = ground.work.proposals.latest([command.transaction_id]).get(command.transaction_id, [])
    chosen = next((one for one in stored if one.proposal.rank == command.rank), None)
    if chosen is None:
        raise DecisionRefused(f"Transaction {command.transaction_id} has no proposal of rank {command.rank}.")
    if cash.rest_minor != cash.amount_minor:
        raise DecisionRefused(f"Transaction {command.transaction_id} is allocated already; undo that first.")
    lines = chosen.proposal.lines
    effect = _effect(ground, cash, lines)
    effect.payload = {"rank": command.rank, "invoices": invoices_of(lines), "proposal": chosen.proposal_id}
    return effect


def assign(ground: Ground, command: Assign) -> Effect:
    """One invoice or one account; a return takes back, a claim that was written off is recovered."""
    cash, part = ground.cash(command.transaction_id), command.part
    payload = {"invoices": [part.invoice_number], "debtor": part.debtor_number, "amount": part.amount_minor}
    if cash.amount_minor < 0:
        said: Transaction = ground.work.statements.transactions([cash.transaction_id])[cash.transaction_id]
        if said.kind in (TransactionKind.OUTGOING, TransactionKind.REFUND):
            effect = by_hand(ground, cash, part.debtor_number)
        else:
            effect = Effect(("transaction", cash.transaction_id), cash.currency, transaction_id=cash.transaction_id)
            effect.entries = take_back(ground, cash, part.invoice_number)
            effect.amount_minor = -cash.rest_minor
        effect.payload = payload
        return effect
    recovered = recover(ground, cash, part) if part.invoice_number else None
    effect = recovered or _effect(ground, cash, _lines(ground, cash, [part]))
    effect.payload = payload
    return effect


def split(ground: Ground, command: Split) -> Effect:
    """Several invoices or accounts."""
    cash = ground.cash(command.transaction_id)
    lines = _lines(ground, cash, command.parts)
    effect = _effect(ground, cash, lines)
    effect.payload = {"invoices": invoices_of(lines), "amounts": [line.cash_minor for line in lines]}
    return effect


def on_account(ground: Ground, command: OnAccount) -> Effect:
    """A debtor's account, as credit or as an advance payment with VAT."""
    cash = ground.cash(command.transaction_id)
    amount = cash.rest_minor if command.amount_minor is None else command.amount_minor
    payload: dict[str, object] = {"invoices": [], "debtor": command.debtor_number, "amount": amount}
    if command.prepayment_rate is None:
        effect = _effect(ground, cash, _lines(ground, cash, [Part("", command.debtor_number, amount)]))
    else:
        if not command.debtor_number or amount <= 0:
            raise DecisionRefused("An advance payment names its debtor and an amount above zero.")
        share = Share(amount, command.prepayment_rate)
        payment = (cash.transaction_id, cash.account)
        entry = prepayment_entry(ground.scene(cash.currency), payment, command.debtor_number, share)
        effect = _of(cash, [entry], amount, command.debtor_number)
        payload["prepayment_rate"] = command.prepayment_rate
    effect.payload = payload
    return effect


def by_law(ground: Ground, command: ByLaw) -> Effect:
    """A debtor's open claims in the order of BGB §§ 366, 367; what is left over stays on the account."""
    cash = ground.cash(command.transaction_id)
    said: Transaction = ground.work.statements.transactions([cash.transaction_id])[cash.transaction_id]
    text = " ".join((said.remittance, said.creditor_reference, said.document_numbers))
    shares, rest = lawful(ground, command.debtor_number, cash.currency, cash.rest_minor, text, command.named)
    lines = [
        ProposedLine(s.claim.invoice_number, command.debtor_number, s.amount_minor, s.amount_minor, _kind(s))
        for s in shares
    ]
    if rest:
        lines.append(ProposedLine("", command.debtor_number, rest, rest, AllocationKind.ON_ACCOUNT))
    effect = _effect(ground, cash, lines)
    effect.rules = rules_of(effect.entries, shares)
    effect.payload = {
        "debtor": command.debtor_number,
        "invoices": invoices_of(lines),
        "rules": {share.claim.invoice_number: share.rule for share in shares},
    }
    return effect


def lawful(
    ground: Ground, debtor: str, currency: str, amount: int, text: str, named: Sequence[str] = ()
) -> tuple[list[LawfulShare], int]:
    """The shares of a debtor's open claims, by the payment's text and what a person knows of the payer's wish."""
    claims: list[ClaimRow] = [one for one in ground.work.operations.claims(debtor) if one.currency == currency]
    if not debtor:
        raise DecisionRefused("Name the debtor whose claims are to be paid.")
    unknown = set(named) - {claim.invoice_number for claim in claims}
    if unknown:
        raise DecisionRefused(f"Debtor {debtor} does not owe {', '.join(sorted(unknown))}.")
    wish = set(named) or designated(text, claims)
    return allocate_by_law(amount, claims, wish, ground.as_of)


def rules_of(entries: Sequence[JournalEntry], shares: Sequence[LawfulShare]) -> dict[str, tuple[str, str]]:
    """allocation id → (rule, law), for the allocations that these shares became."""
    by_invoice = {share.claim.invoice_number: (share.rule, share.law) for share in shares}
    return {
        a.allocation_id: by_invoice[a.invoice_number]
        for entry in entries
        for a in entry.allocations
        if a.invoice_number in by_invoice and a.amount_minor > 0
    }


def invoices_of(lines: Sequence[ProposedLine]) -> list[str]:
    """The invoice numbers, each once, sorted."""
    return sorted({line.invoice_number for line in lines} - {""})


def _kind(share: LawfulShare) -> AllocationKind:
    return AllocationKind.SETTLEMENT if share.amount_minor == share.claim.open_minor else AllocationKind.PARTIAL


def _of(cash: CashPosition, entries: list[JournalEntry], amount: int, debtor: str = "") -> Effect:
    return Effect(
        ("transaction", cash.transaction_id), cash.currency, amount, cash.transaction_id, debtor_number=debtor,
        entries=entries,
    )  # fmt: skip


def _lines(ground: Ground, cash: CashPosition, parts: Sequence[Part]) -> list[ProposedLine]:
    rest = cash.rest_minor
    lines = []
    for part in parts:
        if not part.invoice_number:
            amount = rest if part.amount_minor is None else part.amount_minor
            if not part.debtor_number:
                raise DecisionRefused("Name an invoice, or a debtor for money on account.")
            if amount <= 0:
                raise DecisionRefused("Money on account is an amount above zero.")
            lines.append(ProposedLine("", part.debtor_number, amount, amount, AllocationKind.ON_ACCOUNT))
        else:
            item = ground.item(part.invoice_number)
            if part.amount_minor is not None and part.amount_minor <= 0 <= item.open_minor:
                raise DecisionRefused(f"The amount for invoice {part.invoice_number} must be above zero.")
            amount = min(rest, item.open_minor) if part.amount_minor is None else part.amount_minor
            if item.open_minor < 0:  # a credit note is set off: it adds to the money there is
                amount = item.open_minor if part.amount_minor is None else -abs(part.amount_minor)
            kind = AllocationKind.SETTLEMENT if amount == item.open_minor else AllocationKind.PARTIAL
            lines.append(ProposedLine(part.invoice_number, item.debtor_number, amount, amount, kind))
        rest -= amount
    return lines


def _effect(ground: Ground, cash: CashPosition, lines: Sequence[ProposedLine]) -> Effect:
    work = ground.work
    items: Mapping[str, OpenItem] = work.journal.open_items(set(invoices_of(lines)))
    _refuse_unfit(cash, lines, items)
    money = sum(line.cash_minor for line in lines)
    if not book.within(money, cash.rest_minor):
        raise DecisionRefused(f"Transaction {cash.transaction_id} does not have that much unallocated money.")
    proposal = Proposal(
        cash.transaction_id, 1, tuple(lines), 1.0, Disposition.REVIEW, "decided", "", "decided", (),
        remainder_minor=cash.amount_minor - money,
    )  # fmt: skip
    entries = book.allocation_entries(
        cash,
        proposal,
        items,
        ground.chart,
        work.context.mode,
        disposition="decided",
        generations=work.journal.generations([cash.transaction_id]),
        cause=Cause.DECISION,
    )
    if work.journal.entries([entry.entry_id for entry in entries]):
        raise DecisionRefused("This transaction already pays one of these invoices; undo that allocation first.")
    debtors = {line.debtor_number for line in lines} - {""}
    effect = _of(cash, entries, money, debtors.pop() if len(debtors) == 1 else "")
    for line in lines:
        if line.amount_minor != line.cash_minor and line.invoice_number:
            _note_difference(ground, effect, line, items[line.invoice_number])
    return effect


def _note_difference(ground: Ground, effect: Effect, line: ProposedLine, item: OpenItem) -> None:
    gap = line.amount_minor - line.cash_minor
    if line.kind is AllocationKind.SMALL_DIFFERENCE:
        year = ground.work.operations.small_differences([line.debtor_number], ground.as_of.year)
        why = ground.limits.refusal(gap, year.get((line.debtor_number, effect.currency), (0, 0)))
        if why:
            raise DecisionRefused(f"The difference on invoice {line.invoice_number} may not be cleared: {why}.")
    found = rate_finding(ground.chart, line.invoice_number, item.tax_rate_basis_points)
    if found:
        effect.findings.append(found)


def _refuse_unfit(cash: CashPosition, lines: Sequence[ProposedLine], items: Mapping[str, OpenItem]) -> None:
    effects: Counter[str] = Counter()
    for line in lines:
        effects[line.invoice_number] += line.amount_minor
    for invoice, change in effects.items():
        if not invoice:
            continue
        item = items.get(invoice)
        if item is None or item.status != ItemStatus.OPEN or item.currency != cash.currency:
            raise DecisionRefused(f"Invoice {invoice} is unknown, cancelled or in another currency.")
        if change == 0 or not book.within(change, item.open_minor):
            raise DecisionRefused(f"Invoice {invoice} does not owe that much any more.")
    if not lines:
        raise DecisionRefused("This proposal allocates nothing; assign the payment to an invoice or an account.")
