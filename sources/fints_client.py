"""python-fints as the client, held to what a ledger needs: every return code is looked at, nothing is logged.

Messages, signatures, parameter data and segments are the library's; paging, TAN and errors are ours, because its
high-level calls recurse page by page, overlook refusals and forget that a confirmation was decoupled.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from fints.client import FinTS3PinTanClient
from fints.exceptions import FinTSClientError
from fints.formals import DescriptionRequired
from fints.segments.dialog import HIRMG2, HIRMS2

from sources.fints_codes import METHODS_ALLOWED, SCA_WANTED, Kind, Refused, refusal
from sources.fints_line import Line

ONE_STEP: Final = "999"

# The library logs messages and warns with field values: account numbers, texts, once even a user name.
logging.getLogger("fints").setLevel(logging.CRITICAL + 1)
warnings.filterwarnings("ignore", module=r"fints(\..*)?$")


class BankClient(FinTS3PinTanClient):  # type: ignore[misc]  # the library is untyped
    """One login at one bank. Not for several threads at once.

    starting: while the TAN methods are not known yet; "strong authentication wanted" is no refusal then, if the
    bank names the methods along with it. opens_for: the one order a dialogue is for, such as HKTAB; banks want no TAN
    for opening it then.
    """

    connection: Any

    def __init__(self, line: Line, bank_code: str, user: str, pin: str, product: str, customer: str | None) -> None:
        self._methods: tuple[Any, tuple[str, ...], dict[str, Any]] | None = None
        super().__init__(bank_code, user, pin, line.url, customer_id=customer, product_id=product)
        self.connection.session.close()
        self.connection = line
        self.starting = False
        self.opens_for = ""

    def process_response_message(self, dialog: Any, message: Any, internal_send: bool = True) -> None:
        """Called by the library for every answer. Raises Refused."""
        codes = [told.code for told in told_in(message)]
        refused = refusal(codes)
        if refused is not None and self._only_wants_a_method(refused, codes):
            # The methods and parameters are in this message all the same.
            with suppress(FinTSClientError):
                super().process_response_message(dialog, message, internal_send=True)
            dialog.open = False
            return
        if refused is not None:
            if refused.ended or refused.kind in (Kind.PIN_LOCKED, Kind.PIN_WRONG):
                dialog.open = False
            if refused.kind in (Kind.PIN_LOCKED, Kind.PIN_WRONG):
                # Whatever happens now, this PIN leaves the process no more.
                self.pin.block()
            raise refused
        super().process_response_message(dialog, message, internal_send=True)

    def _only_wants_a_method(self, refused: Refused, codes: Sequence[str]) -> bool:
        return (
            self.starting
            and METHODS_ALLOWED in codes
            and (SCA_WANTED in codes or refused.kind in (Kind.ENDED, Kind.TAN_NEEDED))
        )

    def is_tan_media_required(self) -> bool:
        """Whether a TAN medium is named in orders: where it must be, and where it may be and one was chosen."""
        method = self.method()
        if method is None:
            return False
        if super().is_tan_media_required():
            return True
        return bool(self.selected_tan_medium) and method.description_required != DescriptionRequired.MUST_NOT

    def _get_tan_segment(self, orig_seg: Any, tan_process: str, tan_seg: Any = None) -> Any:
        """The library's HKTAN for an order; for the opening of a dialogue with a single purpose, one that says so."""
        segment = super()._get_tan_segment(orig_seg, tan_process, tan_seg)
        if self.opens_for and tan_process == "4" and orig_seg.header.type == "HKIDN":
            segment.segment_type = self.opens_for
        return segment

    def get_tan_mechanisms(self) -> dict[str, Any]:
        """The login's TAN methods by number. The library reads them out of the parameters anew for every message,
        which takes longer than the message; here they are kept until either changes."""
        allowed = tuple(self.allowed_security_functions)
        if self._methods is None or self._methods[0] is not self.bpd or self._methods[1] != allowed:
            self._methods = (self.bpd, allowed, dict(super().get_tan_mechanisms()))
        return self._methods[2]

    def method(self) -> Any | None:
        """The parameters of the chosen TAN method; None for one-step banks and before any was chosen."""
        return self.get_tan_mechanisms().get(self.get_current_tan_mechanism())

    def forget_login(self) -> None:
        """Makes sure that the PIN is not sent again by this client."""
        if self.pin is not None:
            self.pin.block()


def told_in(message: Any) -> Iterator[Any]:
    """Every return code of a message, with its parameters."""
    for segment in message.find_segments((HIRMG2, HIRMS2)):
        yield from segment.responses


def parameters_of(message: Any, code: str) -> tuple[str, ...] | None:
    """The parameters that came with a return code; None when it did not come."""
    for told in told_in(message):
        if told.code == code:
            return tuple(str(one) for one in told.parameters if one is not None)
    return None
