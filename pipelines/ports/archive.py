"""The raw archive: bytes as fetched, kept before anything is parsed (D3)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

from pipelines.model.statement import Document


class Reading(NamedTuple):
    """What a reader made of a document. reader: the readers' version; outcome: ``read`` or ``refused``."""

    sha256: str
    reader: str
    outcome: str
    statements: int


class Archive(Protocol):
    """Documents by the SHA-256 of their bytes."""

    def store(self, documents: Sequence[Document]) -> list[str]:
        """Keeps bytes and arrivals, each once; returns the SHA-256 of every document in order."""
        ...

    def outcomes(self, sha256s: Collection[str], reader: str) -> dict[str, str]:
        """SHA-256 → outcome, for documents this reader version has taken already."""
        ...

    def record(self, readings: Sequence[Reading]) -> None:
        """Remembers what readers made of documents; a reading that is known already stays."""
        ...

    def document(self, sha256: str) -> Document:
        """An archived document under the name it first arrived with. Raises KeyError when it is unknown and
        LedgerInvariantBroken when its bytes no longer have this hash."""
        ...

    def hashes(self) -> Iterator[str]:
        """Every archived document in the order of its first arrival, then by hash; reading them all again rebuilds the
        books."""
        ...
