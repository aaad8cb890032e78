"""What goes wrong, on purpose and countably: named faults that fire by seed, and the record that each of them did."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from random import Random

# Name → what the bank does. ``http`` faults fit both servers.
KNOWN = {
    "http-503": "answers 503 without a word",
    "http-429": "answers 429 with Retry-After",
    "http-500": "answers 500",
    "connection-reset": "drops the connection before it answers",
    "half-body": "announces a whole body and sends half of it",
    "html-page": "answers 200 with a web page about maintenance",
    "slow": "answers only after the client's patience has ended",
    "finapi-token-lost": "rejects an access token that has not expired (401)",
    "finapi-client-refused": "rejects the client's credentials",
    "finapi-user-locked": "locks the finAPI user (423)",
    "finapi-page-repeats": "sends the rows of the page before once more",
    "finapi-page-drops-row": "leaves out a row of a page",
    "finapi-row-inserted": "imports an older booking while the pages are read",
    "finapi-adjusting-entry": "invents an entry to make the balance fit, a true one is missing",
    "finapi-potential-duplicate": "imports a booking twice and says that it might be one",
    "finapi-moving-date": "moves finapiBookingDate at each update",
    "finapi-nan": "sends NaN as an amount",
    "finapi-balance-wrong": "states a balance that does not fit the bookings",
    "finapi-update-locked": "says that another update of the connection is running (423)",
    "finapi-update-rejected": "the bank refuses the update (BANK_SERVER_REJECTION)",
    "finapi-update-hangs": "an update stays IN_PROGRESS",
    "finapi-download-failed": "an update ends well, one account failed",
    "finapi-second-factor": "asks for a second factor (510)",
    "finapi-web-form": "a background update needs a Web Form",
    "finapi-consent-gone": "has no consent for the bank any more",
    "finapi-account-gone": "does not list an account any more",
    "finapi-new-ids": "knows all bookings under new ids, as after a reconnect",
    "fints-tan": "asks for a TAN before the first page",
    "fints-tan-later": "asks for a TAN before a later page",
    "fints-pin-refused": "refuses the PIN",
    "fints-pin-locked": "says that the PIN is locked",
    "fints-aborted": "ends the dialog in the middle (9800)",
    "fints-page-lost": "leaves out a page between touchdowns",
    "fints-page-repeats": "sends a page twice",
    "fints-cut": "cuts MT940 in the middle of a statement between two pages",
    "fints-no-data": "says that there is nothing (3010) although there is",
    "fints-empty-document": "sends a camt document without entries",
    "fints-order-refused": "refuses every order for statements (9050, 9010)",
    "fints-camt-refused": "refuses camt although it announced it",
    "fints-balance-missing": "does not answer the balance request",
}

# How a fault is asked for on the command line: name, name:3 (three times), name:20% (by chance), name:always.
_ASKED = re.compile(
    r"(?P<name>[a-z0-9-]+)(?::(?:(?P<times>\d+)|(?P<rate>\d+)%|(?P<always>always)))?(?:@(?P<after>\d+))?"
)


@dataclass(slots=True)
class Plan:
    """When an armed fault fires: not at the first ``after`` opportunities, then with ``rate``, ``times`` at most
    (None: for ever)."""

    times: int | None = 1
    rate: float = 1.0
    after: int = 0


@dataclass(slots=True)
class Faults:
    """Armed faults of one server. fired: how often each did; opportunities: how often each could have."""

    seed: int = 0
    plans: dict[str, Plan] = field(default_factory=dict)
    fired: Counter[str] = field(default_factory=Counter)
    opportunities: Counter[str] = field(default_factory=Counter)
    _dice: dict[str, Random] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, name: str, *, times: int | None = 1, rate: float = 1.0, after: int = 0) -> None:
        """Lets a fault fire from now on. Raises ValueError for an unknown name."""
        if name not in KNOWN:
            raise ValueError(f"unknown fault {name!r}; known are {', '.join(KNOWN)}")
        with self._lock:
            self.plans[name] = Plan(times, rate, after)
            self._dice[name] = Random(f"{self.seed} {name}")

    def ask(self, wanted: str) -> None:
        """Arms what a user wrote: ``name``, ``name:3``, ``name:20%``, ``name:always``, each with ``@n``: after n."""
        found = _ASKED.fullmatch(wanted.strip())
        if not found:
            raise ValueError(f"{wanted!r} is not a fault such as http-503, http-503:3, http-503:20% or http-503:2@5")
        times: int | None = int(found["times"]) if found["times"] else 1
        if found["rate"] or found["always"]:
            times = None
        self.arm(
            found["name"],
            times=times,
            rate=int(found["rate"]) / 100 if found["rate"] else 1.0,
            after=int(found["after"] or 0),
        )

    def disarm(self, name: str = "") -> None:
        """Ends one fault or all of them; the record stays."""
        with self._lock:
            for key in [name] if name else list(self.plans):
                self.plans.pop(key, None)

    def fires(self, name: str) -> bool:
        """Whether the fault happens now. Counts the opportunity, and the firing."""
        with self._lock:
            plan = self.plans.get(name)
            if plan is None:
                return False
            self.opportunities[name] += 1
            if self.opportunities[name] <= plan.after or plan.times == 0:
                return False
            if plan.rate < 1.0 and self._dice[name].random() >= plan.rate:
                return False
            if plan.times is not None:
                plan.times -= 1
            self.fired[name] += 1
            return True

    def armed(self, name: str) -> bool:
        """Whether the fault may still fire; counts nothing."""
        plan = self.plans.get(name)
        return plan is not None and plan.times != 0
