"""A ledger and a month of payments with ground truth, from one seed.

Which mixes of payments and kinds of companies there are is in ``mixes``, which seeds are for what in ``seeds``.
``generate`` returns plain records, which the frames below and anybody who writes bank files build on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from benchmarks.matching.mixes import MIXES
from benchmarks.matching.payments import Payments
from benchmarks.matching.records import PaymentRecord
from benchmarks.matching.world import World, make_world
from pipelines.frames import COLLECTIONS, ITEMS, RECEIPTS, conform


@dataclass(slots=True)
class Case:
    """A world and its payments."""

    world: World
    payments: list[PaymentRecord]


def generate(
    seed: int,
    payments: int = 20_000,
    items: int = 100_000,
    *,
    mix: str | Mapping[str, float] = "trade",
    styles: tuple[str, ...] | None = None,
    per_debtor: float | None = None,
) -> Case:
    """About ``payments`` payments against about ``items`` open items.

    mix: a name of ``mixes.MIXES``, or shares of the payments of the trading company. styles: number series (see
    ``numbering``), three at random if None. per_debtor: open items per debtor, the mix's own if None.
    """
    chosen = MIXES[mix] if isinstance(mix, str) else MIXES["trade"]
    market = chosen.market if per_debtor is None else replace(chosen.market, per_debtor=per_debtor)
    world = make_world(seed, items, styles, market)
    return Case(world, Payments(world, seed).make(payments, chosen.shares if isinstance(mix, str) else mix))


def items_frame(world: World) -> pd.DataFrame:
    """ITEMS: open, settled and cancelled ones."""
    rows = world.items
    return conform(
        pd.DataFrame(
            {
                "invoice_number": [item.number for item in rows],
                "debtor_number": [item.debtor.number for item in rows],
                "amount_minor": [item.amount for item in rows],
                "open_minor": [item.open for item in rows],
                "currency": "EUR",
                "issue_date": pd.to_datetime([item.issue for item in rows]),
                "due_date": pd.to_datetime([item.due for item in rows]),
                "document_type": [item.document_type for item in rows],
                "status": [item.status for item in rows],
                "debtor_name": [item.debtor.name for item in rows],
                "debtor_ibans": ["|".join(item.debtor.ibans) for item in rows],
                "mandate_id": [item.mandate for item in rows],
                "creditor_reference": [item.creditor_reference for item in rows],
                "order_number": [item.order_number for item in rows],
                "shipment_ids": [item.shipment for item in rows],
                "contract_id": [item.contract for item in rows],
                "cash_discount_basis_points": [item.discount_points for item in rows],
                "cash_discount_until": pd.to_datetime(
                    pd.Series([item.discount_until for item in rows], dtype="object")
                ),
            }
        ),
        ITEMS,
        "items",
    )


def collections_frame(world: World) -> pd.DataFrame:
    """COLLECTIONS: our direct debits."""
    rows = world.collections
    return conform(
        pd.DataFrame(
            {
                "end_to_end_id": [row.end_to_end_id for row in rows],
                "mandate_id": [row.mandate for row in rows],
                "invoice_number": [row.item.number for row in rows],
                "amount_minor": [row.amount for row in rows],
                "collection_date": pd.to_datetime([row.day for row in rows]),
                "payment_information_id": [row.payment_information_id for row in rows],
                "message_id": [row.message_id for row in rows],
            }
        ),
        COLLECTIONS,
        "collections",
    )


def receipts_frame(payments: list[PaymentRecord]) -> pd.DataFrame:
    """RECEIPTS: what the matcher plans (returns are left out)."""
    rows = [row for row in payments if row.amount > 0]
    return conform(
        pd.DataFrame(
            {
                "transaction_id": [row.transaction_id for row in rows],
                "booking_date": pd.to_datetime([row.day for row in rows]),
                "amount_minor": [row.amount for row in rows],
                "currency": "EUR",
                "kind": [row.kind for row in rows],
                "counterparty_name": [row.name for row in rows],
                "counterparty_iban": [row.iban for row in rows],
                "ultimate_name": [row.ultimate for row in rows],
                "remittance": [row.text for row in rows],
                "creditor_reference": [row.creditor_reference for row in rows],
                "end_to_end_id": [row.end_to_end_id for row in rows],
                "mandate_id": [row.mandate_id for row in rows],
                "declared_discount_minor": pd.array([row.declared_discount for row in rows], dtype="Int64"),
                "payment_information_id": [row.payment_information_id for row in rows],
                "message_id": [row.message_id for row in rows],
                "is_batch": [row.is_batch for row in rows],
                "batch_count": pd.array([row.batch_count for row in rows], dtype="Int64"),
            }
        ),
        RECEIPTS,
        "receipts",
    )
