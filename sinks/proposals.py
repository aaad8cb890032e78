"""Stored match runs (``pipelines.ports.proposals``)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, Subquery, and_, exists, func, select

from pipelines.errors import LedgerInvariantBroken
from pipelines.model.ids import derive
from pipelines.model.proposal import AllocationKind, Disposition, Evidence, Proposal, ProposedLine
from pipelines.model.return_debit import ReturnLink, ReturnState
from pipelines.ports.proposals import MatchRun, PlannedPosting, StoredProposal
from pipelines.ports.work import WorkContext
from sinks.bulk import among, insert_rows
from sinks.tables import allocation, match_consideration, match_run, proposal, return_link


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class ProposalRepository:
    """Match runs on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    def last_match(self) -> MatchRun | None:
        """The newest match run."""
        row = self._connection.execute(select(match_run).order_by(match_run.c.match_no.desc()).limit(1)).first()
        if row is None:
            return None
        return MatchRun(row.match_no, date.fromisoformat(row.as_of), row.input_key, row.policy_hash, row.considered)

    def last_input_key(self) -> str:
        """The newest match run's input key, "" before the first."""
        last = self.last_match()
        return last.input_key if last else ""

    def store(
        self,
        *,
        as_of: date | str,
        input_key: str,
        policy_hash: str,
        considered: Sequence[str],
        proposals: Sequence[Proposal],
        links: Sequence[ReturnLink],
    ) -> int:
        """Stores one match run under the next number."""
        known = set(considered)
        if len(known) != len(considered):
            raise LedgerInvariantBroken("A match run considered a transaction twice.")
        if not known.issuperset({p.transaction_id for p in proposals} | {link.transaction_id for link in links}):
            raise LedgerInvariantBroken("A match run proposes for a transaction that it did not consider.")
        last = self.last_match()
        number = last.match_no + 1 if last else 1
        run_id = self._context.run_id
        head = {
            "match_no": number,
            "as_of": str(as_of),
            "input_key": input_key,
            "policy_hash": policy_hash,
            "considered": len(considered),
            "run_id": run_id,
        }
        insert_rows(self._connection, match_run, [head])
        insert_rows(
            self._connection,
            match_consideration,
            [{"match_no": number, "transaction_id": key, "plan_no": place} for place, key in enumerate(considered, 1)],
        )
        insert_rows(self._connection, proposal, [self._proposal_row(number, p) for p in proposals])
        links_so_far: dict[str, int] = defaultdict(int)
        rows = []
        for link in links:
            links_so_far[link.transaction_id] += 1
            rows.append(self._link_row(number, links_so_far[link.transaction_id], link))
        insert_rows(self._connection, return_link, rows)
        return number

    def _proposal_row(self, number: int, p: Proposal) -> dict[str, object]:
        return {
            "proposal_id": derive("proposal", self._context.mode, number, p.transaction_id, p.rank),
            "match_no": number,
            "transaction_id": p.transaction_id,
            "rank": p.rank,
            "probability": float(p.probability),
            "disposition": p.disposition.value,
            "reason": p.reason,
            "message": p.message,
            "pattern": p.pattern,
            "lines": _json(
                [
                    {
                        "invoice_number": line.invoice_number,
                        "debtor_number": line.debtor_number,
                        "amount_minor": line.amount_minor,
                        "cash_minor": line.cash_minor,
                        "kind": line.kind.value,
                    }
                    for line in p.lines
                ]
            ),
            "waterfall": _waterfall(p.waterfall),
            "remainder_minor": p.remainder_minor,
            "policy_hash": p.policy_hash,
            "run_id": self._context.run_id,
        }

    def _link_row(self, number: int, link_no: int, link: ReturnLink) -> dict[str, object]:
        return {
            "match_no": number,
            "transaction_id": link.transaction_id,
            "link_no": link_no,
            "state": link.state.value,
            "reason_code": link.reason_code,
            "invoice_number": link.invoice_number,
            "debtor_number": link.debtor_number,
            "original_transaction_id": link.original_transaction_id,
            "original_entry_id": link.original_entry_id,
            "returned_minor": link.returned_minor,
            "charges_minor": link.charges_minor,
            "reason": link.reason,
            "evidence": _waterfall(link.evidence),
            "run_id": self._context.run_id,
        }

    # --- reading ------------------------------------------------------------------------------------------------

    def latest(self, transaction_ids: Collection[str] | None = None) -> dict[str, list[StoredProposal]]:
        """Per transaction its proposals by rank."""
        found: dict[str, list[StoredProposal]] = defaultdict(list)
        for row in self._connection.execute(self._proposals(transaction_ids)):
            stored = StoredProposal(row.proposal_id, row.match_no, row.plan_no, _proposal(row), bool(row.posted))
            found[row.transaction_id].append(stored)
        return {key: sorted(rows, key=lambda r: r.proposal.rank) for key, rows in found.items()}

    def latest_links(self, transaction_ids: Collection[str] | None = None) -> dict[str, list[ReturnLink]]:
        """Per return its links."""
        return {links[0].transaction_id: links for links in self._links(transaction_ids).values()}

    def to_post(self) -> list[PlannedPosting]:
        """What is to be posted, in plan order."""
        planned: dict[tuple[int, int], PlannedPosting] = {}
        best = self._proposals(None).where(proposal.c.rank == 1, proposal.c.disposition == Disposition.AUTO.value)
        for row in self._connection.execute(best):
            if not row.posted:
                planned[row.match_no, row.plan_no] = PlannedPosting(
                    row.transaction_id, row.match_no, row.proposal_id, _proposal(row), ()
                )
        for (number, place), links in self._links(None).items():
            if all(link.state is ReturnState.LINKED for link in links):
                key = links[0].transaction_id
                planned[number, place] = PlannedPosting(key, number, self._return_id(number, key), None, tuple(links))
        return [planned[place] for place in sorted(planned)]

    def _latest(self, transaction_ids: Collection[str] | None) -> Subquery:
        c = match_consideration.c
        newest = select(c.transaction_id, func.max(c.match_no).label("match_no")).group_by(c.transaction_id)
        if transaction_ids is not None:
            newest = newest.where(among(self._connection, c.transaction_id, transaction_ids))
        last = newest.subquery()
        return (
            select(c.transaction_id, c.match_no, c.plan_no)
            .join(last, and_(last.c.transaction_id == c.transaction_id, last.c.match_no == c.match_no))
            .subquery()
        )

    def _proposals(self, transaction_ids: Collection[str] | None) -> Select[Any]:
        last = self._latest(transaction_ids)
        posted = exists().where(
            allocation.c.transaction_id == proposal.c.transaction_id, allocation.c.proposal_id == proposal.c.proposal_id
        )
        return select(proposal, last.c.plan_no, posted.label("posted")).join(
            last, and_(last.c.transaction_id == proposal.c.transaction_id, last.c.match_no == proposal.c.match_no)
        )

    def _links(self, transaction_ids: Collection[str] | None) -> dict[tuple[int, int], list[ReturnLink]]:
        """Links by (match number, place in its plan), with the state as it is now."""
        last = self._latest(transaction_ids)
        query = (
            select(return_link, last.c.plan_no)
            .join(
                last,
                and_(last.c.transaction_id == return_link.c.transaction_id, last.c.match_no == return_link.c.match_no),
            )
            .order_by(return_link.c.match_no, last.c.plan_no, return_link.c.link_no)
        )
        posted = self._posted_returns()
        found: dict[tuple[int, int], list[ReturnLink]] = defaultdict(list)
        for row in self._connection.execute(query):
            link = _link(row)
            if link.state is ReturnState.LINKED and self._return_id(row.match_no, row.transaction_id) in posted:
                link = replace(link, state=ReturnState.POSTED)
            found[row.match_no, row.plan_no].append(link)
        return found

    def _posted_returns(self) -> set[str]:
        a = allocation.c
        query = (
            select(a.proposal_id)
            .distinct()
            .where(
                a.kind.in_([AllocationKind.REVERSAL.value, AllocationKind.FEE.value]),
                exists().where(return_link.c.transaction_id == a.transaction_id),
            )
        )
        return set(self._connection.execute(query).scalars())

    def _return_id(self, number: int, transaction_id: str) -> str:
        return derive("return", self._context.mode, number, transaction_id)


def _waterfall(evidence: Sequence[Evidence]) -> str:
    return _json([{"field": e.field, "level": e.level, "bits": e.bits} for e in evidence])


def _evidence(text: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(e["field"], e["level"], e["bits"]) for e in json.loads(text or "[]"))


def _proposal(row: Any) -> Proposal:
    return Proposal(
        transaction_id=row.transaction_id,
        rank=row.rank,
        lines=tuple(
            ProposedLine(
                line["invoice_number"],
                line["debtor_number"],
                line["amount_minor"],
                line["cash_minor"],
                AllocationKind(line["kind"]),
            )
            for line in json.loads(row.lines)
        ),
        probability=row.probability,
        disposition=Disposition(row.disposition),
        reason=row.reason,
        message=row.message,
        pattern=row.pattern,
        waterfall=_evidence(row.waterfall),
        remainder_minor=row.remainder_minor,
        policy_hash=row.policy_hash,
    )


def _link(row: Any) -> ReturnLink:
    return ReturnLink(
        transaction_id=row.transaction_id,
        state=ReturnState(row.state),
        reason_code=row.reason_code,
        invoice_number=row.invoice_number,
        debtor_number=row.debtor_number,
        original_transaction_id=row.original_transaction_id,
        original_entry_id=row.original_entry_id,
        returned_minor=row.returned_minor,
        charges_minor=row.charges_minor,
        reason=row.reason,
        evidence=_evidence(row.evidence),
    )
