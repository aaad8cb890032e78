"""JSON as bank data needs it: decimals stay decimals, NaN and Infinity are refused, nothing is guessed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from pipelines.amounts import AmountError, parse_amount

_LONGEST_NUMBER = 40
_DEEPEST_EXPONENT = 20


class BadJson(ValueError):
    """Not JSON, or JSON that no honest server sends. The message holds nothing of the content."""


def loads(content: bytes | str) -> Any:
    """Parsed JSON with Decimal for every fraction. Raises BadJson."""
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        return json.loads(text, parse_float=_decimal, parse_int=_whole, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        raise BadJson(str(problem) if isinstance(problem, BadJson) else "not JSON, or cut off") from None


def _decimal(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= _LONGEST_NUMBER else None
    if number is None or not number.is_finite() or abs(number.adjusted()) > _DEEPEST_EXPONENT:
        raise BadJson("a number beyond all amounts")
    return number


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise BadJson("a number beyond all amounts")
    return int(text)


def _refuse(_name: str) -> NoReturn:
    raise BadJson("NaN or Infinity instead of a number")


def dumps(value: Any) -> str:
    """JSON text; decimals become texts with all their digits."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_as_text)


def _as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} does not belong into JSON")


def minor_units(value: object, currency: str) -> int:
    """Minor units of a JSON number, or of a text that ``dumps`` wrote. Raises AmountError for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise AmountError("an amount is missing or is no number")
    return parse_amount(f"{value:f}" if isinstance(value, Decimal) else str(value), currency)
