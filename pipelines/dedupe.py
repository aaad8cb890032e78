"""Identity: which telling is which booking (D5).

A booking is what happened at the bank; an observation is how one document told it. Within a bucket (booking date,
signed amount; account and currency are fixed by the caller) observations and bookings are paired as multisets, the
most specific evidence first. Bank ids are aliases, never keys: banks reuse them by year, by batch and by channel.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pipelines.bookings import Alias, Bucket, Key, Known, Observation, Stock, bank_key

# How far a bank may move the booking date of one and the same booking (weekend, bank holidays at Easter).
DRIFT: Final = timedelta(days=5)


# --- pairing within a bucket ------------------------------------------------------------------------------------


def contradicts(alias: Alias, aliases: Iterable[Alias]) -> bool:
    """Whether a telling cannot be the booking known by ``aliases``: another payer account, another end-to-end id, or
    another bank reference of the same family while no end-to-end id agrees."""
    ends = {known.end_to_end_id for known in aliases} - {""}
    ibans = {known.counterparty_iban for known in aliases} - {""}
    if alias.counterparty_iban and ibans and alias.counterparty_iban not in ibans:
        return True
    if alias.end_to_end_id and ends:
        return alias.end_to_end_id not in ends
    references = {known.bank_reference for known in aliases if known.family == alias.family} - {""}
    return bool(alias.bank_reference and references and alias.bank_reference not in references)


def _all_or_nothing(*parts: str) -> Key | None:
    return parts if all(parts) else None


# The most specific evidence first; a bare bank reference comes late because it may be that of a whole batch.
_LEVELS: Final[tuple[Callable[[Alias], Key | None], ...]] = (
    lambda a: _all_or_nothing(a.end_to_end_id, a.counterparty_iban, a.family, a.bank_reference),
    lambda a: _all_or_nothing(a.end_to_end_id, a.family, a.bank_reference),
    lambda a: _all_or_nothing(a.end_to_end_id, a.counterparty_iban, a.text_key),
    lambda a: _all_or_nothing(a.family, a.bank_reference, a.text_key),
    lambda a: _all_or_nothing(a.end_to_end_id, a.counterparty_iban),
    lambda a: _all_or_nothing(a.end_to_end_id),
    lambda a: _all_or_nothing(a.family, a.bank_reference),
    lambda a: _all_or_nothing(a.counterparty_iban, a.text_key),
    lambda a: _all_or_nothing(a.counterparty_iban),
    lambda a: _all_or_nothing(a.text_key),
)
STRONG: Final = 7  # levels with an id of the payment or of the bank
FIRM: Final = 8  # these, and the payer's account together with the text


def pair(
    observations: Sequence[Observation],
    shelves: Mapping[Bucket, Sequence[Known]],
    *,
    usable: Callable[[Known], bool],
    may_contradict: bool,
) -> list[Known | None]:
    """For each observation its booking, or None where there are fewer bookings than observations.

    usable: which bookings may be taken. may_contradict: pair what is left by mere count even against contradicting
    ids; right for a complete statement, whose closing balance decides afterwards.
    """
    result: list[Known | None] = [None] * len(observations)
    buckets: dict[Bucket, list[int]] = defaultdict(list)
    for index, observation in enumerate(observations):
        bucket = (observation.day, observation.amount_minor)
        if bucket in shelves:
            buckets[bucket].append(index)
    for bucket, indexes in buckets.items():
        candidates = [known for known in shelves[bucket] if usable(known)]
        if candidates:
            indexes.sort(key=lambda index: _order(observations[index]))
            _pair_bucket(observations, indexes, candidates, may_contradict, result)
    return result


def _order(observation: Observation) -> tuple[str, ...]:
    alias = observation.alias
    return (alias.end_to_end_id, alias.counterparty_iban, alias.text_key, alias.bank_reference)


def _pair_bucket(
    observations: Sequence[Observation],
    indexes: Sequence[int],
    candidates: Sequence[Known],
    may_contradict: bool,
    result: list[Known | None],
) -> None:
    left, free = list(indexes), list(candidates)
    for level in _LEVELS:
        if not left or not free:
            return
        shelf: dict[Key, list[Known]] = defaultdict(list)
        for known in free:
            for key in {level(alias) for alias in known.aliases}:
                if key is not None:
                    shelf[key].append(known)
        if not shelf:
            continue
        taken: set[int] = set()
        for index in left:
            alias = observations[index].alias
            key = level(alias)
            for known in shelf.get(key, ()) if key is not None else ():
                if id(known) not in taken and not contradicts(alias, known.aliases):
                    result[index] = known
                    taken.add(id(known))
                    break
        if taken:
            left = [index for index in left if result[index] is None]
            free = [known for known in free if id(known) not in taken]
    # Equal ids have been paired above: what has an id can now only be a booking that was told without one.
    nameless = [known for known in free if not any(alias.end_to_end_id for alias in known.aliases)]
    payerless = [known for known in free if not any(alias.counterparty_iban for alias in known.aliases)]
    gone: set[int] = set()
    for index in list(left):
        alias = observations[index].alias
        possible = nameless if alias.end_to_end_id else payerless if alias.counterparty_iban else free
        for known in possible:
            if id(known) not in gone and not contradicts(alias, known.aliases):
                result[index] = known
                gone.add(id(known))
                left.remove(index)
                break
    free = [known for known in free if id(known) not in gone]
    if may_contradict:
        for index, known in zip(left, free, strict=False):
            result[index] = known


def corroborated(observation: Observation, known: Known) -> bool:
    """Whether an id agrees (end-to-end id or bank reference), not only the amount and the day."""
    return any(
        key is not None and key in {level(alias) for alias in known.aliases}
        for level in _LEVELS[:STRONG]
        for key in (level(observation.alias),)
    )


# --- booking dates that moved -----------------------------------------------------------------------------------

Usable = Callable[[Known], bool]


def pair_moved(
    observations: Sequence[Observation],
    pairs: list[Known | None],
    stock: Stock,
    usable: Usable,
    *,
    key_of: Callable[[Alias], Key | None] = bank_key,
) -> None:
    """Completes ``pairs`` with bookings whose date the bank moved: same bank reference of the same family, same
    amount, at most ``DRIFT`` apart, and unique on both sides (references are reused by batch and by year).

    key_of: ``end_to_end_key`` looks for a unique end-to-end id instead; only where a balance proof decides afterwards.
    """
    if all(pairs):
        return
    used = {id(known) for known in pairs if known is not None}
    told: dict[tuple[Key, int], int] | None = None
    for index, observation in enumerate(observations):
        key = key_of(observation.alias) if pairs[index] is None else None
        if key is None:
            continue
        shelf = stock.references.get((key, observation.amount_minor))
        if not shelf:
            continue
        if told is None:
            told = _count_keys(observations, key_of)
        near = [known for known in shelf if abs(known.day - observation.day) <= DRIFT]
        if told[key, observation.amount_minor] != 1 or len(near) != 1:
            continue
        known = near[0]
        if id(known) not in used and usable(known) and not contradicts(observation.alias, known.aliases):
            pairs[index] = known
            used.add(id(known))


def _count_keys(
    observations: Sequence[Observation], key_of: Callable[[Alias], Key | None]
) -> dict[tuple[Key, int], int]:
    told: dict[tuple[Key, int], int] = defaultdict(int)
    for observation in observations:
        key = key_of(observation.alias)
        if key is not None:
            told[key, observation.amount_minor] += 1
    return told


def pair_untold_days(
    observations: Sequence[Observation], pairs: list[Known | None], stock: Stock, usable: Usable
) -> None:
    """Completes ``pairs`` where one telling had no booking date of its own, so that its value date stands for it: same
    value date, same amount, and an id, or the payer's account together with the text, agrees."""
    used = {id(known) for known in pairs if known is not None}
    for index, observation in enumerate(observations):
        if pairs[index] is not None:
            continue
        for day, shelf in stock.value_days.get((observation.value_day, observation.amount_minor), {}).items():
            if day == observation.day or abs(day - observation.day) > DRIFT:
                continue
            for known in shelf:
                untold = not observation.day_is_told or not known.day_is_told
                if untold and id(known) not in used and usable(known) and _agrees(observation.alias, known.aliases):
                    pairs[index] = known
                    used.add(id(known))
                    break
            if pairs[index] is not None:
                break


def _agrees(alias: Alias, aliases: Sequence[Alias]) -> bool:
    if contradicts(alias, aliases):
        return False
    for level in _LEVELS[:FIRM]:
        key = level(alias)
        if key is not None and key in {level(known) for known in aliases}:
            return True
    return False


def pair_loosely(observations: Sequence[Observation], pairs: list[Known | None], candidates: Sequence[Known]) -> None:
    """Completes ``pairs`` by amount and nearness of the days alone, without contradicting ids. Only where equal
    balances on both sides already prove that nothing is new."""
    used = {id(known) for known in pairs if known is not None}
    shelf: dict[int, list[Known]] = defaultdict(list)
    for known in candidates:
        if id(known) not in used:
            shelf[known.amount_minor].append(known)
    for index in sorted(range(len(observations)), key=lambda index: _order(observations[index])):
        observation = observations[index]
        free = shelf.get(observation.amount_minor) if pairs[index] is None else None
        if not free:
            continue
        fitting = [
            known
            for known in free
            if abs(known.day - observation.day) <= DRIFT and not contradicts(observation.alias, known.aliases)
        ]
        if fitting:
            nearest = min(fitting, key=lambda known: (abs(known.day - observation.day), known.day, known.occurrence))
            pairs[index] = nearest
            free.remove(nearest)


# --- one booking told as several, several told as one -----------------------------------------------------------


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
    free = list(left)
    rest = list(candidates)
    for known in sorted(candidates, key=lambda known: (known.day, known.amount_minor, known.occurrence)):
        same = [index for index in free if _same_side(observations[index], known)]
        chosen = _subset_for_booking(observations, same, known, balances_prove)
        if chosen:
            groups.append(Group(tuple(chosen), (known,)))
            free = [index for index in free if index not in set(chosen)]
            rest.remove(known)
    for index in sorted(free, key=lambda index: (observations[index].day, _order(observations[index]))):
        observation = observations[index]
        chosen_known = _subset_for_observation(
            observation, [known for known in rest if _same_side(observation, known)], balances_prove
        )
        if chosen_known:
            groups.append(Group((index,), tuple(chosen_known)))
            gone = {id(known) for known in chosen_known}
            rest = [known for known in rest if id(known) not in gone]
    return groups


def _same_side(observation: Observation, known: Known) -> bool:
    return observation.day == known.day and (observation.amount_minor > 0) == (known.amount_minor > 0)


def _subset_for_booking(
    observations: Sequence[Observation], same: Sequence[int], known: Known, balances_prove: bool
) -> list[int]:
    if len(same) < 2:
        return []
    named = [index for index in same if observations[index].batch_keys & known.batch_keys]
    if len(named) > 1 and sum(observations[index].amount_minor for index in named) == known.amount_minor:
        return named
    if sum(observations[index].amount_minor for index in same) != known.amount_minor:
        return []
    counts_agree = known.is_batch and known.batch_count in (None, len(same))
    return list(same) if balances_prove or counts_agree else []


def _subset_for_observation(observation: Observation, same: Sequence[Known], balances_prove: bool) -> list[Known]:
    if len(same) < 2:
        return []
    named = [known for known in same if known.batch_keys & observation.batch_keys]
    if len(named) > 1 and sum(known.amount_minor for known in named) == observation.amount_minor:
        return named
    if len(observation.transactions) > 1:
        listed = _listed_singles(observation, same)
        if listed:
            return listed
    if sum(known.amount_minor for known in same) != observation.amount_minor:
        return []
    counts_agree = observation.is_undetailed_batch and observation.transactions[0].batch_count in (None, len(same))
    return list(same) if balances_prove or counts_agree else []


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
