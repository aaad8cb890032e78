"""Customers who pay: clean, damaged, hardly anything said, in part, with discount, through others."""

from __future__ import annotations

from . import writing as w
from .customers import Customers
from .people import LAST, as_printed, firm, iban, person
from .world import Item, Truth


class Payers(Customers):
    """Makes receipts of the customers of a world; ``day`` is a place in its list of days."""

    # ---- 55 %: nothing wrong with the number

    def clean(self, day: int) -> None:
        kind = self.rng.choices(
            [
                self.printed,
                self.own,
                self.reference,
                self.part,
                self.discount,
                self.late_discount,
                self.unagreed,
                self.third,
                self.foreign,
                self.over,
                self.order,
                self.ultimate,
                self.manager,
            ],
            [56, 12, 5, 4, 6, 2, 2, 5, 1, 1, 2, 2, 2],
        )[0]
        try:
            kind(day)
        except LookupError:  # no invoice of that kind is left
            self.printed(day)

    def printed(self, day: int) -> None:
        item = self.world.take()
        text = w.around(self.rng, item, item.number, item.amount)
        if self.rng.random() < 0.06:
            self.book(
                item,
                item.amount,
                "",
                Truth("number in EREF", "assign", {item.number: item.amount}),
                day,
                eref=item.number,
            )
            return
        self.book(item, item.amount, text, Truth("number as printed", "assign", {item.number: item.amount}), day)

    def own(self, day: int) -> None:
        item = self.world.take()
        text = w.around(self.rng, item, w.own_form(self.rng, item.number), item.amount)
        self.book(item, item.amount, text, Truth("number, payer's form", "assign", {item.number: item.amount}), day)

    def reference(self, day: int) -> None:
        item = self.world.take(lambda i: i.rf)
        truth = Truth("creditor reference (RF)", "assign", {item.number: item.amount})
        groups = " ".join(item.rf[at : at + 4] for at in range(0, len(item.rf), 4))
        how = self.rng.random()
        if how < 0.4:
            self.book(item, item.amount, "", truth, day, structured=item.rf, gvc="167")
        else:
            self.book(item, item.amount, item.rf if how < 0.7 else groups, truth, day)

    def part(self, day: int) -> None:
        item = self.world.take(lambda i: i.amount > 8000)
        paid = self.rng.choice([item.amount // 2, item.amount // 3, max(5000, item.amount // 200 * 100)])
        said = self.rng.choice(
            ["Teilzahlung ", "1. Rate ", "Anzahlung ", "Abschlag Rechnung ", "Rate 1 von 3 zu RE ", ""]
        )
        truth = Truth("part payment", "assign", {item.number: paid})
        self.book(item, paid, said + w.around(self.rng, item, item.number, paid, 0.3), truth, day)

    def discount(self, day: int) -> None:
        when = self.world.days[day]
        item = self.world.take(lambda i: i.percent and i.until >= when) if self.has_terms(when) else self.world.take()
        if not item.percent:
            return self.book_clean(item, day)
        off = round(item.amount * item.percent / 100)
        said = self.rng.choice(
            [
                f" abzgl. {item.percent}% Skonto",
                f" ./. {item.percent} % Skonto",
                f" -{item.percent}%",
                " abz. Skonto",
                "",
            ]
        )
        truth = Truth("cash discount in time", "assign", {item.number: item.amount - off}, discount={item.number: off})
        self.book(item, item.amount - off, w.around(self.rng, item, item.number, item.amount, 0.2) + said, truth, day)
        return None

    def has_terms(self, when: object) -> bool:
        return any(i.free and i.percent and i.until >= when for i in self.world.pool)  # type: ignore[operator]

    def book_clean(self, item: Item, day: int) -> None:
        text = w.around(self.rng, item, item.number, item.amount)
        self.book(item, item.amount, text, Truth("number as printed", "assign", {item.number: item.amount}), day)

    def late_discount(self, day: int) -> None:
        when = self.world.days[day]
        late = [i for i in self.world.pool if i.free and i.percent and i.until and (when - i.until).days > 20]
        if not late:
            return self.book_clean(self.world.take(), day)
        item = self.world.take(lambda i: i is late[0])
        off = round(item.amount * item.percent / 100)
        truth = Truth("cash discount too late", "assign", {item.number: item.amount - off})
        self.book(
            item,
            item.amount - off,
            w.around(self.rng, item, item.number, item.amount - off) + f" abzgl. {item.percent}% Skonto",
            truth,
            day,
        )
        return None

    def unagreed(self, day: int) -> None:
        item = self.world.take(lambda i: not i.percent and i.amount > 5000)
        percent = self.rng.choice([2, 3])
        paid = item.amount - round(item.amount * percent / 100)
        said = self.rng.choice([f" abzgl. {percent}% Skonto", f" ./. {percent}% Sk.", ""])
        truth = Truth("cash discount not agreed", "assign", {item.number: paid})
        self.book(item, paid, w.around(self.rng, item, item.number, paid, 0.2) + said, truth, day)

    def third(self, day: int) -> None:
        """A spouse, a tax adviser, a parent company: another account and name, the number is right."""
        rng = self.rng
        item = self.world.take()
        debtor = item.debtor
        if debtor.is_person:
            family = debtor.name.split(" ", 1)[1] if rng.random() < 0.6 else rng.choice(LAST)
            name = f"{person(rng).split(' ', 1)[0]} {family}"
        else:
            name = rng.choice(
                [
                    f"Steuerkanzlei {rng.choice(LAST)}",
                    f"{rng.choice(LAST)} Holding GmbH",
                    f"Hausverwaltung {rng.choice(LAST)}",
                    person(rng),
                ]
            )
        text = w.around(rng, item, item.number, item.amount, 0.3)
        if rng.random() < 0.4:
            text += f" fuer {debtor.name}"
        truth = Truth("third party pays", "assign", {item.number: item.amount})
        self.book(item, item.amount, text, truth, day, name=as_printed(rng, name, False), iban=iban(rng))

    def foreign(self, day: int) -> None:
        item = self.world.take(lambda i: i.amount > 10000)
        fee = self.rng.choice([500, 750, 1250, 1500])
        truth = Truth("foreign, fee deducted", "assign", {item.number: item.amount - fee}, discount={item.number: fee})
        text = w.around(self.rng, item, item.number, item.amount, 0.3)
        self.book(
            item,
            item.amount - fee,
            text,
            truth,
            day,
            gvc="202",
            title="AUSLANDSZAHLUNG",
            original=item.amount,
            charges=fee,
            eref="",
        )

    def over(self, day: int) -> None:
        item = self.world.take()
        more = self.rng.choice([100, 1000, 5000, 37, 250])
        truth = Truth("too much paid", "assign", {item.number: item.amount}, loose=True)
        self.book(item, item.amount + more, w.around(self.rng, item, item.number, item.amount + more, 0.3), truth, day)

    def order(self, day: int) -> None:
        item = self.world.take(lambda i: i.order)
        text = self.rng.choice(["Bestellung ", "Auftrag Nr. ", "Order ", "Best.Nr. ", ""]) + item.order
        self.book(item, item.amount, text, Truth("order number only", "assign", {item.number: item.amount}), day)

    def ultimate(self, day: int) -> None:
        item = self.world.take()
        rng = self.rng
        truth = Truth("on behalf of (ABWA)", "assign", {item.number: item.amount})
        text = w.around(rng, item, item.number, item.amount, 0.2)
        self.book(
            item,
            item.amount,
            text,
            truth,
            day,
            name=firm(rng),
            iban=iban(rng),
            abwa=as_printed(rng, item.debtor.name, item.debtor.is_person),
        )

    def manager(self, day: int) -> None:
        """One account pays for many customers; the text says for whom."""
        shared = self.shared()
        item = (
            self.world.take(lambda i: i.debtor.iban in shared)
            if any(i.free and i.debtor.iban in shared for i in self.world.pool)
            else None
        )
        if item is None:
            return self.printed(day)
        text = w.around(self.rng, item, item.number, item.amount, 0.3)
        self.book(
            item,
            item.amount,
            text,
            Truth("one account for many", "assign", {item.number: item.amount}),
            day,
            name="Hausverwaltung Obermoser GmbH",
        )
        return None

    # ---- 20 %: damaged

    def damaged(self, day: int) -> None:
        rng = self.rng
        for _ in range(40):
            item = self.world.take()
            how = rng.choice([*w.DAMAGES, "wrapped at 27", "wrapped at 35", "cut at 140"])
            if how.startswith("wrapped"):
                text = w.broken_by_bank(
                    rng, w.around(rng, item, item.number, item.amount, 0.3), item.number, int(how[-2:])
                )
                written = item.number
            elif how == "cut at 140":
                written = item.number[: -rng.choice([1, 1, 2])]
                text = w.truncated(rng, item.number, len(item.number) - len(written))
            else:
                damaged = w.DAMAGES[how](rng, item.number)
                if damaged is None or damaged == item.number:
                    self.put_back(item)
                    continue
                written = damaged
                text = w.around(rng, item, damaged, item.amount, 0.4)
            if not self.decidable(item, written):
                self.put_back(item)
                continue
            self.book(item, item.amount, text, Truth(f"damaged: {how}", "assign", {item.number: item.amount}), day)
            return
        raise LookupError("no decidable damage")

    # ---- 2.5 % and 7.5 %: customer number; name and amount

    def customer_only(self, day: int) -> None:
        item = self.world.take(self.alone)
        said = self.rng.choice(
            [
                "Kd.Nr. {customer}",
                "Kundennummer {customer}",
                "KdNr {customer} Rechnung",
                "Kunde {customer} {name}",
                "{customer}",
            ]
        )
        text = w.fill(self.rng, said, item, item.amount)
        self.book(item, item.amount, text, Truth("customer number only", "assign", {item.number: item.amount}), day)

    def name_only(self, day: int) -> None:
        rng = self.rng
        item = self.world.take(lambda i: self.alone(i) and len(self.world.by_name[i.debtor.name]) == 1)
        said = rng.choice(
            [
                "",
                "Danke",
                "Rechnung",
                "Ihre Rechnung",
                "Rechnung vom {date}",
                "Rg. v. {short}",
                "Lieferung {month}",
                "{amount}",
                "Rechnung {month} 2026",
                "vielen Dank",
                "{name}",
                "Ueberweisung",
                "offener Betrag",
                "lt. Rechnung vom {date}",
                "Rechnungsbetrag {amount} EUR",
            ]
        )
        told = "account known" if item.debtor.told else "account unknown"
        text = w.fill(rng, said, item, item.amount)
        name = as_printed(rng, item.debtor.name, item.debtor.is_person)
        if ". " in name and not item.debtor.told:
            name = item.debtor.name  # an initial from an account nobody knows is no name
        self.book(
            item,
            item.amount,
            text,
            Truth(f"name and amount, {told}", "assign", {item.number: item.amount}),
            day,
            name=name,
        )
