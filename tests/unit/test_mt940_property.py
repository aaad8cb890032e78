"""A writer of the format book's rules and our reader agree on every booking."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.text import compact
from tests.statement_files import statements

# SEPA characters; no "+" so that nothing looks like a tag, no blanks at the ends (they are cut at wraps).
WORD = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/.:,()'", min_size=1, max_size=20)
TEXT = st.lists(WORD, min_size=1, max_size=12).map(" ".join).map(lambda text: text[:140].strip() or "x")
IDENTIFIER = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=35)


class Payment(NamedTuple):
    minor: int
    storno: bool
    value: date
    booked: date
    gvc: str
    end_to_end_id: str
    mandate_id: str
    text: str
    name: str
    reference: str


PAYMENTS = st.lists(
    st.builds(
        Payment,
        st.integers(-(10**11), 10**11).filter(bool),
        st.booleans(),
        st.dates(date(1980, 6, 1), date(2079, 6, 1)),
        st.integers(-150, 150).map(lambda days: date(2026, 8, 1) + timedelta(days)),
        st.sampled_from(["166", "109", "116", "171", "192", "808"]),
        IDENTIFIER,
        IDENTIFIER | st.just(""),
        TEXT,
        TEXT.map(lambda text: text[:54].strip() or "x"),
        st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=16),
    ),
    max_size=8,
)


def wrap(text: str, width: int) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)] or [""]


def booking(payment: Payment, booked: date, letter: str) -> list[str]:
    positive = (payment.minor > 0) is not payment.storno
    mark = ("R" if payment.storno else "") + ("C" if positive else "D")
    amount = f"{abs(payment.minor) // 100},{abs(payment.minor) % 100:02d}"
    line = f":61:{payment.value:%y%m%d}{booked:%m%d}{mark}{letter}{amount}NTRFNONREF//{payment.reference}"
    pieces = wrap(f"EREF+{payment.end_to_end_id}", 27)
    if payment.mandate_id:
        pieces += wrap(f"MREF+{payment.mandate_id}", 27)
    pieces += [piece.rstrip() or "." for piece in wrap(f"SVWZ+{payment.text}", 27)]
    codes = [f"{code:02d}" for code in (*range(20, 30), *range(60, 64))]
    remittance = list(zip(codes, pieces, strict=False))
    names = [(f"{32 + index}", piece) for index, piece in enumerate(wrap(payment.name, 27))]
    first = [(code, piece) for code, piece in remittance if code < "30"]
    rest = [(code, piece) for code, piece in remittance if code >= "60"]
    text = payment.gvc + "".join(f"?{code}{piece}" for code, piece in [("00", "TEXT"), *first, *names, *rest])
    return [line, *wrap(f":86:{text}", 65)]


@settings(max_examples=120, deadline=None)
@given(PAYMENTS, st.sampled_from(["", "R"]), st.sampled_from(["\r\n", "\n"]), st.sampled_from(["utf-8", "cp1252"]))
def test_round_trip(payments: list[Payment], letter: str, line_end: str, encoding: str) -> None:
    total = sum(payment.minor for payment in payments)
    lines = [":20:STARTUMS", ":25:12030000/202051", ":28C:1/1", ":60F:C260731EUR0,00"]
    for payment in payments:
        booked = payment.value + timedelta((payment.booked - date(2026, 8, 1)).days)
        lines += booking(payment, booked, letter)
    mark = "D" if total < 0 else "C"
    lines += [f":62F:{mark}260801EUR{abs(total) // 100},{abs(total) % 100:02d}", "-", ""]
    (statement,) = statements(line_end.join(lines).encode(encoding))
    assert not statement.defects
    assert statement.closing is not None
    assert statement.closing.amount.minor == total
    assert len(statement.entries) == len(payments)
    for payment, entry in zip(payments, statement.entries, strict=True):
        (detail,) = entry.details
        assert entry.amount.minor == payment.minor
        assert entry.value_date == payment.value
        assert entry.booking_date == payment.value + timedelta((payment.booked - date(2026, 8, 1)).days)
        assert (entry.gvc, entry.bank_reference, entry.is_reversal) == (payment.gvc, payment.reference, payment.storno)
        assert detail.end_to_end_id == payment.end_to_end_id
        assert detail.mandate_id == payment.mandate_id
        assert compact(detail.counterparty.name) == compact(payment.name)
        written = 14 * 27 - len(wrap(f"EREF+{payment.end_to_end_id}", 27)) * 27
        if len(payment.text) + 5 + 27 * 4 < written:
            assert compact(detail.remittance) == compact(payment.text)
