"""``authorize``: a source fetches with a person at hand, who gives consent or a TAN."""

from __future__ import annotations

from pipelines.errors import ConfigurationError, DialogueAborted
from pipelines.model.finding import Finding
from pipelines.model.statement import Document
from pipelines.ports.access import Dialogue
from pipelines.ports.source import Authorizable
from pipelines.usecases.access import LiveFetch


def attended(
    live: LiveFetch, name: str, source: object, dialogue: Dialogue
) -> tuple[list[Document | Finding], DialogueAborted | None]:
    """What the source delivers, and that the person gave up if they did; what came before stays.

    Everything is fetched before anything is stored, so that nothing is locked while the person looks for their
    telephone. Raises ConfigurationError for a source that has nothing to authorise.
    """
    if not isinstance(source, Authorizable):
        raise ConfigurationError(f'the source "{name}" asks for no consent and no TAN')
    arrived: list[Document | Finding] = []
    try:
        for one in live.taken(name, lambda: source.authorize(dialogue, live.window), source):
            arrived.append(one)
    except DialogueAborted as error:
        if not live.outcomes[name]:
            del live.outcomes[name]  # nothing was learned of any account
        return arrived, error
    return arrived, None
