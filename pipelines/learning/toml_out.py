"""Writes a policy file: only what differs from the shipped values, readable, with where it comes from on top."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def policy_text(values: Mapping[str, Any], comments: Sequence[str]) -> str:
    """TOML of nested tables of texts, numbers, booleans and lists."""
    lines = [f"# {comment}" for comment in comments]
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    lines += ["", *(f"{_key(key)} = {_value(value)}" for key, value in plain.items())]
    for key, table in values.items():
        if isinstance(table, Mapping):
            lines += _table(_key(key), table)
    return "\n".join(lines) + "\n"


def _table(path: str, table: Mapping[str, Any]) -> list[str]:
    lines = ["", f"[{path}]"]
    lines += [f"{_key(key)} = {_value(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += _table(f"{path}.{_key(key)}", value)
    return lines


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)


def _value(value: Any) -> str:
    # JSON's texts, numbers, booleans and lists are TOML's.
    return json.dumps(value, ensure_ascii=False)
