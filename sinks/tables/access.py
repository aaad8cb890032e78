"""Access to bank accounts: how it stands, and what sources remember of it."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint

from sinks.tables.columns import day, number, table, text

account_access = table(  # how a source last could reach an account; the highest number counts
    "account_access",
    text("source"), text("account"),  # "": the source as a whole
    number("access_no"),
    text("state"),  # model.access.AccessState
    text("code"), day("consent_until", optional=True), day("since"), text("run_id"),
    PrimaryKeyConstraint("source", "account", "access_no"),
)
access_memory = table(  # what a source remembers, encrypted; the highest number counts
    "access_memory",
    text("source"), number("memory_no"),
    text("sealed"),  # Fernet token
    text("run_id"),
    PrimaryKeyConstraint("source", "memory_no"),
)
