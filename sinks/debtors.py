"""Who debtors are and what is known about them (``pipelines.ports.debtors.Debtors``)."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection, func, select, union

from pipelines.model.debtor import LIST_FIELDS, SINGLE_FIELDS, DebtorFact, LearnedIban, Profile, debtor_id, with_facts
from pipelines.ports.debtors import Change, NamedDebtor
from pipelines.ports.work import WorkContext
from sinks import tables as t
from sinks.bulk import among, insert_rows
from sinks.current import newest
from sinks.debtor_history import history, learned_ibans
from sinks.keys import keyed_hash, secret_key

_SHORTEST_PREFIX: Final = 6


class DebtorRepository:
    """Implements ports.debtors.Debtors over one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context
        # Ids are derived: this remembers the numbers they were derived from.
        self._first: dict[str, str] = {}

    # --- identity -----------------------------------------------------------------------------------------------

    @cached_property
    def _renumbered(self) -> dict[str, tuple[str, str]]:
        """number → (debtor id, number before); only numbers that are not a debtor's first."""
        r = t.debtor_renumbering.c
        rows = self._connection.execute(select(r.debtor_number, r.debtor_id, r.previous_number))
        return {row[0]: (row[1], row[2]) for row in rows}

    def id_of(self, debtor_number: str) -> str:
        """The immutable id behind a number."""
        known = self._renumbered.get(debtor_number)
        if known:
            return known[0]
        id_ = debtor_id(self._context.mode, debtor_number)
        self._first[id_] = debtor_number
        return id_

    def numbers(self, debtor_id: str) -> tuple[str, ...]:
        """First to newest."""
        following = {before: number for number, (id_, before) in self._renumbered.items() if id_ == debtor_id}
        first = next((before for before in following if before not in following.values()), "")
        if not first:
            self._learn({debtor_id})
            first = number if self.is_known(number := self._first.get(debtor_id, "")) else ""
        chain = [first] if first else []
        while chain and chain[-1] in following:
            chain.append(following[chain[-1]])
        return tuple(chain)

    def find(self, key: str) -> list[str]:
        """Ids meant by a number, an id, the beginning of one, or an external id."""
        if self.is_known(key):
            return [self.id_of(key)]
        found = set()
        if len(key) >= _SHORTEST_PREFIX:
            found = {id_ for id_ in map(self.id_of, self.all_numbers()) if id_.startswith(key)}
        d = newest(t.debtor, "debtor_number").subquery()
        external = self._connection.scalars(select(d.c.debtor_number).where(d.c.external_id == key))
        said = t.debtor_fact.c
        own = self._connection.scalars(select(said.debtor_number).where(said.field == "external_id", said.value == key))
        candidates = {self.id_of(number) for number in {*external, *own}} if key else set()
        found |= {id_ for id_ in candidates if self.profiles([id_])[id_].external_id == key}
        return sorted(found)

    def is_known(self, debtor_number: str) -> bool:
        """Whether any fact names this number."""
        if not debtor_number:
            return False
        return any(
            self._connection.execute(select(1).where(column == debtor_number).limit(1)).first() is not None
            for column in _NUMBERS
        )

    def all_numbers(self) -> list[str]:
        """Every customer number any fact names, sorted."""
        query = union(*(select(column).where(column != "") for column in _NUMBERS))
        return sorted(self._connection.scalars(query))

    # --- what is known ------------------------------------------------------------------------------------------

    def profiles(self, debtor_ids: Collection[str]) -> dict[str, Profile]:
        """Debtors as known now."""
        chains = self._chains(set(debtor_ids))
        numbers = [number for chain in chains.values() for number in chain]
        loaded = self._loaded(numbers)
        billed = self._billed(numbers)
        facts = self._facts(list(chains))
        found = {}
        for id_, chain in chains.items():
            # Newest number first: an older one only fills what the newer ones leave open.
            rows = [loaded[number] for number in reversed(chain) if number in loaded]
            single = {name: next((row[name] for row in rows if row[name]), "") for name in SINGLE_FIELDS}
            single["name"] = single["name"] or next((billed[n][0] for n in reversed(chain) if n in billed), "")
            lists: dict[str, list[str]] = {
                name: [one for row in rows for one in str(row[name]).split("|")] for name in LIST_FIELDS
            }
            lists["ibans"] += [iban for number in chain if number in billed for iban in billed[number][1]]
            values, merged, own = with_facts(single, lists, facts.get(id_, []))
            found[id_] = Profile(
                debtor_id=id_,
                debtor_number=chain[-1],
                numbers=chain,
                own=own,
                name=values["name"],
                email=values["email"],
                address=values["address"],
                external_id=values["external_id"],
                ibans=merged["ibans"],
                aliases=merged["aliases"],
                tags=merged["tags"],
            )
        return found

    def _chains(self, debtor_ids: set[str]) -> dict[str, tuple[str, ...]]:
        """Every number of each of these debtors."""
        renumbered = {id_ for id_, _ in self._renumbered.values()}
        self._learn(debtor_ids - renumbered)
        first = {id_: number for id_ in debtor_ids if self.is_known(number := self._first.get(id_, ""))}
        return {
            id_: self.numbers(id_) if id_ in renumbered else (first[id_],)
            for id_ in sorted(debtor_ids)
            if id_ in renumbered or id_ in first
        }

    def _learn(self, debtor_ids: Collection[str]) -> None:
        """Remembers the first number behind each id: one pass over all numbers for however many came without one."""
        if not self._first.keys() >= set(debtor_ids):
            for number in self.all_numbers():
                self.id_of(number)

    def _loaded(self, numbers: Collection[str]) -> dict[str, Mapping[str, Any]]:
        query = newest(t.debtor, "debtor_number").where(among(self._connection, t.debtor.c.debtor_number, numbers))
        return {row["debtor_number"]: dict(row) for row in self._connection.execute(query).mappings()}

    def _billed(self, numbers: Collection[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
        """What invoices say: the newest name, and every account."""
        r = t.receivable
        query = (
            select(r.c.debtor_number, r.c.debtor_name, r.c.debtor_ibans)
            .where(among(self._connection, r.c.debtor_number, numbers))
            .order_by(r.c.debtor_number, r.c.issue_date, r.c.invoice_number, r.c.version)
        )
        names: dict[str, str] = {}
        ibans: dict[str, dict[str, None]] = defaultdict(dict)
        for number, name, accounts in self._connection.execute(query):
            names[number] = name or names.get(number, "")
            ibans[number].update(dict.fromkeys(one for one in accounts.split("|") if one))
        return {number: (name, tuple(ibans[number])) for number, name in names.items()}

    def named(self) -> Iterator[NamedDebtor]:
        """Every known debtor with all names."""
        names: dict[str, dict[str, None]] = {number: {} for number in self.all_numbers()}
        d, r, f = newest(t.debtor, "debtor_number").subquery(), t.receivable.c, t.debtor_fact.c
        for number, name, aliases in self._connection.execute(select(d.c.debtor_number, d.c.name, d.c.aliases)):
            names[number].update(dict.fromkeys([name, *aliases.split("|")]))
        billed = select(r.debtor_number, r.debtor_name).where(r.debtor_name != "").distinct()
        for number, name in self._connection.execute(billed.order_by(r.debtor_number, r.debtor_name)):
            names[number][name] = None
        said = select(f.debtor_number, f.value).where(f.field.in_(["name", "aliases"]), f.action.in_(["set", "add"]))
        for number, value in self._connection.execute(said.order_by(f.debtor_number, f.fact_no)):
            names[number][value] = None
        for number, known in names.items():
            yield NamedDebtor(number, tuple(name for name in known if name))

    def learned_ibans(self, numbers: Collection[str]) -> list[LearnedIban]:
        """Accounts and how they were learned."""
        return learned_ibans(self._connection, numbers)

    def history(self, numbers: Collection[str]) -> list[Change]:
        """Every change, the oldest first."""
        return history(self._connection, numbers, {self.id_of(number) for number in numbers})

    def facts(self, debtor_id: str) -> list[DebtorFact]:
        """What people said, in order."""
        return self._facts([debtor_id]).get(debtor_id, [])

    def _facts(self, debtor_ids: Collection[str]) -> dict[str, list[DebtorFact]]:
        f = t.debtor_fact
        query = select(f).where(among(self._connection, f.c.debtor_id, debtor_ids)).order_by(f.c.debtor_id, f.c.fact_no)
        found: dict[str, list[DebtorFact]] = defaultdict(list)
        for row in self._connection.execute(query).mappings():
            found[row["debtor_id"]].append(DebtorFact(**{name: row[name] for name in DebtorFact.__dataclass_fields__}))
        return found

    # --- writing ------------------------------------------------------------------------------------------------

    def add_fact(self, debtor_number: str, field: str, action: str, value: str, user: str, reason: str) -> DebtorFact:
        """Stores one fact."""
        id_ = self.id_of(debtor_number)
        f = t.debtor_fact
        last = self._connection.scalar(select(func.max(f.c.fact_no)).where(f.c.debtor_id == id_)) or 0
        fact = DebtorFact(id_, int(last) + 1, debtor_number, field, action, value, user, reason, self._context.now)
        row = {name: getattr(fact, name) for name in DebtorFact.__dataclass_fields__}
        insert_rows(self._connection, f, [row | {"run_id": self._context.run_id}])
        return fact

    def stands_alone(self, debtor_number: str) -> bool:
        """Known from loads and payments only."""
        id_ = debtor_id(self._context.mode, debtor_number)
        if debtor_number in self._renumbered or any(id_ == known for known, _ in self._renumbered.values()):
            return False
        tables = (t.debtor_fact, t.debtor_access, t.block)
        return not any(
            self._connection.execute(select(1).where(table.c.debtor_id == id_).limit(1)).first() for table in tables
        )

    def shared_external_ids(self) -> list[tuple[str, ...]]:
        """Numbers of different debtors with one external id, in the order in which they were loaded first."""
        d = newest(t.debtor, "debtor_number").where(t.debtor.c.external_id != "").subquery()
        twice = select(d.c.external_id).group_by(d.c.external_id).having(func.count() > 1)
        first = (
            select(t.debtor.c.debtor_number, t.run.c.started_at)
            .join(t.run, t.run.c.run_id == t.debtor.c.run_id, isouter=True)
            .where(t.debtor.c.version == 1)
            .subquery()
        )
        query = (
            select(d.c.external_id, d.c.debtor_number)
            .join(first, first.c.debtor_number == d.c.debtor_number)
            .where(d.c.external_id.in_(twice))
            .order_by(d.c.external_id, first.c.started_at, d.c.debtor_number)
        )
        found: dict[str, list[str]] = defaultdict(list)
        for external_id, number in self._connection.execute(query):
            found[external_id].append(number)
        return [tuple(numbers) for numbers in found.values() if len({self.id_of(one) for one in numbers}) > 1]

    def renumber(self, debtor_id: str, previous: str, number: str, user: str, reason: str) -> None:
        """Gives a debtor a further number."""
        row = {
            "debtor_number": number, "debtor_id": debtor_id, "previous_number": previous, "user": user,
            "reason": reason, "at": self._context.now, "run_id": self._context.run_id,
        }  # fmt: skip
        insert_rows(self._connection, t.debtor_renumbering, [row])
        self.__dict__.pop("_renumbered", None)

    # --- a debtor's own page --------------------------------------------------------------------------------------

    def access_hash(self, debtor_id: str) -> str:
        """The id and 128 keyed bits."""
        return f"{debtor_id}.{self._proof(debtor_id)}"

    def by_access_hash(self, access_hash: str) -> str:
        """The debtor's id, or "" ."""
        id_, _, proof = access_hash.strip().partition(".")
        right = hmac.compare_digest(self._proof(id_).encode(), proof.encode())
        return id_ if right and self.numbers(id_) else ""

    def _proof(self, debtor_id: str) -> str:
        a = t.debtor_access
        renewed = self._connection.scalar(select(func.max(a.c.access_no)).where(a.c.debtor_id == debtor_id)) or 0
        return keyed_hash(secret_key(self._connection), "access", debtor_id, int(renewed))[:32]

    def renew_access(self, debtor_id: str, user: str, reason: str) -> None:
        """Makes every access hash given out before worthless."""
        a = t.debtor_access
        last = self._connection.scalar(select(func.max(a.c.access_no)).where(a.c.debtor_id == debtor_id)) or 0
        row = {
            "debtor_id": debtor_id, "access_no": int(last) + 1, "user": user, "reason": reason,
            "at": self._context.now, "run_id": self._context.run_id,
        }  # fmt: skip
        insert_rows(self._connection, a, [row])


_NUMBERS: Final = (
    t.debtor.c.debtor_number,
    t.receivable.c.debtor_number,
    t.debtor_fact.c.debtor_number,
    t.debtor_renumbering.c.debtor_number,
    t.allocation.c.debtor_number,
    t.contract.c.debtor_number,
)
