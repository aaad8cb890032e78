"""Four eyes: a decision above a limit, or of a listed kind, becomes a request that another user releases.

An operation computes what it would write, then calls ``gate`` inside its own commit. Either the gate lets it pass, or
it has stored the request and the operation writes nothing else. Releasing replays the stored command through the very
same operation; the answer to the request and what the operation writes are one commit, so it is applied exactly once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from pipelines.errors import DecisionRefused, LedgerInvariantBroken, NotAllowed, StaleRequest
from pipelines.model.money import Money
from pipelines.ports.approvals import Request
from pipelines.ports.audit import AuditEvent
from pipelines.ports.work import Books, Work
from pipelines.roles import Access

APPROVED: Final = "approved"
REFUSED: Final = "refused"
STALE: Final = "stale"


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """What needs a second person (``[approval]``). limit_minor: cents of EUR, above which a decision waits; None for
    no limit. kinds: commands that always wait, whatever the amount."""

    limit_minor: int | None = None
    kinds: frozenset[str] = frozenset()

    def needs_approval(self, kind: str, amount: Money, user: str) -> bool:
        """Whether a decision of this kind and amount waits for somebody other than ``user``.

        The limit is in EUR: an amount in another currency that moves anything waits as soon as there is a limit.
        """
        if kind in self.kinds:
            return True
        if self.limit_minor is None or not amount.minor:
            return False
        return amount.currency != "EUR" or abs(amount.minor) > self.limit_minor


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """An operation with its arguments, as it will be replayed. arguments: JSON-ready; user and reason are not part."""

    name: str
    subject: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    debtor_number: str = ""


@dataclass(frozen=True, slots=True)
class Released:
    """The release under which a stored command is replayed: the request, and who released it and why."""

    request: Request
    user: str
    reason: str


def basis_of(*facts: object) -> str:
    """A hash of what a decision rests on, such as amounts still open: another hash makes a request stale.

    facts: plain values, tuples and dataclasses whose ``repr`` says all of them.
    """
    return hashlib.blake2b("\0".join(map(repr, facts)).encode(), digest_size=16).hexdigest()


def gate(
    work: Work,
    rules: ApprovalRules,
    command: TypedCommand,
    amount: Money,
    *,
    user: str,
    reason: str,
    basis: str,
    insist: bool = False,
    released: Released | None = None,
) -> Request | None:
    """None: go on and write. A Request: it has been stored and waits; write nothing else in this commit.

    amount: what the decision moves, its sign does not matter. basis: ``basis_of`` the facts it rests on. insist: needs
    approval whatever the rules say (rebooking across debtors). released: set while an approved request is replayed;
    then the request is answered here, in this commit. Raises StaleRequest when the books have moved on.
    """
    if released is not None:
        asked = released.request
        if (asked.command, asked.subject) != (command.name, command.subject):
            raise LedgerInvariantBroken("A released request was replayed as another command.")
        if asked.basis != basis:
            raise StaleRequest("The books have moved on since this was asked for; decide anew.")
        work.approvals.answer(asked.request_id, APPROVED, released.user, released.reason)
        _note(work, asked, "approval-approved", released.user, released.reason)
        return None
    if not insist and not rules.needs_approval(command.name, amount, user):
        return None
    before = {waiting.request_id for waiting in work.approvals.pending()}
    request: Request = work.approvals.add(
        command.name,
        command.subject,
        command.arguments,
        debtor_number=command.debtor_number,
        amount_minor=abs(amount.minor),
        currency=amount.currency,
        basis=basis,
        user=user,
        reason=reason,
    )
    if request.request_id not in before:
        _note(work, request, "approval-requested", user, reason)
    return request


def _note(work: Work, request: Request, event: str, user: str, reason: str) -> None:
    details = f'{{"command":"{request.command}","request":"{request.request_id}"}}'
    work.audit.append([AuditEvent(event, request.subject, user, reason, details, debtor=request.debtor_number)])


Replay = Callable[[Request, Released], Any]


@dataclass(frozen=True, slots=True)
class ApprovalDesk:
    """Where what waits is released or refused. replays: command → the operation that carries it out again."""

    books: Books
    as_of: date
    replays: Mapping[str, Replay]
    access: Access = field(default_factory=Access)

    def pending(self) -> list[Request]:
        """What waits for a second person, the oldest first."""
        with self.books.read() as work:
            waiting: list[Request] = work.approvals.pending()
        return waiting

    def approve(self, key: str, *, user: str, reason: str) -> Any:
        """Carries a request out as it was asked for, and returns what the operation returns.

        key: the request's id or the beginning of it. Raises DecisionRefused for an unknown or answered request and for
        the requester's own, StaleRequest when it no longer fits (the request is closed then).
        """
        with self.books.lease("approve", self.as_of):
            request = self._waiting(key, user, reason)
            replay = self.replays.get(request.command)
            if replay is None:
                raise LedgerInvariantBroken(f'Nothing here carries out "{request.command}".')
            try:
                done = replay(request, Released(request, user.strip(), reason))
            except DecisionRefused as refusal:
                self._close(request, STALE, user, str(refusal))
                raise StaleRequest(f"Request {request.request_id[:8]} is closed as stale: {refusal}") from None
            with self.books.read() as work:
                if work.approvals.find(request.request_id)[0].outcome != APPROVED:
                    raise LedgerInvariantBroken(f'"{request.command}" was carried out without its request.')
        return done

    def refuse(self, key: str, *, user: str, reason: str) -> Request:
        """Closes a request; nothing of it is carried out. The requester may take back their own."""
        with self.books.lease("refuse", self.as_of):
            request = self._waiting(key, user, reason, own=True)
            self._close(request, REFUSED, user, reason)
        return request

    def _waiting(self, key: str, user: str, reason: str, *, own: bool = False) -> Request:
        if not user.strip() or not reason.strip():
            raise DecisionRefused("An approval names who decides (--user) and why (--reason).")
        with self.books.read() as work:
            found: list[Request] = work.approvals.find(key)
        if not found:
            raise DecisionRefused("There is no such request; see: kontoklar review approvals")
        if len(found) > 1:
            raise DecisionRefused(f"{len(found)} requests are meant by this; give more of the id.")
        request = found[0]
        if request.outcome:
            raise DecisionRefused(f"Request {request.request_id[:8]} is {request.outcome} already.")
        mine = request.user.strip().casefold() == user.strip().casefold()
        if mine and own:
            return request
        self.access.require(user, "approve", "answer requests")
        if mine:
            raise NotAllowed("Four eyes: somebody other than the one who asked has to release it.")
        return request

    def _close(self, request: Request, outcome: str, user: str, reason: str) -> None:
        with self.books.write() as work:
            work.approvals.answer(request.request_id, outcome, user.strip(), reason)
            _note(work, request, f"approval-{outcome}", user.strip(), reason)
