"""Rebooking: credit goes to an open claim or another account, payment by payment, so that each can come back alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.allocation_order import LawfulShare
from pipelines.errors import DecisionRefused
from pipelines.model.receivable import ItemStatus
from pipelines.operations.allocate import lawful, rules_of
from pipelines.operations.commands import Rebook
from pipelines.operations.effect import Effect, Ground
from pipelines.operations.pools import Source, prepaid_part, refuse_method, source_of
from pipelines.ports.operations import Pool
from pipelines.schemes import rebooking_entry

Target = tuple[tuple[str, str], int]


def rebook(ground: Ground, command: Rebook) -> Effect:
    """From a debtor's account, or a cancelled or overpaid invoice, to an invoice, an account, or by law."""
    if bool(command.to_invoice) + bool(command.to_debtor) + command.by_law != 1:
        raise DecisionRefused("Name one place the money goes to: an invoice, a debtor, or by law.")
    source = source_of(ground, debtor=command.from_debtor, invoice=command.from_invoice)
    shares: list[LawfulShare] = []
    if command.by_law:
        money = source.free_minor if command.amount_minor is None else command.amount_minor
        shares, _ = lawful(ground, source.place[1], source.currency, money, "")
        targets: list[Target] = [((s.claim.invoice_number, source.place[1]), s.amount_minor) for s in shares]
    else:
        targets = [_target(ground, command, source)]
    total = sum(minor for _, minor in targets)
    if not total:
        raise DecisionRefused(f"Debtor {source.place[1]} owes nothing this money could pay.")
    scene = ground.scene(source.currency)
    entries = [
        rebooking_entry(
            scene, number, (pool.transaction_id, pool.account), minor, source.place, place,
            prepaid=prepaid_part(ground, pool, minor) if place[0] else None,
        )
        for number, (pool, minor, place) in enumerate(_pair(source.draw(total), targets))
    ]  # fmt: skip
    invoices = sorted({place[0] for place, _ in targets} - {""})
    effect = Effect(
        ("item", command.from_invoice) if command.from_invoice else ("debtor", command.from_debtor),
        source.currency,
        total,
        invoice_number=invoices[0] if len(invoices) == 1 else "",
        debtor_number=source.place[1],
        entries=entries,
        rules=rules_of(entries, shares),
        payload={
            "from": source.place[0] or f"@{source.place[1]}",
            "to": [place[0] or f"@{place[1]}" for place, _ in targets],
            "invoices": invoices,
            "amount": total,
            **({"rules": {share.claim.invoice_number: share.rule for share in shares}} if shares else {}),
        },
    )
    if any(place[1] != source.place[1] for place, _ in targets):
        effect.insist = "it goes to another debtor"
    return effect


def _target(ground: Ground, command: Rebook, source: Source) -> Target:
    if command.to_debtor:
        place = ("", command.to_debtor)
        if place == source.place:
            raise DecisionRefused("The money is on that account already.")
        return place, source.free_minor if command.amount_minor is None else command.amount_minor
    item = ground.item(command.to_invoice)
    if item.status != ItemStatus.OPEN or item.currency != source.currency or item.open_minor <= 0:
        raise DecisionRefused(f"Invoice {command.to_invoice} owes nothing in {source.currency}.")
    refuse_method(ground, command.to_invoice)
    amount = min(source.free_minor, item.open_minor) if command.amount_minor is None else command.amount_minor
    if amount > item.open_minor:
        raise DecisionRefused(f"Invoice {command.to_invoice} does not owe that much any more.")
    return (command.to_invoice, item.debtor_number), amount


def _pair(draws: Sequence[tuple[Pool, int]], targets: Sequence[Target]) -> Iterator[tuple[Pool, int, tuple[str, str]]]:
    """Each payment's money with the places it goes to, in order."""
    waiting = [(place, minor) for place, minor in targets]
    for pool, free in draws:
        while free:
            place, wanted = waiting[0]
            part = min(free, wanted)
            yield pool, part, place
            free -= part
            waiting[0] = (place, wanted - part)
            if part == wanted:
                waiting.pop(0)
