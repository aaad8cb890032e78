"""Whether the documents of one fetch hang together by their balances, and with the balance of the moment: a page that
was lost leaves a hole, or an end that the bank's own balance contradicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from pipelines.errors import UnreadableDocument
from pipelines.model.statement import Coverage, Document, Statement
from sources.camt import READER as CAMT
from sources.fints_balance import READER as BALANCE
from sources.mt940 import READER as MT940


class Link(NamedTuple):
    """has_hole: the statements, put end to end, begin anew more than once. ends: the balances, in minor units, that no
    statement goes on from; empty where that cannot be told."""

    has_hole: bool
    ends: frozenset[int]


_UNKNOWN = Link(False, frozenset())


def linked(documents: Sequence[bytes]) -> Link:
    """How documents hang together, in whatever order they came.

    Documents without balances tell nothing, and broken ones are the reader's affair: both count as fine.
    """
    openings: Counter[int] = Counter()
    closings: Counter[int] = Counter()
    for content in documents:
        reader = CAMT if content.lstrip().startswith(b"<") else MT940
        try:
            statements = list(reader.read(Document("", content, "")))
        except UnreadableDocument:
            return _UNKNOWN
        for statement in statements:
            if statement.opening is None or statement.closing is None or statement.coverage is not Coverage.COMPLETE:
                return _UNKNOWN
            openings[statement.opening.amount.minor] += 1
            closings[statement.closing.amount.minor] += 1
    return Link(sum((openings - closings).values()) > 1, frozenset(closings - openings))


def has_hole(documents: Sequence[bytes]) -> bool:
    """See Link."""
    return linked(documents).has_hole


def stated_balance(raw: bytes) -> Statement | None:
    """The balance of a HISAL segment; None where there is none that can be read."""
    if not raw:
        return None
    try:
        (statement,) = BALANCE.read(Document("", raw, ""))
    except UnreadableDocument:
        return None
    return statement
