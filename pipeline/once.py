"""What is dear to make and belongs to the whole process is made once, also when several threads ask for it at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


def once(make: Callable[P, T]) -> Callable[P, T]:
    """``functools.cache`` for models: whoever comes while one is being made waits for that one.

    ``cache`` itself makes another for everybody who comes before the first is ready: fifty first questions at once
    loaded Kiwi fifty times. ``make`` must not ask for what it makes. An error isn't kept: the next call tries again.
    """
    lock, made = threading.Lock(), cast("Callable[P, T]", cache(make))  # its own type tells nothing of arguments

    @wraps(make)
    def get(*args: P.args, **kwargs: P.kwargs) -> T:
        with lock:
            return made(*args, **kwargs)

    return get
