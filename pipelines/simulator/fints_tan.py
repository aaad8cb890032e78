"""The challenges the rehearsal bank puts, by TAN method.

A challenge tells the TAN it wants ("Probebank"), in its text or in its picture, because rehearsing people have no card
reader that belongs to this bank.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from typing import NamedTuple

from pipelines.simulator.world import TanMethod


class Technique(NamedTuple):
    """What HITANS says of a kind of method: technical id, name and version of Die Deutsche Kreditwirtschaft, and the
    segment version that announces it."""

    technical: str
    dk_name: str
    dk_version: str
    version: int


TECHNIQUES = {
    "chiptan": Technique("HHD1.3.2", "HHD", "1.3.2", 6),
    "chiptan-optical": Technique("HHD1.4OPT", "HHDOPT1", "1.4", 6),
    "phototan": Technique("MS1.0.0", "MS1.0", "1.0", 6),
    "pushtan": Technique("Decoupled", "Decoupled", "1.0", 7),
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is shown to the customer. hhduc: picture or flicker code as HITAN carries it."""

    reference: str
    text: str = field(repr=False)
    hhduc: bytes | None = field(repr=False, default=None)


def challenge(method: TanMethod, tan: str, number: int, purpose: str) -> Challenge:
    """The challenge with a running number. tan: what the customer's device will show."""
    start = f"{int.from_bytes(hashlib.sha256(str(number).encode()).digest()[:4], 'big') % 100_000_000:08d}"
    reference = f"SIM{number:08d}"
    if method.decoupled:
        return Challenge(reference, f"{purpose}: Bitte geben Sie den Auftrag in Ihrer App frei (Probebank).")
    if method.kind == "phototan":
        text = f"{purpose}: Scannen Sie die Grafik (Probebank: sie zeigt die TAN)."
        return Challenge(reference, text, matrix(digits_png(tan)))
    text = f"{purpose}: Startcode {start} (Probebank: die TAN ist {tan})."
    return Challenge(reference, text, flicker_code(start).encode() if method.kind == "chiptan-optical" else None)


def flicker_code(start: str) -> str:
    """An HHD 1.4 flicker code with a start code of at most 31 digits and no further data."""
    body = f"{0x80 + len(start):02X}01{start}"
    return f"{len(body):03d}{body}"


def matrix(image: bytes, mime: str = "image/png") -> bytes:
    """A picture as HITAN carries it: two bytes of length before the MIME type and before the picture."""
    return struct.pack(">H", len(mime)) + mime.encode() + struct.pack(">H", len(image)) + image


_ROWS = {
    "0": ("111", "101", "101", "101", "111"), "1": ("010", "110", "010", "010", "111"),
    "2": ("111", "001", "111", "100", "111"), "3": ("111", "001", "111", "001", "111"),
    "4": ("101", "101", "111", "001", "001"), "5": ("111", "100", "111", "001", "111"),
    "6": ("111", "100", "111", "101", "111"), "7": ("111", "001", "010", "010", "010"),
    "8": ("111", "101", "111", "101", "111"), "9": ("111", "101", "111", "001", "111"),
}  # fmt: skip


def digits_png(digits: str, scale: int = 12) -> bytes:
    """Digits as a black-on-white picture, one grey byte a pixel."""
    width = (4 * len(digits) + 1) * scale
    rows: list[bytes] = []
    for line in range(7):
        dots = bytearray()
        for digit in digits:
            shape = _ROWS[digit][line - 1] if 1 <= line <= 5 else "000"
            for dot in "0" + shape:
                dots += (b"\x00" if dot == "1" else b"\xff") * scale
        dots += b"\xff" * scale
        rows += [b"\x00" + bytes(dots)] * scale

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, 7 * scale, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + chunk(b"IEND", b"")
    )
