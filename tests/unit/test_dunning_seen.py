"""The version of a proposal list changes with what a person would decide on, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipelines.dun import AWAITING_RELEASE
from pipelines.dunning.seen import version_of, waiting_of
from pipelines.model.dunning_case import ListKind, ListLine, ProposalList

LINE = ListLine(
    "t1", "D1", "RE-1", "overdue", 1, "reminder", "standard", 10000, "EUR", "held", AWAITING_RELEASE
)  # fmt: skip
OTHER = replace(LINE, trigger_id="t2", debtor_number="D2", invoice_number="RE-2", open_minor=5000)
LIST = ProposalList("abc", ListKind.DUNNING, date(2026, 11, 17), (LINE, OTHER))


@pytest.mark.parametrize(
    "changed",
    [
        replace(LIST, lines=(replace(LINE, open_minor=9999), OTHER)),
        replace(LIST, lines=(replace(LINE, state="cancelled", hold_reason=""), OTHER)),
        replace(LIST, lines=(replace(LINE, hold_reason="receipt-waiting"), OTHER)),
        replace(LIST, lines=(replace(LINE, level=2, action="dunning_1"), OTHER)),
        replace(LIST, lines=(OTHER,)),
        replace(LIST, outcome="released"),
        replace(LIST, list_id="abd"),
    ],
)
def test_another_decision_would_be_another_version(changed: ProposalList) -> None:
    assert version_of(changed) != version_of(LIST)


def test_order_and_lines_that_no_longer_wait_do_not_matter() -> None:
    gone = replace(LINE, trigger_id="t3", state="delivered", hold_reason="")
    assert version_of(replace(LIST, lines=(OTHER, gone, LINE))) == version_of(LIST)
    assert waiting_of(replace(LIST, lines=(gone, OTHER))) == [OTHER]
