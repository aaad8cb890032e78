"""Which accounts a finAPI user has, under which name kontoklar knows them, and whether their data are whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.errors import SourceUnavailable
from pipelines.model.access import AccessState
from sources.accounts import account_key
from sources.finapi_api import FinapiApi

_WHOLE: Final = frozenset({"UPDATED", "UPDATED_FIXED"})


@dataclass(frozen=True, slots=True, repr=False)
class Listed:
    """An account of the list. key: IBAN in electronic form, or its number; row: finAPI's Account; bank: of its
    connection."""

    key: str
    account_id: int
    connection_id: int
    row: Mapping[str, Any]
    bank: Mapping[str, Any]

    @property
    def moment(self) -> tuple[object, object]:
        """What changes when finAPI imports: balance and time of the last update."""
        return self.row.get("balance"), updated(self.row)


def connections(api: FinapiApi, wanted: Sequence[int]) -> list[Mapping[str, Any]]:
    """The user's bank connections, by id; of ``wanted`` where it names some."""
    found = _rows(api.get("/api/v2/bankConnections").body, "connections")
    return sorted(
        (one for one in found if isinstance(one.get("id"), int) and (not wanted or one["id"] in wanted)),
        key=lambda one: int(one["id"]),
    )


def accounts(api: FinapiApi, banks: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> list[Listed]:
    """Accounts of these connections, by key: those wanted, or every checking account where none is named.

    One that is there twice (reconnected under another id) counts once, as it was updated last.
    """
    by_id = {int(one["id"]): one for one in banks}
    best: dict[str, Listed] = {}
    for row in _rows(api.get("/api/v2/accounts").body, "accounts"):
        one = _listed(row, by_id)
        if one is None or (one.key not in wanted if wanted else not _is_checking(row)):
            continue
        known = best.get(one.key)
        if known is None or (updated(one.row), one.account_id) > (updated(known.row), known.account_id):
            best[one.key] = one
    return [best[key] for key in sorted(best)]


def again(api: FinapiApi, account: Listed) -> Listed:
    """The same account as it stands now. Raises SourceUnavailable when it is gone."""
    for row in _rows(api.get("/api/v2/accounts", {"ids": account.account_id}).body, "accounts"):
        if row.get("id") == account.account_id:
            return Listed(account.key, account.account_id, account.connection_id, row, account.bank)
    raise SourceUnavailable("An account disappeared from finAPI while it was read. Run again later.")


def trouble(account: Listed) -> tuple[AccessState, str] | None:
    """Why the data of an account are not what the bank sent last; None when they are."""
    states = {one.get("status") for one in _interfaces(account.row)} or {account.row.get("status")}
    if states & _WHOLE:
        # Another interface of the account may have failed; the one that updated it last counts.
        newest = max(_interfaces(account.row), key=lambda one: str(one.get("lastUpdateAttempt") or ""), default=None)
        if newest is None or newest.get("status") in _WHOLE:
            return None
        states = {newest.get("status")}
    if "DOWNLOAD_IN_PROGRESS" in states:
        return AccessState.UNAVAILABLE, "download-in-progress"
    if "DEPRECATED" in states:
        return AccessState.NEEDS_AUTHORISATION, "account-deprecated"
    return AccessState.UNAVAILABLE, "download-failed"


def updated(row: Mapping[str, Any]) -> str:
    """When finAPI last got an account's data from the bank, as it says it; "" for never."""
    told = [str(one.get("lastSuccessfulUpdate") or "") for one in _interfaces(row)]
    return max([*told, str(row.get("lastSuccessfulUpdate") or "")])


def _listed(row: Mapping[str, Any], banks: Mapping[int, Mapping[str, Any]]) -> Listed | None:
    account_id, connection_id = row.get("id"), row.get("bankConnectionId")
    if not isinstance(account_id, int) or not isinstance(connection_id, int) or connection_id not in banks:
        return None
    bank = banks[connection_id].get("bank")
    bank = bank if isinstance(bank, dict) else {}
    text = str(row.get("iban") or row.get("accountNumber") or "")
    key = account_key(text, str(bank.get("blz") or ""))
    return Listed(key, account_id, connection_id, row, bank) if key else None


def _is_checking(row: Mapping[str, Any]) -> bool:
    return bool(row.get("accountType", row.get("accountTypeName", "Checking")) == "Checking")


def _interfaces(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = row.get("interfaces")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _rows(body: Any, name: str) -> list[Mapping[str, Any]]:
    rows = body.get(name) if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise SourceUnavailable(f"finAPI answers without {name}. Run again later.")
    return [one for one in rows if isinstance(one, dict)]
