"""What the books know of an account before its statements are settled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from pipelines.bookings import Alias, Known, format_family
from pipelines.chain import Chain, Member
from pipelines.model.statement import Statement
from pipelines.ports.statements import Statements, StoredBooking
from pipelines.settlement import AccountFacts, Waiting

# Weekends and bank holidays around Easter and Christmas: how far bookings of the same money may lie apart.
_MARGIN: Final = timedelta(days=10)


class AccountKey(NamedTuple):
    """An account in one currency: the unit that is proven and committed on its own."""

    account: str
    currency: str


def account_facts(
    statements: Statements, key: AccountKey, waiting: Sequence[Waiting], own_accounts: frozenset[str]
) -> AccountFacts:
    newest, rows = statements.chain(*key)
    chain = None
    if newest is not None:
        members = tuple(Member(*row) for row in rows)
        chain = Chain(
            newest.start_day, newest.start_minor, newest.end_day, newest.end_minor, newest.end_is_open, members
        )
    days = [day for item in waiting for day in _days(item.statement)]
    if not days:
        return AccountFacts(*key, chain, newest.range_no if newest else 0, own_accounts=own_accounts)
    first, last = min(days) - _MARGIN, max(days) + _MARGIN
    if chain is not None and last > chain.end_day:
        first = min(first, chain.end_day - _MARGIN)
    stored = statements.bookings(*key, first, last, {member.statement_id for member in chain.members} if chain else ())
    start_may_move = chain is None or min(days) < chain.start_day
    return AccountFacts(
        account=key.account,
        currency=key.currency,
        chain=chain,
        range_no=newest.range_no if newest else 0,
        known=tuple(_known(row) for row in stored),
        tail_minor=statements.sum_of_proven(*key, last) if chain is not None and chain.end_day > last else 0,
        head_minor=statements.sum_of_unproven(*key, first) if start_may_move else 0,
        own_accounts=own_accounts,
    )


def _days(statement: Statement) -> Iterator[date]:
    for day in (statement.from_day, statement.to_day):
        if day is not None:
            yield day
    for entry in statement.entries:
        day = entry.booking_date or entry.value_date
        if day is not None:
            yield day


def _known(row: StoredBooking) -> Known:
    aliases: list[Alias] = []
    for told in row.observations:
        alias = Alias(
            format_family(told.format), told.bank_reference, told.end_to_end_id, told.counterparty_iban, told.text_key
        )
        if alias not in aliases:
            aliases.append(alias)
    # Whether the date was told is not stored; only MT940 leaves it out, and then both dates are the same.
    told_day = row.booking_date != row.value_date or any(alias.family != "mt" for alias in aliases)
    return Known(
        day=row.booking_date,
        value_day=row.value_date,
        amount_minor=row.amount_minor,
        proven=row.proven,
        day_is_told=told_day,
        booking_id=row.booking_id,
        occurrence=row.occurrence,
        undetailed_id=row.undetailed_id,
        is_batch=row.is_batch,
        batch_count=row.batch_count,
        batch_keys=set(row.batch_keys),
        aliases=aliases,
    )
