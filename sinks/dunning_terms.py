"""What the newest message of each trigger told, for the ``triggers`` table."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, select

from pipelines.model.money import format_minor
from sinks import tables as t

COLUMNS = ["template", "fee", "pay_until"]


def with_terms(connection: Connection, triggers: pd.DataFrame) -> pd.DataFrame:
    """The frame with ``COLUMNS`` added: decimal texts and ISO days, "" where nothing was told."""
    d = t.dunning_terms.c
    rows = connection.execute(select(d.trigger_id, d.template, d.fee_minor, d.deadline).order_by(d.event_no))
    told = {key: (template, int(fee), day or "") for key, template, fee, day in rows}
    nothing = ("", 0, "")
    found = [told.get(key, nothing) for key in triggers["trigger_id"]]
    out = triggers.copy()
    out["template"] = [template for template, _, _ in found]
    out["fee"] = [
        format_minor(fee, currency) if fee else ""
        for (_, fee, _), currency in zip(found, triggers["currency"], strict=True)
    ]
    out["pay_until"] = [day for _, _, day in found]
    return out
