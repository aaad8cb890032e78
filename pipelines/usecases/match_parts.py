"""A match run whose receipts are judged elsewhere: what a worker does with its part, from the same books.

The run itself stays where it is: it cuts the day into cohorts, hands out parts, puts them together and stores the plan.
A worker reads the books for itself, so only transaction ids and the open amounts that the plan moved go out, and only
proposals and claims come back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import pandas as pd

from pipelines.errors import KontoklarError
from pipelines.frames import RECEIPTS, conform
from pipelines.match import Spread
from pipelines.matching.partition import Part, bounds, pack, unpack
from pipelines.policy import Policy
from pipelines.ports.work import Books
from pipelines.usecases.match import MakeMatcher, basis, input_key

Submit = Callable[[int, list[str], dict[str, int]], "Waiting"]


class Waiting(Protocol):
    """What a worker will answer."""

    def result(self) -> Any: ...


def spread_over(submit: Submit, parts: int, least: int) -> Spread:
    """Cuts a batch of at least so many receipts into ``parts`` and has them judged by whoever ``submit`` asks.

    submit: (place of the part, transaction ids, open amounts that moved) → what will be the packed part.
    """

    def spread(frame: pd.DataFrame, moved: Mapping[str, int]) -> list[Part] | None:
        if len(frame) < least:
            return None
        ids = frame["transaction_id"].tolist()
        waiting = [
            submit(place, ids[start:end], dict(moved)) for place, (start, end) in enumerate(bounds(len(ids), parts))
        ]
        return [unpack(one.result()) for one in waiting]

    return spread


class BooksMoved(KontoklarError):
    """What a worker reads is not what the match run began with: its part would not fit the others."""


class PartMatcher(Protocol):
    """A matcher that judges a part (``pipelines.match.Matcher``)."""

    def part(self, frame: pd.DataFrame) -> Part: ...

    def set_open(self, open_minor: Mapping[str, int]) -> None: ...


class PartJudge:
    """Judges one part after the other of the same match run; the books are read once."""

    def __init__(self, books: Books, make_matcher: MakeMatcher, policy: Policy, as_of: date) -> None:
        with books.read() as work:
            facts = work.match_facts
            self.input_key = input_key(work, policy)
            receipts = conform(facts.receipts(), RECEIPTS, "receipts")
            matcher = make_matcher(basis(work, policy, as_of))
        self._receipts = receipts.set_index("transaction_id", drop=False)
        self._matcher: Any = matcher

    def judge(self, transaction_ids: Sequence[str], moved: Mapping[str, int], input_key: str) -> tuple[Any, ...]:
        """The part of these receipts, packed (``partition.pack``).

        moved: what is open now of the items that the plan moved so far. input_key: of the match run; BooksMoved if
        the books have changed since.
        """
        if input_key != self.input_key:
            raise BooksMoved("the books changed while parts of them were judged elsewhere; run match again")
        matcher: PartMatcher = self._matcher
        matcher.set_open(moved)
        return pack(matcher.part(self._receipts.loc[list(transaction_ids)].reset_index(drop=True)))
