"""Money we ask our bank to send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """One credit transfer. account / iban: ours and theirs. created_at: ISO instant; execution_day: when it is wanted.

    message_id and end_to_end_id are derived from the decision, so that the same order is always the same message.
    """

    message_id: str
    end_to_end_id: str
    account: str
    name: str
    iban: str
    amount_minor: int
    currency: str
    text: str
    execution_day: date
    created_at: str
