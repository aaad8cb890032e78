"""The composition root: the one place that knows which source, matcher and sink stands behind which name.

Heavy modules are imported when a command needs them, so that ``kontoklar --help`` is quick.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import date
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pipelines.config import Part, Settings, refuse_unknown
from pipelines.errors import ConfigurationError, SourceUnavailable
from pipelines.step import Step, timed

if TYPE_CHECKING:
    from pipelines.chart import Chart
    from pipelines.model.finding import Finding
    from pipelines.model.statement import Document
    from pipelines.ports.explain import Explanation
    from pipelines.ports.invariants import CheckResult
    from sinks.books import SqlBooks
    from sinks.database import Database
