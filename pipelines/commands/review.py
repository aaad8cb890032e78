"""``review``: an analyst's decisions on what waits (CONTRACT). Every decision names who and why."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
