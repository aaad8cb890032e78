"""The matching step: receipts and open items become proposals. Pure: no database, no clock, no files.

The caller builds a ``Matcher`` once, plans one batch after the other (a day, then its returns, then the next day) and
tells it with ``settle`` and ``reopen`` what posted in between. The result does not depend on the order of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import pandas as pd

from pipelines.by_example import Examples
from pipelines.decide import Decision, decide
from pipelines.errors import ConfigurationError
from pipelines.frames import COLLECTIONS, KNOWN_PAYERS, RECEIPTS, conform, empty
from pipelines.learning.earned import Earned, Record
from pipelines.learning.patterns import pattern_of
from pipelines.learning.payers import Learned
from pipelines.learning.reasons import text
from pipelines.learning.risk import within_budget
from pipelines.matching.amounts import Line
from pipelines.matching.assign import Choice, alone, assign, wanted_by
from pipelines.matching.batch import Batch
from pipelines.matching.clear import ClearCases
from pipelines.matching.columns import days
from pipelines.matching.evidence import Weigher
from pipelines.matching.explain import Explainer, Explanation, Judgement
from pipelines.matching.fields import Memory
from pipelines.matching.items import ItemIndex
from pipelines.matching.partition import Part, join
from pipelines.matching.processes import in_processes, pieces, useful
from pipelines.model.collector import paused
from pipelines.model.construct import maker
from pipelines.model.proposal import AllocationKind, Disposition, Evidence, Proposal, ProposedLine
from pipelines.policy import Policy
from pipelines.ports.kept import TableStore
from pipelines.ports.matcher import RowStrategy, Strategy

_RANKS = 3
_make_proposal, _make_line = maker(Proposal), maker(ProposedLine)

# Called with every receipt of a batch as it was judged, chosen and decided.
Observe = Callable[[Batch, Judgement, Choice, Decision], object]


# Judges a conforming RECEIPTS frame in order in parts elsewhere, given what is open now of the items that moved; None
# where it is not worth it.
Spread = Callable[[pd.DataFrame, Mapping[str, int]], list[Part] | None]


class Matcher:
    """Plans batches of receipts against one index of items.

    items, collections, known_payers, debtors: frames as laid down in ``pipelines.frames``; settled and cancelled items
    belong into ``items``. strategies: the objects of the policy's ``strategies``, in any order; a name without an
    object raises ConfigurationError. record: what the books confirmed so far about evidence patterns. learned: what
    they taught about payers. observe: called with every judged receipt, for those who measure. processes: how many
    judge a large batch together (0: as many as there are processors); the result is the same. tables:
    where look-up tables are kept between runs.
    """

    def __init__(
        self,
        items: pd.DataFrame,
        collections: pd.DataFrame | None,
        known_payers: pd.DataFrame | None,
        policy: Policy,
        debtors: pd.DataFrame | None = None,
        *,
        strategies: Sequence[Strategy],
        record: Record | None = None,
        learned: Learned | None = None,
        observe: Observe | None = None,
        processes: int = 1,
        tables: TableStore | None = None,
        spread: Spread | None = None,
    ) -> None:
        by_name = {strategy.name: strategy for strategy in strategies}
        missing = [name for name in policy.strategies if name not in by_name]
        if missing:
            raise ConfigurationError(f"policy: no matching strategy named {', '.join(missing)}")
        self._strategies = [by_name[name] for name in policy.strategies]
        self._policy = policy
        self._earned = Earned(policy, record)
        self._observe = observe
        self._processes = processes
        self._spread = spread
        # What is open now of items whose amount a plan has moved.
        self._moved: dict[str, int] = {}
        self._learned = learned
        self._memory = Memory()
        self._items = ItemIndex(
            items,
            collections if collections is not None else empty(COLLECTIONS),
            known_payers if known_payers is not None else empty(KNOWN_PAYERS),
            debtors,
            tables,
        )

    def keep(self) -> None:
        """Keep the look-up tables for the next run, where they were given a place (``tables``)."""
        self._items.keep()

    @property
    def policy(self) -> Policy:
        """The policy proposals are made under."""
        return self._policy

    def plan(self, receipts: pd.DataFrame) -> list[Proposal]:
        """Up to three ranked proposals for each receipt, receipts in order of booking date and id.

        Every receipt gets at least rank 1; its ``lines`` are empty when nothing can be proposed. All receipts of one
        call share the open amounts: what several of them claim goes to the best claim, or to a person.
        """
        with paused():
            return self._plan(receipts)

    def _plan(self, receipts: pd.DataFrame) -> list[Proposal]:
        frame = conform(receipts, RECEIPTS, "receipts")
        frame = frame.sort_values(["booking_date", "transaction_id"], kind="stable", ignore_index=True)
        if frame.empty:
            return []
        ranked = self._ranked(frame)
        result = list(chain.from_iterable(ranked))
        if not self._policy.automation.risk_minor:
            return result
        ids, booked = frame["transaction_id"].tolist(), days(frame["booking_date"]).tolist()
        facts = dict(zip(ids, zip(booked, frame["amount_minor"].tolist(), strict=True), strict=True))
        return within_budget(result, facts, self._policy, self._earned)

    def _ranked(self, frame: pd.DataFrame) -> list[list[Proposal]]:
        """Proposals per receipt, judged here, in several processes or elsewhere."""
        parts = self._spread(frame, self._moved) if self._spread is not None else None
        if parts is not None:
            return self.joined(frame, parts)
        if self._observe is not None:
            # Who observes wants to see every receipt once, in this process.
            return self.part(frame).proposals
        processes = useful(len(frame), self._processes)
        cuts = pieces(len(frame), processes)
        if processes > 1:
            self._items.build(processes)
        parts = in_processes(lambda place: self.part(frame.iloc[slice(*cuts[place])]), len(cuts), processes)
        return self.joined(frame, parts)

    def joined(self, frame: pd.DataFrame, parts: Sequence[Part]) -> list[list[Proposal]]:
        """Proposals per receipt of a RECEIPTS frame in order, from the parts it was cut into (``partition.bounds``)."""

        def together(positions: list[int]) -> list[list[Proposal]]:
            return self.part(frame.iloc[positions]).proposals

        return join(parts, self.open_minor, together)

    def part(self, frame: pd.DataFrame) -> Part:
        """Judges and assigns a conforming frame of receipts in order, as if there were no others."""
        frame = frame.reset_index(drop=True)
        batch = Batch(self._items, frame, self._policy, self._learned)
        self._memory.trim()
        for strategy in self._strategies:
            if isinstance(strategy, RowStrategy):
                batch.add(strategy.name, strategy.rows(batch, frame))
            else:
                batch.add(strategy.name, strategy.candidates(batch, frame))
        batch.prime_names()
        weigher = Weigher(batch, self._memory)
        explainer = Explainer(batch, weigher)
        numbers = self._items.numbers
        decisions: dict[int, Decision] = {}
        claims: list[dict[str, int]] = [{} for _ in range(batch.count)]

        def may_post(judgement: Judgement, choice: Choice) -> bool:
            decision = decide(self._policy, self._earned, batch, judgement, choice)
            decisions[judgement.receipt] = decision
            posts = decision.disposition is Disposition.AUTO
            wanted = wanted_by(choice.explanation) if posts else {}
            claims[judgement.receipt] = {numbers[row]: amount for row, amount in wanted.items()}
            return posts

        def in_full(receipt: int) -> Decision:
            judgement = explainer.judge(receipt)
            return decide(self._policy, self._earned, batch, judgement, alone(judgement))

        prior = weigher.prior()
        judgements: dict[int, Judgement] = {}
        # Who observes wants to see every receipt judged.
        examples = (
            Examples(self._policy, batch, weigher, ClearCases(batch, weigher, explainer), in_full, self._memory)
            if self._observe is None
            else None
        )
        for receipt in range(batch.count):
            if examples is None or not examples.takes(receipt):
                judgements[receipt] = explainer.judge(receipt)
        clear = examples.claims() if examples is not None else {}
        choices = assign(batch, judgements, clear, explainer.judge, self._policy, may_post)
        result: list[list[Proposal]] = []
        for receipt in range(batch.count):
            if examples is not None and receipt not in judgements:
                result.append([proposal := examples.proposal(receipt)])
                if proposal.disposition is Disposition.AUTO:
                    claims[receipt] = {line.invoice_number: line.amount_minor for line in proposal.lines}
                continue
            judgement, choice, decision = judgements[receipt], choices[receipt], decisions[receipt]
            if choice.contested:
                # Only who was in a contest has to be decided again.
                decision = decide(self._policy, self._earned, batch, judgement, choice)
            if self._observe is not None:
                self._observe(batch, judgement, choice, decision)
            result.append(self._proposals(batch, judgement, choice, decision, prior))
        return Part(result, claims)

    def settle(self, invoice_number: str, amount_minor: int) -> None:
        """An allocation of ``amount_minor`` (signed like the item) posted: that much less is open.

        Unknown numbers are ignored: the caller may settle items that are not loaded.
        """
        row = self._items.row_of(invoice_number)
        if row >= 0 and not self._items.cancelled[row]:
            self._items.move(row, self._items.open_at[row] - amount_minor)
            self._moved[invoice_number] = self._items.open_at[row]

    def reopen(self, invoice_number: str, amount_minor: int) -> None:
        """A return took ``amount_minor`` back: that much more is open again."""
        self.settle(invoice_number, -amount_minor)

    def set_open(self, open_minor: Mapping[str, int]) -> None:
        """What is open now of these items, as another matcher of the same books has moved them."""
        for number, amount in open_minor.items():
            if self._moved.get(number) != amount:
                self.settle(number, (self.open_minor(number) or 0) - amount)

    def open_minor(self, invoice_number: str) -> int | None:
        """What is open of an item now; None if it is not loaded."""
        row = self._items.row_of(invoice_number)
        return self._items.open_at[row] if row >= 0 else None

    # --- proposals -----------------------------------------------------------------------------------------------

    def _proposals(
        self, batch: Batch, judgement: Judgement, choice: Choice, decision: Decision, prior: Evidence
    ) -> list[Proposal]:
        transaction_id = batch.text("transaction_id")[judgement.receipt]
        amount = batch.amounts[judgement.receipt]
        ranked = list(zip(judgement.explanations, judgement.probabilities(), strict=True))
        if choice.explanation is not None:
            ranked = [(one, share) for one, share in ranked if one is not choice.explanation]
            ranked.insert(0, (choice.explanation, choice.probability))
        elif choice.claimed and ranked:
            ranked = [(self._on_account(ranked[0][0], amount), ranked[0][1]), *ranked[1:]]
        if not ranked:
            return [
                Proposal(
                    transaction_id, 1, (), 1.0, decision.disposition, decision.reason, decision.message, "none", (),
                    amount, self._policy.hash,
                )
            ]  # fmt: skip
        ranked = ranked[:_RANKS]
        # Not all combinations were tried: how much better another one might be is said, and a person decides.
        gap = [Evidence("assignment", "gap", round(-choice.gap, 2))] if choice.bounded else []
        patterns = [pattern_of(one.evidence, one.closed) for one, _ in ranked[1:]]
        # What was held against the best one bears on how likely it is.
        best = ranked[0][0]
        patterns.insert(0, pattern_of(best.evidence, best.closed) if choice.explanation is None else decision.pattern)
        shares = self._policy.honesty.shares([share for _, share in ranked], patterns)
        result = []
        for rank, ((one, _), share, pattern) in enumerate(zip(ranked, shares, patterns, strict=True), 1):
            lines = tuple([self._line(line.row, line.amount, line.cash, one, line.kind) for line in one.lines])
            result.append(
                _make_proposal(
                    transaction_id,
                    rank,
                    lines,
                    share,
                    decision.disposition if rank == 1 else Disposition.REVIEW,
                    decision.reason if rank == 1 else "alternative",
                    decision.message if rank == 1 else text("alternative"),
                    pattern,
                    (prior, *one.evidence, *gap) if rank == 1 else (prior, *one.evidence),
                    amount - sum([line.cash for line in one.lines]),
                    self._policy.hash,
                )
            )
        return result

    def _line(self, row: int, amount: int, cash: int, one: Explanation, kind: AllocationKind) -> ProposedLine:
        items = self._items
        debtor = items.debtor_numbers[items.debtor_at[row] if row >= 0 else one.debtor]
        return _make_line(items.numbers[row] if row >= 0 else "", debtor, amount, cash, kind)

    @staticmethod
    def _on_account(one: Explanation, amount: int) -> Explanation:
        return replace(one, lines=(Line(-1, amount, amount, AllocationKind.ON_ACCOUNT),), closed="duplicate")
