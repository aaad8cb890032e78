"""Questions about debtors that change nothing; rows are JSON-ready and mask accounts."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.debtors.account import COLLECTION_DAYS, debtor_account, provisional_until
from pipelines.debtors.desk import one
from pipelines.debtors.search import Query, search
from pipelines.debtors.statement import AccountStatement, rows, statements
from pipelines.debtors.statement_pdf import Letterhead, statement_pdf
from pipelines.model.debtor import Profile
from pipelines.model.debtor_account import DebtorAccount, TransactionAccount
from pipelines.model.masking import mask_iban
from pipelines.model.money import format_minor
from pipelines.ports.work import Books, Work


class DebtorInquiries:
    """Each question reads one snapshot. collection_days: how long a direct debit counts as on its way."""

    def __init__(self, books: Books, *, company: str = "", collection_days: int = COLLECTION_DAYS) -> None:
        self._books = books
        self._company = company
        self._collection_days = collection_days

    def search(self, query: Query, as_of: date) -> list[dict[str, Any]]:
        """Debtors by up to three criteria; see ``pipelines.debtors.search``."""
        with self._books.read() as work:
            return search(work, query, as_of)

    def profile(self, key: str) -> Profile:
        """A debtor as known now; IBANs are whole here: mask what you show."""
        with self._books.read() as work:
            return _profile(work, key)

    def account(self, key: str, as_of: date) -> DebtorAccount:
        """The debtor account with its transaction accounts."""
        with self._books.read() as work:
            return self._account(work, _profile(work, key), as_of)

    def _account(self, work: Work, profile: Profile, as_of: date) -> DebtorAccount:
        accounts = work.debtor_accounts
        return debtor_account(
            accounts.lines(profile.numbers),
            accounts.items(profile.numbers),
            as_of,
            collection_days=self._collection_days,
        )

    def show(self, key: str, as_of: date) -> dict[str, Any]:
        """Everything about one debtor: who, accounts learned, balances, transaction accounts, blocks."""
        with self._books.read() as work:
            profile = _profile(work, key)
            account = self._account(work, profile, as_of)
            learned = work.debtors.learned_ibans(profile.numbers)
            blocks = [b for b in work.blocklist.all(as_of) if b.debtor_id == profile.debtor_id]
            blocked = work.blocklist.of("iban", {one_.iban for one_ in learned}, as_of)
        return {
            "debtor": {
                "debtor_id": profile.debtor_id,
                "debtor_number": profile.debtor_number,
                "earlier_numbers": list(profile.numbers[:-1]),
                "name": profile.name,
                "email": profile.email,
                "address": profile.address,
                "external_id": profile.external_id,
                "aliases": list(profile.aliases),
                "tags": list(profile.tags),
                "by_hand": sorted(profile.own),
            },
            "ibans": [
                {
                    "iban": mask_iban(found.iban),
                    "origin": found.origin.value,
                    "since": found.since,
                    "payments": found.uses,
                    "by": found.confirmed_by,
                    "blocked": any(b.debtor_id in ("", profile.debtor_id) for b in blocked.get(found.iban, ())),
                }
                for found in learned
            ],
            "totals": [
                {
                    "currency": total.currency,
                    "debit": format_minor(total.debit_minor, total.currency),
                    "credit": format_minor(total.credit_minor, total.currency),
                    "balance": format_minor(total.balance_minor, total.currency),
                    "due": format_minor(total.due_minor, total.currency),
                    "provisional": format_minor(total.provisional_minor, total.currency),
                    "on_account": format_minor(total.on_account_minor, total.currency),
                }
                for total in account.totals
            ],
            "accounts": [_account_row(one_, as_of) for one_ in account.accounts],
            "blocks": [
                {"kind": b.kind, "masked": b.masked, "until": b.until.isoformat() if b.until else "", "by": b.user}
                for b in blocks
            ],
        }

    def history(self, key: str) -> list[dict[str, str]]:
        """Every change of what is known about a debtor, the oldest first."""
        with self._books.read() as work:
            return [change._asdict() for change in work.debtors.history(_profile(work, key).numbers)]

    def by_access_hash(self, access_hash: str) -> str:
        """The id of the debtor whose own page an access hash opens; "" for a wrong or renewed one."""
        with self._books.read() as work:
            id_: str = work.debtors.by_access_hash(access_hash)
        return id_

    def blocks(self, as_of: date) -> list[dict[str, str]]:
        """The blocklist as it holds on a day, masked."""
        with self._books.read() as work:
            return [
                {
                    "kind": row.kind,
                    "masked": row.masked,
                    "debtor_number": work.debtors.numbers(row.debtor_id)[-1] if row.debtor_id else "all",
                    "until": row.until.isoformat() if row.until else "",
                    "user": row.user,
                    "reason": row.reason,
                    "at": row.at,
                }
                for row in work.blocklist.all(as_of)
            ]

    # --- statement of account --------------------------------------------------------------------------------------

    def statements(
        self, key: str, as_of: date, first: date | None = None, last: date | None = None
    ) -> list[AccountStatement]:
        """The statement of account per currency; ``first`` and ``last`` belong to the period."""
        return statements(self.account(key, as_of), first, last)

    def statement_rows(
        self, key: str, as_of: date, first: date | None = None, last: date | None = None
    ) -> list[dict[str, str]]:
        """The statement as rows of text, opening balance first."""
        return [row for statement in self.statements(key, as_of, first, last) for row in rows(statement)]

    def statement_pdf(self, key: str, as_of: date, first: date | None = None, last: date | None = None) -> bytes:
        """The statement as a PDF for the debtor, in German; accounts masked."""
        with self._books.read() as work:
            profile = _profile(work, key)
            account = self._account(work, profile, as_of)
        head = Letterhead(
            company=self._company,
            debtor_number=profile.debtor_number,
            name=profile.name,
            address=tuple(part.strip() for part in profile.address.split(",") if part.strip()),
            ibans=tuple(mask_iban(iban) for iban in profile.ibans),
        )
        return statement_pdf(head, statements(account, first, last), as_of)


def _profile(work: Work, key: str) -> Profile:
    id_ = one(work, key)
    profile: Profile = work.debtors.profiles([id_])[id_]
    return profile


def _account_row(account: TransactionAccount, as_of: date) -> dict[str, Any]:
    currency = account.currency
    until = provisional_until(account, as_of)
    return {
        "invoice_number": account.facts.invoice_number,
        "document_type": account.facts.document_type,
        "due_date": account.facts.due_date.isoformat(),
        "status": account.status.value,
        "status_reason": account.status_reason,
        "debit": format_minor(account.debit_minor, currency),
        "credit": format_minor(account.credit_minor, currency),
        "balance": format_minor(account.balance_minor, currency),
        "currency": currency,
        "dunning_level": account.facts.dunning_level,
        "provisional_until": until.isoformat() if until else "",
        "lines": [
            {
                "day": line.day.isoformat(),
                "kind": line.kind.value,
                "debit": format_minor(line.debit_minor, currency),
                "credit": format_minor(line.credit_minor, currency),
                "posting_number": line.posting_number,
                "transaction_id": line.transaction_id,
                "bank_reason": line.bank_reason,
            }
            for line in account.lines
        ],
    }
