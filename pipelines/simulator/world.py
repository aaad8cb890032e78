"""One truth for every channel: accounts, what the bank books on which day, who may log in, and what day it is.

Servers and file writers only tell what ``World`` says is visible on its ``today``. All amounts are signed minor units
from the account holder's view. Every name, IBAN and text is made up.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from pipelines.demo.payments import Payment

# A strong customer authentication for reading accounts is good for this long (PSD2 RTS Art. 10a).
CONSENT_DAYS = 180


@dataclass(frozen=True, slots=True)
class BankAccount:
    """An account at the bank. opening: balance before the world's first day. product: what the bank calls it."""

    iban: str
    holder: str
    opening: int
    currency: str = "EUR"
    bic: str = "SIMUDEFFXXX"
    product: str = "Geschäftskonto"

    @property
    def bank_code(self) -> str:
        """The Bankleitzahl inside the IBAN."""
        return self.iban[4:12]

    @property
    def number(self) -> str:
        """The account number without leading zeros."""
        return self.iban[12:].lstrip("0")


@dataclass(frozen=True, slots=True)
class TanMethod:
    """A TAN method. code: security function (900–997). kind: ``chiptan``, ``chiptan-optical``, ``phototan`` or
    ``pushtan`` (decoupled)."""

    code: str
    name: str
    kind: str
    media: tuple[str, ...] = ()

    @property
    def decoupled(self) -> bool:
        """Whether the user confirms in an app and no TAN is typed."""
        return self.kind == "pushtan"


METHODS = (
    TanMethod("910", "chipTAN manuell", "chiptan", ("Karte 4412",)),
    TanMethod("911", "chipTAN optisch", "chiptan-optical", ("Karte 4412",)),
    TanMethod("912", "photoTAN", "phototan", ("Lesegerät",)),
    TanMethod("923", "pushTAN 2.0", "pushtan", ("Telefon", "Tablet")),
)


@dataclass(slots=True)
class Login:
    """One access to the bank.

    tan: what the user's device shows. consent_until: last day without a TAN, None: never asked for one.
    wrong_pins: in a row; three lock. polls: how often a decoupled confirmation is asked for before it is there.
    """

    user: str
    pin: str
    accounts: tuple[str, ...]
    methods: tuple[TanMethod, ...] = METHODS
    tan: str = "123456"
    consent_until: date | None = None
    wrong_pins: int = 0
    locked: bool = False
    polls: int = 2

    def try_pin(self, pin: str) -> bool:
        """Whether the PIN lets in; three wrong ones in a row lock the login, as banks do."""
        if self.locked:
            return False
        if pin == self.pin:
            self.wrong_pins = 0
            return True
        self.wrong_pins += 1
        self.locked = self.wrong_pins >= 3
        return False

    def needs_tan(self, today: date) -> bool:
        """Whether reading accounts needs a TAN today."""
        return self.consent_until is not None and today > self.consent_until

    def consent(self, today: date) -> None:
        """A TAN was given: none is needed for a while."""
        self.consent_until = today + timedelta(days=CONSENT_DAYS)


@dataclass(slots=True)
class World:
    """The bank. payments: every booking of all days, future ones too. pending_from: reference of a booking → day since
    which it is shown as pending. today: the bank's clock. receivables: rows for ``load receivables`` that fit.
    booked_today: share of today's bookings that the bank has made so far, 1.0 at the end of the day.

    A server answers many requests at once: whoever changes something holds ``lock``.
    """

    accounts: tuple[BankAccount, ...]
    logins: tuple[Login, ...]
    payments: list[Payment]
    start: date
    today: date
    pending_from: dict[str, date] = field(default_factory=dict)
    receivables: list[dict[str, str]] = field(default_factory=list)
    booked_today: float = 1.0
    lock: threading.RLock = field(default_factory=threading.RLock)
    _by_account: dict[str, list[Payment]] = field(default_factory=dict)
    _accounts: dict[str, BankAccount] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.index()

    def index(self) -> None:
        """To be called after ``payments`` changed."""
        self._accounts = {account.iban: account for account in self.accounts}
        self._by_account = {iban: [] for iban in self._accounts}
        for payment in sorted(self.payments, key=lambda one: one.day):  # stable: within a day as the bank booked
            self._by_account[payment.account].append(payment)

    # --- who ------------------------------------------------------------------------------------------------------

    def account(self, iban: str) -> BankAccount:
        """KeyError for an account of another bank."""
        return self._accounts[iban]

    def login(self, user: str) -> Login | None:
        """The access of that user name, None when the bank does not know it."""
        return next((login for login in self.logins if login.user == user), None)

    # --- what -----------------------------------------------------------------------------------------------------

    def booked(self, iban: str, first: date | None = None, last: date | None = None) -> list[Payment]:
        """What is booked by now, from first to last day, in the order of booking."""
        until = self.today if last is None else min(last, self.today)
        found = [one for one in self._by_account[iban] if (first is None or one.day >= first) and one.day <= until]
        if self.booked_today < 1.0 and until == self.today:
            of_today = sum(one.day == until for one in found)
            found = found[: len(found) - of_today + int(of_today * self.booked_today)]
        return found

    def pending(self, iban: str) -> list[Payment]:
        """What the bank has seen but not booked by ``today``."""
        return [
            one
            for one in self._by_account[iban]
            if one.day > self.today and self.pending_from.get(one.reference, date.max) <= self.today
        ]

    def balance(self, iban: str, day: date | None = None) -> int:
        """The booked balance at the end of a day, not beyond now."""
        return self.account(iban).opening + sum(one.amount for one in self.booked(iban, last=day))

    # --- when -----------------------------------------------------------------------------------------------------

    def advance(self, days: int = 1) -> date:
        """Lets calendar days pass."""
        return self.set_today(self.today + timedelta(days=days))

    def set_today(self, day: date) -> date:
        """The bank's clock only goes forward; a new day begins with everything of it booked."""
        with self.lock:
            if day < self.today:
                raise ValueError("the bank's clock only goes forward")
            self.today, self.booked_today = day, 1.0
        return day

    def bank_days(self, first: date | None = None, last: date | None = None) -> list[date]:
        """Monday to Friday from first to last day (default: from the start to today)."""
        return list(bank_days(first or self.start, min(last or self.today, self.today)))


def bank_days(first: date, last: date) -> Iterable[date]:
    """Monday to Friday, both ends included."""
    day = first
    while day <= last:
        if day.weekday() < 5:
            yield day
        day += timedelta(days=1)


def number_references(payments: Sequence[Payment]) -> None:
    """Gives bookings the bank's own references: day and a running number, unique; details of a batch get a suffix."""
    for serial, payment in enumerate(payments, 1):
        payment.reference = f"{payment.day:%y%m%d}{serial:06d}"
        for position, detail in enumerate(payment.details, 1):
            detail.reference = f"{payment.reference}-{position}"


def finapi_id(payment: Payment) -> int:
    """The id under which finAPI knows a booking: its reference read as a number."""
    return int(payment.reference)
