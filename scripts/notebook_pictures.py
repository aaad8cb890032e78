"""Pictures of the notebooks besides review; ``scripts.pictures`` registers them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def outputs(found: Any, first: int, last: int) -> bytes:
    """The outputs of code cells ``first`` to ``last`` (counted from 0 among cells that show something), one under the
    other, as one picture."""
    page = found.page
    page.wait_for_timeout(500)
    shown = page.locator(".jp-OutputArea-output .kkv, .jp-OutputArea-output img")
    pieces = []
    for place in range(first, last + 1):
        piece = shown.nth(place)
        piece.scroll_into_view_if_needed()
        pieces.append(Image.open(io.BytesIO(piece.screenshot())).convert("RGB"))
    width, height = max(one.width for one in pieces) + 32, sum(one.height + 16 for one in pieces) + 16
    sheet = Image.new("RGB", (width, height), "white")
    at = 16
    for one in pieces:
        sheet.paste(one, (16, at))
        at += one.height + 16
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


# name of the picture → notebook, outputs shown, what stands there when it is done
SHOTS: dict[str, tuple[str, int, int]] = {
    "debtor": ("debtor", 0, 2),
    "explain": ("explain", 3, 5),
    "backtest": ("backtest", 0, 1),
    "month-end": ("month_end", 0, 1),
}


def take(studio: Any, name: str) -> bytes:
    """One of ``SHOTS``."""
    notebook, first, last = SHOTS[name]
    with studio.notebook(notebook, "de", until=".jp-OutputArea-output .kkv", width=1280, height=1400) as found:
        # All cells are through when none of them shows an asterisk any more.
        found.page.wait_for_function(
            "() => ![...document.querySelectorAll('.jp-InputPrompt')].some((one) => one.textContent.includes('*'))",
            timeout=180_000,
        )
        return outputs(found, first, last)
