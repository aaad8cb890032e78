"""What matching learns from decisions: audit samples, backtests, activated policies."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Text

from sinks.tables.columns import BIGINT, day, number, table, text

audit_sample = table(  # automatic proposals drawn for checking
    "audit_sample",
    Column("proposal_id", Text, primary_key=True),
    text("transaction_id"), number("match_no"), text("run_id"),
    Index(None, "transaction_id"),
)
policy_backtest = table(  # a policy replayed over a past period; figures: JSON
    "policy_backtest",
    Column("backtest_id", Text, primary_key=True),
    text("policy_hash"), text("policy_name"), day("from_day"), day("to_day"), text("figures"), text("at"),
    text("run_id"),
    Index(None, "policy_hash"),
)
policy_activation = table(  # who put a policy in force, and on which backtest; policy: JSON of all its values
    "policy_activation",
    Column("sequence", BIGINT, primary_key=True, autoincrement=False),
    text("policy_hash"), text("backtest_id"), text("policy"), text("user"), text("reason"), text("at"), text("run_id"),
    Index(None, "policy_hash"),
)
calibration_run = table(  # weights estimated from confirmed decisions; figures: JSON, old against new
    "calibration_run",
    text("calibration_id"), text("policy_hash"), text("base_hash"), day("from_day"), day("to_day"), text("figures"),
    text("at"), text("run_id"),
    PrimaryKeyConstraint("calibration_id"),
)
