"""Reads the text back out of a PDF as fpdf2 writes them: enough to see what a page says, line by line."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
_STRING = rb"\(((?:[^\\)]|\\.)*)\) Tj ?"
_SHOWN = re.compile(rb"/F(\d) [\d.]+ Tf|BT ([\d.]+) ([\d.]+) Td ((?:" + _STRING + rb")+)ET", re.DOTALL)
_PART = re.compile(_STRING, re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_SIGNS = {b"r": b"\r", b"n": b"\n", b"t": b"\t"}


def pages(content: bytes) -> list[list[str]]:
    """Each page as its lines from top to bottom; the cells of a line are joined by `` | ``."""
    streams = [zlib.decompress(found) if found[:1] == b"\x78" else found for found in _STREAM.findall(content)]
    fonts = [_letters(stream) for stream in streams if b"beginbfchar" in stream]
    return [_lines(stream, fonts) for stream in streams if b" Tj ET" in stream]


def _letters(stream: bytes) -> dict[int, str]:
    table = stream[stream.index(b"beginbfchar") :]
    return {int(glyph, 16): bytes.fromhex(told.decode()).decode("utf-16-be") for glyph, told in _PAIR.findall(table)}


def _lines(stream: bytes, fonts: list[dict[int, str]]) -> list[str]:
    rows: dict[float, list[tuple[float, str]]] = defaultdict(list)
    font = fonts[0]
    for number, x, y, shown, _ in _SHOWN.findall(stream):
        if number:
            font = fonts[int(number) - 1]
            continue
        raw = b"".join(_ESCAPED.sub(lambda s: _SIGNS.get(s[1], s[1]), part) for part in _PART.findall(shown))
        text = "".join(font[int.from_bytes(raw[i : i + 2], "big")] for i in range(0, len(raw), 2))
        rows[float(y)].append((float(x), text))
    return [" | ".join(text for _, text in sorted(cells)) for _, cells in sorted(rows.items(), reverse=True)]
