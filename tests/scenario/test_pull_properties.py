"""Whatever mixture of formats, overlaps, repeats and orders tells some days: in the end the books hold the truth."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.model.finding import Severity
from pipelines.model.statement import Statement
from sinks.database import Database
from tests.conftest import new_books
from tests.pull_world import Real, World, day, statement

PAYERS = ("DE75512108001245126199", "DE02300209000106531065", "")


@dataclass(frozen=True)
class Telling:
    """One document and the pull it arrives with."""

    statements: tuple[Statement, ...]


@st.composite
def truths(draw: st.DrawFn) -> list[Real]:
    """What the bank booked: few amounts, so that twins are frequent; some with ids, some without any."""
    reals = []
    for number in range(draw(st.integers(2, 12))):
        kind = draw(st.sampled_from(["ids", "reference", "payer", "nothing"]))
        reals.append(
            Real(
                day(draw(st.integers(1, 5))),
                draw(st.sampled_from([1_000, 1_000, 2_500, -1_000, 3_333])),
                f"E-{number}" if kind == "ids" else "",
                draw(st.sampled_from(PAYERS)) if kind in ("ids", "payer") else "",
                draw(st.sampled_from(["Rechnung", "Beitrag"])),
                f"R-{number}" if kind in ("ids", "reference") else "",
            )
        )
    return sorted(reals, key=lambda real: real.day)


def between(reals: Sequence[Real], first: int, last: int) -> list[Real]:
    return [real for real in reals if day(first) <= real.day <= day(last)]


def complete(reals: Sequence[Real], first: int, last: int, format_name: str, order: Sequence[int]) -> Statement:
    inside = between(reals, first, last)
    opening = 50_000 + sum(real.minor for real in reals if real.day < day(first))
    told = [inside[index % len(inside)] for index in order] if inside else []
    told = list(dict.fromkeys(told)) if len(set(map(id, inside))) == len(set(inside)) else inside
    rest = list(inside)
    for real in told:
        rest.remove(real)
    return statement(
        [*told, *rest], opening, opening + sum(real.minor for real in inside),
        first=day(first), last=day(last), format_name=format_name, number=f"{first}",
    )  # fmt: skip


def excerpt(reals: Sequence[Real], number: int, count: int, format_name: str, issue: int) -> Statement:
    """What was booked of a day so far."""
    told = between(reals, number, number)[:count]
    if format_name == "mt942":
        told = [replace(real, reference="") for real in told]
    return statement(
        told, None, None, first=day(number), last=day(number), format_name=format_name, identification=f"X{issue}"
    )


@st.composite
def tellings(draw: st.DrawFn, reals: list[Real]) -> list[list[Telling]]:
    """Pulls that together tell all five days completely, with any number of other tellings in between."""
    pieces: list[Statement] = []
    start = 1
    while start <= 5:
        end = draw(st.integers(start, 5))
        pieces.append(complete(reals, start, end, "camt.053.001.08", draw(st.lists(st.integers(0, 20), max_size=4))))
        start = end + 1
    for _ in range(draw(st.integers(0, 3))):
        first = draw(st.integers(1, 5))
        last = draw(st.integers(first, 5))
        pieces.append(complete(reals, first, last, draw(st.sampled_from(["mt940", "camt.053.001.02"])), ()))
    for issue in range(draw(st.integers(0, 4))):
        family = draw(st.sampled_from(["camt.052.001.08", "camt.054.001.08", "mt942"]))
        pieces.append(excerpt(reals, draw(st.integers(1, 5)), draw(st.integers(1, 6)), family, issue))
    pieces += draw(st.lists(st.sampled_from(pieces), max_size=3))
    pieces = draw(st.permutations(pieces))
    pulls: list[list[Telling]] = [[]]
    for piece in pieces:
        if pulls[-1] and draw(st.booleans()):
            pulls.append([])
        pulls[-1].append(Telling((piece,)))
    return pulls


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Real], list[list[Telling]]]:
    reals = draw(truths())
    return reals, draw(tellings(reals))


@given(stories())
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_telling_of_the_days_ends_with_the_truth(
    sqlite_template: Path, story: tuple[list[Real], list[list[Telling]]]
) -> None:
    reals, pulls = story
    with TemporaryDirectory() as folder:
        path = Path(folder) / "books.db"
        shutil.copy(sqlite_template, path)
        database = Database(f"sqlite:///{path}")
        world = World(new_books(database))
        for number, documents in enumerate(pulls):
            world.pull(
                [world.document(*telling.statements, name=f"{number}-{place}.xml")
                 for place, telling in enumerate(documents)]
            )  # fmt: skip
        closing = 50_000 + sum(real.minor for real in reals)
        assert world.booked() == sorted((real.day, real.minor) for real in reals)
        assert world.proven_balance() == closing
        assert world.bank_account() == closing
        assert [finding for finding in world.findings() if finding.severity is Severity.ERROR] == []
        database.close()


def test_the_days_of_a_story_are_told_once_completely() -> None:
    reals = [Real(day(1), 1_000), Real(day(2), 1_000), Real(day(2), 1_000)]
    told = complete(reals, 1, 2, "mt940", ())
    assert told.opening is not None
    assert told.closing is not None
    assert told.closing.amount.minor - told.opening.amount.minor == 3_000
    assert [entry.booking_date for entry in told.entries] == [date(2026, 10, 1), day(2), day(1) + timedelta(days=1)]
