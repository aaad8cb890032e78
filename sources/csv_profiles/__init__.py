"""One module per bank's CSV export. A new export is one new file here that offers ``PROFILE``; nothing else changes.

Headers and habits were taken from exports in public repositories, named in each module; nothing is copied from them.
"""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from sources.csv_profile import Profile


@lru_cache(maxsize=1)
def profiles() -> tuple[Profile, ...]:
    """Every profile, the most demanding header first, so that a special form wins over a general one."""
    found = [import_module(f"{__name__}.{module.name}").PROFILE for module in pkgutil.iter_modules(__path__)]
    return tuple(sorted(found, key=lambda profile: (-len(profile.header), profile.name)))
