"""finAPI Access v2 over HTTP: tokens kept until they expire, one new login when one is lost, errors by their code.

Names and codes as finAPI documents them (Access V2, ``/api/v2``; Web Form 2.0, ``/api/tasks``). Texts of banks and of
finAPI never leave this module: they may name people.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipelines.errors import AccessLocked, NeedsAuthorisation, SourceUnavailable
from sources.http_client import Answer, HttpClient

# A token is given up this long before its end, so that it does not run out on the way.
_EARLY_SECONDS: Final = 30.0

Secrets = Mapping[str, Callable[[], str]]


class Refusal(Exception):
    """An answer that refuses. status: HTTP; code: finAPI's own, "" where it gives none; challenge: what a 510 wants
    (``multiStepAuthentication``), None otherwise."""

    def __init__(self, status: int, code: str, challenge: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"HTTP {status} {code}".strip())
        self.status = status
        self.code = code
        self.challenge = challenge


@dataclass(slots=True, repr=False)
class _Token:
    value: str
    until: float | None  # on the patience's clock; None: does not expire


class FinapiApi:
    """One finAPI user. Safe to share between threads.

    base: the Access host without a path; web_form: that of Web Form 2.0, "" where it is not used.
    secrets: client_id, client_secret, username, password, each fetched when it is needed.
    """

    def __init__(self, http: HttpClient, base: str, web_form: str, secrets: Secrets) -> None:
        self.http = http
        self.base = base
        self.web_form = web_form
        self._secrets = secrets
        self._token: _Token | None = None
        self._lock = threading.Lock()
        # Sent with what a present person triggers; without them an access counts as unattended (PSD2, four a day).
        self.presence: dict[str, str] = {}

    # --- login ----------------------------------------------------------------------------------------------------

    def user_token(self) -> str:
        """The user's access token; a new login when there is none or it runs out.

        Raises AccessLocked when the login is refused.
        """
        with self._lock:
            token = self._token
            now = self.http.patience.clock()
            if token is None or (token.until is not None and now >= token.until):
                token = self._token = self._login()
            return token.value

    def _lost(self, value: str) -> None:
        with self._lock:
            if self._token is not None and self._token.value == value:
                self._token = None

    def _login(self) -> _Token:
        form = {"grant_type": "password"} | {name: reveal() for name, reveal in self._secrets.items()}
        answer = self.http.json("POST", f"{self.base}/api/v2/oauth/token", form=form)
        # expires_in counts from the reply: while a token lives, asking again gives the same one.
        body = answer.body if isinstance(answer.body, dict) else {}
        value, lives = body.get("access_token"), body.get("expires_in")
        if answer.ok and isinstance(value, str) and value:
            known = isinstance(lives, int) and not isinstance(lives, bool) and lives > 0
            until = None
            if known:
                assert isinstance(lives, int)
                until = self.http.patience.clock() + max(lives - _EARLY_SECONDS, lives / 2)
            return _Token(value, until)
        raise _refused_login(answer.status)

    # --- calls ----------------------------------------------------------------------------------------------------

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """A GET with the user's token. Raises Refusal for everything but success."""
        return self._call("GET", self.base + path, params=params)

    def post(self, path: str, content: Mapping[str, Any]) -> Answer:
        """A POST to Access."""
        return self._call("POST", self.base + path, content=content)

    def patch(self, path: str, content: Mapping[str, Any]) -> Answer:
        """A PATCH to Access."""
        return self._call("PATCH", self.base + path, content=content)

    def form_get(self, path: str) -> Answer:
        """A GET from Web Form 2.0."""
        return self._call("GET", self.web_form + path)

    def form_post(self, path: str, content: Mapping[str, Any]) -> Answer:
        """A POST to Web Form 2.0."""
        return self._call("POST", self.web_form + path, content=content)

    def _call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        content: Mapping[str, Any] | None = None,
    ) -> Answer:
        used = ""

        def headers() -> dict[str, str]:
            nonlocal used
            used = self.user_token()
            return {
                "authorization": f"Bearer {used}",
                "accept-language": "de",
                "x-request-id": str(uuid.uuid4()),
                **(self.presence if method == "POST" else {}),
            }

        answer = self.http.json(method, url, headers=headers, params=params, content=content)
        if answer.status == 401:
            # The token was lost although it should live: one new login, and not one more.
            self._lost(used)
            answer = self.http.json(method, url, headers=headers, params=params, content=content)
            if answer.status == 401:
                self._lost(used)
                raise SourceUnavailable("finAPI refuses the access token it has just given. Run again later.")
        if answer.ok:
            return answer
        raise _refusal(answer)


def _refused_login(status: int) -> Exception:
    """What a refused token request means. A wrong password tried again and again locks the user, so it never is."""
    codes = {
        400: ("login-refused", "the user name or password is wrong"),
        401: ("client-refused", "the client id or client secret is wrong"),
        403: ("user-refused", "the user is not verified or has another role"),
        423: ("user-locked", "the user is locked"),
    }
    if status in codes:
        code, why = codes[status]
        return AccessLocked(f"finAPI refuses the login: {why}. Correct it, then run: kontoklar authorize", code)
    return SourceUnavailable(f"finAPI gives no access token (HTTP {status}). Run again later.")


def _refusal(answer: Answer) -> Refusal:
    body = answer.body if isinstance(answer.body, dict) else {}
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = first.get("code")
    challenge = first.get("multiStepAuthentication")
    return Refusal(
        answer.status,
        code if isinstance(code, str) and code.isascii() and code.replace("_", "").isalpha() else "",
        challenge if isinstance(challenge, dict) else None,
    )


def access_of(refusal: Refusal) -> Exception:
    """A refusal that no caller knew better about, as the error the source ends with."""
    if refusal.status == 510:
        return NeedsAuthorisation("The bank wants a second factor.", "second-factor")
    if refusal.status == 403:
        return AccessLocked("finAPI refuses this service to the client or user.", "service-refused")
    detail = f"HTTP {refusal.status} {refusal.code}".strip()
    return SourceUnavailable(f"finAPI refuses a request ({detail}). Run again later.")
