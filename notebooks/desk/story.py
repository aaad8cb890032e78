"""``explain.ipynb``: one transaction, everything the books know about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from desk import cases, formats
from desk.charts import Picture
from desk.opening import Desk
from desk.story_chart import competing_picture, small_share, waterfall_picture
from desk.story_words import WORDS
from desk.tables import Facts, Note, Sheet, Table, View, columns, sheet
from desk.vocabulary import Say, reason
from pipelines.errors import ConfigurationError
from pipelines.learning.reasons import seen
from pipelines.references import scan

_HINTS = ("all_open", "partial", "discount", "credit", "refund", "other_purpose")


@dataclass(frozen=True, slots=True)
class Story:
    """One transaction. whole_ibans: shows accounts unmasked. picked: nobody named it."""

    desk: Desk
    id: str
    told: Mapping[str, Any]
    whole_ibans: bool
    picked: bool

    @property
    def _say(self) -> Say:
        return Say(self.desk.language, WORDS)

    @property
    def _tx(self) -> Mapping[str, Any]:
        return self.told["transaction"]  # type: ignore[no-any-return]

    def _money(self, amount: str | None) -> str:
        return formats.decimal(amount or "", str(self._tx["currency"]), self.desk.language)

    def _day(self, value: date | str | None) -> str:
        return formats.day(value, self.desk.language)

    def _iban(self, iban: str) -> str:
        return iban if self.whole_ibans else formats.masked(iban)

    def _repr_mimebundle_(self, **_asked: Any) -> dict[str, str]:
        return self.overview()._repr_mimebundle_()

    def overview(self) -> Sheet:
        """What it is, how it stands and why."""
        say, tx = self._say, self._tx
        best = self.told["proposals"][0] if self.told["proposals"] else None
        why = self._reason(best) if best and tx["state"] != "allocated" else ""
        pairs = [
            (say("id"), self.id), (say("state"), say.of("state", str(tx["state"]))), (say("why"), why),
            (say("payer"), str(tx["counterparty_name"]) or say("nobody")), (say("text"), str(tx["remittance"])),
            (say("bank-account"), self._iban(str(tx.get("account", "")))),
        ]  # fmt: skip
        title = say("head", kind=say.of("tx", str(tx["kind"])), day=self._day(tx["booking_date"]),
                    amount=self._money(tx["amount"]))  # fmt: skip
        hint = Note(say("picked", id="72cb839b"), soft=True) if self.picked else None
        return sheet(Facts(title, pairs), hint)

    def _reason(self, proposal: Mapping[str, Any]) -> str:
        language = self.desk.language
        parts = [reason(str(proposal["reason"]), language), seen(str(proposal["pattern"]), language)]
        return "; ".join(filter(None, parts))

    def raw(self) -> Sheet:
        """The booking as the bank delivered it, and in which files."""
        say, tx = self._say, self._tx
        names = {
            "booking-date": self._day(tx["booking_date"]), "value-date": self._day(tx["value_date"]),
            "amount": self._money(tx["amount"]), "payer": tx["counterparty_name"], "ultimate": tx.get("ultimate_name"),
            "payer-iban": self._iban(str(tx["counterparty_iban"] or "")), "text": tx["remittance"],
            "e2e": tx["end_to_end_id"], "mandate": tx["mandate_id"], "creditor-id": tx["creditor_id"],
            "creditor-ref": tx["creditor_reference"], "booking-text": tx["booking_text"], "gvc": tx["gvc"],
            "domain": tx["domain_code"], "bank-ref": tx["bank_reference"], "return-code": tx["reason_code"],
            "original": self._money(tx["original"]), "charges": self._money(tx["charges"]),
        }  # fmt: skip
        rows = [[one["source_file"], one["position"], one["format"], one["bank_reference"]]
                for one in self.told["told_by"]]  # fmt: skip
        heads = columns(say("file"), f"!{say('position')}", f"!{say('format')}", f"!{say('bank-ref')}")
        return sheet(
            Facts(say("raw"), [(say(key), str(value or "")) for key, value in names.items()]),
            Table(say("told"), heads, rows, empty=say("not-told")),
        )

    def normalised(self) -> Facts:
        """What matching makes of the text before it looks anything up."""
        say = self._say
        found = scan(str(self._tx["remittance"]))
        hints = [say(f"hint.{name}") for name in _HINTS if getattr(found, name)]
        pairs = [
            (say("folded"), re.sub(r"\|+", "…", found.text).strip()),
            (say("runs"), " · ".join(str(run[0]) for run in found.runs)),
            (say("noise"), " · ".join(say.of("noise", kind) for kind in sorted(set(found.noise)))),
            (say("hints"), ", ".join(hints)),
            (say("dates"), ", ".join(f"{day:02d}.{month:02d}.{year}" for year, month, day in found.dates)),
            (say("months"), ", ".join(map(str, found.months))),
            (say("payer-iban"), self._iban(str(self._tx["counterparty_iban"] or ""))),
        ]  # fmt: skip
        return Facts(say("normal"), pairs)

    def candidates(self) -> Table:
        """Every explanation that was weighed, the likeliest first."""
        say, language = self._say, self.desk.language
        rows = [
            [str(one["rank"]), self._what(one), self._cash(one), small_share(one["probability"], language),
             say.of("by", str(one["disposition"])), reason(str(one["reason"]), language),
             seen(str(one["pattern"]), language)]
            for one in self.told["proposals"] if one["lines"]
        ]  # fmt: skip
        heads = columns(f">{say('rank')}", say("what"), f">{say('amount')}", f">{say('probability')}", say("result"),
                        say("reason"), say("shown"))  # fmt: skip
        return Table(say("candidates"), heads, rows, empty=say("no-candidates"))

    def _what(self, proposal: Mapping[str, Any]) -> str:
        found = [str(line["invoice_number"]) or f"{line['debtor_number']} {self._say('on-account')}"
                 for line in proposal["lines"]]  # fmt: skip
        return ", ".join(dict.fromkeys(found))

    def _cash(self, proposal: Mapping[str, Any]) -> str:
        currency = str(self._tx["currency"])
        minor = sum(formats.minor_of(str(line["cash"]), currency) for line in proposal["lines"])
        return formats.money(minor, currency, self.desk.language)

    def waterfall(self, rank: int = 1) -> Picture | Note:
        """The evidence of one explanation in bits."""
        say = self._say
        one = next((one for one in self.told["proposals"] if one["rank"] == rank and one["waterfall"]), None)
        if one is None:
            return Note(say("no-waterfall"))
        title = say("waterfall", rank=rank, what=self._what(one) or say("none-of-these"))
        return waterfall_picture(one, title, say, self.desk.language)

    def competing(self) -> Picture | Note:
        """How probable each explanation is; what is left is none of them."""
        say = self._say
        found = [(f"{one['rank']} · {self._what(one)}", one["probability"])
                 for one in self.told["proposals"] if one["lines"]]  # fmt: skip
        if not found:
            return Note(say("no-waterfall"))
        none = max(1.0 - sum(share or 0.0 for _, share in found), 0.0)
        return competing_picture(found[:6], none, say, self.desk.language)

    def decision(self) -> Sheet:
        """What came of it: under which policy, what was allocated, and what people decided."""
        say, language = self._say, self.desk.language
        best = self.told["proposals"][0] if self.told["proposals"] else None
        parts: list[View] = []
        if best is not None:
            policy = self.desk.app.policy
            parts.append(Facts(say("decision"), [
                (say("outcome"), say.of("by", str(best["disposition"]))), (say("why"), self._reason(best)),
                (say("probability"), small_share(best["probability"], language)),
                (say("threshold"), f"{formats.number(policy.automation.min_probability * 100, 2, language)} %"),
                (say("policy"), str(best["policy_hash"])[:8]),
            ]))  # fmt: skip
        rows = [
            [one["invoice_number"] or say("on-account"), one["debtor_number"], self._money(one["amount"]),
             say.of("how", one["kind"]), say.of("by", one["disposition"]), one["law"],
             say("taken-back") if one["reversed_by"] else ""]
            for one in self.told["allocations"]
        ]  # fmt: skip
        heads = columns(f"!{say('invoice')}", f"!{say('debtor')}", f">{say('amount')}", say("kind"), say("by"),
                        say("law"), say("state"))  # fmt: skip
        parts.append(Table(say("allocated"), heads, rows, empty=say("not-allocated")))
        people = [[self._day(one["at"]), one["user"], one["command"], one["reason"]] for one in self.told["decisions"]]
        heads = columns(f"!{say('when')}", say("user"), say("what"), say("reason"))
        parts.append(Table(say("by-people"), heads, people, empty=say("nobody-decided")))
        if self.told["findings"]:
            found = [[one["code"], one["message"]] for one in self.told["findings"]]
            parts.append(Table(say("findings"), columns(f"!{say('finding')}", say("what")), found))
        return Sheet(parts)

    def postings(self) -> Table:
        """Every line of every entry."""
        say = self._say
        rows = [
            [str(one["posting_number"]), self._day(one["booking_date"]), say.of("cause", one["cause"]), one["account"],
             self._unless_zero(one["debit"]), self._unless_zero(one["credit"]), one["debtor_number"],
             one["invoice_number"]]
            for one in self.told["entries"]
        ]  # fmt: skip
        heads = columns(f">{say('posting')}", f"!{say('day')}", say("cause"), f"!{say('ledger-account')}",
                        f">{say('debit')}", f">{say('credit')}", f"!{say('debtor')}", f"!{say('invoice')}")  # fmt: skip
        sums = [self._sum(name) for name in ("debit", "credit")]
        return Table(say("postings"), heads, rows, [say("sum"), "", "", "", *sums, "", ""], say("no-postings"))

    def _unless_zero(self, amount: str) -> str:
        return self._money(amount) if formats.minor_of(amount, str(self._tx["currency"])) else ""

    def _sum(self, name: str) -> str:
        currency = str(self._tx["currency"])
        minor = sum(formats.minor_of(one[name], currency) for one in self.told["entries"])
        return formats.money(minor, currency, self.desk.language)

    def returns(self) -> Sheet:
        """What it takes back or was taken back by, and what the policy answers."""
        from desk.story_after import returns

        return returns(self.desk, self.id, self.told, self._say)

    def dunning(self) -> Table:
        """Dunning of the invoices it pays or may pay."""
        from desk.story_after import dunning

        return dunning(self.desk, self.told, self._say)

    def audit(self) -> Table:
        """Everything the trail says about it."""
        from desk.story_after import audit

        return audit(self.desk, self.id, self._say)


def explain(desk: Desk, key: str | None = None, *, whole_ibans: bool = False) -> Story:
    """One transaction. key: its id, the beginning of it, or the bank's reference; None takes the first of the review
    queue, or the newest payment where nothing waits. Raises ConfigurationError when none is meant."""
    chosen = key or _first_waiting(desk)
    if not chosen:
        raise ConfigurationError(Say(desk.language, WORDS)("no-transaction"))
    id_ = desk.app.inquiries.find_transaction(chosen)
    return Story(desk, id_, desk.app.inquiries.explain(id_), whole_ibans, key is None)


def _first_waiting(desk: Desk) -> str:
    waiting = cases.rows(desk)
    if waiting:
        return str(waiting[0]["id"])
    table = desk.app.inquiries.table("transactions")
    return str(table["transaction_id"].iloc[-1]) if len(table) else ""
