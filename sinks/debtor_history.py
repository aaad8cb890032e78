"""How things about debtors were learned: versions of loads, facts of people, collections, confirmed payments."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy import Connection, Select, func, select

from pipelines.model.debtor import Action, IbanOrigin, LearnedIban
from pipelines.model.masking import mask_iban
from pipelines.ports.debtors import Change
from sinks import tables as t
from sinks.bulk import among
from sinks.positions import not_undone

_COMPARED: Final = (
    "name", "ibans", "external_id", "email", "aliases", "tags", "address", "dunning_plan", "dunning_block_until",
)  # fmt: skip
_CONFIRMING: Final = ("settlement", "partial", "on_account")


def learned_ibans(connection: Connection, numbers: Collection[str]) -> list[LearnedIban]:
    """One entry per account and origin, by account; ``since`` is when it was first learned in this way."""
    found: dict[tuple[str, IbanOrigin], LearnedIban] = {}

    def learn(iban: str, origin: IbanOrigin, since: str, uses: int = 0, user: str = "") -> None:
        known = found.get((iban, origin))
        if iban and (known is None or since < known.since):
            found[iban, origin] = LearnedIban(iban, origin, since, uses or (known.uses if known else 0), user)

    for accounts, at in connection.execute(_loaded(connection, numbers)):
        for iban in accounts.split("|"):
            learn(iban, IbanOrigin.LOADED, at)
    for iban, at in connection.execute(_collected(connection, numbers)):
        learn(iban, IbanOrigin.COLLECTION, at)
    for iban, uses, first in connection.execute(_paid(connection, numbers)):
        learn(iban, IbanOrigin.PAYMENT, first, int(uses))
    f = t.debtor_fact
    said = (
        select(f.c.action, f.c.value, f.c.at, f.c.user)
        .where(f.c.field == "ibans", among(connection, f.c.debtor_number, numbers))
        .order_by(f.c.fact_no)
    )
    for action, iban, at, user in connection.execute(said):
        if action == Action.ADD:
            learn(iban, IbanOrigin.PERSON, at, user=user)
        else:
            found.pop((iban, IbanOrigin.PERSON), None)
    return [found[key] for key in sorted(found)]


def _loaded(connection: Connection, numbers: Collection[str]) -> Select[tuple[str, str]]:
    parts: list[Select[tuple[str, str]]] = []
    for source, column in ((t.debtor, t.debtor.c.ibans), (t.receivable, t.receivable.c.debtor_ibans)):
        parts.append(
            select(column, func.coalesce(t.run.c.started_at, ""))
            .select_from(source)
            .join(t.run, t.run.c.run_id == source.c.run_id, isouter=True)
            .where(column != "", among(connection, source.c.debtor_number, numbers))
        )
    both = parts[0].union_all(parts[1]).subquery()
    return select(both)


def _collected(connection: Connection, numbers: Collection[str]) -> Select[tuple[str, str]]:
    c, r = t.collection, t.receivable
    return (
        select(c.c.debtor_iban, func.min(c.c.collection_date))
        .join(r, r.c.invoice_number == c.c.invoice_number)
        .where(c.c.debtor_iban != "", among(connection, r.c.debtor_number, numbers))
        .group_by(c.c.debtor_iban)
    )


def _paid(connection: Connection, numbers: Collection[str]) -> Select[tuple[str, int, str]]:
    a, bank = t.allocation, t.bank_transaction
    return (
        select(bank.c.counterparty_iban, func.count(a.c.transaction_id.distinct()), func.min(bank.c.booking_date))
        .join(bank, bank.c.transaction_id == a.c.transaction_id)
        .where(a.c.kind.in_(_CONFIRMING), bank.c.amount_minor > 0, bank.c.counterparty_iban != "")
        .where(not_undone(), among(connection, a.c.debtor_number, numbers))
        .group_by(bank.c.counterparty_iban)
    )


def history(connection: Connection, numbers: Collection[str], debtor_ids: Collection[str]) -> list[Change]:
    """Every change of a debtor, the oldest first; accounts masked."""
    changes = [*_versions(connection, numbers), *_said(connection, numbers)]
    n, a = t.debtor_renumbering, t.debtor_access
    for row in connection.execute(select(n).where(among(connection, n.c.debtor_number, numbers))).mappings():
        changes.append(
            Change(row["at"], row["user"], row["debtor_number"], "number", "set", row["debtor_number"], row["reason"])
        )
    for row in connection.execute(select(a).where(among(connection, a.c.debtor_id, debtor_ids))).mappings():
        changes.append(Change(row["at"], row["user"], "", "access", "set", "", row["reason"]))
    return sorted(changes, key=lambda change: change.at)


def _versions(connection: Connection, numbers: Collection[str]) -> Iterable[Change]:
    d = t.debtor
    query = (
        select(d, func.coalesce(t.run.c.started_at, "").label("at"))
        .join(t.run, t.run.c.run_id == d.c.run_id, isouter=True)
        .where(among(connection, d.c.debtor_number, numbers))
        .order_by(d.c.debtor_number, d.c.version)
    )
    before: dict[str, object] = {}
    for row in connection.execute(query).mappings():
        same = before.get("debtor_number") == row["debtor_number"]
        changed = [name for name in _COMPARED if (row[name] != before[name] if same else row[name])]
        version = f"version {row['version']}"
        yield Change(row["at"], "kontoklar", row["debtor_number"], "loaded", version, "|".join(changed), "")
        before = dict(row)


def _said(connection: Connection, numbers: Collection[str]) -> Iterable[Change]:
    f = t.debtor_fact
    query = select(f).where(among(connection, f.c.debtor_number, numbers)).order_by(f.c.fact_no)
    for row in connection.execute(query).mappings():
        value = mask_iban(row["value"]) if row["field"] == "ibans" else row["value"]
        yield Change(row["at"], row["user"], row["debtor_number"], row["field"], row["action"], value, row["reason"])
