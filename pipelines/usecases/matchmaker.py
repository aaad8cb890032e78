"""Makes matchers: of the books for a match run and its parts, and under other policies for those who replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from pipelines.match import Matcher, Observe, Spread
from pipelines.plan import SettlementsOf
from pipelines.policy import Policy
from pipelines.ports.kept import TableStore
from pipelines.ports.matcher import Strategy
from pipelines.ports.work import Books
from pipelines.usecases.match import Basis, MakeMatcher, MatchResult, input_key, match
from pipelines.usecases.match_parts import PartJudge

LoadStrategies = Callable[[Sequence[str]], Sequence[Strategy]]


class Matchmaker:
    """processes: how many judge a large batch together (0: one a processor). tables: where look-up tables of these
    books are kept between runs, None for nowhere."""

    def __init__(
        self, books: Books, policy: Policy, load: LoadStrategies, processes: int, tables: TableStore | None
    ) -> None:
        self._books = books
        self._policy = policy
        self._load = load
        self._processes = processes
        self._tables = tables

    def match(
        self, settlements_of: Callable[[str], SettlementsOf], as_of: date, spread: Spread | None = None
    ) -> MatchResult:
        """The match run. spread: judges large batches elsewhere."""
        made: list[Matcher] = []
        result = match(self._books, self._own(made, spread), settlements_of, self._policy, as_of)
        for matcher in made:
            matcher.keep()
        return result

    def match_key(self) -> str:
        """What a match run now would begin with: facts and policy, as one key."""
        with self._books.read() as work:
            return input_key(work, self._policy)

    def part_judge(self, as_of: date) -> PartJudge:
        """Judges parts of the match run of this day, for a worker."""
        return PartJudge(self._books, self._own([]), self._policy, as_of)

    def _own(self, made: list[Matcher], spread: Spread | None = None) -> MakeMatcher:
        """Makes matchers of the books themselves, which may keep their tables; ``made`` takes them."""
        strategies = self._load(self._policy.strategies)

        def make(basis: Basis) -> Matcher:
            matcher = Matcher(
                basis.items, basis.collections, basis.known_payers, self._policy, basis.debtors,
                strategies=strategies, record=basis.record, learned=basis.learned,
                processes=self._processes, tables=self._tables, spread=spread,
            )  # fmt: skip
            made.append(matcher)
            return matcher

        return make

    def of(self, policy: Policy, observe: Observe | None = None) -> MakeMatcher:
        """Makes matchers under any policy, of any books. observe: called with every judged receipt."""
        strategies = self._load(policy.strategies)

        def make(basis: Basis) -> Matcher:
            return Matcher(
                basis.items, basis.collections, basis.known_payers, policy, basis.debtors,
                strategies=strategies, record=basis.record, learned=basis.learned, observe=observe,
            )  # fmt: skip

        return make
