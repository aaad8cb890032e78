"""What finAPI's database holds: tokens, the connection, and per account what the last update imported from the bank."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from pipelines.demo.payments import Payment
from pipelines.simulator.faults import Faults
from pipelines.simulator.finapi_rows import number, pending_row, transaction_row
from pipelines.simulator.world import Login, World, finapi_id

# Ids of accounts begin here; a reconnect counts them and the bookings on.
FIRST_ACCOUNT = 5_000_001
NEW_IDS = 10**13
_DUPLICATE, _ADJUSTING = 7 * 10**14, 8 * 10**14


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the four secrets of a finAPI source are."""

    client_id: str = "simulator-client"
    client_secret: str = "simulator-secret"
    username: str = "simulator-user"
    password: str = "simulator-password"


@dataclass(slots=True)
class Imported:
    """What finAPI knows of one account. day: the bank's day at the last import, None: never imported.

    missing: reference of a booking that the import lost and an adjusting entry makes up for. doubled: reference of a
    booking that was imported twice. status: of the account's interface.
    """

    day: date | None = None
    status: str = "UPDATED"
    missing: str = ""
    doubled: str = ""
    moved: bool = False


@dataclass(slots=True)
class FinapiState:
    """finAPI's side of the world. Every method that changes something expects the world's lock to be held.

    polls: looks until an update is through, 0: at once. expires_in: life of a token in seconds. issued: every token.
    """

    world: World
    faults: Faults
    login: Login
    credentials: Credentials = field(default_factory=Credentials)
    expires_in: int = 3600
    polls: int = 1
    clock: Callable[[], float] = time.monotonic
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    issued: set[str] = field(default_factory=set)
    accounts: dict[str, Imported] = field(default_factory=dict)
    generation: int = 0
    polls_left: int = 0
    updating: bool = False
    result: str = ""
    last_update: date | None = None
    challenge: str = ""
    challenged_polls: int = 0
    web_form: dict[str, Any] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    _places: dict[str, int] = field(default_factory=dict)
    _ibans: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._ibans = self.login.accounts
        self._places = {iban: place for place, iban in enumerate(self._ibans)}
        self.accounts = {iban: Imported() for iban in self._ibans}

    # --- tokens ---------------------------------------------------------------------------------------------------

    def issue(self, role: str) -> dict[str, Any]:
        """A token; while one lives, asking again gives the same one."""
        now = self.clock()
        for token, (owner, expires) in self.tokens.items():
            if owner == role and expires > now + 1:
                return self._token(token, role, int(expires - now))
        token = secrets.token_urlsafe(48)
        self.tokens[token] = (role, now + self.expires_in)
        self.issued.add(token)
        return self._token(token, role, self.expires_in)

    def _token(self, token: str, role: str, lives: int) -> dict[str, Any]:
        answer: dict[str, Any] = {"access_token": token, "token_type": "bearer", "expires_in": lives, "scope": "all"}
        if role == "user":
            answer["refresh_token"] = f"refresh-{token}"
        return answer

    def role_of(self, token: str) -> str:
        """``client``, ``user`` or "" for a token that is unknown or expired."""
        role, expires = self.tokens.get(token, ("", 0.0))
        return role if expires > self.clock() else ""

    # --- ids ------------------------------------------------------------------------------------------------------

    def account_id(self, iban: str) -> int:
        """finAPI's id of an account; another one after a reconnect."""
        return FIRST_ACCOUNT + self._places[iban] + self.generation * 1_000_000

    def iban_of(self, account_id: int) -> str:
        """The account of an id; "" for an unknown one."""
        place = account_id - FIRST_ACCOUNT - self.generation * 1_000_000
        return self._ibans[place] if 0 <= place < len(self._ibans) else ""

    # --- the update -----------------------------------------------------------------------------------------------

    def begin_update(self) -> None:
        """An update works in the background from now on."""
        self.updating, self.polls_left, self.result = True, self.polls, ""
        if not self.polls:
            self.look()

    def look(self) -> None:
        """Somebody polls: after some looks the update is through."""
        if not self.updating or self.faults.fires("finapi-update-hangs"):
            return
        self.polls_left -= 1
        if self.polls_left <= 0:
            self.finish_update()

    def finish_update(self) -> None:
        """Imports from the bank what it shows today."""
        self.updating, self.last_update = False, self.world.today
        if self.faults.fires("finapi-update-rejected"):
            self.result = "BANK_SERVER_REJECTION"
            return
        self.result = "OK"
        if self.faults.fires("finapi-new-ids"):
            self.generation += 1
        for iban, known in self.accounts.items():
            self._import(iban, known)

    def _import(self, iban: str, known: Imported) -> None:
        if self.faults.fires("finapi-download-failed"):
            known.status = "DOWNLOAD_FAILED"
            return
        known.day, known.status, known.missing, known.doubled = self.world.today, "UPDATED", "", ""
        known.moved = self.faults.fires("finapi-moving-date")
        recent = self.world.booked(iban)[-10:]
        dice = Random(f"{self.faults.seed} {iban} {known.day}")
        if recent and self.faults.fires("finapi-adjusting-entry"):
            known.missing, known.status = dice.choice(recent).reference, "UPDATED_FIXED"
        if recent and self.faults.fires("finapi-potential-duplicate"):
            known.doubled = dice.choice(recent).reference

    # --- what it shows --------------------------------------------------------------------------------------------

    def balance(self, iban: str) -> int:
        """The balance of the last import in minor units."""
        day = self.accounts[iban].day or self.world.start - timedelta(days=1)
        wrong = self.faults.fires("finapi-balance-wrong")
        return self.world.balance(iban, day) + (100 if wrong else 0)

    def rows(self, iban: str) -> list[dict[str, Any]]:
        """Every transaction finAPI knows of an account."""
        known, account = self.accounts[iban], self.world.account(iban)
        if known.day is None:
            return []
        account_id, shift = self.account_id(iban), self.generation * NEW_IDS
        rows: list[dict[str, Any]] = []
        for payment in self.world.booked(iban, last=known.day):
            row_id = finapi_id(payment) + shift
            row = transaction_row(payment, account, account_id, row_id, known.day, moved=known.moved)
            if payment.reference == known.missing:
                rows.append(_adjusting(payment, row, shift))
            elif payment.reference not in self.dropped:
                rows.append(row)
            if payment.reference == known.doubled:
                rows.append(row | {"id": row_id + _DUPLICATE, "isPotentialDuplicate": True})
        return rows

    def pending(self, iban: str) -> list[dict[str, Any]]:
        """Pending transactions; their ids change from day to day."""
        account, account_id = self.world.account(iban), self.account_id(iban)
        salt = self.world.today.toordinal() * 10**4
        return [
            pending_row(payment, account, account_id, salt + place)
            for place, payment in enumerate(self.world.pending(iban), 1)
        ]


def _adjusting(payment: Payment, row: dict[str, Any], shift: int) -> dict[str, Any]:
    """finAPI's own entry in place of what it missed ("Zwischensaldo")."""
    empty = {name: None for name, value in row.items() if name.startswith("counterpart") or value is None}
    return (
        row
        | empty
        | {
            "id": finapi_id(payment) + shift + _ADJUSTING,
            "amount": number(payment.amount, row["currency"]),
            "purpose": "Zwischensaldo",
            "type": "Zwischensaldo",
            "typeCodeZka": None,
            "endToEndReference": None,
            "isAdjustingEntry": True,
        }
    )
