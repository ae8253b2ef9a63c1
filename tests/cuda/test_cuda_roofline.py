"""The paper behind `engine/cuda/ROOFLINE.md`, with the sizes of real hardware."""

from pathlib import Path

import pytest

pytest.importorskip("numba.cuda.cgutils", reason="the extra cuda is not installed")
from engine.cuda import bench, roofline
from engine.cuda.ops.fused import KERNELS, LANES
from engine.cuda.products import DEEP, TILE
from engine.program import Program

DOCUMENT = Path(roofline.__file__).with_name("ROOFLINE.md")


def test_the_document_has_the_numbers_of_the_script():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert roofline.table()[0] in text and roofline.kernels()[0] in text
    made, told = roofline.document(text).splitlines(), text.splitlines()
    assert len(made) == len(told) > 120
    for line, other in zip(made, told, strict=True):
        assert line == other


def test_every_operation_is_in_it():
    from engine.ops.registry import OPERATIONS

    text = DOCUMENT.read_text(encoding="utf-8")
    for op in OPERATIONS:
        for half in ("forward", "backward"):
            assert any(
                line.startswith(f"| {op} (") and f"| {half} |" in line for line in text.splitlines()
            ), op


def test_a_product_by_hand():
    """784-128: x W takes 2·64·784·128 operations, in two whole tiles of 64 × 64 and 49 slices."""
    program = Program(bench.stack((784, 128, 10)))
    forth, back = roofline.products(program.nodes[1], 64, need=False)
    assert (forth, back) == ([(1, 64, 128, 784)], [(1, 784, 128, 64)])
    assert (TILE, DEEP) == (64, 16)
    assert roofline.executed(forth) == 2 * 64 * 128 * 784
    assert roofline.executed([(1, 8, 100, 9)]) == 2 * 64 * 128 * 16
    piece = next(piece for piece in roofline.pieces(program, 64) if piece.op == "dense")
    assert piece.work.operations == 2 * 64 * 784 * 128
    assert piece.work.bytes == 4 * (64 * 784 + 64 * 128 + 784 * 128 + 128)
    card, parts = roofline.A100, piece.launches[0].number
    assert piece.launches[0].grid == (2, 1, parts) and parts > 1
    fill = max(2 * parts, 64 * 128 / 256) / card.multiprocessors  # blocks: tiles in parts, then their sum
    seconds = 2 * piece.work.operations / (card.rate * fill) + len(piece.launches) * roofline.START
    assert piece.seconds(card) == pytest.approx(seconds)


def test_attention_in_one_computes_what_three_do():
    """Forward the same two products; backward eight in place of four, since scores are computed anew."""
    program = Program(bench.encoder(32, 2, 16))
    fused = [piece for piece in roofline.pieces(program, 32) if piece.op == "attention in one"]
    apart = [piece for piece in roofline.pieces(program, 32, fuse=False) if piece.op in ("scores-dot", "mix")]
    products = lambda some, back: sum(piece.work.operations for piece in some if piece.back is back)
    scores = 10 * 32 * 2 * 16 * 16
    assert products(fused, False) - scores == products(apart, False)
    assert products(fused, True) - 3 * scores == 2 * products(apart, True)
    assert [piece.launches[0].kernel for piece in fused] == [KERNELS[16][0], KERNELS[16][1]]
    assert fused[0].launches[0].block == (32,) and LANES == 128


def test_small_nets_do_not_gain_and_large_ones_do():
    gains = {}
    for name, (network, batch, measured) in roofline.examples().items():
        program = Program(network)
        works, _ = roofline.update(program, batch)
        seconds = roofline.expected(program, batch, roofline.A100)
        assert seconds > sum(work.seconds(roofline.A100) for work in works)
        cpu = measured or 1e6 * sum(work.operations for work in works) / roofline.CORES
        gains[name] = cpu / (1e6 * seconds)
    assert gains["2-8-8-2, batch 10"] < 0.05 and gains["784-256-128-10, batch 128"] > 2
    assert all(gain > 50 for name, gain in gains.items() if "×10" in name)
