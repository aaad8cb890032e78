"""The review desk: what an analyst may do, each decision in one commit with its journal entries and its audit row.

``preview`` shows what a command would do, ``apply`` does it; the methods below are the same commands for short. The
same checks hold as for automatic posts: never more than the money there is, never more than an item owes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pipelines.approvals import ApprovalRules, Released
from pipelines.chart import Chart
from pipelines.errors import DecisionRefused as DecisionRefused
from pipelines.operations.commands import (
    Accept as Accept,
)
from pipelines.operations.commands import (
    Assign as Assign,
)
from pipelines.operations.commands import (
    ByLaw as ByLaw,
)
from pipelines.operations.commands import (
    Charge as Charge,
)
from pipelines.operations.commands import (
    Command as Command,
)
from pipelines.operations.commands import (
    Confirm as Confirm,
)
from pipelines.operations.commands import (
    Credit as Credit,
)
from pipelines.operations.commands import (
    Hold as Hold,
)
from pipelines.operations.commands import (
    OnAccount as OnAccount,
)
from pipelines.operations.commands import (
    Part as Part,
)
from pipelines.operations.commands import (
    Position as Position,
)
from pipelines.operations.commands import (
    Rebook as Rebook,
)
from pipelines.operations.commands import (
    Refund as Refund,
)
from pipelines.operations.commands import (
    Reject as Reject,
)
from pipelines.operations.commands import (
    Release as Release,
)
from pipelines.operations.commands import (
    SmallDifference as SmallDifference,
)
from pipelines.operations.commands import (
    Split as Split,
)
from pipelines.operations.commands import (
    Transit as Transit,
)
from pipelines.operations.commands import (
    Undo as Undo,
)
from pipelines.operations.commands import (
    WriteOff as WriteOff,
)
from pipelines.operations.commands import (
    command_from,
)
from pipelines.operations.effect import Balance as Balance
from pipelines.operations.effect import Decided as Decided
from pipelines.operations.effect import Preview as Preview
from pipelines.operations.effect import StaleDecision as StaleDecision
from pipelines.operations.perform import Performer
from pipelines.operations.setting import Setting
from pipelines.ports.approvals import Request
from pipelines.ports.work import Books
from pipelines.roles import Access


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """The operations; each is atomic and attributed. as_of: the day corrections are booked on.

    access: who may decide. rules: what waits for a second person. released: set while a request is carried out.
    setting: limits of small differences, payment files.
    """

    books: Books
    chart: Chart
    as_of: date
    access: Access = field(default_factory=Access)
    rules: ApprovalRules = field(default_factory=ApprovalRules)
    released: Released | None = None
    setting: Setting = field(default_factory=Setting)

    def preview(self, command: Command) -> Preview:
        """Old balance, change and new balance of everything a command touches, and what it means for dunning.

        Raises DecisionRefused when applying it would be refused.
        """
        return self._performer().preview(command)

    def apply(self, command: Command) -> Decided:
        """Carries a command out exactly once. Raises StaleDecision, DecisionRefused, NotAllowed."""
        return self._performer().apply(command)

    def replay(self, request: Request, released: Released) -> Decided:
        """Carries out a request that somebody released, as the one who asked for it."""
        told = dict(request.arguments)
        command = command_from(
            request.command, told, user=request.user, reason=request.reason, command_id=told.pop("command_id", "")
        )
        return replace(self, released=released).apply(command)

    def _performer(self) -> Performer:
        return Performer(
            self.books, self.chart, self.as_of, self.access, self.rules, self.setting, self.released
        )  # fmt: skip

    # --- for short ------------------------------------------------------------------------------------------------

    def accept(self, transaction_id: str, *, user: str, reason: str, rank: int = 1) -> Decided:
        """Posts one of the stored proposals as it stands."""
        return self.apply(Accept(transaction_id=transaction_id, rank=rank, user=user, reason=reason))

    def assign(self, transaction_id: str, part: Part, *, user: str, reason: str) -> Decided:
        """Puts (part of) a receipt on an invoice or an account; a return takes back that invoice's payment."""
        return self.apply(Assign(transaction_id=transaction_id, part=part, user=user, reason=reason))

    def split(self, transaction_id: str, parts: Sequence[Part], *, user: str, reason: str) -> Decided:
        """Divides a receipt over several invoices or accounts; what is left stays unallocated."""
        return self.apply(Split(transaction_id=transaction_id, parts=tuple(parts), user=user, reason=reason))

    def reject(self, transaction_id: str, *, user: str, reason: str, rank: int = 1) -> Decided:
        """Refuses a proposal: this allocation is never posted automatically for this transaction."""
        return self.apply(Reject(transaction_id=transaction_id, rank=rank, user=user, reason=reason))

    def confirm(self, transaction_id: str, *, user: str, reason: str) -> Decided:
        """Says that an automatic post is right: one drawn for checking, or any other. Counts as a confirmed case."""
        return self.apply(Confirm(transaction_id=transaction_id, user=user, reason=reason))

    def hold(self, transaction_id: str, *, user: str, reason: str) -> Decided:
        """Keeps a transaction out of matching until it is released."""
        return self.apply(Hold(transaction_id=transaction_id, user=user, reason=reason))

    def release(self, transaction_id: str, *, user: str, reason: str) -> Decided:
        """Lets a held transaction be matched again."""
        return self.apply(Release(transaction_id=transaction_id, user=user, reason=reason))

    def undo(self, transaction_id: str = "", *, decision_id: str = "", user: str, reason: str) -> Decided:
        """Takes every allocation of a receipt back, or one decision; what it closed is open again."""
        return self.apply(Undo(transaction_id=transaction_id, decision_id=decision_id, user=user, reason=reason))
