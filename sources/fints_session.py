"""A login at a bank for the length of one fetch: log in once, survive what passes, never send a refused PIN again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from pipelines.errors import (
    AccessLocked,
    ConfigurationError,
    NeedsAuthorisation,
    SourceUnavailable,
)
from pipelines.ports.access import AccessStore, Choice, Dialogue
from sources import fints_memory
from sources.fints_client import BankClient
from sources.fints_codes import Kind, Refused
from sources.fints_line import Line, LineBroken
from sources.fints_talk import (
    NoSuchMethod,
    Talk,
    TanNotGiven,
    TanWanted,
    choose_medium,
    choose_method,
    get_acquainted,
)

T = TypeVar("T")

_TRIES: Final = 3
_MOST_WRONG_TANS: Final = 2
_REGISTER: Final = (
    "FinTS products have to be registered with Die Deutsche Kreditwirtschaft, free of charge: "
    "https://www.fints.org/de/hersteller/produktregistrierung"
)


@dataclass(frozen=True, slots=True)
class Login:
    """How to reach the bank. Values are fetched when they are needed; pin never leaves this process but to the bank."""

    source: str
    server: str
    bank_code: str
    user: Callable[[], str]
    pin: Callable[[], str]
    product: Callable[[], str]
    customer: Callable[[], str] | None
    tan_method: str
    tan_medium: str
    seconds: float


class Session:
    """One login while a fetch runs. person: gives TANs; None in an unattended run. pause: waits some seconds."""

    def __init__(
        self, login: Login, store: AccessStore | None, person: Dialogue | None, pause: Callable[[float], None]
    ) -> None:
        self._login = login
        self._store = store
        self._person = person
        self._pause = pause
        self.memory = fints_memory.load(store, login.source)
        self._line = Line(login.server, login.seconds)
        self._user, self._pin = login.user(), login.pin()
        self._print = self.memory.fingerprint(f"{login.bank_code}/{self._user}", self._pin)
        self._client: BankClient | None = None
        self._talk: Talk | None = None
        self._chosen = False
        self._wrong_tans = 0

    # --- the PIN ------------------------------------------------------------------------------------------------

    @property
    def why_locked(self) -> str:
        """Why the present PIN must not be sent; "" when it may be."""
        return self.memory.refuses(self._print)

    def forgive(self) -> None:
        """The person wants to try the refused PIN once more."""
        self.memory.forgive()
        self._save()

    def _check_pin(self) -> None:
        code = self.why_locked
        if code:
            raise AccessLocked(
                f'source "{self._login.source}": the bank refused this login before ({code}); it is not tried again '
                f"with the same PIN. Check it with the bank, then run: kontoklar authorize {self._login.source}",
                code,
            )

    # --- doing something with the bank --------------------------------------------------------------------------

    def do(self, action: Callable[[Talk], T], today: date, account: str = "") -> T:
        """Carries out an action in an open dialogue; a new dialogue and another try for what passes by itself.

        account: which one it is about, "" for the login.

        Raises AccessLocked, NeedsAuthorisation, SourceUnavailable, ConfigurationError; Refused for an order the bank
        does not carry out, and whatever else the action raises.
        """
        if self._person is None and self.memory.has_rung(account, today):
            raise self._needs("the bank asked for an approval today already", "tan-required")
        tries = 0
        while True:
            tries += 1
            pause, again = 2.0 ** (tries - 1), False
            failure: Exception
            opened = False
            try:
                talk = self._opened(today)
                opened = True
                result = action(talk)
                self._note_tan(talk, today)
                return result
            except TanWanted as wanted:
                if wanted.rang:
                    self.memory.note_ringing(account, today)
                failure = self._needs("the bank wants a TAN", "tan-required")
            except TanNotGiven:
                failure = self._needs("the bank saw no confirmation in time", "tan-not-given")
            except NoSuchMethod as unknown:
                failure = ConfigurationError(
                    f'source "{self._login.source}" (fints): tan_method is none of: {", ".join(unknown.names)}'
                )
            except Refused as refused:
                failure = self._judge(refused)
                again = refused.kind in (Kind.ENDED, Kind.SYSTEM)
                if refused.kind is Kind.TAN_WRONG:
                    pause, again = 0.0, self._another_tan()
                if failure is refused:
                    if opened and not refused.ended:
                        raise  # the dialogue is still good for other orders
                    if not opened:
                        failure = self._unreachable(f"log-in-refused-{refused.bank_code}")
            except LineBroken as broken:
                failure = self._unreachable(broken.code)
                pause = max(pause, broken.pause)
                again = not broken.may_have_arrived or self.memory.good_pin == self._print
                if not broken.may_have_arrived:
                    self.memory.answered()
            # Raised out here, no error carries the library's own along, nor what stood in its variables.
            self.hang_up()
            if not again or tries >= _TRIES:
                self._save()
                raise failure
            if pause:
                self._pause(pause)

    def _another_tan(self) -> bool:
        """Whether the person wants a new challenge after a wrong TAN. The third wrong one would lock the method, so
        after the second nobody is asked any more."""
        self._wrong_tans += 1
        if self._person is not None and self._wrong_tans < _MOST_WRONG_TANS:
            answers = [Choice("again", "try again with a new one"), Choice("stop", "stop here")]
            if self._person.choose("The bank did not accept the TAN.", answers) == "again":
                return True
        self._person = None
        return False

    def _judge(self, refused: Refused) -> Exception:
        kind, name = refused.kind, self._login.source
        if kind in (Kind.PIN_LOCKED, Kind.PIN_WRONG):
            self.memory.shut_out(self._print, kind.value)
            self._save()
            self.hang_up()
            return AccessLocked(
                f'source "{name}": the bank refused the login ({kind}, {refused.bank_code}); nothing is tried again. '
                f"Check it with the bank, then run: kontoklar authorize {name}",
                kind.value,
            )
        self.memory.answered()
        if kind in (Kind.TAN_WRONG, Kind.TAN_LATE):
            return self._needs("the TAN was not accepted", kind.value)
        if kind is Kind.SYSTEM:
            self._begin_anew()
        if kind is Kind.TAN_NEEDED:
            return self._needs("the bank wants a TAN", kind.value)
        if kind is Kind.PRODUCT:
            return ConfigurationError(f'source "{name}" (fints): the bank does not know product_id. {_REGISTER}')
        if kind is Kind.ORDER:
            if self._client is not None and self._client.selected_tan_medium == "":
                return self._needs("the bank wants to know the TAN medium", "tan-medium-missing")
            return refused
        return self._unreachable(f"{kind}-{refused.bank_code}")

    def _needs(self, what: str, code: str) -> NeedsAuthorisation:
        return NeedsAuthorisation(
            f'source "{self._login.source}": {what}; run: kontoklar authorize {self._login.source}', code
        )

    def _unreachable(self, code: str) -> SourceUnavailable:
        return SourceUnavailable(f'source "{self._login.source}": the bank gave no usable answer ({code}); try later')

    # --- dialogues ----------------------------------------------------------------------------------------------

    def _opened(self, today: date) -> Talk:
        if self._talk is not None and self._talk.usable:
            return self._talk
        self._check_pin()
        if self.memory.about_to_log_in(self._print):
            self._save()
        client = self._acquainted()
        talk = Talk(client, self._person)
        self._talk = talk
        talk.open()
        self._note_tan(talk, today)
        self._let_in(client)
        return talk

    def _acquainted(self) -> BankClient:
        """The client, with its system id and TAN method."""
        login = self._login
        client = self._client
        if client is None:
            customer = login.customer() if login.customer is not None else None
            client = BankClient(self._line, login.bank_code, self._user, self._pin, login.product(), customer)
            self.memory.hand_to(client)
            self._client = client
        if not self._chosen:
            fresh = client.system_id == "0"
            get_acquainted(client, self._person, login.tan_method)
            if fresh:
                self._let_in(client)  # a system id that is lost would have to be asked for again
            choose_medium(client, self._person, login.tan_medium)
            self._chosen = True
        elif self._person is None:
            choose_method(client, None, login.tan_method)
        return client

    def _let_in(self, client: BankClient) -> None:
        self.memory.let_in(self._print)
        self.memory.keep(client)
        self._save()

    def _note_tan(self, talk: Talk, today: date) -> None:
        if talk.tan_given:
            talk.tan_given = False
            self.memory.tan_given(today)
            self._save()

    def _begin_anew(self) -> None:
        """The bank wants this installation to introduce itself again (9391)."""
        self.memory.forget_client()
        self._client, self._chosen = None, False

    def hang_up(self) -> None:
        """Ends the dialogue; the next order opens another."""
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.close()

    def _save(self) -> None:
        fints_memory.save(self._store, self._login.source, self.memory)

    def close(self) -> None:
        """Ends the dialogue, stores what was learned and gives the connection back."""
        self.hang_up()
        self._save()
        self._line.close()


def no_product(name: str) -> ConfigurationError:
    """A source without a product id cannot talk to any bank."""
    return ConfigurationError(f'source "{name}" (fints): product_id is missing. {_REGISTER}')
