"""Credit transfers for the bank: pain.001.001.09, one message per refund (sepaxml; DK Anlage 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree
from sepaxml import SepaTransfer  # type: ignore[import-untyped]
from sepaxml.validation import ValidationError, try_valid_xml  # type: ignore[import-untyped]

from pipelines.errors import ConfigurationError, DecisionRefused
from pipelines.model.payment_order import PaymentOrder
from pipelines.text import fold

SCHEMA: Final = "pain.001.001.09"
_NAMESPACE: Final = f"{{urn:iso:std:iso:20022:tech:xsd:{SCHEMA}}}"
# EPC: what every bank takes in names and texts.
_NOT_ALLOWED: Final = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]+")


@dataclass(frozen=True, slots=True)
class PaymentMessages:
    """Makes the messages of one company; orders in, XML out."""

    company: str

    def __call__(self, order: PaymentOrder) -> str:
        return payment_message(self.company, order)


def payment_message(company: str, order: PaymentOrder) -> str:
    """The XML of one order. company: our name, as the bank knows us.

    Message id, payment id, end-to-end id and creation time come from the order, so that the same order is the same
    message byte by byte, however often it is made. Raises ConfigurationError without a company name, and
    DecisionRefused when the message does not fit its schema (it names the message, not its content).
    """
    if not company.strip():
        raise ConfigurationError('a payment file names who pays: set [company] name = "…"')
    transfer = SepaTransfer(
        {"name": _plain(company, 70), "IBAN": order.account, "batch": False, "currency": order.currency},
        schema=SCHEMA,
        clean=True,
    )
    transfer.add_payment(
        {
            "name": _plain(order.name, 70),
            "IBAN": order.iban,
            "amount": order.amount_minor,
            "execution_date": order.execution_day,
            "description": _plain(order.text, 140),
            "endtoend_id": order.end_to_end_id,
        }
    )
    root = etree.fromstring(transfer.export(validate=False))
    # Without a BIC the German format book (DK Anlage 3) wants the word, not an empty element.
    for agent in root.iter(_NAMESPACE + "FinInstnId"):
        if len(agent) == 0:
            other = etree.SubElement(agent, _NAMESPACE + "Othr")
            etree.SubElement(other, _NAMESPACE + "Id").text = "NOTPROVIDED"
    # sepaxml makes these up from chance and clock; ours are derived.
    for path, value in (
        ("GrpHdr/MsgId", order.message_id),
        ("GrpHdr/CreDtTm", order.created_at[:19]),
        ("PmtInf/PmtInfId", order.message_id),
    ):
        found = root.find(".//" + "/".join(_NAMESPACE + name for name in path.split("/")))
        if found is None:
            raise DecisionRefused(f"Payment message {order.message_id} lacks {path}.")
        found.text = value
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    try:
        try_valid_xml(content, SCHEMA)
    except ValidationError:
        raise DecisionRefused(
            f"Payment message {order.message_id} does not fit {SCHEMA}; check name and account of the debtor."
        ) from None
    return content.decode()


def _plain(text: str, most: int) -> str:
    """In the characters every bank takes; German letters written out."""
    folded = text if text.isascii() else fold(text)
    return _NOT_ALLOWED.sub(" ", folded).strip()[:most].strip() or "-"
