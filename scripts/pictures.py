"""Takes the pictures of ``docs/pictures``: ``make pictures``, or ``python -m scripts.pictures [NAME …]``.

One function per picture, registered with ``@picture("name")``; it gets a ``Studio`` and returns the picture as PNG
bytes. The demo's books are copied first, so that nothing here decides anything in them.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from PIL import Image

from scripts import notebook_pictures
from scripts.lab import ROOT, Lab, Visit, chromium, jupyter_lab, visit
from tests.browser.office import Books, law_firm, morning

OUT = ROOT / "docs" / "pictures"
LIMIT = 200_000
# The day after the demo's month: what it leaves is waiting.
DAY = "2026-11-02"


@dataclass
class Studio:
    """What a picture is taken with; each part is started when the first picture asks for it.

    demo: a copy of the demo's folder, with its configuration, for this run alone.
    """

    demo: Path
    folder: Path
    stack: ExitStack

    @cached_property
    def browser(self) -> Any:
        """The browser (``playwright.sync_api.Browser``)."""
        return self.stack.enter_context(chromium())

    @cached_property
    def lab(self) -> Lab:
        """JupyterLab on copies of the notebooks."""
        return self.stack.enter_context(jupyter_lab(self.folder / "lab"))

    @contextmanager
    def notebook(
        self, name: str, language: str = "de", *, until: str, width: int = 1440, height: int = 1000, **more: str
    ) -> Iterator[Visit]:
        """A notebook that ran from top to bottom on the demo's books, once ``until`` (a CSS selector) shows.

        more: further variables of its environment.
        """
        environment = {
            "KONTOKLAR_CONFIG": str(self.demo / "kontoklar.toml"), "KONTOKLAR_AS_OF": DAY, "KONTOKLAR_USER": "anna",
            "KONTOKLAR_LANGUAGE": language, **more,
        }  # fmt: skip
        file = self.lab.notebook(name, environment)
        with visit(self.browser, self.lab, file, width=width, height=height) as found:
            found.run(until)
            yield found


PICTURES: dict[str, Callable[[Studio], bytes]] = {}


def picture(name: str) -> Callable[[Callable[[Studio], bytes]], Callable[[Studio], bytes]]:
    """Registers a function as the one that takes ``docs/pictures/NAME.png``."""

    def register(take: Callable[[Studio], bytes]) -> Callable[[Studio], bytes]:
        PICTURES[name] = take
        return take

    return register


def compressed(png: bytes, colours: int = 256) -> bytes:
    """The same picture with a palette, for the repository."""
    with Image.open(io.BytesIO(png)) as image:
        small = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        out = io.BytesIO()
        small.save(out, "PNG", optimize=True)
    return min(out.getvalue(), png, key=len)


# --- the review notebook ----------------------------------------------------------------------------------------------


def _grid(found: Visit) -> bytes:
    found.page.wait_for_selector(".kk-detail[data-id]:not([data-id=''])")
    found.page.wait_for_timeout(300)
    taken: bytes = found.page.locator(".kk").screenshot()
    return taken


@picture("review-de")
def review_german(studio: Studio) -> bytes:
    with studio.notebook("review", "de", until=".kk-row") as found:
        return _grid(found)


@picture("review-en")
def review_english(studio: Studio) -> bytes:
    with studio.notebook("review", "en", until=".kk-row") as found:
        return _grid(found)


@picture("review-alternatives")
def review_alternatives(studio: Studio) -> bytes:
    """Two explanations of one payment side by side, each with its evidence."""
    with _morning(studio, "en") as found:
        _search(found, "Weiss")
        return _grid(found)


@picture("review-split")
def review_split(studio: Studio) -> bytes:
    """One payment over three invoices; the rest is counted down."""
    with _morning(studio, "de") as found:
        page = found.page
        _search(found, "Sammelzahler")
        page.keyboard.press("p")
        for invoice, amount in (("RE-2026-1301", "70,00"), ("RE-2026-1302", "80,00"), ("RE-2026-1303", "75,50")):
            page.keyboard.type(invoice)
            page.keyboard.press("Tab")
            page.keyboard.press("Control+a")
            page.keyboard.type(amount)
            if invoice < "RE-2026-1303":
                for key in ("Tab", "Tab", "Enter"):
                    page.keyboard.press(key)
        return _grid(found)


@picture("review-learned")
def review_learned(studio: Studio) -> bytes:
    """What a decision taught, and what else it would settle, before it is used."""
    with _books(studio, law_firm(studio.folder / "law-firm"), "de") as found:
        _search(found, "Kanzlei")
        found.page.keyboard.press("ArrowDown")
        found.page.wait_for_timeout(600)
        found.page.keyboard.press("s")
        found.page.keyboard.type("RE-2026-2001")
        found.page.keyboard.press("Enter")
        found.page.wait_for_selector(".kk-learned", timeout=30_000)
        return _grid(found)


@contextmanager
def _books(studio: Studio, books: Books, language: str) -> Iterator[Visit]:
    """The review notebook on a few made-up cases that show more than the demo's end of month."""
    with studio.notebook("review", language, until=".kk-row", **books.environment) as found:
        yield found


@contextmanager
def _morning(studio: Studio, language: str) -> Iterator[Visit]:
    books = Books(studio.folder / "morning")
    if not books.folder.exists():
        morning(books.folder)
    with _books(studio, books, language) as found:
        yield found


def _search(found: Visit, text: str) -> None:
    found.page.keyboard.press("/")
    found.page.keyboard.type(text)
    found.page.keyboard.press("Enter")
    found.page.wait_for_function(
        "() => document.querySelector('.kk-detail').dataset.id === document.querySelector('[data-current]').dataset.id"
    )


# --- the other notebooks ----------------------------------------------------------------------------------------------

for _name in notebook_pictures.SHOTS:
    picture(_name)(partial(notebook_pictures.take, name=_name))


def take(names: list[str], demo: Path, out: Path) -> None:
    """Takes these pictures. Raises ValueError for one that is still too large for the repository."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder, ExitStack() as stack:
        copy = Path(folder) / "demo"
        shutil.copytree(demo, copy, ignore=shutil.ignore_patterns(".prefect", ".ops"))
        studio = Studio(copy, Path(folder), stack)
        for name in names:
            taken = compressed(PICTURES[name](studio))
            if len(taken) > LIMIT:
                raise ValueError(f"{name}.png has {len(taken) // 1000} kB; the repository takes {LIMIT // 1000}")
            (out / f"{name}.png").write_bytes(taken)
            print(f"{name}.png  {len(taken) // 1000} kB", flush=True)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", help="default: all")
    options.add_argument("--demo", type=Path, default=ROOT / "demo", help="the folder of make demo")
    options.add_argument("--out", type=Path, default=OUT)
    chosen = options.parse_args()
    unknown = sorted(set(chosen.names) - PICTURES.keys())
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(PICTURES)}", file=sys.stderr)
        return 2
    take(chosen.names or list(PICTURES), chosen.demo, chosen.out)
    return 0


if __name__ == "__main__":
    # By their names, so that all of them are registered in one place: this file alone would be there twice.
    from scripts import pictures, prefect_pictures  # noqa: F401

    sys.exit(pictures.main())
