"""``debtor add|change|renumber|access|unmask|block|unblock``: what a person changes; each names who and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.debtor import DEBTOR, debtor
from pipelines.commands.report import stdout
from pipelines.commands.session import Day, Session, as_of_option, shared, user_options
from pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.debtors.desk import FieldChange

_PLURAL = {"iban": "ibans", "alias": "aliases", "tag": "tags", "external-id": "external_id"}
# One option a kind of change, by the value of its ``Action``.
_CHANGES = {
    "set": ("FIELD=VALUE", "name, email, address, external-id."),
    "unset": ("FIELD", "Let the load speak again."),
    "add": ("FIELD=VALUE", "To iban, alias or tag."),
    "remove": ("FIELD=VALUE", "From iban, alias or tag."),
}


Changes = Callable[[], "list[FieldChange]"]


def _read(given: Mapping[str, Sequence[str]]) -> list[FieldChange]:
    """The changes asked for. Raises ConfigurationError for one without its value."""
    from pipelines.debtors.desk import FieldChange
    from pipelines.model.debtor import Action

    changes = []
    for option, (form, _) in _CHANGES.items():
        for text in given[option]:
            name, equals, value = text.partition("=")
            if ("=" in form) is not bool(equals):
                raise ConfigurationError(f"--{option} wants {form}")
            changes.append(FieldChange(_PLURAL.get(name, name), Action(option), value))
    return changes


def _change_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options and hands them over as one parameter, ``changes``, which reads them when it is called."""

    @wraps(command)
    def with_changes(*args: object, **given: Any) -> None:
        texts = {name: given.pop(f"{name}_texts") for name in _CHANGES}
        command(*args, changes=lambda: _read(texts), **given)

    told: Callable[..., None] = with_changes
    for name, (metavar, help_) in reversed(_CHANGES.items()):
        told = click.option(f"--{name}", f"{name}_texts", multiple=True, metavar=metavar, help=help_)(told)
    return told


@debtor.command()
@click.argument("number", metavar="NUMBER")
@click.option("--name", required=True, help="The debtor's name.")
@_change_options
@user_options
@as_of_option
@shared
@click.pass_obj
def add(
    session: Session,
    number: str,
    name: str,
    changes: Changes,
    user: str,
    reason: str,
    as_of: date,
) -> None:
    """A new debtor by hand."""
    with session.command("debtor add") as (app, report):
        profile = app.debtor_desk(as_of).add(number, name, changes(), user=user, reason=reason)
        report.counts = {"added": 1}
        report.more["debtor_id"], report.more["debtor_number"] = profile.debtor_id, profile.debtor_number


@debtor.command()
@DEBTOR
@_change_options
@user_options
@as_of_option
@shared
@click.pass_obj
def change(
    session: Session,
    debtor: str,
    changes: Changes,
    user: str,
    reason: str,
    as_of: date,
) -> None:
    """Change what is known; a person's word stands above every load until --unset or --remove."""
    with session.command("debtor change") as (app, report):
        wanted = changes()
        if not wanted:
            raise click.UsageError("say what to change: --set, --unset, --add or --remove")
        profile = app.debtor_desk(as_of).change(debtor, wanted, user=user, reason=reason)
        report.counts = {"changed": 1}
        report.more["debtor_id"], report.more["debtor_number"] = profile.debtor_id, profile.debtor_number


@debtor.command()
@DEBTOR
@click.argument("number", metavar="NUMBER")
@click.option("--join", is_flag=True, help="NUMBER was loaded already and is this debtor; cannot be taken back.")
@user_options
@as_of_option
@shared
@click.pass_obj
def renumber(session: Session, debtor: str, number: str, join: bool, user: str, reason: str, as_of: date) -> None:
    """Give a debtor another customer number; id, account and history stay."""
    with session.command("debtor renumber") as (app, report):
        profile = app.debtor_desk(as_of).renumber(debtor, number, user=user, reason=reason, join=join)
        report.counts = {"renumbered": 1}
        report.more["debtor_id"], report.more["numbers"] = profile.debtor_id, list(profile.numbers)


@debtor.command()
@DEBTOR
@click.option("--renew", is_flag=True, help="Make every hash given out before worthless.")
@user_options
@as_of_option
@shared
@click.pass_obj
def access(session: Session, debtor: str, renew: bool, user: str, reason: str, as_of: date) -> None:
    """The access hash of the debtor's own page: a secret, so showing it is audited."""
    with session.command("debtor access") as (app, report):
        told = app.debtor_desk(as_of).access_hash(debtor, user=user, reason=reason, renew=renew)
        report.more["access_hash"] = told
        if not session.as_json:
            stdout.print(told, markup=False)


@debtor.command()
@DEBTOR
@user_options
@as_of_option
@shared
@click.pass_obj
def unmask(session: Session, debtor: str, user: str, reason: str, as_of: date) -> None:
    """A debtor's whole IBANs; who looked and why is audited."""
    with session.command("debtor unmask") as (app, report):
        ibans = app.debtor_desk(as_of).unmask(debtor, user=user, reason=reason)
        report.counts = {"ibans": len(ibans)}
        report.more["ibans"] = ibans
        if not session.as_json:
            for iban in ibans:
                stdout.print(iban, markup=False)


def _what(iban: str | None, email: str | None) -> tuple[str, str]:
    if (iban is None) == (email is None):
        raise click.UsageError("name either --iban or --email")
    return ("iban", iban) if iban is not None else ("email", email or "")


def _value_options(command: Any) -> Any:
    for option in (
        click.option(
            "--debtor", default="", metavar="DEBTOR", help="Only for this debtor; default: all, new ones too."
        ),
        click.option("--email", metavar="ADDRESS", help="The address."),
        click.option("--iban", metavar="IBAN", help="The whole IBAN; compared in full, shown masked."),
    ):
        command = option(command)
    return command


@debtor.command()
@_value_options
@click.option("--until", type=Day(), metavar="DATE", help="Last blocked day; default: until it is taken back.")
@user_options
@as_of_option
@shared
@click.pass_obj
def block(
    session: Session,
    iban: str | None,
    email: str | None,
    debtor: str,
    until: date | None,
    user: str,
    reason: str,
    as_of: date,
) -> None:
    """Keep an IBAN or e-mail address out: no collection, no refund, no automatic posting."""
    kind, value = _what(iban, email)
    with session.command("debtor block") as (app, report):
        row = app.debtor_desk(as_of).block(kind, value, user=user, reason=reason, key=debtor, until=until)
        report.counts = {"blocked": 1}
        report.more["block_id"], report.more["masked"] = row.block_id, row.masked
        if not session.as_json:
            stdout.print(f"blocked: {row.masked}", markup=False)


@debtor.command()
@_value_options
@user_options
@as_of_option
@shared
@click.pass_obj
def unblock(
    session: Session, iban: str | None, email: str | None, debtor: str, user: str, reason: str, as_of: date
) -> None:
    """Take a block back: that of one debtor, or that for all."""
    kind, value = _what(iban, email)
    with session.command("debtor unblock") as (app, report):
        rows = app.debtor_desk(as_of).unblock(kind, value, user=user, reason=reason, key=debtor)
        report.counts = {"unblocked": len(rows)}


COMMANDS = (debtor,)
