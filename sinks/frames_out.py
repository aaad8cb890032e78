"""From SQL to frames of text: exact amounts, never a float on the way."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from sqlalchemy import Connection, Select

from pipelines.model.money import format_minor


def read_frame(connection: Connection, query: Select[tuple[object, ...]]) -> pd.DataFrame:
    """A query's rows with their own types; integers stay integers (pandas would make floats of NULLs)."""
    result = connection.execute(query)
    names = list(result.keys())
    columns = list(zip(*result.all(), strict=True)) or [()] * len(names)
    return pd.DataFrame(
        {name: pd.Series(list(values), dtype="object") for name, values in zip(names, columns, strict=True)}
    )


def decimals(minor: Iterable[int | None], currency: Iterable[str]) -> list[str]:
    """Decimal strings with the currency's own number of decimals; None becomes ""."""
    return ["" if m is None else format_minor(int(m), c) for m, c in zip(minor, currency, strict=True)]
