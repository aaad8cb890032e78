"""finAPI's ways to the bank: updates with polling and second factor, background tasks and Web Forms."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from pipelines.simulator.finapi_state import FinapiState
from pipelines.simulator.fints_tan import flicker_code
from pipelines.simulator.web import Answer, Request, json_answer
from pipelines.simulator.world import CONSENT_DAYS, TanMethod

_CHALLENGE = {"chiptan": "TEXT", "chiptan-optical": "FLICKER_CODE", "phototan": "PHOTO", "pushtan": None}
# A one-pixel PNG stands for the photoTAN graphic.
_PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Updates:
    """Everything about the one bank connection (id 1)."""

    def __init__(self, state: FinapiState) -> None:
        self.state = state
        self._method: TanMethod | None = None
        self._for_task = ""

    # --- what is shown --------------------------------------------------------------------------------------------

    def connection(self) -> dict[str, Any]:
        """A ``BankConnection``."""
        state = self.state
        present = not self._person_needed()
        until = state.login.consent_until or state.world.today + timedelta(days=CONSENT_DAYS)
        last = None
        if state.last_update is not None and state.result:
            rejected = state.result != "OK"
            last = {
                "result": state.result,
                "errorMessage": "Die Bank hat den Auftrag abgelehnt." if rejected else None,
                "errorType": "BUSINESS" if rejected else None,
                "timestamp": f"{state.last_update.isoformat()}T06:00:00.000+01:00",
            }
        return {
            "id": 1,
            "bank": {
                "id": 280001, "name": "Simulatorbank", "blz": "00000000", "bic": "SIMUDEFFXXX", "location": "DE",
                "city": None, "isTestBank": True, "popularity": 1, "interfaces": [], "isBeta": False,
                "bankGroup": None, "logo": None, "icon": None,
            },
            "name": None,
            "updateStatus": "IN_PROGRESS" if state.updating else "READY",
            "categorizationStatus": "READY",
            "interfaces": [
                {
                    "bankingInterface": "XS2A",
                    "loginCredentials": [],
                    "defaultTwoStepProcedureId": None,
                    "twoStepProcedures": [_procedure(method) for method in state.login.methods],
                    "aisConsent": {
                        "status": "PRESENT" if present else "NOT_PRESENT",
                        "expiresAt": f"{until.isoformat()}T23:59:59.000+01:00" if present else None,
                        "supportsImportNewAccounts": True,
                    },
                    "lastManualUpdate": last,
                    "lastAutoUpdate": None,
                    "userActionRequired": not present,
                    "maxDaysForDownload": 89,
                }
            ],
            "accountIds": [state.account_id(iban) for iban in state.accounts],
            "owners": [],
        }  # fmt: skip

    def _person_needed(self) -> bool:
        """Whether the bank wants a person: no consent, or a second factor is due."""
        return self.state.login.needs_tan(self.state.world.today) or self.state.faults.fires("finapi-consent-gone")

    # --- the licensed way -----------------------------------------------------------------------------------------

    def update(self, request: Request) -> Answer:
        """``POST bankConnections/update``: in the background, or with a second factor first."""
        state, body = self.state, request.json()
        if body.get("bankConnectionId") != 1:
            return _refused(request, 404, "UNKNOWN_ENTITY", "There is no such bank connection.")
        if not body.get("bankingInterface"):
            return _refused(request, 400, "MISSING_FIELD", "bankingInterface is required.")
        if state.updating or state.faults.fires("finapi-update-locked"):
            return _refused(request, 423, "LOCKED", "Another request for this bank connection is running.")
        given = body.get("multiStepAuthentication")
        if given:
            return self._next_step(request, given)
        wanted = state.faults.fires("finapi-second-factor") or state.faults.fires("finapi-consent-gone")
        if wanted or state.login.needs_tan(state.world.today):
            state.challenge = secrets.token_hex(16)
            return self._ask_for_procedure(request)
        state.begin_update()
        return json_answer(self.connection())

    def _ask_for_procedure(self, request: Request) -> Answer:
        methods = self.state.login.methods
        if len(methods) == 1:
            return self._challenge(request, methods[0])
        return self._multi_step(
            request, "TWO_STEP_PROCEDURE_REQUIRED", twoStepProcedures=[_procedure(method) for method in methods]
        )

    def _challenge(self, request: Request, method: TanMethod) -> Answer:
        self._method = method
        if method.decoupled:
            self.state.challenged_polls = self.state.login.polls
            return self._multi_step(
                request, "DECOUPLED_AUTH_REQUIRED", challengeMessage="Bitte geben Sie den Zugriff in Ihrer App frei."
            )
        more: dict[str, Any] = {}
        if method.kind == "phototan":
            more = {"photoTanMimeType": "image/png", "photoTanData": _PICTURE}
        elif method.kind == "chiptan-optical":
            more = {"opticalData": flicker_code(self.state.login.tan)}
        message = "Bitte geben Sie die TAN ein, die Ihr Gerät zeigt."
        return self._multi_step(
            request, "CHALLENGE_RESPONSE_REQUIRED", challengeMessage=message, answerFieldLabel="TAN", **more
        )

    def _next_step(self, request: Request, given: dict[str, Any]) -> Answer:
        state = self.state
        if not state.challenge or given.get("hash") != state.challenge:
            return _refused(request, 422, "NO_EXISTING_CHALLENGE", "There is no such challenge.")
        if given.get("twoStepProcedureId"):
            chosen = [method for method in state.login.methods if method.code == given["twoStepProcedureId"]]
            if not chosen:
                return _refused(request, 422, "INVALID_TWO_STEP_PROCEDURE", "There is no such procedure.")
            return self._challenge(request, chosen[0])
        if given.get("decoupledCallback") and self._method is not None and self._method.decoupled:
            state.challenged_polls -= 1
            if state.challenged_polls > 0:
                return self._multi_step(request, "DECOUPLED_AUTH_IN_PROGRESS")
        elif given.get("challengeResponse") != state.login.tan:
            state.challenge = ""
            return _refused(request, 422, "BANK_SERVER_REJECTION", "Die TAN ist falsch.", kind="BUSINESS")
        state.challenge = ""
        self.consented()
        state.begin_update()
        return json_answer(self.connection())

    def consented(self) -> None:
        """A person has said yes."""
        self.state.login.consent(self.state.world.today)
        for name in ("finapi-consent-gone", "finapi-second-factor", "finapi-web-form"):
            self.state.faults.disarm(name)

    def _multi_step(self, request: Request, status: str, **more: Any) -> Answer:
        detail = {
            "message": "Additional authentication is required.",
            "code": "ADDITIONAL_AUTHENTICATION_REQUIRED",
            "type": "BUSINESS",
            "multiStepAuthentication": {
                "hash": self.state.challenge, "status": status, "opticalDataAsReinerSct": False, **more
            },
        }  # fmt: skip
        return json_answer({"errors": [detail], **_envelope(request)}, 510)

    # --- the unlicensed way ---------------------------------------------------------------------------------------

    def background(self, request: Request) -> Answer:
        """``POST tasks/backgroundUpdate``."""
        state = self.state
        if request.json().get("bankConnectionId") != 1:
            body = {"errors": [{"field": "bankConnectionId", "message": "unknown"}], "endpoint": request.path}
            return json_answer(body, 400)
        if state.updating:
            return _refused(request, 423, "LOCKED", "Another request for this bank connection is running.")
        task_id = secrets.token_hex(8)
        state.tasks[task_id] = {"webForm": None}
        if self._person_needed() or state.faults.fires("finapi-web-form"):
            host = request.headers.get("host", "")
            state.tasks[task_id]["webForm"] = {
                "id": task_id, "url": f"http://{host}/forms/{task_id}", "status": "NOT_YET_OPENED"
            }  # fmt: skip
        else:
            state.begin_update()
        return json_answer(self._task(task_id), 201)

    def task(self, request: Request) -> Answer:
        """``GET tasks/{id}``."""
        task_id = request.path.rpartition("/")[2]
        if task_id not in self.state.tasks:
            return json_answer({"errors": [{"field": "id", "message": "unknown"}], "endpoint": request.path}, 404)
        self.state.look()
        return json_answer(self._task(task_id))

    def _task(self, task_id: str) -> dict[str, Any]:
        state = self.state
        form = state.tasks[task_id]["webForm"]
        error = None
        if form is not None and form["status"] != "COMPLETED":
            status = "WEB_FORM_REQUIRED"
        elif state.updating:
            status = "IN_PROGRESS"
        elif state.result == "OK":
            status = "COMPLETED"
        else:
            status, error = "COMPLETED_WITH_ERROR", state.result or "UNKNOWN"
        return {
            "id": task_id,
            "createdAt": f"{state.world.today.isoformat()}T06:00:00.000+01:00",
            "type": "BANK_CONNECTION_UPDATE",
            "status": status,
            "payload": {"bankConnectionId": 1, "webForm": form, "errorCode": error},
        }

    def form(self, task_id: str) -> Answer:
        """The Web Form a person opens; opening it is consenting."""
        task = self.state.tasks.get(task_id)
        if task is None or task["webForm"] is None:
            return Answer(404, b"no such form", "text/plain")
        if task["webForm"]["status"] != "COMPLETED":
            task["webForm"]["status"] = "COMPLETED"
            self.consented()
            self.state.begin_update()
        return Answer(200, b"<!DOCTYPE html><title>Simulatorbank</title>Zugriff freigegeben.", "text/html")


def _procedure(method: TanMethod) -> dict[str, Any]:
    return {
        "procedureId": method.code,
        "procedureName": method.name,
        "procedureChallengeType": _CHALLENGE[method.kind],
        "implicitExecute": False,
    }


def _envelope(request: Request) -> dict[str, Any]:
    return {
        "date": "2026-01-01T06:00:00.000+01:00",
        "requestId": request.headers.get("x-request-id", "none"),
        "endpoint": f"{request.method} {request.path}",
        "authContext": "1/1",
        "bank": "00000000 - Simulatorbank",
    }


def _refused(request: Request, status: int, code: str, message: str, *, kind: str = "TECHNICAL") -> Answer:
    detail = {"message": message, "code": code, "type": kind}
    return json_answer({"errors": [detail], **_envelope(request)}, status)
