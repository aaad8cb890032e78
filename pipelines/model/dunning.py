"""Dunning triggers: what stays open becomes a message to the outside, asked for first (D14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class TriggerReason(StrEnum):
    OVERDUE = "overdue"
    RETURN_DEBIT = "return_debit"


class TriggerState(StrEnum):
    HELD = "held"
    READY = "ready"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Trigger:
    """A dunning step that is due for one item. hold_reason: "" unless held. open_minor: owed on ``as_of``."""

    trigger_id: str
    debtor_number: str
    invoice_number: str
    reason: TriggerReason
    level: int
    action: str
    plan: str
    open_minor: int
    currency: str
    as_of: date
    state: TriggerState
    hold_reason: str = ""
