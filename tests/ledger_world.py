"""A small company for the ledger's tests: bookings, items and a plan, written straight into the tables.

The same seed always makes the same company. Repositories of other parts are not used, so that the ledger is tested
alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from pipelines import book
from pipelines.chart import Chart, load_chart
from pipelines.model.ids import derive
from pipelines.model.proposal import AllocationKind, Disposition, Evidence, Proposal, ProposedLine
from pipelines.model.return_debit import ReturnLink, ReturnState
from pipelines.model.transaction import Booking, Transaction, TransactionKind
from sinks import tables
from sinks.books import SqlBooks, SqlWork
from sinks.bulk import insert_rows

IBAN = "DE02120300000000202051"
DAY = date(2026, 11, 2)
AS_OF = date(2026, 11, 20)
CHART: Chart = load_chart("SKR03")


@dataclass
class World:
    """What is to be written. considered is the plan's order."""

    bookings: list[Booking] = field(default_factory=list)
    items: dict[str, dict[str, object]] = field(default_factory=dict)
    proposals: list[Proposal] = field(default_factory=list)
    links: list[ReturnLink] = field(default_factory=list)
    considered: list[str] = field(default_factory=list)
    opening_minor: int = 0

    def booking(self, *amounts: int, day: date = DAY, iban: str = "DE89370400440532013000") -> list[Transaction]:
        """One booking with a transaction per amount."""
        number = len(self.bookings) + 1
        booking_id = derive("booking", "test", IBAN, number)
        kind = TransactionKind.RECEIPT if sum(amounts) > 0 else TransactionKind.RETURN_DEBIT
        transactions = tuple(
            Transaction(
                transaction_id=derive("transaction", booking_id, place),
                booking_id=booking_id,
                account=IBAN,
                booking_date=day,
                value_date=day,
                amount_minor=amount,
                currency="EUR",
                kind=kind,
                counterparty_iban=iban,
            )
            for place, amount in enumerate(amounts)
        )
        self.bookings.append(Booking(booking_id, IBAN, day, day, sum(amounts), "EUR", number, "", transactions))
        return list(transactions)

    def item(self, number: str, amount: int, *, tax: int | None = 1900, settled: int = 0, debtor: str = "") -> str:
        """One invoice, or a credit note when negative."""
        self.items[number] = {
            "invoice_number": number,
            "version": 1,
            "debtor_number": debtor or f"D{number}",
            "amount_minor": amount,
            "open_minor": amount - settled,
            "currency": "EUR",
            "issue_date": "2026-10-01",
            "due_date": "2026-10-15",
            "document_type": "invoice" if amount > 0 else "credit_note",
            "status": "open",
            "cash_discount_basis_points": 0,
            "tax_rate_basis_points": tax,
            "settled_elsewhere_minor": settled,
        }
        return number

    def line(
        self, invoice: str, amount: int, cash: int | None = None, kind: AllocationKind = AllocationKind.SETTLEMENT
    ) -> ProposedLine:
        """A line to one of our items."""
        debtor = str(self.items[invoice]["debtor_number"])
        return ProposedLine(invoice, debtor, amount, amount if cash is None else cash, kind)

    def propose(self, transaction: Transaction, *lines: ProposedLine, auto: bool = True) -> Proposal:
        """The best explanation of a transaction; the plan continues with it."""
        proposal = Proposal(
            transaction_id=transaction.transaction_id,
            rank=1,
            lines=lines,
            probability=0.9995,
            disposition=Disposition.AUTO if auto else Disposition.REVIEW,
            reason="exact-reference-and-amount",
            message="number and amount agree",
            pattern="reference+amount",
            waterfall=(Evidence("reference", "exact", 17.5),),
            remainder_minor=transaction.amount_minor - sum(line.cash_minor for line in lines),
            policy_hash="p",
        )
        self.proposals.append(proposal)
        self.considered.append(transaction.transaction_id)
        return proposal

    def take_back(self, transaction: Transaction, proposal: Proposal, charges: int = 0) -> None:
        """A return of everything that a proposal settles."""
        self.considered.append(transaction.transaction_id)
        for place, (entry_id, invoice, debtor, cash, _) in enumerate(
            book.settlements_of("test")(proposal.transaction_id, proposal)
        ):
            self.links.append(
                ReturnLink(
                    transaction.transaction_id, ReturnState.LINKED, "AM04", invoice, debtor,
                    proposal.transaction_id, entry_id, cash, 0 if place else charges, "end-to-end-id",
                )
            )  # fmt: skip


def store(books: SqlBooks, world: World) -> None:
    """Bank data with its postings, items, and the plan; nothing of the plan is posted."""
    with books.lease("pull", AS_OF):
        with books.write() as work:
            store_bank(work, world)
            insert_rows(work.connection, tables.receivable, list(world.items.values()))
        store_plan(books, world)


def store_plan(books: SqlBooks, world: World, input_key: str = "k") -> None:
    """One match run."""
    with books.lease("match", AS_OF), books.write() as work:
        work.proposals.store(
            as_of=AS_OF,
            input_key=input_key,
            policy_hash="p",
            considered=world.considered,
            proposals=world.proposals,
            links=world.links,
        )


def store_bank(work: SqlWork, world: World, statement_id: str = "S1") -> None:
    """Bookings, their transactions and bank postings, told by one proven statement."""
    closing = world.opening_minor + sum(b.amount_minor for b in world.bookings)
    statement = {
        "statement_id": statement_id, "sha256": "x", "position": "Stmt 1", "account": IBAN, "currency": "EUR",
        "opening_minor": world.opening_minor, "opening_day": "2026-11-01", "closing_minor": closing,
        "closing_day": "2026-11-30", "entries": len(world.bookings), "booked_minor": closing - world.opening_minor,
    }  # fmt: skip
    insert_rows(work.connection, tables.statement, [statement])
    insert_rows(
        work.connection,
        tables.statement_verdict,
        [{"statement_id": statement_id, "verdict_no": 1, "verdict": "proven"}],
    )
    insert_rows(
        work.connection,
        tables.booking,
        [
            {
                "booking_id": b.booking_id,
                "account": b.account,
                "booking_date": b.booking_date.isoformat(),
                "value_date": b.value_date.isoformat(),
                "amount_minor": b.amount_minor,
                "currency": b.currency,
                "occurrence": b.occurrence,
                "statement_id": statement_id,
            }
            for b in world.bookings
        ],
    )
    insert_rows(
        work.connection,
        tables.bank_transaction,
        [
            {
                "transaction_id": t.transaction_id,
                "booking_id": t.booking_id,
                "account": t.account,
                "booking_date": t.booking_date.isoformat(),
                "value_date": t.value_date.isoformat(),
                "amount_minor": t.amount_minor,
                "currency": t.currency,
                "kind": t.kind.value,
                "counterparty_iban": t.counterparty_iban,
                "is_batch": 0,
            }
            for b in world.bookings
            for t in b.transactions
        ],
    )
    opening = book.opening_entry(IBAN, date(2026, 11, 1), world.opening_minor, "EUR", statement_id, CHART, "test")
    booked = [book.bank_entry(b, CHART, "test") for b in world.bookings]
    work.journal.append([entry for entry in [opening, *booked] if entry])


def random_world(seed: int, size: int) -> World:
    """Payments of every kind, batches, returns of payments of the same plan, a few that cannot be posted."""
    rng = random.Random(seed)
    world = World(opening_minor=rng.choice([0, 123_456, -5_000]))
    for number in range(size):
        day = DAY + timedelta(days=number * 20 // size)
        gross = rng.randrange(1_000, 500_000)
        item = world.item(f"RE-{number:05d}", gross, tax=rng.choice([1900, 700, 1600, None]))
        kind = rng.randrange(9)
        if kind == 0:
            discount = gross * 2 // 100
            (paid,) = world.booking(gross - discount, day=day)
            lines = [
                world.line(item, gross - discount),
                world.line(item, discount, 0, AllocationKind.CASH_DISCOUNT),
            ]
        elif kind == 1:
            (paid,) = world.booking(gross // 3, day=day)
            lines = [world.line(item, gross // 3, kind=AllocationKind.PARTIAL)]
        elif kind == 2:
            credit = world.item(f"GS-{number:05d}", -gross // 2)
            amount = int(str(world.items[credit]["amount_minor"]))
            (paid,) = world.booking(gross + amount, day=day)
            lines = [world.line(item, gross), world.line(credit, amount)]
        elif kind == 3:
            (paid,) = world.booking(gross + 500, day=day)
            rest = ProposedLine("", f"D{item}", 500, 500, AllocationKind.ON_ACCOUNT)
            lines = [world.line(item, gross), rest]
        elif kind == 4:
            (paid,) = world.booking(gross - 3, day=day)
            lines = [world.line(item, gross - 3), world.line(item, 3, 0, AllocationKind.SMALL_DIFFERENCE)]
        elif kind == 5:
            (paid,) = world.booking(gross + 2, day=day)
            lines = [world.line(item, gross + 2), world.line(item, -2, 0, AllocationKind.SMALL_DIFFERENCE)]
        elif kind == 6:
            second = world.item(f"RF-{number:05d}", 7_000)
            first_paid, paid = world.booking(gross, 7_000, day=day)
            world.propose(first_paid, world.line(item, gross))
            lines = [world.line(second, 7_000)]
        elif kind == 7 and number:
            # Meant for an item that an earlier payment may have settled: often outdated when its turn comes.
            target = f"RE-{rng.randrange(number):05d}"
            target_gross = int(str(world.items[target]["amount_minor"]))
            (paid,) = world.booking(target_gross, day=day)
            lines = [world.line(target, target_gross)]
        else:
            (paid,) = world.booking(gross + 1_000, day=day)
            lines = [world.line(item, gross)]
        proposal = world.propose(paid, *lines, auto=kind != 8 or rng.random() < 0.5)
        if rng.random() < 0.3:
            charges = rng.choice([0, 300, 811])
            cash = sum(line.cash_minor for line in lines)
            (back,) = world.booking(-cash - charges, day=day)
            world.take_back(back, proposal, charges)
    return world
