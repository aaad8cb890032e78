"""One account as one document: its balance and every page of its window as finAPI sent them, of one moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from pipelines.errors import AccessLocked, NeedsAuthorisation, SourceUnavailable
from pipelines.model.access import AccessState, AccountOutcome
from pipelines.model.statement import Document
from pipelines.ports.source import Window
from sources.finapi_accounts import Listed, again, trouble
from sources.finapi_api import FinapiApi, Refusal, access_of
from sources.finapi_json import ENVELOPE
from sources.finapi_pages import Pages, PagesDiffer, pending, transactions
from sources.json_strict import dumps

_ROUNDS: Final = 3  # how often an account whose pages do not make one list is fetched anew


@dataclass(frozen=True, slots=True)
class AccountFetcher:
    """Fetches accounts of one window. since: the configured first day. with_pending: pending ones too."""

    name: str
    api: FinapiApi
    window: Window
    since: date | None
    with_pending: bool

    def fetch(self, account: Listed, consent_until: date | None) -> list[Document | AccountOutcome]:
        """The account's document and outcome, or the outcome alone. Raises what concerns the login of all accounts."""

        def outcome(state: AccessState, code: str = "") -> AccountOutcome:
            return AccountOutcome(account.key, state, code, consent_until)

        stands = trouble(account)
        if stands is not None:
            return [outcome(*stands)]
        try:
            document = self._document(account)
        except PagesDiffer as differ:
            return [outcome(AccessState.INCOMPLETE, differ.code)]
        except SourceUnavailable:
            return [outcome(AccessState.UNAVAILABLE, "source-unavailable")]
        except Refusal as refusal:
            if refusal.status == 404:
                return [outcome(AccessState.UNAVAILABLE, "account-not-listed")]
            error = access_of(refusal)
            if isinstance(error, NeedsAuthorisation):
                return [outcome(AccessState.NEEDS_AUTHORISATION, error.code)]
            if isinstance(error, AccessLocked):
                raise error from None
            return [outcome(AccessState.UNAVAILABLE, "request-refused")]
        return [document, outcome(AccessState.COMPLETE)]

    def _document(self, account: Listed) -> Document:
        first = self.window.first_day(account.key, self.since)
        code = ""
        for _ in range(_ROUNDS):
            try:
                booked = transactions(self.api, account.account_id, first)
                waiting = pending(self.api, account.account_id) if self.with_pending else Pages((), 0)
            except PagesDiffer as differ:
                code = differ.code
                account = again(self.api, account)
                continue
            after = again(self.api, account)
            if after.moment == account.moment:
                return Document(
                    f"finapi-{account.account_id}-{self.window.as_of.isoformat()}.json",
                    envelope(account, first, booked, waiting),
                    self.name,
                )
            # finAPI imported meanwhile: balance and bookings are of two moments.
            code, account = "balance-changed", after
        raise PagesDiffer(code)


def envelope(account: Listed, first: date | None, booked: Pages, waiting: Pages) -> bytes:
    """The archived form of an account; see ``sources.finapi_json``. Nothing in it depends on when it was fetched, so
    that an unchanged account is the same document again."""
    head = {
        "kontoklar": ENVELOPE,
        "window": {"from": first.isoformat() if first else None},
        "bank": {"blz": account.bank.get("blz"), "bic": account.bank.get("bic")},
    }
    parts = [json.dumps(head, separators=(",", ":"))[:-1], ',"account":', dumps(account.row), ',"transactions":[']
    return b"".join(
        [
            "".join(parts).encode(),
            b",".join(_bare(booked.raw)),
            b'],"pending":[',
            b",".join(_bare(waiting.raw)),
            b"]}",
        ]
    )


def _bare(pages: tuple[bytes, ...]) -> Iterator[bytes]:
    for page in pages:
        yield page.removeprefix(b"\xef\xbb\xbf").strip()
