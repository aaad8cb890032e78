"""The audit trail: who did what when, chained so that every later change shows (GoBD, §146(4) AO)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event. user: who decided, ``kontoklar`` for the automatic part. details: JSON with sorted keys, or "".

    debtor, transaction: whom and what it is about where ``subject`` does not say it; they go into the details.
    No names, IBANs or remittance text; ids and invoice numbers only.
    """

    event: str
    subject: str
    user: str = "kontoklar"
    comment: str = ""
    details: str = ""
    debtor: str = ""
    transaction: str = ""

    def told(self) -> str:
        """The details with debtor and transaction in them, canonical: sorted keys, no blanks."""
        more = {"debtor": self.debtor, "transaction": self.transaction}
        more = {name: value for name, value in more.items() if value}
        if not more:
            return self.details
        known = json.loads(self.details) if self.details else {}
        return json.dumps({**more, **known}, sort_keys=True, separators=(",", ":"))


class AuditHead(NamedTuple):
    """The newest row: note ``sequence:hash`` outside, and a cut tail can be proven. (0, "") for an empty trail."""

    sequence: int
    hash: str


FILTERS = ("user", "event", "subject", "debtor_number", "transaction_id", "sequence", "comment")


class AuditReader(Protocol):
    """The trail for people."""

    def rows(
        self, filters: Mapping[str, str] | None = None, first: date | None = None, last: date | None = None
    ) -> Iterator[dict[str, str]]:
        """Rows as text, in order, with ``debtor_number`` (``|``-joined) and ``transaction_id`` beside the columns.

        filters: a name of FILTERS → value, capitals aside; a ``*`` at the end takes every continuation. first, last:
        days (UTC) that belong to the range.
        """
        ...


class Audit(Protocol):
    """Append-only, hash-chained."""

    def append(self, events: Sequence[AuditEvent]) -> AuditHead:
        """Adds events in this order, at the time of the work; returns the new head."""
        ...

    def head(self) -> AuditHead:
        """The newest row."""
        ...

    def verify(self, anchor: AuditHead | None = None) -> str:
        """ "" when the whole chain holds, else the first row that was changed, removed or moved, and what is wrong.

        anchor: an earlier head kept outside; without it a cut tail cannot be seen.
        """
        ...
