"""The source ``use = "fints"``: a bank's own FinTS 3.0 server, with PIN and TAN."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from fints.exceptions import FinTSUnsupportedOperation

from pipelines.errors import ConfigurationError, NeedsAuthorisation, SourceUnavailable
from pipelines.model.access import AccessState, AccountOutcome
from pipelines.model.finding import Finding, Severity
from pipelines.model.statement import Document
from pipelines.ports.access import AccessStore, Choice, Dialogue
from pipelines.ports.source import Arrival, Window
from sources.fints_accounts import accounts_of, chosen
from sources.fints_codes import Refused
from sources.fints_fetch import BankAccount, Delivery, PagesDiffer, fetch
from sources.fints_pages import linked, stated_balance
from sources.fints_session import Login, Session, no_product
from sources.options import Options

_KNOWN: Final = (
    "server", "bank_code", "user", "customer", "pin", "product_id", "accounts", "since", "tan_method", "tan_medium",
    "timeout", "consent_days",
)  # fmt: skip
# A bank that asks for a TAN on two accounts in a row asks on all of them; every further question rings a phone.
_MOST_TAN_DEMANDS: Final = 2
_MOST_BROKEN: Final = 3
_FETCHES: Final = 3


@dataclass(slots=True)
class FintsSource:
    """One login at one bank. accounts: IBANs wanted, () for all that have statements. since: first day ever wanted.

    consent_days: for how long the bank asks for no TAN after one was given (PSD2: at most 180 days).
    pause: waits some seconds between tries.
    """

    login: Login
    accounts: tuple[str, ...] = ()
    since: date | None = None
    consent_days: int = 180
    pause: Callable[[float], None] = time.sleep
    _store: AccessStore | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The configured name."""
        return self.login.source

    def remember_in(self, store: AccessStore) -> None:
        """See ports.source.Remembering."""
        self._store = store

    def fetch(self, window: Window) -> Iterator[Arrival]:
        """See ports.source.Source. Account by account; one that wants a TAN or fails leaves the others alone."""
        with closing(Session(self.login, self._store, None, self.pause)) as session:
            yield from self._all(session, window)

    def authorize(self, dialogue: Dialogue, window: Window) -> Iterator[Arrival]:
        """See ports.source.Authorizable. A TAN counts only in the dialogue that wanted it, so this is a whole fetch."""
        with closing(Session(self.login, self._store, dialogue, self.pause)) as session:
            if session.why_locked:
                question = (
                    f"The bank refused this login before ({session.why_locked}). Another wrong PIN may lock it for "
                    "good. Try the same PIN once more?"
                )
                answers = [Choice("no", "no, leave it alone"), Choice("yes", "yes, I have checked the PIN")]
                if dialogue.choose(question, answers) == "yes":
                    session.forgive()
            yield from self._all(session, window)

    def _all(self, session: Session, window: Window) -> Iterator[Arrival]:
        accounts, missing = chosen(session.do(accounts_of, window.as_of), self.accounts)
        for iban in missing:
            yield AccountOutcome(iban, AccessState.UNAVAILABLE, "account-unknown-to-login")
        demands = broken = 0
        for account in accounts:
            if demands >= _MOST_TAN_DEMANDS:
                yield AccountOutcome(account.iban, AccessState.NEEDS_AUTHORISATION, "tan-required")
                continue
            if broken >= _MOST_BROKEN:
                yield AccountOutcome(account.iban, AccessState.UNAVAILABLE, "source-unavailable")
                continue
            arrivals = list(self._one(session, account, window))
            yield from arrivals
            state = arrivals[-1].state if isinstance(arrivals[-1], AccountOutcome) else AccessState.COMPLETE
            demands = demands + 1 if state is AccessState.NEEDS_AUTHORISATION else 0
            broken = broken + 1 if state is AccessState.UNAVAILABLE else 0

    def _one(self, session: Session, account: BankAccount, window: Window) -> Iterator[Arrival]:
        """Everything of one account and how it went; AccessLocked goes through and ends the fetch."""
        outcome: AccountOutcome | None = None
        delivery: Delivery | None = None
        try:
            delivery = self._fetched(session, account, window)
        except NeedsAuthorisation as needed:
            outcome = AccountOutcome(account.iban, AccessState.NEEDS_AUTHORISATION, needed.code)
        except SourceUnavailable:
            outcome = AccountOutcome(account.iban, AccessState.UNAVAILABLE, "source-unavailable")
        except PagesDiffer:
            outcome = AccountOutcome(account.iban, AccessState.INCOMPLETE, "pages-differ")
        except Refused as refused:
            outcome = AccountOutcome(account.iban, AccessState.UNAVAILABLE, f"order-refused-{refused.bank_code}")
        except FinTSUnsupportedOperation:
            outcome = AccountOutcome(account.iban, AccessState.UNAVAILABLE, "no-statements-offered")
        if delivery is not None and not (delivery.documents or delivery.said_nothing or delivery.balance):
            outcome = AccountOutcome(account.iban, AccessState.INCOMPLETE, "empty-answer")
        if outcome is not None or delivery is None:
            assert outcome is not None
            yield outcome
            return
        yield from self._documents(account, window, delivery)
        if delivery.trouble:
            yield AccountOutcome(account.iban, AccessState.INCOMPLETE, delivery.trouble)
            return
        until = session.memory.last_tan
        yield AccountOutcome(
            account.iban,
            AccessState.COMPLETE,
            consent_until=None if until is None else until + timedelta(days=self.consent_days),
        )

    def _fetched(self, session: Session, account: BankAccount, window: Window) -> Delivery:
        """The delivery; fetched again while its pages contradict each other."""
        first = window.first_day(account.iban, self.since)
        tries = 0
        while True:
            tries += 1
            try:
                delivery = session.do(
                    lambda talk: fetch(talk, account, first, window.as_of), window.as_of, account.iban
                )
            except PagesDiffer:
                session.hang_up()
                if tries == _FETCHES:
                    raise
                continue
            delivery.trouble = self._trouble(session, account, window, delivery)
            # What is still in trouble is for the balance gate to judge: it takes what is proven and holds the rest.
            if tries == _FETCHES or not delivery.trouble:
                return delivery
            session.hang_up()

    def _trouble(self, session: Session, account: BankAccount, window: Window, delivery: Delivery) -> str:
        """Why this cannot be all: a hole between documents, or a balance of the moment that contradicts where the
        documents end (without any: where the account stood when everything fitted)."""
        link = linked(delivery.documents)
        if link.has_hole:
            return "pages-differ"
        stated = stated_balance(delivery.balance)
        if stated is None or stated.closing is None or stated.to_day is None or stated.to_day > window.as_of:
            return ""
        ends = link.ends
        if not delivery.documents:
            before = session.memory.last_balance(account.iban)
            ends = frozenset() if before is None else frozenset({before})
        minor = stated.closing.amount.minor
        if ends and minor not in ends:
            return "balance-differs"
        session.memory.note_balance(account.iban, minor)
        return ""

    def _documents(self, account: BankAccount, window: Window, delivery: Delivery) -> Iterator[Arrival]:
        first = window.first_day(account.iban, self.since)
        days = f"{delivery.first or 'start'}..{window.as_of}"
        folder = f"fints/…{account.iban[-4:]}/{days}"
        suffix = "xml" if delivery.kind == "camt" else "sta"
        if first is not None and delivery.first is not None and delivery.first > first:
            yield Finding(
                "history-too-short",
                Severity.WARNING,
                f"{self.name} …{account.iban[-4:]}",
                f"The bank keeps statements only from {delivery.first} on; those from {first} on were wanted. Get the "
                "earlier days as files and pull them with --file.",
            )
        for number, content in enumerate(delivery.documents, 1):
            yield Document(f"{folder}/{number}.{suffix}", content, self.name)
        for number, content in enumerate(delivery.pending, 1):
            yield Document(f"{folder}/pending-{number}.{suffix}", content, self.name)
        if delivery.balance:
            yield Document(f"{folder}/balance.hisal", delivery.balance, self.name)


def build(options: Mapping[str, Any]) -> FintsSource:
    """A source from its ``[[sources]]`` table. Raises ConfigurationError for unknown, missing or wrong options."""
    given = Options(options, _KNOWN, "fints")
    if not options.get("product_id"):
        raise no_product(given.name)
    bank_code = given.text("bank_code").replace(" ", "")
    if not (bank_code.isascii() and bank_code.isdigit() and len(bank_code) == 8):
        raise ConfigurationError(f'source "{given.name}" (fints): bank_code must be a Bankleitzahl of eight digits')
    login = Login(
        source=given.name,
        server=given.url("server"),
        bank_code=bank_code,
        user=_text_or_secret(given, options, "user"),
        pin=given.secret("pin"),
        product=_text_or_secret(given, options, "product_id"),
        customer=_text_or_secret(given, options, "customer") if "customer" in options else None,
        tan_method=given.text("tan_method", "").strip(),
        tan_medium=given.text("tan_medium", "").strip(),
        seconds=given.seconds("timeout", 60.0, most=600.0),
    )
    return FintsSource(login, given.accounts(), given.day(), given.whole("consent_days", 180, least=1, most=180))


def _text_or_secret(given: Options, options: Mapping[str, Any], key: str) -> Callable[[], str]:
    """What is no secret by itself may stand in the file."""
    if isinstance(options.get(key), str):
        value = given.text(key)
        return lambda: value
    return given.secret(key)
