"""Payments with ground truth for a world: how customers really pay, and what only looks like a payment."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from benchmarks.matching import words
from benchmarks.matching.traps import Traps
from benchmarks.matching.typing_errors import bank_text, clean, damaged, umlauts
from benchmarks.matching.world import TODAY, CollectionRecord, DebtorRecord, ItemRecord, World, iban


@dataclass(slots=True)
class PaymentRecord:
    """One payment and the truth about it.

    truth: invoice number → effect on what is owed, agreed discount included; empty when nothing may post by itself.
    A discount nobody agreed, or taken too late, is not granted: the invoice receives what was paid.
    case: what the generator had in mind. trap: whether posting it anywhere is an error.
    review_is_right: the right answer exists, but a careful system asks (unagreed discount).
    undecidable: another item of the debtor would explain everything that was said just as well.
    """

    transaction_id: str
    day: date
    amount: int
    name: str
    iban: str
    text: str
    case: str
    truth: dict[str, int]
    trap: bool = False
    review_is_right: bool = False
    undecidable: bool = False
    kind: str = "receipt"
    ultimate: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    creditor_reference: str = ""
    document_numbers: str = ""
    payment_information_id: str = ""
    message_id: str = ""
    is_batch: bool = False
    batch_count: int | None = None
    declared_discount: int | None = None
    reason_code: str = ""
    extra: dict[str, str] = field(default_factory=dict)


_MONTHS = ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
           "Dezember")  # fmt: skip


class Payments:
    """Draws payments for a world; every open item is paid at most once (but for part payments)."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._rng = random.Random(seed * 7919 + 1)
        self._open = [item for item in world.items if item.open > 0 and item.status == "open"]
        self._rng.shuffle(self._open)
        self._groups = [debtor for debtor in world.debtors if len(self._payable(debtor)) >= 2]
        self._rng.shuffle(self._groups)
        self._count = 0
        self._later: list[PaymentRecord] = []
        self._counter = 0
        self._managed: dict[str, list[DebtorRecord]] = {}
        self._traps = Traps(world, self._rng, self._open, self._payment, self._payer)

    def make(self, count: int, shares: Mapping[str, float]) -> list[PaymentRecord]:
        """``count`` payments of the mix, in random order."""
        builders: dict[str, Callable[[], PaymentRecord | None]] = {
            "clean": self._clean, "damaged": self._damaged, "customer_number": self._customer_number,
            "name_amount": self._name_amount, "several": self._several, "noise": self._traps.draw,
            "return": self._return, "period": self._period, "contract": self._contract, "across": self._across,
        }  # fmt: skip
        names = list(shares)
        result: list[PaymentRecord] = []
        # Several invoices first, while debtors still have several unpaid ones.
        wanted = {name: round(count * share) for name, share in shares.items()}
        for name in sorted(names, key=lambda key: key not in {"several", "across"}):
            for _ in range(wanted[name]):
                made = builders[name]()
                if made is not None:
                    result.append(made)
        result += self._later
        self._rng.shuffle(result)
        return result

    # --- drawing -------------------------------------------------------------------------------------------------

    def _payable(self, debtor: DebtorRecord) -> list[ItemRecord]:
        return [item for item in debtor.items if item.open > 0 and item.status == "open" and not item.used]

    def _next(self) -> ItemRecord | None:
        while self._open:
            item = self._open.pop()
            if not item.used:
                item.used = True
                return item
        return None

    @staticmethod
    def _has_twin(item: ItemRecord) -> bool:
        """Whether another item that was open when the month began costs the same for the same debtor."""
        return any(
            other is not item and other.open == item.open and other.status == "open" for other in item.debtor.items
        )

    def _oldest_like(self, item: ItemRecord) -> ItemRecord:
        """The oldest unpaid item of this amount: who pays by standing order pays the oldest first."""
        same = [other for other in self._payable(item.debtor) if other.open == item.open]
        if not same:
            return item
        item.used = False
        first = min([*same, item], key=lambda other: other.issue)
        first.used = True
        if first is not item:
            self._open.append(item)
        return first

    def _day(self, item: ItemRecord) -> date:
        late = self._rng.choice((0, 0, 1, 3, 7, 20))
        day = max(item.due - timedelta(days=self._rng.randrange(0, 7)), item.issue) + timedelta(days=late)
        return min(max(day, TODAY - timedelta(days=25)), TODAY)

    def _payment(
        self, case: str, day: date, amount: int, who: tuple[str, str, str], text: str, truth: dict[str, int]
    ) -> PaymentRecord:
        self._count += 1
        rng = self._rng
        name, account, ultimate = who
        e2e = (
            "" if rng.random() < 0.6 else rng.choice((f"{rng.randrange(10**12):012d}", f"ZV{rng.randrange(10**8):08d}"))
        )
        return PaymentRecord(
            f"t{self._count:07d}-{rng.randrange(16**8):08x}", day, amount,
            umlauts(rng, name)[: rng.choice((27, 54, 70))],
            account, bank_text(rng, text), case, truth, ultimate=ultimate, end_to_end_id=e2e,
        )  # fmt: skip

    def _payer(self, debtor: DebtorRecord) -> tuple[str, str, str]:
        """(name, IBAN, ultimate debtor) of who pays for a debtor: mostly themselves."""
        rng = self._rng
        way = rng.random()
        own = rng.choice(debtor.true_ibans)
        name = debtor.name
        if debtor.payer and way < 0.97:
            return debtor.payer, own, debtor.name if rng.random() < 0.2 else ""
        if debtor.person and rng.random() < 0.3:
            name = rng.choice((f"{debtor.surname}, {debtor.first}", f"{debtor.surname} {debtor.first}", f"Herr {name}"))
        if way < 0.88:
            return name, own, ""
        if way < 0.93:
            if debtor.person:
                partner = rng.choice(words.FIRST)
                joint = rng.random() < 0.5
                return (f"{debtor.first} und {partner} {debtor.surname}" if joint else f"{partner} {debtor.surname}",
                        iban(rng), "")  # fmt: skip
            return name, iban(rng), ""
        if way < 0.96:
            office = f"Steuerberater {rng.choice(words.FIRST)} {rng.choice(words.SURNAMES)}"
            return office, iban(rng), debtor.name if rng.random() < 0.4 else ""
        if way < 0.98:
            return f"{rng.choice(words.STEMS)}holding {rng.choice(words.FORMS)}", iban(rng), ""
        other = rng.choice(self._world.debtors)
        return other.name, rng.choice(other.true_ibans), ""

    def _amount(self, item: ItemRecord, day: date, certain: bool) -> tuple[int, date, dict[str, int], str]:
        """(amount, day, truth, suffix of the case): exact mostly."""
        rng = self._rng
        way = rng.random()
        if item.discount_points and item.discount_until and item.open == item.amount and way < 0.35:
            if way < 0.22:
                day = item.discount_until + timedelta(days=rng.choice((-3, -1, 0, 0, 1, 2)))
                cents = rng.choice((0, 0, 0, 0, 1, -1))
                return item.net + cents, max(day, item.issue), {item.number: item.open}, "+discount"
            day = item.discount_until + timedelta(days=rng.randrange(9, 30))
            return item.net, day, {item.number: item.net}, "+late_discount"
        if not certain:
            return item.open, day, {item.number: item.open}, ""
        if way > 0.985 and item.open > 5000:
            part = item.open * rng.choice((30, 50, 50, 60)) // 100 // 500 * 500 or item.open // 2
            return part, day, {item.number: part}, "+part"
        if way > 0.975:
            return item.open + rng.choice((100, 500, 1000, 37, 900)), day, {item.number: item.open}, "+over"
        if way > 0.965 and not item.discount_points:
            cut = (item.open * rng.choice((200, 300)) + 5000) // 10000
            return item.open - cut, day, {item.number: item.open - cut}, "+unagreed"
        return item.open, day, {item.number: item.open}, ""

    def _around(self, shown: str, item: ItemRecord) -> str:
        """A number with what people add: customer number, dates, amounts, phone numbers, greetings."""
        rng = self._rng
        parts = [shown]
        if rng.random() < 0.22:
            parts.insert(
                rng.randrange(2), f"{rng.choice(('Kd.Nr. ', 'KdNr ', 'Kunde ', 'Kundennr.: '))}{item.debtor.number}"
            )
        if rng.random() < 0.2:
            parts.append(f"vom {item.issue:%d.%m.%Y}")
        if rng.random() < 0.07:
            parts.append(f"{item.open // 100},{item.open % 100:02d} EUR")
        if rng.random() < 0.03:
            parts.append(f"Tel. 0{rng.randrange(200, 999)}/{rng.randrange(10**5, 10**7)}")
        if rng.random() < 0.05:
            parts.append(f"Auftrag {rng.randrange(10**5, 10**6)}")
        if rng.random() < 0.08:
            parts.append(item.debtor.name)
        return rng.choice((" ", ", ", " / ")).join(parts)

    # --- the cases -----------------------------------------------------------------------------------------------

    def _clean(self) -> PaymentRecord | None:
        item = self._next()
        if item is None:
            return None
        rng = self._rng
        if item.mandate and rng.random() < 0.9:
            return self._collection(item)
        amount, day, truth, suffix = self._amount(item, self._day(item), True)
        text = self._around(clean(rng, item.number), item)
        case = "clean"
        made = None
        if item.order_number and rng.random() < 0.3:
            text, case = self._around(f"Bestellung {item.order_number}", item), "order"
        elif item.creditor_reference and rng.random() < 0.6:
            text, case = "", "creditor_reference"
            made = self._payment(case + suffix, day, amount, self._payer(item.debtor), text, truth)
            made.creditor_reference = item.creditor_reference
        if made is None:
            made = self._payment(case + suffix, day, amount, self._payer(item.debtor), text, truth)
        made.review_is_right = suffix in {"+late_discount", "+unagreed"}
        if suffix == "+discount" and rng.random() < 0.3:
            made.declared_discount = item.open - amount
        if suffix == "+part" and rng.random() < 0.4:
            self._second_part(item, made, amount)
        if suffix == "" and rng.random() < 0.008:
            again = self._payment(
                "paid_twice", made.day + timedelta(days=rng.randrange(0, 3)), amount,
                (made.name, made.iban, made.ultimate), made.text, {},
            )  # fmt: skip
            again.text, again.name, again.end_to_end_id = made.text, made.name, made.end_to_end_id
            again.trap = True
            self._later.append(again)
        return made

    def _second_part(self, item: ItemRecord, first: PaymentRecord, paid: int) -> None:
        rest = item.open - paid
        self._later.append(
            self._payment(
                "clean+rest", first.day, rest, (first.name, first.iban, ""), f"Rest {item.number}", {item.number: rest}
            )
        )

    def _collection(self, item: ItemRecord) -> PaymentRecord:
        self._counter += 1
        batch = f"PMT{self._counter // 9:06d}"
        record = CollectionRecord(
            f"E2E{self._counter:08d}", item.mandate, item, self._day(item), batch, f"MSG{batch}", item.open
        )
        self._world.collections.append(record)
        made = self._payment(
            "collection", record.day, item.open, (item.debtor.name, "", ""), f"Lastschrift {item.number}",
            {item.number: item.open},
        )  # fmt: skip
        made.kind, made.end_to_end_id, made.mandate_id = "collection", record.end_to_end_id, item.mandate
        return made

    def _damaged(self) -> PaymentRecord | None:
        item = self._next()
        if item is None:
            return None
        amount, day, truth, suffix = self._amount(item, self._day(item), self._rng.random() < 0.5)
        shown, damage = damaged(self._rng, item.number)
        made = self._payment(
            f"damaged:{damage}{suffix}", day, amount, self._payer(item.debtor), self._around(shown, item), truth
        )
        made.review_is_right = suffix in {"+late_discount", "+unagreed"}
        return made

    def _customer_number(self) -> PaymentRecord | None:
        item = self._next()
        if item is None:
            return None
        who = self._payer(item.debtor)
        if self._rng.random() < 0.4:
            who = (who[0], iban(self._rng), who[2])
        text = self._rng.choice(
            ("Kd.Nr. {n}", "Kundennummer {n} Danke", "KdNr: {n}", "Kunde {n} offene Rechnung", "{n}")
        )
        made = self._payment(
            "customer_number",
            self._day(item),
            item.open,
            who,
            text.format(n=item.debtor.number),
            {item.number: item.open},
        )
        made.undecidable = self._has_twin(item)
        return made

    def _name_amount(self) -> PaymentRecord | None:
        item = self._next()
        if item is None:
            return None
        rng = self._rng
        account = rng.choice(item.debtor.true_ibans) if rng.random() < 0.6 else iban(rng)
        text = rng.choice(words.THANKS)
        if rng.random() < 0.15:
            text += f" vom {item.issue:%d.%m.%y}"
        made = self._payment(
            "name_amount", self._day(item), item.open, (item.debtor.name, account, ""), text, {item.number: item.open}
        )
        made.undecidable = self._has_twin(item)
        return made

    def _period(self) -> PaymentRecord | None:
        """A month instead of a number: rents, fees, subscriptions."""
        item = self._next()
        if item is None:
            return None
        rng = self._rng
        item = self._oldest_like(item)
        month, year = _MONTHS[item.issue.month - 1], item.issue.year
        shown = rng.choice((
            f"Miete {month} {year}", f"Miete {item.issue:%m/%Y}", f"Beitrag {month}",
            f"Rate {item.issue:%m.%y}", f"{month}",
            f"Abschlag {month[:3]}. {year % 100}", f"monatliche Zahlung {item.issue:%m/%y}", "Miete",
            "Dauerauftrag Miete",
        ))  # fmt: skip
        if rng.random() < 0.3:
            shown += rng.choice(
                (f" Kd.Nr. {item.debtor.number}", f" {item.debtor.name}", f" Whg {rng.randrange(1, 40)}")
            )
        made = self._payment(
            "period", self._day(item), item.open, self._payer(item.debtor), shown, {item.number: item.open}
        )
        says_when = month[:3] in shown or f"{item.issue:%m}" in shown
        made.undecidable = not says_when and self._has_twin(item)
        return made

    def _contract(self) -> PaymentRecord | None:
        """The contract number only, as standing orders do."""
        item = self._next()
        if item is None:
            return None
        item = self._oldest_like(item)
        number = item.contract or item.debtor.number
        shown = self._rng.choice(("Vertrag {n}", "Vertragsnr. {n}", "V-Nr {n} monatlich", "{n}", "Vertragskonto {n}"))
        made = self._payment(
            "contract", self._day(item), item.open, self._payer(item.debtor), shown.format(n=number),
            {item.number: item.open},
        )  # fmt: skip
        made.undecidable = self._has_twin(item)
        return made

    def _across(self) -> PaymentRecord | None:
        """A manager pays items of several of his customers at once, each by its number."""
        rng = self._rng
        if not self._managed:
            for debtor in self._world.debtors:
                if debtor.payer:
                    self._managed.setdefault(debtor.true_ibans[0], []).append(debtor)
        if not self._managed:
            return None
        for _ in range(20):
            account = rng.choice(list(self._managed))
            payable = [item for debtor in self._managed[account] for item in self._payable(debtor)]
            if len(payable) >= 2:
                break
        else:
            return None
        chosen = rng.sample(payable, min(len(payable), rng.choice((2, 2, 3, 4))))
        for item in chosen:
            item.used = True
        truth = {item.number: item.open for item in chosen}
        text = rng.choice((", ", " ", " + ")).join(item.number for item in chosen)
        day = max(self._day(item) for item in chosen)
        return self._payment("across", day, sum(truth.values()), (chosen[0].debtor.payer, account, ""), text, truth)

    def _several(self) -> PaymentRecord | None:
        rng = self._rng
        while self._groups:
            debtor = self._groups.pop()
            payable = self._payable(debtor)
            if len(payable) >= 2:
                break
        else:
            return None
        payable.sort(key=lambda item: item.issue)
        way = rng.random()
        count = min(len(payable), rng.choice((2, 2, 2, 3, 3, 4, 5, 8)))
        start = rng.randrange(len(payable) - count + 1)
        chosen = payable[start : start + count] if rng.random() < 0.5 else rng.sample(payable, count)
        credits = [item for item in debtor.items if item.open < 0 and not item.used]
        case, text = "several:listed", ""
        if way < 0.1:
            chosen, case = payable, "several:all_open"
            text = rng.choice(("alle offenen Rechnungen", "Kontoausgleich", "sämtliche offene Posten"))
            if credits:
                chosen = payable + credits
        elif way < 0.16:
            case, text = "several:sum_only", rng.choice(words.THANKS)
        day = max(self._day(item) for item in chosen)
        truth = {item.number: item.open for item in chosen}
        amount = sum(truth.values())
        if not text:
            text, case, amount, truth = self._list(chosen, credits, amount, truth, day)
        if amount <= 0:
            return None
        for item in chosen:
            item.used = True
        made = self._payment(case, day, amount, self._payer(debtor), text, truth)
        # Nothing but a sum, and another part of the account costs as much.
        made.undecidable = case == "several:sum_only" and any(self._has_twin(item) for item in chosen)
        if case == "several:truncated":
            made.text = made.text[:140]
        return made

    def _list(
        self, chosen: list[ItemRecord], credits: list[ItemRecord], amount: int, truth: dict[str, int], day: date
    ) -> tuple[str, str, int, dict[str, int]]:
        rng = self._rng
        way = rng.random()
        numbers = [item.number for item in chosen]
        joined = rng.choice((", ", ",", " + ", " und ", " ", "; ", "/")).join(numbers)
        if way < 0.12 and credits:
            credit = credits[0]
            credit.used = True
            named = f" abzgl. GS {credit.number}" if rng.random() < 0.6 else " abzgl. Gutschrift"
            return joined + named, "several:credit_note", amount + credit.open, {**truth, credit.number: credit.open}
        if way < 0.24 and all(
            item.discount_until and day <= item.discount_until + timedelta(days=2) for item in chosen
        ):
            return joined + " abzgl. Skonto", "several:discount", sum(item.net for item in chosen), truth
        if way < 0.36 and len({number[:-2] for number in numbers}) == 1:
            ordered = sorted(numbers)
            return (
                ordered[0] + "".join(f"/{number[-2:]}" for number in ordered[1:]),
                "several:abbreviated",
                amount,
                truth,
            )
        if way < 0.45:
            shown, _ = damaged(rng, numbers[-1])
            return " ".join([*numbers[:-1], shown]), "several:one_damaged", amount, truth
        if way < 0.55:
            return (
                "Sammelzahlung Rechnungen " + ", ".join(f"RgNr. {number}" for number in numbers),
                "several:truncated",
                amount,
                truth,
            )
        return "Rechnungen " + joined, "several:listed", amount, truth

    def _return(self) -> PaymentRecord | None:
        """A returned direct debit, for files and the returns step; the matcher plans receipts only."""
        item = self._rng.choice(self._world.items)
        if item.amount <= 0:
            return None
        day = TODAY - timedelta(days=self._rng.randrange(25))
        made = self._payment(
            "return", day, -abs(item.amount) - 300, (item.debtor.name, item.debtor.true_ibans[0], ""),
            f"Retoure SEPA Lastschrift {item.number}", {},
        )  # fmt: skip
        made.kind, made.reason_code = "return_debit", self._rng.choice(("AC04", "AM04", "MS03", "MD06"))
        return made
