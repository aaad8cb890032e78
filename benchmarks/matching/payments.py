"""Payments with ground truth for a world: how customers really pay, and what only looks like a payment."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from benchmarks.matching import words
from benchmarks.matching.collective import Collective
from benchmarks.matching.drawing import has_twin, paid_on, payable_of
from benchmarks.matching.records import PaymentRecord
from benchmarks.matching.traps import Traps
from benchmarks.matching.typing_errors import bank_text, clean, damaged, umlauts
from benchmarks.matching.world import TODAY, CollectionRecord, DebtorRecord, ItemRecord, World, iban

_MONTHS = ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
           "Dezember")  # fmt: skip


class Payments:
    """Draws payments for a world; every open item is paid at most once (but for part payments)."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._rng = random.Random(seed * 7919 + 1)
        self._open = [item for item in world.items if item.open > 0 and item.status == "open"]
        self._rng.shuffle(self._open)
        self._collective = Collective(world, self._rng, self._payment, self._payer)
        self._count = 0
        self._later: list[PaymentRecord] = []
        self._counter = 0
        self._traps = Traps(world, self._rng, self._open, self._payment, self._payer)

    def make(self, count: int, shares: Mapping[str, float]) -> list[PaymentRecord]:
        """``count`` payments of the mix, in random order."""
        builders: dict[str, Callable[[], PaymentRecord | None]] = {
            "clean": self._clean, "damaged": self._damaged, "customer_number": self._customer_number,
            "name_amount": self._name_amount, "several": self._collective.several, "noise": self._traps.draw,
            "return": self._return, "period": self._period, "contract": self._contract,
            "across": self._collective.across,
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

    def _next(self) -> ItemRecord | None:
        while self._open:
            item = self._open.pop()
            if not item.used:
                item.used = True
                return item
        return None

    def _oldest_like(self, item: ItemRecord) -> ItemRecord:
        """The oldest unpaid item of this amount: who pays by standing order pays the oldest first."""
        same = [other for other in payable_of(item.debtor) if other.open == item.open]
        if not same:
            return item
        item.used = False
        first = min([*same, item], key=lambda other: other.issue)
        first.used = True
        if first is not item:
            self._open.append(item)
        return first

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
        amount, day, truth, suffix = self._amount(item, paid_on(self._rng, item), True)
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
            f"E2E{self._counter:08d}", item.mandate, item, paid_on(self._rng, item), batch, f"MSG{batch}", item.open
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
        amount, day, truth, suffix = self._amount(item, paid_on(self._rng, item), self._rng.random() < 0.5)
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
            paid_on(self._rng, item),
            item.open,
            who,
            text.format(n=item.debtor.number),
            {item.number: item.open},
        )
        made.undecidable = has_twin(item)
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
            "name_amount",
            paid_on(self._rng, item),
            item.open,
            (item.debtor.name, account, ""),
            text,
            {item.number: item.open},
        )
        made.undecidable = has_twin(item)
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
            "period", paid_on(self._rng, item), item.open, self._payer(item.debtor), shown, {item.number: item.open}
        )
        says_when = month[:3] in shown or f"{item.issue:%m}" in shown
        made.undecidable = not says_when and has_twin(item)
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
            "contract", paid_on(self._rng, item), item.open, self._payer(item.debtor), shown.format(n=number),
            {item.number: item.open},
        )  # fmt: skip
        made.undecidable = has_twin(item)
        return made

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
