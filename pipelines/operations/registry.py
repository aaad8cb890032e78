"""Which module plans which command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipelines.errors import DecisionRefused
from pipelines.operations import allocate, claims, hold, rebook, refund, transit, undo
from pipelines.operations import commands as c
from pipelines.operations.effect import Effect, Ground

_PLANS: Mapping[type[c.Command], Callable[[Ground, Any], Effect]] = {
    c.Accept: allocate.accept,
    c.Assign: allocate.assign,
    c.Split: allocate.split,
    c.ByLaw: allocate.by_law,
    c.OnAccount: allocate.on_account,
    c.Reject: hold.reject,
    c.Confirm: hold.confirm,
    c.Hold: hold.hold,
    c.Release: hold.hold,
    c.Rebook: rebook.rebook,
    c.Refund: refund.refund,
    c.Credit: claims.credit,
    c.WriteOff: claims.write_off,
    c.SmallDifference: claims.small_difference,
    c.Charge: claims.charge,
    c.Transit: transit.transit,
    c.Undo: undo.undo,
}


def plan(ground: Ground, command: c.Command) -> Effect:
    """What a command would do on these books. Raises DecisionRefused when it does not fit."""
    planner = _PLANS.get(type(command))
    if planner is None:
        raise DecisionRefused(f'There is no decision called "{command.name}".')
    return planner(ground, command)
