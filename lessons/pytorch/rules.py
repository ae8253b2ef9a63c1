"""Optimizers and schedules in PyTorch: its own where they are the same, else a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lessons.pytorch.parts import number

Settings = Mapping[str, Any]
OPTIM, PLANS = "torch.optim.", "torch.optim.lr_scheduler."
# Theirs: its name, and what of ours it takes.
KNOWN = {
    "sgd": ("SGD", ()), "momentum": ("SGD", ("momentum",)), "nesterov": ("SGD", ("momentum", "nesterov")),
    "adam": ("Adam", ("betas", "eps")), "adamw": ("AdamW", ("betas", "eps", "shrink")),
    "amsgrad": ("Adam", ("betas", "eps", "amsgrad")), "nadam": ("NAdam", ("betas", "eps", "psi")),
    "radam": ("RAdam", ("betas", "eps")), "adagrad": ("Adagrad", ("eps",)), "rmsprop": ("RMSprop", ("alpha", "eps")),
    "mean-rms": ("Adagrad", ("tiny",)),
}  # fmt: skip
ADAGRAD_EPS = 1e-10
FEW = 24  # heights of a drawn schedule that are written out


@dataclass(frozen=True)
class Rule:
    """make: the optimizer. helper: its class, if it has to be written. ahead: whether θ moves before the loss is
    taken. factor: on the rate, an expression of t, besides the schedule. decays: the L2 term is in it."""

    make: str
    helper: tuple[str, ...] = ()
    ahead: bool = False
    factor: str = ""


def rule(given: Settings) -> Rule:
    """The optimizer of a trainer with these settings."""
    name = given["optimizer"]
    if name in KNOWN and not (name == "radam" and given["threshold"] != 5) and not given.get("recalls"):
        kind, takes = KNOWN[name]
        options = [option for take in takes for option in [taken(take, kind, given)] if option]
        if given["l2"] and name != "adamw":
            options.append(f"weight_decay={number(given['l2'])}")
        make = f"{OPTIM}{kind}({', '.join(['model.parameters()', 'lr=' + number(given['rate']), *options])})"
        return Rule(make, factor="(t + 1) ** 0.5" if name == "mean-rms" else "")
    title, body = OWN[name](given)
    slope = f"p.grad + {number(given['l2'])} * p" if given["l2"] else "p.grad"
    lines = [line.replace("SLOPE", slope) for line in body]
    make = f'{title}(model.parameters(), {{"lr": {number(given["rate"])}}})'
    return Rule(make, (f"class {title}({OPTIM}Optimizer):", *(f"    {line}" if line else "" for line in lines)),
                ahead=name == "nesterov-ahead")  # fmt: skip


def taken(take: str, kind: str, given: Settings) -> str:
    """One option as PyTorch writes it; empty where it is its default."""
    beta, decay = given["momentum"], given["decay"]
    match take:
        case "momentum":
            return f"momentum={number(beta)}"
        case "nesterov" | "amsgrad":
            return f"{take}=True"
        case "betas":
            decay = 0.999 if decay is None else decay
            return "" if (beta, decay) == (0.9, 0.999) else f"betas=({float(beta)}, {float(decay)})"
        case "eps":
            default = ADAGRAD_EPS if kind == "Adagrad" else 1e-8
            return "" if given["epsilon"] in (None, default) else f"eps={number(given['epsilon'])}"
        case "tiny":
            return "eps=1e-30"
        case "alpha":
            return "" if decay in (None, 0.99) else f"alpha={number(decay)}"
        case "shrink":
            return "" if given["weight_decay"] == 0.01 else f"weight_decay={number(given['weight_decay'])}"
        case "psi":
            return "" if given["psi"] == 0.004 else f"momentum_decay={number(given['psi'])}"
    raise ValueError(take)


# Ours: the name of a class and the lines of it. `state` is that of one parameter p, g its gradient.

STEP = (
    "@torch.no_grad()",
    "def step(self):",
    "    for group in self.param_groups:",
    '        for p in group["params"]:',
)


def each(*lines: str) -> tuple[str, ...]:
    return (*STEP, *(f"            {line}" for line in ("g, state = SLOPE, self.state[p]", *lines)))


def betas(given: Settings) -> tuple[str, str, str, str]:
    decay = 0.999 if given["decay"] is None else given["decay"]
    return tuple(f"{value:.12g}" for value in (given["momentum"], 1 - given["momentum"], decay, 1 - decay))


def moments(given: Settings, grad: str = "g", state: str = "state") -> tuple[str, str]:
    beta, rest, decay, left = betas(given)
    return (
        f'm = {state}["m"] = {beta} * {state}.get("m", 0) + {rest} * {grad}',
        f'v = {state}["v"] = {decay} * {state}.get("v", 0) + {left} * {grad}**2',
    )


TIME = 't = state["t"] = state.get("t", 0) + 1'


def epsilon(given: Settings, default: float = 1e-8) -> str:
    return number(default if given["epsilon"] is None else given["epsilon"])


def sgdw(given: Settings) -> tuple[str, tuple[str, ...]]:
    beta, shrink = number(given["momentum"]), number(given["weight_decay"])
    return "SGDW", each(
        f'm = state["m"] = {beta} * state.get("m", 0) + g', f'p -= group["lr"] * (m + {shrink} * p)'
    )


def adam_biased(given: Settings) -> tuple[str, tuple[str, ...]]:
    return "BiasedAdam", each(*moments(given), f'p -= group["lr"] * m / (v.sqrt() + {epsilon(given)})')


def adabound(given: Settings) -> tuple[str, tuple[str, ...]]:
    beta, _, decay, left = betas(given)
    speed = left if given["tightening"] is None else number(given["tightening"])
    last = number(given["bound"])
    last = f'{last} * group["lr"] / {number(given["rate"])}' if given["schedule"] else last
    return "AdaBound", each(
        TIME, *moments(given),
        f'rate = group["lr"] * (1 - {decay}**t) ** 0.5 / (1 - {beta}**t)',
        f"low, high = 1 - 1 / ({speed} * t + 1), 1 + 1 / ({speed} * t)",
        f"last = {last}",
        f"p -= (rate / (v.sqrt() + {epsilon(given)})).clamp(last * low, last * high) * m",
    )  # fmt: skip


def radam(given: Settings) -> tuple[str, tuple[str, ...]]:
    beta, _, decay, _ = betas(given)
    last = f"{2 / (1 - float(decay)) - 1:.12g}"
    return "RAdam", each(
        TIME, *moments(given),
        f'rate, root = group["lr"] / (1 - {beta}**t), (1 - {decay}**t) ** 0.5',
        f"top, rho = {last}, {last} - 2 * t * {decay}**t / root**2",
        f"if rho > {number(given['threshold'])}:",
        "    r = (rho - 4) * (rho - 2) * top / ((top - 4) * (top - 2) * rho)",
        f"    p -= rate * r**0.5 * root * m / (v.sqrt() + {epsilon(given)})",
        "else:",
        "    p -= rate * m",
    )  # fmt: skip


def rmsprop(given: Settings) -> tuple[str, tuple[str, ...]]:
    decay = 0.99 if given["decay"] is None else given["decay"]
    return "RMSPropFromFirst", each(
        f'v = state["v"] = {number(decay)} * state.get("v", g**2) + {1 - decay:.12g} * g**2',
        f'p -= group["lr"] * g / (v.sqrt() + {epsilon(given)})',
    )


def nesterov_ahead(given: Settings) -> tuple[str, tuple[str, ...]]:
    beta = number(given["momentum"])
    ahead = (
        "@torch.no_grad()", "def look_ahead(self):", "    for group in self.param_groups:",
        '        for p in group["params"]:', "            state = self.state[p]",
        '            state["start"], v = p.clone(), state.get("v", 0)', f"            p += {beta} * v", "",
    )  # fmt: skip
    step = each(
        f'v = state["v"] = {beta} * state.get("v", 0) - group["lr"] * g', 'p.copy_(state["start"] + v)'
    )
    return "NesterovAhead", (*ahead, *step)


def swats(given: Settings) -> tuple[str, tuple[str, ...]]:
    beta, rest, decay, left = betas(given)
    due = (
        f"t >= {given['switch']}"
        if given["switch"]
        else f"t > 1 and abs(fair - rate) < {number(given['tolerance'])}"
    )
    return "SWATS", (
        "@torch.no_grad()",
        "def step(self):",
        '    lr, ps = self.param_groups[0]["lr"], self.param_groups[0]["params"]',
        "    g, s = torch.cat([(SLOPE).flatten() for p in ps]), self.state[ps[0]]",
        '    if "share" in s:',
        f'        s["m"] = {beta} * s["m"] + g',
        f'        step = -{rest} * s["share"] * lr * s["m"]',
        "    else:",
        '        t = s["t"] = s.get("t", 0) + 1',
        *(f"        {line}" for line in moments(given, state="s")),
        f"        step = -lr * (1 - {decay}**t) ** 0.5 / (1 - {beta}**t) * m",
        f"        step /= v.sqrt() + {epsilon(given, 1e-9)}",
        "        rate = -(step @ step) / (step @ g)",
        f'        s["mean"] = {decay} * s.get("mean", 0) + {left} * rate',
        f'        fair = s["mean"] / (1 - {decay}**t)',
        f"        if {due}:",
        '            s["share"], s["m"] = fair / lr, 0',
        "    nn.utils.vector_to_parameters(nn.utils.parameters_to_vector(ps) + step, ps)",
    )


OWN = {
    "rmsprop": rmsprop, "sgdw": sgdw, "adam-biased": adam_biased, "adabound": adabound, "radam": radam,
    "nesterov-ahead": nesterov_ahead, "swats": swats,
}  # fmt: skip


# Schedules


def schedule(given: Settings, updates: int, factor: str = "") -> str:
    """What makes the schedule, empty for a constant rate; `factor` is multiplied with it."""
    name, plan = given["schedule"] or ("constant", {})
    native = "" if factor else theirs(name, plan, given["rate"], updates)
    if native:
        return native
    text = " * ".join(filter(None, (factor, ours(name, plan))))
    return f"{PLANS}LambdaLR(optimizer, lambda t: {text})" if text else ""


def theirs(name: str, plan: Settings, rate: float, updates: int) -> str:
    """PyTorch's own, where it is the same up to the last update."""
    low = number(rate * plan.get("low", 0.0))
    more = f", eta_min={low}" if low != "0" else ""
    match name:
        case "exponential":
            return f"{PLANS}ExponentialLR(optimizer, {number(plan['gamma'])})"
        case "step":
            return f"{PLANS}StepLR(optimizer, {plan['every']}, {number(plan['gamma'])})"
        case "cosine" if plan["updates"] >= updates:
            return f"{PLANS}CosineAnnealingLR(optimizer, {plan['updates']}{more})"
        case "sgdr" if float(plan["growth"]).is_integer():
            times = f", T_mult={int(plan['growth'])}" if plan["growth"] != 1 else ""
            return f"{PLANS}CosineAnnealingWarmRestarts(optimizer, {plan['first']}{times}{more})"
        case "triangular":
            down = f", step_size_down={plan['down']}" if plan["down"] else ""
            sizes = f"step_size_up={plan['up']}{down}, cycle_momentum=False"
            return f"{PLANS}CyclicLR(optimizer, {low}, {number(rate)}, {sizes})"
        case "one-cycle" if plan["updates"] >= updates:
            start, end = plan["start"], plan["end"]
            shape = {"pct_start": plan["rise"], "div_factor": 1 / start, "final_div_factor": start / end}
            default = {"pct_start": 0.3, "div_factor": 25.0, "final_div_factor": 1e4}
            given = "".join(
                f", {key}={number(v)}" for key, v in shape.items() if abs(v / default[key] - 1) > 1e-9
            )
            return f"{PLANS}OneCycleLR(optimizer, {number(rate)}, {plan['updates']}{given}, cycle_momentum=False)"
    return ""


def ours(name: str, plan: Settings) -> str:
    """The factor on the rate as an expression of t."""
    match name:
        case "constant":
            return ""
        case "inverse-sqrt":
            return "(t + 1) ** -0.5"
        case "warm-up-inverse-sqrt":
            warm = number(plan["warm"])
            return f"min((t + 1) / {warm}, ({warm} / (t + 1)) ** 0.5)"
        case "warm-up":
            return f"min((t + 1) / {number(plan['warm'])}, 1)"
        case "range-test":
            return f"{number(plan['ratio'])} ** min(t / {plan['updates']}, 1)"
        case "cosine":
            low = number(plan["low"])
            half = f"(1 + math.cos(math.pi * min(t / {plan['updates']}, 1))) / 2"
            return half if low == "0" else f"({low} + (1 - {low}) * {half})"
        case "drawn":
            few = len(plan["heights"]) <= FEW
            heights = f"[{', '.join(number(height) for height in plan['heights'])}]" if few else "heights"
            places = f"np.linspace(0, {plan['updates']}, {len(plan['heights'])})"
            return f"np.interp(t, {places}, {heights})"
    # The long ones are the engine's own functions: plain arithmetic on t.
    named = ", ".join(f"{key}={value!r}" for key, value in plan.items())
    function = {"sgdr": "restarts"}.get(name, name.replace("-", "_"))
    return f"schedule.{function}(t, {named})"
