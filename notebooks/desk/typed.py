"""What an analyst typed in the grid, as a typed command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.amounts import parse_amount
from pipelines.errors import KontoklarError
from pipelines.model.money import exponent
from pipelines.review import Accept, Assign, Command, Hold, OnAccount, Part, Refund, Reject, Split, WriteOff


def command_of(
    name: str, transaction_id: str, values: Mapping[str, Any], currency: str, who: Mapping[str, Any]
) -> Command:
    """The command of a decision. values: what its form holds. who: user, reason, version seen and the command's id.

    Raises AmountError for an amount that is none, and what the command itself refuses.
    """
    amount = minor(str(values.get("amount") or ""), currency)
    invoice, debtor = str(values.get("invoice") or ""), str(values.get("debtor") or "")
    # The version is that of the transaction; a refund and a write-off are about something else.
    unseen: dict[str, Any] = {**who, "seen": ""}
    match name:
        case "accept":
            return Accept(transaction_id=transaction_id, rank=int(values["rank"]), **who)
        case "reject":
            return Reject(transaction_id=transaction_id, rank=int(values["rank"]), **who)
        case "hold":
            return Hold(transaction_id=transaction_id, **who)
        case "assign":
            return Assign(transaction_id=transaction_id, part=part(invoice, amount), **who)
        case "on_account":
            return OnAccount(transaction_id=transaction_id, debtor_number=debtor, amount_minor=amount, **who)
        case "split":
            parts = tuple(part(str(to), minor(str(text), currency)) for to, text in values["parts"])
            return Split(transaction_id=transaction_id, parts=parts, **who)
        case "refund":
            return Refund(debtor_number=debtor, amount_minor=amount, **unseen)
        case "writeoff":
            return WriteOff(invoice_number=invoice, amount_minor=amount, **unseen)
    raise KontoklarError(f"There is no decision called {name!r}.")


def part(target: str, amount: int | None) -> Part:
    """An invoice, or ``@`` and a debtor's number for his account. amount: minor units; None for all there is."""
    if target.startswith("@"):
        return Part(debtor_number=target[1:], amount_minor=amount)
    return Part(invoice_number=target, amount_minor=amount)


def minor(text: str, currency: str) -> int | None:
    """An amount as people type it, German or English, in minor units; None for an empty field. Raises AmountError."""
    plain = text.strip().removesuffix("€").strip()
    if not plain:
        return None
    comma, point = plain.rfind(","), plain.rfind(".")
    grouped = exponent(currency) == 2 and point >= 0 > comma and len(plain) - point == 4
    mark = "," if comma > point or grouped else "."
    return parse_amount(plain, currency, decimal_mark=mark, allow_groups=True)
