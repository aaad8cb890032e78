"""The commands of the review desk: typed, attributed, with the version the user saw.

Amounts are unsigned minor units in the currency of what they are about; None takes all there is. Every command names
who decides and why. ``seen``: the version a preview showed; when the books have moved on since, the command is refused
and the new state shown. ``command_id``: given by the caller; the same id twice gives the same result once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from pipelines.errors import DecisionRefused


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a split. invoice_number "" puts it on the account of debtor_number. amount_minor: money, unsigned;
    None takes what the item owes, as far as the money goes."""

    invoice_number: str = ""
    debtor_number: str = ""
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A line of a credit note. gross_minor: unsigned, quantity included; tax_rate: None as the invoice's."""

    gross_minor: int
    tax_rate: int | None = None
    text: str = ""
    quantity: str = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What all commands have in common."""

    name: ClassVar[str] = ""

    user: str
    reason: str
    seen: str = ""
    command_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept(Command):
    """Post one of a transaction's stored proposals as it stands."""

    name: ClassVar[str] = "accept"
    transaction_id: str
    rank: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(Command):
    """Refuse a proposal: this allocation is never posted automatically for this transaction."""

    name: ClassVar[str] = "reject"
    transaction_id: str
    rank: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Command):
    """Put (part of) a payment on an invoice or an account.

    For a return: take back that invoice's payment. For an invoice that was written off: book the money as recovered.
    For money out to a debtor: it is a refund somebody made by hand.
    """

    name: ClassVar[str] = "assign"
    transaction_id: str
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Command):
    """Divide a payment over several invoices or accounts; what is left stays unallocated."""

    name: ClassVar[str] = "split"
    transaction_id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLaw(Command):
    """Divide a payment over a debtor's open claims as the law says (BGB §§ 366, 367); the rest stays on account.

    named: invoice numbers the payer designated otherwise than in the payment's text, such as by letter.
    """

    name: ClassVar[str] = "by_law"
    transaction_id: str
    debtor_number: str
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OnAccount(Command):
    """Keep (part of) a payment on a debtor's account. prepayment_rate: basis points of VAT when it is paid in advance
    of the performance; None for money that is simply not assigned yet."""

    name: ClassVar[str] = "on_account"
    transaction_id: str
    debtor_number: str
    amount_minor: int | None = None
    prepayment_rate: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(Command):
    """Say that an automatic post is right: one drawn for checking, or any other. Counts as a confirmed case."""

    name: ClassVar[str] = "confirm"
    transaction_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Command):
    """Keep a transaction out of matching until it is released."""

    name: ClassVar[str] = "hold"
    transaction_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Command):
    """Let a held transaction be matched again."""

    name: ClassVar[str] = "release"
    transaction_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebook(Command):
    """Move credit to an open claim or to another account.

    From: a debtor's account, or an invoice that is cancelled or overpaid. To: an invoice, a debtor's account, or
    (by_law) the open claims of the debtor whose credit it is. Another debtor's needs a second person.
    """

    name: ClassVar[str] = "rebook"
    from_debtor: str = ""
    from_invoice: str = ""
    to_invoice: str = ""
    to_debtor: str = ""
    by_law: bool = False
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Command):
    """Send money back: of a cancelled or overpaid invoice, or of a debtor's credit.

    iban: where to; default: the account it came from. override: pay although the money is provisional, although the
    account is not known as this debtor's, or although it is blocked; always needs a second person.
    """

    name: ClassVar[str] = "refund"
    debtor_number: str = ""
    invoice_number: str = ""
    amount_minor: int | None = None
    iban: str = ""
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit(Command):
    """A credit note on an invoice: the claim is lower, its VAT too. Without positions at the invoice's own rate."""

    name: ClassVar[str] = "credit"
    invoice_number: str
    amount_minor: int | None = None
    positions: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff(Command):
    """Write off what an invoice owes, or part of it. The claim remains; VAT is corrected (UStG §17 (2) no. 1)."""

    name: ClassVar[str] = "writeoff"
    invoice_number: str
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallDifference(Command):
    """Clear a small rest: of an invoice (to our cost) or on a debtor's account (to our income), within the limits."""

    name: ClassVar[str] = "small_difference"
    invoice_number: str = ""
    debtor_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge(Command):
    """Charge a fee or interest on an invoice: a claim of its own. kind: ``return_debit_fee``, ``dunning_fee``,
    ``default_interest``, ``flat_rate`` (BGB §288 (5)) or ``collection_cost``."""

    name: ClassVar[str] = "charge"
    invoice_number: str
    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transit(Command):
    """A payout of a payment service: all of a payment to money in transit, its charges to ours.

    gross_minor: what was paid to the service; None when it kept nothing.
    """

    name: ClassVar[str] = "transit"
    transaction_id: str
    gross_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo(Command):
    """Take one decision back by reversal, or all allocations of a payment; both sides are open again."""

    name: ClassVar[str] = "undo"
    transaction_id: str = ""
    decision_id: str = ""


COMMANDS: Mapping[str, type[Command]] = {
    kind.name: kind
    for kind in (
        Accept, Reject, Assign, Split, ByLaw, OnAccount, Hold, Release, Rebook, Refund, Credit, WriteOff,
        SmallDifference, Charge, Transit, Undo,
    )
}  # fmt: skip
_OURS = frozenset({"user", "reason", "seen", "command_id"})


def arguments_of(command: Command) -> dict[str, Any]:
    """What was decided, JSON-ready: without who, why and on which version."""
    return {name: value for name, value in asdict(command).items() if name not in _OURS}


def command_from(name: str, arguments: Mapping[str, Any], *, user: str, reason: str, command_id: str = "") -> Command:
    """The command that ``arguments_of`` told; lists become tuples, parts and positions become values again."""
    kind = COMMANDS.get(name)
    if kind is None:
        raise DecisionRefused(f'There is no decision called "{name}".')
    known = {field.name for field in fields(kind)} - _OURS
    told: dict[str, Any] = {key: value for key, value in arguments.items() if key in known}
    for key, value in told.items():
        if key == "part":
            told[key] = Part(**value)
        elif key == "parts":
            told[key] = tuple(Part(**one) for one in value)
        elif key == "positions":
            told[key] = tuple(Position(**one) for one in value)
        elif isinstance(value, list):
            told[key] = tuple(value)
    return kind(user=user, reason=reason, command_id=command_id, **told)
