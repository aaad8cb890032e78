"""What the billing system knows, from table files: open items, debtors, collections, contracts (CONTRACT, "Files in").

A bad row is refused by number and reason and the others load. Of rows that repeat a key, identical ones count once;
contradicting ones are all refused, because nothing says which of them is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from pipelines.model.finding import Finding, Severity
from pipelines.model.receivable import Collection, Contract, Debtor, DocumentType, ItemStatus, Receivable
from pipelines.ports.receivables import DraftCollection, TableBatch, TableRow
from sources.cells import (
    NO_REFERENCE,
    CellError,
    check_identifier,
    parse_basis_points,
    parse_currency,
    parse_day,
    parse_tax_rate,
    split_list,
)
from sources.page import Page, refusal, unknown_column
from sources.pain008 import is_pain008, read_pain008
from sources.table_layout import Layout
from sources.tables_in import TableFile

RECEIVABLES: Final = Layout(
    kind="receivables",
    key=("invoice_number",),
    required=("invoice_number", "debtor_number", "amount", "issue_date", "due_date"),
    optional=(
        "currency", "open_amount", "document_type", "status", "debtor_name", "debtor_ibans", "payment_method",
        "mandate_id", "end_to_end_id", "creditor_reference", "order_number", "shipment_ids", "contract_id",
        "cash_discount_percent", "cash_discount_until", "dunning_plan", "tax_rate",
    ),
    amounts=("amount", "open_amount"),
)  # fmt: skip
DEBTORS: Final = Layout(
    kind="debtors",
    key=("debtor_number",),
    required=("debtor_number", "name"),
    optional=(
        "ibans", "external_id", "email", "aliases", "tags", "address", "dunning_plan", "dunning_block_until",
    ),
)  # fmt: skip
COLLECTIONS: Final = Layout(
    kind="collections",
    key=("end_to_end_id", "mandate_id", "invoice_number"),
    required=("end_to_end_id", "mandate_id", "invoice_number", "amount", "collection_date"),
    optional=("currency", "debtor_iban", "payment_information_id", "message_id"),
    amounts=("amount",),
)
CONTRACTS: Final = Layout(
    kind="contracts",
    key=("contract_id",),
    required=("contract_id", "debtor_number", "status"),
    optional=("dunning_plan",),
)

_CONTRACT_STATES: Final = frozenset({"active", "expired", "cancelled", "blocked"})


def read(path: Path, kind: str) -> Iterator[TableBatch]:
    """Reads one file of ``receivables``, ``debtors``, ``collections`` or ``contracts`` in parts of bounded size.

    Raises HeaderError or UnreadableDocument for a file that is refused whole, before the first part.
    """
    layout, parse = _KINDS[kind]
    file = TableFile(path, layout)
    survey = file.survey()
    yield TableBatch(findings=[unknown_column(file.name, name) for name in file.unknown_columns])
    aside: list[TableRow] = []
    for chunk in file.chunks():
        page = Page(file.name, kind, chunk, survey, layout.key[-1 if kind == "collections" else 0])
        rows = parse(page)
        if survey.repeated:
            once: list[TableRow] = []
            repeated = {
                number
                for number, key in zip(chunk.numbers, file.key_hashes(chunk), strict=True)
                if key in survey.repeated
            }
            for row in rows:
                (aside if row.number in repeated else once).append(row)
            rows = once
        yield TableBatch(rows, page.findings, page.refused)
    if aside:
        yield _settle_repeated(file.name, kind, aside)


def _settle_repeated(name: str, kind: str, rows: list[TableRow]) -> TableBatch:
    groups: dict[object, list[TableRow]] = {}
    for row in rows:
        groups.setdefault(key_of(row.noun), []).append(row)
    batch = TableBatch()
    for group in groups.values():
        first = group[0]
        if all(row.noun == first.noun and row.open_given == first.open_given for row in group):
            batch.rows.append(first)
            continue
        numbers = ", ".join(str(row.number) for row in group[:5])
        for row in group:
            batch.refused += 1
            batch.findings.append(
                refusal(name, kind, row.number, subject_of(row.noun), f"rows {numbers} contradict each other")
            )
    return batch


def key_of(noun: Receivable | Debtor | Collection | Contract) -> tuple[str, ...]:
    """What names a row of its kind."""
    if isinstance(noun, Receivable):
        return (noun.invoice_number,)
    if isinstance(noun, Debtor):
        return (noun.debtor_number,)
    if isinstance(noun, Collection):
        return (noun.end_to_end_id, noun.mandate_id, noun.invoice_number)
    return (noun.contract_id,)


def subject_of(noun: Receivable | Debtor | Collection | Contract) -> str:
    """The number a finding names."""
    return noun.invoice_number if isinstance(noun, Receivable | Collection) else key_of(noun)[0]


def _reference(text: str) -> str:
    return "" if text.upper() in NO_REFERENCE else check_identifier(text)


def _document_type(text: str) -> DocumentType:
    try:
        return DocumentType(text.casefold())
    except ValueError:
        raise CellError("is not invoice, credit_note or fee") from None


def _status(text: str) -> ItemStatus:
    try:
        return ItemStatus(text.casefold())
    except ValueError:
        raise CellError("is not open or cancelled") from None


def _contract_status(text: str) -> str:
    if text.casefold() not in _CONTRACT_STATES:
        raise CellError("is not active, expired, cancelled or blocked")
    return text.casefold()


def _text(text: str) -> str:
    return text


_NO_DAY: Final = date.min


def _receivables(page: Page) -> list[TableRow]:
    invoices = page.typed("invoice_number", check_identifier, "", required=True)
    debtors = page.typed("debtor_number", check_identifier, "", required=True)
    currencies = page.typed("currency", parse_currency, "EUR")
    amounts = page.amounts("amount", currencies)
    opens = page.amounts("open_amount", currencies)
    issued = page.typed("issue_date", parse_day, _NO_DAY, required=True)
    due = page.typed("due_date", parse_day, _NO_DAY, required=True)
    types = page.typed("document_type", _document_type, DocumentType.INVOICE)
    statuses = page.typed("status", _status, ItemStatus.OPEN)
    ibans = page.ibans("debtor_ibans")
    mandates = page.typed("mandate_id", _reference, "")
    end_to_ends = page.typed("end_to_end_id", _reference, "")
    contracts = page.typed("contract_id", check_identifier, "")
    discounts = page.typed("cash_discount_percent", parse_basis_points, 0)
    discount_days: list[Any] = page.typed("cash_discount_until", parse_day, _NO_DAY)
    tax_rates: list[int] = page.typed("tax_rate", parse_tax_rate, -1)
    names, methods = page.texts("debtor_name"), page.texts("payment_method")
    references, orders = page.texts("creditor_reference"), page.texts("order_number")
    shipments, plans = page.texts("shipment_ids"), page.texts("dunning_plan")
    for index in range(len(page)):
        amount, type_ = amounts[index], types[index]
        if amount is None:
            page.refuse(index, "amount is empty")
            amount = 0
        if amount < 0 and type_ is DocumentType.INVOICE:
            types[index] = type_ = DocumentType.CREDIT_NOTE
            page.findings.append(_negative_invoice(page, index, invoices[index]))
        elif amount < 0 and type_ is DocumentType.FEE:
            page.refuse(index, "amount of a fee is negative")
        amounts[index], opens[index] = _signed(page, index, amount, opens[index], type_)
    rows: list[TableRow] = []
    for i in page.good():
        amount, given = amounts[i], opens[i]
        assert amount is not None
        noun = Receivable(
            invoices[i], debtors[i], amount, amount if given is None else given, currencies[i], issued[i], due[i],
            types[i], statuses[i], names[i], ibans[i], methods[i].casefold(), mandates[i], end_to_ends[i],
            references[i], orders[i], split_list(shipments[i]), contracts[i], discounts[i],
            None if discount_days[i] is _NO_DAY else discount_days[i], plans[i],
            None if tax_rates[i] < 0 else tax_rates[i],
        )  # fmt: skip
        rows.append(TableRow(page.chunk.numbers[i], noun, given is not None))
    return rows


def _signed(
    page: Page, index: int, amount: int, open_: int | None, type_: DocumentType
) -> tuple[int | None, int | None]:
    """Credit notes negative, and the open amount between 0 and the amount."""
    if type_ is DocumentType.CREDIT_NOTE:
        amount = -abs(amount)
        open_ = None if open_ is None else -abs(open_)
    if open_ is not None and not (0 <= open_ <= amount or amount <= open_ <= 0):
        page.refuse(index, "open_amount is not between 0 and amount")
    return amount, open_


def _negative_invoice(page: Page, index: int, invoice_number: str) -> Finding:
    number = page.chunk.numbers[index]
    return Finding(
        "negative-invoice",
        Severity.WARNING,
        invoice_number,
        f"Row {number} is an invoice with a negative amount; it is taken as a credit note. "
        "Write document_type credit_note to make that plain.",
        page.file,
        f"row {number}",
    )


def _debtors(page: Page) -> list[TableRow]:
    numbers = page.typed("debtor_number", check_identifier, "", required=True)
    names = page.typed("name", _text, "", required=True)
    ibans = page.ibans("ibans")
    blocks = page.typed("dunning_block_until", parse_day, _NO_DAY)
    external, emails = page.texts("external_id"), page.texts("email")
    aliases, tags = page.texts("aliases"), page.texts("tags")
    addresses, plans = page.texts("address"), page.texts("dunning_plan")
    return [
        TableRow(
            page.chunk.numbers[i],
            Debtor(
                numbers[i], names[i], ibans[i], external[i], emails[i], split_list(aliases[i]), split_list(tags[i]),
                addresses[i], plans[i], None if blocks[i] is _NO_DAY else blocks[i],
            ),
        )
        for i in page.good()
    ]  # fmt: skip


def _collections(page: Page) -> list[TableRow]:
    end_to_ends = page.typed("end_to_end_id", check_identifier, "", required=True)
    mandates = page.typed("mandate_id", check_identifier, "", required=True)
    invoices = page.typed("invoice_number", check_identifier, "", required=True)
    currencies = page.typed("currency", parse_currency, "EUR")
    amounts = page.amounts("amount", currencies)
    days = page.typed("collection_date", parse_day, _NO_DAY, required=True)
    ibans = page.ibans("debtor_iban")
    informations = page.texts("payment_information_id")
    messages = page.texts("message_id")
    for index in range(len(page)):
        amount = amounts[index]
        if amount is None:
            page.refuse(index, "amount is empty")
        elif amount <= 0:
            page.refuse(index, "amount of a collection is not above 0")
        if end_to_ends[index].upper() in NO_REFERENCE:
            page.refuse(index, "end_to_end_id is a placeholder")
    return [
        TableRow(
            page.chunk.numbers[i],
            Collection(
                end_to_ends[i], mandates[i], invoices[i], amounts[i] or 0, currencies[i], days[i],
                ibans[i][0] if ibans[i] else "", informations[i], messages[i],
            ),
        )
        for i in page.good()
    ]  # fmt: skip


def _contracts(page: Page) -> list[TableRow]:
    contracts = page.typed("contract_id", check_identifier, "", required=True)
    debtors = page.typed("debtor_number", check_identifier, "", required=True)
    states = page.typed("status", _contract_status, "", required=True)
    plans = page.texts("dunning_plan")
    return [
        TableRow(page.chunk.numbers[i], Contract(contracts[i], debtors[i], states[i], plans[i])) for i in page.good()
    ]


_KINDS: Final[dict[str, tuple[Layout, Callable[[Page], list[TableRow]]]]] = {
    "receivables": (RECEIVABLES, _receivables),
    "debtors": (DEBTORS, _debtors),
    "collections": (COLLECTIONS, _collections),
    "contracts": (CONTRACTS, _contracts),
}
KINDS: Final = tuple(_KINDS)


class TableFiles:
    """``pipelines.ports.receivables.TableReader`` on the local file system."""

    def read(self, path: Path, kind: str) -> Iterator[TableBatch]:
        """The rows of one table file, in parts."""
        return read(path, kind)

    def drafts(self, path: Path) -> tuple[Sequence[DraftCollection], Sequence[Finding]] | None:
        """The debits of a pain.008 message; None when the file is none."""
        return read_pain008(path) if is_pain008(path) else None
