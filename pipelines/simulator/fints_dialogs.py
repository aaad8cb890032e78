"""The bank's side of FinTS dialogues: who talks, which orders are allowed, and when a TAN is wanted (FinTS 3.0
Formals, chapter C; Sicherheitsverfahren PIN/TAN)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from fints.segments.auth import HITAN6, HITAN7
from fints.segments.dialog import HISYN4

from pipelines.simulator import fints_bpd
from pipelines.simulator.faults import Faults
from pipelines.simulator.fints_manner import Manner
from pipelines.simulator.fints_orders import statements
from pipelines.simulator.fints_tan import TECHNIQUES, challenge
from pipelines.simulator.fints_wire import (
    Answer,
    MalformedMessage,
    Request,
    Told,
    close_envelope,
    open_envelope,
    plain_segment,
)
from pipelines.simulator.world import Login, TanMethod, World

ONE_STEP = "999"


@dataclass(slots=True)
class _Waiting:
    """An order that waits for its TAN. polls: how often a decoupled confirmation was asked for."""

    order: Any
    reference: str
    method: TanMethod
    polls: int = 0


@dataclass(slots=True)
class Dialog:
    """A dialogue that is open."""

    name: str
    login: Login
    function: str
    messages: int = 0
    free: bool = False  # a TAN was given, or none is needed today
    waiting: _Waiting | None = None
    used: set[str] = field(default_factory=set)


class FintsBank:
    """Answers FinTS messages from the world. Not thread-safe by itself: hold ``world.lock`` around ``answer``.

    approves: whether a decoupled confirmation was given by now, by login and number of polls so far.
    """

    def __init__(self, world: World, faults: Faults | None = None, manner: Manner | None = None) -> None:
        self.world = world
        self.faults = faults or Faults()
        self.manner = manner or Manner()
        self.approves: Callable[[Login, int], bool] = lambda login, polls: polls >= login.polls
        self.dialogs: dict[str, Dialog] = {}
        self.systems: dict[str, str] = {}
        self.seen: list[str] = []  # every order that came, for whoever wants to know
        self.challenges = 0

    # --- messages -----------------------------------------------------------------------------------------------

    def answer(self, raw: bytes) -> bytes:
        """The bank's message to a customer's message."""
        at = datetime.combine(self.world.today, time(6))
        bank_code = self.manner.bank_code
        try:
            request = open_envelope(raw)
        except MalformedMessage:
            broken = Answer([Told("9110", "Unbekannter Aufbau der Nachricht."), Told("9800", "Dialog abgebrochen.")])
            return close_envelope(broken, "0", 1, bank_code, "", at)
        self.seen += [one.header.type for one in request.segments]
        dialog, answer = self._talk(request)
        name = dialog.name if dialog is not None else request.dialog_id
        return close_envelope(answer, name, request.number, bank_code, request.user, at)

    def _talk(self, request: Request) -> tuple[Dialog | None, Answer]:
        answer = Answer()
        dialog: Dialog | None = None
        if request.dialog_id == "0":
            dialog = self._open(request, answer)
            if dialog is None:
                return None, answer
        else:
            dialog = self.dialogs.get(request.dialog_id)
            if dialog is None or request.number != dialog.messages + 1:
                answer.general = [Told("9010", "Der Dialog ist nicht bekannt."), Told("9800", "Dialog abgebrochen.")]
                return dialog, answer
            if request.pin != dialog.login.pin:
                self._refuse_pin(dialog.login, request.segments[0], answer)
                return self._close(dialog), answer
            if self.faults.fires("fints-aborted"):
                answer.general = [Told("9800", "Der Dialog wurde abgebrochen.")]
                return self._close(dialog), answer
        dialog.messages = request.number
        for order in request.segments:
            handle = self._HANDLERS.get(order.header.type)
            if handle is not None:
                handle(self, dialog, request, order, answer)
            elif order.header.type not in ("HKIDN", "HKVVB", "HKTAN"):
                answer.tell(order, "9160", "Der Auftrag ist nicht bekannt.")
        return dialog, answer

    def _close(self, dialog: Dialog) -> Dialog:
        self.dialogs.pop(dialog.name, None)
        return dialog

    # --- opening ------------------------------------------------------------------------------------------------

    def _open(self, request: Request, answer: Answer) -> Dialog | None:
        identity, preparation = request.first("HKIDN"), request.first("HKVVB")
        if identity is None or preparation is None:
            answer.general = [Told("9010", "Die Dialoginitialisierung fehlt."), Told("9800", "Dialog abgebrochen.")]
            return None
        if self.manner.products and preparation.product_name not in self.manner.products:
            answer.tell(preparation, "9078", "Das Produkt ist nicht registriert.")
            answer.general = [Told("9050", "Die Nachricht enthält Fehler."), Told("9800", "Dialog abgebrochen.")]
            return None
        login = self.world.login(request.user)
        if login is None or not self._lets_in(login, request.pin):
            self._refuse_pin(login, identity, answer)
            return None
        known = request.system_id == "0" or self.systems.get(request.system_id) == login.user
        if not known:
            answer.tell(identity, "9391", "Neue Kundensystem-ID holen.")
            answer.general = [Told("9050", "Die Nachricht enthält Fehler."), Told("9800", "Dialog abgebrochen.")]
            return None
        name = hashlib.sha256(f"{login.user} {len(self.seen)}".encode()).hexdigest()[:20]
        dialog = Dialog(name, login, request.security_function or ONE_STEP)
        self.dialogs[name] = dialog
        self._tell_parameters(dialog, preparation, answer)
        companion = request.first("HKTAN")
        if self.manner.tan_at == "init" and companion is not None and companion.segment_type == "HKIDN":
            self._ask_or_go_on(dialog, request, identity, answer)
        return dialog

    def _lets_in(self, login: Login, pin: str) -> bool:
        if self.faults.fires("fints-pin-locked"):
            login.locked = True
        if self.faults.fires("fints-pin-refused"):
            login.try_pin("")
            return False
        return login.try_pin(pin)

    def _refuse_pin(self, login: Login | None, order: Any, answer: Answer) -> None:
        if login is not None and login.locked:
            answer.tell(order, self.manner.locked, "Ihr Zugang ist gesperrt.")
        else:
            answer.tell(order, self.manner.wrong_pin, "Anmeldename oder PIN ist falsch.")
        answer.general = [Told("9050", "Die Nachricht enthält Fehler."), Told("9800", "Dialog abgebrochen.")]

    def _tell_parameters(self, dialog: Dialog, preparation: Any, answer: Answer) -> None:
        manner, methods = self.manner, dialog.login.methods
        allowed = [ONE_STEP] if manner.one_step else [one.code for one in methods]
        answer.tell(preparation, "3920", "Zugelassene TAN-Verfahren für den Benutzer.", *allowed)
        answer.tell(preparation, "0901", "PIN gültig.")
        if preparation.bpd_version != fints_bpd.BPD_VERSION:
            for segment in fints_bpd.bank_parameters(
                manner.bank_code, manner.name, methods, camt=manner.camt, mt940=manner.mt940,
                versions=manner.versions, days=manner.days, one_step=manner.one_step, waits=manner.waits,
            ):  # fmt: skip
                answer.add(preparation, segment)
        if preparation.upd_version != fints_bpd.UPD_VERSION:
            for segment in fints_bpd.user_parameters(self.world, dialog.login):
                answer.add(preparation, segment)

    def _synchronise(self, dialog: Dialog, _request: Request, order: Any, answer: Answer) -> None:
        system = hashlib.sha256(f"system {dialog.name}".encode()).hexdigest()[:24]
        self.systems[system] = dialog.login.user
        answer.add(order, HISYN4(system))
        answer.tell(order, "0020", "Auftrag ausgeführt.")

    def _end(self, dialog: Dialog, _request: Request, _order: Any, answer: Answer) -> None:
        answer.general = [Told("0010", "Nachricht entgegengenommen."), Told("0100", "Dialog beendet.")]
        self._close(dialog)

    # --- TAN ----------------------------------------------------------------------------------------------------

    def _method(self, dialog: Dialog) -> TanMethod | None:
        return next((one for one in dialog.login.methods if one.code == dialog.function), None)

    def _ask_or_go_on(self, dialog: Dialog, request: Request, order: Any, answer: Answer) -> bool:
        """Whether the order may be carried out now; else its challenge is in the answer."""
        method, companion = self._method(dialog), request.first("HKTAN")
        if self.manner.one_step or dialog.free:
            self._no_tan(companion, answer)
            return True
        needed = dialog.login.needs_tan(self.world.today)
        if order.header.type in ("HKCAZ", "HKKAZ"):
            later = bool(order.touchdown_point)
            needed = self.faults.fires("fints-tan-later" if later else "fints-tan") or needed
        if not needed:
            self._no_tan(companion, answer)
            return True
        if method is None or companion is None:
            answer.tell(order, "9075", "Starke Kundenauthentifizierung notwendig.")
            return False
        medium = companion.tan_medium_name or ""
        if len(method.media) > 1 and medium not in method.media:
            answer.tell(companion, "9955", "Bitte geben Sie Ihr TAN-Medium an.")
            return False
        self.challenges += 1
        put = challenge(method, dialog.login.tan, self.challenges, "Kontozugriff")
        dialog.waiting = _Waiting(order, put.reference, method)
        kind = HITAN7 if TECHNIQUES[method.kind].version == 7 else HITAN6
        answer.add(
            companion,
            kind("4", task_reference=put.reference, challenge=put.text, challenge_hhduc=put.hhduc),
        )
        if method.decoupled:
            answer.tell(companion, "3955", "Bitte bestätigen Sie den Auftrag in Ihrer App.")
        else:
            answer.tell(companion, "0030", "Auftrag empfangen - TAN erforderlich.")
        return False

    def _no_tan(self, companion: Any | None, answer: Answer) -> None:
        if companion is None or companion.tan_process != "4":
            return
        kind = HITAN7 if companion.header.version == 7 else HITAN6
        answer.add(companion, kind("4", task_reference="noref", challenge="nochallenge"))
        answer.tell(companion, "3076", "Starke Kundenauthentifizierung nicht notwendig.")

    def _tan(self, dialog: Dialog, request: Request, order: Any, answer: Answer) -> None:
        """HKTAN alone: the answer to a challenge, or the question whether the app has confirmed."""
        if order.tan_process not in ("2", "S"):
            return
        waiting = dialog.waiting
        if order.task_reference in dialog.used:
            answer.tell(order, "9943", "TAN bereits verbraucht.")
            self._abort(dialog, answer)
            return
        if waiting is None or waiting.reference != order.task_reference:
            answer.tell(order, "9210", "Kein Auftrag zu dieser Referenz.")
            self._abort(dialog, answer)
            return
        if order.tan_process == "S":
            kind = HITAN7 if order.header.version == 7 else HITAN6
            answer.add(order, kind("S", task_reference=waiting.reference))
            waiting.polls += 1
            if waiting.polls > self.manner.waits[0]:
                answer.tell(order, "9951", "Zeitüberschreitung.")
                self._abort(dialog, answer)
                return
            if not self.approves(dialog.login, waiting.polls):
                answer.tell(order, "3956", "Die Bestätigung steht noch aus.")
                return
        elif request.tan != dialog.login.tan:
            answer.tell(order, "9941", "TAN ungültig.")
            self._abort(dialog, answer)
            return
        dialog.used.add(waiting.reference)
        dialog.waiting, dialog.free = None, True
        dialog.login.consent(self.world.today)
        answer.tell(order, "0020", "Der Auftrag wurde ausgeführt.")
        if waiting.order.header.type != "HKIDN":
            # What the order would have told now answers the HKTAN.
            waiting.order.header.number = order.header.number
            handle = self._HANDLERS[waiting.order.header.type]
            handle(self, dialog, request, waiting.order, answer)

    def _abort(self, dialog: Dialog, answer: Answer) -> None:
        answer.general = [Told("9050", "Die Nachricht enthält Fehler."), Told("9800", "Dialog abgebrochen.")]
        self._close(dialog)

    def _media(self, dialog: Dialog, _request: Request, order: Any, answer: Answer) -> None:
        method = self._method(dialog)
        methods = [method] if method is not None else dialog.login.methods
        names = dict.fromkeys(name for one in methods for name in one.media)
        # Class, status, then card, account, validity and list number left out; written out because the library's own
        # writer loses the places of an account that is not there.
        media = [["M", "1", *[None] * 10, name] for name in names]
        answer.add(order, plain_segment("HITAB", 4, "0", *media))
        answer.tell(order, "0020", "Auftrag ausgeführt.")

    # --- orders -------------------------------------------------------------------------------------------------

    def _accounts(self, dialog: Dialog, _request: Request, order: Any, answer: Answer) -> None:
        answer.add(order, fints_bpd.sepa_accounts(self.world, dialog.login))
        answer.tell(order, "0020", "Auftrag ausgeführt.")

    def _balance(self, dialog: Dialog, _request: Request, order: Any, answer: Answer) -> None:
        if self.faults.fires("fints-balance-missing"):
            answer.tell(order, "9010", "Der Saldo ist zurzeit nicht verfügbar.")
            return
        account = self._account(dialog, order)
        if account is None:
            answer.tell(order, "9010", "Das Konto ist nicht bekannt.")
            return
        answer.add(order, fints_bpd.balance(self.world, self.world.account(account), order.header.version))
        answer.tell(order, "0020", "Auftrag ausgeführt.")

    def _statements(self, dialog: Dialog, request: Request, order: Any, answer: Answer) -> None:
        account = self._account(dialog, order)
        if account is None:
            answer.tell(order, "9010", "Das Konto ist nicht bekannt.")
        elif self._ask_or_go_on(dialog, request, order, answer):
            statements(self.world, self.faults, self.manner, account, order, answer)

    def _account(self, dialog: Dialog, order: Any) -> str | None:
        """The IBAN an order is about, when the login may see it."""
        iban = getattr(order.account, "iban", None)
        number = getattr(order.account, "account_number", None)
        for one in dialog.login.accounts:
            if iban == one or (not iban and number == self.world.account(one).number):
                return one
        return None

    _HANDLERS: dict[str, Callable[[FintsBank, Dialog, Request, Any, Answer], None]] = {  # noqa: RUF012
        "HKSYN": _synchronise,
        "HKEND": _end,
        "HKTAN": _tan,
        "HKTAB": _media,
        "HKSPA": _accounts,
        "HKSAL": _balance,
        "HKCAZ": _statements,
        "HKKAZ": _statements,
    }
