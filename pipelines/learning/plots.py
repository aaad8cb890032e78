"""Pictures of backtests and of reliability, as PNG; no display is needed and nothing is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pipelines.learning.reliability import Reliability

_COLOURS = {
    "same": "#9aa5b1", "newly_posted": "#2f855a", "changed": "#b7791f", "lost": "#718096", "known_wrong": "#c53030",
}  # fmt: skip


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=120, metadata={"Software": "kontoklar"})


def backtest_plot(days: Mapping[str, Mapping[str, int]], title: str, path: Path) -> None:
    """Payments per booking day: above the line what would be posted by itself, below what would be lost or is known
    wrong."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.add_subplot()
    names = list(days)
    places = range(len(names))
    height = [0] * len(names)
    for kind in ("same", "newly_posted", "changed"):
        counts = [days[day][kind] for day in names]
        axes.bar(places, counts, bottom=height, color=_COLOURS[kind], label=kind.replace("_", " "), width=0.8)
        height = [one + count for one, count in zip(height, counts, strict=True)]
    depth = [0] * len(names)
    for kind in ("lost", "known_wrong"):
        counts = [-days[day][kind] for day in names]
        axes.bar(places, counts, bottom=depth, color=_COLOURS[kind], label=kind.replace("_", " "), width=0.8)
        depth = [one + count for one, count in zip(depth, counts, strict=True)]
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xticks(list(places), names, rotation=60, ha="right", fontsize=7)
    axes.set_ylabel("payments")
    axes.set_title(title)
    axes.legend(fontsize=8, ncols=5, frameon=False)
    _save(figure, path)


def reliability_plot(result: Reliability, title: str, path: Path) -> None:
    """Stated against observed, one point and its 95 % interval per tenth; below, how many cases each holds."""
    figure = Figure(figsize=(5.5, 6.5), layout="constrained")
    top, bottom = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    top.plot([0, 1], [0, 1], color="#9aa5b1", linewidth=1)
    for one in result.bins:
        if one.cases:
            colour = "#2f855a" if one.honest else "#c53030"
            top.plot([one.stated, one.stated], [one.low, one.high], color=colour, linewidth=2)
            top.plot(one.stated, one.right / one.cases, "o", color=colour, markersize=5)
    top.set_ylabel("observed share")
    top.set_title(f"{title}\nBrier score {result.brier:.5f}, {result.cases:,} cases", fontsize=10)
    bottom.bar(
        [one.start + 0.05 for one in result.bins], [one.cases for one in result.bins], width=0.09, color="#9aa5b1"
    )
    bottom.set_yscale("symlog")
    bottom.set_xlabel("stated probability")
    bottom.set_ylabel("cases")
    _save(figure, path)
