"""Whether the documents of one fetch hang together by their balances: a page that was lost leaves a hole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipelines.errors import UnreadableDocument
from pipelines.model.statement import Coverage, Document
from sources.camt import READER as CAMT
from sources.mt940 import READER as MT940


def has_hole(documents: Sequence[bytes]) -> bool:
    """Whether the statements, put end to end, begin anew more than once.

    Documents without balances tell nothing about holes, and broken ones are the reader's affair: both count as fine.
    """
    openings: Counter[int] = Counter()
    closings: Counter[int] = Counter()
    for content in documents:
        reader = CAMT if content.lstrip().startswith(b"<") else MT940
        try:
            statements = list(reader.read(Document("", content, "")))
        except UnreadableDocument:
            return False
        for statement in statements:
            if statement.opening is None or statement.closing is None or statement.coverage is not Coverage.COMPLETE:
                return False
            openings[statement.opening.amount.minor] += 1
            closings[statement.closing.amount.minor] += 1
    return sum((openings - closings).values()) > 1
