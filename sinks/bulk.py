"""Inserting many rows at the speed of the driver."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import psycopg
from sqlalchemy import ARRAY, ColumnElement, Connection, Table, Text, any_, func, literal, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from pipelines.errors import IdempotencyConflict, LedgerInvariantBroken

# Below this a COPY costs more round trips than it saves.
_COPY_FROM: Final = 500
_PLAIN: Final = frozenset({str, int, float, bytes, bool, type(None)})


def note_rows(connection: Connection, count: int) -> None:
    """Remembers on the connection that rows changed (``sinks.database.rows_written``)."""
    connection.info["rows_written"] = connection.info.get("rows_written", 0) + count


@lru_cache(maxsize=256)
def _statement(table: Table, names: tuple[str, ...], mark: str, skip_existing: bool) -> str:
    columns = ", ".join(f'"{table.c[name].name}"' for name in names)
    marks = ", ".join([mark] * len(names))
    conflict = " ON CONFLICT DO NOTHING" if skip_existing else ""
    return f"INSERT INTO {table.name} ({columns}) VALUES ({marks}){conflict}"  # noqa: S608 - names of our own schema


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], *, skip_existing: bool = False
) -> int:
    """Inserts ``rows`` (all with the same keys, plain values only) and returns how many were new.

    skip_existing: leave out rows that meet an existing key. Otherwise such a row raises IdempotencyConflict, and one
    that a constraint refuses LedgerInvariantBroken; both name the table, never the values. Dates and enums are given
    as text; ValueError tells about rows of another shape.
    """
    if not rows:
        return 0
    names = tuple(rows[0])
    width = len(names)
    pick = itemgetter(*names) if width > 1 else None
    values: list[tuple[Any, ...]]
    values = [pick(row) for row in rows] if pick else [(row[names[0]],) for row in rows]
    if any(len(row) != width for row in rows):
        raise ValueError(f"rows for {table.name} do not all have the same columns")
    return insert_tuples(connection, table, names, values, skip_existing=skip_existing)


def insert_tuples(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    values: list[tuple[Any, ...]],
    *,
    skip_existing: bool = False,
) -> int:
    """``insert_rows`` for rows that are tuples already, in the order of ``names``."""
    if not values:
        return 0
    if any(type(value) not in _PLAIN for value in values[0]):
        raise ValueError(f"rows for {table.name} must hold plain text, numbers or bytes")
    try:
        if connection.dialect.name == "sqlite":
            return connection.exec_driver_sql(_statement(table, names, "?", skip_existing), values).rowcount
        if len(values) < _COPY_FROM:
            return connection.exec_driver_sql(_statement(table, names, "%s", skip_existing), values).rowcount
        return _copy(connection, table, names, values, skip_existing)
    except IntegrityError as error:
        # The driver's message would quote the row.
        if _is_unique(error):
            raise IdempotencyConflict(f"A row of {table.name} exists already under the same key.") from None
        raise LedgerInvariantBroken(f"A row of {table.name} breaks a constraint of the schema.") from None


def _is_unique(error: IntegrityError) -> bool:
    unique = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
    return isinstance(error.orig, psycopg.errors.UniqueViolation) or (
        getattr(error.orig, "sqlite_errorcode", None) in unique
    )


def _copy(
    connection: Connection, table: Table, names: tuple[str, ...], values: list[tuple[Any, ...]], skip_existing: bool
) -> int:
    target = f"incoming_{table.name}" if skip_existing else table.name
    columns = ", ".join(f'"{name}"' for name in names)
    if skip_existing:
        connection.exec_driver_sql(f"CREATE TEMP TABLE {target} (LIKE {table.name} INCLUDING DEFAULTS) ON COMMIT DROP")
    statement = f"COPY {target} ({columns}) FROM STDIN"
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        with driver.cursor() as cursor:
            with cursor.copy(statement.encode()) as copy:
                for row in values:
                    copy.write_row(row)
            count = cursor.rowcount
    except psycopg.Error as error:
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
    if not skip_existing:
        note_rows(connection, count)
        return count
    moved = connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {target} ON CONFLICT DO NOTHING"  # noqa: S608
    ).rowcount
    connection.exec_driver_sql(f"DROP TABLE {target}")
    return moved


def among(connection: Connection, column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    """``column IN values`` for any number of values in one parameter (an array; on SQLite a JSON text)."""
    if connection.dialect.name == "sqlite":
        given = func.json_each(json.dumps(list(values))).table_valued("value")
        return column.in_(select(given.c.value))
    return column == any_(literal(list(values), ARRAY(Text)))
