"""Answers to posted returns: what the policy says, stored once per return and invoice, and carried out (D13).

Without a policy named in the configuration it only advises: the answer is stored and shown, nothing follows.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any, Final

from pipelines.chart import Chart
from pipelines.dunning.outcome import DunSettings, collection_id
from pipelines.errors import DecisionRefused
from pipelines.model.dunning_case import BlockCause, BlockScope, NewCollection, PostedReturn, ReturnAnswer
from pipelines.model.finding import Finding, Severity
from pipelines.model.masking import mask_iban
from pipelines.model.money import format_minor
from pipelines.model.receivable import ItemStatus
from pipelines.operations.commands import Charge
from pipelines.operations.perform import Performer, not_applied
from pipelines.plans import Plans
from pipelines.ports.audit import AuditEvent
from pipelines.ports.journal import OpenItem
from pipelines.ports.work import Books, Work
from pipelines.returns.policy import Bearer, ReturnClass, ReturnPolicy, Step
from pipelines.usecases.dun import MADE_GOOD, SYSTEM, DunResult, dun, submit, tell

PERSON: Final = "return-needs-person"
ADVISED: Final = "advised"
_CHARGE_ID: Final = "return-charge:"
_TOPICS: Final = {Step.ASK_PAYMENT_DATA: "debtor.ask_payment_data", Step.SWITCH_TO_INVOICE: "debtor.switch_to_invoice"}


def answer_returns(books: Books, chart: Chart, policy: ReturnPolicy, *, acts: bool, as_of: date) -> Counter[str]:
    """Answers every posted return that has no answer; a second run changes nothing. Counts: ``returns_answered`` and
    what was done, by step. acts: carry the steps out; otherwise they are only stored as advice."""
    counts: Counter[str] = Counter()
    with books.lease("dun", as_of):
        with books.read() as work:
            unanswered = bool(work.dunning_cases.posted_returns())
        answers = books.commit(lambda work: _Answers(work, policy, acts, as_of).write()) if unanswered else []
        counts.update(returns_answered=len(answers))
        for answer in answers:
            counts.update(f"returns_{step.partition(':')[0]}" for step in answer.done.split("+") if answer.done)
        if acts:
            counts.update(returns_charged=_pass_on(books, chart, as_of))
    return +counts  # without zeros


def dun_with_returns(
    books: Books, plans: Plans, policy: ReturnPolicy, *, acts: bool, as_of: date, settings: DunSettings, chart: Chart
) -> DunResult:
    """Answers to returns first: what is presented again is not dunned meanwhile. Counts of both."""
    with books.lease("dun", as_of):
        answered = answer_returns(books, chart, policy, acts=acts, as_of=as_of)
        result = dun(books, plans, as_of=as_of, settings=settings, chart=chart)
    result.counts.update(answered)
    return result


def told(books: Books, transaction_id: str) -> list[dict[str, Any]]:
    """The answers, JSON-ready."""
    with books.read() as work:
        answers = work.dunning_cases.answers(transaction_id)
    return [
        {
            "transaction_id": one.transaction_id, "invoice_number": one.invoice_number,
            "debtor_number": one.debtor_number, "reason_code": one.reason_code, "reason_class": one.reason_class,
            "times": one.times, "steps": one.steps, "done": one.done, "because": one.because, "bearer": one.bearer,
            "charges": format_minor(one.charges_minor, one.currency), "as_of": one.as_of.isoformat(),
        }
        for one in answers
    ]  # fmt: skip


class _Answers:
    """The answers of one commit."""

    def __init__(self, work: Work, policy: ReturnPolicy, acts: bool, as_of: date) -> None:
        self._work = work
        self._policy = policy
        self._acts = acts
        self._as_of = as_of
        self._collections: list[NewCollection] = []
        self._findings: list[Finding] = []

    def write(self) -> list[ReturnAnswer]:
        work = self._work
        returns = work.dunning_cases.posted_returns()
        items = work.journal.open_items({one.invoice_number for one in returns})
        self._blocked = set(work.blocklist.of("iban", {one.debtor_iban for one in returns} - {""}, self._as_of))
        answers = [self._answer(one, items.get(one.invoice_number)) for one in returns]
        work.dunning_cases.add_answers(answers)
        submit(work, self._collections)
        work.findings.add(self._findings)
        return answers

    def _answer(self, one: PostedReturn, item: OpenItem | None) -> ReturnAnswer:
        told = self._policy.answer(one.reason_code, one.times, one.debtor_number)
        steps, because = list(told.steps), told.because
        if Step.REPRESENT in steps:
            obstacle = self._obstacle(one, item)
            if obstacle:
                because += f"; not presented again: {obstacle}"
                steps = [step for step in steps if step is not Step.REPRESENT] or [Step.ASK_PAYMENT_DATA]
        done = [self._do(step, one, item, told.reason_class) for step in steps] if self._acts else [ADVISED]
        return ReturnAnswer(
            one.transaction_id, one.invoice_number, one.debtor_number, one.reason_code, told.reason_class.value,
            one.times, "+".join(steps), "+".join(filter(None, done)), because,
            self._policy.bearer(one.reason_code).value, one.charges_minor, one.currency, self._as_of,
        )  # fmt: skip

    def _obstacle(self, one: PostedReturn, item: OpenItem | None) -> str:
        if item is None or item.open_minor <= 0 or item.status != ItemStatus.OPEN:
            return "nothing is owed any more"
        if one.debtor_iban in self._blocked:
            return "the account is on the blocklist"
        return "" if one.mandate_id else "no mandate is known"

    def _do(self, step: Step, one: PostedReturn, item: OpenItem | None, kind: ReturnClass) -> str:
        """Carries a step out in this commit; what was done, "" for nothing."""
        work, mode = self._work, self._work.context.mode
        if step is Step.REPRESENT and item is not None:
            made = NewCollection(
                collection_id(mode, one.invoice_number, f"return-{one.transaction_id}"), one.invoice_number,
                one.debtor_number, one.mandate_id, one.debtor_iban, item.open_minor, one.currency,
                self._policy.represent.day_after(self._as_of), 0, one.transaction_id,
            )  # fmt: skip
            self._collections.append(made)
            return f"represent:{made.end_to_end_id}"
        if step in _TOPICS:
            data: dict[str, object] = {
                "debtor_number": one.debtor_number, "invoice_number": one.invoice_number,
                "reason_code": one.reason_code, "reason_class": kind.value, "return": one.times, "mode": mode,
            }  # fmt: skip
            subject = f"{one.transaction_id}:{one.invoice_number}"
            work.outbox.add([tell(_TOPICS[step], subject, data, mode, work.context.now)])
            return step.value
        reason = f"return {one.reason_code or 'without a code'} of invoice {one.invoice_number}"
        if step is Step.BLOCK_IBAN:
            return self._block_iban(one, reason)
        if step is Step.STOP_DUNNING:
            cause = BlockCause.DECEASED if kind is ReturnClass.DECEASED else BlockCause.DISPUTE
            block_id = work.dunning_cases.add_block(
                BlockScope.DEBTOR, one.debtor_number, cause.value, None, SYSTEM, reason
            )
            self._note("dunning-blocked", block_id, one.debtor_number, reason)
            return step.value
        if step is Step.PERSON:
            self._findings.append(_for_a_person(one, kind))
            return step.value
        return ""

    def _block_iban(self, one: PostedReturn, reason: str) -> str:
        work = self._work
        if not one.debtor_iban or one.debtor_iban in self._blocked:
            return ""
        self._blocked.add(one.debtor_iban)
        debtor_id = work.debtors.id_of(one.debtor_number)
        block_id = work.blocklist.add(
            "iban", one.debtor_iban, mask_iban(one.debtor_iban), debtor_id, None, SYSTEM, reason
        )
        self._note("blocked", block_id, one.debtor_number, reason)
        return Step.BLOCK_IBAN.value

    def _note(self, event: str, subject: str, debtor: str, reason: str) -> None:
        self._work.audit.append([AuditEvent(event, subject, SYSTEM, reason, "", debtor=debtor)])


def _pass_on(books: Books, chart: Chart, as_of: date) -> int:
    """Charges the debtor what the bank took, where he is responsible; once per return, also after a crash."""
    with books.read() as work:
        # A crash between answer and charge is made good by the next runs.
        answers = work.dunning_cases.answers(since=as_of - MADE_GOOD)
        wanted = not_applied(work, [_charge(one) for one in answers if _is_charged(one)])
    desk = Performer(books, chart, as_of)
    charged = 0
    for command in wanted:
        try:
            charged += not desk.apply(command).again
        except DecisionRefused:
            # A fee, a cancelled invoice: nothing can be charged on it; our cost.
            continue
    return charged


def _is_charged(answer: ReturnAnswer) -> bool:
    return answer.charges_minor > 0 and answer.bearer == Bearer.DEBTOR and answer.done != ADVISED


def _charge(answer: ReturnAnswer) -> Charge:
    return Charge(
        invoice_number=answer.invoice_number, kind="return_debit_fee", amount_minor=answer.charges_minor, user=SYSTEM,
        reason=f"return {answer.reason_code}: what the bank took (BGB §280)",
        command_id=f"{_CHARGE_ID}{answer.transaction_id}",
    )  # fmt: skip


def _for_a_person(one: PostedReturn, kind: ReturnClass) -> Finding:
    return Finding(
        PERSON,
        Severity.WARNING,
        one.transaction_id,
        f"Return no. {one.times} of invoice {one.invoice_number}, reason {one.reason_code or 'unknown'} ({kind}): "
        "the policy hands it to a person. Talk to the debtor, then block dunning (dunning block), collect anew, or "
        "write it off.",
    )
