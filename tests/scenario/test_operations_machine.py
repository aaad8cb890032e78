"""Random days of an accounts office: whatever is done in whatever order, every invariant of ``check`` holds after it.

Derandomised and short by default; ``KONTOKLAR_LONG=1`` runs it at length and at random.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pipelines import config
from pipelines.app import Kontoklar
from pipelines.errors import DecisionRefused
from pipelines.review import (
    Accept,
    Assign,
    ByLaw,
    Charge,
    Command,
    Credit,
    Decided,
    Hold,
    OnAccount,
    Part,
    Rebook,
    Refund,
    Reject,
    Release,
    ReviewDesk,
    SmallDifference,
    Split,
    StaleDecision,
    Transit,
    Undo,
    WriteOff,
)  # fmt: skip
from tests.builders import Line, camt053, write_csv
from tests.conftest import _fresh

DEBTORS = ("10001", "10002")
IBANS = {"10001": "DE02120300000000202051", "10002": "DE02500105170137075030"}
LONG = bool(os.environ.get("KONTOKLAR_LONG"))
FIRST = date(2026, 10, 5)
AMOUNTS = (5_000, 11_900, 10_700, 23_800)
number = st.integers(0, 11)


class Office(RuleBasedStateMachine):
    """One office; ``database`` makes the address of an empty database."""

    database: Callable[[Path], str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="kontoklar-office-"))
        raw = {"company": {"mode": "test", "name": "Muster Handels GmbH"}}
        made = replace(config.parse(raw), database_url=type(self).database(self.folder))
        self.app = Kontoklar(made, clock=lambda: "2026-12-31T06:00:00+00:00")
        self.day = FIRST
        self.balance = 0
        self.statements = 0
        self.lines: list[Line] = []
        self.booked: list[Line] = []
        self.items: dict[str, dict[str, str]] = {}
        self.collections: list[dict[str, str]] = []
        self.decisions: list[str] = []
        self.requests: list[str] = []
        self.commands = 0
        self.applied = 0

    def teardown(self) -> None:
        self.app.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what the billing system and the bank do ----------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        for place in range(5):
            self.invoice(place % 2, place, 19, place == 1)
        self.pay(0, 0, True, False)
        self.pay(1, 0, True, False)
        self.pay(2, 1100, False, False)
        self.pay(3, 1100, True, False)
        self.lines.append(Line("77.00", iban=IBANS["10001"], ref="X1", text="Guthaben", end_to_end="X1"))
        self.run_day()
        self.keep_all(1)

    @rule(debtor=st.integers(0, 1), amount=number, tax=st.sampled_from([19, 7, 16, 0]), debit=st.booleans())
    def invoice(self, debtor: int, amount: int, tax: int, debit: bool) -> None:
        name = f"RE-2026-{1001 + len(self.items)}"
        method = {"payment_method": "direct_debit", "mandate_id": f"M-{debtor}", "end_to_end_id": f"E-{name}"}
        self.items[name] = {
            "invoice_number": name, "debtor_number": DEBTORS[debtor], "tax_rate": str(tax),
            "amount": f"{AMOUNTS[amount % len(AMOUNTS)] / 100:.2f}", "issue_date": "2026-09-15",
            "due_date": "2026-09-30", "status": "open", **(method if debit else {}),
        }  # fmt: skip
        if debit:
            self.collections.append(
                {"end_to_end_id": f"E-{name}", "mandate_id": f"M-{debtor}", "invoice_number": name,
                 "amount": self.items[name]["amount"], "collection_date": self.day.isoformat()}
            )  # fmt: skip
        self.load()

    @rule(which=number)
    def cancel(self, which: int) -> None:
        self.items[self.name(which)]["status"] = "cancelled"
        self.load()

    def load(self) -> None:
        self.app.load("receivables", [write_csv(self.folder / "items.csv", list(self.items.values()))], self.day)
        if self.collections:
            self.app.load("collections", [write_csv(self.folder / "debits.csv", self.collections)], self.day)

    @rule(which=number, off=st.sampled_from([0, 0, 0, -2, 2, -3000, 1100]), said=st.booleans(), at_once=st.booleans())
    def pay(self, which: int, off: int, said: bool, at_once: bool) -> None:
        item = self.items[self.name(which)]
        cents = max(round(float(item["amount"]) * 100) + off, 1)
        debit = "mandate_id" in item and off == 0
        self.lines.append(
            Line(
                f"{cents / 100:.2f}", iban=IBANS[item["debtor_number"]], ref=f"B{len(self.booked) + len(self.lines)}",
                text=item["invoice_number"] if said or debit else "Danke", gvc="171" if debit else "166",
                end_to_end=item["end_to_end_id"] if debit else f"P{len(self.booked) + len(self.lines)}",
                mandate=item["mandate_id"] if debit else "",
            )
        )  # fmt: skip
        if at_once:
            self.run_day()

    @rule(which=number, charges=st.sampled_from([0, 300]))
    def return_payment(self, which: int, charges: int) -> None:
        incoming = [line for line in self.booked if line.cents > 0 and line.gvc in ("166", "171")]
        if incoming:
            line = incoming[which % len(incoming)]
            debit = line.gvc == "171"
            cents = line.cents + (charges if debit else 0)
            self.lines.append(
                replace(line, amount=f"-{cents / 100:.2f}", gvc="109" if debit else "159", reason="AM04",
                        original=line.amount, ref=f"B{len(self.booked) + len(self.lines)}")
            )  # fmt: skip
            self.run_day()

    @rule(which=number, bounced=st.booleans())
    def bank_refunds(self, which: int, bounced: bool) -> None:
        with self.app.books.read() as work:
            wanted = "paid" if bounced else "ordered"
            found = [one for one in work.operations.refunds() if one.state == wanted]
        if found:
            one = found[which % len(found)]
            self.lines.append(
                Line(f"{'' if bounced else '-'}{one.amount_minor / 100:.2f}", iban=one.iban or IBANS["10001"],
                     gvc="159" if bounced else "116", end_to_end=one.end_to_end_id, reason="AC04" if bounced else "",
                     ref=f"B{len(self.booked) + len(self.lines)}", text="Erstattung")
            )  # fmt: skip
            self.run_day()

    @rule()
    def run_day(self) -> None:
        self.statements += 1
        path = self.folder / f"statement-{self.statements}"
        path.write_bytes(camt053(self.day, f"{self.balance / 100:.2f}", *self.lines, number=self.statements))
        self.balance += sum(line.cents for line in self.lines)
        self.booked += self.lines
        self.lines = []
        for _ in self.app.run(self.day, files=[path]):
            pass
        self.day += timedelta(days=1)

    # --- what people decide -------------------------------------------------------------------------------------

    def name(self, which: int) -> str:
        return list(self.items)[which % len(self.items)]

    def transaction(self, which: int, free: bool = True) -> str:
        """One of the payments; free: one that waits, if any does."""
        with self.app.books.read() as work:
            waiting = sorted(work.journal.cash())
            known = (
                waiting if free and waiting else sorted(t.transaction_id for t in work.statements.all_transactions())
            )
        return known[which % len(known)]

    def place(self, which: int) -> tuple[str, str]:
        """Where free money is: (debtor, "") or ("", cancelled or overpaid invoice); any place if there is none."""
        with self.app.books.read() as work:
            found = [(debtor, "") for debtor in DEBTORS if sum(p.minor for p in work.operations.pools(debtor)) > 0]
            cancelled = [name for name, item in self.items.items() if item["status"] == "cancelled"]
            found += [("", name) for name in cancelled if sum(p.minor for p in work.operations.item_money(name)) > 0]
        found = found or [(debtor, "") for debtor in DEBTORS]
        return found[which % len(found)]

    def keep_all(self, debtor: int) -> None:
        with self.app.books.read() as work:
            waiting = sorted(work.journal.cash())
        for key in waiting:
            self.decide(lambda who, key=key: OnAccount(transaction_id=key, debtor_number=DEBTORS[debtor], **who))

    def decide(self, make: Callable[[dict[str, str]], Command]) -> None:
        """Looks first, then applies on what was seen; a second time under the same id nothing happens any more."""
        desk: ReviewDesk = self.app.review_desk(self.day)
        self.commands += 1
        who = {"user": "anna", "reason": "see ticket", "command_id": f"c{self.commands}"}
        command = make(who)
        try:
            seen = desk.preview(command)
            done: Decided = desk.apply(replace(command, seen=seen.seen))
        except StaleDecision:
            raise AssertionError("nothing happened between looking and deciding") from None
        except DecisionRefused:
            return
        if done.request_id:
            self.requests.append(done.request_id)
            return
        self.applied += 1
        self.decisions.append(done.decision_id)
        again = desk.apply(command)
        assert again.again
        assert (again.decision_id, again.entries, again.rest_minor) == (done.decision_id, done.entries, done.rest_minor)
        assert sum(1 for entry in seen.entries) == done.entries

    @rule(which=number, rank=st.integers(1, 2))
    def accept(self, which: int, rank: int) -> None:
        key = self.transaction(which)
        self.decide(lambda who: Accept(transaction_id=key, rank=rank, **who))

    @rule(which=number, item=number, account=st.booleans())
    def assign(self, which: int, item: int, account: bool) -> None:
        key, named = self.transaction(which), self.name(item)
        part = Part(debtor_number=DEBTORS[item % 2]) if account else Part(named)
        self.decide(lambda who: Assign(transaction_id=key, part=part, **who))

    @rule(which=number, item=number)
    def split(self, which: int, item: int) -> None:
        key = self.transaction(which)
        parts = (Part(self.name(item), amount_minor=2_000), Part(debtor_number=DEBTORS[item % 2]))
        self.decide(lambda who: Split(transaction_id=key, parts=parts, **who))

    @rule(which=number, debtor=st.integers(0, 1), law=st.booleans(), tax=st.sampled_from([None, 1900, 700]))
    def keep(self, which: int, debtor: int, law: bool, tax: int | None) -> None:
        key, owner = self.transaction(which), DEBTORS[debtor]
        self.decide(
            lambda who: (
                ByLaw(transaction_id=key, debtor_number=owner, **who)
                if law
                else OnAccount(transaction_id=key, debtor_number=owner, prepayment_rate=tax, **who)
            )
        )

    @rule(which=number, kind=st.sampled_from([Hold, Release, Reject, Transit]))
    def simple(self, which: int, kind: type[Hold]) -> None:
        key = self.transaction(which)
        self.decide(lambda who: kind(transaction_id=key, **who))

    @rule(which=number, item=number, how=st.integers(0, 2), amount=st.sampled_from([None, 1_000]))
    def rebook(self, which: int, item: int, how: int, amount: int | None) -> None:
        debtor, invoice = self.place(which)
        targets: list[dict[str, object]] = [
            {"to_invoice": self.name(item)}, {"by_law": True}, {"to_debtor": DEBTORS[item % 2]},
        ]  # fmt: skip
        self.decide(
            lambda who: Rebook(from_debtor=debtor, from_invoice=invoice, amount_minor=amount, **targets[how], **who)  # type: ignore[arg-type]
        )

    @rule(which=number, amount=st.sampled_from([None, 700]), override=st.booleans())
    def refund(self, which: int, amount: int | None, override: bool) -> None:
        debtor, invoice = self.place(which)
        iban = IBANS[debtor or self.items[invoice]["debtor_number"]]
        self.decide(
            lambda who: Refund(
                debtor_number=debtor, invoice_number=invoice, amount_minor=amount, iban=iban, override=override, **who
            )
        )

    @rule(item=number, amount=st.sampled_from([None, 1_190, 50]), what=st.sampled_from([Credit, WriteOff]))
    def reduce(self, item: int, amount: int | None, what: type[Credit]) -> None:
        named = self.name(item)
        self.decide(lambda who: what(invoice_number=named, amount_minor=amount, **who))

    @rule(item=number, account=st.booleans())
    def clear_small(self, item: int, account: bool) -> None:
        place = {"debtor_number": DEBTORS[item % 2]} if account else {"invoice_number": self.name(item)}
        self.decide(lambda who: SmallDifference(**place, **who))

    @rule(item=number, kind=st.sampled_from(["dunning_fee", "default_interest"]))
    def charge(self, item: int, kind: str) -> None:
        named = self.name(item)
        self.decide(lambda who: Charge(invoice_number=named, kind=kind, amount_minor=250, **who))

    @rule(which=number, one=st.booleans())
    def undo(self, which: int, one: bool) -> None:
        if one and self.decisions:
            done = self.decisions[which % len(self.decisions)]
            self.decide(lambda who: Undo(decision_id=done, **who))
        else:
            key = self.transaction(which, free=False)
            self.decide(lambda who: Undo(transaction_id=key, **who))

    @rule(which=number)
    def release_request(self, which: int) -> None:
        if self.requests:
            request = self.requests.pop(which % len(self.requests))
            try:
                done = self.app.approval_desk(self.day).approve(request, user="bert", reason="agreed")
            except DecisionRefused:
                return
            self.decisions.append(done.decision_id)

    @invariant()
    def everything_holds(self) -> None:
        _, proofs = self.app.check()
        broken = [f"{proof.name}: {proof.detail}" for proof in proofs if not proof.ok]
        assert not broken, broken


def profile(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples * (40 if LONG else 1),
        stateful_step_count=steps * (2 if LONG else 1),
        derandomize=not LONG,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


def test_every_invariant_holds_after_every_step_on_sqlite(sqlite_template: Path) -> None:
    def fresh(folder: Path) -> str:
        shutil.copy(sqlite_template, folder / "office.db")
        return f"sqlite:///{folder / 'office.db'}"

    machine = type("SqliteOffice", (Office,), {"database": staticmethod(fresh)})
    run_state_machine_as_test(machine, settings=profile(6, 25))


def test_every_invariant_holds_after_every_step_on_postgresql(postgresql_server: str, postgresql_template: str) -> None:
    made: list[Iterator[str]] = []

    def fresh(_folder: Path) -> str:
        made.append(contextmanager(_fresh)(postgresql_server, postgresql_template))  # type: ignore[arg-type]
        return made[-1].__enter__()  # type: ignore[attr-defined,no-any-return]

    machine = type("PostgresqlOffice", (Office,), {"database": staticmethod(fresh)})
    try:
        run_state_machine_as_test(machine, settings=profile(3, 20))
    finally:
        for one in made:
            one.__exit__(None, None, None)  # type: ignore[attr-defined]
