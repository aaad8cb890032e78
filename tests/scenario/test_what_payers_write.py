"""A table of what payers really type (``what_payers_write.txt``) against one small ledger of several number series."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from pipelines.match import Matcher
from pipelines.model.proposal import Disposition, Proposal
from tests.matching_ledger import DAY, MUELLER, SCHMIDT, STRANGER, crowd, item, matcher, receipts

TABLE = Path(__file__).with_name("what_payers_write.txt")

ACCOUNTS = {
    "M": MUELLER,
    "S": SCHMIDT,
    "W": "DE89370400440532013000",
    "K": "DE91100000000123456789",
    "O": "DE27100777770209299700",
}
NAMES = {
    "M": ("10001", "Müller Maschinenbau GmbH"),
    "S": ("10002", "Petra Schmidt"),
    "L": ("10003", "Lindenhofer Optik KG"),
    "W": ("10004", "Weiß & Söhne Bäckerei OHG"),
    "K": ("10005", "Jürgen Köhler"),
    "O": ("10006", "Özlem Yıldız"),
    "J": ("10007", "Autohaus Jena OHG"),
}


def _owed(payer: str, number: str, amount: int, **more: object) -> dict[str, object]:
    debtor, name = NAMES[payer]
    return item(number, amount, debtor, debtor_name=name, debtor_ibans=ACCOUNTS.get(payer, ""), **more)


def _others(number: str, place: int) -> dict[str, object]:
    """Other customers' items, so that the series of a number has a shape."""
    return item(number, 7100 + 613 * place, f"{40000 + place}", debtor_name=f"Betrieb Süd{place} Handwerk")


LEDGER = [
    *crowd(),
    _owed("M", "RE-2026-00123", 128317),
    _owed("M", "RE-2026-01001", 11111),
    _owed("M", "RE-2026-01002", 22222),
    _owed("M", "RE-2026-01003", 34567),
    _owed("M", "RE-2026-01009", -5000),
    _owed("M", "RE-2026-02000", 96500, cash_discount_basis_points=200, cash_discount_until=date(2026, 11, 14)),
    _owed("M", "RE-2026-00099", 64000, open_minor=0),
    _owed("M", "RE-2026-00098", 64000, status="cancelled"),
    _owed("S", "RE-2026-00777", 4950),
    _owed("L", "20264471", 88112),
    _owed("W", "AR100245", 51234, order_number="B778812"),
    _owed("K", "INV/2026/10/00045", 7321, creditor_reference="RF18539007547034", contract_id="V4455"),
    _owed("O", "26K00417B", 26840),
    _owed("J", "310245", 190400),
    *(_others(f"AR{100300 + place}", place) for place in range(40)),
    *(_others(f"INV/2026/10/{100 + place:05d}", 50 + place) for place in range(40)),
    *(_others(f"26K{500 + place:05d}B", 100 + place) for place in range(40)),
    *(_others(f"{310300 + place}", 150 + place) for place in range(40)),
    *(_others(f"2026{5000 + place}", 200 + place) for place in range(40)),
]


class Line(NamedTuple):
    """One line of the table."""

    payer: str
    amount: int
    text: str
    sign: str
    numbers: tuple[str, ...]


def _read() -> list[Line]:
    lines = []
    for row in TABLE.read_text(encoding="utf-8").splitlines():
        if row and not row.startswith("#"):
            payer, amount, text, outcome = (cell.strip() for cell in row.split("|"))
            sign, *numbers = outcome.split()
            written = text.replace("␣", " ").replace("↵", "\n")
            lines.append(Line(payer, int(amount.replace(".", "")), written, sign, tuple(numbers)))
    return lines


LINES = _read()


@pytest.fixture(scope="module")
def plans() -> dict[int, list[Proposal]]:
    """Every line planned by itself against the same ledger; nothing is posted in between."""
    one: Matcher = matcher(LEDGER)
    return {place: one.plan(receipts(_payment(line))) for place, line in enumerate(LINES)}


def _payment(line: Line) -> dict[str, object]:
    known = line.payer[0] if line.payer in NAMES or line.payer.endswith("?") else ""
    name = NAMES[known][1] if known else line.payer.removeprefix("x ")
    account = STRANGER if not known or line.payer.endswith("?") else ACCOUNTS.get(known, STRANGER)
    return {
        "transaction_id": "t-1", "booking_date": DAY, "amount_minor": line.amount, "currency": "EUR", "kind": "receipt",
        "counterparty_name": name, "counterparty_iban": account, "remittance": line.text,
    }  # fmt: skip


def _named(proposal: Proposal) -> set[str]:
    return {line.invoice_number for line in proposal.lines if line.invoice_number}


def test_the_table_is_long_enough() -> None:
    assert len(LINES) >= 120
    assert len({(line.payer, line.amount, line.text) for line in LINES}) == len(LINES)


@pytest.mark.parametrize(
    "place", range(len(LINES)), ids=[f"{line.payer}-{line.amount}-{line.text[:40]}" for line in LINES]
)
def test_what_payers_write(plans: dict[int, list[Proposal]], place: int) -> None:
    line, found = LINES[place], plans[place]
    first, wanted = found[0], set(line.numbers)
    if line.sign == "?":
        assert first.disposition is Disposition.REVIEW, (first.reason, first.lines, first.pattern)
        assert not wanted or any(_named(one) == wanted for one in found), [_named(one) for one in found]
        return
    assert first.disposition is Disposition.AUTO, (first.reason, first.lines, first.pattern)
    assert _named(first) == wanted
    opened = {row["invoice_number"]: row["open_minor"] for row in LEDGER}
    settled = {
        number: sum(one.amount_minor for one in first.lines if one.invoice_number == number) for number in wanted
    }
    if line.sign == "=":
        assert settled == {number: opened[number] for number in wanted}
    else:
        assert sum(settled.values()) == line.amount < sum(opened[number] for number in wanted)  # type: ignore[type-var, arg-type]
