"""Pictures of a rehearsal: days, risk against coverage, and reliability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from desk import formats
from desk.charts import BLUE, GREEN, INK, LIGHT, ORANGE, SOFT, VERMILION, Picture, draw, subtitle
from desk.vocabulary import Say
from pipelines.learning.backtest import Comparison
from pipelines.learning.reliability import exact_interval
from pipelines.usecases.rehearse import Rehearsal, Stated, risk_curve

_UP = (("same", LIGHT, ""), ("newly_posted", GREEN, "///"), ("changed", ORANGE, "..."))
_DOWN = (("lost", BLUE, "\\\\\\"), ("known_wrong", VERMILION, "xxx"))
# Stated probabilities crowd close to one; bounds as people think of them.
_BOUNDS = (0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0)


def days_picture(comparison: Comparison, say: Say, language: str) -> Picture:
    """Payments per booking day."""
    days = comparison.days()
    names = list(days)
    figures = comparison.figures()

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        subtitle(axes, say("days"), say("days-under"))
        for kinds, sign in ((_UP, 1), (_DOWN, -1)):
            height = [0] * len(names)
            for kind, colour, hatch in kinds:
                counts = [sign * days[day][kind] for day in names]
                if not any(counts):
                    continue
                axes.bar(range(len(names)), counts, bottom=height, color=colour, hatch=hatch, edgecolor="white",
                         linewidth=0.5, width=0.78, label=say(f"kind.{kind}"))  # fmt: skip
                height = [one + count for one, count in zip(height, counts, strict=True)]
        axes.axhline(0, color=INK, linewidth=0.8)
        step = -(-len(names) // 12) or 1
        places = range(0, len(names), step)
        axes.set_xticks(
            list(places), [formats.short_day(date.fromisoformat(names[at]), language)[:-3] for at in places]
        )
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _at: formats.whole(abs(round(value)), language)))
        axes.set_ylabel(say("payments"))
        axes.grid(axis="x", visible=False)
        if names:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3, fontsize=9)

    told = ", ".join(f"{say(f'kind.{kind}')}: {figures[kind]['payments']}" for kind, _, _ in (*_UP, *_DOWN))
    return draw(f"{say('days')}: {told}", paint, (9.0, 4.2))


def under(done: Rehearsal, say: Say, language: str, *, lenient: bool) -> str:
    """What the figures rest on."""
    known = done.known
    counts = say(
        "known-under", known=formats.whole(len(known), language), all=formats.whole(len(done.stated), language),
        wrong=formats.whole(sum(one.right is False for one in known), language),
    )  # fmt: skip
    rests = say("lenient") if lenient else say("strict", days=done.survival_days)
    return f"{counts}; {rests}"


def risk_picture(done: Rehearsal, say: Say, language: str, *, lenient: bool) -> Picture:
    """Wrong posts per thousand against the share that posts by itself: expected, seen, and what cannot be excluded."""
    points = risk_curve(done.stated)
    told = under(done, say, language, lenient=lenient)
    share = sum(one.posted for one in done.stated) / len(done.stated) if done.stated else 0.0
    budget = done.policy.automation.risk_per_mille

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        subtitle(axes, say("risk"), told)
        across = [point.coverage * 100 for point in points]
        floor = 0.001
        axes.plot(across, [max(point.high * 1000, floor) for point in points], color=VERMILION, linewidth=2,
                  linestyle="--", label=say("risk-high"))  # fmt: skip
        axes.plot(across, [max(point.expected * 1000, floor) for point in points], color=BLUE, linewidth=2,
                  label=say("risk-expected"))  # fmt: skip
        seen = [point for point in points if point.wrong]
        if seen:
            axes.plot([point.coverage * 100 for point in seen], [point.wrong / point.known * 1000 for point in seen],
                      "o", color=ORANGE, markersize=5, label=say("risk-seen"))  # fmt: skip
        axes.axhline(budget, color=INK, linewidth=1, linestyle=":",
                     label=say("risk-budget", n=formats.number(budget, 1, language)))  # fmt: skip
        axes.axvline(share * 100, color=SOFT, linewidth=1, linestyle="-.",
                     label=f"{say('risk-here')}: {formats.percent(share, language)}")  # fmt: skip
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _at: formats.number(value, max(0, -math.floor(math.log10(value))), language))
        )
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _at: formats.number(value, 0, language)))
        axes.set_xlim(0, 102)
        axes.set_xlabel(say("risk-x"))
        axes.set_ylabel(say("risk-y"))
        axes.legend(fontsize=9, loc="center left", bbox_to_anchor=(1.01, 0.5))

    return draw(f"{say('risk')}: {told}", paint, (10.0, 4.2))


class Step(NamedTuple):
    """Receipts whose stated probability lies in one range. stated: its mean."""

    low: float
    high: float
    cases: int
    right: int
    stated: float


def steps(known: Sequence[Stated]) -> list[Step]:
    """Known cases by ranges of what was stated, empty ranges left out."""
    found = []
    for low, high in pairwise(_BOUNDS):
        inside = [one for one in known if low <= one.probability < high or (one.probability == high == 1.0)]
        if inside:
            mean = sum(one.probability for one in inside) / len(inside)
            found.append(Step(low, high, len(inside), sum(one.right is True for one in inside), mean))
    return found


def reliability_picture(done: Rehearsal, say: Say, language: str, *, lenient: bool) -> Picture:
    """Stated against come true, by ranges, with exact intervals (Clopper–Pearson)."""
    ranges = steps(done.known)
    told = under(done, say, language, lenient=lenient)

    def share(value: float) -> str:
        places = 0 if value in (0.0, 0.5, 0.9, 0.99, 1.0) else len(f"{value * 100:.6g}".partition(".")[2])
        return formats.number(value * 100, places, language)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        subtitle(axes, say("reliability"), told)
        for place, one in enumerate(ranges):
            low, high = exact_interval(one.right, one.cases)
            seen = one.right / one.cases
            honest = low <= one.stated <= high
            colour = BLUE if honest else VERMILION
            first = place == 0
            axes.errorbar(place, seen * 100, yerr=[[(seen - low) * 100], [(high - seen) * 100]], fmt="o", color=colour,
                          capsize=6, markersize=7, linewidth=2, label=say("observed") if first else None)  # fmt: skip
            axes.plot([place - 0.28, place + 0.28], [one.stated * 100] * 2, color=INK, linewidth=2.4,
                      linestyle=(0, (2, 1)), label=say("stated") if first else None)  # fmt: skip
        axes.set_xticks(
            range(len(ranges)),
            [
                f"{share(one.low)}–{share(one.high)} %\n{say('cases', n=formats.whole(one.cases, language))}"
                for one in ranges
            ],
        )
        axes.set_xlim(-0.6, max(len(ranges) - 0.4, 0.6))
        axes.margins(y=0.1)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _at: formats.number(value, 1, language)))
        axes.set_xlabel(say("reliability-x"))
        axes.set_ylabel(say("reliability-y"))
        axes.grid(axis="x", visible=False)
        axes.legend(fontsize=9, loc="center left", bbox_to_anchor=(1.01, 0.5))

    return draw(f"{say('reliability')}: {told}", paint, (10.0, 4.2))
