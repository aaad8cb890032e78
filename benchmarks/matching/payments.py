"""Payments with ground truth for a world: how customers really pay, and what only looks like a payment."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from benchmarks.matching import words
from benchmarks.matching.typing_errors import bank_text, clean, damaged, umlauts
from benchmarks.matching.world import TODAY, CollectionRecord, DebtorRecord, ItemRecord, World, iban


@dataclass(slots=True)
class PaymentRecord:
    """One payment and the truth about it.

    truth: invoice number → effect on what is owed, discount included; empty when nothing may be posted by itself.
    case: what the generator had in mind. trap: whether posting it anywhere is an error.
    review_is_right: the right answer exists, but a careful system asks (unagreed discount).
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


MIX = {
    "clean": 0.55, "damaged": 0.20, "customer_number": 0.025, "name_amount": 0.075, "several": 0.05, "noise": 0.05,
    "return": 0.05,
}  # fmt: skip


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
        self._known: set[str] = set()

    def make(self, count: int, mix: dict[str, float] | None = None) -> list[PaymentRecord]:
        """``count`` payments of the mix, in random order."""
        shares = mix or MIX
        builders: dict[str, Callable[[], PaymentRecord | None]] = {
            "clean": self._clean, "damaged": self._damaged, "customer_number": self._customer_number,
            "name_amount": self._name_amount, "several": self._several, "noise": self._noise, "return": self._return,
        }  # fmt: skip
        names = list(shares)
        result: list[PaymentRecord] = []
        # Several invoices first, while debtors still have several unpaid ones.
        wanted = {name: round(count * share) for name, share in shares.items()}
        for name in sorted(names, key=lambda key: key != "several"):
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
            return item.net, day, {item.number: item.open}, "+late_discount"
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
        return self._payment(
            "customer_number",
            self._day(item),
            item.open,
            who,
            text.format(n=item.debtor.number),
            {item.number: item.open},
        )

    def _name_amount(self) -> PaymentRecord | None:
        item = self._next()
        if item is None:
            return None
        rng = self._rng
        account = rng.choice(item.debtor.true_ibans) if rng.random() < 0.6 else iban(rng)
        text = rng.choice(words.THANKS)
        if rng.random() < 0.15:
            text += f" vom {item.issue:%d.%m.%y}"
        return self._payment(
            "name_amount", self._day(item), item.open, (item.debtor.name, account, ""), text, {item.number: item.open}
        )

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

    # --- what must not post --------------------------------------------------------------------------------------

    def _stranger(self) -> tuple[str, str, str]:
        rng = self._rng
        if rng.random() < 0.5:
            return f"{rng.choice(words.FIRST)} {rng.choice(words.SURNAMES)}", iban(rng), ""
        company = f"{rng.choice(words.STEMS)}{rng.choice(words.ENDINGS)} {rng.choice(words.TRADES)}"
        return f"{company} {rng.choice(words.FORMS)}", iban(rng), ""

    def _noise(self) -> PaymentRecord | None:
        made = self._rng.choice(list(self._traps()))()
        if made is not None:
            made.trap = True
            made.truth = {}
        return made

    def _traps(self) -> Iterator[Callable[[], PaymentRecord | None]]:
        yield self._trap_foreign
        yield self._trap_foreign
        yield self._trap_refund
        yield self._trap_foreign_invoice
        yield self._trap_duplicate
        yield self._trap_cancelled
        yield self._trap_unlisted_same_amount
        yield self._trap_amount_by_chance
        yield self._trap_namesake
        yield self._trap_look_alike
        yield self._trap_other_customer

    def _any_item(self) -> ItemRecord:
        return self._rng.choice(self._world.items)

    def _some_day(self) -> date:
        return TODAY - timedelta(days=self._rng.randrange(25))

    def _trap_foreign(self) -> PaymentRecord:
        rng = self._rng
        text = rng.choice(words.FOREIGN).format(
            wkn=rng.randrange(10**5, 10**6), five=rng.randrange(10**4, 10**5), nine=rng.randrange(10**8, 10**9),
            two=rng.randrange(99),
        )  # fmt: skip
        amount = rng.choice((rng.randrange(500, 500000), rng.randrange(1, 500) * 1000))
        return self._payment("trap:foreign", self._some_day(), amount, self._stranger(), text, {})

    def _trap_refund(self) -> PaymentRecord:
        item = self._any_item()
        amount = self._rng.randrange(500, 200000)
        text = self._rng.choice(
            ("Erstattung {n}", "Rückerstattung zu Rg {n}", "Gutschrift zu Ihrer Bestellung {n}")
        ).format(n=item.number)
        return self._payment("trap:refund", self._some_day(), amount, self._stranger(), text, {})

    def _trap_foreign_invoice(self) -> PaymentRecord:
        item = self._any_item()
        digits = "".join(sign for sign in item.number if sign.isdigit())
        number = self._rng.choice((item.number, digits, digits[-5:]))
        text = f"{self._rng.choice(('Rechnung ', 'RE', 'Rg ', 'Beleg '))}{number}"
        amount = int(item.amount * self._rng.choice((0.5, 0.8, 1.19, 1.5, 2.3))) + self._rng.randrange(100)
        return self._payment("trap:foreign_invoice", self._some_day(), abs(amount) or 100, self._stranger(), text, {})

    def _trap_duplicate(self) -> PaymentRecord | None:
        closed = [item for item in self._rng.sample(self._world.items, 60) if item.open == 0 and item.amount > 0]
        if not closed:
            return None
        item = closed[0]
        who = self._payer(item.debtor)
        return self._payment("trap:duplicate", self._some_day(), item.amount, who, clean(self._rng, item.number), {})

    def _trap_cancelled(self) -> PaymentRecord | None:
        found = [
            item
            for item in self._rng.sample(self._world.items, min(400, len(self._world.items)))
            if item.status == "cancelled"
        ]
        if not found:
            return None
        item = found[0]
        return self._payment(
            "trap:cancelled", self._some_day(), item.amount, self._payer(item.debtor), clean(self._rng, item.number), {}
        )

    def _trap_unlisted_same_amount(self) -> PaymentRecord | None:
        """A subscriber pays next month's invoice, which is not loaded yet: same amount, a number of our shape."""
        candidates = [item for item in self._rng.sample(self._open, min(30, len(self._open))) if not item.used]
        if not candidates:
            return None
        item = candidates[0]
        digits = [place for place, sign in enumerate(item.number) if sign.isdigit()]
        if not self._known:
            self._known = self._world.number_set()
        for _ in range(50):
            number = item.number
            for place in self._rng.sample(digits[-5:], 3):
                other = (int(number[place]) + self._rng.randrange(1, 10)) % 10
                number = number[:place] + str(other) + number[place + 1 :]
            if number not in self._known:
                break
        else:
            return None
        item.used = True
        return self._payment(
            "trap:unlisted_same_amount", self._some_day(), item.open, self._payer(item.debtor), f"Rechnung {number}", {}
        )

    def _trap_amount_by_chance(self) -> PaymentRecord:
        item = self._any_item()
        text = self._rng.choice(("Rechnung 4711-0815", "Danke", "Bestellung 99887766", "", "Kundennr 00000"))
        return self._payment("trap:amount_by_chance", self._some_day(), abs(item.amount), self._stranger(), text, {})

    def _trap_namesake(self) -> PaymentRecord:
        debtor = self._rng.choice(self._world.debtors)
        amount = self._rng.choice((self._rng.randrange(500, 90000), self._rng.randrange(1, 90) * 1000))
        return self._payment(
            "trap:namesake",
            self._some_day(),
            amount,
            (debtor.name, iban(self._rng), ""),
            self._rng.choice(words.THANKS),
            {},
        )

    def _trap_look_alike(self) -> PaymentRecord:
        """One of our numbers inside a telephone number, an IBAN, an amount or a longer number."""
        rng = self._rng
        item = self._any_item()
        digits = "".join(sign for sign in item.number if sign.isdigit())
        text = rng.choice((
            f"Tel. 0221/{digits}", f"Vertrag 9{digits}1 Beitrag", f"IBAN {iban(rng)} Umbuchung",
            f"Konto {digits}7 Sparplan", f"Schein {digits[:4]}.{digits[4:]}.33",
        ))  # fmt: skip
        return self._payment(
            "trap:look_alike", self._some_day(), rng.randrange(500, 200000), self._stranger(), text, {}
        )

    def _trap_other_customer(self) -> PaymentRecord:
        """The right amount for one item, but account and customer number of another debtor without such an item."""
        rng = self._rng
        item = self._any_item()
        other = rng.choice(self._world.debtors)
        return self._payment(
            "trap:other_customer", self._some_day(), abs(item.amount), (other.name, rng.choice(other.true_ibans), ""),
            f"KdNr {other.number} Vorauszahlung", {},
        )  # fmt: skip

    def _return(self) -> PaymentRecord | None:
        """A returned direct debit, for files and the returns step; the matcher plans receipts only."""
        item = self._any_item()
        if item.amount <= 0:
            return None
        made = self._payment(
            "return", self._some_day(), -abs(item.amount) - 300, (item.debtor.name, item.debtor.true_ibans[0], ""),
            f"Retoure SEPA Lastschrift {item.number}", {},
        )  # fmt: skip
        made.kind, made.reason_code = "return_debit", self._rng.choice(("AC04", "AM04", "MS03", "MD06"))
        return made
