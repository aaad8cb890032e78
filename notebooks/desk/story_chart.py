"""The evidence of an explanation as a waterfall, and explanations side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from matplotlib.figure import Figure

from desk import formats
from desk.charts import BLUE, INK, SOFT, VERMILION, Picture, draw, label, subtitle
from desk.vocabulary import Say
from pipelines.learning.reasons import seen


def step_name(step: Mapping[str, Any], say: Say, language: str) -> str:
    """What a step of the evidence means, in words: ``Nummer vollständig``."""
    pair = f"{step.get('field')}:{step.get('level')}"
    told = seen(pair, language)
    if told:
        return told
    field, level = str(step.get("field")), str(step.get("level"))
    if field == "prior":
        return say("ev.prior")
    own = say.of("ev", f"{field}.{level}")
    return own if own != f"{field}.{level}".replace("_", " ") else f"{say.of('field', field)}: {level}"


def waterfall_picture(proposal: Mapping[str, Any], title: str, say: Say, language: str) -> Picture:
    """Each compared field as a step, from the start to the sum; for it to the right, against it to the left."""
    steps = [(label(step_name(step, say, language), 52), float(step.get("bits") or 0.0))
             for step in proposal["waterfall"]]  # fmt: skip
    total = sum(bits for _, bits in steps)
    share = small_share(proposal["probability"], language)
    under = say("waterfall-under", sum=_signed(total, language), share=share)
    heading = label(title, 90)
    height = 1.2 + 0.36 * (len(steps) + 1)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        subtitle(axes, heading, under)
        at = 0.0
        for place, (_, bits) in enumerate(steps):
            colour, hatch = (BLUE, "") if bits >= 0 else (VERMILION, "///")
            axes.barh(place, bits, left=at, color=colour, hatch=hatch, edgecolor="white", linewidth=0.5, height=0.68)
            end = max(at, at + bits)
            axes.annotate(_signed(bits, language), (end, place), xytext=(4, 0), textcoords="offset points",
                          va="center", fontsize=9, color=INK if bits else SOFT)  # fmt: skip
            if place + 1 <= len(steps):
                axes.plot([at + bits, at + bits], [place - 0.34, place + 1.34], color=SOFT, linewidth=0.7)
            at += bits
        axes.barh(len(steps), total, color=INK, height=0.68)
        axes.annotate(f"{_signed(total, language)}  ({share})", (max(total, 0.0), len(steps)), xytext=(4, 0),
                      textcoords="offset points", va="center", fontsize=9, fontweight="bold")  # fmt: skip
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_yticks(range(len(steps) + 1), [*(name for name, _ in steps), say("total")])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(f"← {say('against')}    {say('bits')}    {say('for')} →")
        reached = [0.0, total, *accumulate(bits for _, bits in steps)]
        room = (max(reached) - min(reached)) or 1.0
        axes.set_xlim(min(reached) - 0.04 * room, max(reached) + 0.2 * room)

    return draw(f"{heading}: {under}", paint, (9.0, height))


def competing_picture(
    proposals: Sequence[tuple[str, float | None]], none_of_these: float | None, say: Say, language: str
) -> Picture:
    """How probable each explanation is, "none of these" included. proposals: (what, probability)."""
    rows = [(label(what, 60), share) for what, share in proposals]
    if none_of_these is not None:
        rows.append((say("none-of-these"), none_of_these))

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        subtitle(axes, say("competing"))
        for place, (_, share) in enumerate(rows):
            last = none_of_these is not None and place == len(rows) - 1
            axes.barh(place, (share or 0.0) * 100, color=SOFT if last else BLUE, hatch="///" if last else "",
                      edgecolor="white", height=0.6)  # fmt: skip
            axes.annotate(small_share(share, language), ((share or 0.0) * 100, place), xytext=(5, 0),
                          textcoords="offset points", va="center", fontsize=9)  # fmt: skip
        axes.set_yticks(range(len(rows)), [what for what, _ in rows])
        axes.invert_yaxis()
        axes.set_xlim(0, 115)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.set_xlabel(f"{say('probability')} (%)")
        axes.grid(axis="y", visible=False)

    told = "; ".join(f"{what}: {small_share(share, language)}" for what, share in rows)
    return draw(f"{say('competing')}: {told}", paint, (9.0, 1.3 + 0.42 * len(rows)))


def small_share(share: float | None, language: str) -> str:
    """A probability, without a row of zeros for what is next to impossible."""
    if share is not None and 0 < share < 0.0005:
        return "< 0,1 %" if language == "de" else "< 0.1%"
    if share is not None and share >= 0.999:
        # Thresholds lie here; "99.9" would not tell which side.
        return f"{formats.number(min(share * 100, 99.999), 3, language)}{' %' if language == 'de' else '%'}"
    return formats.percent(share, language)


def _signed(bits: float, language: str) -> str:
    text = formats.number(abs(bits), 1, language)
    return f"+{text}" if bits > 0 else f"−{text}" if bits < 0 else text
