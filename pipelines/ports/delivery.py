"""What a delivery target is: one file in ``sinks/`` with ``build(options)``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pipelines.ports.outbox import Message


class Answer(StrEnum):
    """What a try came to.

    ``delivered``: the receiver has it. ``retry``: perhaps next time. ``refused``: this message never. ``closed``: the
    whole target does not take messages for now (gone, wrong address, wrong credentials): try no other either.
    """

    DELIVERED = "delivered"
    RETRY = "retry"
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one try. detail: short reason without payload. retry_after: seconds the receiver asks us to wait,
    None when it does not say."""

    answer: Answer
    detail: str = ""
    retry_after: float | None = None


class DeliverySink(Protocol):
    """A target for messages. mode: ``live`` or ``test``; a live one refuses test messages."""

    name: str
    mode: str

    def send(self, message: Message, at: str) -> Reply:
        """One try. at: ISO instant of the try. Must tolerate getting the same message again.

        Raises DeliveryRefused for a message of another mode.
        """
        ...

    def close(self) -> None:
        """Ends connections."""
        ...
