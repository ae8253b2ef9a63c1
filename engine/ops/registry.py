"""Every operation by name: its forward and its backward half; the place here is its number in a program."""

from __future__ import annotations

from engine.ops import activation, dense, join, loss, surface

FAMILIES = (dense, join, activation, loss, surface)
OPERATIONS = {name: pair for family in FAMILIES for name, pair in family.OPERATIONS.items()}
NUMBER = {name: number for number, name in enumerate(OPERATIONS)}
