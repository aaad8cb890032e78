"""Pages of one statement that came in one file become the statement again, if their balances chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipelines.model.statement import BalanceKind, Statement

_Key = tuple[str, str, str, str]


def merge_pages(statements: Sequence[Statement]) -> list[Statement]:
    """Statements with the pages joined: opening → interim … interim → closing, each page starting with the balance
    the one before ended with. Pages that do not chain stay as they are; their own balances still prove each.
    """
    groups: dict[_Key, list[Statement]] = {}
    for statement in statements:
        if statement.page and statement.number:
            key = (statement.account, statement.currency, statement.number, statement.format)
            groups.setdefault(key, []).append(statement)
    merged: dict[int, Statement] = {}
    dropped: set[int] = set()
    for group in groups.values():
        for chain in _chains(group):
            if len(chain) > 1:
                merged[id(chain[0])] = _joined(chain)
                dropped.update(id(page) for page in chain[1:])
    return [merged.get(id(statement), statement) for statement in statements if id(statement) not in dropped]


def _page(statement: Statement) -> int:
    return int(statement.page) if statement.page.isascii() and statement.page.isdigit() else 0


def _chains(group: list[Statement]) -> list[list[Statement]]:
    chains: list[list[Statement]] = []
    for statement in sorted(group, key=_page):
        last = chains[-1][-1] if chains else None
        if last is not None and _continues(last, statement):
            chains[-1].append(statement)
        else:
            chains.append([statement])
    return chains


def _continues(last: Statement, following: Statement) -> bool:
    if last.closing is None or following.opening is None or _page(following) != _page(last) + 1:
        return False
    return (
        last.closing.kind is BalanceKind.INTERIM_CLOSING
        and following.opening.kind is BalanceKind.INTERIM_OPENING
        and last.closing.amount == following.opening.amount
    )


def _joined(chain: list[Statement]) -> Statement:
    first, last = chain[0], chain[-1]
    days = [day for page in chain for day in (page.from_day, page.to_day) if day is not None]
    return replace(
        first,
        closing=last.closing,
        entries=tuple(entry for page in chain for entry in page.entries),
        balances=tuple(balance for page in chain for balance in page.balances),
        defects=tuple(defect for page in chain for defect in page.defects),
        from_day=min(days, default=None),
        to_day=max(days, default=None),
    )
