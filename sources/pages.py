"""Pages of one statement that came in one file become the statement again, if their balances chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from pipelines.model.statement import BalanceKind, Statement

_Key = tuple[str, str, str, str]


def merge_pages(statements: Sequence[Statement]) -> list[Statement]:
    """Statements with the pages joined: opening → interim … interim → closing, each page starting with the balance
    the one before ended with. Pages that do not chain stay as they are; their own balances still prove each.
    """
    groups: dict[_Key, list[Statement]] = {}
    for statement in statements:
        groups.setdefault((statement.account, statement.currency, statement.number, statement.format), []).append(
            statement
        )
    merged: dict[int, Statement] = {}
    dropped: set[int] = set()
    for group in groups.values():
        if len(group) > 1:
            for chain in _chains(group):
                merged[id(chain[0])] = _joined(chain)
                dropped.update(id(page) for page in chain[1:])
    return [merged.get(id(statement), statement) for statement in statements if id(statement) not in dropped]


def _page(statement: Statement) -> int:
    return int(statement.page) if statement.page.isascii() and statement.page.isdigit() else 0


def _chains(group: list[Statement]) -> list[list[Statement]]:
    """Chains of two pages and more. Pages may stand in any order in the file."""
    waiting: dict[tuple[int, date | None], list[Statement]] = {}
    for statement in sorted(group, key=_page, reverse=True):
        opening = statement.opening
        if opening is not None and opening.kind is BalanceKind.INTERIM_OPENING:
            waiting.setdefault((opening.amount.minor, opening.day), []).append(statement)
    chains: list[list[Statement]] = []
    for statement in group:
        if statement.opening is None or statement.opening.kind is not BalanceKind.OPENING:
            continue
        chain = [statement]
        while (closing := chain[-1].closing) is not None and closing.kind is BalanceKind.INTERIM_CLOSING:
            following = waiting.get((closing.amount.minor, closing.day))
            if not following:
                break
            chain.append(following.pop())
        if len(chain) > 1:
            chains.append(chain)
    return chains


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
