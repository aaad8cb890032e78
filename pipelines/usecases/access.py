"""Live sources in a pull: the window they fetch, what became of each account, what they remember.

A source's trouble is a stored, visible state of its accounts and never stops another source.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from pipelines.errors import (
    AccessLocked,
    ConfigurationError,
    KontoklarError,
    NeedsAuthorisation,
    SourceUnavailable,
)
from pipelines.model.access import AccessState, AccountOutcome
from pipelines.model.finding import Finding, Severity
from pipelines.model.statement import Document
from pipelines.operator_view import masked
from pipelines.ports.access import AccountAccess
from pipelines.ports.source import Arrival, Closable, Proven, Remembering, Source, Window
from pipelines.ports.work import Books
from pipelines.sealing import Sealer

# From how many days before its end on an operator is warned that a consent runs out.
WARN_DAYS: Final = 14

EXPIRES: Final = "consent-expires"
NOT_FETCHED: Final = "account-not-fetched"
FAILED: Final = "source-failed"

_ADVICE: Final = {
    AccessState.NEEDS_AUTHORISATION: "needs a person's consent or TAN; run: kontoklar authorize {source}",
    AccessState.LOCKED: "was refused (wrong or locked login) and is left alone until a person has seen to it, because "
    "trying again would lock it for good; correct the login, then run: kontoklar authorize {source}",
    AccessState.UNAVAILABLE: "could not be reached; the next run tries again",
    AccessState.INCOMPLETE: "was delivered with holes; only what balances prove was used, the next run fetches again",
}


_BY_CODE: Final = {
    "account-not-listed": "is not among the accounts of the source any more; connect it again there, or name the "
    "accounts that are wanted in `accounts` of [[sources]]",
}


class Memory:
    """``pipelines.ports.access.AccessStore`` in the books, sealed."""

    def __init__(self, books: Books, sealer: Sealer, as_of: date) -> None:
        self._books = books
        self._sealer = sealer
        self._as_of = as_of

    def load(self, source: str) -> bytes | None:
        """See AccessStore."""
        with self._books.read() as work:
            sealed = work.access.memory(source)
        return self._sealer.open(sealed) if sealed else None

    def save(self, source: str, state: bytes) -> None:
        """See AccessStore."""
        if self.load(source) == state:
            return
        sealed = self._sealer.seal(state)
        with self._books.lease("access", self._as_of), self._books.write() as work:
            work.access.remember(source, sealed)


def window_of(books: Books, as_of: date, since: date | None) -> Window:
    """The days a pull wants, from how far every account is proven."""
    with books.read() as work:
        coverage = work.statements.coverage()
    proven: dict[str, Proven] = {}
    unproven: set[str] = set()
    for row in coverage:
        if row.proven_from is None or row.proven_until is None:
            unproven.add(row.account)
            continue
        span = proven.get(row.account, Proven(row.proven_from, row.proven_until))
        proven[row.account] = Proven(max(span.first, row.proven_from), min(span.last, row.proven_until))
    # A currency of which nothing is proven needs everything.
    return Window(
        as_of,
        since,
        {account: span for account, span in proven.items() if account not in unproven},
        frozenset(row.account for row in coverage if row.held_statements),
        books.mode,
    )


@dataclass(slots=True)
class LiveFetch:
    """Takes from sources one after the other and keeps what became of their accounts.

    unavailable: names of sources that could not be reached as a whole. outcomes: per source, in order. details: per
    source what its error said; such messages hold nothing personal.
    """

    books: Books
    window: Window
    memory: Memory
    unavailable: list[str] = field(default_factory=list)
    outcomes: dict[str, list[AccountOutcome]] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)

    def fetched(self, sources: Iterable[tuple[str, Source]]) -> Iterator[Document | Finding]:
        """Documents and findings of all sources; outcomes and failures stay here. A source whose login was refused is
        not asked again until ``authorize`` has gone through."""
        with self.books.read() as work:
            locked = {fact.source: fact for fact in work.access.latest() if _refused_login(fact)}
        for name, source in sources:
            if name in locked:
                # The same wrong login once a day locks an access as surely as three times a minute.
                fact = locked[name]
                self.outcomes[name] = [AccountOutcome("", fact.state, fact.code, fact.consent_until)]
                continue
            yield from self.taken(name, partial(source.fetch, self.window), source)

    def taken(self, name: str, begin: Callable[[], Iterable[Arrival]], source: object) -> Iterator[Document | Finding]:
        """What one source delivers; its errors become outcomes of the whole source."""
        told = self.outcomes.setdefault(name, [])
        try:
            if isinstance(source, Remembering):
                source.remember_in(self.memory)
            for one in begin():
                if isinstance(one, AccountOutcome):
                    told.append(one)
                else:
                    yield one
        except SourceUnavailable as error:
            self.unavailable.append(name)
            self.details[name] = str(error)
            told.append(AccountOutcome("", AccessState.UNAVAILABLE, "source-unavailable"))
        except NeedsAuthorisation as needed:
            told.append(AccountOutcome("", AccessState.NEEDS_AUTHORISATION, needed.code))
        except AccessLocked as locked:
            told.append(AccountOutcome("", AccessState.LOCKED, locked.code))
        except ConfigurationError as wrong:
            told.append(AccountOutcome("", AccessState.UNAVAILABLE, "source-misconfigured"))
            yield Finding(FAILED, Severity.ERROR, name, f"The source {name} cannot be used: {wrong}.")
        except KontoklarError:
            raise
        except Exception as error:
            # Its text may hold data of people; type and place are enough to find it.
            place = traceback.extract_tb(error.__traceback__)[-1]
            told.append(AccountOutcome("", AccessState.UNAVAILABLE, "source-failed"))
            where = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
            yield Finding(
                FAILED, Severity.ERROR, name, f"The source {name} failed ({where}); the others went through. Report it."
            )
        finally:
            if isinstance(source, Closable):
                source.close()

    def record(self) -> list[AccountAccess]:
        """Stores what changed, with findings; returns how every account of these sources stands now."""
        with self.books.read() as work:
            known = {(fact.source, fact.account): fact for fact in work.access.latest()}
        news: list[AccountAccess] = []
        now: list[AccountAccess] = []
        for source, outcomes in self.outcomes.items():
            for outcome in _completed(outcomes, known.get((source, ""))):
                before = known.get((source, outcome.account))
                fact = _fact(source, outcome, before, self.window.as_of)
                now.append(fact)
                if fact != before:
                    news.append(fact)
        self._store(news, now)
        return now

    def _store(self, news: Sequence[AccountAccess], now: Sequence[AccountAccess]) -> None:
        findings = [
            found
            for fact in now
            for found in _findings(fact, self.window.as_of, "" if fact.account else self.details.get(fact.source, ""))
        ]
        standing = {found.finding_id for found in findings}
        subjects = {_subject(fact) for fact in now}
        with self.books.read() as work:
            open_now = work.findings.open(codes={EXPIRES, NOT_FETCHED}, subjects=subjects) if subjects else []
            stored = work.findings.known(standing)
        over = [found.finding_id for found in open_now if found.finding_id not in standing]
        if not (news or over or standing - stored):
            return
        with self.books.write() as work:
            work.access.add(news)
            work.findings.add(findings)
            work.findings.resolve(over, "the account was fetched again")


def _refused_login(fact: AccountAccess) -> bool:
    return not fact.account and fact.state is AccessState.LOCKED


def _completed(outcomes: Sequence[AccountOutcome], whole: AccountAccess | None) -> list[AccountOutcome]:
    """The outcomes, the source as a whole counted as reached again when nothing says otherwise."""
    told = list({outcome.account: outcome for outcome in outcomes}.values())
    if whole is not None and whole.state is not AccessState.COMPLETE and all(outcome.account for outcome in told):
        told.append(AccountOutcome("", AccessState.COMPLETE))
    return told


def _fact(source: str, outcome: AccountOutcome, before: AccountAccess | None, as_of: date) -> AccountAccess:
    """The outcome as a fact: the stored one where nothing changed."""
    if before is not None and (before.state, before.code, before.consent_until) == (
        outcome.state, outcome.code, outcome.consent_until,
    ):  # fmt: skip
        return before
    same_state = before is not None and (before.state, before.code) == (outcome.state, outcome.code)
    since = before.since if before is not None and same_state else as_of
    number = before.access_no + 1 if before is not None else 1
    return AccountAccess(source, outcome.account, number, outcome.state, outcome.code, outcome.consent_until, since)


def _subject(fact: AccountAccess) -> str:
    return f"{fact.source} {masked(fact.account)}"


def _findings(fact: AccountAccess, as_of: date, detail: str = "") -> Iterator[Finding]:
    subject = _subject(fact)
    advice = _BY_CODE.get(fact.code) or _ADVICE.get(fact.state)
    if advice is not None:
        severity = Severity.WARNING if fact.state is AccessState.UNAVAILABLE else Severity.ERROR
        message = f"{subject} {advice.format(source=fact.source)} ({fact.code}, since {fact.since})."
        message = f"{message} {detail}".strip()
        yield Finding(NOT_FETCHED, severity, subject, message, position=f"notice {fact.access_no}")
    if fact.consent_until is not None and (fact.consent_until - as_of).days <= WARN_DAYS:
        message = (
            f"The consent for {subject} ends on {fact.consent_until}; renew it before: "
            f"kontoklar authorize {fact.source}."
        )
        yield Finding(EXPIRES, Severity.WARNING, subject, message)
