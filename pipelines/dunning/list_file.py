"""Proposal lists as CSV: written, edited in a spreadsheet, read back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigurationError, DecisionRefused
from pipelines.model.dunning_case import ProposalList
from pipelines.model.money import format_minor

COLUMNS: Final = (
    "list_id", "kind", "as_of", "trigger_id", "debtor_number", "invoice_number", "reason", "level", "action",
    "plan", "open_amount", "currency", "state", "hold_reason", "release",
)  # fmt: skip
_YES: Final = frozenset({"yes", "y", "ja", "j", "1", "x", "true"})
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def rows_of(proposed: ProposalList) -> list[dict[str, str]]:
    """A list's lines as they stand now."""
    return [
        {
            "list_id": proposed.list_id, "kind": proposed.kind.value, "as_of": proposed.as_of.isoformat(),
            "trigger_id": line.trigger_id, "debtor_number": line.debtor_number,
            "invoice_number": line.invoice_number, "reason": line.reason, "level": str(line.level),
            "action": line.action, "plan": line.plan, "open_amount": format_minor(line.open_minor, line.currency),
            "currency": line.currency, "state": line.state, "hold_reason": line.hold_reason, "release": "yes",
        }
        for line in proposed.lines
    ]  # fmt: skip


def write_lists(out: Path, lists: Iterable[ProposalList]) -> None:
    """``;``-separated UTF-8; cells that a spreadsheet would take for a formula are quoted by an apostrophe."""
    try:
        with out.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.DictWriter(handle, COLUMNS, delimiter=";")
            writer.writeheader()
            for proposed in lists:
                for row in rows_of(proposed):
                    writer.writerow({name: f"'{cell}" if cell.startswith(_FORMULA) else cell
                                     for name, cell in row.items()})  # fmt: skip
    except OSError:
        raise ConfigurationError(f"{out} cannot be written") from None


def read_choices(path: Path, lists: Sequence[ProposalList]) -> dict[str, set[str]]:
    """list id → triggers to leave out: rows that do not say yes, and lines whose row is gone.

    Raises DecisionRefused for a file without the columns, and for rows that are on no open list.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise DecisionRefused(f"{path.name} cannot be read as UTF-8 text.") from None
    reader = csv.DictReader(text.splitlines(), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    if not {"list_id", "trigger_id", "release"} <= set(reader.fieldnames or ()):
        raise DecisionRefused(f"{path.name} lacks one of the columns list_id, trigger_id, release.")
    lines = {proposed.list_id: {line.trigger_id for line in proposed.lines} for proposed in lists}
    chosen: dict[str, set[str]] = {}
    for number, row in enumerate(reader, 2):
        list_id, trigger = (row["list_id"] or "").strip(), (row["trigger_id"] or "").strip()
        if trigger not in lines.get(list_id, ()):
            raise DecisionRefused(f"{path.name}, line {number}: this is on no list that waits; write the file anew.")
        kept = chosen.setdefault(list_id, set())
        if (row["release"] or "").strip().lower() in _YES:
            kept.add(trigger)
    if not chosen:
        raise DecisionRefused(f"{path.name} holds no line.")
    return {list_id: lines[list_id] - kept for list_id, kept in chosen.items()}
