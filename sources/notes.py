"""Collects what a reader finds wrong inside a statement, with file and position."""

from __future__ import annotations

from pipelines.model.finding import Finding, Severity
from pipelines.model.statement import Document


class Notes:
    """The defects of one statement in the making.

    ``error`` holds the statement, ``warning`` and ``info`` are stored and hold nothing.
    """

    __slots__ = ("_document", "found")

    def __init__(self, document: Document) -> None:
        self._document = document
        self.found: list[Finding] = []

    def error(self, code: str, message: str, position: str) -> None:
        self._add(code, Severity.ERROR, message, position)

    def warning(self, code: str, message: str, position: str) -> None:
        self._add(code, Severity.WARNING, message, position)

    def info(self, code: str, message: str, position: str) -> None:
        self._add(code, Severity.INFO, message, position)

    def _add(self, code: str, severity: Severity, message: str, position: str) -> None:
        name = self._document.name
        self.found.append(Finding(code, severity, name, message, name, position))
