"""The source ``use = "files"``: a drop folder, a file or a ZIP on disk."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.errors import ConfigurationError, SourceUnavailable
from pipelines.model.finding import Finding
from pipelines.model.statement import Document
from pipelines.ports.source import Window
from sources.documents import documents
from sources.intake import DEFAULT_LIMITS, MIB, Limits

_OPTIONS = ("name", "use", "path", "max_document_mib", "max_archive_mib")


@dataclass(frozen=True, slots=True)
class FilesSource:
    """Everything below ``path``, whatever its age: the archive knows by content what it has seen before."""

    name: str
    path: Path
    limits: Limits = DEFAULT_LIMITS

    def fetch(self, window: Window | None = None) -> Iterator[Document | Finding]:
        """See ports.source.Source. The window is not used: a file holds the days it holds."""
        if not self.path.exists():
            raise SourceUnavailable(f"Source {self.name!r}: its path does not exist. Create it or correct `path`.")
        return documents([self.path], self.name, self.limits)


def build(options: Mapping[str, object]) -> FilesSource:
    """A source from its ``[[sources]]`` table. Raises ConfigurationError for unknown or wrong options."""
    for key in options:
        if key not in _OPTIONS:
            near = difflib.get_close_matches(key, _OPTIONS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(_OPTIONS)}."
            raise ConfigurationError(f"Unknown option {key!r} of a files source.{hint}")
    path = options.get("path")
    if not isinstance(path, (str, Path)) or not str(path):
        raise ConfigurationError("A files source needs `path`, a folder or file.")
    name = options.get("name", "files")
    if not isinstance(name, str) or not name:
        raise ConfigurationError("The `name` of a files source must be a text.")
    limits = DEFAULT_LIMITS
    for key, field in (("max_document_mib", "document"), ("max_archive_mib", "archive_total")):
        size = options.get(key)
        if size is None:
            continue
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ConfigurationError(f"`{key}` of source {name!r} must be a whole number of MiB.")
        limits = replace(limits, **{field: size * MIB})
    return FilesSource(name, Path(path), limits)
