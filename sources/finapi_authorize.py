"""Consent and second factor with a person: the challenges of an update (HTTP 510), Web Forms, the first import."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipelines.errors import NeedsAuthorisation, SourceUnavailable
from pipelines.model.access import AccessState
from pipelines.ports.access import Choice, Dialogue
from sources.finapi_api import Refusal
from sources.finapi_update import Refreshed, Refresher

_PRESENCE: Final = {"PSU-Device-OS": "other", "PSU-User-Agent": "kontoklar"}
_MOST_STEPS: Final = 40
_DECOUPLED_SECONDS: Final = 3.0
_DECOUPLED_LOOKS: Final = 100
_FORM_SECONDS: Final = 3.0
_FORM_LOOKS: Final = 400


class Authorisation:
    """One dialogue about the connections of a source."""

    def __init__(self, refresher: Refresher, dialogue: Dialogue) -> None:
        self.refresher = refresher
        self.dialogue = dialogue
        self.api = refresher.api

    def all(self, connections: Sequence[Mapping[str, Any]]) -> dict[int, Refreshed]:
        """Every connection in turn. Raises DialogueAborted when the person leaves."""
        self.api.presence = dict(_PRESENCE)
        try:
            return {int(one["id"]): self._one(one) for one in connections}
        finally:
            self.api.presence = {}

    def _one(self, connection: Mapping[str, Any]) -> Refreshed:
        bank = connection.get("bank")
        name = bank.get("name") if isinstance(bank, dict) else None
        self.dialogue.show(f"Bank connection {connection['id']}: {name or 'unnamed bank'}")
        refresher = self.refresher
        until = refresher.standing(connection).consent_until
        try:
            if refresher.by_task:
                return self._by_form(connection)
            return self._by_steps(connection)
        except Refusal as refusal:
            if self.api.web_form and (refusal.status == 451 or refusal.code == "WEB_FORM_REQUIRED"):
                return self._by_form(connection)
            self.dialogue.show(f"The bank or finAPI refused ({refusal}).")
            locked = refusal.code == "BANK_SERVER_REJECTION"
            return Refreshed(
                AccessState.NEEDS_AUTHORISATION, "authorisation-refused" if locked else "authorisation-failed", until
            )
        except SourceUnavailable:
            return Refreshed(AccessState.UNAVAILABLE, "update-unreachable", until)

    # --- the licensed way -----------------------------------------------------------------------------------------

    def _by_steps(self, connection: Mapping[str, Any]) -> Refreshed:
        body = self.refresher.body(connection)
        answer: Mapping[str, Any] = {}
        for _ in range(_MOST_STEPS):
            try:
                started = self.api.post("/api/v2/bankConnections/update", {**body, **answer})
            except Refusal as refusal:
                if refusal.code in ("MISSING_CREDENTIALS", "LOGIN_FIELDS_MISMATCH"):
                    body["loginCredentials"] = self._credentials(connection)
                    continue
                if refusal.challenge is None:
                    raise
                answer = {"multiStepAuthentication": self._answer(refusal.challenge)}
                continue
            ready = self.refresher.until_ready(int(connection["id"]), started.body)
            if ready is None:
                return Refreshed(AccessState.UNAVAILABLE, "update-timeout")
            return self.refresher.judged(ready)
        return Refreshed(AccessState.NEEDS_AUTHORISATION, "authorisation-unfinished")

    def _credentials(self, connection: Mapping[str, Any]) -> list[dict[str, str]]:
        """The bank login, asked once and given to finAPI only; it is not stored anywhere here."""
        fields = self.refresher.interface_of(connection).get("loginCredentials")
        labels = [str(one.get("label")) for one in fields or () if isinstance(one, dict) and one.get("label")]
        return [
            {"label": label, "value": self.dialogue.ask(label, secret=True)} for label in labels or ["Login", "PIN"]
        ]

    def _answer(self, challenge: Mapping[str, Any]) -> dict[str, Any]:
        """The person's answer to one challenge, as the next request wants it."""
        status = challenge.get("status")
        answer: dict[str, Any] = {"hash": challenge.get("hash")}
        message = str(challenge.get("challengeMessage") or "")
        if status == "TWO_STEP_PROCEDURE_REQUIRED":
            offered = [one for one in challenge.get("twoStepProcedures") or () if isinstance(one, dict)]
            choices = [Choice(str(one.get("procedureId")), str(one.get("procedureName"))) for one in offered]
            if not choices:
                raise NeedsAuthorisation("The bank offers no procedure for the second factor.", "second-factor")
            answer["twoStepProcedureId"] = self.dialogue.choose("Which procedure for the second factor?", choices)
        elif status == "REDIRECT_REQUIRED":
            self.dialogue.show(f"{message}\nOpen this address: {challenge.get('redirectUrl')}".strip())
            answer["redirectCallback"] = self.dialogue.ask("Address you were sent back to (from the first '?' on)")
        elif status in ("DECOUPLED_AUTH_REQUIRED", "DECOUPLED_AUTH_IN_PROGRESS"):
            if status == "DECOUPLED_AUTH_REQUIRED":
                self.dialogue.show(message or "Approve the access in your bank's app.")
            # Each look is a request of its own: the next one tells whether it was approved.
            self.dialogue.wait_for(
                "waiting for your approval",
                lambda: True,
                first_seconds=_DECOUPLED_SECONDS,
                every_seconds=_DECOUPLED_SECONDS,
                at_most=_DECOUPLED_LOOKS,
            )
            answer["decoupledCallback"] = True
        else:
            self._show(challenge, message)
            answer["challengeResponse"] = self.dialogue.ask(str(challenge.get("answerFieldLabel") or "TAN"))
        return answer

    def _show(self, challenge: Mapping[str, Any], message: str) -> None:
        image = _decoded(challenge.get("photoTanData"))
        optical = challenge.get("opticalData")
        if image:
            self.dialogue.show_image(image, str(challenge.get("photoTanMimeType") or "image/png"), message)
        elif isinstance(optical, str) and optical:
            self.dialogue.show_flicker(optical, message)
        else:
            self.dialogue.show(message or "The bank wants a TAN.")

    # --- the unlicensed way ---------------------------------------------------------------------------------------

    def _by_form(self, connection: Mapping[str, Any]) -> Refreshed:
        refresher = self.refresher
        until = refresher.standing(connection).consent_until
        task = refresher.start_task(connection)
        ended = refresher.until_task_ends(task)
        if ended is None:
            return Refreshed(AccessState.UNAVAILABLE, "update-timeout", until)
        judged = refresher.judged_task(connection, ended, until)
        if not judged.form:
            return judged
        self.dialogue.show(f"Open this address and follow it to its end: {judged.form}")
        final: list[Mapping[str, Any]] = []

        def through() -> bool:
            body = self.api.form_get(f"/api/tasks/{task['id']}").body
            if isinstance(body, dict) and body.get("status") in ("COMPLETED", "COMPLETED_WITH_ERROR"):
                final.append(body)
            return bool(final)

        self._wait_for_form(through)
        if not final:
            return Refreshed(AccessState.NEEDS_AUTHORISATION, "web-form-unfinished", until)
        return refresher.judged_task(connection, final[0], until)

    def first_import(self) -> None:
        """Connects the first bank through a Web Form. Raises NeedsAuthorisation when it is not finished."""
        if not self.api.web_form:
            raise NeedsAuthorisation(
                "The finAPI user has no bank connection yet. Import one with finAPI, or set web_form = true to do it "
                "here.",
                "no-connection",
            )
        form = self.api.form_post("/api/webForms/bankConnectionImport", {}).body
        if not isinstance(form, dict) or not isinstance(form.get("url"), str):
            raise SourceUnavailable("finAPI Web Form answers without a form. Run again later.")
        self.dialogue.show(f"Open this address to connect your bank: {form['url']}")

        def through() -> bool:
            body = self.api.form_get(f"/api/webForms/{form['id']}").body
            status = body.get("status") if isinstance(body, dict) else None
            if status in ("COMPLETED_WITH_ERROR", "EXPIRED", "ABORTED"):
                raise NeedsAuthorisation("The Web Form was not finished.", "web-form-unfinished")
            return status == "COMPLETED"

        if not self._wait_for_form(through):
            raise NeedsAuthorisation("The Web Form was not finished in time.", "web-form-unfinished")

    def _wait_for_form(self, through: Any) -> bool:
        return self.dialogue.wait_for(
            "waiting for the form", through, first_seconds=1.0, every_seconds=_FORM_SECONDS, at_most=_FORM_LOOKS
        )


def _decoded(value: object) -> bytes:
    if not isinstance(value, str) or not value:
        return b""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""
