"""What an operator may see of a run: how far, how much, how old and why, but not who and not what they wrote (D17)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from pipelines.model.access import AccessState
from pipelines.model.dunning_case import ListLine
from pipelines.model.money import format_minor
from pipelines.ports.access import AccountAccess
from pipelines.ports.journal import PostedSum
from pipelines.ports.statements import AccountCoverage

# A table longer than this is read by nobody; the whole list is in the exports.
LIMIT = 100
# Markdown and HTML that Prefect's tables and notes would obey.
_MARKUP = re.compile(r"[<>&`*_\[\]|\\#~$]|[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_AGES = ((1, "today or yesterday"), (5, "2 to 5 days"), (14, "6 to 14 days"), (30, "15 to 30 days"))
_QUEUE = ("transaction_id", "booking_date", "days", "unallocated", "currency", "kind", "reason")


def inert(text: str) -> str:
    """Text that nobody's browser takes for markup: such signs become ``·``. Ours hold none that matter, except the
    underscore of a name."""
    return _MARKUP.sub(lambda found: " " if found[0] == "_" else "·", text)


def masked(account: str) -> str:
    """An account as an operator recognises it and nobody else can use it; "" means all of a source."""
    return f"{account[:4]}…{account[-4:]}" if account else "all accounts"


def access(facts: Iterable[AccountAccess], as_of: date) -> list[dict[str, str]]:
    """One row per account of the live sources: how it stands, since when, and how long its consent still holds."""
    return [
        {
            "source": fact.source,
            "account": masked(fact.account),
            "state": fact.state.value,
            "detail": fact.code,
            "since": fact.since.isoformat(),
            "consent until": fact.consent_until.isoformat() if fact.consent_until else "–",
            "days left": str((fact.consent_until - as_of).days) if fact.consent_until else "–",
        }
        for fact in sorted(facts, key=lambda fact: (fact.state is AccessState.COMPLETE, fact))
    ]


def not_fetched(facts: Iterable[AccountAccess]) -> list[str]:
    """Accounts that were not fetched, one short text each."""
    return [
        f"{fact.source} {masked(fact.account)}: {fact.state.value} ({fact.code})"
        for fact in sorted(facts)
        if fact.state is not AccessState.COMPLETE
    ]


def problems(account: AccountCoverage) -> list[str]:
    """What keeps an account from being proven to its last day; empty when nothing does."""
    counted = ((account.held_statements, "statements held"), (account.unproven_bookings, "bookings not yet proven"))
    return [f"{count} {what}" for count, what in counted if count]


def accounts(coverage: Iterable[AccountCoverage]) -> list[dict[str, str]]:
    """One row per account: proven to which day, told to which day, what is open."""
    return [
        {
            "account": f"{masked(account.account)} {account.currency}",
            "proven from": account.proven_from.isoformat() if account.proven_from else "–",
            "proven to": account.proven_until.isoformat() if account.proven_until else "–",
            "told to": account.told_until.isoformat() if account.told_until else "–",
            "open": ", ".join(problems(account)) or "nothing",
        }
        for account in coverage
    ]


def steps(summaries: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """One row per step with what it did and how long it took; the parts of a step added up."""
    counts: dict[str, Counter[str]] = {}
    seconds: Counter[str] = Counter()
    for summary in summaries:
        counts.setdefault(summary["step"], Counter()).update(summary["counts"])
        seconds[summary["step"]] += summary["seconds"]
    return [
        {
            "step": step,
            "did": ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in done.items() if n) or "nothing new",
            "seconds": f"{seconds[step]:.2f}",
        }
        for step, done in counts.items()
    ]


def posted(sums: Iterable[PostedSum]) -> list[dict[str, str]]:
    """One row per kind of allocation: how many, and what they took off (or put back on) what is owed."""
    return [
        {
            "kind": one.kind.replace("_", " "),
            "allocations": str(one.allocations),
            "amount": f"{format_minor(one.amount_minor, one.currency)} {one.currency}",
        }
        for one in sums
    ]


def queue(waiting: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The oldest of what waits for a person, without who paid and what they wrote: that is for the analyst alone."""
    return [{name: row[name] for name in _QUEUE} for row in waiting[:LIMIT]]


def ages(waiting: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """How many cases wait how long."""
    counted: Counter[str] = Counter()
    for row in waiting:
        name = next((name for days, name in _AGES if int(row["days"]) <= days), "longer than 30 days")
        counted[name] += 1
    names = [*(name for _, name in _AGES), "longer than 30 days"]
    return [{"waiting": name, "cases": str(counted[name])} for name in names if counted[name]]


def result(summaries: Iterable[Mapping[str, Any]], unavailable: Sequence[str], needed: int) -> str:
    """The result of a run in a few words: ``12 posted, 3 findings``."""
    posted = sum(int(summary["counts"].get("transactions", 0)) for summary in summaries if summary["step"] == "post")
    words = [f"{posted} posted"]
    if needed:
        words.append(f"{needed} findings")
    if unavailable:
        words.append(f"{len(unavailable)} sources down")
    return ", ".join(words)


def letters(lines: Iterable[ListLine]) -> list[dict[str, str]]:
    """One row per letter that waits for a release: whom by number, for what, at which level, and how much is owed."""
    return [
        {
            "debtor": line.debtor_number,
            "invoice": line.invoice_number,
            "reason": line.reason,
            "level": str(line.level),
            "action": line.action,
            "owed": f"{format_minor(line.open_minor, line.currency)} {line.currency}",
        }
        for line in lines
    ]


def sums(lines: Iterable[ListLine]) -> str:
    """What is owed on lines, by currency: ``1234.50 EUR, 10.00 CHF``."""
    owed: Counter[str] = Counter()
    for line in lines:
        owed[line.currency] += line.open_minor
    return ", ".join(f"{format_minor(minor, currency)} {currency}" for currency, minor in sorted(owed.items()))


_BACKTEST = {
    "posted_then": "posted by itself then",
    "posted_now": "would be posted by itself",
    "newly_posted": "newly posted",
    "lost": "lost",
    "changed": "changed",
    "known_wrong": "known wrong",
    "known_right": "known right",
}


def backtest(figures: Mapping[str, Any]) -> list[dict[str, str]]:
    """One row per kind of difference: payments, invoices and money. figures: of ``learning.backtest.Comparison``."""
    return [
        {
            "what": told,
            "payments": str(figures[name]["payments"]),
            "invoices": str(figures[name]["invoices"]),
            "amount": ", ".join(f"{money} {currency}" for currency, money in figures[name]["amount"].items()) or "0.00",
        }
        for name, told in _BACKTEST.items()
    ]


def changes(rows: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """The payments that differ, the first ``LIMIT``: what was posted then, what would be now, and what is known."""
    names = ("kind", "transaction_id", "booking_date", "amount", "currency", "then", "now", "known")
    return [{name: str(row[name]).replace("_", " ") for name in names} for row in islice(rows, LIMIT)]
