"""Finds the table inside an export: encoding, separator, the header line of a profile, and what stands around it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import sources.csv_profiles
from sources.csv_profile import Cells, Profile, column_key

# ING has a dozen lines above its header; nobody has more than a page.
_MOST_LINES_ABOVE: Final = 40
_LONGEST_CELL: Final = 20_000
_SEPARATORS: Final = (";", ",", "\t")


@dataclass(frozen=True, slots=True)
class Numbered:
    """One row: its line in the file, cells by column key (a repeated name as ``name#2``), or why it is refused."""

    line: int
    cells: Cells
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A table that a profile recognises. above, below: the cells of the lines around it. header_line counts from 1."""

    profile: Profile
    header_line: int
    rows: tuple[Numbered, ...]
    above: tuple[Sequence[str], ...]
    below: tuple[Sequence[str], ...]


@lru_cache(maxsize=1)
def profiles() -> tuple[Profile, ...]:
    """Every profile of ``csv_profiles``, those with most required columns first."""
    modules = sorted(module.name for module in iter_modules(sources.csv_profiles.__path__))
    found = [profile for name in modules for profile in import_module(f"sources.csv_profiles.{name}").PROFILES]
    return tuple(sorted(found, key=lambda profile: (-len(profile.keys), profile.name)))


def find_table(content: bytes, *, rows: bool = True) -> Found | None:
    """The table in the file, None when no profile recognises it. rows: False to look at the header only.

    Raises csv.Error when the rows cannot be separated.
    """
    text = decode(content)
    if "\x00" in text[:4096] or text.lstrip()[:1] in ("<", ":", "{", ""):
        return None
    lines = text.splitlines(keepends=True)
    for index, line in enumerate(lines[:_MOST_LINES_ABOVE]):
        for profile in _candidates(line):
            separator = _separator(line, profile)
            if separator:
                return _table(profile, lines, index, separator, rows=rows)
    return None


def decode(content: bytes) -> str:
    """UTF-8 if it is, else cp1252, else latin-1, which never fails. A cut multi-byte sign at the end does not count."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as problem:
            if encoding == "utf-8-sig" and problem.start >= len(content) - 3:
                return content[: problem.start].decode(encoding)
    return content.decode("latin-1")


def _candidates(line: str) -> Iterator[Profile]:
    known = column_key(line)
    for profile in profiles():
        if profile.positional is not None:
            if profile.positional.match(line.strip()):
                yield profile
        elif all(key in known for key in profile.keys):
            yield profile


def _separator(line: str, profile: Profile) -> str:
    """The separator that makes the line this profile's header, "" when none does."""
    for separator in _SEPARATORS:
        cells = next(csv.reader([line], delimiter=separator), [])
        if profile.positional is not None:
            if len(cells) == len(profile.header):
                return separator
        elif profile.keys <= {column_key(cell) for cell in cells}:
            return separator
    return ""


def _table(profile: Profile, lines: Sequence[str], at: int, separator: str, *, rows: bool) -> Found:
    above = tuple(_cells(line, separator) for line in lines[:at])
    if profile.positional is not None:
        header, first = list(profile.header), at
    else:
        header, first = next(csv.reader([lines[at]], delimiter=separator)), at + 1
    names = _names(header)
    table: list[Numbered] = []
    below: list[Sequence[str]] = []
    if rows:
        # Line ends inside quoted cells are the bank's (older cooperative banks wrap at 27 signs).
        reader = csv.reader(io.StringIO("".join(lines[first:]), newline=""), delimiter=separator)
        start = first + 1
        for raw in reader:
            line, start = start, first + reader.line_num + 1
            cells = [cell.strip() for cell in raw]
            if not any(cells):
                continue
            if not profile.is_row(cells):
                below.append(cells)
            elif any(len(cell) > _LONGEST_CELL for cell in cells):
                table.append(Numbered(line, {}, "has a cell longer than any text; a quote is missing"))
            elif len(cells) < len(header) - 1 or any(cells[len(header) :]):
                table.append(Numbered(line, {}, f"has {len(cells)} cells where the header has {len(header)}"))
            else:
                table.append(Numbered(line, dict(zip(names, cells, strict=False))))
    return Found(profile, at + 1, tuple(table), above, tuple(below))


def _cells(line: str, separator: str) -> Sequence[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]


def _names(header: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for cell in header:
        key = column_key(cell)
        seen[key] = seen.get(key, 0) + 1
        names.append(key if seen[key] == 1 else f"{key}#{seen[key]}")
    return names
