"""Every command checks who calls it, before anything is opened (``pipelines.roles``)."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import click

from pipelines.commands.session import Session
from pipelines.roles import ANYBODY, COMMANDS, acting_user


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command with its path, such as ``review accept``; groups themselves do nothing."""
    for name, command in sorted(group.commands.items()):
        here = (*path, name)
        if isinstance(command, click.Group):
            yield from leaves(command, here)
        else:
            yield " ".join(here), command


def guard(group: click.Group) -> None:
    """Makes every command under ``group`` ask for its permission first."""
    for path, command in leaves(group):
        if command.callback is not None and not hasattr(command.callback, "guards"):
            command.callback = _guarded(path, command.callback)


def _guarded(path: str, callback: Any) -> Any:
    @functools.wraps(callback)
    def checked(*arguments: Any, **options: Any) -> Any:
        context = click.get_current_context()
        session = context.find_object(Session)
        if session is not None and COMMANDS.get(path, "administer") != ANYBODY:
            session.settings().access.require_command(acting_user(str(context.params.get("user") or "")), path)
        return callback(*arguments, **options)

    checked.guards = path  # type: ignore[attr-defined]
    return checked
