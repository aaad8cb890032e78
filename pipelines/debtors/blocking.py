"""The blocklist where it matters: what is blocked is compared in full, whatever spelling, and shown masked.

Two places ask: matching and posting (a payment from a blocked account never posts by itself), and whoever makes a file
of collections or refunds (``refused``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import pandas as pd

from pipelines.errors import ConfigurationError
from pipelines.model.masking import mask_email, mask_iban
from pipelines.model.proposal import Disposition, Proposal
from pipelines.normalize import normalize_iban, squeeze
from pipelines.plan import CohortMatcher
from pipelines.ports.debtors import BlockRow
from pipelines.ports.work import Work

PAYER_BLOCKED: Final = "payer-blocked"
_MESSAGE: Final = "the payer's account is on the blocklist"
KINDS: Final = ("iban", "email")


def normalized(kind: str, value: str) -> tuple[str, str]:
    """The value as it is compared, and as it is shown. kind: ``iban`` or ``email``.

    Blanks, zero-width characters and capitals make no difference. Raises ConfigurationError for what is neither.
    """
    if kind == "iban":
        iban = normalize_iban(value)
        if not iban:
            raise ConfigurationError("only a whole, valid IBAN can be blocked: a part would hit somebody else")
        return iban, mask_iban(iban)
    if kind != "email":
        raise ConfigurationError(f"only {' and '.join(KINDS)} can be blocked, not {kind}")
    email = squeeze(value).lower()
    name, at, domain = email.rpartition("@")
    if not name or not at or "." not in domain.strip("."):
        raise ConfigurationError("this is no e-mail address")
    return email, mask_email(email)


def blocks_of(work: Work, kind: str, value: str, debtor_number: str, on: date) -> list[BlockRow]:
    """The blocks that keep this value from being used for a debtor on a day; empty when none does.

    A value that is no valid IBAN or address cannot be blocked and gives none.
    """
    try:
        whole, _ = normalized(kind, value)
    except ConfigurationError:
        return []
    rows: Sequence[BlockRow] = work.blocklist.of(kind, [whole], on).get(whole, [])
    id_ = work.debtors.id_of(debtor_number) if debtor_number else ""
    return [row for row in rows if row.debtor_id in ("", id_)]


def refused(work: Work, debits: Sequence[tuple[str, str]], on: date) -> dict[int, BlockRow]:
    """Which of these may not go into a file of collections or refunds.

    debits: (debtor number, IBAN) pairs. The answer names the place in ``debits`` and the block that forbids it; ask in
    the commit that makes the file. New debtors are covered by blocks for all debtors.
    """
    whole = [normalize_iban(iban) for _, iban in debits]
    blocks: Mapping[str, Sequence[BlockRow]] = work.blocklist.of("iban", {iban for iban in whole if iban}, on)
    found: dict[int, BlockRow] = {}
    if not blocks:
        return found
    for place, ((number, _), iban) in enumerate(zip(debits, whole, strict=True)):
        for row in blocks.get(iban, ()):
            if row.debtor_id in ("", work.debtors.id_of(number)):
                found.setdefault(place, row)
    return found


class BlockedPayers:
    """Which of these payments come from accounts on the blocklist, as it holds on a day."""

    def __init__(self, work: Work, transaction_ids: Collection[str], on: date) -> None:
        payers: Mapping[str, frozenset[str]] = work.blocklist.payments(transaction_ids, on)
        self._scopes = dict(payers)
        # Read now: the books may be closed again when the question comes.
        scoped = {id_ for scopes in payers.values() for id_ in scopes if id_}
        self._ids = {number: id_ for id_ in scoped for number in work.debtors.numbers(id_)}

    def refuse(self, proposal: Proposal | None) -> bool:
        """Whether this may not be posted by itself: the payer is blocked for all debtors or for one it allocates to."""
        scopes = self._scopes.get(proposal.transaction_id) if proposal else None
        if not proposal or not scopes:
            return False
        return "" in scopes or any(self._ids.get(line.debtor_number) in scopes for line in proposal.lines)


class BlockingMatcher:
    """A matcher whose proposals for payments from blocked accounts wait for a person, with the reason."""

    def __init__(self, inner: CohortMatcher, work: Work, transaction_ids: Collection[str], on: date) -> None:
        self._inner = inner
        self._blocked = BlockedPayers(work, transaction_ids, on)

    def plan(self, receipts: pd.DataFrame) -> list[Proposal]:
        """The inner matcher's proposals, those of blocked payers for review."""
        return [self._judged(proposal) for proposal in self._inner.plan(receipts)]

    def _judged(self, proposal: Proposal) -> Proposal:
        if proposal.rank != 1 or not self._blocked.refuse(proposal):
            return proposal
        return replace(proposal, disposition=Disposition.REVIEW, reason=PAYER_BLOCKED, message=_MESSAGE)

    def settle(self, invoice_number: str, amount_minor: int) -> None:
        """As the inner matcher."""
        self._inner.settle(invoice_number, amount_minor)

    def reopen(self, invoice_number: str, amount_minor: int) -> None:
        """As the inner matcher."""
        self._inner.reopen(invoice_number, amount_minor)
