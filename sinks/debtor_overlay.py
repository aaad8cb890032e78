"""What people said about debtors, laid over the frames that matching works on."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd
from sqlalchemy import Connection, select

from pipelines.model.debtor import DebtorFact, debtor_id, with_facts
from pipelines.ports.work import WorkContext
from sinks import tables as t


def lay_over(connection: Connection, context: WorkContext, frame: pd.DataFrame, ibans: str) -> pd.DataFrame:
    """The frame with people's IBANs and aliases in it; a name given by hand is one more alias.

    ibans: the column that holds them, ``|``-joined, beside ``aliases`` and ``debtor_number``. Where nobody said a thing
    the frame comes back as it is. An account or alias a person removed is gone, whoever told it.
    """
    facts = _facts(connection)
    if not facts or frame.empty:
        return frame
    renumbered = {
        row[0]: row[1]
        for row in connection.execute(select(t.debtor_renumbering.c.debtor_number, t.debtor_renumbering.c.debtor_id))
    }
    numbers = frame["debtor_number"]
    ids = {number: renumbered.get(number) or debtor_id(context.mode, number) for number in numbers.unique().tolist()}
    told = {number: facts[id_] for number, id_ in ids.items() if id_ in facts}
    places = numbers.index[numbers.isin(list(told))]
    if not len(places):
        return frame
    frame = frame.copy()
    rows = frame.loc[places, ["debtor_number", ibans, "aliases"]]
    accounts, aliases = [], []
    for number, known_ibans, known_aliases in rows.itertuples(index=False, name=None):
        lists = {"ibans": known_ibans.split("|"), "aliases": known_aliases.split("|")}
        single, merged, _ = with_facts({"name": ""}, lists, told[number])
        names = [*merged["aliases"], *([single["name"]] if single["name"] else [])]
        accounts.append("|".join(merged["ibans"]))
        aliases.append("|".join(dict.fromkeys(names)))
    frame.loc[places, ibans] = accounts
    frame.loc[places, "aliases"] = aliases
    return frame


def _facts(connection: Connection) -> dict[str, list[DebtorFact]]:
    f = t.debtor_fact
    query = select(f).where(f.c.field.in_(["ibans", "aliases", "name"])).order_by(f.c.debtor_id, f.c.fact_no)
    found: dict[str, list[DebtorFact]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[row["debtor_id"]].append(DebtorFact(**{name: row[name] for name in DebtorFact.__dataclass_fields__}))
    return dict(found)
