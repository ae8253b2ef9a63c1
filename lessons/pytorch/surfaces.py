"""Losses that are formulas of θ alone, as a module with one parameter."""

from __future__ import annotations

from collections.abc import Sequence

from engine import formula
from engine.node import Node
from lessons.pytorch.data import Source
from lessons.pytorch.lines import wrapped
from lessons.pytorch.module import Module
from lessons.pytorch.parts import Weight, number
from lessons.pytorch.program import Facts, Program, Sheet
from lessons.pytorch.rules import rule

JOINS = {
    formula.ADD: "+",
    formula.SUBTRACT: "-",
    formula.MULTIPLY: "*",
    formula.DIVIDE: "/",
    formula.POWER: "**",
}
CALLS = {
    formula.SIN: "torch.sin", formula.COS: "torch.cos", formula.EXP: "torch.exp", formula.LOG: "torch.log",
    formula.SQRT: "torch.sqrt", formula.TANH: "torch.tanh", formula.ABS: "torch.abs",
}  # fmt: skip
TIGHT = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4, "": 5}


class Analytic(Sheet):
    """Writes the program of one such loss."""

    signature = "model, updates"

    def __init__(self, told: Facts, command: str, fetch: str, seed: int, updates: int, notes: Sequence[str]):
        self.told, self.command, self.fetch, self.where = told, command, fetch, Source(())
        self.seed, self.updates, self.notes = seed, updates, notes
        self.loss, self.rule = told.table.loss, rule(told.given)
        weight = Weight("theta", f"{self.loss.name}.theta", self.loss.parameters[0])
        self.module = Module((weight,), (), (), False)

    def write(self) -> Program:
        return self.joined(self.model(), self.train(), self.main())

    def model(self) -> list[str]:
        start = ", ".join(repr(float(f"{value:.6g}")) for value in self.told.theta)
        names = "x, y" if len(self.told.theta) == 2 else "(x,)"
        return [
            *([*self.rule.helper, "", ""] if self.rule.helper else []),
            "class Surface(nn.Module):",
            "    def __init__(self):",
            "        super().__init__()",
            f"        self.theta = nn.Parameter(torch.tensor([{start}]))",
            "",
            "    def forward(self):",
            f"        {names} = self.theta",
            *(f"        {part}" for line in height(self.loss) for part in wrapped(line, 80)),
        ]

    def loop(self, counted: bool) -> str:
        return f"for {'t' if counted else '_'} in range(updates):"

    def cost(self) -> str:
        return "model()"

    def made(self) -> str:
        return f"train(Surface(), updates={self.updates})"


def height(node: Node) -> list[str]:
    """Lines that return the loss, of x or of x and y."""
    c = [number(value) for value in node.hyper]
    match node.op:
        case "quadratic-1d":
            return [f"return {terms(zip(c, ('x**2', 'x', ''), strict=True))}"]
        case "quadratic":
            return [f"return {terms(zip(c, ('x**2', 'y**2', 'x * y', 'x', 'y', ''), strict=True))}"]
        case "ripple-1d":
            dents = [f"{a} * torch.exp(-(((x - {b}) / {w}) ** 2))" for a, b, w in (c[2:5], c[5:8])]
            bowl = f"{c[0]} * (x - {c[1]}) ** 2"
            return [f"bowl = {bowl}", f"dents = {' + '.join(dents)}", "return bowl - dents"]
        case "himmelblau":
            return [f"return (x**2 + y - {c[0]}) ** 2 + (x + y**2 - {c[1]}) ** 2"]
        case "rosenbrock":
            return [f"return ({c[0]} - x) ** 2 + {c[1]} * (y - x**2) ** 2"]
    return [f"return {typed(node)}"]


def terms(pairs) -> str:
    """A sum without what is 0."""
    found = []
    for factor, power in pairs:
        if factor != "0":
            found.append(power if factor == "1" and power else " * ".join(filter(None, (factor, power))))
    return " + ".join(found).replace("+ -", "- ") or "0 * x"


def typed(node: Node) -> str:
    """What a person typed, from the program of its stack."""
    stack: list[tuple[str, int]] = []  # a text, and how tightly it holds together
    for code, value in zip(node.hyper[0 : 2 * node.sizes[0] : 2], node.hyper[1::2], strict=False):
        code = int(code)
        if code == formula.CONSTANT:
            stack.append((number(value), TIGHT[""] if value >= 0 else TIGHT["neg"]))
        elif code in (formula.X, formula.Y):
            stack.append(("x" if code == formula.X else "y", TIGHT[""]))
        elif code in JOINS:
            (right, hold), (left, held), sign = stack.pop(), stack.pop(), JOINS[code]
            tight = TIGHT[sign]
            left = left if held > tight or (held == tight and sign != "**") else f"({left})"
            right = right if hold > tight or (sign in "+*" and hold == tight) else f"({right})"
            simple = sign == "**" and left.isidentifier()
            stack.append((f"{left}{sign}{right}" if simple else f"{left} {sign} {right}", tight))
        elif code == formula.NEGATE:
            inner, hold = stack.pop()
            stack.append((f"-{inner if hold > TIGHT['neg'] else f'({inner})'}", TIGHT["neg"]))
        else:
            inner = stack.pop()[0]
            constant = "x" not in inner.replace("exp", "") and "y" not in inner
            stack.append((f"{CALLS[code]}({f'torch.tensor({inner})' if constant else inner})", TIGHT[""]))
    return stack[0][0]
