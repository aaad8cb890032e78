"""Seven companies whose numbers have nothing in common."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

ALPHABET = "23456789ABCDEFGHJKLMNPQRTUVWXYZ"
Amounts = Callable[[random.Random], int]


@dataclass(frozen=True)
class Company:
    """One way of numbering and invoicing.

    ``number(index, issued, customer, sequence, rng)`` gives an invoice number; ``customer(index)`` a debtor number.
    """

    key: str
    number: Callable[[int, date, str, int, random.Random], str]
    customer: Callable[[int], str]
    amount: Amounts
    firms: float  # share of firms among the debtors
    per_debtor: float  # open items per debtor, on average
    discount: float  # share of invoices with cash discount terms
    debits: float  # share of debtors paying by direct debit
    credit_prefix: str | None  # None: credit notes share the invoices' series
    camt: str  # version of camt.053


def trade(rng: random.Random) -> int:
    return max(990, round(100 * math.exp(rng.gauss(6.0, 1.1))))


def shop(rng: random.Random) -> int:
    return sum(rng.choice([990, 1290, 1495, 1999, 2490, 3900, 4995, 7900]) for _ in range(rng.randint(1, 4))) + 495


def tariff(rng: random.Random) -> int:
    return rng.choice([999, 1499, 1999, 1999, 2499, 2999, 2999, 2999, 3999, 4999]) + rng.choice(
        [0, 0, 0, 0, 99, 250, rng.randrange(900)]
    )


def instalment(rng: random.Random) -> int:
    return rng.choice([rng.randrange(40, 260) * 100, rng.randrange(4000, 40000)])


def craft(rng: random.Random) -> int:
    return max(4500, round(100 * math.exp(rng.gauss(5.8, 0.9))))


def _plain(index: int, issued: date, customer: str, sequence: int, rng: random.Random) -> str:
    return str(104000 + index)


def _classic(index: int, issued: date, customer: str, sequence: int, rng: random.Random) -> str:
    return f"RE-{issued.year}-{index + 37:06d}"


def _checked(index: int, issued: date, customer: str, sequence: int, rng: random.Random) -> str:
    body = "".join(rng.choice(ALPHABET) for _ in range(6))
    check = sum((place + 2) * ALPHABET.index(sign) for place, sign in enumerate(body)) % 31
    return f"{body[:3]}{body[3:]}{ALPHABET[check]}"


def _quarter(index: int, issued: date, customer: str, sequence: int, rng: random.Random) -> str:
    return f"{issued.year % 100}Q{(issued.month + 2) // 3}/{index + 1201:05d}"


def _customer(index: int, issued: date, customer: str, sequence: int, rng: random.Random) -> str:
    return f"{customer}-{sequence:03d}"


def _short(index: int, issued: date, customer: str, sequence: int, rng: random.Random) -> str:
    return str(7200 + index)


def _dated(index: int, issued: date, customer: str, sequence: int, rng: random.Random) -> str:
    return f"{issued:%Y%m%d}{index % 997:03d}"


COMPANIES = {
    company.key: company
    for company in (
        Company("plain", _plain, lambda i: str(20011 + 3 * i), trade, 0.9, 4.0, 0.45, 0.1, None, "08"),
        Company("classic", _classic, lambda i: f"K-{10001 + i}", shop, 0.15, 1.5, 0.0, 0.15, "GS", "02"),
        Company("checked", _checked, lambda i: f"{700300000 + 97 * i}", instalment, 0.25, 2.5, 0.0, 0.4, "GU", "08"),
        Company("quarter", _quarter, lambda i: f"V{3001 + i}.{i % 7}", trade, 0.75, 3.0, 0.3, 0.2, "G", "08"),
        Company("customer", _customer, lambda i: f"{318200 + 7 * i}", tariff, 0.2, 2.5, 0.0, 0.45, "C", "02"),
        Company("short", _short, lambda i: f"{1001 + i}", craft, 0.4, 1.6, 0.15, 0.05, None, "02"),
        Company("dated", _dated, lambda i: f"D{50100 + i}", craft, 0.5, 2.2, 0.2, 0.15, "S", "08"),
    )
}


def issue_date(rng: random.Random, place: float) -> date:
    """Dates grow with the number: from July to the end of September 2026."""
    return date(2026, 7, 1) + timedelta(days=int(place * 90))
