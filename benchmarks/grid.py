"""The review grid with 5,000 waiting payments in a real JupyterLab and Chromium: ``python -m benchmarks grid``.

Beside it, in the same browser and from the same kernel, the same rows as one bare HTML table (``ipywidgets.HTML``):
what a notebook shows without a grid. Times are the browser's own, from starting the cell to the painted picture, the
kernel's reading of the books included.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from scripts.lab import Lab, Visit, chromium, jupyter_lab, visit

_SETUP = (
    "from desk import open_books, review\nfrom desk.cases import rows\nimport html, ipywidgets\ndesk = open_books()"
)
_GRID = "review(desk)"
_BARE = """names = ('day', 'name', 'text', 'why', 'best', 'rest', 'days')
ipywidgets.HTML('<table class="bare">' + ''.join(
    '<tr>' + ''.join(f'<td>{html.escape(str(row[name]))}</td>' for name in names) + '</tr>' for row in rows(desk)
) + '</table>')"""
# Runs one cell and waits for its end.
_RUN = """async (cell) => {
  window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell;
  await window.jupyterapp.commands.execute("notebook:run-cell");
}"""
# Runs one cell; resolves with the milliseconds until ``selector`` number ``place`` is painted.
_OPEN = """async ([cell, selector, place]) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = cell;
  await new Promise((then) => requestAnimationFrame(then));
  const began = performance.now();
  window.began = began;
  window.jupyterapp.commands.execute("notebook:run-cell");
  while (!document.querySelectorAll(selector)[place]) await new Promise((then) => requestAnimationFrame(then));
  await new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)));
  return performance.now() - began;
}"""
# Resolves with the milliseconds since the cell was started once the newest grid answered a decision.
_DECIDED = """async (place) => {
  const grid = () => document.querySelectorAll(".kk")[place];
  while (!Number(grid().dataset.decisions ?? 0)) await new Promise((then) => requestAnimationFrame(then));
  return performance.now() - window.began;
}"""


@dataclass
class Figures:
    """Milliseconds, one a try. opened: from the cell's start to the painted grid; decided: to the first decision that
    the books answered; keys: from each stroke to its picture; bare: the HTML table instead of the grid."""

    rows: int = 0
    opened: list[float] = field(default_factory=list)
    decided: list[float] = field(default_factory=list)
    keys: dict[str, list[float]] = field(default_factory=dict)
    bare: list[float] = field(default_factory=list)

    @property
    def key(self) -> float:
        """The slowest kind of stroke, by its median."""
        return max(median(times) for times in self.keys.values())

    def table(self) -> str:
        """For people."""
        told = [
            f"rows                      {self.rows:>8,}",
            f"grid opened               {median(self.opened):>8,.0f} ms   {_all(self.opened)}",
            f"first decision answered   {median(self.decided):>8,.0f} ms   {_all(self.decided)}",
            *(f"key {name:<21} {median(times):>8,.0f} ms   of {len(times)}" for name, times in self.keys.items()),
        ]
        if self.bare:
            ratio = median(self.opened) / median(self.bare)
            told.append(f"bare HTML table opened    {median(self.bare):>8,.0f} ms   {_all(self.bare)}")
            told.append(f"grid / bare table         {ratio:>8.2f}")
        return "\n".join(told)


def _all(times: Sequence[float]) -> str:
    return " ".join(f"{time:.0f}" for time in times)


def measure(browser: Any, lab: Lab, environment: Mapping[str, str], *, tries: int = 3, bare: bool = False) -> Figures:
    """Opens the grid ``tries`` times, decides in each, and presses keys in the last one."""
    cells = [_SETUP, *[_GRID] * tries, *[_BARE] * (tries if bare else 0)]
    figures = Figures()
    with visit(browser, lab, lab.notebook("grid", environment, cells)) as window:
        window.ready()
        page = window.page
        for cell in (0, 1):
            page.evaluate(_RUN, cell)
        for place in range(tries):
            figures.opened.append(page.evaluate(_OPEN, [2 + place, ".kk[data-ready-ms]", place]))
            grid = page.locator(".kk").nth(place)
            grid.focus()
            page.keyboard.press("h")
            figures.decided.append(page.evaluate(_DECIDED, place))
        figures.rows = page.evaluate("() => Number(document.querySelector('.kk-rows').style.height.slice(0, -2)) / 44")
        _strokes(window, tries - 1, figures)
        for place in range(tries if bare else 0):
            figures.bare.append(page.evaluate(_OPEN, [2 + tries + place, ".bare tr:last-child", place]))
    return figures


def _strokes(window: Visit, place: int, figures: Figures) -> None:
    grid = window.page.locator(".kk").nth(place)

    def timed(key: str) -> float:
        grid.evaluate("grid => { delete grid.dataset.keyMs; }")
        window.page.keyboard.press(key)
        handle = grid.element_handle()
        window.page.wait_for_function("grid => grid.dataset.keyMs", arg=handle, timeout=10_000)
        return float(grid.get_attribute("data-key-ms"))

    grid.focus()
    figures.keys["down"] = [timed("ArrowDown") for _ in range(20)]
    figures.keys["to the end and back"] = [timed(key) for _ in range(5) for key in ("End", "Home")]
    figures.keys["sort"] = [timed("t") for _ in range(6)]
    window.page.keyboard.press("/")
    figures.keys["search, each letter"] = [timed(letter) for letter in "linden 12"]


def main() -> int:
    from tests.browser.crowd import DAY, crowded

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=5000)
    options.add_argument("--tries", type=int, default=5)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="grid-") as folder:
        file = crowded(Path(folder), chosen.rows)
        environment = {"KONTOKLAR_CONFIG": str(file), "KONTOKLAR_AS_OF": DAY.isoformat(), "KONTOKLAR_USER": "anna"}
        with jupyter_lab(Path(folder) / "lab") as lab, chromium() as browser:
            print(measure(browser, lab, environment, tries=chosen.tries, bare=True).table())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
