"""Where arrays come from: which public functions made them, with which arguments, while a model was built."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, NamedTuple

MORE = inspect.Parameter.VAR_KEYWORD
_calls: ContextVar[list | None] = ContextVar("calls", default=None)


class Call(NamedTuple):
    """A call of a public function and what it returned."""

    function: Callable
    arguments: dict[str, Any]  # by name, those that are not the default's
    found: Any


def origin(function: Callable) -> Callable:
    """Lets `recorded` see the calls of a function whose arguments a person could write down."""
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args, **kwargs):
        found, calls = function(*args, **kwargs), _calls.get()
        if calls is not None:
            given, known = signature.bind(*args, **kwargs).arguments, signature.parameters
            more = next((given.pop(name) for name in list(given) if known[name].kind is MORE), {})
            own = {name: value for name, value in given.items() if value is not known[name].default}
            calls.append(Call(call, own | more, found))
        return found

    return call


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """The calls made inside, in order."""
    calls: list[Call] = []
    token = _calls.set(calls)
    try:
        yield calls
    finally:
        _calls.reset(token)
