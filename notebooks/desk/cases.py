"""The review queue as rows of the grid, and one case in full: what was paid, what it could be, and why it waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from desk import formats
from desk.inert import inert
from desk.opening import Desk
from pipelines.learning.reasons import text as reason_text

# How soon a reminder may leave before a case counts as pressing.
_PRESSING = timedelta(days=5)
_WAYS = 3


def rows(desk: Desk, only: Iterable[str] = ()) -> list[dict[str, Any]]:
    """What waits, most urgent first: amount × age × whether somebody is about to be dunned for it.

    only: transaction ids; none given: all of them.
    """
    wanted = set(only)
    waiting = [
        row for row in desk.app.inquiries.review_queue(desk.as_of) if not wanted or row["transaction_id"] in wanted
    ]
    pressing = _pressing(desk)
    found = [_row(desk, row, pressing) for row in waiting]
    found.sort(key=lambda row: (-row["score"], row["id"]))
    return found


def _pressing(desk: Desk) -> set[str]:
    """Invoices whose reminder is held back or close, because this money may be theirs."""
    return {str(trigger["invoice_number"]) for trigger in desk.app.inquiries.held_triggers()}


def _row(desk: Desk, row: Mapping[str, Any], pressing: set[str]) -> dict[str, Any]:
    currency, language = str(row["currency"]), desk.language
    minor = formats.minor_of(str(row["unallocated"]), currency)
    invoices = str(row["invoices"]).split("|") if row["invoices"] else []
    days = int(row["days"])
    urgent = 3 if pressing & set(invoices) else 1
    why = reason_text(str(row["reason"]), language) or str(row["reason"])
    best = ", ".join(invoices[:3]) + ("…" if len(invoices) > 3 else "")
    share = formats.percent(row["probability"], language) if row["probability"] is not None else ""
    name, text = inert(str(row["counterparty"])), inert(str(row["remittance"]))
    return {
        "id": row["transaction_id"],
        "date": row["booking_date"],
        "day": formats.day(row["booking_date"], language),
        "days": days,
        "name": name,
        "text": text,
        "kind": row["kind"],
        "reason": row["reason"],
        "why": why,
        "best": " ".join(filter(None, [inert(best), share])),
        "rest": formats.money(minor, currency, language),
        "rest_minor": minor,
        "plain": formats.plain(abs(minor), currency, language),
        "score": abs(minor) * (1 + days) * urgent,
        "find": " ".join([name, text, str(row["unallocated"]), best, str(row["transaction_id"])]).lower(),
        "version": "",
    }


def detail(desk: Desk, transaction_id: str, queue: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """One case: the payer's account (masked), the alternatives side by side with their evidence, and how many alike.

    queue: the rows of the grid, to count like cases.
    """
    story = desk.app.inquiries.explain(transaction_id)
    transaction = story["transaction"]
    currency = str(transaction["currency"])
    ways = [_way(desk, proposal, currency) for proposal in story["proposals"][:_WAYS] if proposal.get("lines")]
    mine = next((row for row in queue if row["id"] == transaction_id), None)
    like = sum(_alike(row, mine) for row in queue) - 1 if mine is not None and ways else 0
    return {
        "iban": formats.masked(str(transaction.get("counterparty_iban") or "")) or "–",
        "ways": ways,
        "like": max(like, 0),
    }


def _alike(row: Mapping[str, Any], mine: Mapping[str, Any]) -> bool:
    return bool(row["reason"] == mine["reason"] and row["best"])


def alike(desk: Desk, transaction_id: str, queue: Sequence[Mapping[str, Any]]) -> list[str]:
    """Cases that wait for the same reason and have a proposal, this one first."""
    mine = next((row for row in queue if row["id"] == transaction_id), None)
    if mine is None:
        return []
    others = [str(row["id"]) for row in queue if row["id"] != transaction_id and _alike(row, mine)]
    return [transaction_id, *others]


def _way(desk: Desk, proposal: Mapping[str, Any], currency: str) -> dict[str, Any]:
    language = desk.language
    lines = [
        {
            "invoice": inert(str(line.get("invoice_number") or f"@{line.get('debtor_number')}")),
            "amount": formats.money(formats.minor_of(str(line["cash"]), currency), currency, language),
            "plain": formats.plain(abs(formats.minor_of(str(line["cash"]), currency)), currency, language),
            "about": inert(
                " · ".join(filter(None, [str(line.get("debtor_number") or ""), str(line.get("kind") or "")]))
            ),
        }
        for line in proposal["lines"]
    ]
    return {
        "rank": int(proposal["rank"]),
        "probability": formats.percent(proposal["probability"], language),
        "lines": lines,
        "evidence": [
            {"label": inert(f"{step.get('field')}: {step.get('level')}"), "bits": float(step.get("bits") or 0.0)}
            for step in proposal.get("waterfall", ())
        ],
    }
