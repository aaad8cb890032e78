"""What proposals are worth against the truth: right, wrong, missed, and how honest their probabilities are."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from benchmarks.matching.records import PaymentRecord
from benchmarks.matching.statistics import exact_interval, wilson_interval
from pipelines.model.proposal import Disposition, Proposal

BINS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(slots=True)
class Verdict:
    """Counts over one run, of what is credited to the account; returns are judged by the step that finds them.

    payable: payments with a right answer, i.e. all but noise and traps; a discount nobody agreed or a payment that
    could mean two equal items is one of them. assignable: those of them that somebody who knows only what the matcher
    knows could assign: not ``undecidable``. right/wrong: automatic posts; wrong is a wrong set of invoices, a wrong
    amount on one of them, or a trap posted. reviewed: payable payments left to people, in_top_three of them with the
    right set of invoices among the alternatives. bins: per tenth of stated probability (right, all).
    """

    payments: int = 0
    payable: int = 0
    assignable: int = 0
    right_assignable: int = 0
    right: int = 0
    wrong: int = 0
    reviewed: int = 0
    in_top_three: int = 0
    traps: int = 0
    traps_posted: int = 0
    wrong_list: list[dict[str, object]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    by_case: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    bins: list[list[int]] = field(default_factory=lambda: [[0, 0] for _ in BINS[:-1]])

    @property
    def precision(self) -> float:
        """Right automatic posts of all automatic posts; 1 without any."""
        posted = self.right + self.wrong
        return self.right / posted if posted else 1.0

    @property
    def recall(self) -> float:
        """Right automatic posts of all payments that have a right answer (``payable``)."""
        return self.right / self.payable if self.payable else 0.0

    @property
    def handled(self) -> float:
        """Payments posted right, and traps left alone, of everything that was credited."""
        return (self.right + self.traps - self.traps_posted) / self.payments if self.payments else 0.0

    def add(self, other: Verdict) -> None:
        """Count another run in."""
        for name in (
            "payments", "payable", "assignable", "right_assignable", "right", "wrong", "reviewed", "in_top_three",
            "traps", "traps_posted",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong_list += other.wrong_list
        self.reasons += other.reasons
        for case, counts in other.by_case.items():
            self.by_case[case] += counts
        for own, others in zip(self.bins, other.bins, strict=True):
            own[0] += others[0]
            own[1] += others[1]

    def summary(self) -> dict[str, object]:
        """The figures with their 95 % intervals."""
        posted = self.right + self.wrong
        return {
            "payments": self.payments,
            "payable": self.payable,
            "posted": posted,
            "wrong": self.wrong,
            "precision": self.precision,
            "precision_interval": exact_interval(self.right, posted),
            "precision_wilson": wilson_interval(self.right, posted),
            "recall": self.recall,
            "recall_interval": exact_interval(self.right, self.payable),
            "assignable": self.assignable,
            "recall_of_assignable": self.right_assignable / self.assignable if self.assignable else 0.0,
            "handled": self.handled,
            "coverage_of_all": self.right / self.payments if self.payments else 0.0,
            "traps": self.traps,
            "traps_posted": self.traps_posted,
            "top_three_of_reviewed": self.in_top_three / self.reviewed if self.reviewed else 1.0,
            "reliability": [
                {"from": BINS[at], "right": right, "all": total, "interval": exact_interval(right, total)}
                for at, (right, total) in enumerate(self.bins)
            ],
            "by_kind": {name: dict(counts) for name, counts in sorted(self.by_case.items())},
            "review_reasons": dict(self.reasons.most_common()),
            "wrong_list": self.wrong_list,
        }


def effects(proposal: Proposal) -> dict[str, int]:
    """Invoice number → effect on what is owed."""
    result: dict[str, int] = {}
    for line in proposal.lines:
        if line.invoice_number:
            result[line.invoice_number] = result.get(line.invoice_number, 0) + line.amount_minor
    return result


def kind_of(payment: PaymentRecord) -> str:
    """The kind of payment figures are given for: unusual amounts count by the amount, damages together."""
    base, _, amount = payment.case.partition("+")
    amount = amount.rpartition("+")[2]
    unusual = {"discount", "late_discount", "unagreed", "part", "over", "rest"}
    return amount if amount in unusual else base.partition(":")[0] if base.startswith("damaged") else base


def judge(payments: list[PaymentRecord], proposals: list[Proposal]) -> Verdict:
    """Compare the proposals of a run with the truth. Payments without a proposal count as missed."""
    ranked: dict[str, list[Proposal]] = defaultdict(list)
    for proposal in proposals:
        ranked[proposal.transaction_id].append(proposal)
    verdict = Verdict()
    for payment in payments:
        if payment.amount > 0:
            _judge_one(verdict, payment, ranked.get(payment.transaction_id, []))
    return verdict


def _judge_one(verdict: Verdict, payment: PaymentRecord, ranked: list[Proposal]) -> None:
    verdict.payments += 1
    verdict.traps += payment.trap
    verdict.payable += not payment.trap
    verdict.assignable += not payment.trap and not payment.undecidable
    case = kind_of(payment)
    first = ranked[0] if ranked else None
    if first is not None and effects(first):
        place = verdict.bins[min(int(first.probability * 10), 9)]
        place[0] += effects(first) == payment.truth and not payment.trap
        place[1] += 1
    if first is not None and first.disposition is Disposition.AUTO:
        right = not payment.trap and effects(first) == payment.truth
        verdict.right += right
        verdict.right_assignable += right and not payment.undecidable
        verdict.wrong += not right
        verdict.traps_posted += payment.trap
        verdict.by_case[case]["right" if right else "WRONG"] += 1
        if not right:
            verdict.wrong_list.append(
                {
                    "case": payment.case,
                    "text": payment.text,
                    "amount": payment.amount,
                    "truth": payment.truth,
                    "posted": effects(first),
                    "pattern": first.pattern,
                }
            )
        return
    reason = first.reason if first is not None else "no-proposal"
    verdict.by_case[case][reason] += 1
    if not payment.trap:
        verdict.reasons[reason] += 1
        verdict.reviewed += 1
        verdict.in_top_three += any(set(effects(one)) == set(payment.truth) for one in ranked[:3])
