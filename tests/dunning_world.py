"""A month of debtors whose payments take every road, with the truth of whose money is in the house.

The truth is written down when a payment is invented, and never looks at what the code under test made of it: who paid
which invoice on which day at the bank, whether it was taken back, which direct debits are on their way.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from pipelines import config
from pipelines.app import Kontoklar
from tests.builders import HOUSE, Line, camt053, write_csv

FIRST = date(2026, 11, 2)
LAST = date(2026, 11, 30)
OTHER_ACCOUNT = "DE02500105170137075030"
ROADS = (
    "never", "never", "referenced", "referenced", "without-reference", "third-party", "typo", "sum", "two-halves",
    "debit", "debit-pending", "debit-returned-then-paid", "debit-returned-then-debited", "debit-returned",
    "on-account", "cancelled-invoice", "refund-pending", "other-account", "before-due",
)  # fmt: skip
# Days on which the second account delivers nothing, and days whose statement of the first does not add up.
STALE = (date(2026, 11, 10), date(2026, 11, 11), date(2026, 11, 12))
HELD = (date(2026, 11, 17),)
PENDING_DAYS = 5


@dataclass(frozen=True, slots=True)
class Paid:
    """Money meant for an invoice. day: at the bank. back: the day it was taken back, None if it stayed."""

    invoice: str
    cents: int
    day: date
    back: date | None = None


@dataclass(frozen=True, slots=True)
class Debit:
    """A direct debit on its way. known: from that day. over: the day its result was at the bank, None without one."""

    invoice: str
    known: date
    collection: date
    over: date | None


@dataclass
class World:
    """What the billing system and the banks know, day by day, and the truth."""

    seed: int
    debtors: int
    items: dict[str, dict[str, str]] = field(default_factory=dict)
    masters: list[dict[str, str]] = field(default_factory=list)
    collections: list[tuple[date, dict[str, str]]] = field(default_factory=list)
    cancels: list[tuple[date, str]] = field(default_factory=list)
    bookings: list[tuple[date, str, Line]] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    debits: list[Debit] = field(default_factory=list)
    roads: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._serial = 0
        for number in range(self.debtors):
            self._debtor(f"{10001 + number}", ROADS[number % len(ROADS)])

    # --- the truth ----------------------------------------------------------------------------------------------

    def in_the_house(self, invoice: str, today: date) -> bool:
        """Whether the invoice's money was at the bank by the evening before, or a debit of it is on its way."""
        cents = sum(
            one.cents
            for one in self.paid
            if one.invoice == invoice and one.day < today and (one.back is None or one.back >= today)
        )
        pending = any(
            one.invoice == invoice
            and one.known < today
            and today <= one.collection + timedelta(days=PENDING_DAYS)
            and (one.over is None or one.over >= today)
            for one in self.debits
        )
        return pending or cents >= round(float(self.items[invoice]["amount"]) * 100)

    # --- the debtors --------------------------------------------------------------------------------------------

    def _debtor(self, debtor: str, road: str) -> None:
        rnd = self._random
        first, last = rnd.choice(_FIRST), rnd.choice(_LAST)
        name = f"{first} {last}{rnd.choice(_TAIL)}"
        iban = _iban(int(debtor))
        self.masters.append({"debtor_number": debtor, "name": name, "ibans": iban, "tags": ""})
        self.roads[debtor] = road
        due = FIRST - timedelta(days=rnd.randint(2, 20))
        invoice = self._invoice(debtor, name, due)
        cents = self._cents(invoice)
        day = self._day()
        if road == "never":
            return
        if road == "referenced":
            self._pay(invoice, cents, day, name, iban, f"Rechnung {invoice}")
        elif road == "without-reference":
            self._pay(invoice, cents, day, name, _iban(900000 + int(debtor)), "Danke")
        elif road == "third-party":
            self._pay(invoice, cents, day, "Kanzlei Treuhand Partner", _iban(800000 + int(debtor)), "fuer Mandant")
        elif road == "typo":
            self._pay(invoice, cents, day, name, iban, f"Rg {invoice[:-2]}{invoice[-1]}{invoice[-2]} vielen Dank")
        elif road == "sum":
            other = self._invoice(debtor, name, due + timedelta(days=1))
            both = cents + self._cents(other)
            self._book(day, Line(_text(both), name, iban, "alle offenen Rechnungen", ref=self._ref()))
            self.paid += [Paid(invoice, cents, day), Paid(other, self._cents(other), day)]
        elif road == "two-halves":
            half = cents // 2
            self._pay(invoice, half, day, name, iban, f"Rechnung {invoice} Teil 1")
            self._pay(invoice, cents - half, self._after(day, 3), name, iban, f"Rechnung {invoice} Rest")
        elif road.startswith("debit"):
            self._debit(road, debtor, invoice, name, iban)
        elif road == "on-account":
            # Money that came weeks before anything was owed, more than the invoice.
            self._book(FIRST, Line(_text(cents), name, iban, "Vorauszahlung", ref=self._ref()))
            self.paid.append(Paid(invoice, cents, FIRST))
        elif road in ("cancelled-invoice", "refund-pending"):
            old = self._invoice(debtor, name, due - timedelta(days=9), cents=cents)
            self._book(FIRST, Line(_text(cents), name, iban, f"Rechnung {old}", ref=self._ref()))
            gone = self._after(FIRST, 2)
            self.cancels.append((gone, old))
            self.paid += [Paid(old, cents, FIRST), Paid(invoice, cents, gone)]
        elif road == "other-account":
            line = Line(_text(cents), name, iban, f"Rechnung {invoice}", ref=self._ref())
            day = self._random.choice(STALE)
            self.bookings.append((day, OTHER_ACCOUNT, line))
            self.paid.append(Paid(invoice, cents, day))
        elif road == "before-due":
            self._pay(invoice, cents, FIRST, name, iban, f"Rechnung {invoice}")

    def _debit(self, road: str, debtor: str, invoice: str, name: str, iban: str) -> None:
        cents = self._cents(invoice)
        self.items[invoice] |= {"payment_method": "direct_debit", "mandate_id": f"M-{debtor}"}
        day = self._after(FIRST, self._random.randint(1, 8))
        end_to_end = self._collect(invoice, debtor, iban, FIRST, day)
        if road == "debit-pending":
            self.debits.append(Debit(invoice, FIRST, day, None))
            return
        credit = Line(_text(cents), name, iban, invoice, "171", end_to_end, f"M-{debtor}", self._ref())
        self._book(day, credit)
        self.debits.append(Debit(invoice, FIRST, day, day))
        if road == "debit":
            self.paid.append(Paid(invoice, cents, day))
            return
        back = self._after(day, 3)
        self.paid.append(Paid(invoice, cents, day, back))
        self._book(back, Line(_text(-cents), name, iban, invoice, "109", end_to_end, f"M-{debtor}", self._ref(), "AM04",
                              _text(cents)))  # fmt: skip
        again = self._after(back, 4)
        if road == "debit-returned-then-paid":
            self._pay(invoice, cents, again, name, iban, f"Rechnung {invoice}")
        elif road == "debit-returned-then-debited":
            second = self._collect(invoice, debtor, iban, self._after(back, 1), again)
            self.debits.append(Debit(invoice, self._after(back, 1), again, again))
            self._book(again, Line(_text(cents), name, iban, invoice, "171", second, f"M-{debtor}", self._ref()))
            self.paid.append(Paid(invoice, cents, again))

    def _collect(self, invoice: str, debtor: str, iban: str, known: date, day: date) -> str:
        end_to_end = f"E2E-{self._next()}"
        row = {"end_to_end_id": end_to_end, "mandate_id": f"M-{debtor}", "invoice_number": invoice,
               "amount": self.items[invoice]["amount"], "collection_date": day.isoformat(),
               "debtor_iban": iban}  # fmt: skip
        self.collections.append((known, row))
        return end_to_end

    def _invoice(self, debtor: str, name: str, due: date, cents: int = 0) -> str:
        number = f"RE-2026-{self._next() + 20000}"
        self.items[number] = {
            "invoice_number": number, "debtor_number": debtor,
            "amount": _text(cents or self._random.randint(1500, 90000)),
            "issue_date": (due - timedelta(days=14)).isoformat(), "due_date": due.isoformat(), "debtor_name": name,
            "payment_method": "transfer", "mandate_id": "", "status": "open",
        }  # fmt: skip
        return number

    def _pay(self, invoice: str, cents: int, day: date, name: str, iban: str, text: str) -> None:
        self._book(day, Line(_text(cents), name, iban, text, ref=self._ref()))
        self.paid.append(Paid(invoice, cents, day))

    def _book(self, day: date, line: Line) -> None:
        self.bookings.append((day, HOUSE, line))

    def _cents(self, invoice: str) -> int:
        return round(float(self.items[invoice]["amount"]) * 100)

    def _day(self) -> date:
        return self._after(FIRST, self._random.randint(0, 15))

    def _after(self, day: date, days: int) -> date:
        return min(next(one for one in BANKING_DAYS if one >= day + timedelta(days=days)), BANKING_DAYS[-2])

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _ref(self) -> str:
        return f"B{self._next()}"


BANKING_DAYS = [
    FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 8) if (FIRST + timedelta(days=n)).weekday() < 5
]
_FIRST = ("Anna", "Bernd", "Cem", "Dora", "Emil", "Frieda", "Gül", "Hans", "Ida", "Jonas", "Käthe", "Lars", "Mia")
_LAST = ("Abel", "Brandt", "Çelik", "Dürr", "Engel", "Fuchs", "Groß", "Huber", "Iversen", "Jahn", "Krüger", "Löwe",
         "Maurer", "Nowak", "Otto", "Pohl", "Quast", "Reuter", "Stein", "Thoma", "Ulrich", "Vogt", "Weiß")  # fmt: skip
_TAIL = ("", "", "", " GmbH", " & Söhne KG", " e.K.")


def _text(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _iban(account: int) -> str:
    bban = f"12030000{account:010d}"
    check = 98 - int(f"{bban}131400") % 97
    return f"DE{check:02d}{bban}"


@dataclass
class Observed:
    """What came of a world.

    wrong: (day, invoice, road) of every message about money in the house. dunned: debtors that got a message at all.
    holds: every reason that held anything. looked: how often a covered invoice was looked at. runs: days run.
    """

    wrong: list[tuple[date, str, str]] = field(default_factory=list)
    dunned: set[str] = field(default_factory=set)
    holds: set[str] = field(default_factory=set)
    looked: int = 0
    runs: int = 0


def live(world: World, folder: Path, database: str = "") -> Observed:
    """Runs the month: each morning the statements of the evening before, then the daily run; looks at all triggers."""
    settings = config.parse({"company": {"mode": "test", "name": "Muster GmbH"}})
    settings = replace(settings, database_url=database or f"sqlite:///{folder}/world.db")
    observed = Observed()
    balances = {HOUSE: 0, OTHER_ACCOUNT: 0}
    with Kontoklar(settings, clock=lambda: "2026-11-30T06:00:00+00:00") as app:
        app.init()
        app.load("debtors", [write_csv(folder / "debtors.csv", world.masters)], FIRST)
        late: list[Path] = []
        loaded = 0
        for place, bank_day in enumerate(BANKING_DAYS[:-1]):
            today = BANKING_DAYS[place + 1]
            if today > LAST + timedelta(days=1):
                break
            for day, number in world.cancels:
                if day == bank_day:
                    world.items[number]["status"] = "cancelled"
            app.load("receivables", [write_csv(folder / "items.csv", list(world.items.values()))], today)
            rows = [row for known, row in world.collections if known <= bank_day]
            if len(rows) != loaded:
                app.load("collections", [write_csv(folder / "collections.csv", rows)], today)
                loaded = len(rows)
            files = []
            for account in (HOUSE, OTHER_ACCOUNT):
                lines = [line for day, own, line in world.bookings if (day, own) == (bank_day, account)]
                path = folder / f"{account}-{bank_day}.xml"
                content = camt053(bank_day, _text(balances[account]), *lines, number=place + 1, account=account)
                balances[account] += sum(line.cents for line in lines)
                path.write_bytes(content)
                if account == OTHER_ACCOUNT and bank_day in STALE:
                    late.append(path)
                elif account == HOUSE and bank_day in HELD:
                    # What the bank delivers first lacks a booking, so that it does not add up; it comes again later.
                    broken = folder / f"broken-{bank_day}.xml"
                    closing = _text(balances[account]).encode()
                    broken.write_bytes(content.replace(closing, _text(balances[account] + 4711).encode(), 1))
                    files.append(broken)
                    late.append(path)
                else:
                    files.append(path)
            if bank_day not in STALE and bank_day not in HELD:
                files = [*late, *files]
                late = []
            for _ in app.run(today, files=files):
                pass
            observed.runs += 1
            _look(world, today, app.inquiries.table("triggers"), observed)
    return observed


def _look(world: World, today: date, triggers: pd.DataFrame, observed: Observed) -> None:
    covered = {number for number in world.items if world.in_the_house(number, today)}
    observed.looked += len(covered)
    observed.holds |= set(triggers["hold_reason"])
    out = triggers[triggers["state"].isin(["ready", "delivered"])]
    for number, debtor in zip(out["invoice_number"], out["debtor_number"], strict=True):
        observed.dunned.add(debtor)
        if number in covered:
            observed.wrong.append((today, number, world.roads[debtor]))
