"""From lines to accounts: a transaction account with its status per receivable, and the debtor account as their sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from pipelines.calendar import shift
from pipelines.model.debtor_account import (
    AccountLine,
    AccountStatus,
    DebtorAccount,
    EntryKind,
    ItemFacts,
    Totals,
    TransactionAccount,
    in_order,
)

# Banking days after its collection date during which a direct debit counts as on its way ([dunning] collection_days).
COLLECTION_DAYS = 5


def debtor_account(
    lines: Iterable[AccountLine],
    items: Mapping[str, ItemFacts],
    as_of: date,
    *,
    collection_days: int = COLLECTION_DAYS,
) -> DebtorAccount:
    """The account of one debtor. lines: all of theirs, in any order. items: what is known of their receivables."""
    by_item: dict[str, list[AccountLine]] = defaultdict(list)
    for line in lines:
        by_item[line.invoice_number].append(line)
    on_account = in_order(by_item.pop("", []))
    accounts = []
    for number in sorted({*items, *by_item}):
        facts = items[number]
        own = in_order(by_item.get(number, []))
        status, why = status_of(facts, own, as_of, collection_days)
        currency = own[0].currency if own else "EUR"
        accounts.append(TransactionAccount(facts, currency, tuple(own), status, why))
    accounts.sort(key=lambda account: (_first_day(account), account.facts.invoice_number))
    return DebtorAccount(tuple(accounts), tuple(on_account), _totals(accounts, on_account, as_of))


def _first_day(account: TransactionAccount) -> date:
    return account.lines[0].day if account.lines else account.facts.due_date


def status_of(
    facts: ItemFacts, lines: Sequence[AccountLine], as_of: date, collection_days: int
) -> tuple[AccountStatus, str]:
    """Where a receivable stands and why; the reason is the bank's code for ``failed``, a day for a direct debit."""
    balance = sum(line.effect_minor for line in lines)
    if not balance:
        return (AccountStatus.CANCELLED if facts.is_cancelled else AccountStatus.OK), ""
    day = facts.collection_day
    moved = [line for line in lines if line.kind in (EntryKind.PAYMENT, EntryKind.RETURN_DEBIT)]
    last = moved[-1] if moved else None
    if balance > 0 and day is not None and not (last is not None and last.day >= day):
        if day > as_of:
            return AccountStatus.PRE_AUTHORISED, day.isoformat()
        if day >= shift(as_of, -collection_days):
            return AccountStatus.IN_PROGRESS, day.isoformat()
    if balance > 0 and last is not None and last.kind is EntryKind.RETURN_DEBIT:
        return AccountStatus.FAILED, last.bank_reason or "reason not given"
    return AccountStatus.OPEN, ""


def _totals(
    accounts: Sequence[TransactionAccount], on_account: Sequence[AccountLine], as_of: date
) -> tuple[Totals, ...]:
    currencies = sorted({account.currency for account in accounts if account.lines} | {o.currency for o in on_account})
    result = []
    for currency in currencies:
        mine = [account for account in accounts if account.currency == currency]
        free = [line for line in on_account if line.currency == currency]
        lines = [*(line for account in mine for line in account.lines), *free]
        result.append(
            Totals(
                currency=currency,
                debit_minor=sum(line.debit_minor for line in lines),
                credit_minor=sum(line.credit_minor for line in lines),
                due_minor=sum(
                    account.balance_minor
                    for account in mine
                    if account.balance_minor > 0 and account.facts.due_date < as_of
                ),
                provisional_minor=sum(
                    line.credit_minor
                    for line in lines
                    if line.provisional_until is not None and line.provisional_until >= as_of
                ),
                on_account_minor=-sum(line.effect_minor for line in free),
            )
        )
    return tuple(result)


def provisional_until(account: TransactionAccount, as_of: date) -> date | None:
    """The last day on which money on this account can still be claimed back; None when all of it is final."""
    days = [line.provisional_until for line in account.lines if line.provisional_until is not None]
    return max((day for day in days if day >= as_of), default=None)
