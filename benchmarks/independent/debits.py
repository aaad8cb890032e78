"""Our own direct debits: batches, what comes back of them, and what customers do then."""

from __future__ import annotations

from datetime import timedelta

from . import writing as w
from .payers import Payers
from .world import CREDITOR_ID, Booking, Item, Truth, World

REASONS = {
    "AC01": ("IBAN FEHLERHAFT", "901"),
    "AC04": ("KONTO AUFGELOEST", "902"),
    "AC06": ("KONTO GESPERRT", "903"),
    "AM04": ("DECKUNG UNGENUEGEND", "906"),
    "MD01": ("KEIN GUELTIGES MANDAT", "909"),
    "MD06": ("WIDERSPRUCH DURCH ZAHLER", "912"),
    "MS02": ("RUECKGABE OHNE ANGABE", "914"),
    "MS03": ("SONSTIGE GRUENDE", "914"),
}


class Debits:
    """Collections of each day; some are returned on later days, some of those paid by transfer afterwards."""

    def __init__(self, world: World, payers: Payers) -> None:
        self.world, self.rng, self.payers = world, world.rng, payers
        self.collected: dict[str, tuple[Item, str, str]] = {}  # end-to-end id → item, batch reference, mandate
        self.pending: list[tuple[Item, str, str, int, int]] = []
        self.received: list[Booking] = []

    def collect(self, day: int, count: int) -> None:
        """One batch, credited in one sum."""
        rng = self.rng
        chosen: list[Item] = []
        for _ in range(count):
            try:
                chosen.append(self.world.take(lambda i: i.debtor.mandate))
            except LookupError:
                break
        if not chosen:
            return
        when = self.world.days[day]
        batch = f"SDD{when:%y%m%d}{rng.randrange(1000):03d}"
        account = rng.randrange(2)
        parent = Booking(
            self.world.reference(),
            day,
            account,
            sum(i.amount for i in chosen),
            "",
            gvc="192",
            title="SAMMLER SEPA-LASTSCHRIFT",
            kref=batch,
        )
        for item in chosen:
            e2e = f"E{when:%y%m%d}{rng.randrange(10**8):08d}"
            mandate = item.debtor.mandate or ""
            self.world.collections.append(
                {
                    "end_to_end_id": e2e,
                    "mandate_id": mandate,
                    "invoice_number": item.number,
                    "amount": f"{item.amount / 100:.2f}",
                    "collection_date": when.isoformat(),
                    "debtor_iban": item.debtor.iban,
                    "payment_information_id": batch,
                }
            )
            child = Booking(
                f"{parent.ref}-{len(parent.parts)}",
                day,
                account,
                item.amount,
                f"Rechnung {item.number}",
                name=w_name(item),
                iban=item.debtor.iban,
            )
            child.eref, child.mref, child.gvc = e2e, mandate, "171"
            parent.parts.append(child)
            self.pending.append((item, e2e, mandate, day, account))
        truth = Truth("direct debit batch", "collection", {i.number: i.amount for i in chosen})
        self.world.note(parent, truth)

    def come_back(self, day: int) -> None:
        """One return, single or collective, with the charge included, apart or none."""
        rng = self.rng
        ready = [entry for entry in self.pending if entry[3] < day]
        if not ready:
            return None
        if rng.random() < 0.12 and self.received:
            return self.recall(day)
        count = rng.choice([2, 3, 4]) if rng.random() < 0.15 else 1
        account = ready[0][4]
        chosen = rng.sample(
            [entry for entry in ready if entry[4] == account], min(count, sum(e[4] == account for e in ready))
        )
        for entry in chosen:
            self.pending.remove(entry)
        style = rng.choice(["included", "included", "apart", "none"])
        lines = [self.line(entry, day, style) for entry in chosen]
        truth = Truth("return debit", "return", {entry[0].number: -entry[0].amount for entry in chosen})
        if len(lines) == 1:
            self.world.note(lines[0], truth)
        else:
            parent = Booking(
                self.world.reference(),
                day,
                account,
                sum(line.amount for line in lines),
                "",
                gvc="109",
                title="RUECKLASTSCHRIFTEN",
                parts=lines,
            )
            truth.cause = "return debits, collective"
            self.world.note(parent, truth)
        if style == "apart":
            self.world.note(
                Booking(
                    self.world.reference(),
                    day,
                    account,
                    -300 * len(lines),
                    "ENTGELT RUECKLASTSCHRIFT",
                    gvc="808",
                    title="ENTGELT",
                ),
                Truth("charge for a return", "aside"),
            )
        for item, *_ in chosen:
            later = day + 1 + rng.randrange(2)
            if rng.random() < 0.3 and later < len(self.world.days):
                more = rng.choice([0, 0, 300, 500])
                truth = Truth("transfer after a return", "assign", {item.number: item.amount}, loose=bool(more))
                said = rng.choice(["", " Ruecklastschrift", " zzgl. Gebuehr RLS", " sorry, Konto war nicht gedeckt"])
                self.payers.book(
                    item,
                    item.amount + more,
                    w.around(rng, item, item.number, item.amount + more, 0.2) + said,
                    truth,
                    later,
                )
        return None

    def line(self, entry: tuple[Item, str, str, int, int], day: int, style: str) -> Booking:
        rng = self.rng
        item, e2e, mandate, _, account = entry
        code = rng.choices(list(REASONS), [1, 2, 1, 4, 1, 3, 2, 8])[0]
        charge = rng.choice([300, 350, 500, 811]) if style == "included" else 0
        words = REASONS[code][0]
        when = self.world.days[day] - timedelta(days=rng.choice([1, 2, 3]))
        text = rng.choice(
            [
                f"{words} Rechnung {item.number}",
                f"Retoure SEPA Lastschrift vom {when:%d.%m.%Y}, Rueckgabegrund: {code} {words} "
                f"SVWZ: RETURN/REFUND, Rechnung {item.number}",
                f"RUECKLASTSCHRIFT {words}",
                f"{code} {words}",
            ]
        )
        booking = Booking(
            self.world.reference() + f"{rng.randrange(100):02d}",
            day,
            account,
            -(item.amount + charge),
            text,
            name=w_name(item),
            iban=item.debtor.iban,
        )
        booking.gvc, booking.title, booking.reason = "109", "SEPA-LASTSCHR. RETOURE CORE", code
        booking.eref, booking.mref = e2e, mandate
        booking.original, booking.charges = item.amount, charge
        return booking

    def recall(self, day: int) -> None:
        """A payment we received is taken back by the payer's bank."""
        known = [b for b in self.received if b.day < day]
        if not known:
            return
        paid = self.rng.choice(known)
        self.received.remove(paid)
        truth = self.world.truth[paid.ref]
        back = Booking(
            self.world.reference(),
            day,
            paid.account,
            -paid.amount,
            f"RUECKRUF UEBERWEISUNG FOCR {paid.text}"[:140],
            name=paid.name,
            iban=paid.iban,
        )
        back.gvc, back.title, back.reason, back.eref = "159", "RUECKUEBERWEISUNG", "FOCR", paid.eref
        back.original = paid.amount
        self.world.note(
            back, Truth("transfer taken back", "return", {n: -a for n, a in truth.parts.items()}, of=paid.ref)
        )


def w_name(item: Item) -> str:
    return item.debtor.name


__all__ = ["CREDITOR_ID", "Debits"]
