"""The ``[[sources]]`` and ``[[sinks]]`` of the configuration: a name, a module, and that module's own options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigurationError
from pipelines.secret import secret_from


@dataclass(frozen=True, slots=True)
class Part:
    """A configured source or sink: its name, the module it uses, and that module's own options.

    Option values are plain TOML values, or ``Secret`` where the file names one; ``path`` is already absolute.
    """

    name: str
    use: str
    options: Mapping[str, Any] = field(default_factory=dict)


def read_parts(raw: Mapping[str, Any], kind: str, base: Path) -> tuple[Part, ...]:
    """The ``[[sources]]`` or ``[[sinks]]``; what their options may be, the module they use says."""
    tables = raw.get(kind, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigurationError(f"{kind} must be a list of tables: [[{kind}]]")
    parts: list[Part] = []
    for number, table in enumerate(tables, 1):
        where = f"{kind}[{number}]"
        name, use = table.get("name"), table.get("use")
        if not isinstance(use, str) or not use.isidentifier():
            raise ConfigurationError(f"{where}.use must name a module in {kind}/")
        if name is None:
            name = use
        if not isinstance(name, str) or not name:
            raise ConfigurationError(f"{where}.name must be a text")
        if any(part.name == name for part in parts):
            raise ConfigurationError(f'{where}.name "{name}" is taken by another of the {kind}')
        parts.append(Part(name, use, _options(table, where, base)))
    return tuple(parts)


def _options(table: Mapping[str, Any], where: str, base: Path) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for key, value in table.items():
        if key in ("name", "use"):
            continue
        if isinstance(value, dict):
            options[key] = secret_from(value, f"{where}.{key}", base)
        elif key == "path":
            if not isinstance(value, str) or not value:
                raise ConfigurationError(f"{where}.path must be a text")
            options[key] = str((base / Path(value).expanduser()).absolute())
        else:
            options[key] = value
    return options
