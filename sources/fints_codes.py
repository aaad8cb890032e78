"""What FinTS return codes mean for us (FinTS 3.0, Rückmeldungscodes; classes by the first digit: 0 done, 1 and 3 a
hint, 9 refused). Banks invent codes and texts, so only the known ones have a meaning and their texts are never kept."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from fints.exceptions import FinTSClientError

NO_DATA: Final = "3010"
MORE: Final = "3040"
METHODS_ALLOWED: Final = "3920"
TAN_WANTED: Final = "0030"
APPROVAL_WANTED: Final = "3955"
APPROVAL_PENDING: Final = "3956"
DIALOGUE_ENDED: Final = "9800"
SCA_WANTED: Final = "9075"


class Kind(StrEnum):
    """Why a bank refuses, most serious first. The value is the code operators see."""

    PIN_LOCKED = "pin-locked"
    PIN_WRONG = "pin-wrong"
    TAN_WRONG = "tan-wrong"
    TAN_LATE = "tan-too-late"
    PRODUCT = "product-not-registered"
    SYSTEM = "system-id-unknown"
    TAN_NEEDED = "tan-required"
    ORDER = "order-refused"
    ENDED = "dialogue-ended"


# 3931 and 3938 are hints by their class, but the login is locked all the same.
_MEANING: Final = {
    "3931": Kind.PIN_LOCKED, "3938": Kind.PIN_LOCKED, "9933": Kind.PIN_LOCKED,
    "9340": Kind.PIN_WRONG, "9910": Kind.PIN_WRONG, "9930": Kind.PIN_WRONG, "9931": Kind.PIN_WRONG,
    "9942": Kind.PIN_WRONG,
    "9941": Kind.TAN_WRONG, "9943": Kind.TAN_WRONG, "9951": Kind.TAN_LATE,
    "9078": Kind.PRODUCT, "9391": Kind.SYSTEM, SCA_WANTED: Kind.TAN_NEEDED, DIALOGUE_ENDED: Kind.ENDED,
}  # fmt: skip
# Summaries that stand beside the code that says why.
_SUMMARIES: Final = frozenset({"9050"})
_ORDER: Final = list(Kind)


class Refused(FinTSClientError):  # type: ignore[misc]  # the library is untyped
    """The bank refuses. ended: it has closed the dialogue as well. bank_code: its own four digits."""

    def __init__(self, kind: Kind, bank_code: str, *, ended: bool) -> None:
        super().__init__(f"the bank refuses ({bank_code}, {kind})")
        self.kind = kind
        self.bank_code = bank_code
        self.ended = ended


def refusal(codes: Collection[str]) -> Refused | None:
    """What a set of return codes refuses; None when it refuses nothing."""
    found = [
        (_ORDER.index(_MEANING.get(code, Kind.ORDER)), code)
        for code in codes
        if code in _MEANING or (code.startswith("9") and code not in _SUMMARIES)
    ]
    if not found and _SUMMARIES.isdisjoint(codes):
        return None
    place, code = min(found, default=(_ORDER.index(Kind.ORDER), "9050"))
    return Refused(_ORDER[place], code, ended=DIALOGUE_ENDED in codes)
