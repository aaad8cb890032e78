"""What is done for all payments of a batch at once comes out as if it were done for each of them alone."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from rapidfuzz.distance import OSA

from benchmarks.matching.generator import generate, receipts_frame
from matchers._alike import _near
from matchers._neighbours import edits
from pipelines.references import scan_all, scan_folded
from pipelines.runs import cut
from pipelines.text import fold

TEXTS = ["", "RE12 3", "RG.NR. 2026-00123 VOM 19.04.2026", "A", "1", "\n", "7\n8", "MIETE MAI 2026", "TEL 0351/123456"]


def test_runs_are_those_a_pattern_finds_text_by_text() -> None:
    draw = random.Random(7)
    texts = TEXTS + ["".join(draw.choices("AZ09 -/.|\n", k=draw.randrange(12))) for _ in range(500)]
    run = re.compile(r"[0-9]+|[A-Z]+")
    assert cut(texts) == [[(found.group(), *found.span()) for found in run.finditer(text)] for text in texts]
    assert cut([]) == []
    assert cut(["", ""]) == [[], []]


@pytest.mark.parametrize("mix", ["trade", "rent"])
def test_texts_read_together_say_what_they_say_alone(mix: str) -> None:
    texts = TEXTS + [fold(text) for text in receipts_frame(generate(45, 400, 400, mix=mix).payments)["remittance"]]
    together = scan_all(texts)
    assert together == [scan_folded(text) for text in texts]
    assert any(one.noise for one in together)
    assert any(one.months for one in together)


def test_edits_are_all_numbers_one_edit_away_and_no_others() -> None:
    for value in (1234, 90019):
        length = len(str(value))
        every = (number for number in range(10 ** (length + 1)) if len(str(number)) >= length - 1)
        near = {number for number in every if OSA.distance(str(number), str(value), score_cutoff=1) == 1}
        found = set(edits(np.array([value]), length, frozenset({length - 1, length, length + 1}))[0].tolist())
        # Leading zeros make other texts of one number.
        assert near <= found
        assert all(
            any(OSA.distance(str(number).zfill(width), str(value)) <= 1 for width in (length - 1, length, length + 1))
            for number in found
        )
        assert edits(np.array([value]), length, frozenset()).size == 0


@pytest.mark.parametrize("most", [1, 2])
def test_digits_only_rule_out_pairs_that_are_too_far_apart(most: int) -> None:
    draw = random.Random(11)
    typed = ["".join(draw.choices("0123", k=draw.randint(1, 7))) for _ in range(80)]
    known = ["", *("".join(draw.choices("0123", k=draw.randint(1, 7))) for _ in range(79))]
    left, right = np.repeat(np.arange(80), 80), np.tile(np.arange(80), 80)
    expected = [
        bool(known[two]) and OSA.distance(typed[one], known[two]) <= most
        for one, two in zip(left.tolist(), right.tolist(), strict=True)
    ]
    assert _near(typed, known, left, right, most).tolist() == expected
    assert any(expected)
