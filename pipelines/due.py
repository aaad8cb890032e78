"""What is owed and past its due date: the items that may be dunned at all (GERMAN_BANKING §6). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pipelines.calendar import payable_by
from pipelines.model.coverage import BankCoverage
from pipelines.model.dunning import TriggerReason
from pipelines.model.dunning_case import NewCollection
from pipelines.model.finding import Finding, Severity
from pipelines.plans import Level, Plan, Plans
from pipelines.ports.dunning import PaymentFacts, Reopening, TriggerFact
from pipelines.ports.dunning_cases import Cases
from pipelines.waiting import DueItem

_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class DunFacts:
    """Everything a run of dunning looks at.

    items / debtors / contracts / collections: frames of ``ports.receivables``. triggers: all stored ones. unclear:
    invoice numbers whose newest row in a list was refused, so that what is known of them may be out of date.
    """

    as_of: date
    mode: str
    items: pd.DataFrame
    debtors: pd.DataFrame
    contracts: pd.DataFrame
    collections: pd.DataFrame
    payments: PaymentFacts
    triggers: Sequence[TriggerFact]
    coverage: Sequence[BankCoverage]
    unclear: frozenset[str] = frozenset()
    cases: Cases = field(default_factory=Cases)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that is owed and past its due date. block: why it rests, "" when it does not. retried: its new
    collections so far, oldest first. hard: its last return said that collecting there is pointless."""

    item: DueItem
    due_date: date
    plan: Plan
    payment_method: str
    reopening: Reopening | None
    block: str
    document_type: str = "invoice"
    contract_id: str = ""
    mandate_id: str = ""
    retried: Sequence[NewCollection] = ()
    hard: bool = False

    @property
    def blocked(self) -> bool:
        """Whether no message may go out."""
        return bool(self.block)

    @property
    def course(self) -> str:
        """What steps by hand belong to: the reason and cycle of dunning."""
        return f"{self.reason.value}:{self.cycle}"

    @property
    def reason(self) -> TriggerReason:
        returned = self.reopening is not None and self.reopening.returned_on is not None
        return TriggerReason.RETURN_DEBIT if returned else TriggerReason.OVERDUE

    @property
    def levels(self) -> Sequence[Level]:
        return self.plan.steps(returned=self.reason is TriggerReason.RETURN_DEBIT)

    @property
    def start(self) -> int:
        """The level to begin with: a collection tried before a level and returned does not start all over."""
        if self.reopening is None or self.reopening.returned_on is None or not self.retried:
            return 1
        last = self.retried[-1]
        return max(1, min(last.level, len(self.levels))) if last.collection_date <= self.reopening.returned_on else 1

    @property
    def cycle(self) -> int:
        return self.reopening.times if self.reopening else 0

    def first_day(self) -> date:
        """The first day on which level 1 is due."""
        wait = timedelta(days=self.levels[0].delay_days)
        if self.reopening is not None and self.reopening.returned_on is not None:
            grace = 0 if self.hard and not self.plan.hard_decline_grace else self.plan.return_grace_days
            return self.reopening.returned_on + timedelta(days=grace) + (wait if self.start == 1 else timedelta())
        return payable_by(self.due_date) + timedelta(days=self.plan.grace_days + 1) + wait


class DueItems:
    """The candidates of one morning, and why the other items past their due date are none.

    credit: unassigned credit by (debtor, currency), positive. why_not: invoice number → reason.
    """

    def __init__(self, facts: DunFacts, plans: Plans) -> None:
        self.facts = facts
        self.credit = _credit(facts)
        self.why_not: dict[str, str] = {}
        self.findings: list[Finding] = []
        self.candidates = self._find(plans)

    def balances(self) -> dict[tuple[str, str], int]:
        """What each debtor owes altogether, due or not, credit taken off, by (debtor, currency)."""
        return _balances(self.facts, self.credit)

    def _find(self, plans: Plans) -> list[Candidate]:
        """Items that are owed and past due, enough to be worth it, and not covered by the debtor's own credit."""
        facts = self.facts
        items = facts.items
        collected = _last_collections(facts.collections)
        due = items[
            (items["open_minor"] > 0)
            & (items["status"] != "cancelled")
            & (items["document_type"] != "credit_note")
            & (items["due_date"] <= pd.Timestamp(facts.as_of))
        ].sort_values(["debtor_number", "due_date", "invoice_number"])
        masters = _by_key(facts.debtors, "debtor_number", due["debtor_number"])
        contracts = _by_key(facts.contracts, "contract_id", due["contract_id"])
        cases = facts.cases
        owed = set(due["invoice_number"]) if cases.of_invoice else set()
        unknown_plans: set[str] = set()
        found: list[Candidate] = []
        for row in rows_of(due):
            master = masters.get(row["debtor_number"], {})
            contract = contracts.get(row["contract_id"], {})
            names = (row["dunning_plan"], contract.get("dunning_plan", ""), master.get("dunning_plan", ""))
            unknown_plans.update(name for name in names if name and name not in plans.by_name)
            number = row["invoice_number"]
            if cases.of_invoice.get(number) in owed:
                self.why_not[number] = "with its invoice"
                continue
            candidate = Candidate(
                _due_item(row, master, collected),
                row["due_date"].date(),
                plans.choose(*names),
                row["payment_method"],
                facts.payments.reopenings.get(number),
                self._block(number, row["debtor_number"], master.get("dunning_block_until")),
                row["document_type"],
                row["contract_id"],
                row["mandate_id"],
                cases.collections.get(number, ()),
                number in cases.hard,
            )
            if facts.as_of <= payable_by(candidate.due_date) and candidate.reason is TriggerReason.OVERDUE:
                self.why_not[candidate.item.invoice_number] = "not due"
                continue
            found.append(candidate)
        self.findings += [_unknown_plan(name) for name in sorted(unknown_plans)]
        return self._worth_it(self._uncovered(found))

    def _block(self, number: str, debtor: str, loaded_until: Any) -> str:
        """Why an item rests: its own block, its claim's, its debtor's, or the day the billing system said."""
        blocks = self.facts.cases.blocks
        claim = self.facts.cases.of_invoice.get(number, number)
        for key in (("item", number), ("claim", claim), ("debtor", debtor)) if blocks else ():
            if key in blocks:
                return blocks[key]
        is_blocked = loaded_until is not None and not pd.isna(loaded_until)
        return "other" if is_blocked and loaded_until.date() >= self.facts.as_of else ""

    def _uncovered(self, candidates: list[Candidate]) -> Iterator[Candidate]:
        """Without the items that the debtor's unassigned credit covers, oldest due date first."""
        rest = dict(self.credit)
        for candidate in candidates:
            key = (candidate.item.debtor_number, candidate.item.currency)
            if rest.get(key, 0) >= candidate.item.open_minor:
                rest[key] -= candidate.item.open_minor
                self.why_not[candidate.item.invoice_number] = "covered by credit"
            else:
                yield candidate

    def _worth_it(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        sums: dict[tuple[str, str], int] = defaultdict(int)
        kept = []
        for candidate in candidates:
            item = candidate.item
            if item.open_minor < candidate.plan.min_item(item.currency):
                self.why_not[item.invoice_number] = "too small"
                continue
            sums[(item.debtor_number, item.currency)] += item.open_minor
            kept.append(candidate)
        worth = []
        for candidate in kept:
            item = candidate.item
            if sums[(item.debtor_number, item.currency)] < candidate.plan.min_debtor(item.currency):
                self.why_not[item.invoice_number] = "too small"
            else:
                worth.append(candidate)
        return worth


def _credit(facts: DunFacts) -> dict[tuple[str, str], int]:
    """Unassigned credit by (debtor, currency), positive: money on account and open credit notes."""
    credit: dict[tuple[str, str], int] = defaultdict(int)
    for key, minor in facts.payments.on_account.items():
        credit[key] += minor
    notes = facts.items[facts.items["open_minor"] < 0]
    for row in rows_of(notes[["debtor_number", "currency", "open_minor"]]):
        credit[(row["debtor_number"], row["currency"])] -= int(row["open_minor"])
    return {key: minor for key, minor in credit.items() if minor > 0}


def _balances(facts: DunFacts, credit: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """What each debtor owes altogether, due or not, credit taken off."""
    owed = facts.items[facts.items["open_minor"] > 0]
    sums = owed.groupby(["debtor_number", "currency"], sort=False)["open_minor"].sum()
    balances: dict[tuple[str, str], int] = {}
    for key, minor in sums.items():
        assert isinstance(key, tuple)
        pair = (str(key[0]), str(key[1]))
        balances[pair] = int(minor) - credit.get(pair, 0)
    return balances


def _last_collections(collections: pd.DataFrame) -> dict[str, date]:
    """Invoice number → day of its latest direct debit."""
    if collections.empty:
        return {}
    latest = collections.groupby("invoice_number")["collection_date"].max()
    return {str(number): day.date() for number, day in latest.items() if number}


def _due_item(row: Mapping[str, Any], master: Mapping[str, Any], collected: Mapping[str, date]) -> DueItem:
    names = [row["debtor_name"], master.get("name", ""), *row["aliases"].split("|")]
    references = [
        row["invoice_number"], row["debtor_number"], row["order_number"], row["end_to_end_id"], row["mandate_id"],
        row["contract_id"], row["creditor_reference"], *row["shipment_ids"].split("|"),
    ]  # fmt: skip
    return DueItem(
        row["invoice_number"],
        row["debtor_number"],
        row["currency"],
        int(row["open_minor"]),
        row["issue_date"].date(),
        int(row["cash_discount_basis_points"]),
        tuple(dict.fromkeys(name for name in names if name)),
        tuple(iban for iban in row["debtor_ibans"].split("|") if iban),
        tuple(dict.fromkeys(reference for reference in references if reference)),
        collected.get(row["invoice_number"]),
    )


def rows_of(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows of a frame as dictionaries, a part at a time: whole lists are fast, and parts of them stay small."""
    names = [str(name) for name in frame.columns]
    for start in range(0, len(frame), _ROWS_AT_ONCE):
        part = frame.iloc[start : start + _ROWS_AT_ONCE]
        for values in zip(*(part[name].tolist() for name in names), strict=True):
            yield dict(zip(names, values, strict=True))


def _by_key(frame: pd.DataFrame, key: str, wanted: pd.Series[Any]) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in rows_of(frame[frame[key].isin(wanted)])}


def _unknown_plan(name: str) -> Finding:
    label = name if name.isprintable() and len(name) <= 40 else "?"
    return Finding(
        "dunning-plan-unknown",
        Severity.WARNING,
        label,
        f"Dunning plan {label!r} is named in the data but not defined; the default plan is used. "
        "Define it in the plans file or correct the data.",
    )
