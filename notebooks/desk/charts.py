"""Pictures for the notebooks: PNG made here, without a display, a network or a font of the machine.

Colours are those of Okabe and Ito, which people with any colour vision tell apart; shapes and labels say the same, so
that print in grey is readable. Foreign text is inert, and no text is read as mathematics.
"""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, num2date
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from desk import formats
from desk.inert import inert

BLUE, SKY, GREEN, ORANGE, VERMILION, PURPLE = "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7"
INK, SOFT, LIGHT = "#1f2933", "#52606d", "#c3cad2"
_DPI = 144
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.parse_math": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "grid.color": "#e4e8ec",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture. alt: what it shows, in words, for who cannot see it. size: inches."""

    png: bytes
    alt: str
    size: tuple[float, float]

    def _repr_mimebundle_(self, **_asked: Any) -> tuple[dict[str, str], dict[str, Any]]:
        width, height = (round(inches * 96) for inches in self.size)
        data = {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.alt}
        return data, {"image/png": {"width": width, "height": height, "alt": self.alt}}

    def __repr__(self) -> str:
        return self.alt


def draw(alt: str, paint: Callable[[Figure], object], size: tuple[float, float] = (9.0, 3.8)) -> Picture:
    """The picture that ``paint`` makes of an empty figure."""
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # A sign that the font lacks is drawn as a box; that is no news for an analyst.
        warnings.filterwarnings("ignore", message=".*[Gg]lyph")
        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        FigureCanvasAgg(figure)
        out = io.BytesIO()
        figure.savefig(out, dpi=_DPI, facecolor="white", metadata={"Software": "kontoklar"})
    return Picture(out.getvalue(), inert(alt), size)


def label(text: str, most: int = 46) -> str:
    """Foreign text as a label: inert, on one line, cut."""
    shown = inert(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def money_axis(axes: Axes, language: str, currency: str = "EUR", *, across: bool = False) -> None:
    """Whole units of a currency with the grouping of the language; the values are minor units."""
    axis = axes.xaxis if across else axes.yaxis
    places = formats.decimals(currency)
    axis.set_major_formatter(FuncFormatter(lambda value, _place: formats.whole(round(value / 10**places), language)))
    axis.set_major_locator(MaxNLocator(6))


def date_axis(axes: Axes, language: str) -> None:
    """Days as people write them, the year only where there is more than one."""
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=4, maxticks=9))

    def told(value: float, _place: object) -> str:
        day: date = num2date(value).date()
        return formats.short_day(day, language)

    axes.xaxis.set_major_formatter(FuncFormatter(told))


def subtitle(axes: Axes, title: str, under: str = "") -> None:
    """A title, and a line of explanation under it."""
    axes.set_title(f"{title}\n" if under else title)
    if under:
        axes.text(0, 1.03, under, transform=axes.transAxes, color=SOFT, fontsize=9, va="bottom")
