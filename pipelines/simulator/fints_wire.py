"""FinTS 3.0 PIN/TAN messages as the bank sees them: opening a customer's envelope and closing the bank's own.

The dummy encryption of PIN/TAN (HNVSK/HNVSD) carries the inner message in clear inside TLS; base64 is the transport's
affair. Segment classes and both serialisers are those of python-fints.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from fints.formals import (
    AlgorithmParameterIVName,
    AlgorithmParameterName,
    BankIdentifier,
    CompressionFunction,
    DateTimeType,
    EncryptionAlgorithm,
    EncryptionAlgorithmCoded,
    IdentifiedRole,
    KeyName,
    KeyType,
    OperationMode,
    ReferenceMessage,
    Response,
    SecurityDateTime,
    SecurityIdentificationDetails,
    SecurityMethod,
    SecurityProfile,
    SecurityRole,
    SegmentHeader,
    UsageEncryption,
)
from fints.segments.base import FinTS3Segment
from fints.segments.dialog import HIRMG2, HIRMS2
from fints.segments.message import HNHBK3, HNHBS1, HNSHA2, HNSHK4, HNVSD1, HNVSK3
from fints.types import SegmentSequence

_ENVELOPE = ("HNHBK", "HNHBS", "HNVSK", "HNVSD", "HNSHK", "HNSHA")


class MalformedMessage(Exception):
    """Bytes that are no FinTS message."""


class Told(NamedTuple):
    """One return code. code: four digits, by its first: 0 done, 1 and 3 a hint, 9 refused."""

    code: str
    text: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A customer's message. dialog_id is "0" when it opens a dialogue. security_function: "999" for one step, else the
    TAN method's number; "" for an anonymous message. tan: "" when none was sent. segments: the orders in their order.
    """

    dialog_id: str
    number: int
    user: str
    security_function: str
    system_id: str
    pin: str = field(repr=False)
    tan: str = field(repr=False)
    segments: tuple[Any, ...]

    def first(self, kind: str) -> Any | None:
        """The first order of a kind such as ``HKIDN``."""
        return next((segment for segment in self.segments if segment.header.type == kind), None)


@dataclass(slots=True)
class Answer:
    """What the bank says: codes for the whole message, codes and data for single orders."""

    general: list[Told] = field(default_factory=list)
    told: dict[int, list[Told]] = field(default_factory=dict)
    data: list[tuple[int | None, Any]] = field(default_factory=list)

    def tell(self, order: Any, code: str, text: str, *parameters: str) -> None:
        """A return code for an order."""
        self.told.setdefault(order.header.number, []).append(Told(code, text, parameters))

    def add(self, order: Any | None, segment: Any) -> None:
        """A data segment that answers an order (None: it answers the message)."""
        self.data.append((None if order is None else order.header.number, segment))


def plain_segment(kind: str, version: int, *elements: Any) -> Any:
    """A segment python-fints has no class for. elements: texts, bytes, None, or lists of these for groups."""
    return FinTS3Segment(header=SegmentHeader(kind, None, version), _additional_data=list(elements))


def open_envelope(raw: bytes) -> Request:
    """A customer's message from its bytes. Raises MalformedMessage."""
    try:
        message = SegmentSequence(raw)
    except Exception as problem:
        raise MalformedMessage(type(problem).__name__) from None
    head = message.find_segment_first(HNHBK3)
    if head is None or not message.segments or message.segments[-1].header.type != "HNHBS":
        raise MalformedMessage("no message head or end")
    signature, closing = message.find_segment_first(HNSHK4), message.find_segment_first(HNSHA2)
    pin = tan = user = function = system_id = ""
    if signature is not None and closing is not None:
        user = signature.key_name.user_id or ""
        function = signature.security_function or ""
        system_id = signature.security_identification_details.identifier or ""
        secret = closing.user_defined_signature
        # ``value``: printing a Password may give asterisks while another thread logs.
        pin = "" if secret.pin is None else str(secret.pin.value)
        tan = secret.tan or ""
    orders = tuple(one for one in message.find_segments() if one.header.type not in _ENVELOPE)
    return Request(str(head.dialog_id), int(head.message_number), user, function, system_id, pin, tan, orders)


def close_envelope(answer: Answer, dialog_id: str, number: int, bank_code: str, user: str, at: datetime) -> bytes:
    """The bank's message: HNHBK, HNVSK, HNVSD with the codes and data, HNHBS."""
    inner: list[Any] = [_codes(HIRMG2, answer.general or _summary(answer), None)]
    inner += [_codes(HIRMS2, told, order) for order, told in sorted(answer.told.items())]
    for order, segment in answer.data:
        segment.header.reference = order
        inner.append(segment)
    for place, segment in enumerate(inner, 2):
        segment.header.number = place
    head = HNHBK3(0, 300, dialog_id, number, ReferenceMessage(dialog_id, number))
    head.header.number = 1
    end = HNHBS1(number)
    end.header.number = len(inner) + 2
    message = SegmentSequence([head, _cipher_head(bank_code, user, at), _cipher_data(inner), end])
    head.message_size = len(message.render_bytes())
    rendered: bytes = message.render_bytes()
    return rendered


def _summary(answer: Answer) -> list[Told]:
    """The general code that follows from those of the orders."""
    classes = {one.code[0] for told in answer.told.values() for one in told}
    if "9" in classes:
        return [Told("9050", "Die Nachricht enthält Fehler.")]
    if "3" in classes:
        return [Told("3060", "Bitte beachten Sie die enthaltenen Warnungen/Hinweise.")]
    return [Told("0010", "Nachricht entgegengenommen.")]


def _codes(kind: Any, told: Iterable[Told], order: int | None) -> Any:
    segment = kind(responses=[Response(one.code, "", one.text[:80], parameters=list(one.parameters)) for one in told])
    segment.header.reference = order
    return segment


def _cipher_data(inner: Sequence[Any]) -> Any:
    data = HNVSD1(data=SegmentSequence(inner))
    data.header.number = 999
    return data


def _cipher_head(bank_code: str, user: str, at: datetime) -> Any:
    head = HNVSK3(
        security_profile=SecurityProfile(SecurityMethod.PIN, 1),
        security_function="998",
        security_role=SecurityRole.ISS,
        security_identification_details=SecurityIdentificationDetails(IdentifiedRole.MR, identifier="0"),
        security_datetime=SecurityDateTime(DateTimeType.STS, at.date(), at.time()),
        encryption_algorithm=EncryptionAlgorithm(
            UsageEncryption.OSY,
            OperationMode.CBC,
            EncryptionAlgorithmCoded.TWOKEY3DES,
            b"\x00" * 8,
            AlgorithmParameterName.KYE,
            AlgorithmParameterIVName.IVC,
        ),
        key_name=KeyName(BankIdentifier("280", bank_code), user or "9999999999", KeyType.V, 0, 0),
        compression_function=CompressionFunction.NULL,
    )
    head.header.number = 998
    return head
