"""Previewing and applying a command: the same plan, shown or written in one commit with its audit row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pipelines.approvals import ApprovalRules, Released, TypedCommand, basis_of, gate
from pipelines.chart import Chart
from pipelines.errors import DecisionRefused
from pipelines.model.ids import content_hash, derive
from pipelines.model.ledger import JournalEntry
from pipelines.model.money import Money
from pipelines.operations.commands import Command, arguments_of
from pipelines.operations.effect import Balance, Decided, Effect, Ground, Preview, StaleDecision
from pipelines.operations.guard import balances
from pipelines.operations.registry import plan
from pipelines.operations.setting import Setting
from pipelines.ports.audit import AuditEvent
from pipelines.ports.operations import Operation
from pipelines.ports.work import Books, Work
from pipelines.roles import Access
from pipelines.snapshots import POSSIBLE_DUPLICATE


@dataclass(frozen=True, slots=True)
class Performer:
    """Carries commands out on one set of books. as_of: the day entries of decisions are booked on."""

    books: Books
    chart: Chart
    as_of: date
    access: Access = field(default_factory=Access)
    rules: ApprovalRules = field(default_factory=ApprovalRules)
    setting: Setting = field(default_factory=Setting)
    released: Released | None = None

    def preview(self, command: Command) -> Preview:
        """What applying the command would do now; nothing is written. Raises DecisionRefused when it would be."""
        self.access.require(command.user, "decide", "decide about payments")
        with self.books.read() as work:
            decision_id = work.decisions.next_id(command.name, "preview")
            effect = plan(self._ground(work, decision_id), command)
            told = balances(work, effect)
            invoices = [one.key for one in told if one.what == "item"]
            levels, facts = work.operations.triggers_of(invoices), work.operations.facts(invoices)
            lines = tuple(
                replace(one, dunning=_dunning(one, levels.get(one.key, 0), facts[one.key].due_date, self.as_of))
                if one.what == "item"
                else one
                for one in told
            )
            waits = effect.insist
            if not waits and self.rules.needs_approval(command.name, self._amount(effect), command.user):
                waits = "it is of a kind or amount that needs a second person"
            return Preview(
                command.name,
                work.operations.version(*effect.subject),
                effect.amount_minor,
                effect.currency,
                lines,
                tuple(effect.entries),
                waits,
                tuple(effect.notes),
            )

    def apply(self, command: Command) -> Decided:
        """Carries the command out, or stores it for a second person; a command id that was applied is not repeated.

        Raises StaleDecision when ``seen`` is no longer true, DecisionRefused when the command does not fit.
        """
        if not command.user.strip() or not command.reason.strip():
            raise DecisionRefused("A decision names who decides (--user) and why (--reason).")
        self.access.require(command.user, "decide", "decide about payments")
        with self.books.lease(command.name, self.as_of), self.books.write() as work:
            sealed = _sealed(command)
            decision_id = work.decisions.next_id(command.name, sealed)
            if command.command_id:
                decision_id = _decision_id(work, command)
                before = work.operations.find(decision_id)
                if before is not None:
                    return _again(before, command, sealed)
            effect = plan(self._ground(work, decision_id), command)
            if command.seen and command.seen != work.operations.version(*effect.subject):
                raise StaleDecision(
                    f"{effect.subject[0].capitalize()} {effect.subject[1]} has changed since you looked at it. "
                    "Nothing was written; look again and decide anew."
                )
            told = balances(work, effect)
            request_id = self._gate(work, command, effect)
            rest = next((one.new_minor for one in told if one.what == "payment"), None)
            if rest is None:
                position = work.journal.cash([effect.transaction_id]).get(effect.transaction_id)
                rest = position.rest_minor if position is not None else 0
            if request_id:
                before_rest = next((one.old_minor for one in told if one.what == "payment"), rest)
                return Decided(
                    "", command.name, effect.transaction_id, 0, before_rest, effect.currency, request_id,
                    effect.amount_minor,
                )  # fmt: skip
            self._write(work, command, effect, decision_id, rest, sealed)
        return Decided(
            decision_id, command.name, effect.transaction_id, len(effect.entries), rest, effect.currency,
            amount_minor=effect.amount_minor,
        )  # fmt: skip

    # --- parts --------------------------------------------------------------------------------------------------

    def _ground(self, work: Work, decision_id: str) -> Ground:
        return Ground(
            work, self.chart, self.as_of, decision_id, self.setting.limits, self.setting.payment_file
        )  # fmt: skip

    def _amount(self, effect: Effect) -> Money:
        """What counts for limits: what the decision moves, seen as money and as claims; the larger."""
        moved = [a for entry in effect.entries for a in entry.allocations]
        sums = (effect.amount_minor, sum(a.cash_minor for a in moved), sum(a.amount_minor for a in moved))
        return Money(max(map(abs, sums)), effect.currency)

    def _gate(self, work: Work, command: Command, effect: Effect) -> str:
        moved = [
            (a.invoice_number, a.debtor_number, a.amount_minor, a.cash_minor, str(a.kind))
            for entry in effect.entries
            for a in entry.allocations
        ]
        request = gate(
            work,
            self.rules,
            TypedCommand(
                command.name,
                effect.subject[1],
                {**arguments_of(command), "command_id": command.command_id},
                effect.debtor_number,
            ),
            self._amount(effect),
            user=command.user,
            reason=command.reason,
            basis=basis_of(effect.amount_minor, moved, effect.insist),
            insist=bool(effect.insist),
            released=self.released,
        )
        return request.request_id if request is not None else ""

    def _write(self, work: Work, command: Command, effect: Effect, decision_id: str, rest: int, sealed: str) -> None:
        work.decisions.add(
            command.name, effect.transaction_id, effect.payload, command.user, command.reason, decision_id=decision_id
        )
        entries = [_named(entry, decision_id) for entry in effect.entries]
        work.journal.append(entries)
        operations = work.operations
        operations.add(
            Operation(
                decision_id, command.name, effect.invoice_number, effect.debtor_number, effect.transaction_id,
                effect.amount_minor, effect.currency, rest, sealed, tuple(entry.entry_id for entry in entries),
            )
        )  # fmt: skip
        if effect.refund is not None:
            operations.add_refund(effect.refund, effect.sources, effect.file)
        if effect.claim is not None:
            operations.add_claim(effect.claim, *effect.claim_kind)
        if effect.undoes:
            operations.undo(effect.undoes, decision_id)
        operations.add_rules(effect.rules)
        work.findings.add(effect.findings)
        if "real" in effect.payload:
            told = work.findings.open(codes=[POSSIBLE_DUPLICATE], subjects=[effect.transaction_id])
            work.findings.resolve([finding.finding_id for finding in told], "decided by a person")
        if entries and effect.transaction_id:
            codes = ["return-waiting", "return-unclear", "paid-twice"]
            told = work.findings.open(codes=codes, subjects=[effect.transaction_id])
            work.findings.resolve([finding.finding_id for finding in told], "decided by a person")
        work.audit.append([self._event(command, effect, decision_id, entries)])

    def _event(self, command: Command, effect: Effect, decision_id: str, entries: Sequence[JournalEntry]) -> AuditEvent:
        details = {
            **effect.payload,
            "decision": decision_id,
            "entries": [entry.entry_id for entry in entries],
            **({"transaction": effect.transaction_id} if effect.transaction_id else {}),
            **({"debtor": effect.debtor_number} if effect.debtor_number else {}),
            **({"request": self.released.request.request_id} if self.released else {}),
        }
        return AuditEvent(
            f"review-{command.name}",
            effect.subject[1],
            command.user,
            command.reason,
            json.dumps(details, sort_keys=True, separators=(",", ":")),
        )


def not_applied(work: Work, commands: Sequence[Command]) -> list[Command]:
    """Those of the commands, each with an id of its own, that were not applied so far."""
    ids = [_decision_id(work, command) for command in commands]
    done = work.operations.applied(ids) if ids else frozenset()
    return [command for command, key in zip(commands, ids, strict=True) if key not in done]


def _decision_id(work: Work, command: Command) -> str:
    return derive("decision", work.context.mode, "command", command.command_id)


def _sealed(command: Command) -> str:
    told = json.dumps(arguments_of(command), sort_keys=True, separators=(",", ":"))
    return content_hash([command.name, told])


def _again(before: Operation, command: Command, sealed: str) -> Decided:
    if before.command_hash != sealed:
        raise DecisionRefused(f"Command {command.command_id} was applied already, with another content.")
    return Decided(
        before.decision_id, before.command, before.transaction_id, len(before.entries), before.rest_minor,
        before.currency, amount_minor=before.amount_minor, again=True,
    )  # fmt: skip


def _named(entry: JournalEntry, decision_id: str) -> JournalEntry:
    """The entry with its allocations attributed to the decision."""
    allocations = tuple(
        replace(a, proposal_id=decision_id, disposition="decided", probability=None) for a in entry.allocations
    )
    return replace(entry, allocations=allocations)


def _dunning(balance: Balance, level: int, due: date, as_of: date) -> str:
    """What a change means for dunning, in words."""
    if not balance.change_minor:
        return ""
    stands = f"level {level}" if level else "no dunning yet"
    if balance.new_minor <= 0:
        return f"dunning ends ({stands})" if level else "no dunning"
    if balance.old_minor <= 0:
        return "dunning may start at once: it is overdue" if due < as_of else f"dunning may start after {due}"
    return f"dunning goes on with the new amount ({stands})" if due < as_of else "not due yet"
