"""All pages of an account or nothing: finAPI's lists shift while it imports, repeat and drop rows.

A list counts as whole when every page says the same total, every id is there once and in order, and the sums finAPI
states over all pages are the sums of its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sources.finapi_api import FinapiApi
from sources.http_client import Answer

PER_PAGE: Final = 500
_MOST_PAGES: Final = 2_000
_CENT: Final = Decimal("0.01")


class PagesDiffer(Exception):
    """The pages do not make one list. code: dashed detail."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, repr=False)
class Pages:
    """A whole list. raw: finAPI's answers as they came; rows: how many."""

    raw: tuple[bytes, ...]
    rows: int


def transactions(api: FinapiApi, account_id: int, first: date | None) -> Pages:
    """Every transaction of an account from a booking day on. Raises PagesDiffer.

    There is no last day: the balance counts everything finAPI knows, bookings of coming days too.
    """
    params: dict[str, Any] = {"view": "bankView", "accountIds": account_id, "order": "id,asc"}
    if first is not None:
        params["minBankBookingDate"] = first.isoformat()
    return _all(api, "/api/v2/transactions", "transactions", params, account_id, summed=True)


def pending(api: FinapiApi, account_id: int) -> Pages:
    """Every pending transaction of an account. Raises PagesDiffer."""
    params = {"accountIds": account_id, "order": "id,asc"}
    return _all(api, "/api/v2/pendingTransactions", "pendingTransactions", params, account_id, summed=False)


def _all(api: FinapiApi, path: str, name: str, params: Mapping[str, Any], account_id: int, *, summed: bool) -> Pages:
    raw: list[bytes] = []
    last_id, count = -1, 0
    income = spending = Decimal(0)
    told: tuple[Any, ...] | None = None
    page, pages = 1, 1
    while page <= pages:
        answer = api.get(path, {**params, "page": page, "perPage": PER_PAGE})
        body = _object(answer)
        rows, paging = body.get(name), body.get("paging")
        if not isinstance(rows, list) or not isinstance(paging, dict):
            raise PagesDiffer("page-without-rows")
        total, pages = paging.get("totalCount"), _whole(paging.get("pageCount"))
        totals = (total, pages, body.get("income"), body.get("spending")) if summed else (total, pages)
        if told is not None and totals != told:
            raise PagesDiffer("list-changed")
        told = totals
        if paging.get("page") != page or pages > _MOST_PAGES:
            raise PagesDiffer("wrong-page")
        for row in rows:
            key = row.get("id") if isinstance(row, dict) else None
            if isinstance(key, bool) or not isinstance(key, int):
                raise PagesDiffer("row-without-id")
            if key <= last_id:
                raise PagesDiffer("row-repeated")
            if row.get("accountId") != account_id:
                raise PagesDiffer("other-account")
            last_id = key
            amount = _amount(row.get("amount"))
            income, spending = income + max(amount, Decimal(0)), spending + min(amount, Decimal(0))
        count += len(rows)
        raw.append(answer.raw)
        page += 1
    if told is None or told[0] != count:
        raise PagesDiffer("rows-missing")
    if summed and not (_same(told[2], income) and _same(told[3], spending)):
        raise PagesDiffer("sums-differ")
    return Pages(tuple(raw), count)


def _object(answer: Answer) -> Mapping[str, Any]:
    if not isinstance(answer.body, dict):
        raise PagesDiffer("page-without-rows")
    return answer.body


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise PagesDiffer("page-without-count")
    return max(1, value)


def _amount(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PagesDiffer("row-without-amount")
    return Decimal(value)


def _same(stated: object, summed: Decimal) -> bool:
    """Whether a stated sum is the sum; finAPI adds floats, so it may be off behind the cent. None: not stated."""
    if stated is None:
        return True
    if isinstance(stated, bool) or not isinstance(stated, int | Decimal):
        return False
    return abs(abs(Decimal(stated)) - abs(summed)) < _CENT
