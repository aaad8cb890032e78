"""Refunds: money goes back only where it came from too much, never more than came, and not while it may be taken back.

Ordering one moves no money in the books but reserves it; the bank's booking of the transfer carries it out
(``usecases.refunds``).
"""

from __future__ import annotations

from collections.abc import Sequence

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from pipelines.calendar import shift
from pipelines.errors import DecisionRefused
from pipelines.model.ledger import JournalEntry
from pipelines.model.money import Money
from pipelines.model.payment_order import PaymentOrder
from pipelines.model.provisional import HANDLING, LAW, Right, provision, provisional_until
from pipelines.operations.commands import Refund
from pipelines.operations.effect import Effect, Ground
from pipelines.operations.pools import Source, prepaid_part, source_of
from pipelines.ports.journal import CashPosition
from pipelines.ports.operations import PaymentFile, Pool
from pipelines.ports.operations import Refund as Ordered
from pipelines.schemes import rebooking_entry, refund_entry, release_entry

Draws = Sequence[tuple[Pool, int]]


def refund(ground: Ground, command: Refund) -> Effect:
    """Orders a transfer of a debtor's credit, or of what was paid on a cancelled or overpaid invoice."""
    source = source_of(ground, debtor=command.debtor_number, invoice=command.invoice_number)
    draws = source.draw(command.amount_minor)
    amount, debtor = sum(minor for _, minor in draws), source.place[1]
    iban = _destination(ground, command, draws, debtor)
    doubts = _doubts(ground, draws, iban, debtor)
    if doubts and not command.override:
        raise DecisionRefused(
            f"This refund is refused: {'; '.join(doubts)}. Two people together may override it (--override)."
        )
    order = Ordered(
        ground.decision_id, f"KK{ground.decision_id}", debtor, command.invoice_number, amount, source.currency, iban,
        next((pool.account for pool, _ in draws if pool.account), ""), shift(ground.as_of, 1),
        f"KM{ground.decision_id}",
    )  # fmt: skip
    effect = Effect(
        ("item", command.invoice_number) if command.invoice_number else ("debtor", debtor),
        source.currency,
        amount,
        invoice_number=command.invoice_number,
        debtor_number=debtor,
        payload={"invoices": [command.invoice_number] if command.invoice_number else [], "debtor": debtor,
                 "amount": amount, "end_to_end_id": order.end_to_end_id, "overridden": list(doubts)},
        entries=_entries(ground, source, draws),
        refund=order,
        sources=_by_payment(draws),
        insist="; ".join(doubts),
    )  # fmt: skip
    effect.file = _file(ground, order, draws, effect)
    if effect.file is not None:
        effect.notes.append(
            f"orders a transfer of {Money(amount, order.currency)} to the account ending in {iban[-4:]} on "
            f"{order.execution_day}; nothing is booked before the bank carries it out"
        )
    return effect


def by_hand(ground: Ground, cash: CashPosition, debtor: str) -> Effect:
    """A transfer to the debtor that somebody made at the bank: booked as the refund it is."""
    if not debtor:
        raise DecisionRefused("Money that went out can be a refund: name the debtor whose credit it was.")
    amount = -cash.rest_minor
    draws = source_of(ground, debtor=debtor).draw(amount)
    entry = refund_entry(ground.scene(cash.currency), (cash.transaction_id, cash.account), debtor, amount)
    released = _releases(ground, draws)
    order = Ordered(
        ground.decision_id, f"KK{ground.decision_id}", debtor, "", amount, cash.currency, "", cash.account,
        cash.booking_date, "",
    )  # fmt: skip
    return Effect(
        ("transaction", cash.transaction_id),
        cash.currency,
        amount,
        cash.transaction_id,
        debtor_number=debtor,
        entries=[entry, *released],
        refund=order,
        sources=_by_payment(draws),
        notes=["booked as a refund that was made at the bank"],
    )


def _entries(ground: Ground, source: Source, draws: Draws) -> list[JournalEntry]:
    """An invoice's money goes to the debtor's account first; an advance payment ends."""
    scene, account = ground.scene(source.currency), ("", source.place[1])
    moves = [
        rebooking_entry(scene, number, (pool.transaction_id, pool.account), minor, source.place, account)
        for number, (pool, minor) in enumerate(draws if source.place[0] else ())
    ]
    return moves + _releases(ground, draws)


def _releases(ground: Ground, draws: Draws) -> list[JournalEntry]:
    found = []
    for number, (pool, minor) in enumerate(draws):
        prepaid = prepaid_part(ground, pool, minor)
        if prepaid:
            payment = (pool.transaction_id, pool.account)
            found.append(release_entry(ground.scene(pool.currency), number, payment, prepaid))
    return found


def _by_payment(draws: Draws) -> dict[str, int]:
    return {pool.transaction_id: minor for pool, minor in draws}


def _destination(ground: Ground, command: Refund, draws: Draws, debtor: str) -> str:
    if command.iban:
        try:
            return str(IBAN(command.iban, validate_bban=True))
        except SchwiftyException:
            raise DecisionRefused("The account to refund to is not a valid IBAN.") from None
    came_from = {pool.counterparty_iban for pool, _ in draws} - {""}
    if not came_from:
        came_from = set(ground.work.operations.paid_from(debtor))
    if len(came_from) != 1:
        raise DecisionRefused(f"The money came from {len(came_from)} accounts; name the one it goes to (--iban).")
    return came_from.pop()


def _doubts(ground: Ground, draws: Draws, iban: str, debtor: str) -> list[str]:
    """Why one person alone may not send this money."""
    doubts = []
    for pool, _ in draws:
        if pool.booking_date is None:
            continue
        right = provision(pool.kind, pool.booking_date, gvc=pool.gvc, has_mandate=bool(pool.mandate_id))
        if right is not None and ground.as_of < right.final_on:
            doubts.append(
                f"the money of {pool.booking_date} is provisional ({right.right}, {right.law}: until {right.until}, "
                f"final on {right.final_on})"
            )
        behind = ground.work.operations.debit_behind(pool.transaction_id, debtor)
        if behind is not None and ground.as_of < provisional_until(behind) + HANDLING:
            doubts.append(
                f"it was paid twice only if the direct debit of {behind} stands ({LAW[Right.AUTHORISED]}: until "
                f"{provisional_until(behind)}, final on {provisional_until(behind) + HANDLING})"
            )
    if iban not in ground.work.operations.paid_from(debtor):
        doubts.append("the account is not known as this debtor's")
    if ground.is_blocked(iban, debtor):
        doubts.append("the account is on the blocklist")
    return doubts


def _file(ground: Ground, order: Ordered, draws: Draws, effect: Effect) -> PaymentFile | None:
    if ground.payment_file is None:
        return None
    if order.currency != "EUR" or not order.account:
        effect.notes.append("no payment file: send this refund at the bank and assign its booking to the debtor")
        return None
    name = next((pool.counterparty_name for pool, _ in draws if pool.counterparty_name), f"Kunde {order.debtor_number}")
    text = f"Erstattung {order.invoice_number or 'Guthaben'}, Kundennummer {order.debtor_number}"
    content = ground.payment_file(
        PaymentOrder(
            order.message_id, order.end_to_end_id, order.account, name, order.iban, order.amount_minor, order.currency,
            text, order.execution_day, ground.work.context.now,
        )
    )  # fmt: skip
    return PaymentFile(order.message_id, order.decision_id, content)
