"""Formulas of x and y as a person types them, turned into a program for the operation `formula`."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from engine.errors import EngineError

# Opcodes: a number, x, y, then what takes one or two numbers from the stack and leaves one.
CONSTANT, X, Y, ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER, NEGATE, SIN, COS, EXP, LOG, SQRT, TANH, ABS = range(
    16
)
NAMES = {"x": X, "y": Y}
NUMBERS = {"pi": math.pi, "π": math.pi, "e": math.e}
JOINS = {ast.Add: ADD, ast.Sub: SUBTRACT, ast.Mult: MULTIPLY, ast.Div: DIVIDE, ast.Pow: POWER}
FUNCTIONS = {
    "sin": SIN,
    "cos": COS,
    "exp": EXP,
    "log": LOG,
    "ln": LOG,
    "sqrt": SQRT,
    "tanh": TANH,
    "abs": ABS,
}
WRITTEN = {"^": "**", "−": "-", "×": "*", "·": "*", "²": "**2", "³": "**3", "（": "(", "）": ")"}
LONGEST = 120  # characters


def parse(text: str) -> list[tuple[int, float]]:
    """(opcode, number) in the order of a stack machine; + - * / ^, the FUNCTIONS, numbers, x, y, pi and e.

    Nothing is ever executed. EngineError formula-too-long, bad-formula (where it breaks off), unknown-in-formula.
    """
    if len(text) > LONGEST:
        raise EngineError("formula-too-long", count=len(text), most=LONGEST)
    plain = text.strip()
    for sign, meaning in WRITTEN.items():
        plain = plain.replace(sign, meaning)
    try:
        tree = ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = max(0, (getattr(error, "offset", None) or 1) - 1)
        raise EngineError("bad-formula", formula=text.strip(), rest=plain[place:] or "…") from None
    return list(_steps(tree, plain))


def _steps(node: ast.expr, text: str) -> Iterator[tuple[int, float]]:
    match node:
        case ast.Constant(value=value) if type(value) in (int, float) and abs(value) < 1e30:
            yield CONSTANT, float(value)
        case ast.Name(id=name) if name in NAMES:
            yield NAMES[name], 0.0
        case ast.Name(id=name) if name in NUMBERS:
            yield CONSTANT, NUMBERS[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in JOINS:
            yield from _steps(left, text)
            yield from _steps(right, text)
            yield JOINS[type(op)], 0.0
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield from _steps(operand, text)
            yield NEGATE, 0.0
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            yield from _steps(operand, text)
        case ast.Call(func=ast.Name(id=name), args=[operand], keywords=[]) if name in FUNCTIONS:
            yield from _steps(operand, text)
            yield FUNCTIONS[name], 0.0
        case _:
            part = ast.get_source_segment(text, node) or text
            known = ", ".join(sorted({*NAMES, "pi", "e", *FUNCTIONS}))
            raise EngineError("unknown-in-formula", part=part, known=known)


def depth(steps: list[tuple[int, float]]) -> int:
    """The most numbers that lie on the stack at once."""
    height = most = 0
    for code, _ in steps:
        height += 1 if code <= Y else -1 if code <= POWER else 0
        most = max(most, height)
    return most
