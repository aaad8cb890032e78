"""The review queue as rows of the grid, and one case in full: what was paid, what it could be, and why it waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2s
from typing import Any

from desk import formats
from desk.inert import inert
from desk.opening import Desk
from desk.words import CAUSES, KINDS, STEPS, texts
from pipelines.learning.patterns import objections_of
from pipelines.learning.reasons import near_miss, seen
from pipelines.learning.reasons import text as reason_text

_WAYS = 3
# How much more a case counts when somebody is about to be dunned for what this money may pay.
_DUNNED = 3


def rows(desk: Desk, only: Iterable[str] = (), pressing: set[str] | None = None) -> list[dict[str, Any]]:
    """What waits, most urgent first: amount × age × whether somebody is about to be dunned for it; held ones last.

    only: transaction ids; none given: all of them. pressing: as ``pressing_of`` gives it, for who has it already.
    """
    close = pressing_of(desk) if pressing is None else pressing
    found = [_row(desk, row, close) for row in desk.app.inquiries.review_queue(desk.as_of, list(only))]
    found.sort(key=lambda row: (-row["score"], row["id"]))
    return found


def pressing_of(desk: Desk) -> set[str]:
    """Invoices whose reminder is held back, because money that waits may be theirs."""
    return {str(trigger["invoice_number"]) for trigger in desk.app.inquiries.held_triggers()}


def cause(code: str, language: str) -> str:
    """Why something waits, in a few words."""
    found = texts(CAUSES, language).get(code)
    return found or reason_text(code, language)


def _row(desk: Desk, row: Mapping[str, Any], pressing: set[str]) -> dict[str, Any]:
    currency, language = str(row["currency"]), desk.language
    minor = formats.minor_of(str(row["unallocated"]), currency)
    invoices = str(row["invoices"]).split("|") if row["invoices"] else []
    days = int(row["days"])
    dunned = bool(pressing.intersection(invoices))
    best = ", ".join(invoices[:3]) + ("…" if len(invoices) > 3 else "")
    share = formats.percent(row["probability"], language) if invoices and row["probability"] is not None else ""
    name, text = inert(str(row["counterparty"])), inert(str(row["remittance"]))
    return {
        "id": row["transaction_id"],
        "date": row["booking_date"],
        "day": formats.day(row["booking_date"], language),
        "days": days,
        "name": name,
        "text": text,
        "iban": str(row["account"]),
        "kind": row["kind"],
        "reason": row["reason"],
        "why": cause(str(row["reason"]), language),
        "best": inert(best),
        "share": share,
        "rest": formats.money(minor, currency, language),
        "rest_minor": minor,
        "currency": currency,
        "plain": formats.plain(abs(minor), currency, language),
        "held": bool(row["held"]),
        "dunned": dunned,
        "score": 0 if row["held"] else abs(minor) * (1 + days) * (_DUNNED if dunned else 1),
        "alike": _mark(f"{row['reason']}|{row['pattern']}") if row["pattern"] not in ("", "none") else "",
    }


def _mark(text: str) -> str:
    """A short name for an evidence pattern; thousands of rows travel to the browser."""
    return blake2s(text.encode(), digest_size=5).hexdigest()


def detail(desk: Desk, transaction_id: str, queue: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """One case: why it waits in one line, the alternatives side by side with their evidence, and how many are alike.

    queue: the rows of the grid, to count like cases. The payer's account is masked.
    """
    story = desk.app.inquiries.explain(transaction_id)
    transaction, proposals = story["transaction"], story["proposals"]
    currency = str(transaction["currency"])
    told = [proposal for proposal in proposals[:_WAYS] if proposal.get("lines")]
    numbers = {str(line.get("invoice_number") or "") for proposal in told for line in proposal["lines"]} - {""}
    positions = desk.app.inquiries.positions(numbers) if numbers else {}
    return {
        "iban": formats.masked(str(transaction.get("counterparty_iban") or "")) or "–",
        "why": _why(desk, proposals[0]) if proposals else "",
        "ways": [_way(desk, proposal, currency, positions) for proposal in told],
        "like": max(len(alike(transaction_id, queue)) - 1, 0) if told else 0,
    }


def account(desk: Desk, transaction_id: str) -> str:
    """The payer's account in full, for who asked to see it; "" where the bank told none."""
    iban = str(desk.app.inquiries.explain(transaction_id)["transaction"].get("counterparty_iban") or "")
    return " ".join(iban[place : place + 4] for place in range(0, len(iban), 4))


def alike(transaction_id: str, queue: Sequence[Mapping[str, Any]]) -> list[str]:
    """Cases that wait for the same reason on the same evidence, this one first; what is held is left out."""
    mine = next((row for row in queue if row["id"] == transaction_id), None)
    if mine is None:
        return []
    others = [
        str(row["id"])
        for row in queue
        if mine["alike"] and row["alike"] == mine["alike"] and row["id"] != transaction_id and not row["held"]
    ]
    return [transaction_id, *others]


def _why(desk: Desk, best: Mapping[str, Any]) -> str:
    pattern, reason = str(best["pattern"]), str(best["reason"])
    return near_miss(reason, pattern, objections_of(pattern), desk.language)


def _way(
    desk: Desk, proposal: Mapping[str, Any], currency: str, positions: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    return {
        "rank": int(proposal["rank"]),
        "probability": formats.percent(proposal["probability"], desk.language),
        "lines": [_line(desk, line, currency, positions) for line in proposal["lines"]],
        "evidence": [
            {
                "label": inert(_step(str(step.get("field")), str(step.get("level")), desk.language)),
                "bits": float(step.get("bits") or 0.0),
            }
            for step in proposal.get("waterfall", ())
        ],
    }


def _line(
    desk: Desk, line: Mapping[str, Any], currency: str, positions: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    language, words = desk.language, texts(KINDS, desk.language)
    cash = formats.minor_of(str(line["cash"]), currency)
    number, debtor = str(line.get("invoice_number") or ""), str(line.get("debtor_number") or "")
    kind = str(line.get("kind") or "")
    told = [words["debtor"].format(debtor=debtor) if debtor else "", words.get(kind, kind)]
    if number in positions:
        owed = formats.minor_of(positions[number]["open"], positions[number]["currency"])
        told.append(words["open"].format(amount=formats.money(owed, positions[number]["currency"], language)))
    return {
        "invoice": inert(number or f"@{debtor}"),
        "amount": formats.money(cash, currency, language),
        "plain": formats.plain(abs(cash), currency, language),
        "about": inert(" · ".join(filter(None, told))),
    }


def _step(field: str, level: str, language: str) -> str:
    """What one compared field showed, in a few words."""
    return seen(f"{field}:{level}", language) or texts(STEPS, language).get(f"{field}:{level}") or f"{field}: {level}"
