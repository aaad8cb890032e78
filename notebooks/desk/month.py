"""``month_end.ipynb``: open items by age, what waits, the proof of bank balances, the folder for the tax adviser."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from desk import formats, month_charts
from desk.charts import Picture
from desk.month_words import WORDS
from desk.opening import Desk
from desk.tables import Facts, Note, Sheet, Table, columns, sheet
from desk.vocabulary import Say, reason
from pipelines.closing import aged, proof
from pipelines.closing.aged import BUCKETS, Aged
from pipelines.closing.proof import AccountProof, DayProof
from pipelines.ports.invariants import CheckResult


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """A month as read once. queue: what waits and was booked by the last day. checks: every invariant, proven now."""

    desk: Desk
    first: date
    last: date
    open: Aged
    accounts: Sequence[AccountProof]
    queue: Sequence[Mapping[str, Any]]
    checks: Sequence[CheckResult]

    @property
    def say(self) -> Say:
        """The words of this notebook."""
        return Say(self.desk.language, WORDS)

    def day(self, value: date | str | None) -> str:
        """A day as people write it."""
        return formats.day(value, self.desk.language)

    def money(self, minor: int, currency: str) -> str:
        """An amount as people write it."""
        return formats.money(minor, currency, self.desk.language)

    def _repr_mimebundle_(self, **_asked: Any) -> dict[str, str]:
        return self.overview()._repr_mimebundle_()

    def overview(self) -> Facts:
        """The month at a glance."""
        say = self.say
        sums = {currency: self.open.sums(currency) for currency in self.open.currencies()}
        waiting: dict[str, int] = defaultdict(int)
        for row in self.queue:
            waiting[row["currency"]] += formats.minor_of(str(row["unallocated"]), str(row["currency"]))
        broken = sum(not one.ok for one in self.checks)
        proven = sum(one.proven for one in self.accounts)
        return Facts(say("head", first=self.day(self.first), last=self.day(self.last)), [
            (say("open-items"), self._each({c: _owed(one) for c, one in sums.items()})),
            (say("overdue"), self._each({c: _overdue(one) for c, one in sums.items()})),
            (say("credit-balance"), self._each({c: -one["credit"] for c, one in sums.items()})),
            (say("waiting"), f"{len(self.queue)} · {self._each(waiting)}" if self.queue else say("no-waiting")),
            (say("bank-proof"), say("of", n=proven, all=len(self.accounts))),
            (say("invariants"), say("broken", n=broken, all=len(self.checks)) if broken
             else say("all-hold", n=len(self.checks))),
        ])  # fmt: skip

    def _each(self, sums: Mapping[str, int]) -> str:
        return " · ".join(self.money(minor, currency) for currency, minor in sorted(sums.items()))

    # --- open items ---------------------------------------------------------------------------------------------

    def aged(self) -> Sheet:
        """Open items by age, per debtor, who owes most first."""
        return sheet(*(self._aged(currency) for currency in self.open.currencies()))

    def _aged(self, currency: str) -> Table:
        say = self.say
        rows = [
            [number, self.open.names.get(number, ""), *(self._unless_zero(sums[one], currency) for one in BUCKETS),
             self.money(sum(sums.values()), currency)]
            for number, sums in self.open.debtors(currency)
        ]  # fmt: skip
        sums = self.open.sums(currency)
        total = [say("sum"), "", *(self.money(sums[one], currency) for one in BUCKETS),
                 self.money(sum(sums.values()), currency)]  # fmt: skip
        heads = columns(f"!{say('debtor')}", say("name"), *(f">{say(f'bucket.{one}')}" for one in BUCKETS),
                        f">{say('sum')}")  # fmt: skip
        return Table(say("aged", day=self.day(self.last)), heads, rows, total, say("no-open"), most=25,
                     more=say("others"))  # fmt: skip

    def _unless_zero(self, minor: int, currency: str) -> str:
        return self.money(minor, currency) if minor else ""

    def aged_picture(self, currency: str = "EUR") -> Picture:
        """Open items by age, and the largest debtors."""
        return month_charts.aged_picture(self.open, currency, self.say, self.desk.language)

    # --- what waits ---------------------------------------------------------------------------------------------

    def waiting(self, *, names: bool = False) -> Sheet:
        """What waits, by cause and by payer. names: shows who paid; else names and accounts are masked."""
        say, language = self.say, self.desk.language
        note = Note(say("waiting-note", day=self.day(self.desk.as_of), last=self.day(self.last)), soft=True)
        by_cause = self._grouped("waiting-cause", "cause", lambda row: reason(str(row["reason"]), language))
        by_payer = self._grouped("waiting-payer", "payer", lambda row: _payer(row, names=names) or say("nobody"))
        return sheet(by_cause, by_payer, None if names else note)

    def _grouped(self, title: str, head: str, group: Any) -> Table:
        say = self.say
        found: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        for row in self.queue:
            currency = str(row["currency"])
            minor = formats.minor_of(str(row["unallocated"]), currency)
            found[group(row), currency].append((minor, str(row["booking_date"])))
        order = sorted(found.items(), key=lambda one: (-sum(abs(minor) for minor, _ in one[1]), one[0]))
        rows = [
            [name, str(len(cases)), self.money(sum(minor for minor, _ in cases), currency),
             self.day(min(day for _, day in cases))]
            for (name, currency), cases in order
        ]  # fmt: skip
        heads = columns(say(head), f">{say('payments')}", f">{say('amount')}", f"!{say('oldest')}")
        return Table(say(title), heads, rows, empty=say("no-waiting"), most=40, more=say("more-rows"))

    # --- banks --------------------------------------------------------------------------------------------------

    def bank(self, *, whole_ibans: bool = False) -> Table:
        """Every account: its balance in our books and by the bank, and whether the month is proven, or why not."""
        say, rows, tones = self.say, [], {}
        for place, one in enumerate(self.accounts):
            stated = [day for day in one.days if day.bank_minor is not None]
            bank = stated[-1].bank_minor if stated else None
            tones[place, 4] = "good" if one.proven else "bad"
            rows.append([
                one.account if whole_ibans else formats.masked(one.account),
                self.money(one.closing_minor, one.currency),
                "–" if bank is None else self.money(bank, one.currency), self.day(one.proven_until) or "–",
                say("proven") if one.proven else say("not-proven"), "; ".join(self._why(one)),
            ])  # fmt: skip
        heads = columns(f"!{say('bank-account')}", f">{say('our-balance')}", f">{say('bank-says')}",
                        f"!{say('proven-to')}", f"!{say('holds')}", say("why"))  # fmt: skip
        return Table(say("bank", day=self.day(self.last)), heads, rows, empty=say("no-bank"), tones=tones)

    def _why(self, one: AccountProof) -> list[str]:
        dated = ("ends", "begins", "differs")
        return [self.say(f"why.{code}", what=self.day(what) if code in dated else what) for code, what in one.why]

    def bank_days(self) -> Sheet:
        """Every account day by day: opening balance, bookings, closing balance, and what the bank states."""
        say, found = self.say, []
        heads = columns(f"!{say('day')}", f">{say('opening')}", f">{say('booked')}", f">{say('closing')}",
                        f">{say('bank-says')}", say("holds"))  # fmt: skip
        for one in self.accounts:
            rows, tones = [], {}
            for place, day in enumerate(one.days):
                state = day_state(day)
                tones[place, 5] = "good" if state in ("proven", "inside") else "bad"
                rows.append([
                    self.day(day.day), self.money(day.opening_minor, one.currency),
                    self.money(day.booked_minor, one.currency), self.money(day.ledger_minor, one.currency),
                    "" if day.bank_minor is None else self.money(day.bank_minor, one.currency), say(f"day.{state}"),
                ])  # fmt: skip
            title = say("bank-days", account=formats.masked(one.account))
            found.append(Table(title, heads, rows, empty=say("why.nothing"), tones=tones))
        return Sheet(found or [Note(say("no-bank"))])

    def bank_picture(self, currency: str = "EUR") -> Picture:
        """Balances of the month, books against bank."""
        mine = [one for one in self.accounts if one.currency == currency]
        return month_charts.bank_picture(mine, currency, self.say, self.desk.language)

    # --- the folder ---------------------------------------------------------------------------------------------

    def export(self, folder: str | Path | None = None) -> Sheet:
        """Writes the folder for the tax adviser and says what it holds. folder: None is ``month-end/YYYY-MM`` beside
        the configuration. Raises ConfigurationError when other files are in it."""
        from desk.month_export import write

        base = self.desk.app.settings.origin
        out = Path(folder) if folder else (base.parent if base else Path()) / "month-end" / f"steuer-{self.last:%Y-%m}"
        say, language = self.say, self.desk.language
        rows = [
            [one.path.name, "" if one.rows is None else formats.whole(one.rows, language),
             formats.whole(one.size, language), one.sha256[:16]]
            for one in write(self, out)
        ]  # fmt: skip
        heads = columns(f"!{say('file')}", f">{say('rows')}", f">{say('bytes')}", f"!{say('checksum')}")
        return sheet(Table(say("folder"), heads, rows), Note(say("written-to", path=str(out)), soft=True))


def month_end(desk: Desk, month: str | None = None) -> MonthEnd:
    """The end of a month. month: ``2026-10``; None is the last month that is over. Raises ValueError for no month."""
    if month:
        first = date.fromisoformat(f"{month}-01")
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    else:
        last = desk.as_of.replace(day=1) - timedelta(days=1)
        first = last.replace(day=1)
    books, chart = desk.app.books, desk.app.chart
    queue = [row for row in desk.app.inquiries.review_queue(desk.as_of) if row["booking_date"] <= last.isoformat()]
    banks = {"": chart.account("bank"), **chart.bank_accounts}
    return MonthEnd(
        desk, first, last, aged.read(books, last), proof.read(books, first, last, banks), queue, desk.app.check()[1]
    )


def day_state(day: DayProof) -> str:
    """``differs``, ``proven`` by a balance of that evening, ``inside`` a proven statement, or ``open``."""
    if not day.agrees:
        return "differs"
    if day.bank_minor is not None:
        return "proven"
    return "inside" if day.covered else "open"


def _owed(sums: Mapping[str, int]) -> int:
    return sum(minor for bucket, minor in sums.items() if bucket != "credit")


def _overdue(sums: Mapping[str, int]) -> int:
    return _owed(sums) - sums["current"]


def _payer(row: Mapping[str, Any], *, names: bool) -> str:
    """The payer; masked by default: the first two signs of every word, as the desk knows them and no stranger does."""
    name = str(row["counterparty"])
    return name if names else " ".join(f"{word[:2]}…" for word in name.split())
