"""The source ``use = "finapi"``: any number of bank connections and accounts of one finAPI user (Access V2).

What finAPI cannot deliver is a state of that account; only what concerns the login stops the whole source.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pipelines.model.access import AccessState, AccountOutcome
from pipelines.model.finding import Finding, Severity
from pipelines.ports.access import AccessStore, Dialogue
from pipelines.ports.source import Arrival, Window
from sources.finapi_accounts import Listed, accounts, connections
from sources.finapi_api import FinapiApi, Refusal, access_of
from sources.finapi_authorize import Authorisation
from sources.finapi_fetch import AccountFetcher
from sources.finapi_update import INTERFACES, Refreshed, Refresher
from sources.http_client import HttpClient
from sources.http_retry import Patience, Policy
from sources.options import Options, is_loopback

_SANDBOX: Final = "sandbox.finapi.io"
_WEB_FORMS: Final = {_SANDBOX: "https://webform-sandbox.finapi.io", "live.finapi.io": "https://webform-live.finapi.io"}
_SECRETS: Final = ("client_id", "client_secret", "username", "password")
_KEYS: Final = (
    "base_url", *_SECRETS, "accounts", "since", "update", "bank_connections", "banking_interface", "web_form",
    "web_form_url", "pending", "timeout_seconds", "update_seconds", "deadline_seconds", "tries", "concurrency",
)  # fmt: skip

_Refresh = Callable[[Sequence[Mapping[str, Any]]], dict[int, Refreshed]]
A = TypeVar("A")
B = TypeVar("B")


@dataclass(slots=True)
class FinapiSource:
    """See ``ports.source.Source``.

    wanted: IBANs, () for every checking account. since: first day wanted until something is proven. update: whether
    finAPI asks the banks first. connection_ids: () for all. by_task: through Web Form 2.0, for those without a licence.
    update_seconds: patience with one update. concurrency: accounts and connections at a time; at most twice as many
    accounts are in memory.
    """

    name: str
    api: FinapiApi
    wanted: tuple[str, ...] = ()
    since: date | None = None
    update: bool = True
    connection_ids: tuple[int, ...] = ()
    interface: str = ""
    by_task: bool = False
    with_pending: bool = True
    update_seconds: float = 300.0
    concurrency: int = 8
    store: AccessStore | None = field(default=None, repr=False)

    def remember_in(self, store: AccessStore) -> None:
        """See ``ports.source.Remembering``: which accounts there were, to notice when one is gone."""
        self.store = store

    def close(self) -> None:
        """Ends the connections."""
        self.api.http.close()

    def fetch(self, window: Window) -> Iterator[Arrival]:
        """See ``ports.source.Source``."""
        refresher = self._refresher(window)

        def refresh(banks: Sequence[Mapping[str, Any]]) -> dict[int, Refreshed]:
            look = refresher.refresh if self.update else refresher.standing
            return dict(zip([int(one["id"]) for one in banks], self._together(look, banks), strict=True))

        yield from self._arrivals(window, refresh)

    def authorize(self, dialogue: Dialogue, window: Window) -> Iterator[Arrival]:
        """See ``ports.source.Authorizable``: consent and second factor with the person, then a fetch."""
        authorisation = Authorisation(self._refresher(window), dialogue)
        yield from self._arrivals(window, authorisation.all, authorisation.first_import)

    def _refresher(self, window: Window) -> Refresher:
        return Refresher(
            self.api,
            patience_seconds=self.update_seconds,
            by_task=self.by_task,
            interface=self.interface,
            as_of=window.as_of,
        )

    def _arrivals(
        self, window: Window, refresh: _Refresh, import_first: Callable[[], None] | None = None
    ) -> Iterator[Arrival]:
        self.api.http.patience.begin()
        if window.mode == "live" and urlsplit(self.api.base).hostname == _SANDBOX:
            yield _sandbox_in_live_books(self.name)
        try:
            yield from self._accounts(window, refresh, import_first)
        except Refusal as refusal:
            raise access_of(refusal) from None

    def _accounts(
        self, window: Window, refresh: _Refresh, import_first: Callable[[], None] | None
    ) -> Iterator[Arrival]:
        banks = connections(self.api, self.connection_ids)
        if not banks and import_first is not None:
            import_first()
            banks = connections(self.api, self.connection_ids)
        if self.wanted:
            used = {account.connection_id for account in accounts(self.api, banks, self.wanted)}
            banks = [one for one in banks if one["id"] in used]
        refreshed = refresh(banks)
        # An update may bring new accounts, and new ids for old ones.
        found = accounts(self.api, banks, self.wanted)
        yield from self._gone({account.key for account in found})
        fetcher = AccountFetcher(self.name, self.api, window, self.since, self.with_pending)

        def fetched(account: Listed) -> list[Any]:
            stands = refreshed[account.connection_id]
            if self.update and stands.state is not AccessState.COMPLETE:
                return [AccountOutcome(account.key, stands.state, stands.code, stands.consent_until)]
            arrivals = fetcher.fetch(account, stands.consent_until)
            if stands.state is not AccessState.COMPLETE:
                # finAPI's own data were read, but it cannot get newer ones by itself.
                arrivals[-1] = AccountOutcome(account.key, stands.state, stands.code, stands.consent_until)
            return arrivals

        for arrivals in self._together(fetched, found):
            yield from arrivals
        self._remember({account.key for account in found})

    def _together(self, work: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """Results in the order of the items, ``concurrency`` at a time and never more than twice as many ahead."""
        waiting: deque[Future[B]] = deque()
        with ThreadPoolExecutor(self.concurrency, thread_name_prefix="finapi") as pool:
            try:
                for item in items:
                    waiting.append(pool.submit(work, item))
                    if len(waiting) >= 2 * self.concurrency:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    # --- accounts that were there before --------------------------------------------------------------------------

    def _gone(self, listed: set[str]) -> Iterator[AccountOutcome]:
        expected = set(self.wanted) or self._remembered()
        for key in sorted(expected - listed):
            yield AccountOutcome(key, AccessState.UNAVAILABLE, "account-not-listed")

    def _remembered(self) -> set[str]:
        state = self.store.load(self.name) if self.store is not None else None
        if not state:
            return set()
        try:
            known = json.loads(state).get("accounts")
        except (ValueError, AttributeError):
            return set()
        return {one for one in known if isinstance(one, str)} if isinstance(known, list) else set()

    def _remember(self, listed: set[str]) -> None:
        if self.store is not None and not self.wanted:
            known = sorted(listed | self._remembered())
            self.store.save(self.name, json.dumps({"accounts": known}).encode())


def _sandbox_in_live_books(name: str) -> Finding:
    return Finding(
        "test-data-in-live-books",
        Severity.WARNING,
        name,
        f'The source {name} is finAPI\'s sandbox, but these books are live. Set [company] mode = "test" with a '
        "database of its own, or base_url to the live host.",
    )


def build(options: Mapping[str, object]) -> FinapiSource:
    """A source from its ``[[sources]]`` table. Raises ConfigurationError for unknown, missing or wrong options.

    Beyond the contract: ``bank_connections`` (ids, default all), ``banking_interface`` (XS2A, FINTS_SERVER,
    WEB_SCRAPER; default the first the connection has), ``web_form`` (update through Web Form 2.0, for customers without
    a licence), ``web_form_url`` (its host where it is not finAPI's own), ``pending`` (fetch pending transactions too),
    ``timeout_seconds`` per request, ``update_seconds`` per connection, ``deadline_seconds`` for all of it, ``tries``
    per request, ``concurrency`` (accounts at a time).
    """
    given = Options(options, _KEYS, "finapi")
    base = given.url("base_url", "https://live.finapi.io")
    web_form = given.url("web_form_url", _WEB_FORMS.get(urlsplit(base).hostname or "", ""))
    concurrency = given.whole("concurrency", 8, least=1, most=64)
    policy = Policy(
        tries=given.whole("tries", 5, least=1, most=20), deadline=given.seconds("deadline_seconds", 1800, most=86_400)
    )
    http = HttpClient(
        Patience(given.name, policy),
        timeout_seconds=given.seconds("timeout_seconds", 30.0, most=600),
        connections=concurrency,
        loopback=is_loopback(base),
    )
    by_task = given.flag("web_form", "web_form_url" in options)
    return FinapiSource(
        name=given.name,
        api=FinapiApi(http, base, web_form, {name: given.secret(name) for name in _SECRETS}),
        wanted=given.accounts(),
        since=given.day(),
        update=given.flag("update", True),
        connection_ids=given.numbers("bank_connections"),
        interface=given.one_of("banking_interface", ("", *INTERFACES)),
        by_task=by_task,
        with_pending=given.flag("pending", True),
        update_seconds=given.seconds("update_seconds", 300.0, most=86_400),
        concurrency=concurrency,
    )
