"""The puzzles against PyTorch and NumPy, the flight of the cells, and the training loop against the engine."""

import numpy as np
import pytest
from formulas import prove

from engine.network import Network
from engine.trainer import Trainer
from lessons import catalog
from lessons.data.generators import line20
from lessons.homework.tensors.experiments import CALLS, MAKING, MOVING, ORDER
from lessons.labs import calls, shapes
from lessons.labs.calls import RATE, START, Loop
from lessons.labs.expressions import evaluate
from lessons.labs.puzzles import LARGEST_SIZE, LETTERS, PUZZLES, TRIALS, given, misfit, trials, tried
from lessons.labs.tensors import ExpressionError, Tensor

LESSON = catalog.load().lesson("homework/tensors")
EXPERIMENTS = LESSON.experiments()


def model(name, seed=1, done=False, **settings):
    experiment = EXPERIMENTS[name]
    found = LESSON.call(experiment.build)(experiment.settings(settings), seed)
    if done:
        found.train(found.limit)
    return found


def puzzle(id, done=False, seed=1, **settings):
    return model("making" if id in MAKING else "moving", seed, done, puzzle=id, **settings)


def notes(shown):
    return [step.note for step in shown.look("numbers", ()).steps]


# The puzzles


def test_every_puzzle_stands_in_one_section():
    assert (*MAKING, *MOVING) == tuple(PUZZLES) and len(PUZZLES) == 25
    assert CALLS == calls.CALLS


@pytest.mark.parametrize("id", PUZZLES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_puzzle_has_an_answer_for_every_size_and_lines_that_differ(id, seed):
    one = PUZZLES[id]
    assert tried(one, one.answer, seed) == (TRIALS, "")
    right = [line for line in one.lines if tried(one, line, seed)[0] == TRIALS]
    assert len(right) == 1 and len(set(one.lines)) == 3
    cells = sum(x.values.size for x in given(one, one.sizes).values() if isinstance(x, Tensor))
    assert cells <= 64  # one bit of the sources each


@pytest.mark.parametrize("id", PUZZLES)
def test_the_answer_is_what_pytorch_makes_of_it(id):
    torch = pytest.importorskip("torch")
    one, draw = PUZZLES[id], np.random.default_rng(4)
    for sizes in trials(one, 7):
        names = given(one, sizes, draw)
        theirs = {
            name: torch.tensor(x.values) if isinstance(x, Tensor) else x for name, x in names.items()
        } | {"torch": torch, "F": torch.nn.functional}
        ours, wanted = evaluate(one.answer, names).value, eval(one.answer, theirs)
        assert ours.shape == tuple(wanted.shape) and np.allclose(ours.values, wanted.numpy(), atol=1e-5)


def test_sizes_differ_and_hold_the_ends():
    found = trials(PUZZLES["cat"], 3)
    assert len(found) == TRIALS and set(found[0].values()) == {1} and set(found[2].values()) == {LARGEST_SIZE}
    assert len(set(found[1].values())) == 5 and found != trials(PUZZLES["cat"], 4)


FOOLED = [("ones", "c"), ("zeros", "a"), ("column", "a"), ("other", "b"), ("columns", "b"), ("squeeze", "a")]


@pytest.mark.parametrize(("id", "line"), [*FOOLED, ("flatten", "a"), ("mean", "b"), ("accuracy", "c")])
def test_a_line_for_one_size_only_does_not_count(id, line):
    shown = puzzle(id, done=True, line=line)
    if id != "accuracy":
        assert shown.fits
    assert not shown.solved and "note.solved" not in notes(shown)
    if shown.fits:
        last = shown.look("numbers", ()).steps[-1]
        assert last.note == "misfit.sizes" and last.facts["right"] < TRIALS


@pytest.mark.parametrize(
    "line", ["x.reshape(3, 2)", "torch.tensor([[1., 4], [2, 5], [3, 6]])", "x.T.reshape(3, 2)"]
)
def test_the_goal_written_down_is_no_solution(line):
    shown = puzzle("transpose", done=True, typed=line)
    assert not shown.solved
    assert puzzle("transpose", done=True, typed="x.T").solved
    assert puzzle("transpose", done=True, typed="x.permute(1, 0)").solved


def test_what_is_wrong_is_told_with_its_axis():
    shown = puzzle("columns", line="a")
    assert shown.limit == 0 and shown.facts()["error"] == "no-broadcast"
    texts = [step.text for step in shown.look("numbers", ()).steps]
    assert "2  [3]" in [" ".join(t.split(" ")).strip() for t in texts] and any("[2]" in t for t in texts)
    lit = shown.look("given", ()).marked
    assert lit.tolist() == [[[True, True, True], [False, False, False]]]
    wrong = puzzle("unsqueeze", done=True, line="b")
    assert wrong.misfit.code == "shape" and wrong.misfit.facts["axis"] == 1
    assert misfit((2, 3), wrong.goal).code == "no-tensor"
    assert puzzle("real", done=True, line="a").misfit.code == "dtype"
    assert puzzle("transpose", done=True, line="a").misfit.code == "values"


def test_hints_next_and_the_list():
    shapes.SOLVED.clear()
    shown = puzzle("cat")
    assert shown.act("hint") == {"hint": 1} and shown.act("list") == {"list": "on"}
    assert shown.act("next") == {"puzzle": "flatten", "line": "a", "typed": "", "hint": 0}
    assert puzzle("linear").act("next")["puzzle"] == "transpose"
    hinted = notes(puzzle("cat", hint=2))
    assert hinted[-2:] == ["hint.cat", "note.answer"] and "hint.cat" not in notes(shown)
    assert [row[1] for row in shown.look("list", ()).rows] == ["="] * len(MOVING)
    puzzle("cat", done=True, line="b")
    table = shown.look("list", ())
    assert table.rows[table.chosen][:2] == ("option.cat", "=✓")


def test_nothing_is_told_before_the_cells_have_landed():
    shown = puzzle("transpose", line="b")
    assert shown.metrics() == {} and "note.solved" not in notes(shown)
    shown.train(shown.limit)
    assert shown.metrics() == {"cells": 6, "sizes": TRIALS} and "note.solved" in notes(shown)


# The flight


@pytest.mark.parametrize("id", PUZZLES)
def test_cells_start_where_they_are_given_and_end_where_they_belong(id):
    shown = puzzle(id, typed=PUZZLES[id].answer)
    first = shown.look("move", ()).values
    assert sorted(first[np.isfinite(first)]) == sorted(shown.from_values)
    shown.train(shown.limit)
    last, goal = shown.look("move", ()).values, shown.goal.values.ravel().astype(float)
    assert np.allclose(last[tuple(shown.to_place)], goal)
    used = set(shown.ways[:, 0].tolist())
    left = [v for k, v in enumerate(shown.from_values) if k not in used]
    assert np.isfinite(last).sum() == len(goal) + len(left)


def test_a_cell_in_the_air_is_on_its_way():
    shown = puzzle("transpose", line="b")
    places = []
    for _ in range(shown.limit):
        shown.train(1)
        where = np.argwhere(shown.look("move", ()).values == 2)  # x[0, 1] goes to [1, 0]
        assert len(where) <= 1
        places += [tuple(where[0])] if len(where) else []
    assert places[0] == (0, 1) and places[-1] == (1, 6)
    columns = [c for _, c in places]
    assert columns == sorted(columns) and len(set(columns)) > 4


def test_back_in_time_is_the_same_picture():
    shown = puzzle("sum", line="c")
    shown.train(20)
    state, seen = shown.state(), shown.look("move", ()).values
    shown.train(20)
    shown.restore(state)
    assert np.array_equal(shown.look("move", ()).values, seen, equal_nan=True)


def test_what_is_lit_goes_into_the_cell_that_has_landed():
    shown = puzzle("sum", line="c")
    shown.train(shown.limit)
    cell = shown.landing()
    lit = shown.look("given", ()).marked[0]
    assert cell == 2 and lit.tolist() == [[False, False, True]] * 2
    assert shown.look("wanted", ()).marked.all()


def test_a_large_result_is_drawn_in_part():
    shown = puzzle("transpose", done=True, typed="torch.zeros(64, 64)")
    assert shown.look("move", ()).values.size < 2000 and shown.look("wanted", ()).values.shape == (1, 3, 2)


# The loop


def loop(order=(), done=True, seed=1, **settings):
    return model("moving", seed, done, part="loop", order=tuple(order) or ORDER.default, **settings)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_five_calls_are_the_engines_gradient_descent(seed):
    ours = loop(seed=seed)
    x, y = line20(seed)
    net = Network()
    net.loss(net.dense(net.input(1), 1), "mse")
    engine = Trainer(net, x, y, theta=START, dtype="float64", rate=RATE)
    rows = engine.train(ours.limit)
    assert np.allclose(ours.losses, rows[:, 0]) and np.allclose(ours.norms, rows[:, 1])
    assert np.allclose(ours.theta, engine.theta)


def test_the_five_calls_are_pytorchs():
    torch = pytest.importorskip("torch")
    for out in ("none", "zero-grad", "backward", "step", "zero-and-step"):
        ours = loop(**{"left-out": out})
        x, y = (torch.tensor(v) for v in line20(1))
        line = torch.nn.Linear(1, 1).double()
        with torch.no_grad():
            line.weight.fill_(START[0]), line.bias.fill_(START[1])
        optimizer, norms = torch.optim.SGD(line.parameters(), lr=RATE), []
        for _ in range(ours.limit):
            "zero-grad" in ours.calls and optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(line(x), y)
            "backward" in ours.calls and loss.backward()
            "step" in ours.calls and optimizer.step()
            grads = [p.grad for p in line.parameters() if p.grad is not None]
            norms.append(float(torch.sqrt(sum((g**2).sum() for g in grads))) if grads else 0.0)
        assert np.allclose(ours.norms, norms), out
        assert np.allclose(ours.theta, [line.weight.item(), line.bias.item()]), out


def test_without_zero_grad_it_is_momentum_without_friction():
    ours = loop(**{"left-out": "zero-grad"})
    x, y = line20(1)
    net = Network()
    net.loss(net.dense(net.input(1), 1), "mse")
    engine = Trainer(net, x, y, theta=START, dtype="float64", rate=RATE, optimizer="momentum", momentum=1.0)
    engine.train(ours.limit)
    assert np.allclose(ours.theta, engine.theta)


def test_the_norm_grows_at_first_and_not_for_ever():
    norms = np.array(loop(**{"left-out": "zero-grad"}).norms)
    assert (np.diff(norms[:5]) > 0).all() and norms[5] < norms[4] and norms[-20:].max() > norms[0]
    assert round(norms.max() / norms[0], 1) == 3.5  # of the text, as are the five rounds
    still = np.array(loop(**{"left-out": "zero-and-step"}).norms)
    assert np.allclose(still, still[0] * np.arange(1, len(still) + 1))


def test_the_learners_own_order_is_run():
    right = loop((1, 2, 3, 4, 5))
    assert right.calls == CALLS and right.theta.tolist() == loop().theta.tolist()
    assert loop((0, 1, 2, 3, 4)).norms == loop(**{"left-out": "zero-grad"}).norms  # a card in the hand
    late = loop((4, 1, 2, 3, 5))  # the gradient is wiped before the step
    assert late.theta.tolist() == list(START) and set(late.norms) == {0.0}
    ahead = loop((1, 3, 4, 5, 2))  # step with nothing yet
    assert ahead.theta.tolist() == list(START)


REFUSED = (
    ((1, 3, 2, 4, 5), "loss", "no-prediction"),
    ((1, 2, 4, 3, 5), "backward", "no-graph"),
    ((1, 0, 2, 3, 4), "loss", "no-prediction"),
)


@pytest.mark.parametrize(("order", "refused", "reason"), REFUSED)
def test_what_pytorch_refuses_stops_the_loop(order, refused, reason):
    stopped = loop(order)
    assert stopped.stopped == f"{refused}: {reason}" and stopped.step == 0
    shown = stopped.look("program", ()).steps
    assert [step.note for step in shown if step.hot][-1] == f"stop.{reason}"


def test_the_cards_tell_right_from_wrong():
    shown = loop((1, 0, 0, 5, 4)).look("cards", ())
    assert [(bin, right) for _, bin, right in shown.cards] == [(1, 1), (0, 0), (0, 0), (5, 4), (4, 5)]
    assert shown.chosen == 1


def test_the_loop_goes_back_in_time():
    ours = loop(done=False, **{"left-out": "zero-grad"})
    ours.train(10)
    state = ours.state()
    ours.train(30)
    kept = ours.theta.copy(), list(ours.norms)
    ours.restore(state)
    assert ours.step == 10 and len(ours.norms) == 10
    ours.train(30)
    assert ours.theta.tolist() == kept[0].tolist() and ours.norms == kept[1]


def test_what_the_text_says():
    assert LESSON.call("run:reshaped")(None) == "other"
    with pytest.raises(ExpressionError, match="no-broadcast"):
        evaluate("x + b", given(PUZZLES["columns"], {"n": 2, "m": 3}))
    lecture = {
        "torch.zeros(1, 2, 3).squeeze(0)": (2, 3), "torch.zeros(2, 3).unsqueeze(1)": (2, 1, 3),
        "torch.zeros(2, 3).transpose(0, 1)": (3, 2), "torch.zeros(4, 5, 3)[0]": (5, 3),
        "torch.cat([torch.zeros(2,1,3), torch.zeros(2,3,3), torch.zeros(2,2,3)], dim=1)": (2, 6, 3),
        "F.linear(torch.zeros(5, 32), torch.zeros(64, 32), torch.zeros(64))": (5, 64),
    }  # fmt: skip
    assert {line: evaluate(line, {}).value.shape for line in lecture} == lecture
    assert LETTERS == ("a", "b", "c")


def test_formulas():
    value = lambda line, **names: evaluate(line, names).value
    x = np.arange(6.0).reshape(2, 3)
    gradient = lambda x, h=1e-6: np.array([[((x + h * e) ** 2).sum() - ((x - h * e) ** 2).sum() for e in row]
                                           for row in np.eye(4).reshape(2, 2, 2, 2)]) / (2 * h)  # fmt: skip
    strides = lambda: all(x.ravel()[3 * i + 1 * j] == x[i, j] for i in range(2) for j in range(3))
    cat, ran = PUZZLES["cat"], Loop({"left-out": "none", "order": ORDER.default}, 1, ORDER).calls
    dtype = lambda name, bits: value(f"torch.zeros(1, dtype={name})").values.itemsize * 8 == bits
    prove(
        LESSON.id,
        {
            "torch.float 32 bits real numbers": lambda: dtype("torch.float", 32),
            "torch.float 32 位 实数": lambda: dtype("torch.float", 32),
            "torch.long 64 bits whole numbers": lambda: dtype("torch.long", 64),
            "torch.long 64 位 整数": lambda: dtype("torch.long", 64),
            "1·2·5 = 10": lambda: value("torch.ones([1, 2, 5])").values.size == 10 == 1 * 2 * 5,
            "x[i, j] is cell 3·i + 1·j": strides,
            "x[i, j] 是第 3·i + 1·j 格": strides,
            **{code: lambda call=call: call in ran for call, code in calls.CODE.items()},
            "1 + 3 + 2 = 6": lambda: value(cat.answer, **given(cat, cat.sizes)).shape[1] == 6 == 1 + 3 + 2,
            "64·32 + 64 = 2112": lambda: parameters(32, 64) == 2112,
            "z = 1² + 0² + (−1)² + 1² = 3": lambda: value("torch.tensor([[1., 0], [-1, 1]]).pow(2).sum()").values == 3,
            "∂z/∂x = [[2, 0], [−2, 2]]": lambda: np.allclose(
                gradient(np.array([[1.0, 0], [-1, 1]])), [[2, 0], [-2, 2]], atol=1e-6
            ),
        },
    )  # fmt: skip


def parameters(inputs, outputs):
    """Weights and biases of one layer of the engine."""
    net = Network()
    net.loss(net.dense(net.input(inputs), outputs), "mse")
    return Trainer(net, np.zeros((1, inputs)), np.zeros((1, outputs))).theta.size
