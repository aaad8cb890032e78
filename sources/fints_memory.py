"""What a FinTS source remembers between runs, as one sealed state: the bank's parameters and how the login stands.

The PIN itself is never part of it; a keyed fingerprint tells whether it is still the same one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final

from pipelines.ports.access import AccessStore
from sources.fints_client import BankClient

_VERSION: Final = 1
# Log-ins with a PIN that never worked and whose answer never came. Two may have counted as wrong; a third would lock.
_MOST_UNANSWERED: Final = 2


@dataclass(slots=True)
class Memory:
    """One source's state.

    client: python-fints' own blob (system id, bank parameters; no account data). functions: TAN methods the bank
    allows the login. salt: key of the fingerprints. good_pin: fingerprint of the PIN that last worked. refused_pin and
    refusal: of the PIN the bank refused, and why; nothing is tried with it again. unanswered: see above.
    tan_on: day of the last TAN, ISO; "" for none yet. rang: by fingerprint of the account, the day on which an
    unattended order made the person's telephone ring. balances: by fingerprint of the account, the minor units it
    ended with when last everything fitted.
    """

    client: str = ""
    functions: list[str] = field(default_factory=list)
    salt: str = field(default_factory=lambda: secrets.token_hex(32))
    good_pin: str = ""
    refused_pin: str = ""
    refusal: str = ""
    unanswered: int = 0
    tan_on: str = ""
    rang: dict[str, str] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)

    # --- the PIN ------------------------------------------------------------------------------------------------

    def fingerprint(self, login: str, pin: str) -> str:
        """Tells a changed PIN from the same one and gives nothing away without the state's key."""
        message = json.dumps([login, pin]).encode()
        return hmac.new(bytes.fromhex(self.salt), message, hashlib.sha256).hexdigest()

    def refuses(self, fingerprint: str) -> str:
        """Why this PIN must not be sent; "" when it may be."""
        if self.refused_pin and hmac.compare_digest(self.refused_pin, fingerprint):
            return self.refusal
        if self.good_pin != fingerprint and self.unanswered >= _MOST_UNANSWERED:
            return "pin-unproven"
        return ""

    def about_to_log_in(self, fingerprint: str) -> bool:
        """Counts a log-in whose outcome is open; whether that has to be stored before it begins."""
        if self.good_pin == fingerprint:
            return False
        self.unanswered += 1
        return True

    def answered(self) -> None:
        """The bank said something, so the last log-in is no open question."""
        self.unanswered = 0

    def let_in(self, fingerprint: str) -> None:
        """The bank accepted the PIN."""
        self.good_pin, self.refused_pin, self.refusal, self.unanswered = fingerprint, "", "", 0

    def shut_out(self, fingerprint: str, code: str) -> None:
        """The bank refused the PIN."""
        self.good_pin, self.refused_pin, self.refusal, self.unanswered = "", fingerprint, code, 0

    def forgive(self) -> None:
        """A person takes it upon them to try once more."""
        self.refused_pin, self.refusal, self.unanswered = "", "", 0

    # --- balances -------------------------------------------------------------------------------------------------

    def last_balance(self, account: str) -> int | None:
        """What the account ended with when last everything fitted; None where that never was."""
        return self.balances.get(self.fingerprint("balance", account))

    def note_balance(self, account: str, minor: int) -> None:
        """Everything fitted, and the account ends with this."""
        self.balances[self.fingerprint("balance", account)] = minor

    # --- the client ---------------------------------------------------------------------------------------------

    def keep(self, client: BankClient) -> None:
        """Takes over what the client has learned."""
        self.client = base64.b64encode(client.deconstruct(including_private=False)).decode()
        self.functions = list(client.allowed_security_functions)

    def hand_to(self, client: BankClient) -> None:
        """Gives a new client what an earlier one has learned; a blob of another version is left out."""
        if not self.client:
            return
        try:
            client.set_data(base64.b64decode(self.client))
        except Exception:  # the library raises whatever its parser raises
            self.forget_client()
            return
        client.allowed_security_functions = list(self.functions)

    def forget_client(self) -> None:
        """The next client begins anew: system id, parameters, methods."""
        self.client, self.functions = "", []

    # --- the TAN ------------------------------------------------------------------------------------------------

    @property
    def last_tan(self) -> date | None:
        """Day of the last TAN that was accepted."""
        return date.fromisoformat(self.tan_on) if self.tan_on else None

    def tan_given(self, today: date) -> None:
        """A TAN was accepted."""
        self.tan_on, self.rang = today.isoformat(), {}

    def has_rung(self, account: str, today: date) -> bool:
        """Whether the telephone rang for this account today; once a day is enough."""
        return self.rang.get(self.fingerprint("rang", account)) == today.isoformat()

    def note_ringing(self, account: str, today: date) -> None:
        """The telephone rang for this account ("": for the login)."""
        self.rang[self.fingerprint("rang", account)] = today.isoformat()


def load(store: AccessStore | None, source: str) -> Memory:
    """The stored state, or an empty one where there is none that can be read."""
    raw = store.load(source) if store is not None else None
    if raw is None:
        return Memory()
    try:
        state: Any = json.loads(raw)
        if state.pop("version") != _VERSION:
            return Memory()
        return Memory(**state)
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        return Memory()


def save(store: AccessStore | None, source: str, memory: Memory) -> None:
    """Stores the state; unchanged ones change nothing."""
    if store is not None:
        store.save(source, json.dumps({"version": _VERSION, **asdict(memory)}, sort_keys=True).encode())
