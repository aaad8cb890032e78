"""Compares what kontoklar exported with what is true, and says which of its promises did not hold."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .world import Booking, Truth, World

# what must never happen; "missed" is only work for a person
GRAVE = ("wrong", "trap", "ask", "return", "dunned", "cent", "command")
CUSTOM = {"cash_discount", "small_difference", "write_off"}
Row = dict[str, str]


@dataclass
class Miss:
    """Something to look at: ``kind`` is wrong, trap, ask, missed, return, dunned, cent or command."""

    kind: str
    cause: str
    ref: str
    said: str


@dataclass
class Result:
    company: str
    seed: int
    causes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    misses: list[Miss] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def add(self, kind: str, cause: str, ref: str, said: str) -> None:
        self.misses.append(Miss(kind, cause, ref, said))


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def cents(text: str) -> int:
    whole, _, part = text.lstrip("-").partition(".")
    value = int(whole or 0) * 100 + int((part + "00")[:2])
    return -value if text.startswith("-") else value


def unquoted(text: str) -> str:
    """Without the quote that keeps a spreadsheet from computing."""
    return text[1:] if text.startswith("'") else text


class Scorer:
    def __init__(self, world: World, folder: Path, log: list[tuple[str, int, dict[str, Any]]]) -> None:
        self.world, self.folder = world, folder
        self.result = Result(world.company.key, 0)
        self.tables = {
            name: rows(folder / f"{name}.csv")
            for name in ("transactions", "proposals", "allocations", "returns", "journal", "open-items", "triggers")
        }
        for command, code, said in log:
            if code not in (0, 1):
                self.result.add("command", command, str(code), json.dumps(said, ensure_ascii=False)[:600])
        self.of: dict[str, list[Row]] = defaultdict(list)
        for row in self.tables["transactions"]:
            self.of[row["bank_reference"]].append(row)
        self.allocated: dict[str, list[Row]] = defaultdict(list)
        for row in self.tables["allocations"]:
            self.allocated[row["transaction_id"]].append(row)
        self.proposed: dict[str, list[Row]] = defaultdict(list)
        for row in self.tables["proposals"]:
            self.proposed[row["transaction_id"]].append(row)
        self.reversed_parts: set[tuple[str, str]] = set()

    def score(self) -> Result:
        self.payments()
        self.returned()
        self.dunned()
        self.to_the_cent()
        return self.result

    # ---- payments

    def posted(self, transactions: list[Row]) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        """Cash per invoice, custom (discount and the like) per invoice, cash on a debtor's account or as a fee."""
        cash: dict[str, int] = Counter()
        custom: dict[str, int] = Counter()
        account: dict[str, int] = Counter()
        for transaction in transactions:
            for row in self.allocated[transaction["transaction_id"]]:
                number = unquoted(row["invoice_number"])
                if row["kind"] in ("reversal",):
                    continue
                if row["kind"] in ("on_account", "fee") or not number:
                    account[unquoted(row["debtor_number"])] += cents(row["amount"])
                elif row["kind"] in CUSTOM:
                    custom[number] += cents(row["amount"])
                else:
                    cash[number] += cents(row["amount"])
        return dict(cash), dict(custom), dict(account)

    def payments(self) -> None:
        for booking in self.world.bookings:
            truth = self.world.truth[booking.ref]
            found = self.of.get(booking.ref, [])
            count = self.result.causes[truth.cause]
            if not found and not booking.parts:
                self.result.add("cent", truth.cause, booking.ref, "the booking is not among the transactions")
                continue
            if truth.verdict == "return":
                continue
            if truth.verdict == "collection":
                self.collection(booking, truth)
                continue
            count["payments"] += 1
            cash, custom, account = self.posted(found)
            if truth.verdict == "assign":
                self.assignable(booking, truth, found, cash, custom, account)
            elif cash or custom or (account and set(account) - {truth.debtor}):
                kind = "ask" if truth.verdict == "ask" else "trap"
                count[kind] += 1
                self.result.add(kind, truth.cause, booking.ref, f"posted {cash or account}")
            else:
                count["left alone"] += 1

    def assignable(
        self,
        booking: Booking,
        truth: Truth,
        found: list[Row],
        cash: dict[str, int],
        custom: dict[str, int],
        account: dict[str, int],
    ) -> None:
        count = self.result.causes[truth.cause]
        if not cash and not account:
            count["missed"] += 1
            reasons = self.proposals(found)
            first3 = any(self.same(row, truth) for row in reasons[:3])
            count["in first three"] += first3
            why = reasons[0]["reason"] if reasons else "no proposal"
            self.result.add(
                "missed", truth.cause, booking.ref, f"{'among' if first3 else 'not among'} the first three; {why}"
            )
            return
        wrong = ""
        if set(cash) != set(truth.parts):
            wrong = "other invoices"
        elif any(cash[n] != truth.parts[n] for n in cash) and len(cash) == 1 and not truth.loose:
            wrong = "other amount"
        elif any(cash[n] != truth.parts[n] for n in cash):
            wrong = "other amounts"
        elif any(custom.get(n, 0) not in (0, truth.discount.get(n, 0)) for n in custom):
            wrong = f"custom {custom}"
        elif set(account) - {truth.debtor, ""}:
            wrong = "another debtor's account"
        if wrong:
            count["wrong"] += 1
            self.result.add(
                "wrong", truth.cause, booking.ref, f"{wrong}: true {truth.parts}, posted {cash} {custom} {account}"
            )
        else:
            count["posted"] += 1

    def proposals(self, found: list[Row]) -> list[Row]:
        return sorted(
            (row for t in found for row in self.proposed[t["transaction_id"]]), key=lambda row: int(row["rank"])
        )

    def same(self, row: Row, truth: Truth) -> bool:
        return {unquoted(n) for n in unquoted(row["invoice_numbers"]).split("|") if n} == set(truth.parts)

    def collection(self, booking: Booking, truth: Truth) -> None:
        count = self.result.causes[truth.cause]
        references = [booking.ref]
        found = [row for ref in references for row in self.of.get(ref, [])]
        e2e = {part.eref for part in booking.parts}
        found += [
            row
            for row in self.tables["transactions"]
            if row["end_to_end_id"] in e2e and row["kind"] == "collection" and row not in found
        ]
        cash, _, _ = self.posted(found)
        count["payments"] += 1
        if cash == truth.parts:
            count["posted"] += 1
        elif not cash:
            count["missed"] += 1
            self.result.add(
                "missed", truth.cause, booking.ref, f"batch of {len(truth.parts)}; {[t['state'] for t in found][:3]}"
            )
        elif set(cash) <= set(truth.parts):
            count["missed"] += 1
            self.result.add("missed", truth.cause, booking.ref, f"{len(cash)} of {len(truth.parts)} posted")
        else:
            count["wrong"] += 1
            self.result.add(
                "wrong",
                truth.cause,
                booking.ref,
                f"true {len(truth.parts)}, posted others {set(cash) - set(truth.parts)}",
            )

    # ---- returns, dunning, cents

    def returned(self) -> None:
        by_transaction: dict[str, list[Row]] = defaultdict(list)
        for row in self.tables["returns"]:
            by_transaction[row["transaction_id"]].append(row)
        for booking in self.world.bookings:
            truth = self.world.truth[booking.ref]
            if truth.verdict != "return":
                continue
            count = self.result.causes[truth.cause]
            count["payments"] += 1
            lines = booking.parts or [booking]
            found = [t for ref in [booking.ref, *(line.ref for line in lines)] for t in self.of.get(ref, [])]
            kinds = {t["kind"] for t in found}
            linked = {
                unquoted(r["invoice_number"])
                for t in found
                for r in by_transaction[t["transaction_id"]]
                if r["original_entry_id"]
            }
            if not kinds & {"return_debit", "return_transfer", "reversal"}:
                count["wrong"] += 1
                self.result.add("return", truth.cause, booking.ref, f"not seen as a return: {kinds}")
            elif linked - set(truth.parts):
                count["wrong"] += 1
                self.result.add("return", truth.cause, booking.ref, f"linked to {linked}, true {set(truth.parts)}")
            elif linked == set(truth.parts):
                count["posted"] += 1
                if truth.cause.startswith("storno"):
                    continue
                split = {
                    (r["original_amount"], r["charges"]) for t in found for r in by_transaction[t["transaction_id"]]
                }
                want = {(line.original or -line.amount, line.charges) for line in lines}
                have = {(abs(cents(a or "0")), abs(cents(b or "0"))) for a, b in split}
                if want != have:
                    self.result.add("return", truth.cause, booking.ref, f"parts {have}, true {want}")
            else:
                count["missed"] += 1
                never = truth.of and not self.posted(self.of.get(truth.of, []))[0]
                self.result.add(
                    "missed",
                    truth.cause,
                    booking.ref,
                    "payment never posted" if never else f"linked {linked} of {set(truth.parts)}",
                )

    def dunned(self) -> None:
        """A trigger that left although the money (or part of it) had come and had not gone back."""
        paid: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
        asked: dict[str, str] = {}
        for booking in self.world.bookings:
            truth = self.world.truth[booking.ref]
            if truth.verdict in ("assign", "collection", "return"):
                for number, amount in truth.parts.items():
                    paid[number].append(
                        (self.world.days[booking.day].isoformat(), amount + truth.discount.get(number, 0), truth.cause)
                    )
            for number in truth.candidates:
                asked[number] = self.world.days[booking.day].isoformat()
        sent = [t for t in self.tables["triggers"] if t["state"] in ("ready", "delivered")]
        self.result.figures["triggers"] = len(sent)
        self.result.figures["held"] = sum(t["state"] == "held" for t in self.tables["triggers"])
        for trigger in sent:
            number = unquoted(trigger["invoice_number"])
            item = self.world.by_number.get(number)
            if item is None:
                continue
            if asked.get(number, "9") < trigger["as_of"]:
                self.result.add("dunned", "a waiting receipt may be for it", number, trigger["as_of"])
            until = [entry for entry in paid[number] if entry[0] < trigger["as_of"]]
            covered = sum(amount for _, amount, _ in until)
            if item.credit or item.cancelled or item.open == 0:
                self.result.add("dunned", "nothing to dun", number, trigger["reason"])
            elif covered >= item.amount:
                self.result.add(
                    "dunned",
                    until[-1][2],
                    number,
                    f"paid {until[-1][0]}, trigger of {trigger['as_of']} {trigger['reason']} {trigger['open_amount']}",
                )
            elif covered > 0 and cents(trigger["open_amount"]) > item.amount - covered:
                self.result.add(
                    "dunned",
                    f"too much: {until[-1][2]}",
                    number,
                    f"owes {item.amount - covered}, trigger says {trigger['open_amount']}",
                )

    def to_the_cent(self) -> None:
        journal = self.tables["journal"]
        debit, credit = (sum(cents(row[side] or "0") for row in journal) for side in ("debit", "credit"))
        if debit != credit:
            self.result.add("cent", "journal", "", f"debit {debit}, credit {credit}")
        booked = sum(b.amount for b in self.world.bookings)
        bank: dict[str, int] = defaultdict(int)
        for row in journal:
            bank[row["account"]] += cents(row["debit"] or "0") - cents(row["credit"] or "0")
        opening = 1_250_000
        if bank["1200"] not in (booked, booked + opening):
            self.result.add("cent", "bank account", "", f"journal {bank['1200']}, statements {booked} + {opening}")
        total = sum(cents(row["amount"]) for row in self.tables["transactions"])
        if total != booked:
            self.result.add("cent", "transactions", "", f"exported {total}, statements {booked}")
        self.result.figures["clearing"] = bank["1590"]
        settled: dict[str, int] = Counter()
        for row in self.tables["allocations"]:
            number = unquoted(row["invoice_number"])
            if number:
                settled[number] += cents(row["amount"])
        for row in self.tables["open-items"]:
            number = unquoted(row["invoice_number"])
            item = self.world.by_number.get(number)
            if item and not item.cancelled and cents(row["open_amount"]) < 0 and not item.credit:
                self.result.add("cent", "open items", number, f"open {row['open_amount']}")
