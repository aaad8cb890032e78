"""Money that belongs to no open invoice, whatever its text or amount resembles."""

from __future__ import annotations

from collections.abc import Callable

from . import writing as w
from .payers import Payers
from .people import as_printed, firm, iban, person
from .questions import NoPair, Questions
from .world import Booking, Item, Truth, World


class Strangers:
    """Noise and traps, and (by chance) the questions."""

    def __init__(self, world: World, payers: Payers) -> None:
        self.world, self.rng, self.payers = world, world.rng, payers
        self.questions = Questions(world, payers)

    def any(self, day: int) -> None:
        kinds: list[Callable[[int], None]] = [
            self.foreign_number,
            self.foreign_number,
            self.telephone,
            self.dated,
            self.refund,
            self.refund,
            self.paid_twice,
            self.paid_twice,
            self.cancelled,
            self.questions.same_name,
            self.questions.office,
            self.questions.neighbour,
            self.provider,
            self.postcode,
            self.supplier,
            self.bounced_refund,
            self.customer_is_invoice,
            self.questions.twin_amounts,
            self.wages,
            self.transfer_between,
            self.wrong_number_own_amount,
        ]
        kind = self.rng.choice(kinds)
        try:
            kind(day)
        except NoPair:
            self.refund(day)

    def book(self, amount: int, name: str, text: str, truth: Truth, day: int, **more: object) -> Booking:
        more.setdefault("iban", iban(self.rng))
        return self.world.note(
            Booking(self.world.reference(), day, self.rng.randrange(2), amount, text[:140], name=name, **more),  # type: ignore[arg-type]
            truth,
        )

    def open_item(self) -> Item:
        return self.rng.choice([i for i in self.world.pool if i.free])

    def stranger(self) -> str:
        """A name no customer has."""
        while True:
            name = self.rng.choice([person, firm])(self.rng)
            if name not in self.world.by_name:
                return as_printed(self.rng, name, False)

    def amount(self) -> int:
        """An amount that some open item has by chance, or any other."""
        return self.open_item().amount if self.rng.random() < 0.5 else self.rng.randrange(900, 90000)

    def foreign_number(self, day: int) -> None:
        """Somebody else's invoice number: another form, or the same digits under another prefix."""
        rng = self.rng
        mine = self.open_item().number
        tail = "".join(sign for sign in mine if sign.isdigit())[-5:]
        number = rng.choice(
            [
                f"SR{tail}/26",
                f"2026-{w.digits(rng, 5)}-DE",
                f"VS-{tail}",
                f"MRN {w.digits(rng, 2)}DE{w.digits(rng, 12)}",
                f"AR{w.digits(rng, 7)}",
                f"PO-{tail}-B",
            ]
        )
        text = (
            rng.choice(["Rechnung ", "Ihre Rechnung an unsere Tochter, Rg. ", "Storno ", "Vertrag ", "Ref "]) + number
        )
        # The amount is nobody's: with a right amount a person might think of a misread number.
        amount = 1 + max(i.amount for i in self.world.items if i.amount < 90000) - rng.randrange(0, 50)
        amount = self.nobodys(amount)
        self.book(amount, self.stranger(), text, Truth("somebody else's number", "nobody"), day)

    def nobodys(self, amount: int) -> int:
        known = {i.amount for i in self.world.items}
        while amount in known:
            amount += 1
        return amount

    def telephone(self, day: int) -> None:
        """Open invoice's number as part of a telephone number, its amount is another."""
        item = self.open_item()
        core = "".join(sign for sign in item.number if sign.isdigit())[-7:]
        text = self.rng.choice(
            ["Rueckfragen unter Tel. 0171/{}", "Tel 030 {} Miete Stellplatz", "Fax-Nr. 0221-{}", "Kontakt: 0151 {}"]
        ).format(core)
        self.book(self.nobodys(item.amount + 700), self.stranger(), text, Truth("telephone number", "nobody"), day)

    def dated(self, day: int) -> None:
        item = self.open_item()
        text = self.rng.choice(
            [
                "Nutzungsentgelt vom {:%d.%m.%Y} bis 31.12.2026",
                "Spende {:%d%m%Y}",
                "Termin {:%Y%m%d}",
                "{:%d.%m.} - 30.11.2026 Stellplatz",
            ]
        )
        self.book(self.amount(), self.stranger(), text.format(item.issued), Truth("date like a number", "nobody"), day)

    def refund(self, day: int) -> None:
        """The tax office, a health insurer, an insurance: known words, an amount that an open item may have."""
        rng = self.rng
        name, text, gvc = rng.choice(
            [
                ("FINANZAMT MUSTERSTADT", f"STNR 027/123/{w.digits(rng, 5)} UMS.ST 3.VJ.26 ERSTATTUNG", "156"),
                (
                    "Finanzamt Musterstadt",
                    f"Steuernummer 27{w.digits(rng, 8)} Umsatzsteuer August 2026 Guthaben",
                    "156",
                ),
                ("MUSTER BKK", f"U1-Erstattung BNR {w.digits(rng, 8)} 09/26", "166"),
                (
                    "Muster Versicherung AG",
                    f"Schaden-Nr. {w.digits(rng, 7)} vom {rng.randint(1, 28):02d}.09.2026",
                    "166",
                ),
                ("Stadtwerke Musterstadt", f"Guthaben Abrechnung Vertragskonto {w.digits(rng, 9)}", "166"),
                ("Bundesagentur fuer Arbeit", f"EGZ {w.digits(rng, 3)}A{w.digits(rng, 6)} 01.09.-30.09.2026", "156"),
            ]
        )
        self.book(self.amount(), name, text, Truth("tax, insurance, refund", "nobody"), day, gvc=gvc)

    def paid_twice(self, day: int) -> None:
        """An invoice settled before is paid again, with its number."""
        settled = [i for i in self.world.items if i.open == 0 and not i.credit]
        item = self.rng.choice(settled)
        truth = Truth("paid twice", "nobody", debtor=item.debtor.number, note=item.number)
        # He may owe the same amount elsewhere and have mistyped: then a person asks, which is the same here.
        text = w.around(self.rng, item, item.number, item.amount)
        self.payers.book(item, item.amount, text, truth, day)

    def cancelled(self, day: int) -> None:
        gone = [i for i in self.world.items if i.cancelled]
        if not gone:
            return self.paid_twice(day)
        item = self.rng.choice(gone)
        truth = Truth("cancelled invoice", "nobody", debtor=item.debtor.number, note=item.number)
        self.payers.book(item, item.amount, w.around(self.rng, item, item.number, item.amount), truth, day)
        return None

    def wrong_number_own_amount(self, day: int) -> None:
        """One digit off names a neighbour's invoice of another amount; account, name and amount are the payer's own."""
        for _ in range(200):
            item = self.world.take(lambda i: self.payers.alone(i))
            written = w.swapped(self.rng, item.number) or item.number
            named = self.world.by_number.get(written)
            if named and named is not item and named.amount != item.amount:
                item.debtor.told = True
                truth = Truth("typo names a neighbour's invoice", "assign", {item.number: item.amount})
                self.payers.book(item, item.amount, w.around(self.rng, item, written, item.amount, 0.2), truth, day)
                return
            self.payers.put_back(item)
        self.refund(day)

    def provider(self, day: int) -> None:
        rng = self.rng
        name, text = rng.choice(
            [
                (
                    "PayPal Europe S.a.r.l. et Cie S.C.A",
                    f"10{w.digits(rng, 11)} PP.{w.digits(rng, 4)}.PP ABBUCHUNG VOM PAYPAL-KONTO",
                ),
                ("STRIPE PAYMENTS EUROPE", f"STRIPE {w.digits(rng, 6)} payout"),
                ("Adyen N.V.", f"TX{w.digits(rng, 9)}XT batch {rng.randint(1, 400)}"),
                ("Concardis GmbH", f"TA-NR. {w.digits(rng, 6)} ZA 09.10. VU {w.digits(rng, 9)}"),
            ]
        )
        self.book(self.amount(), name, text, Truth("payout of a payment provider", "nobody"), day)

    def postcode(self, day: int) -> None:
        """A postcode, house number or licence plate equal to an invoice's counter."""
        core = "".join(sign for sign in self.open_item().number if sign.isdigit())[-5:]
        text = self.rng.choice(
            [
                "Kaution Wohnung {} Musterstadt",
                "Umzug nach {} Neustadt",
                "Fundsache Nr {} abgeholt",
                "Kfz MS-X {} Stellplatz",
            ]
        ).format(core)
        self.book(self.nobodys(self.amount()), self.stranger(), text, Truth("postcode, plate", "nobody"), day)

    def supplier(self, day: int) -> None:
        text = self.rng.choice(
            [
                "Gutschrift zu Ihrer Bestellung {}",
                "Bonus 3. Quartal KdNr bei uns {}",
                "Ueberzahlung Ihrer Rg. {} zurueck",
            ]
        ).format(w.digits(self.rng, 6))
        self.book(self.nobodys(self.amount()), self.stranger(), text, Truth("supplier gives back", "nobody"), day)

    def bounced_refund(self, day: int) -> None:
        """Our own transfer comes back: positive, and no receipt of a customer."""
        item = self.open_item()
        text = (
            "Retoure SEPA Ueberweisung vom 28.09.2026, Rueckgabegrund: AC01 IBAN fehlerhaft und ungueltig "
            f"SVWZ: RETURN, Erstattung {item.number}"
        )
        truth = Truth("our refund came back", "nobody", debtor=item.debtor.number)
        self.book(
            item.amount,
            item.debtor.name,
            text,
            truth,
            day,
            gvc="159",
            title="RUECKUEBERWEISUNG",
            reason="AC01",
            iban=item.debtor.iban,
        )

    def customer_is_invoice(self, day: int) -> None:
        """A customer number in the text, perhaps another customer's invoice number; the amount is an own invoice's."""
        item = self.world.take(lambda i: self.payers.alone(i) and len(self.world.by_name[i.debtor.name]) == 1)
        truth = Truth("customer number in the text", "assign", {item.number: item.amount})
        self.payers.book(
            item, item.amount, f"Kundennummer {item.debtor.number} Rechnung vom {item.issued:%d.%m.%Y}", truth, day
        )

    def wages(self, day: int) -> None:
        name = person(self.rng)
        text = f"Lohn/Gehalt 10/2026 Pers.Nr. {self.open_item().number[-5:]}"
        self.book(
            -self.rng.randrange(150000, 420000),
            name,
            text,
            Truth("wages paid", "aside"),
            day,
            gvc="153",
            title="LOHN/GEHALT",
        )

    def transfer_between(self, day: int) -> None:
        account = self.rng.randrange(2)
        amount = self.rng.randrange(10, 80) * 10000
        for place, sign in ((account, -1), (1 - account, 1)):
            self.world.note(
                Booking(
                    self.world.reference(),
                    day,
                    place,
                    sign * amount,
                    "Umbuchung",
                    name="Trial GmbH",
                    iban=self.world.ours[1 - place],
                    gvc="116" if sign < 0 else "166",
                    title="UMBUCHUNG",
                ),
                Truth("between own accounts", "aside" if sign < 0 else "nobody"),
            )
