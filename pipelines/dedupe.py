"""Identity: which telling is which booking (D5).

A booking is what happened at the bank; an observation is how one document told it. Within a bucket (booking date,
signed amount; account and currency are fixed by the caller) observations and bookings are paired as multisets, the
most specific evidence first. Bank ids are aliases, never keys: banks reuse them by year, by batch and by channel.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from pipelines.bookings import Alias, Bucket, Key, Known, Observation, Stock, bank_key, order_of

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


# The most specific evidence first. E: end-to-end id, I: payer's account, R: bank reference of the family, T: text.
# A bare bank reference comes late because it may be that of a whole batch; "" is the mere count.
_LEVELS: Final = ("EIR", "ER", "EIT", "EI", "E", "RI", "RT", "R", "IT", "I", "T", "")
_NAMED: Final = tuple(level for level in _LEVELS if "E" in level or "R" in level)
_FIRM: Final = (*_NAMED, "IT")


def _key(alias: Alias, level: str) -> Key | None:
    """What an alias says of a level; None when it is silent on a part of it."""
    parts: list[str] = []
    for kind in level:
        if kind == "E":
            part = alias.end_to_end_id
        elif kind == "I":
            part = alias.counterparty_iban
        elif kind == "T":
            part = alias.text_key
        else:
            part = alias.bank_reference
            parts.append(alias.family)
        if not part:
            return None
        parts.append(part)
    return tuple(parts)


class _Variant(NamedTuple):
    """Which ids a booking is known by: bookings of one variant are alike in what can contradict them."""

    has_end_to_end_id: bool
    has_payer: bool
    families: frozenset[str]

    @classmethod
    def of(cls, known: Known) -> _Variant:
        return cls(
            any(alias.end_to_end_id for alias in known.aliases),
            any(alias.counterparty_iban for alias in known.aliases),
            frozenset(alias.family for alias in known.aliases if alias.bank_reference),
        )

    def excludes(self, alias: Alias, level: str) -> bool:
        """Whether an id outside the level must differ: equal ones have been paired on a level before."""
        if "E" not in level and alias.end_to_end_id and self.has_end_to_end_id:
            return True
        if "I" not in level and alias.counterparty_iban and self.has_payer:
            return True
        silent = "R" not in level and "E" not in level
        return silent and bool(alias.bank_reference) and alias.family in self.families


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
            indexes.sort(key=lambda index: order_of(observations[index]))
            _pair_bucket(observations, indexes, candidates, may_contradict, result)
    return result


def _pair_bucket(
    observations: Sequence[Observation],
    indexes: Sequence[int],
    candidates: Sequence[Known],
    may_contradict: bool,
    result: list[Known | None],
) -> None:
    left, free = list(indexes), list(candidates)
    variants = {id(known): _Variant.of(known) for known in free}
    for level in _LEVELS:
        if not left or not free:
            return
        shelf: dict[Key, dict[_Variant, deque[Known]]] = {}
        for known in free:
            for key in {_key(alias, level) for alias in known.aliases}:
                if key is not None:
                    shelf.setdefault(key, {}).setdefault(variants[id(known)], deque()).append(known)
        if not shelf:
            continue
        taken: set[int] = set()
        for index in left:
            alias = observations[index].alias
            key = _key(alias, level)
            for variant, queue in shelf.get(key, {}).items() if key is not None else ():
                if variant.excludes(alias, level):
                    continue
                found = _first_fitting(alias, queue, taken)
                if found is not None:
                    result[index] = found
                    taken.add(id(found))
                    break
        if taken:
            left = [index for index in left if result[index] is None]
            free = [known for known in free if id(known) not in taken]
    if may_contradict:
        for index, known in zip(left, free, strict=False):
            result[index] = known


def _first_fitting(alias: Alias, queue: deque[Known], taken: set[int]) -> Known | None:
    while queue and id(queue[0]) in taken:
        queue.popleft()
    return next(
        (known for known in queue if id(known) not in taken and not contradicts(alias, known.aliases)),
        None,
    )


def _agree_on(alias: Alias, aliases: Iterable[Alias], levels: Iterable[str]) -> bool:
    for level in levels:
        key = _key(alias, level)
        if key is not None and any(_key(known, level) == key for known in aliases):
            return True
    return False


def corroborated(observation: Observation, known: Known) -> bool:
    """Whether an id agrees (end-to-end id or bank reference), not only the amount and the day."""
    return _agree_on(observation.alias, known.aliases, _NAMED)


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
    return not contradicts(alias, aliases) and _agree_on(alias, aliases, _FIRM)


def pair_loosely(observations: Sequence[Observation], pairs: list[Known | None], candidates: Sequence[Known]) -> None:
    """Completes ``pairs`` by amount and nearness of the days alone, without contradicting ids. Only where equal
    balances on both sides already prove that nothing is new."""
    used = {id(known) for known in pairs if known is not None}
    shelf: dict[int, list[Known]] = defaultdict(list)
    for known in candidates:
        if id(known) not in used:
            shelf[known.amount_minor].append(known)
    for index in sorted(range(len(observations)), key=lambda index: order_of(observations[index])):
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
