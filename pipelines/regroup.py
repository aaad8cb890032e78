"""One booking told as several, several told as one: batches and their singles (D5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.bookings import Known, Observation, order_of


@dataclass(frozen=True, slots=True)
class Group:
    """The same money in another granularity: one observation for several bookings, or several for one booking."""

    observations: tuple[int, ...]
    bookings: tuple[Known, ...]


def regroup(
    observations: Sequence[Observation],
    left: Sequence[int],
    candidates: Sequence[Known],
    *,
    balances_prove: bool,
) -> list[Group]:
    """Finds batches told as singles and singles told as a batch among unpaired observations and bookings of one day
    and one direction.

    balances_prove: equal sums are enough because a balance proof stands behind them; otherwise the one side must be a
    batch, and its references or its number of payments must agree with the other.
    """
    groups: list[Group] = []
    sides: dict[tuple[date, bool], tuple[list[int], list[Known]]] = {}
    for index in left:
        observation = observations[index]
        sides.setdefault((observation.day, observation.amount_minor > 0), ([], []))[0].append(index)
    for known in candidates:
        side = sides.get((known.day, known.amount_minor > 0))
        if side is not None:
            side[1].append(known)
    for _, (indexes, bookings) in sorted(sides.items(), key=lambda side: side[0]):
        if bookings and len(indexes) + len(bookings) > 2:
            groups += _regroup_side(observations, indexes, bookings, balances_prove)
    return groups


def _regroup_side(
    observations: Sequence[Observation], indexes: Sequence[int], bookings: Sequence[Known], balances_prove: bool
) -> list[Group]:
    """``regroup`` for one day and direction."""
    groups: list[Group] = []
    free = dict.fromkeys(indexes)
    rest = {id(known): known for known in bookings}
    by_key: dict[str, list[int]] = defaultdict(list)
    for index in indexes:
        for key in observations[index].batch_keys:
            by_key[key].append(index)
    total = sum(observations[index].amount_minor for index in indexes)
    for known in sorted(bookings, key=lambda known: (known.amount_minor, known.occurrence)):
        named = sorted({index for key in known.batch_keys for index in by_key.get(key, ()) if index in free})
        if len(named) < 2 or sum(observations[index].amount_minor for index in named) != known.amount_minor:
            named = []
        counts_agree = known.is_batch and known.batch_count in (None, len(free))
        if not named and len(free) > 1 and total == known.amount_minor and (balances_prove or counts_agree):
            named = list(free)
        if named:
            groups.append(Group(tuple(named), (known,)))
            total -= known.amount_minor
            del rest[id(known)]
            for index in named:
                del free[index]
    sum_of_rest = sum(known.amount_minor for known in rest.values())
    by_batch: dict[str, list[Known]] = defaultdict(list)
    for known in rest.values():
        for key in known.batch_keys:
            by_batch[key].append(known)
    for index in sorted(free, key=lambda index: order_of(observations[index])):
        chosen = _parts_of(observations[index], rest, by_batch, sum_of_rest, balances_prove)
        if chosen:
            groups.append(Group((index,), tuple(chosen)))
            sum_of_rest -= sum(known.amount_minor for known in chosen)
            for known in chosen:
                del rest[id(known)]
    return groups


def _parts_of(
    observation: Observation,
    rest: Mapping[int, Known],
    by_batch: Mapping[str, Sequence[Known]],
    sum_of_rest: int,
    balances_prove: bool,
) -> list[Known]:
    """The bookings that a batch stands for; [] when it is not clear."""
    if len(rest) < 2:
        return []
    named = {id(known): known for key in observation.batch_keys for known in by_batch.get(key, ()) if id(known) in rest}
    if len(named) > 1 and sum(known.amount_minor for known in named.values()) == observation.amount_minor:
        return list(named.values())
    if len(observation.transactions) > 1:
        listed = _listed_singles(observation, list(rest.values()))
        if listed:
            return listed
    counts_agree = observation.is_undetailed_batch and observation.transactions[0].batch_count in (None, len(rest))
    if sum_of_rest == observation.amount_minor and (balances_prove or counts_agree):
        return list(rest.values())
    return []


def _listed_singles(observation: Observation, same: Sequence[Known]) -> list[Known]:
    """The bookings that a detailed batch names one by one, by amount and end-to-end id or payer; [] unless all."""
    free = list(same)
    chosen: list[Known] = []
    for item in observation.transactions:
        found = next(
            (
                known
                for known in free
                if known.amount_minor == item.amount_minor
                and any(
                    (item.end_to_end_id and alias.end_to_end_id == item.end_to_end_id)
                    or (item.counterparty_iban and alias.counterparty_iban == item.counterparty_iban)
                    for alias in known.aliases
                )
            ),
            None,
        )
        if found is None:
            return []
        chosen.append(found)
        free.remove(found)
    return chosen
