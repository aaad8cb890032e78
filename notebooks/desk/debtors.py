"""``debtor.ipynb``: one debtor's account, open items, dunning history, documents, and the balance over time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from desk import formats
from desk.charts import Picture
from desk.debtor_chart import balance_picture
from desk.debtor_words import WORDS
from desk.opening import Desk, records
from desk.tables import Facts, Note, Sheet, Table, columns, sheet
from desk.vocabulary import Say
from pipelines.errors import ConfigurationError
from pipelines.model.debtor_account import AccountStatus, DebtorAccount


@dataclass(frozen=True, slots=True)
class Debtor:
    """One debtor as of a day. ibans: whether accounts are shown whole. picked: nobody named him."""

    desk: Desk
    number: str
    story: dict[str, Any]
    account: DebtorAccount
    ibans: tuple[str, ...]
    picked: bool

    @property
    def _say(self) -> Say:
        return Say(self.desk.language, WORDS)

    def _money(self, minor: int, currency: str) -> str:
        return formats.money(minor, currency, self.desk.language)

    def _day(self, value: date | str | None) -> str:
        return formats.day(value, self.desk.language)

    def _repr_mimebundle_(self, **_asked: Any) -> dict[str, str]:
        return self.overview()._repr_mimebundle_()

    def overview(self) -> Sheet:
        """Who it is, the accounts known, and how the account stands."""
        say, who = self._say, self.story["debtor"]
        facts = [
            (say("name"), who["name"] or say("nobody")), (say("address"), who["address"]), (say("email"), who["email"]),
            (say("aliases"), ", ".join(who["aliases"])), (say("external"), who["external_id"]),
            (say("earlier"), ", ".join(who["earlier_numbers"])), (say("tags"), ", ".join(who["tags"])),
        ]  # fmt: skip
        totals = [
            [self._money(total.balance_minor, total.currency), self._money(total.due_minor, total.currency),
             self._money(total.provisional_minor, total.currency), self._money(total.on_account_minor, total.currency)]
            for total in self.account.totals
        ]  # fmt: skip
        hint = Note(say("picked", number="10001"), soft=True) if self.picked else None
        return sheet(
            Facts(say("head", number=self.number, name=who["name"] or say("nobody")), facts),
            Table(
                say("totals", day=self._day(self.desk.as_of)),
                columns(*(f">{say(key)}" for key in ("owed", "overdue", "provisional", "credit-left"))),
                totals, empty=say("no-lines"),
            ),
            self._ibans(),
            self._blocks(),
            hint,
        )  # fmt: skip

    def _ibans(self) -> Table:
        say = self._say
        whole = {formats.masked(iban): iban for iban in self.ibans}
        names = {"loaded": "learned-loaded", "payment": "learned-payment"}
        rows = [
            [whole.get(row["iban"], row["iban"]),
             say(names.get(row["origin"], "learned-person")), self._day(row["since"]), str(row["payments"] or "")]
            for row in self.story["ibans"]
        ]  # fmt: skip
        heads = columns(f"!{say('iban')}", say("origin"), f"!{say('since')}", f">{say('uses')}")
        return Table(say("ibans"), heads, rows, empty="–")

    def _blocks(self) -> Table | None:
        say = self._say
        rows = [[one["kind"], one["masked"], self._day(one["until"]), one["by"]] for one in self.story["blocks"]]
        heads = columns(say("kind"), say("what"), say("until"), say("by"))
        return Table(say("blocks"), heads, rows) if rows else None

    def open_items(self) -> Table:
        """What is owed, the oldest due first; overdue ones stand out."""
        say, found, total = self._say, [], dict[str, int]()
        tones = {}
        waiting = [one for one in self.account.accounts if one.balance_minor]
        waiting.sort(key=lambda one: (one.facts.due_date, one.facts.invoice_number))
        for place, one in enumerate(waiting):
            late = (self.desk.as_of - one.facts.due_date).days if one.balance_minor > 0 else 0
            total[one.currency] = total.get(one.currency, 0) + one.balance_minor
            status = say.of("status", one.status.value)
            reason = formats.day(one.status_reason, self.desk.language) if one.status in _DATED else one.status_reason
            if late > 0:
                tones[place, 5] = "bad"
            found.append([
                one.facts.invoice_number, self._day(one.lines[0].day) if one.lines else "",
                self._day(one.facts.due_date), self._money(one.debit_minor or one.balance_minor, one.currency),
                self._money(one.balance_minor, one.currency), str(late) if late > 0 else "",
                " ".join(filter(None, [status, reason])), str(one.facts.dunning_level or ""),
            ])  # fmt: skip
        sums = " · ".join(self._money(minor, currency) for currency, minor in sorted(total.items()))
        heads = columns(f"!{say('invoice')}", f"!{say('issued')}", f"!{say('due')}", f">{say('amount')}",
                        f">{say('open')}", f">{say('days-late')}", say("state"), f">{say('level')}")  # fmt: skip
        return Table(say("items"), heads, found, total=[say("sum"), "", "", "", sums, "", "", ""],
                     empty=say("no-items"), tones=tones, more=say("more-rows"))  # fmt: skip

    def statement(self, first: date | None = None, last: date | None = None) -> Sheet:
        """Every line with the balance after it, one table a currency; the days belong to the period."""
        say, tables = self._say, []
        for one in self.desk.app.inquiries.debtors.statements(self.number, self.desk.as_of, first, last):
            rows = [
                [self._day(line.line.day), say.of("line", line.line.kind.value), line.line.invoice_number,
                 self._amount(line.line.debit_minor, one.currency), self._amount(line.line.credit_minor, one.currency),
                 self._money(line.balance_minor, one.currency), line.line.bank_reason]
                for line in one.lines
            ]  # fmt: skip
            heads = columns(f"!{say('day')}", say("kind"), f"!{say('invoice')}", f">{say('debit')}",
                            f">{say('credit')}", f">{say('balance')}", say("code"))  # fmt: skip
            sums = (
                self._money(minor, one.currency) for minor in (one.debit_minor, one.credit_minor, one.closing_minor)
            )
            total = [say("sum"), "", "", *sums, ""]
            tables.append(Table(say("statement"), heads, rows, total, say("no-lines"), more=say("more-rows")))
        return sheet(*tables) if tables else sheet(Note(say("no-lines")))

    def _amount(self, minor: int, currency: str) -> str:
        return self._money(minor, currency) if minor else ""

    def balance(self, currency: str = "EUR") -> Picture:
        """The balance over time and what of it was overdue, with payments and returns."""
        return balance_picture(self.account, self.desk.as_of, self.desk.language, currency)

    def dunning(self) -> Table:
        """Every step of dunning: what was raised, what became of it, and what holds it back."""
        say, language = self._say, self.desk.language
        table = self.desk.app.inquiries.table("triggers")
        mine = table[table["debtor_number"] == self.number].sort_values(["as_of", "invoice_number"])
        rows, tones = [], {}
        for place, row in enumerate(records(mine)):
            if row["state"] == "held":
                tones[place, 5] = "bad"
            hold, _, detail = row["hold_reason"].partition(":")
            rows.append([
                self._day(row["as_of"]), row["invoice_number"], row["level"], say.of("act", row["action"]),
                say.of("dun", row["reason"]), say.of("trig", row["state"]), self._day(row["state_as_of"]),
                formats.decimal(row["open_amount"], row["currency"], language),
                " ".join(filter(None, [say.of("hold", hold) if hold else "", detail])),
            ])  # fmt: skip
        heads = columns(f"!{say('trigger-day')}", f"!{say('invoice')}", f">{say('level')}", f"!{say('action')}",
                        f"!{say('why')}", f"!{say('state')}", f"!{say('next')}", f">{say('open')}",
                        say("held-why"))  # fmt: skip
        return Table(say("dunning"), heads, rows, empty=say("no-dunning"), tones=tones, more=say("more-rows"))

    def documents(self) -> Table:
        """Every document, and for money the bank's file and place in it."""
        say = self._say
        table = self.desk.app.inquiries.table("transactions")
        told = {one["transaction_id"]: (one["source_file"], one["position"]) for one in records(table)}
        rows = []
        for line in self.account.lines():
            file, place = told.get(line.transaction_id, ("", ""))
            origin = file or (say("billing") if line.is_claim else say("books"))
            rows.append([
                self._day(line.day), say.of("line", line.kind.value), line.invoice_number or say("on-account"),
                self._money(line.effect_minor, line.currency), origin, place, str(line.posting_number or ""),
            ])  # fmt: skip
        heads = columns(f"!{say('day')}", say("kind"), f"!{say('invoice')}", f">{say('amount')}", say("origin"),
                        say("position"), f">{say('posting')}")  # fmt: skip
        return Table(say("documents"), heads, rows, empty=say("no-documents"), more=say("more-rows"))

    def statement_pdf(self, path: str | Path, first: date | None = None, last: date | None = None) -> Path:
        """Writes the statement of account for the debtor, in German, accounts masked; gives the path."""
        out = Path(path)
        out.write_bytes(self.desk.app.inquiries.debtors.statement_pdf(self.number, self.desk.as_of, first, last))
        return out


_DATED = (AccountStatus.PRE_AUTHORISED, AccountStatus.IN_PROGRESS)


def debtor(desk: Desk, key: str | None = None, *, whole_ibans: bool = False) -> Debtor:
    """One debtor. key: customer number, id, or its beginning; None takes who owes most. whole_ibans: shows accounts
    unmasked. Raises ConfigurationError when nobody or several are meant."""
    asked = desk.app.inquiries.debtors
    chosen = key or _owes_most(desk)
    if not chosen:
        raise ConfigurationError(Say(desk.language, WORDS)("nobody-owes"))
    story = asked.show(chosen, desk.as_of)
    number = story["debtor"]["debtor_number"]
    ibans = tuple(asked.profile(chosen).ibans) if whole_ibans else ()
    return Debtor(desk, number, story, asked.account(chosen, desk.as_of), ibans, key is None)


def _owes_most(desk: Desk) -> str:
    table = desk.app.inquiries.table("open-items")
    owed: dict[str, int] = defaultdict(int)
    for number, amount, currency in zip(table["debtor_number"], table["open_amount"], table["currency"], strict=True):
        owed[number] += formats.minor_of(amount, currency)
    return max(owed, key=lambda number: (owed[number], number), default="")
