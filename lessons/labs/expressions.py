"""One line of tensor algebra as PyTorch reads it: parsed, walked node by node, never executed.

Only what is named here exists. Bounds: LONGEST characters, DEPTH levels, NODES parts, MOST cells of a tensor.
Each cell remembers which input cells it comes from, so that a picture can show its way.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from lessons.labs.makers import FUNCTIONAL, FUNCTIONS
from lessons.labs.operations import ATTRIBUTES, METHODS, Extremes, index
from lessons.labs.tensors import BINARY, CONSTANTS, LARGEST, ExpressionError, Tensor, compare, negate, turn

LONGEST, DEPTH, NODES = 120, 20, 80
# What an input method for Chinese leaves behind, and what is written by hand.
WRITTEN = str.maketrans("（）［］，：＋－−＊×·／＝．＞＜", "()[],:+--***/=.><")
SPACES = {"torch": FUNCTIONS, "F": FUNCTIONAL}
JOINS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
}  # fmt: skip
COMPARES = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


class Answer(NamedTuple):
    """What a line comes to, and the tensors on the way: (the part of the line, what it is), inner ones first."""

    value: Any
    steps: tuple[tuple[str, Tensor], ...]


def evaluate(text: str, names: Mapping[str, Any]) -> Answer:
    """The value of a line in which `names` (tensors, whole numbers) are known. Errors: ExpressionError."""
    reader = Reader(text.translate(WRITTEN).strip(), names)
    try:
        with np.errstate(all="ignore"):
            return Answer(reader.value(reader.parse()), tuple(reader.steps))
    except (RecursionError, MemoryError):
        raise ExpressionError("too-deep", most=DEPTH) from None


class Reader:
    """Walks the tree of one line."""

    def __init__(self, text: str, names: Mapping[str, Any]):
        self.text, self.names = text, names
        self.steps: list[tuple[str, Tensor]] = []

    def parse(self) -> ast.expr:
        if not self.text:
            raise ExpressionError("empty")
        if len(self.text) > LONGEST:
            raise ExpressionError("too-long", count=len(self.text), most=LONGEST)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError) as error:
            place = max(0, (getattr(error, "offset", None) or 1) - 1)
            raise ExpressionError("unreadable", rest=self.text[place:] or "…") from None
        count = sum(1 for _ in ast.walk(tree))
        if count > 3 * NODES:  # contexts and operators are nodes of their own
            raise ExpressionError("too-many-parts", most=NODES)
        return tree

    def part(self, node: ast.AST) -> str:
        return ast.get_source_segment(self.text, node) or self.text

    def value(self, node: ast.expr, deep: int = 0) -> Any:
        """The value of a part of the line."""
        if deep > DEPTH:
            raise ExpressionError("too-deep", most=DEPTH)
        walk = lambda inner: self.value(inner, deep + 1)
        match node:
            case ast.Constant(value=known) if known is None or type(known) in (bool, int, float, str):
                if type(known) is int and known > LARGEST:
                    raise ExpressionError("large-number", part=self.part(node))
                return known
            case ast.Constant(value=known) if known is Ellipsis:
                return known
            case ast.Name(id=name) if name in self.names:
                return self.names[name]
            case ast.Name(id=name):
                if name in SPACES:
                    raise ExpressionError("not-allowed", part=name)
                raise ExpressionError("unknown-name", name=name, known=", ".join([*self.names, *SPACES]))
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return [walk(one) for one in parts] if isinstance(node, ast.List) else tuple(map(walk, parts))
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*(None if one is None else walk(one) for one in (lower, upper, step)))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in JOINS:
                return self.told(node, BINARY[JOINS[type(op)]], walk(left), walk(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.told(node, negate, walk(operand))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return walk(operand)
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return self.told(node, turn, walk(operand))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARES:
                return self.told(node, compare, walk(left), walk(right), COMPARES[type(op)])
            case ast.Subscript(value=of, slice=at):
                return self.told(node, index, walk(of), walk(at))
            case ast.Attribute(value=ast.Name(id=space), attr=name) if space in SPACES:
                if space == "torch" and name in CONSTANTS:
                    return CONSTANTS[name]
                raise ExpressionError(
                    "unknown-function", name=f"{space}.{name}", near=near(name, SPACES[space])
                )
            case ast.Attribute(value=of, attr=name):
                return self.attribute(node, walk(of), name)
            case ast.Call(func=ast.Attribute(value=of, attr=name), args=args, keywords=keywords):
                return self.call(node, of, name, args, keywords, walk)
        raise ExpressionError("not-allowed", part=self.part(node))

    def attribute(self, node: ast.expr, of: Any, name: str) -> Any:
        if isinstance(of, Extremes) and name in Extremes._fields:
            return getattr(of, name)
        if isinstance(of, Tensor) and name in ATTRIBUTES:
            return self.told(node, ATTRIBUTES[name], of)
        if isinstance(of, Tensor) and name in METHODS:
            raise ExpressionError("not-called", name=name)
        raise ExpressionError("unknown-method", name=name, near=near(name, METHODS | ATTRIBUTES))

    def call(self, node, of, name: str, args, keywords, walk: Callable) -> Any:
        """A function of torch or F, or a method of a tensor."""
        if isinstance(of, ast.Name) and of.id in SPACES:
            table, given, shown = SPACES[of.id], [], f"{of.id}.{name}"
        else:
            owner = walk(of)
            if not isinstance(owner, Tensor):
                raise ExpressionError("no-methods", part=self.part(of))
            table, given, shown = METHODS, [owner], name
        if name not in table:
            raise ExpressionError(
                "unknown-function" if not given else "unknown-method", name=shown, near=near(name, table)
            )
        for one in args:
            many = walk(one.value) if isinstance(one, ast.Starred) else (walk(one),)
            if not isinstance(many, (tuple, list)):
                raise ExpressionError("not-allowed", part=self.part(one))
            given.extend(many)
        if any(one.arg is None for one in keywords):
            raise ExpressionError("not-allowed", part="**")
        named = {{"axis": "dim"}.get(one.arg, one.arg): walk(one.value) for one in keywords}
        if len(named) < len(keywords):
            raise ExpressionError("bad-arguments", part=shown)
        return self.told(node, table[name], *given, called=shown, **named)

    def told(self, node: ast.expr, work: Callable, *args: Any, called: str = "", **named: Any) -> Any:
        """The value of `work(*args)`, kept among the steps if it is a tensor."""
        try:
            value = work(*args, **named)
        except (TypeError, ValueError, OverflowError, AttributeError, IndexError) as error:
            if isinstance(error, ExpressionError):
                raise
            raise ExpressionError("bad-arguments", part=called or self.part(node)) from None
        if isinstance(value, Tensor):
            self.steps.append((self.part(node), value))
        return value


def near(name: str, table: Mapping[str, Any]) -> str:
    """At most three names of the table that resemble one, else its most useful."""
    from difflib import get_close_matches

    return ", ".join(get_close_matches(name, table, 3, 0.5) or list(table)[:5])
