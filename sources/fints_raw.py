"""Segments of a FinTS message as the bytes the bank sent: for the archive, which keeps what came."""

from __future__ import annotations

import re
from collections.abc import Iterator

_STOP = re.compile(rb"[?@']")
_BINARY = re.compile(rb"@(\d+)@")


def segments(message: bytes) -> Iterator[bytes]:
    """Every segment with its end mark, also those inside the cipher data (HNVSD). Broken bytes end it early."""
    start = place = 0
    while (found := _STOP.search(message, place)) is not None:
        mark = found[0]
        place = found.end()
        if mark == b"?":
            place += 1
        elif mark == b"@":
            binary = _BINARY.match(message, found.start())
            if binary is not None:
                inner = message[binary.end() : binary.end() + int(binary[1])]
                place = binary.end() + len(inner)
                if message.startswith(b"HNVSD:", start):
                    yield from segments(inner)
        else:
            yield message[start:place]
            start = place


def segments_of(message: bytes, kind: bytes) -> list[bytes]:
    """The segments of one kind such as ``HISAL``."""
    return [segment for segment in segments(message) if segment.startswith(kind + b":")]
