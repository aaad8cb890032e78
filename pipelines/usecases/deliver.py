"""Delivering the outbox: at least once, the same id on every try, asked again before each run (D14, D15)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from pipelines.dun import DunSettings
from pipelines.errors import DeliveryRefused
from pipelines.model.dunning import TriggerState
from pipelines.model.finding import Finding, Severity
from pipelines.model.ids import derive
from pipelines.plans import Plans
from pipelines.ports.delivery import Answer, DeliverySink, Reply
from pipelines.ports.dunning import TriggerEvent, TriggerFact
from pipelines.ports.outbox import Attempt, Message, Pending
from pipelines.ports.work import Books, Work
from pipelines.usecases.dun import ASKED, CoverageReader, ask, message_id

# Standard Webhooks' example schedule; after the last pause a message is given up (dead letter).
PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
_LONGEST_PAUSE: Final = timedelta(days=7)
_JITTER: Final = 0.2
_PER_COMMIT: Final = 25
# A receiver that is down would cost a timeout per message; after so many failures in a row the rest waits.
_ENOUGH_FAILURES: Final = 10
OVERTAKEN: Final = "overtaken by events"


@dataclass(slots=True)
class DeliverResult:
    """What a delivery did. counts: delivered, failed, refused, dead, overtaken, later (their next try is not due yet).

    undelivered: messages still to go out, summed over all sinks; with no sink at all, the messages waiting for one.
    """

    counts: Counter[str] = field(default_factory=Counter)
    undelivered: int = 0
    findings: list[Finding] = field(default_factory=list)


def deliver(
    books: Books,
    sinks: Sequence[DeliverySink],
    plans: Plans,
    *,
    as_of: date,
    settings: DunSettings | None = None,
    coverage: CoverageReader | None = None,
    just_asked: bool = False,
) -> DeliverResult:
    """Sends what is due to every sink. Triggers are asked again first: what is held stays, what is paid is taken back.

    Without sinks nothing is sent and triggers stay ready. just_asked: ``dun`` ran under this very lease, so that no
    fact can have changed since.
    """
    result = DeliverResult()
    names = [sink.name for sink in sinks]
    with books.lease("deliver", as_of):
        with books.read() as work:
            waiting = {name: _to_send(work, name) for name in names or [""]}
            now = work.context.now
        due = any(entry.next_at <= now for entries in waiting.values() for entry in entries)
        if not sinks or not due:
            result.undelivered = sum(map(len, waiting.values()))
            result.counts["later"] = result.undelivered if sinks else 0
            return result
        if not just_asked:
            _, outcome = ask(books, plans, as_of, settings, coverage, create=False)
            result.findings += outcome.findings
        for sink in sinks:
            _Sender(books, sink, names, as_of, result).run()
    return result


def _to_send(work: Work, sink: str) -> list[Pending]:
    pending: list[Pending] = work.outbox.pending(sink)
    known = work.dunning.trigger_facts({entry.message.subject for entry in pending})
    return [entry for entry in pending if _is_current(entry.message, known)]


def replay(books: Books, sink: str, *, as_of: date, message_ids: Collection[str] | None = None) -> int:
    """Lets messages be tried again that a sink refused or was given up on; all of them, or some. Returns how many."""
    with books.lease("deliver", as_of):
        with books.read() as work:
            entries = [
                entry
                for entry in work.outbox.undeliverable(sink)
                if message_ids is None or entry.message.message_id in message_ids
            ]
        if entries:
            with books.write() as work:
                now = work.context.now
                work.outbox.record(
                    [Attempt(e.message.message_id, sink, e.attempts + 1, "replayed", "", now) for e in entries]
                )
    return len(entries)


def _is_current(message: Message, facts: Mapping[str, TriggerFact]) -> bool:
    fact = facts.get(message.subject)
    return message.topic not in ASKED or (fact is not None and _stands(message, fact))


def _stands(message: Message, fact: TriggerFact) -> bool:
    """Whether this message says what is true now: it belongs to the trigger's latest event, and that is ``ready``."""
    return fact.trigger.state is TriggerState.READY and message.message_id == message_id(
        message.topic, fact.trigger.trigger_id, fact.event_no
    )


class _Sender:
    """Sends the pending messages of one sink, a few per commit."""

    def __init__(
        self, books: Books, sink: DeliverySink, all_sinks: Sequence[str], as_of: date, result: DeliverResult
    ) -> None:
        self._books = books
        self._sink = sink
        self._all = set(all_sinks)
        self._as_of = as_of
        self._result = result
        self._closed = False
        self._failures = 0

    def run(self) -> None:
        """Goes through what is pending, in order."""
        with self._books.read() as work:
            pending = work.outbox.pending(self._sink.name)
            facts = work.dunning.trigger_facts({entry.message.subject for entry in pending})
            now = work.context.now
        source = iter(pending)
        while part := list(islice(source, _PER_COMMIT)):
            self._send(part, facts, now)

    def _send(self, part: Iterable[Pending], facts: Mapping[str, TriggerFact], now: str) -> None:
        attempts: list[Attempt] = []
        arrived: list[Message] = []
        findings: list[Finding] = []
        counts = self._result.counts
        for entry in part:
            message = entry.message
            if not _is_current(message, facts):
                attempts.append(self._attempt(entry, "refused", OVERTAKEN, now))
                counts["overtaken"] += 1
            elif self._closed or (entry.next_at and entry.next_at > now):
                counts["later"] += 1
                self._result.undelivered += 1
            else:
                reply = self._try(message, now)
                attempt = self._judge(entry, reply, now, findings)
                attempts.append(attempt)
                counts[attempt.outcome] += 1
                if attempt.outcome == "delivered":
                    arrived.append(message)
                else:
                    self._result.undelivered += 1
        if not attempts:
            return
        with self._books.write() as work:
            work.outbox.record(attempts)
            work.dunning.add([], self._delivered(work, arrived, facts))
            work.findings.add(findings)
        self._result.findings += findings

    def _try(self, message: Message, now: str) -> Reply:
        try:
            return self._sink.send(message, now)
        except DeliveryRefused as refusal:
            return Reply(Answer.REFUSED, str(refusal))

    def _judge(self, entry: Pending, reply: Reply, now: str, findings: list[Finding]) -> Attempt:
        self._failures = self._failures + 1 if reply.answer is Answer.RETRY else 0
        if self._failures >= _ENOUGH_FAILURES:
            self._closed = True
        if reply.answer is Answer.DELIVERED:
            return self._attempt(entry, "delivered", reply.detail, now)
        if reply.answer is Answer.REFUSED:
            findings.append(self._finding("delivery-refused", entry, f"refuses it: {reply.detail}"))
            return self._attempt(entry, "refused", reply.detail, now)
        if reply.answer is Answer.CLOSED:
            # Not the message's fault: no other one is tried today, and none of them is given up for it.
            self._closed = True
            findings.append(self._closed_finding(reply.detail))
            return self._attempt(entry, "failed", reply.detail, now, _later(now, PAUSES[0]))
        if entry.tries >= len(PAUSES):
            findings.append(self._finding("delivery-dead", entry, f"was given up after {entry.tries + 1} tries"))
            return self._attempt(entry, "dead", reply.detail, now)
        return self._attempt(entry, "failed", reply.detail, now, next_try(entry, self._sink.name, reply, now))

    def _attempt(self, entry: Pending, outcome: str, detail: str, now: str, next_at: str = "") -> Attempt:
        return Attempt(
            entry.message.message_id, self._sink.name, entry.attempts + 1, outcome, detail[:200], now, next_at
        )

    def _delivered(
        self, work: Work, arrived: Sequence[Message], facts: Mapping[str, TriggerFact]
    ) -> list[TriggerEvent]:
        """Triggers whose message every sink has now."""
        ready = [message for message in arrived if message.topic in ASKED]
        where = work.outbox.delivered_to([message.message_id for message in ready])
        events = []
        for message in ready:
            if self._all <= where.get(message.message_id, set()):
                fact = facts[message.subject]
                events.append(
                    TriggerEvent(
                        message.subject,
                        fact.event_no + 1,
                        TriggerState.DELIVERED,
                        "",
                        fact.trigger.open_minor,
                        self._as_of,
                    )
                )
        return events

    def _finding(self, code: str, entry: Pending, what: str) -> Finding:
        return Finding(
            code,
            Severity.ERROR,
            entry.message.message_id,
            f"Message {entry.message.message_id} to sink {self._sink.name!r}: it {what}. "
            "Put it right at the receiver, then replay it.",
        )

    def _closed_finding(self, detail: str) -> Finding:
        return Finding(
            "delivery-closed",
            Severity.ERROR,
            self._sink.name,
            f"Sink {self._sink.name!r} takes no messages ({detail}). Check its address and credentials; "
            "everything for it waits.",
        )


def next_try(entry: Pending, sink: str, reply: Reply, now: str) -> str:
    """When to try again: the schedule's pause with up to a fifth more, spread by the message's id so that a receiver
    coming back is not hit by all at once; never earlier than the receiver asked for."""
    pause = PAUSES[entry.tries]
    spread = int(derive("jitter", entry.message.message_id, sink, entry.tries)[:8], 16) / 0xFFFFFFFF
    pause += pause * _JITTER * spread
    if reply.retry_after is not None:
        pause = max(pause, min(timedelta(seconds=reply.retry_after), _LONGEST_PAUSE))
    return _later(now, pause)


def _later(now: str, pause: timedelta) -> str:
    return (datetime.fromisoformat(now) + pause).isoformat(timespec="seconds")
