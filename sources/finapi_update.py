"""Asking finAPI to fetch from the bank: the licensed update with polling, or the background task with its Web Form.

A time-out after finAPI has begun is harmless: the second request meets 423 LOCKED and waits for the first one's end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pipelines.errors import SourceUnavailable
from pipelines.model.access import AccessState
from sources.days import iso_day
from sources.finapi_api import FinapiApi, Refusal

# Which interface of a connection is asked first where it has several.
INTERFACES: Final = ("XS2A", "FINTS_SERVER", "WEB_SCRAPER")
_POLL_FIRST: Final = 0.5
_POLL_LONGEST: Final = 5.0
_LOCKED_TRIES: Final = 3
_FORM_WANTED: Final = frozenset({"WEB_FORM_REQUIRED", "NO_TPP_CLIENT_CREDENTIALS"})


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How a connection stands after being asked. code: as in AccountOutcome; consent_until: None where unknown.
    form: the Web Form a person has to open, "" where none is wanted."""

    state: AccessState
    code: str = ""
    consent_until: date | None = None
    form: str = ""


class Refresher:
    """Refreshes connections of one user.

    patience_seconds: how long one update may take. by_task: through Web Form 2.0, for customers without a licence of
    their own. as_of: the day that tells whether a consent has run out.
    """

    def __init__(self, api: FinapiApi, *, patience_seconds: float, by_task: bool, interface: str, as_of: date) -> None:
        self.api = api
        self.patience_seconds = patience_seconds
        self.by_task = by_task
        self.interface = interface
        self.as_of = as_of

    def connection(self, connection_id: int) -> Mapping[str, Any]:
        """The connection as it is now."""
        body = self.api.get(f"/api/v2/bankConnections/{connection_id}").body
        if not isinstance(body, dict):
            raise SourceUnavailable("finAPI answers without a bank connection. Run again later.")
        return body

    def refresh(self, connection: Mapping[str, Any]) -> Refreshed:
        """Updates one connection unattended. Never raises for what concerns this connection alone."""
        before = self.standing(connection)
        if before.state is not AccessState.COMPLETE:
            # Asking the bank anyway would only count towards a lock.
            return before
        try:
            if self.by_task:
                return self._by_task(connection, before)
            return self._update(connection, before)
        except Refusal as refusal:
            if refusal.code in _FORM_WANTED or refusal.status == 451:
                if self.api.web_form and not self.by_task:
                    return self._by_task(connection, before)
                return Refreshed(AccessState.NEEDS_AUTHORISATION, "web-form-required", before.consent_until)
            return Refreshed(*_state_of(refusal), before.consent_until)
        except SourceUnavailable:
            return Refreshed(AccessState.UNAVAILABLE, "update-unreachable", before.consent_until)

    # --- how it stands ------------------------------------------------------------------------------------------

    def interface_of(self, connection: Mapping[str, Any]) -> Mapping[str, Any]:
        """The interface that is asked: the configured one, else the best there is; {} where there is none."""
        found = {name: one for one in _dicts(connection.get("interfaces")) if (name := _name(one))}
        order = (self.interface,) if self.interface else INTERFACES
        return next((found[name] for name in order if name in found), {})

    def standing(self, connection: Mapping[str, Any]) -> Refreshed:
        """Consent and required action, without asking the bank."""
        interface = self.interface_of(connection)
        if not interface:
            return Refreshed(AccessState.NEEDS_AUTHORISATION, "interface-missing")
        consent = interface.get("aisConsent")
        until = _day(consent.get("expiresAt")) if isinstance(consent, dict) else None
        if isinstance(consent, dict) and consent.get("status") == "NOT_PRESENT":
            return Refreshed(AccessState.NEEDS_AUTHORISATION, "consent-missing", until)
        if until is not None and until < self.as_of:
            return Refreshed(AccessState.NEEDS_AUTHORISATION, "consent-expired", until)
        if interface.get("userActionRequired") is True:
            return Refreshed(AccessState.NEEDS_AUTHORISATION, "user-action-required", until)
        return Refreshed(AccessState.COMPLETE, "", until)

    def judged(self, connection: Mapping[str, Any]) -> Refreshed:
        """The result of the update that has just ended."""
        standing = self.standing(connection)
        if standing.state is not AccessState.COMPLETE:
            return standing
        result = self.interface_of(connection).get("lastManualUpdate")
        told = result.get("result") if isinstance(result, dict) else None
        if told == "OK":
            return standing
        codes = {"BANK_SERVER_REJECTION": "bank-rejected", "INTERNAL_SERVER_ERROR": "update-failed"}
        code = codes.get(told, "update-without-result") if isinstance(told, str) else "update-without-result"
        return Refreshed(AccessState.UNAVAILABLE, code, standing.consent_until)

    # --- the licensed way -----------------------------------------------------------------------------------------

    def body(self, connection: Mapping[str, Any]) -> dict[str, Any]:
        """The request of an update."""
        return {
            "bankConnectionId": connection["id"],
            "bankingInterface": _name(self.interface_of(connection)),
            "importNewAccounts": True,
            "skipPositionsDownload": True,
        }

    def _update(self, connection: Mapping[str, Any], before: Refreshed) -> Refreshed:
        for _ in range(_LOCKED_TRIES):
            try:
                started = self.api.post("/api/v2/bankConnections/update", self.body(connection))
            except Refusal as refusal:
                if refusal.status != 423:
                    raise
                # Another update of this connection is running: wait for its end, then ask once more.
                if self.until_ready(int(connection["id"]), None) is None:
                    break
                continue
            ready = self.until_ready(int(connection["id"]), started.body)
            if ready is not None:
                return self.judged(ready)
            return Refreshed(AccessState.UNAVAILABLE, "update-timeout", before.consent_until)
        return Refreshed(AccessState.UNAVAILABLE, "update-locked", before.consent_until)

    def until_ready(self, connection_id: int, known: Any) -> Mapping[str, Any] | None:
        """The connection once it is READY; None when that takes too long."""

        def ready(first: Any) -> Mapping[str, Any] | None:
            found = first if isinstance(first, dict) else self.connection(connection_id)
            return found if found.get("updateStatus") == "READY" else None

        return self._polled(ready, known)

    # --- the unlicensed way ---------------------------------------------------------------------------------------

    def _by_task(self, connection: Mapping[str, Any], before: Refreshed) -> Refreshed:
        task = self.start_task(connection)
        ended = self.until_task_ends(task)
        if ended is None:
            return Refreshed(AccessState.UNAVAILABLE, "update-timeout", before.consent_until)
        return self.judged_task(connection, ended, before.consent_until)

    def start_task(self, connection: Mapping[str, Any]) -> Mapping[str, Any]:
        """A new background update."""
        content = {"bankConnectionId": connection["id"], "importNewAccounts": True, "skipPositionsDownload": True}
        body = self.api.form_post("/api/tasks/backgroundUpdate", content).body
        if not isinstance(body, dict) or not isinstance(body.get("id"), str):
            raise SourceUnavailable("finAPI Web Form answers without a task. Run again later.")
        return body

    def until_task_ends(self, task: Mapping[str, Any], *, form_ends_it: bool = True) -> Mapping[str, Any] | None:
        """The task when nothing of it runs any more, or a person is wanted; None when that takes too long."""

        def ended(first: Any) -> Mapping[str, Any] | None:
            found = first if isinstance(first, dict) else self.api.form_get(f"/api/tasks/{task['id']}").body
            if not isinstance(found, dict):
                raise SourceUnavailable("finAPI Web Form answers without a task. Run again later.")
            status = found.get("status")
            waits = status in ("NOT_YET_STARTED", "IN_PROGRESS") or (status == "WEB_FORM_REQUIRED" and not form_ends_it)
            return None if waits else found

        return self._polled(ended, task if form_ends_it else None)

    def judged_task(self, connection: Mapping[str, Any], task: Mapping[str, Any], until: date | None) -> Refreshed:
        """What the end of a task means."""
        status, payload = task.get("status"), task.get("payload")
        if status == "COMPLETED":
            after = self.standing(self.connection(int(connection["id"])))
            return after if after.state is not AccessState.COMPLETE else Refreshed(AccessState.COMPLETE, "", until)
        form = payload.get("webForm") if isinstance(payload, dict) else None
        if status == "WEB_FORM_REQUIRED":
            url = form.get("url") if isinstance(form, dict) else None
            url = url if isinstance(url, str) else ""
            return Refreshed(AccessState.NEEDS_AUTHORISATION, "web-form-required", until, url)
        return Refreshed(AccessState.UNAVAILABLE, "update-failed", until)

    # --- waiting --------------------------------------------------------------------------------------------------

    def _polled(self, look: Callable[[Any], Mapping[str, Any] | None], first: Any) -> Mapping[str, Any] | None:
        patience = self.api.http.patience
        until = patience.clock() + self.patience_seconds
        pause = _POLL_FIRST
        found = look(first) if first is not None else look(None)
        while found is None:
            if patience.clock() + pause > until:
                return None
            patience.sleep(pause)
            pause = min(_POLL_LONGEST, pause * 1.6)
            found = look(None)
        return found


def _state_of(refusal: Refusal) -> tuple[AccessState, str]:
    """What a refused update means for the accounts of the connection."""
    if refusal.status == 510 or refusal.code == "ADDITIONAL_AUTHENTICATION_REQUIRED":
        return AccessState.NEEDS_AUTHORISATION, "second-factor"
    by_code = {
        "INVALID_CONSENT": "consent-missing",
        "MISSING_CREDENTIALS": "credentials-missing",
        "NO_PSU_METADATA": "person-required",
        "MISSING_TWO_STEP_PROCEDURE": "second-factor",
        "INVALID_TWO_STEP_PROCEDURE": "second-factor",
        "LOGIN_FIELDS_MISMATCH": "credentials-missing",
        "UNKNOWN_ENTITY": "connection-gone",
    }
    if refusal.code in by_code:
        return AccessState.NEEDS_AUTHORISATION, by_code[refusal.code]
    if refusal.code == "BANK_SERVER_REJECTION":
        return AccessState.UNAVAILABLE, "bank-rejected"
    if refusal.status == 423:
        return AccessState.UNAVAILABLE, "update-locked"
    return AccessState.UNAVAILABLE, "update-refused"


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _name(interface: Mapping[str, Any]) -> str:
    """v2 says ``bankingInterface``, v1 ``interface``."""
    value = interface.get("bankingInterface", interface.get("interface"))
    return value if isinstance(value, str) else ""


def _day(value: object) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return iso_day(value).day
    except ValueError:
        return None
