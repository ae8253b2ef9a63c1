"""Every operation by name: the plan of its forward and of its backward half, as launches."""

from __future__ import annotations

from importlib import import_module

from engine.cuda.kernel import Plan
from engine.ops.registry import FAMILIES as MODULES

FAMILIES = tuple(module.__name__.rpartition(".")[2] for module in MODULES)


def _load() -> dict[str, tuple[Plan, Plan]]:
    found = {}
    for family in FAMILIES:
        try:
            found |= import_module(f"engine.cuda.ops.{family}").OPERATIONS
        except ModuleNotFoundError as error:
            if error.name != f"engine.cuda.ops.{family}":
                raise
    return found


OPERATIONS = _load()


def fuse(rows, live: int, batch: int) -> dict:
    """{row: (launches forward, launches backward)} that replace those of rows which only their neighbour reads."""
    try:
        attention = import_module("engine.cuda.ops.attention")
    except ModuleNotFoundError:
        return {}
    return attention.fuse(rows, live, batch)
