"""What a person may do with debtors: add and change them, give them another number, keep data of theirs out.

Each is one commit with its audit row. A person's word stands above every later load until it is taken back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import TypeVar

from pipelines.debtors.blocking import normalized
from pipelines.debtors.ranges import NumberRange, is_within
from pipelines.errors import DecisionRefused
from pipelines.known import refuse_unknown
from pipelines.model.debtor import LIST_FIELDS, SINGLE_FIELDS, Action, Profile
from pipelines.model.ids import content_hash
from pipelines.model.receivable import Debtor
from pipelines.normalize import clean_text, normalize_iban
from pipelines.ports.audit import AuditEvent
from pipelines.ports.debtors import BlockRow
from pipelines.ports.receivables import RowVersion
from pipelines.ports.work import Books, Work
from pipelines.roles import Access

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One change. field: of ``model.debtor``; action: add or remove for lists, set or unset for single values."""

    field: str
    action: Action
    value: str = ""


@dataclass(frozen=True, slots=True)
class DebtorDesk:
    """The operations; each names user and reason. ranges: what customer numbers may be; access: who may do it."""

    books: Books
    as_of: date
    ranges: Sequence[NumberRange] = ()
    access: Access = field(default_factory=Access)

    def add(self, number: str, name: str, changes: Sequence[FieldChange] = (), *, user: str, reason: str) -> Profile:
        """A new debtor by hand; a later load of the same number takes over what it says."""

        def write(work: Work) -> Profile:
            self._free(work, number)
            if not clean_text(name):
                raise DecisionRefused("A debtor needs a name (--name).")
            noun = Debtor(number, clean_text(name))
            content = content_hash([str(getattr(noun, part.name)) for part in fields(noun)])
            work.receivables.add_rows("debtors", [RowVersion(noun, 1, content)])
            return self._change(work, work.debtors.id_of(number), changes, "debtor-added", user, reason, new=True)

        return self._commit("debtors", "add debtors", user, reason, write)

    def change(self, key: str, changes: Sequence[FieldChange], *, user: str, reason: str) -> Profile:
        """Sets single values, adds to and removes from lists. key: number, id, its beginning, or external id."""
        return self._commit(
            "debtors",
            "change debtors",
            user,
            reason,
            lambda work: self._change(work, one(work, key), changes, "debtor-changed", user, reason),
        )

    def renumber(self, key: str, number: str, *, user: str, reason: str, join: bool = False) -> Profile:
        """Gives a debtor another customer number; the id stays, and so does everything under the old numbers.

        join: the number was loaded already and is the same debtor. It cannot be taken back: a number that a person has
        said or blocked anything for is never joined.
        """

        def write(work: Work) -> Profile:
            id_ = one(work, key)
            if not (join and work.debtors.is_known(number) and work.debtors.stands_alone(number)):
                self._free(work, number)
            if number in work.debtors.numbers(id_):
                raise DecisionRefused(f"{number} is a number of this debtor already.")
            previous = work.debtors.numbers(id_)[-1]
            work.debtors.renumber(id_, previous, number, user, reason)
            _note(work, "debtor-renumbered", id_, number, user, reason, previous=previous)
            profile: Profile = work.debtors.profiles([id_])[id_]
            return profile

        return self._commit("debtors", "renumber debtors", user, reason, write)

    def access_hash(self, key: str, *, user: str, reason: str, renew: bool = False) -> str:
        """What opens the debtor's own page, audited. renew: every hash given out before becomes worthless."""

        def write(work: Work) -> str:
            id_ = one(work, key)
            if renew:
                work.debtors.renew_access(id_, user, reason)
            event = "debtor-access-renewed" if renew else "debtor-access-shown"
            _note(work, event, id_, work.debtors.numbers(id_)[-1], user, reason)
            told: str = work.debtors.access_hash(id_)
            return told

        return self._commit("debtors", "hand out access", user, reason, write)

    def unmask(self, key: str, *, user: str, reason: str) -> list[str]:
        """A debtor's whole IBANs, from every origin; who looked and why is audited."""

        def write(work: Work) -> list[str]:
            id_ = one(work, key)
            profile: Profile = work.debtors.profiles([id_])[id_]
            known = [learned.iban for learned in work.debtors.learned_ibans(profile.numbers)]
            _note(work, "iban-unmasked", id_, profile.debtor_number, user, reason)
            return list(dict.fromkeys([*profile.ibans, *known]))

        return self._commit("unmask", "see whole IBANs", user, reason, write)

    # --- blocklist ------------------------------------------------------------------------------------------------

    def block(
        self, kind: str, value: str, *, user: str, reason: str, key: str = "", until: date | None = None
    ) -> BlockRow:
        """Keeps an IBAN or e-mail address out, of one debtor (key) or of all, new ones too. until: last blocked day."""
        whole, masked = normalized(kind, value)
        if until is not None and until < self.as_of:
            raise DecisionRefused(f"The block would have ended on {until}; give a later day or none.")

        def write(work: Work) -> BlockRow:
            id_ = one(work, key) if key else ""
            standing: Sequence[BlockRow] = work.blocklist.of(kind, [whole], self.as_of).get(whole, [])
            same = [row for row in standing if (row.debtor_id, row.until) == (id_, until)]
            if same:
                raise DecisionRefused(f"{masked} is blocked already like this.")
            block_id = work.blocklist.add(kind, whole, masked, id_, until, user, reason)
            number = work.debtors.numbers(id_)[-1] if id_ else ""
            _note(work, "blocked", block_id, number, user, reason, kind=kind, masked=masked, until=str(until or ""))
            return BlockRow(block_id, kind, masked, id_, until, user, reason, work.context.now)

        return self._commit("block", "change the blocklist", user, reason, write)

    def unblock(self, kind: str, value: str, *, user: str, reason: str, key: str = "") -> list[BlockRow]:
        """Takes the blocks of a value back: those of one debtor (key), or those for all debtors."""
        whole, masked = normalized(kind, value)

        def write(work: Work) -> list[BlockRow]:
            id_ = one(work, key) if key else ""
            standing: Sequence[BlockRow] = work.blocklist.of(kind, [whole], self.as_of).get(whole, [])
            mine = [row for row in standing if row.debtor_id == id_]
            if not mine:
                scope = "for this debtor" if key else "for all debtors"
                raise DecisionRefused(f"{masked} is not blocked {scope}; see: kontoklar debtor blocks")
            work.blocklist.end([row.block_id for row in mine], user, reason)
            number = work.debtors.numbers(id_)[-1] if id_ else ""
            for row in mine:
                _note(work, "unblocked", row.block_id, number, user, reason, kind=kind, masked=masked)
            return mine

        return self._commit("block", "change the blocklist", user, reason, write)

    # --- the common part --------------------------------------------------------------------------------------------

    def _commit(self, permission: str, what: str, user: str, reason: str, write: Callable[[Work], T]) -> T:
        if not user.strip() or not reason.strip():
            raise DecisionRefused("A change names who makes it (--user) and why (--reason).")
        self.access.require(user, permission, what)
        with self.books.lease(f"debtor-{permission}", self.as_of):
            return self.books.commit(write)

    def _free(self, work: Work, number: str) -> None:
        if not number or number != number.strip() or clean_text(number) != number:
            raise DecisionRefused("A customer number is a text without outer blanks.")
        if not is_within(self.ranges, number):
            raise DecisionRefused(f"{number} lies outside the number ranges; see [debtors] number_ranges.")
        if work.debtors.is_known(number):
            raise DecisionRefused(
                f"The number {number} is taken, and a number belongs to one debtor for good. If it was loaded already "
                "as the new number of this debtor, say --join."
            )

    def _change(
        self,
        work: Work,
        id_: str,
        changes: Sequence[FieldChange],
        event: str,
        user: str,
        reason: str,
        new: bool = False,
    ) -> Profile:
        number = work.debtors.numbers(id_)[-1]
        before: Profile = work.debtors.profiles([id_])[id_]
        done = []
        for asked in changes:
            change = _checked(asked)
            if not _says_something(before, change):
                continue
            work.debtors.add_fact(number, change.field, change.action.value, change.value, user, reason)
            before = work.debtors.profiles([id_])[id_]
            done.append(f"{change.action}:{change.field}")
        if not done and not new:
            raise DecisionRefused("This changes nothing: the debtor is known like this already.")
        _note(work, event, id_, number, user, reason, changed=done)
        return before


def one(work: Work, key: str) -> str:
    """The id of the one debtor meant by a number, an id, its beginning or an external id. Raises DecisionRefused."""
    found: list[str] = work.debtors.find(key.strip())
    if not found:
        raise DecisionRefused("There is no such debtor; see: kontoklar debtor search")
    if len(found) > 1:
        raise DecisionRefused(f"{len(found)} debtors are meant by this; give the customer number.")
    return found[0]


def _checked(change: FieldChange) -> FieldChange:
    """The change with its value normalised. Raises DecisionRefused for a value the field cannot hold."""
    is_list = change.action in (Action.ADD, Action.REMOVE)
    refuse_unknown([change.field], LIST_FIELDS if is_list else SINGLE_FIELDS, "debtor")
    value = clean_text(change.value)
    if change.action is Action.UNSET:
        return FieldChange(change.field, change.action)
    if not value or "|" in value:
        raise DecisionRefused(f'{change.field}: a value is needed, without "|".')
    if change.field == "ibans":
        value = normalize_iban(value)
        if not value:
            raise DecisionRefused("This is no valid IBAN: country, length or check digits are wrong.")
    if change.field == "email":
        value = normalized("email", value)[0]
    return FieldChange(change.field, change.action, value)


def _says_something(now: Profile, change: FieldChange) -> bool:
    if change.action is Action.SET:
        return str(getattr(now, change.field)) != change.value or change.field not in now.own
    if change.action is Action.UNSET:
        return change.field in now.own
    known = change.value in getattr(now, change.field)
    return known if change.action is Action.REMOVE else not known


def _note(work: Work, event: str, subject: str, number: str, user: str, reason: str, **details: object) -> None:
    told = json.dumps(details, sort_keys=True, separators=(",", ":"), ensure_ascii=False) if details else ""
    work.audit.append([AuditEvent(event, subject, user, reason, told, debtor=number)])
