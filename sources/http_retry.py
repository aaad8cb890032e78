"""Trying again, and knowing when to stop: backoff with jitter, a deadline, and a circuit breaker per source.

Only ``Transient`` is ever tried again. Clock, sleep and dice are given, so that tests need no time.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from pipelines.errors import SourceUnavailable

T = TypeVar("T")

_LONGEST_WAIT: Final = 120.0  # a server that wants more is left alone until the next run


class Transient(Exception):
    """One try failed in a way that may pass. code: dashed detail; retry_after: seconds the server asked for."""

    def __init__(self, code: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Policy:
    """How often and how long. tries: at most, the first one included. first_wait: seconds, doubled every time up to
    ``longest_wait`` and shortened by chance to between a half and the whole. deadline: seconds for all calls of one
    fetch together. breaker_after: failed calls in a row after which nobody is asked for ``breaker_seconds``."""

    tries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 30.0
    deadline: float = 1800.0
    breaker_after: int = 5
    breaker_seconds: float = 60.0


class Patience:
    """Calls with retries for one source. Safe to share between threads."""

    def __init__(
        self,
        name: str,
        policy: Policy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        dice: random.Random | None = None,
    ) -> None:
        self.name = name
        self.policy = policy or Policy()
        self.clock = clock
        self.sleep = sleep
        self._dice = dice or random.Random()
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until: float | None = None
        self._deadline = clock() + self.policy.deadline

    def begin(self) -> None:
        """A new fetch: its time begins to run."""
        with self._lock:
            self._deadline = self.clock() + self.policy.deadline

    def left(self) -> float:
        """Seconds until the deadline of this fetch."""
        return self._deadline - self.clock()

    def call(self, once: Callable[[], T]) -> T:
        """``once`` until it does not raise Transient. Raises SourceUnavailable when that never happens in time, or at
        once while the breaker is open; every other error passes through."""
        for number in range(1, self.policy.tries + 1):
            self._ask_breaker()
            try:
                result = once()
            except Transient as failed:
                wait = self._wait(number, failed.retry_after)
                if number == self.policy.tries or wait > min(_LONGEST_WAIT, self.left()):
                    self._failed()
                    raise SourceUnavailable(
                        f"The source {self.name} does not answer ({failed.code}, {number} tries). Run again later."
                    ) from None
            else:
                with self._lock:
                    self._failures, self._open_until = 0, None
                return result
            self.sleep(wait)
        raise AssertionError("unreachable")

    def _wait(self, number: int, retry_after: float | None) -> float:
        with self._lock:
            share = self._dice.uniform(0.5, 1.0)
        backoff = min(self.policy.longest_wait, self.policy.first_wait * 2.0 ** (number - 1)) * share
        # What the server asks for is a minimum; the share spreads those who were all told the same.
        return backoff if retry_after is None else retry_after + backoff * 0.1

    def _ask_breaker(self) -> None:
        with self._lock:
            now = self.clock()
            if now > self._deadline:
                raise SourceUnavailable(
                    f"The source {self.name} took longer than the {self.policy.deadline:g} s it is given. "
                    "Run again later."
                )
            if self._open_until is None:
                return
            if now < self._open_until:
                raise SourceUnavailable(
                    f"The source {self.name} failed {self.policy.breaker_after} calls in a row and is left alone."
                )
            # One call may find out whether it is back; the others wait behind the breaker until it has.
            self._open_until = now + self.policy.breaker_seconds

    def _failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= self.policy.breaker_after:
                self._open_until = self.clock() + self.policy.breaker_seconds
