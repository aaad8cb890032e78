"""What a CSV profile is: how one bank's export names its columns, and what one of its rows means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipelines.text import fold

_BLANKS = re.compile(r"\s+")


@lru_cache(maxsize=4096)
def column_key(name: str) -> str:
    """A column's name without case, umlauts and outer blanks, so that ``Währung`` and ``Waehrung`` are one."""
    return _BLANKS.sub(" ", fold(name.replace("\ufeff", ""))).strip()


class Row:
    """The cells of one row by the name of their column; "" for a column the file does not have.

    A name that occurs twice (ING has two currencies) means the first; ``second`` the other one.
    """

    __slots__ = ("_cells",)

    def __init__(self, cells: Mapping[str, str]) -> None:
        self._cells = cells

    def __getitem__(self, name: str) -> str:
        return self._cells.get(column_key(name), "")

    def second(self, name: str) -> str:
        """The cell of the second column of that name."""
        return self._cells.get(f"{column_key(name)}\n2", "")

    def first(self, *names: str) -> str:
        """The first of these cells that is not empty."""
        return next((cell for name in names if (cell := self[name])), "")


@dataclass(frozen=True, slots=True)
class Line:
    """What a row says, as texts; "" when it is silent.

    amount: signed, decimal comma unless the profile's file says otherwise. balance: of the account after this booking.
    account, currency: where the row names them itself. pending: not booked yet. collected: reference of a batch.
    original, charges: on returns, of any sign. fee: what was kept back of ``amount`` and belongs to a booking of its
    own (PayPal), signed.
    """

    booking_day: str
    amount: str
    value_day: str = ""
    currency: str = ""
    balance: str = ""
    account: str = ""
    name: str = ""
    iban: str = ""
    bank: str = ""
    text: str = ""
    booking_text: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    creditor_id: str = ""
    customer_reference: str = ""
    collected: str = ""
    bank_reference: str = ""
    ultimate: str = ""
    original: str = ""
    charges: str = ""
    fee: str = ""
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the rows: preamble and footer. Texts "" when they are silent.

    first_day, last_day: the period that was asked for. made_on: the day of the export; nothing later is told.
    closing: balance at the end of ``closing_day``.
    """

    account: str = ""
    currency: str = ""
    first_day: str = ""
    last_day: str = ""
    made_on: str = ""
    closing: str = ""
    closing_day: str = ""


Rows = Sequence[Sequence[str]]


def _nothing(_before: Rows, _after: Rows) -> Frame:
    return Frame()


@dataclass(frozen=True, slots=True)
class Profile:
    """One bank's export.

    name: of the format, ``csv-…``. header: columns that must be there. line: a row's meaning, None for a row that is
    no booking (footers). frame: preamble (rows before the header) and the rows after it. newest_first: only asked when
    dates and balances allow both orders. headless: for files without a header, what every line looks like; then
    ``header`` names the columns by their place. default_account: where the file names none.
    """

    name: str
    header: tuple[str, ...]
    line: Callable[[Row], Line | None]
    frame: Callable[[Rows, Rows], Frame] = _nothing
    delimiter: str = ";"
    newest_first: bool = True
    headless: re.Pattern[str] | None = None
    default_account: str = ""


def labelled(rows: Rows, label: str) -> str:
    """The cell right of a label in a preamble or footer; "" when there is none."""
    wanted = column_key(label)
    for row in rows:
        for place, cell in enumerate(row[:-1]):
            if column_key(cell).rstrip(":") == wanted:
                return row[place + 1].strip()
    return ""
