"""The steps of the books as tasks: coarse, named after their day, returning counts (D17)."""

from __future__ import annotations

from datetime import date

from pipelines.orchestration.opened import books
from pipelines.orchestration.running import Summary, as_task, sanitised, summary_of


@as_task("match", task_run_name="match {as_of}")
def match_task(as_of: date) -> Summary:
    """Plans what every waiting receipt and return is."""
    with sanitised():
        return summary_of(books().match(as_of))


@as_task("post", task_run_name="post {as_of}")
def post_task(as_of: date) -> Summary:
    """Books the automatic part of the plan, returns included."""
    with sanitised():
        return summary_of(books().post(as_of))


@as_task("dun", task_run_name="dun {as_of}")
def dun_task(as_of: date) -> Summary:
    """Makes dunning triggers, or holds them with the reason."""
    with sanitised():
        return summary_of(books().dun(as_of))


@as_task("deliver", task_run_name="deliver {as_of}")
def deliver_task(as_of: date) -> Summary:
    """Sends what is ready; what fails stays in the outbox for the next run, so nothing is retried here."""
    with sanitised():
        return summary_of(books().deliver(as_of))
