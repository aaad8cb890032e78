"""Frozen values by the hundred thousand: the same class, made without paying for its frozenness field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, field, fields, make_dataclass
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def maker(cls: Callable[P, T]) -> Callable[P, T]:
    """A constructor of a frozen, slotted dataclass that takes about a fifth of the time; its values are ordinary ones.

    ``__init__`` of a frozen dataclass sets each field through ``object.__setattr__``. The constructor returned here
    fills a twin that is not frozen but has the same slots, and then gives it the true class. For readers, which make
    several values of up to forty fields per booking. The class must not have a ``__post_init__`` of its own.
    """
    real = cast(Any, cls)
    if "__post_init__" in vars(real) or not real.__dataclass_params__.frozen:
        raise TypeError(f"{real.__name__} is not a plain frozen dataclass")

    def become(made: Any) -> None:
        made.__class__ = real

    twin = make_dataclass(
        real.__name__,
        [
            (one.name, object) if one.default is MISSING else (one.name, object, field(default=one.default))
            for one in fields(real)
        ],
        slots=True,
        eq=False,
        repr=False,
        namespace={"__post_init__": become},
    )
    return cast("Callable[P, T]", twin)
