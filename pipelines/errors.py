"""One named exception per broken promise (D18). Bad data is never an exception: it is a Finding.

Every message says what, where and what to do, and carries no name, IBAN or remittance text.
"""

from __future__ import annotations


class KontoklarError(Exception):
    """Base of everything kontoklar raises on purpose. ``exit_code`` is what the command line returns."""

    exit_code = 2


class ConfigurationError(KontoklarError):
    """The configuration or a command's arguments cannot be used. Correct them and start again."""


class NotAllowed(KontoklarError):
    """The user has no role that allows this. Ask for one in ``[users]``, or ask somebody who has it."""


class DecisionRefused(KontoklarError):
    """A decision does not fit the books as they are now. Nothing was written; the message says what to look at."""


class StaleRequest(DecisionRefused):
    """What was asked to be approved no longer fits the books; it is closed, decide anew."""


class HeaderError(KontoklarError):
    """A table file has a wrong header and is refused whole."""


class UnreadableDocument(KontoklarError):
    """A document cannot be read at all. Readers raise it; ``pull`` turns it into a stored finding.

    code: the finding's code; position: where in the document, as exactly as known.
    """

    def __init__(self, code: str, message: str, position: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.position = position


class SourceUnavailable(KontoklarError):
    """A source could not be reached or refuses for now; the others went through. The only error worth another try."""

    exit_code = 3


class NeedsAuthorisation(KontoklarError):
    """A source wants a consent or a TAN from a person: run ``kontoklar authorize SOURCE``. Never tried again by itself.

    code: dashed detail such as ``tan-required`` or ``consent-expired``.
    """

    exit_code = 3

    def __init__(self, message: str, code: str = "authorisation-needed") -> None:
        super().__init__(message)
        self.code = code


class AccessLocked(KontoklarError):
    """A login is wrong or locked. Trying again would lock it for good, so nothing is ever tried again by itself.

    code: dashed detail such as ``pin-wrong``, ``pin-locked``, ``user-locked``.
    """

    exit_code = 3

    def __init__(self, message: str, code: str = "access-locked") -> None:
        super().__init__(message)
        self.code = code


class DialogueAborted(KontoklarError):
    """The person left the dialogue of ``authorize``. Nothing was changed; start it again."""

    exit_code = 3


class LedgerInvariantBroken(KontoklarError):
    """The books contradict themselves. Nothing was written; run ``kontoklar check``."""

    exit_code = 4


class IdempotencyConflict(LedgerInvariantBroken):
    """The same derived id arrived with another content (D8)."""


class AlreadyReversed(LedgerInvariantBroken):
    """An entry was to be reversed a second time."""


class RunInProgress(KontoklarError):
    """Another run holds the lease; this one stepped back. Start it again when the other has ended."""

    exit_code = 3


class StaleRun(KontoklarError):
    """A newer run has taken over; this one may no longer write (fencing epoch)."""

    exit_code = 4


class ModeMismatch(KontoklarError):
    """A test database met a live configuration or the other way round."""


class SchemaOutdated(KontoklarError):
    """The database was made by another version. Run ``kontoklar init``."""


class DeliveryRefused(KontoklarError):
    """A sink refuses a message for good (for example test data at a live sink)."""


class FrameMismatch(KontoklarError):
    """A frame handed to or returned by a matching step lacks a column or holds values of another kind."""
