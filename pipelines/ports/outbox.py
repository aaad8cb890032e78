"""Messages to the outside, written in the commit that causes them (D15)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """A message as every try sends it. payload: JSON text, byte for byte the same on every try.

    topic: the kind of message, e.g. ``dunning.trigger.ready``. subject: what it is about (a trigger id).
    mode: ``live`` or ``test``. sequence: its place in the order of all messages, 0 while it is not stored yet.
    """

    message_id: str
    topic: str
    subject: str
    payload: str
    mode: str
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one message at one sink.

    outcome: ``delivered``; ``failed`` (tried again from next_at on); ``refused`` (by the sink for good, or overtaken by
    events); ``dead`` (given up after too many tries); ``replayed`` (a person wants it tried again).
    detail: short, without payload. at / next_at: ISO instants, next_at "" when there is no next time.
    """

    message_id: str
    sink: str
    attempt_no: int
    outcome: str
    detail: str
    at: str
    next_at: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that a sink has not got yet. attempts: rows so far; tries: failures since the last replay."""

    message: Message
    attempts: int
    tries: int
    next_at: str


class OutboxStore(Protocol):
    """Append-only messages and tries."""

    def add(self, messages: Sequence[Message]) -> int:
        """Stores messages in this order; ids that are there already are left as they are. Returns how many were new."""
        ...

    def pending(self, sink: str) -> list[Pending]:
        """What this sink has neither got nor refused nor been given up on, in order."""
        ...

    def undeliverable(self, sink: str) -> list[Pending]:
        """What was given up on or refused by this sink, in order; not what events have overtaken."""
        ...

    def record(self, attempts: Sequence[Attempt]) -> None:
        """Stores tries."""
        ...

    def delivered_to(self, message_ids: Collection[str]) -> dict[str, set[str]]:
        """message id → sinks that have it."""
        ...
