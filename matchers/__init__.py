"""One file per matching strategy: frames in, candidate frame out.

A new strategy is one new module here with ``build(options)``; the policy's ``strategies`` names it, and nothing else
changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from pipelines.errors import ConfigurationError
from pipelines.ports.matcher import Strategy


def load(names: Sequence[str], options: Mapping[str, Mapping[str, object]] | None = None) -> list[Strategy]:
    """The strategies of these names, built with their options; ConfigurationError for a name without a module."""
    strategies: list[Strategy] = []
    for name in names:
        if not name.isidentifier() or name.startswith("_"):
            raise ConfigurationError(f"{name!r} cannot be the name of a matching strategy")
        try:
            module = import_module(f"matchers.{name}")
        except ModuleNotFoundError as error:
            raise ConfigurationError(f"there is no matching strategy named {name}") from error
        strategies.append(module.build((options or {}).get(name, {})))
    return strategies
