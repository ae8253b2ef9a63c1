"""The words that PyTorch has for the nodes of a network: modules, expressions, and whose blocks of θ are in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from engine.node import Node, Parameter

Shape = tuple[int, ...]  # of one example: (width,), (length, d), (channels, height, width)
ACTIVATIONS = {
    "identity": ("nn.Identity()", "{0}"),
    "relu": ("nn.ReLU()", "torch.relu({0})"),
    "leaky-relu": ("nn.LeakyReLU(SLOPE)", "F.leaky_relu({0}, SLOPE)"),
    "sigmoid": ("nn.Sigmoid()", "torch.sigmoid({0})"),
    "hard-sigmoid": ("nn.Hardsigmoid()", "F.hardsigmoid({0})"),
    "tanh": ("nn.Tanh()", "torch.tanh({0})"),
    "gelu": ("nn.GELU()", "F.gelu({0})"),
    "gelu-tanh": ('nn.GELU(approximate="tanh")', 'F.gelu({0}, approximate="tanh")'),
    "swish": ("nn.SiLU()", "F.silu({0})"),
    "tent": ("", "1 - (2 * {0} - 1).abs()"),
}


@dataclass(frozen=True)
class Weight:
    """A block of θ and the parameter it is in PyTorch: `path` as in named_parameters, ^ for the module's own name.

    how: turned, (in, out) to (out, in); filters, (in·kh·kw, out) to (out, in, kh, kw); same. rows: those of the
    parameter that are this block, where several share one.
    """

    path: str
    block: str
    parameter: Parameter
    how: str = "same"
    rows: tuple[int, int] | None = None


@dataclass(frozen=True)
class Part:
    """Nodes that PyTorch has one word for; the last is what comes out.

    module: a constructor, if there is one. call: an expression of {self}, the module, and of the inputs {0}, {1},
    …; `lines` come before it. makes: more lines of __init__. mask: a buffer, {mask} in the call. takes: the shape
    of each input, None for any; gives: of what comes out, None for that of the first input. again: an input has
    to have a name. second: another node that comes out, second. owner: the node whose module is meant.
    """

    nodes: tuple[int, ...]
    inputs: tuple[int, ...]
    takes: tuple[Shape | None, ...] = (None,)
    gives: Shape | None = None
    module: str = ""
    call: str = "{self}({0})"
    lines: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    mask: str = ""
    weights: tuple[Weight, ...] = ()
    again: bool = False
    second: int | None = None
    owner: int | None = None

    @property
    def out(self) -> int:
        return self.nodes[-1]

    @property
    def links(self) -> bool:
        """Whether it can stand in a row of modules."""
        plain = not (self.lines or self.makes or self.mask or self.again) and self.owner is None
        return bool(self.module) and plain and len(self.inputs) == 1


def number(value: float) -> str:
    """As a person would write it."""
    return next(text for text in (f"{value:g}", f"{value:.12g}", repr(float(value))) if near(text, value))


def near(text: str, value: float) -> bool:
    """Whether it is the number but for rounding in its last digits."""
    return abs(float(text) - value) <= 1e-14 * abs(value)


def pair(one: int, other: int) -> str:
    return f"{one}" if one == other else f"({one}, {other})"


def options(**given: tuple[object, object]) -> str:
    """Keyword arguments that are not PyTorch's defaults: name=(value, default)."""
    return "".join(f", {name}={value}" for name, (value, default) in given.items() if value != default)


def deviation(parameter: Parameter) -> float:
    """The standard deviation of the numbers with which a block begins."""
    fan = sum(parameter.shape[:2])
    known = {"he": sqrt(2 / parameter.shape[0]), "xavier": sqrt(2 / fan), "zero": 0.0}
    return known.get(parameter.init, parameter.std)


def normals(parameter: Parameter, *shape: int) -> str:
    """A tensor of them."""
    std = f"{deviation(parameter):.4g}"
    return f"torch.randn({', '.join(map(str, shape))}){'' if std == '1' else f' * {std}'}"


def owned(node: Node, **names: str) -> tuple[Weight, ...]:
    """The node's blocks of θ: block="path how"."""
    told = {block: [*text.split(), "same"] for block, text in names.items()}
    return tuple(
        Weight(told[p.name][0], f"{node.name}.{p.name}", p, told[p.name][1]) for p in node.parameters
    )


def dense(n: int, node: Node) -> Part:
    k, width, bias, *length = node.sizes
    module = f"nn.Linear({k}, {width}{options(bias=(bool(bias), True))})"
    weights = owned(node, weight="weight turned", bias="bias")
    return Part((n,), node.inputs, ((*length, k),), (*length, width), module, weights=weights, owner=node.tie)


def activation(n: int, node: Node) -> Part:
    slope = number(node.hyper[0]) if node.hyper else ""
    module, call = (text.replace("SLOPE", slope) for text in ACTIVATIONS[node.op])
    return Part((n,), node.inputs, module=module, call=call)


def add(n: int, node: Node) -> Part:
    shape = node.shape or (node.width,)
    return Part((n,), node.inputs, (shape, shape), shape, call="{0} + {1}")


def dropout(n: int, node: Node) -> Part:
    return Part((n,), node.inputs, module=f"nn.Dropout({number(node.hyper[0])})")


def channels(node: Node) -> Shape:
    """The shape in which a norm that knows channels takes its input."""
    c, p = node.sizes[:2]
    return node.shape if len(node.shape) == 3 else (c, p) if p > 1 else (c,)


def batch_norm(n: int, node: Node) -> Part:
    shape, (epsilon, momentum) = channels(node), map(number, node.hyper)
    kind = "BatchNorm2d" if len(shape) == 3 else "BatchNorm1d"
    more = options(eps=(epsilon, "1e-05"), momentum=(momentum, "0.1"), affine=(bool(node.sizes[2]), True))
    return norm(n, node, shape, f"nn.{kind}({node.sizes[0]}{more})")


def layer_norm(n: int, node: Node) -> Part:
    width, size, affine = node.sizes
    shape = (width // size, size) if size < width else node.shape or (width,)
    of = f"{size}" if size < width or len(shape) == 1 else f"{shape}"
    more = options(eps=(number(node.hyper[0]), "1e-05"), elementwise_affine=(bool(affine), True))
    return norm(n, node, shape, f"nn.LayerNorm({of}{more})")


def group_norm(n: int, node: Node) -> Part:
    c, _, k, affine = node.sizes
    more = options(eps=(number(node.hyper[0]), "1e-05"), affine=(bool(affine), True))
    return norm(n, node, channels(node), f"nn.GroupNorm({c // k}, {c}{more})")


def norm(n: int, node: Node, shape: Shape, module: str) -> Part:
    return Part((n,), node.inputs, (shape,), shape, module, weights=owned(node, gamma="weight", beta="bias"))


def convolution(n: int, node: Node) -> Part:
    c, h, w, o, kh, kw, sh, sw, ph, pw, down, along, _, biases = node.sizes
    more = options(stride=(pair(sh, sw), "1"), padding=(pair(ph, pw), "0"), bias=(biases == 1, True))
    part = Part(
        (n,), node.inputs, ((c, h, w),), node.shape, f"nn.Conv2d({c}, {o}, {pair(kh, kw)}{more})",
        weights=owned(node, weight="weight filters", bias="bias" if biases == 1 else "^_bias"),
    )  # fmt: skip
    if biases != 2:
        return part
    make = f"{{self}}_bias = nn.Parameter(torch.zeros({o}, {down}, {along}))"
    return Part(
        (n,), node.inputs, part.takes, part.gives, part.module, "{self}({0}) + {self}_bias",
        makes=(make,), weights=part.weights,
    )  # fmt: skip


def local(n: int, node: Node) -> Part:
    """A filter of its own for every place: the windows, each times its own matrix."""
    c, h, w, o, kh, kw, sh, sw, ph, pw, down, along, _, biases = node.sizes
    k, places = c * kh * kw, down * along
    more = options(padding=(pair(ph, pw), "0"), stride=(pair(sh, sw), "1"))
    makes = [f"{{self}}_filters = nn.Parameter({normals(node.parameters[0], k, o, places)})"]
    call = 'torch.einsum("nkp,kop->nop", windows, {self}_filters)'
    if biases:
        makes.append(f"{{self}}_bias = nn.Parameter(torch.zeros({o}, {places}))")
        call = f"({call} + {{self}}_bias)"
    return Part(
        (n,), node.inputs, ((c, h, w),), node.shape, call=f"{call}.unflatten(2, ({down}, {along}))",
        lines=(f"windows = F.unfold({{0}}, {pair(kh, kw)}{more})",), makes=tuple(makes),
        weights=owned(node, weight="^_filters", bias="^_bias"),
    )  # fmt: skip


def border(n: int, node: Node) -> Part:
    c, h, w, ph, pw, mean = node.sizes
    if not mean:
        sides = f"{ph}" if ph == pw else f"({pw}, {pw}, {ph}, {ph})"
        return Part((n,), node.inputs, ((c, h, w),), node.shape, f"nn.ReplicationPad2d({sides})")
    return Part(
        (n,), node.inputs, ((c, h, w),), node.shape, call=f"F.pad({{0}} - mean, ({pw}, {pw}, {ph}, {ph})) + mean",
        lines=("mean = {0}.mean((2, 3), keepdim=True)",), again=True,
    )  # fmt: skip


def pool(n: int, node: Node) -> Part:
    kh, kw, sh, sw = node.sizes[3:7]
    size = pair(kh, kw) + options(stride=(pair(sh, sw), pair(kh, kw)))
    kind = {"max-pool": "nn.MaxPool2d", "average-pool": "nn.AvgPool2d", "min-pool": ""}[node.op]
    call = "{self}({0})" if kind else f"-F.max_pool2d(-({{0}}), {size})"
    return Part((n,), node.inputs, (node.sizes[:3],), node.shape, kind and f"{kind}({size})", call)


def cut(n: int, node: Node) -> Part:
    k, start, width, repeat = node.sizes
    where = f"{start or ''}:{start + width if start + width < k else ''}"
    if repeat > 1:
        return Part((n,), node.inputs, ((repeat, k),), (repeat, width), call=f"{{0}}[..., {where}]")
    return Part((n,), node.inputs, ((k,),), (width,), call=f"{{0}}[:, {where}]")


def embedding(n: int, node: Node) -> Part:
    length, v, d = node.sizes
    return Part(
        (n,), node.inputs, ((length,),), (length, d), f"nn.Embedding({v}, {d})",
        weights=owned(node, table="weight"), owner=node.tie,
    )  # fmt: skip


def places(n: int, node: Node) -> Part:
    length, d = node.shape
    make = f'self.register_buffer("{{name}}", sinusoids({length}, {d}))'
    if node.op == "position-learned":
        make = f"{{self}} = nn.Parameter({normals(node.parameters[0], length, d)})"
    return Part(
        (n,), node.inputs, (node.shape,), node.shape, call="{0} + {self}", makes=(make,),
        weights=owned(node, table="^"),
    )  # fmt: skip


def softmax(n: int, node: Node) -> Part:
    size, groups = node.sizes[:2]
    shape = (groups, size) if groups > 1 else None
    warm = "" if node.hyper[0] == 1 else f" * {number(node.hyper[0])}"
    return Part(
        (n,),
        node.inputs,
        (shape,),
        shape,
        "" if warm else "nn.Softmax(-1)",
        f"torch.softmax({{0}}{warm}, -1)",
    )


PARTS: dict[str, Callable[[int, Node], Part]] = {
    "dense": dense, "dense-each": dense, "add": add, "dropout": dropout, "batch-norm": batch_norm,
    "layer-norm": layer_norm, "group-norm": group_norm, "convolution": convolution,
    "local": local, "border": border, "slice": cut, "embedding": embedding, "position-fixed": places,
    "position-learned": places, "softmax": softmax,
    **dict.fromkeys(("max-pool", "min-pool", "average-pool"), pool), **dict.fromkeys(ACTIVATIONS, activation),
}  # fmt: skip
