"""What an operator reads in the Prefect UI: tables of text, never of people (``operator_view`` decides what)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from pipelines import operator_view as view
from pipelines.inquiries import Inquiries
from pipelines.orchestration.running import Summary


def table(key: str, description: str, rows: Sequence[Mapping[str, object]]) -> None:
    """A table artifact; every cell a text, because Prefect shows nothing else reliably. No rows, no artifact.

    Cells are inert: the UI renders Markdown in tables.
    """
    if rows:
        cells = [{name: view.inert(str(value)) for name, value in row.items()} for row in rows]
        create_table_artifact(cells, key=key, description=description)


def accounts(inquiries: Inquiries, as_of: date) -> None:
    """How far each account is proven, and how long the access to it lasts."""
    table("kontoklar-accounts", f"How far each account is proven, {as_of}", view.accounts(inquiries.accounts()))
    table("kontoklar-access", f"Access to the banks, {as_of}", view.access(inquiries.access(), as_of))


def steps(summaries: Sequence[Summary], as_of: date) -> None:
    """What the run did, step by step, and what was posted."""
    table("kontoklar-steps", f"What the run of {as_of} did", view.steps(summaries))


def posted(inquiries: Inquiries, since: int, as_of: date) -> None:
    """What was posted since a posting number, by kind, with its money."""
    table("kontoklar-posted", f"Posted by the run of {as_of}", view.posted(inquiries.posted_after(since)))


def findings(summaries: Sequence[Summary], as_of: date) -> list[Mapping[str, str]]:
    """The findings of the run; returns them."""
    found = [finding for summary in summaries for finding in summary["findings"]]
    table("kontoklar-findings", f"Findings of {as_of}", found)
    return found


def waiting(inquiries: Inquiries, as_of: date) -> None:
    """What waits for a person and how long already, and which triggers are held and why."""
    queue, held = inquiries.review_queue(as_of), inquiries.held_triggers()
    table("kontoklar-review-queue", f"Waiting for a person on {as_of}: {len(queue)}", view.queue(queue))
    table("kontoklar-queue-age", f"How long cases have waited, {as_of}", view.ages(queue))
    table("kontoklar-held-triggers", f"Dunning triggers held on {as_of}: {len(held)}", held[: view.LIMIT])


def note(key: str, lines: Sequence[str]) -> None:
    """A short text; every line inert."""
    create_markdown_artifact("\n\n".join(view.inert(line) for line in lines), key=key)
