"""What the review desk was configured with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pipelines.model.payment_order import PaymentOrder
from pipelines.small_differences import Limits


@dataclass(frozen=True, slots=True)
class Setting:
    """limits: of small differences. payment_file: makes a pain.001 message of an order, None where none can be made."""

    limits: Limits = field(default_factory=Limits)
    payment_file: Callable[[PaymentOrder], str] | None = None
