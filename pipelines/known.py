"""Names a person typed against the names there are: a wrong one is refused with the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pipelines.errors import ConfigurationError


def refuse_unknown(given: Iterable[str], known: Iterable[str], where: str) -> None:
    """Raises ConfigurationError for the first key that is not known, with the nearest one that is."""
    names = sorted(known)
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
            hint = f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(names)}"
            raise ConfigurationError(f'unknown key "{where + "." if where else ""}{key}"{hint}')
