"""The chart of accounts: which ledger account each kind of posting uses.

SKR03 and SKR04 are shipped (account numbers: DATEV standard charts); any other chart is a file of the same form.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigurationError
from pipelines.ports.invariants import LedgerAccounts

ROLES: Final = (
    "bank",
    "clearing",
    "transit",
    "receivable",
    "doubtful_receivable",
    "prepayment",
    "opening",
    "cash_discount",
    "revenue_reduction",
    "bad_debt",
    "recovered_bad_debt",
    "bank_charges",
    "interest_income",
    "other_income",
    "other_expense",
)
# What a chart file may leave out, and the role that takes its place ("" for none: what needs it is refused).
OPTIONAL: Final[Mapping[str, str]] = {"revenue": "revenue_reduction", "output_vat": "", "prepayment_clearing": ""}
_BY_RATE: Final = ("vat", "cash_discount", "revenue_reduction", "bad_debt", "revenue", "prepayment")
_SECTIONS: Final = ("name", "accounts", *_BY_RATE, "bank_accounts")
_SHIPPED: Final = ("SKR03", "SKR04")


@dataclass(frozen=True, slots=True)
class Chart:
    """Ledger accounts by role.

    accounts: every role of ``ROLES``, those of ``OPTIONAL`` where the file has them. by_rate: for ``vat``,
    ``cash_discount``, ``revenue_reduction``, ``bad_debt``, ``revenue`` and ``prepayment`` the accounts by tax rate in
    basis points (1900 = 19 %). bank_accounts: ledger account by IBAN, where it is not the common one.
    """

    name: str
    accounts: Mapping[str, str]
    by_rate: Mapping[str, Mapping[int, str]]
    bank_accounts: Mapping[str, str]

    def account(self, role: str) -> str:
        """The account of a role. Raises ConfigurationError for an optional one that this chart lacks."""
        found = self.accounts.get(role) or self.accounts.get(OPTIONAL.get(role, ""))
        if not found:
            raise ConfigurationError(f"chart {self.name}: [accounts] lacks {role}, which this posting needs.")
        return found

    def bank(self, iban: str) -> str:
        """The ledger account of a bank account."""
        return self.bank_accounts.get(iban, self.accounts["bank"])

    def taxed(self, role: str, tax_rate_basis_points: int | None) -> tuple[str, str] | None:
        """(net account, VAT account) for a role and rate; None where the rate is unknown or zero.

        A rate without accounts of its own takes the general account of the role and ``output_vat``, so that the tax is
        split whatever the rate; None when the chart has no ``output_vat`` either.
        """
        if not tax_rate_basis_points:
            return None
        net = self.by_rate.get(role, {}).get(tax_rate_basis_points) or self.account(role)
        vat = self.by_rate["vat"].get(tax_rate_basis_points) or self.accounts.get("output_vat")
        return (net, vat) if vat else None

    def knows_rate(self, tax_rate_basis_points: int | None) -> bool:
        """Whether VAT of this rate has an account of its own; zero needs none, None is not known."""
        return tax_rate_basis_points == 0 or tax_rate_basis_points in self.by_rate["vat"]

    def ledger_accounts(self) -> LedgerAccounts:
        """What the checks of ``kontoklar check`` need to know of this chart."""
        return LedgerAccounts(
            bank=self.accounts["bank"],
            bank_by_iban=dict(self.bank_accounts),
            clearing=self.accounts["clearing"],
            receivable=self.accounts["receivable"],
            opening=self.accounts["opening"],
        )


def load_chart(name: str, *, folder: Path | None = None) -> Chart:
    """``SKR03``, ``SKR04``, or the path of a chart file (relative to ``folder``). Raises ConfigurationError."""
    if name.upper() in _SHIPPED:
        text = (files("pipelines") / "charts" / f"{name.lower()}.toml").read_text(encoding="utf-8")
        return parse_chart(text, name.upper())
    path = (folder or Path()) / name
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"chart: {name!r} is neither SKR03, SKR04 nor a readable file.") from None
    return parse_chart(text, name)


def parse_chart(text: str, where: str) -> Chart:
    """A chart from the text of its file; ``where`` names it in errors. Raises ConfigurationError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"chart {where}: {error}") from None
    _refuse_unknown(data, _SECTIONS, where)
    accounts = _accounts(data.get("accounts", {}), f"{where} [accounts]")
    _refuse_unknown(accounts, (*ROLES, *OPTIONAL), f"{where} [accounts]")
    missing = [role for role in ROLES if role not in accounts]
    if missing:
        raise ConfigurationError(f"chart {where}: [accounts] lacks {', '.join(missing)}.")
    _refuse_sharing(accounts, where)
    by_rate = {
        section: {
            _basis_points(rate, f"{where} [{section}]"): account
            for rate, account in _accounts(data.get(section, {}), f"{where} [{section}]").items()
        }
        for section in _BY_RATE
    }
    banks = {
        iban.replace(" ", "").upper(): account
        for iban, account in _accounts(data.get("bank_accounts", {}), f"{where} [bank_accounts]").items()
    }
    return Chart(str(data.get("name", where)), accounts, by_rate, banks)


def _accounts(section: object, where: str) -> dict[str, str]:
    if not isinstance(section, dict):
        raise ConfigurationError(f"chart {where}: must be a table.")
    for key, account in section.items():
        if not isinstance(account, str) or not account.isascii() or not account.isalnum():
            raise ConfigurationError(f'chart {where}: {key} must be an account number in quotes, such as "1200".')
    return dict(section)


def _refuse_unknown(keys: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ConfigurationError(f"chart {where}: unknown key {key!r}.{hint}")


def _refuse_sharing(accounts: Mapping[str, str], where: str) -> None:
    # The balances of these accounts are proven one by one; a shared number would prove nothing.
    for role in ("clearing", "receivable", "bank", "opening"):
        for other, account in accounts.items():
            if other != role and account == accounts[role]:
                raise ConfigurationError(f"chart {where}: {role} and {other} must not share account {account}.")


def _basis_points(rate: str, where: str) -> int:
    try:
        value = Decimal(rate) * 100
    except InvalidOperation:
        raise ConfigurationError(f"chart {where}: {rate!r} is not a tax rate in percent.") from None
    if not value.is_finite() or value != value.to_integral_value() or not 0 < value < 10000:
        raise ConfigurationError(f"chart {where}: {rate!r} is not a tax rate in percent.")
    return int(value)
