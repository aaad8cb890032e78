"""What matching learned, for people: payers, habits, refusals, the record of evidence patterns, policies in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from pipelines.learning.earned import Earned, Standing
from pipelines.learning.payers import habits, lasting, with_levels
from pipelines.learning.reasons import LANGUAGES, near_miss, seen
from pipelines.model.proposal import Disposition
from pipelines.policy import Policy, default_policy
from pipelines.ports.work import Books, Work
from pipelines.usecases.match import record


class Lessons:
    """Everything here reads one snapshot, and is JSON-ready. policy: the one in force, limits included; policy_hash:
    of the file, without them."""

    def __init__(self, books: Books, policy: Policy, policy_hash: str) -> None:
        self._books = books
        self._policy = policy
        self._hash = policy_hash

    # --- payers -------------------------------------------------------------------------------------------------

    def learned(self, as_of: date, text: str = "") -> list[dict[str, Any]]:
        """Accounts, names, habits and refusals; text: only those whose account or name holds it."""
        with self._books.read() as work:
            rows = self._facts(work, as_of)
        wanted = text.replace(" ", "").upper()
        return [row for row in rows if wanted in str(row["payer"]).replace(" ", "").upper()]

    def _facts(self, work: Work, as_of: date) -> list[dict[str, Any]]:
        rules, found = self._policy.automation, []
        for what, paid in (("account", work.learning.payers()), ("name", work.learning.names())):
            for one, level in with_levels(lasting(paid, as_of, rules), rules):
                found.append(
                    _fact(
                        what, one.key, one.debtor_number, level, one.payments, one.first_seen, one.last_seen,
                        one.last_seen + timedelta(days=rules.learned_days),
                    )
                )  # fmt: skip
        for iban, habit in habits(work.learning.manners()).items():
            usual = [name for name in habit.families if habit.level(name) == "usual"]
            extra = [word for word, count in (("several", habit.several), ("late-discount", habit.late)) if count]
            if usual or extra:
                found.append(_fact("habit", iban, "", "+".join([*usual, *extra]), habit.cases))
        for refusal in work.learning.refusals():
            told = refusal.invoice_number or "debtor"
            found.append(_fact("refused", refusal.iban, refusal.debtor_number, told, 1))
        return found

    # --- records ------------------------------------------------------------------------------------------------

    def explain(self, story: Mapping[str, Any], as_of: date, language: str = "en") -> dict[str, Any]:
        """What ``explain`` adds: the record of the best proposal's pattern, and in one line per language what was
        missing or why it posted."""
        proposals = story["proposals"]
        if not proposals:
            return {"record": None, "missing": {}}
        best = proposals[0]
        pattern, reason = best["pattern"], best["reason"]
        with self._books.read() as work:
            earned = Earned(self._policy, record(work, self._policy, as_of))
        told = {one: near_miss(reason, pattern, _further(pattern), one) for one in LANGUAGES}
        if best["disposition"] == Disposition.AUTO:
            told = {one: seen(pattern, one) for one in LANGUAGES}
        known = pattern not in ("", "none")
        return {"record": _standing(earned.standing(pattern)) if known else None, "missing": told, "language": language}

    def policy(self, as_of: date) -> dict[str, Any]:
        """The policy in force, its backtests and activations, and what each group of patterns has earned."""
        with self._books.read() as work:
            own = record(work, self._policy, as_of)
            backtests, activations = work.learning.backtests(self._hash), work.learning.activations()
        earned = Earned(self._policy, own)
        return {
            "name": self._policy.name,
            "hash": self._hash,
            "shipped": self._hash == default_policy().hash,
            "backtests": len(backtests),
            "groups": [_group(one) for one in earned.groups()],
            "patterns_wrong": sorted(pattern for pattern, count in own.patterns.items() if count.wrong),
            "activations": [
                {name: value for name, value in one._asdict().items() if name != "policy"} for one in activations
            ],
        }

    # --- before a confirmation is used --------------------------------------------------------------------------

    def preview(
        self, transaction_id: str, as_of: date, confirm: Callable[[], object], match_again: Callable[[], object]
    ) -> dict[str, Any]:
        """What a confirmation teaches, and which other waiting payments it resolves.

        confirm and match_again run the true path; the caller rolls it back (``Database.rehearsal``).
        """
        with self._books.read() as work:
            before, taught = _waiting(work), _keys(self._facts(work, as_of))
        confirm()
        match_again()
        with self._books.read() as work:
            after = _waiting(work)
            teaches = [row for row in self._facts(work, as_of) if _key(row) not in taught]
        return {
            "transaction_id": transaction_id, "teaches": teaches, "resolves": _resolved(before, after, transaction_id)
        }  # fmt: skip

    def consequences(self, transaction_id: str, as_of: date, match_again: Callable[[], object]) -> dict[str, Any]:
        """What is known of a payer now that a payment of his is decided, and which waiting payments that resolves.

        match_again: as in ``preview``; until it runs in earnest, nothing of what was learned is used.
        """
        with self._books.read() as work:
            payment = work.explanations.explain(transaction_id)["transaction"]
            keys = {payment["counterparty_iban"], payment["counterparty_name"]} - {"", None}
            teaches = [row for row in self._facts(work, as_of) if row["debtor_number"] and row["payer"] in keys]
            before = _waiting(work)
        match_again()
        with self._books.read() as work:
            after = _waiting(work)
        return {
            "transaction_id": transaction_id, "teaches": teaches, "resolves": _resolved(before, after, transaction_id)
        }  # fmt: skip


def _fact(what: str, payer: str, debtor: str, level: str, payments: int, *days: date) -> dict[str, Any]:
    first, last, expires = days if days else (None, None, None)
    return {
        "what": what, "payer": payer, "debtor_number": debtor, "level": level, "payments": payments,
        "first_seen": first.isoformat() if first else "", "last_seen": last.isoformat() if last else "",
        "expires": expires.isoformat() if expires else "",
    }  # fmt: skip


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["what"], row["payer"], row["debtor_number"], row["level"], row["payments"]


def _keys(rows: Iterable[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    return {_key(row) for row in rows}


def _waiting(work: Work) -> dict[str, tuple[str, str]]:
    """Waiting transaction → disposition and invoices of its best proposal."""
    found = {}
    for key, stored in work.proposals.latest().items():
        best = stored[0]
        if not best.posted and best.proposal.rank == 1:
            invoices = dict.fromkeys(line.invoice_number for line in best.proposal.lines if line.invoice_number)
            found[key] = (best.proposal.disposition.value, "|".join(invoices))
    return found


def _resolved(
    before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]], but: str
) -> list[dict[str, Any]]:
    """What waited for a person and would post by itself now."""
    return [
        {"transaction_id": key, "invoices": now[1], "now": before[key][0], "then": now[0]}
        for key, now in sorted(after.items())
        if key in before and key != but and now[0] == Disposition.AUTO and before[key][0] != now[0]
    ]


def _further(pattern: str) -> tuple[str, ...]:
    return tuple(filter(None, pattern.partition("!")[2].split("+")))


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "pattern": one.pattern, "group": one.group, "cases": round(one.whole.cases), "wrong": round(one.whole.wrong, 1),
        "own_cases": round(one.own.cases), "own_wrong": round(one.own.wrong),
        "bound_per_mille": round(1000 * one.bound, 3), "automatic": one.allowed, "reason": one.reason,
        "asked": one.asked,
    }  # fmt: skip


def _group(one: Standing) -> dict[str, Any]:
    told = _standing(one)
    return {name: told[name] for name in told if name not in ("pattern", "reason", "asked")}
