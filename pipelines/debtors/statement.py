"""Statement of account (Kontoauszug): the lines of a period with the balance carried forward, per currency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pipelines.model.debtor_account import AccountLine, DebtorAccount
from pipelines.model.money import format_minor
from pipelines.table_out import AMOUNT, DAY, NUMBER, TEXT, OutColumn

COLUMNS = (
    OutColumn("day", DAY),
    OutColumn("posting_number", NUMBER),
    OutColumn("kind", TEXT),
    OutColumn("invoice_number", TEXT),
    OutColumn("debit", AMOUNT),
    OutColumn("credit", AMOUNT),
    OutColumn("balance", AMOUNT),
    OutColumn("currency", TEXT),
    OutColumn("transaction_id", TEXT),
    OutColumn("note", TEXT),
)
OPENING, CLOSING = "opening_balance", "closing_balance"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line with the balance after it, in minor units."""

    line: AccountLine
    balance_minor: int


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """One currency of a debtor account over a period. first, last: None where the period is not bounded.

    opening_minor: the balance of everything before ``first``; closing_minor: after the last line shown.
    """

    currency: str
    first: date | None
    last: date | None
    opening_minor: int
    lines: tuple[StatementLine, ...]

    @property
    def closing_minor(self) -> int:
        """The balance after the last line."""
        return self.lines[-1].balance_minor if self.lines else self.opening_minor

    @property
    def debit_minor(self) -> int:
        """Σ debit of the period."""
        return sum(one.line.debit_minor for one in self.lines)

    @property
    def credit_minor(self) -> int:
        """Σ credit of the period."""
        return sum(one.line.credit_minor for one in self.lines)


def statements(account: DebtorAccount, first: date | None = None, last: date | None = None) -> list[AccountStatement]:
    """One statement per currency, sorted; ``first`` and ``last`` are part of the period."""
    result = []
    for currency in [totals.currency for totals in account.totals]:
        lines = [line for line in account.lines() if line.currency == currency]
        opening = sum(line.effect_minor for line in lines if first is not None and line.day < first)
        balance, shown = opening, []
        for line in lines:
            if (first is not None and line.day < first) or (last is not None and line.day > last):
                continue
            balance += line.effect_minor
            shown.append(StatementLine(line, balance))
        result.append(AccountStatement(currency, first, last, opening, tuple(shown)))
    return result


def rows(statement: AccountStatement) -> Iterator[dict[str, str]]:
    """The statement as rows of text: the balance carried, every line, the closing balance."""
    currency = statement.currency

    def amount(minor: int) -> str:
        return format_minor(minor, currency)

    def balance(kind: str, day: date | None, minor: int) -> dict[str, str]:
        empty = dict.fromkeys((column.name for column in COLUMNS), "")
        return {
            **empty,
            "day": day.isoformat() if day else "",
            "kind": kind,
            "balance": amount(minor),
            "currency": currency,
        }

    if statement.first is not None:
        yield balance(OPENING, statement.first, statement.opening_minor)
    for one in statement.lines:
        line = one.line
        yield {
            "day": line.day.isoformat(),
            "posting_number": "" if line.posting_number is None else str(line.posting_number),
            "kind": line.kind.value,
            "invoice_number": line.invoice_number,
            "debit": amount(line.debit_minor) if line.debit_minor else "",
            "credit": amount(line.credit_minor) if line.credit_minor else "",
            "balance": amount(one.balance_minor),
            "currency": currency,
            "transaction_id": line.transaction_id,
            "note": line.bank_reason,
        }
    yield balance(CLOSING, statement.last, statement.closing_minor)
