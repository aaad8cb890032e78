"""A dialogue with a bank: opening it, sending orders, going through a TAN, ending it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fints.exceptions import FinTSError
from fints.formals import SynchronizationMode
from fints.segments.auth import HKTAB4, HKTAB5
from fints.segments.dialog import HKSYN3

from pipelines.ports.access import Choice, Dialogue
from sources.fints_client import ONE_STEP, BankClient, parameters_of
from sources.fints_codes import APPROVAL_PENDING, APPROVAL_WANTED, TAN_WANTED, Kind, Refused
from sources.fints_line import LineBroken
from sources.fints_tan import ask_tan, challenge_of, polling_of, wait_for_approval

_UNASSIGNED: Final = "0"
# What HITAN says when no TAN is needed after all.
_NO_TAN: Final = frozenset({"noref", "nochallenge"})


class TanWanted(Exception):
    """The bank wants a TAN and nobody is there to give one. rang: a telephone rang for it (decoupled)."""

    def __init__(self, *, rang: bool) -> None:
        super().__init__("a TAN is wanted")
        self.rang = rang


class TanNotGiven(Exception):
    """The person was asked, and the bank did not see a confirmation in time."""


class Talk:
    """One open dialogue. person: who can give a TAN; None in an unattended run.

    tan_given: whether a TAN or an approval was accepted in this dialogue.
    """

    def __init__(self, client: BankClient, person: Dialogue | None) -> None:
        self.client = client
        self._person = person
        self._dialog: Any = None
        self.tan_given = False

    def open(self) -> None:
        """Opens the dialogue. Raises Refused, LineBroken, TanWanted, TanNotGiven."""
        self._dialog = self.client._new_dialog()
        answer = _held(self._dialog.init)
        self._through_tan(None, answer)

    def close(self) -> None:
        """Ends the dialogue if it is open; that the bank does not answer any more is no trouble."""
        dialog, self._dialog = self._dialog, None
        if dialog is not None and dialog.open and not self.client.pin.blocked:
            try:
                dialog.end()
            except (FinTSError, OSError):
                dialog.open = False

    @property
    def usable(self) -> bool:
        """Whether orders can be sent."""
        return self._dialog is not None and bool(self._dialog.open)

    def ask(self, order: Any) -> Any:
        """Sends an order and returns the bank's answer to it, after a TAN where one is wanted."""
        client = self.client
        if not client._need_twostep_tan_for_segment(order):
            return self._through_tan(order, self._sent(order))
        companion = client._get_tan_segment(order, "4")
        return self._through_tan(order, self._sent(order, companion))

    def _sent(self, *segments: Any) -> Any:
        """The bank's answer. After a broken line nobody knows where the dialogue stands, so it is not even ended."""
        try:
            return _held(lambda: self._dialog.send(*segments))
        except LineBroken:
            self._dialog.open = False
            raise

    def ask_unattended(self, order: Any) -> Any:
        """Like ``ask``, but nobody is troubled for a TAN: raises TanWanted instead."""
        person, self._person = self._person, None
        try:
            return self.ask(order)
        finally:
            self._person = person

    def _through_tan(self, order: Any, answer: Any) -> Any:
        decoupled = parameters_of(answer, APPROVAL_WANTED) is not None
        if not decoupled and parameters_of(answer, TAN_WANTED) is None:
            return answer
        hitan = answer.find_segment_first("HITAN")
        if hitan is None or not hasattr(hitan, "task_reference"):
            raise LineBroken("challenge-unreadable")
        if not decoupled and (hitan.task_reference in _NO_TAN or hitan.challenge in _NO_TAN):
            return answer
        if self._person is None:
            raise TanWanted(rang=decoupled)
        final = self._approved(order, hitan) if decoupled else self._answered(order, hitan)
        self.tan_given = True
        return final

    def _answered(self, order: Any, hitan: Any) -> Any:
        assert self._person is not None
        client = self.client
        method = client.method()
        tan = ask_tan(self._person, challenge_of(hitan), method.name if method is not None else "TAN")
        companion = client._get_tan_segment(order, "2", hitan)
        client._pending_tan = tan
        try:
            return self._sent(companion)
        finally:
            client._pending_tan = None

    def _approved(self, order: Any, hitan: Any) -> Any:
        assert self._person is not None
        client = self.client
        seen: list[Any] = []

        def poll() -> bool:
            companion = client._get_tan_segment(order, "S", hitan)
            answer = self._sent(companion)
            if parameters_of(answer, APPROVAL_PENDING) is not None:
                return False
            seen.append(answer)
            return True

        if not wait_for_approval(self._person, challenge_of(hitan), polling_of(client.method()), poll):
            raise TanNotGiven
        return seen[-1]


def _held(call: Callable[[], Any]) -> Any:
    """The answer of a library call; whatever else than ours it raises becomes LineBroken, without its text."""
    try:
        return call()
    except (Refused, LineBroken):
        raise
    except Exception:
        pass
    raise LineBroken("answer-unreadable")


def get_acquainted(client: BankClient, person: Dialogue | None, wanted: str) -> None:
    """Fetches the system id, the bank's parameters and the TAN methods, where they are not known; chooses a method.

    wanted: the configured method, see ``choose_method``.
    """
    if client.system_id == _UNASSIGNED:
        client.starting = True
        client.set_tan_mechanism(ONE_STEP)
        answer = _synchronised(client)
        client.starting = False
        choose_method(client, person, wanted)
        if client.system_id == _UNASSIGNED:
            # A bank that gives a system id only to who names a TAN method.
            answer = _synchronised(client, Talk(client, person))
        if client.system_id == _UNASSIGNED:
            raise LineBroken("no-system-id" if answer is not None else "answer-unreadable")
    else:
        choose_method(client, person, wanted)


def _synchronised(client: BankClient, talk: Talk | None = None) -> Any:
    dialog = client._new_dialog(lazy_init=True)
    answer = _held(lambda: dialog.init(HKSYN3(SynchronizationMode.NEW_SYSTEM_ID)))
    if talk is not None:
        talk._dialog = dialog
        answer = talk._through_tan(None, answer)
    told = answer.find_segment_first("HISYN")
    if told is not None and told.system_id:
        client.system_id = told.system_id
    if dialog.open:
        try:
            dialog.end()
        except (FinTSError, OSError):
            dialog.open = False
    return answer


class NoSuchMethod(Exception):
    """The configured TAN method is none of the bank's. names: those it offers this login."""

    def __init__(self, names: list[str]) -> None:
        super().__init__("no such TAN method")
        self.names = names


def choose_method(client: BankClient, person: Dialogue | None, wanted: str) -> None:
    """The configured method (number or name), else the person's choice, else the one remembered or the first.

    Raises NoSuchMethod.
    """
    offered = {number: method for number, method in client.get_tan_mechanisms().items() if method.tan_process == "2"}
    if not offered:
        client.set_tan_mechanism(ONE_STEP)
        return
    if wanted:
        found = [
            number
            for number, method in offered.items()
            if wanted in (number, method.name) or wanted.casefold() == method.name.casefold()
        ]
        if not found:
            raise NoSuchMethod([f"{number} {method.name}" for number, method in offered.items()])
        client.set_tan_mechanism(found[0])
    elif person is not None:
        choices = [Choice(number, f"{method.name} ({number})") for number, method in offered.items()]
        client.set_tan_mechanism(person.choose("Which TAN method?", choices))
    elif client.get_current_tan_mechanism() not in offered:
        client.set_tan_mechanism(next(iter(offered)))


def choose_medium(client: BankClient, person: Dialogue | None, wanted: str) -> None:
    """Names a TAN medium where the method needs one: the configured, the person's choice, or the only one."""
    method = client.method()
    if wanted:
        client.selected_tan_medium = wanted
        return
    if method is None or not client.is_tan_media_required():
        client.selected_tan_medium = None
        return
    if person is None:
        # What an earlier choice left, or none: that matters only once a TAN is wanted.
        client.selected_tan_medium = client.selected_tan_medium or ""
        return
    names = _media(client, person)
    if names:
        client.selected_tan_medium = person.choose("Which TAN medium?", [Choice(name, name) for name in names])
    else:
        client.selected_tan_medium = person.ask("Name of the TAN medium, as the bank calls it").strip()


def _media(client: BankClient, person: Dialogue) -> list[str]:
    """The names of the login's TAN media (HKTAB); [] where the bank does not tell."""
    talk = Talk(client, person)
    client.selected_tan_medium, client.opens_for = "", "HKTAB"
    try:
        talk.open()
        order = client._find_highest_supported_command(HKTAB4, HKTAB5)
        answer = talk.ask(order(tan_media_type="0", tan_media_class="A"))
    except Refused as refused:
        if refused.kind in (Kind.PIN_LOCKED, Kind.PIN_WRONG):
            raise
        return []
    except FinTSError:
        return []
    finally:
        client.opens_for = ""
        talk.close()
    found = answer.find_segment_first("HITAB")
    method = str(client.get_current_tan_mechanism())
    return [
        one.tan_medium_name
        for one in getattr(found, "tan_media_list", ())
        if one.tan_medium_name and str(getattr(one, "security_function", None) or method) == method
    ]
