"""The message to the bank: valid, derived, and the same however often it is made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from lxml import etree

from pipelines.errors import ConfigurationError
from pipelines.model.payment_order import PaymentOrder
from sinks.pain001 import payment_message

ORDER = PaymentOrder(
    "KM0123456789abcdef0123456789abcdef", "KK0123456789abcdef0123456789abcdef", "DE89370400440532013000",
    "Jörg Müller & Söhne <GmbH>", "DE02120300000000202051", 1100, "EUR", "Erstattung RE-2026-1001",
    date(2026, 10, 7), "2026-10-06T06:00:00+00:00",
)  # fmt: skip


def texts(message: str, name: str) -> list[str]:
    return [node.text or "" for node in etree.fromstring(message.encode()).iter(f"{{*}}{name}")]


def test_the_message_says_who_gets_what() -> None:
    message = payment_message("Muster Handels GmbH", ORDER)
    assert 'xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"' in message
    assert texts(message, "MsgId") == texts(message, "PmtInfId") == [ORDER.message_id]
    assert texts(message, "EndToEndId") == [ORDER.end_to_end_id]
    assert texts(message, "InstdAmt") == ["11.00"]
    assert texts(message, "IBAN") == [ORDER.account, ORDER.iban]
    assert texts(message, "CreDtTm") == ["2026-10-06T06:00:00"]
    assert texts(message, "CtrlSum") == ["11.00", "11.00"]
    assert "JOERG MUELLER" in texts(message, "Nm")[-1]


def test_the_same_order_is_the_same_message() -> None:
    assert payment_message("Muster", ORDER) == payment_message("Muster", ORDER)
    assert payment_message("Muster", ORDER) != payment_message("Muster", replace(ORDER, amount_minor=1101))


def test_a_message_names_who_pays() -> None:
    with pytest.raises(ConfigurationError, match=r"\[company\]"):
        payment_message(" ", ORDER)


def test_a_bank_without_bic_is_called_not_provided() -> None:
    root = etree.fromstring(payment_message("Muster Handels GmbH", ORDER).encode())
    (agent,) = root.iter("{*}DbtrAgt")
    assert [node.text for node in agent.iterfind("{*}FinInstnId/{*}Othr/{*}Id")] == ["NOTPROVIDED"]
