"""Money as whole minor units of one currency. No float ever touches an amount."""

from __future__ import annotations

from typing import NamedTuple, Self

# ISO 4217 currencies whose minor unit is not 1/100.
_EXPONENTS: dict[str, int] = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


def exponent(currency: str) -> int:
    """Decimals of a currency's minor unit (ISO 4217): EUR 2, JPY 0, KWD 3."""
    return _EXPONENTS.get(currency, 2)


class CurrencyMismatch(ArithmeticError):
    """Two amounts of different currencies met in one sum. Convert or separate them first."""


class Money(NamedTuple):
    """A signed amount: ``minor`` whole minor units (cents for EUR) of an ISO 4217 ``currency``.

    The sign is always seen from the account holder: money in is positive.
    """

    minor: int
    currency: str

    def plus(self, other: Money) -> Self:
        """Sum of two amounts of one currency; raises CurrencyMismatch otherwise."""
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be added")
        return type(self)(self.minor + other.minor, self.currency)

    def minus(self, other: Money) -> Self:
        """Difference of two amounts of one currency; raises CurrencyMismatch otherwise."""
        return self.plus(Money(-other.minor, other.currency))

    def negated(self) -> Self:
        """The same amount in the other direction."""
        return type(self)(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{format_minor(self.minor, self.currency)} {self.currency}"


def format_minor(minor: int, currency: str) -> str:
    """Decimal string with a point and the currency's own decimals: (-1230, "EUR") → "-12.30"."""
    places = exponent(currency)
    if not places:
        return str(minor)
    digits = str(abs(minor)).rjust(places + 1, "0")
    return f"{'-' if minor < 0 else ''}{digits[:-places]}.{digits[-places:]}"
