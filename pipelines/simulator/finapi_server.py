"""finAPI Access v2 and Web Form 2.0 on one address, over HTTP, as far as a client that reads accounts needs them.

Field and error shapes follow finAPI's own description. The truth comes from ``World``, what goes wrong from ``Faults``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from operator import itemgetter
from random import Random
from typing import Any
from urllib.parse import parse_qs

from pipelines.simulator.finapi_rows import account_row, number
from pipelines.simulator.finapi_state import FinapiState
from pipelines.simulator.finapi_update import Updates
from pipelines.simulator.web import Answer, Request, json_answer

_STAMP = "T06:00:00.000+01:00"


class Refused(Exception):
    """An error body of Access: HTTP status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class FinapiServer:
    """Answers requests; ``handle`` is what a ``web.Server`` wants."""

    def __init__(self, state: FinapiState) -> None:
        self.state = state
        self._updates = Updates(state)

    def handle(self, request: Request) -> Answer:
        """One request, start to end, under the world's lock."""
        with self.state.world.lock:
            try:
                return self._route(request)
            except Refused as refusal:
                return self._error(request, refusal)

    def _route(self, request: Request) -> Answer:
        path, method = request.path, request.method
        if path == "/api/v2/oauth/token" and method == "POST":
            return self._token(request)
        if path.startswith("/forms/"):
            return self._updates.form(path.rpartition("/")[2])
        self._authorised(request)
        routes: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", "/api/v2/bankConnections"): self._connections,
            ("GET", "/api/v2/accounts"): self._accounts,
            ("GET", "/api/v2/transactions"): self._transactions,
            ("GET", "/api/v2/pendingTransactions"): self._pending,
            ("POST", "/api/v2/bankConnections/update"): self._updates.update,
            ("POST", "/api/tasks/backgroundUpdate"): self._updates.background,
        }
        found = routes.get((method, path))
        if found is not None:
            return found(request)
        if method == "GET" and path.startswith("/api/v2/bankConnections/"):
            if path.rpartition("/")[2] != "1":
                raise Refused(404, "UNKNOWN_ENTITY", "There is no such bank connection.")
            self.state.look()
            return json_answer(self._updates.connection())
        if method == "GET" and path.startswith("/api/tasks/"):
            return self._updates.task(request)
        if any(path == known for _, known in routes):
            raise Refused(405, "METHOD_NOT_ALLOWED", "The method is not allowed here.")
        raise Refused(404, "UNKNOWN_ENTITY", "There is nothing here.")

    # --- OAuth ----------------------------------------------------------------------------------------------------

    def _token(self, request: Request) -> Answer:
        form = {name: values[0] for name, values in parse_qs(request.body.decode("latin-1")).items()}
        state, known = self.state, self.state.credentials
        given = (form.get("client_id"), form.get("client_secret"))
        if given != (known.client_id, known.client_secret) or state.faults.fires("finapi-client-refused"):
            return _oauth_error(401, "invalid_client", "Bad client credentials")
        grant = form.get("grant_type")
        if grant == "client_credentials":
            return json_answer(state.issue("client"))
        if state.faults.fires("finapi-user-locked"):
            return _oauth_error(423, "locked", "The user is locked")
        if grant == "password":
            if (form.get("username"), form.get("password")) != (known.username, known.password):
                return _oauth_error(400, "invalid_grant", "Bad credentials")
            return json_answer(state.issue("user"))
        if grant == "refresh_token":
            token = (form.get("refresh_token") or "").removeprefix("refresh-")
            if state.tokens.get(token, ("",))[0] != "user":
                return _oauth_error(400, "invalid_grant", "Invalid refresh token")
            del state.tokens[token]
            return json_answer(state.issue("user"))
        return _oauth_error(400, "unsupported_grant_type", "Unsupported grant type")

    def _authorised(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        role = self.state.role_of(token)
        if not role or self.state.faults.fires("finapi-token-lost"):
            self.state.tokens.pop(token, None)
            raise Refused(401, "INVALID_TOKEN", "The access token is invalid or has expired.")
        if role != "user":
            raise Refused(403, "FORBIDDEN", "This service needs the token of a user.")

    # --- reading --------------------------------------------------------------------------------------------------

    def _connections(self, request: Request) -> Answer:
        self.state.look()
        wanted = _numbers(request, "ids")
        return json_answer({"connections": [] if wanted and 1 not in wanted else [self._updates.connection()]})

    def _accounts(self, request: Request) -> Answer:
        state = self.state
        wanted, connections = _numbers(request, "ids"), _numbers(request, "bankConnectionIds")
        rows = []
        for iban, known in state.accounts.items():
            account_id = state.account_id(iban)
            if (wanted and account_id not in wanted) or (connections and 1 not in connections):
                continue
            rows.append(
                account_row(state.world.account(iban), account_id, state.balance(iban), known.status, known.day)
            )
        if rows and state.faults.fires("finapi-account-gone"):
            rows.pop()
        return json_answer({"accounts": rows})

    def _transactions(self, request: Request) -> Answer:
        state = self.state
        if request.first("view") not in ("bankView", "userView"):
            raise Refused(400, "MISSING_FIELD", "The parameter view is required.")
        rows = [row for iban in self._ibans(request) for row in state.rows(iban)]
        rows = [row for row in rows if _fits(row, request)]
        page, size = _page(request)
        _sort(rows, request)
        rows = self._disturbed(rows, page, size)
        shown = rows[(page - 1) * size : page * size]
        if page > 1 and state.faults.fires("finapi-page-repeats"):
            shown = rows[(page - 2) * size : (page - 1) * size]
        if shown and state.faults.fires("finapi-page-drops-row"):
            shown = [row for row in shown if row is not shown[len(shown) // 2]]
        amounts = [round(row["amount"] * 100) for row in rows]
        if shown and state.faults.fires("finapi-nan"):
            shown = [shown[0] | {"amount": float("nan")}, *shown[1:]]
        return json_answer(
            {
                "transactions": shown,
                "paging": _paging(page, size, len(rows)),
                "income": number(sum(minor for minor in amounts if minor > 0), "EUR"),
                "spending": number(sum(minor for minor in amounts if minor < 0), "EUR"),
                "balance": number(sum(amounts), "EUR"),
            }
        )

    def _disturbed(self, rows: list[dict[str, Any]], page: int, size: int) -> list[dict[str, Any]]:
        """While somebody reads page 1 of several, a booking is not there yet; from page 2 on it is."""
        if page == 1 and len(rows) > size and self.state.faults.fires("finapi-row-inserted"):
            late = Random(self.state.faults.seed).randrange(size)
            return rows[:late] + rows[late + 1 :]
        return rows

    def _pending(self, request: Request) -> Answer:
        rows = [row for iban in self._ibans(request) for row in self.state.pending(iban)]
        page, size = _page(request)
        shown = rows[(page - 1) * size : page * size]
        return json_answer({"pendingTransactions": shown, "paging": _paging(page, size, len(rows))})

    def _ibans(self, request: Request) -> list[str]:
        wanted = _numbers(request, "accountIds")
        if not wanted:
            return list(self.state.accounts)
        found = [self.state.iban_of(account_id) for account_id in wanted]
        if "" in found:
            raise Refused(404, "UNKNOWN_ENTITY", "There is no such account.")
        return found

    # --- errors ---------------------------------------------------------------------------------------------------

    def _error(self, request: Request, refusal: Refused) -> Answer:
        detail = {"message": refusal.message, "code": refusal.code, "type": "TECHNICAL"}
        return json_answer(
            {
                "errors": [detail],
                "date": self.state.world.today.isoformat() + _STAMP,
                "requestId": request.headers.get("x-request-id", "none"),
                "endpoint": f"{request.method} {request.path}",
                "authContext": "1/1",
                "bank": "00000000 - Simulatorbank",
            },
            refusal.status,
        )


def _oauth_error(status: int, error: str, description: str) -> Answer:
    return json_answer({"error": error, "error_description": description}, status)


def _numbers(request: Request, name: str) -> list[int]:
    """A list of ids, comma-separated or repeated."""
    try:
        return [int(part) for value in request.query.get(name, []) for part in value.split(",") if part]
    except ValueError:
        raise Refused(400, "BAD_REQUEST", f"{name} must be numbers.") from None


def _page(request: Request) -> tuple[int, int]:
    try:
        page, size = int(request.first("page", "1")), int(request.first("perPage", "20"))
    except ValueError:
        raise Refused(400, "BAD_REQUEST", "page and perPage must be numbers.") from None
    if page < 1 or not 1 <= size <= 500:
        raise Refused(400, "ILLEGAL_PAGE_SIZE", "perPage must be 1 to 500.")
    return page, size


def _paging(page: int, size: int, total: int) -> dict[str, int]:
    return {"page": page, "perPage": size, "pageCount": max(1, -(-total // size)), "totalCount": total}


def _fits(row: dict[str, Any], request: Request) -> bool:
    """The filters of the transactions service that are about the row itself."""
    for name, column in (("BankBookingDate", "bankBookingDate"), ("FinapiBookingDate", "finapiBookingDate"),
                         ("ImportDate", "importDate")):  # fmt: skip
        first, last = _day(request, f"min{name}"), _day(request, f"max{name}")
        day = date.fromisoformat(row[column][:10])
        if (first and day < first) or (last and day > last):
            return False
    for name in ("isNew", "isPotentialDuplicate", "isAdjustingEntry"):
        if request.first(name) and (request.first(name) == "true") != row[name]:
            return False
    wanted = _numbers(request, "ids")
    if wanted and row["id"] not in wanted:
        return False
    direction = request.first("direction", "all")
    return direction == "all" or (direction == "income") == (row["amount"] >= 0)


def _day(request: Request, name: str) -> date | None:
    text = request.first(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(400, "INVALID_FILTER_OPTIONS", f"{name} must be a date.") from None


def _sort(rows: list[dict[str, Any]], request: Request) -> None:
    for wanted in reversed(request.query.get("order", ["id,asc"])):
        column, _, direction = wanted.partition(",")
        if column not in ("id", "amount", "bankBookingDate", "finapiBookingDate", "valueDate", "importDate"):
            raise Refused(400, "INVALID_FILTER_OPTIONS", "order names no property to sort by.")
        rows.sort(key=itemgetter(column), reverse=direction == "desc")
