"""What was wrong with the data, as a value that is stored while the run goes on (D18)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipelines.model.ids import derive


class Severity(StrEnum):
    """``error`` keeps something from being posted, ``warning`` needs a look, ``info`` is for the record."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about bad or surprising data.

    code: stable dashed name such as ``statement-balance-mismatch``.
    subject: what it is about: a statement id, transaction id, invoice number, file name. Never personal data.
    message: what, where and what to do, without names, IBANs or remittance text.
    source_file: file name as delivered, "" when no file is involved.
    position: where in the file: ``line 12``, ``Stmt 1/Ntry 3``, ``row 17``; "" when it is about the whole file.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    source_file: str = ""
    position: str = ""

    @property
    def finding_id(self) -> str:
        """Derived, so that the same observation in a repeated run is stored once."""
        return derive("finding", self.code, self.subject, self.message, self.source_file, self.position)
