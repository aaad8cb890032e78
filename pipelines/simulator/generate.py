"""Worlds: from a seed, or the sample company's month so that the demo can be served live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from pipelines.demo import company, names, story
from pipelines.demo.company import CAMT_ACCOUNT, MT940_ACCOUNT
from pipelines.demo.files import OPENING
from pipelines.demo.payments import Payment
from pipelines.model.money import format_minor
from pipelines.simulator.world import BankAccount, Login, TanMethod, World, bank_days, number_references

START = date(2026, 10, 1)
USER, PIN = "simulant", "24680"

# What payers write; some of it looks like the fields of MT940, like XML, or like a spreadsheet's formula.
_TEXTS = (
    "Rechnung {0}", "{0}", "{0} vom {1:%d.%m.%Y}", "Rg. {0} danke & Grüße", "Zahlung {0} <Büro> 'Nord'",
    "{0} Müller/Söhne, Größe 5", "EREF-frei: {0}; :61:26", "Überweisung {0} 50% Anteil", "={0}+1",
)  # fmt: skip


def demo_world(seed: int) -> World:
    """The sample company's October as a bank."""
    rng = Random(seed)
    return world_of(story.tell(rng, company.create(rng)))


def world_of(payments: Sequence[Payment]) -> World:
    """A bank that books these payments of the sample company: one login for both accounts."""
    accounts = tuple(BankAccount(iban, company.NAME, minor) for iban, minor in OPENING.items())
    login = Login(USER, PIN, (CAMT_ACCOUNT, MT940_ACCOUNT))
    start = story.BANK_DAYS[0]
    return World(accounts, (login,), list(payments), start, start, _pending(Random(len(payments)), payments))


def generate(
    seed: int,
    *,
    accounts: int = 2,
    start: date = START,
    days: int = 31,
    per_day: float = 4.0,
    today: date | None = None,
    methods: Sequence[TanMethod] | None = None,
) -> World:
    """A world of its own: receipts for invoices, twins, batches, returns with reason and charges, transfers between the
    own accounts. per_day: bookings on each banking day and account, on average. today: where the bank's clock stands;
    the last day when it is left out.
    """
    rng = Random(seed)
    owner = "Probe & Söhne GmbH"
    bank_code = rng.choice(names.BANK_CODES)
    numbers = rng.sample(range(10**6, 10**10), accounts)
    own = tuple(BankAccount(names.iban(bank_code, number), owner, rng.randrange(10**7)) for number in numbers)
    last = start + timedelta(days=days - 1)
    invented = _Inventor(rng, own)
    for day in bank_days(start, last):
        for account in own:
            for _ in range(_count(rng, per_day)):
                invented.booking(account.iban, day)
    payments = sorted(invented.payments, key=lambda one: (one.day, one.account))
    number_references(payments)
    login = Login(USER, PIN, tuple(account.iban for account in own))
    if methods is not None:
        login.methods = tuple(methods)
    return World(own, (login,), payments, start, today or last, _pending(rng, payments), invented.receivables)


def _count(rng: Random, mean: float) -> int:
    """Whole bookings around a mean."""
    return int(mean * 2 * rng.random() + rng.random())


def _pending(rng: Random, payments: Sequence[Payment]) -> dict[str, date]:
    """A fifth of what is booked was shown as pending for a day or two."""
    return {one.reference: one.day - timedelta(days=rng.choice((1, 1, 2, 3))) for one in payments if rng.random() < 0.2}


class _Inventor:
    """Invents bookings and the open items that some of them pay."""

    def __init__(self, rng: Random, own: Sequence[BankAccount]) -> None:
        self.rng, self.own = rng, own
        self.payments: list[Payment] = []
        self.receivables: list[dict[str, str]] = []
        self._paid: list[Payment] = []

    def booking(self, account: str, day: date) -> None:
        """One more booking, sometimes two or three."""
        kind = self.rng.random()
        if kind < 0.62:
            self._receipt(account, day)
        elif kind < 0.68:
            self._twins(account, day)
        elif kind < 0.74:
            self._batch(account, day)
        elif kind < 0.80:
            self._return(account, day)
        elif kind < 0.84 and len(self.own) > 1:
            self._own_transfer(account, day)
        else:
            self._outgoing(account, day)

    def _person(self) -> tuple[str, str]:
        name = f"{self.rng.choice(names.FIRST_NAMES)} {self.rng.choice(names.LAST_NAMES)}"
        if self.rng.random() < 0.4:
            name = self.rng.choice(names.BUSINESSES)
        return name, names.iban(self.rng.choice(names.BANK_CODES), self.rng.randrange(10**6, 10**10))

    def _receipt(self, account: str, day: date) -> Payment:
        name, iban = self._person()
        amount = (
            self.rng.choice((11_900, 23_800, 4_990)) if self.rng.random() < 0.3 else self.rng.randrange(100, 900_000)
        )
        serial = len(self.receivables) + 1
        invoice, debtor = f"RE-2026-{serial:05d}", str(10_000 + serial)
        issued = day - timedelta(days=14)
        row = {"invoice_number": invoice, "debtor_number": debtor, "amount": format_minor(amount, "EUR"),
               "issue_date": issued.isoformat(), "due_date": (issued + timedelta(days=10)).isoformat(),
               "debtor_name": name, "debtor_ibans": iban}  # fmt: skip
        self.receivables.append(row)
        text = self.rng.choice(_TEXTS).format(invoice, issued)
        payment = Payment(account, day, amount, "166", name=name, iban=iban, text=text, debtor_number=debtor)
        payment.settles = {invoice: amount}
        if self.rng.random() < 0.3:
            payment.end_to_end_id = f"E{self.rng.randrange(10**9)}"
        self.payments.append(payment)
        self._paid.append(payment)
        return payment

    def _twins(self, account: str, day: date) -> None:
        """The same payer pays the same amount with the same words, twice or three times on one day."""
        first = self._receipt(account, day)
        for _ in range(self.rng.choice((1, 1, 2))):
            again = Payment(account, day, first.amount, "166", name=first.name, iban=first.iban, text=first.text)
            self.payments.append(again)
        first.end_to_end_id = ""

    def _batch(self, account: str, day: date) -> None:
        """A collection of ours, credited as one sum; what is in it the bank does not say here."""
        count = self.rng.randrange(2, 9)
        details = []
        for _ in range(count):
            name, iban = self._person()
            details.append(
                Payment(account, day, self.rng.randrange(500, 20_000), "171", name=name, iban=iban, text="Beitrag",
                        end_to_end_id=f"L{self.rng.randrange(10**9)}", mandate_id=f"M{self.rng.randrange(10**6)}",
                        kind="collection")
            )  # fmt: skip
        total = sum(detail.amount for detail in details)
        batch = f"SDD-{day:%y%m%d}-{total}"
        self.payments.append(
            Payment(account, day, total, "192", text=f"SAMMLER {count} LASTSCHRIFTEN", batch_id=batch,
                    message_id=f"MSG-{day:%y%m%d}", details=details, details_shown=False, kind="collection")
        )  # fmt: skip

    def _return(self, account: str, day: date) -> None:
        """A direct debit of ours comes back, with charges on top or not."""
        name, iban = self._person()
        original, charges = self.rng.randrange(500, 20_000), self.rng.choice((0, 300, 511))
        told = self.rng.random() < 0.7
        self.payments.append(
            Payment(account, day, -(original + charges), "109", name=name, iban=iban, text="Beitrag",
                    end_to_end_id=f"L{self.rng.randrange(10**9)}", mandate_id=f"M{self.rng.randrange(10**6)}",
                    creditor_id=company.CREDITOR_ID, reason_code=self.rng.choice(("AC04", "MS03", "MD06", "AM04")),
                    original=original if told else 0, charges=charges if told else 0, kind="return_debit")
        )  # fmt: skip

    def _own_transfer(self, account: str, day: date) -> None:
        other = self.rng.choice([one.iban for one in self.own if one.iban != account])
        amount, owner = self.rng.randrange(10_000, 500_000), self.own[0].holder
        out = Payment(account, day, -amount, "116", name=owner, iban=other, text="Umbuchung", kind="own_transfer")
        into = Payment(other, day, amount, "166", name=owner, iban=account, text="Umbuchung", kind="own_transfer")
        self.payments += [out, into]

    def _outgoing(self, account: str, day: date) -> None:
        name, iban = self._person()
        amount = self.rng.randrange(100, 300_000)
        if self.rng.random() < 0.2:
            self.payments.append(Payment(account, day, -990, "808", text="Entgelt", kind="charge"))
            return
        text = f"Kd {self.rng.randrange(1000, 9999)} Beleg {self.rng.randrange(10**6)}"
        self.payments.append(Payment(account, day, -amount, "116", name=name, iban=iban, text=text, kind="outgoing"))
