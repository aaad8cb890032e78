"""What the tables are made of. Facts only ever get added (D7); the few tables that move say so.

Conventions: ids are derived text (``model.ids``); dates and instants are ISO text, which sorts and compares the same
way on SQLite and PostgreSQL; amounts are signed whole minor units; an absent text is "" so that no key column is
ever NULL; NULL is kept for absent numbers and dates. On SQLite every table is STRICT.
"""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    BigInteger,
    Column,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# STRICT tables know only SQLite's own type names.
BIGINT: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
FLOAT: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")

# Tables whose rows may change or go; everything else is append-only and guarded by triggers.
MUTABLE = frozenset({"meta", "fence"})


def text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def number(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BIGINT, nullable=optional)


def day(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional)


def table(name: str, *items: SchemaItem) -> Table:
    return Table(name, metadata, *items, sqlite_strict=True)
