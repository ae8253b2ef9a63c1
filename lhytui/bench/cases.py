"""The workloads that are timed: their sizes, and how many floating-point operations an update of each takes."""

from __future__ import annotations


def chain(widths, batch, rows, updates, eager, channels=()):
    """Dense layers, after convolutions of 3×3 with ReLU and 2×2 pooling if there are `channels`, on bytes.

    rows: of data; updates, eager: those of one measurement, by compiled and by eager contenders.
    """
    return {
        "kind": "chain",
        "widths": widths,
        "channels": channels,
        "batch": batch,
        "rows": rows,
        "updates": updates,
        "eager": eager,
        "flops": batch * chain_flops(widths, channels),
    }


def chain_flops(widths, channels) -> int:
    """Operations an example: 6 a weight and place; 4 in the first layer, where the data need no gradient."""
    places = [784 >> 2 * depth for depth in range(len(channels))]
    layers = [n * 9 * a * b for n, a, b in zip(places, (1, *channels), channels, strict=False)]
    features = channels[-1] * (784 >> 2 * len(channels)) if channels else widths[0]
    layers += [a * b for a, b in zip((features, *widths[1:]), widths[1:], strict=False)]
    return 6 * sum(layers) - 2 * layers[0]


def transformer(d, heads, length, batch, updates, eager, words=16, decoder=False):
    """An encoder block of width d on `length` tokens, its inner layer 4 d wide, and a decoder block."""
    attentions = 1 + 2 * decoder
    weights = attentions * 4 * d * d + (1 + decoder) * 8 * d * d + d * words
    return {
        "kind": "sequence",
        "d": d,
        "heads": heads,
        "length": length,
        "batch": batch,
        "words": words,
        "decoder": decoder,
        "rows": 1024,
        "updates": updates,
        "eager": eager,
        "flops": batch * (6 * length * weights + 12 * attentions * length * length * d),
    }


CASES = {
    "tiny-b10": chain((2, 8, 8, 2), 10, 1000, 2000, 100),
    "tiny-b32": chain((2, 8, 8, 2), 32, 1000, 2000, 100),
    "xor-population": {"kind": "population", "count": 4096, "updates": 1000, "eager": 20},
    "mnist-mlp": chain((784, 128, 10), 64, 8192, 40, 20),
    "mnist-deep": chain((784, 256, 128, 10), 128, 8192, 20, 10),
    "cnn": chain((784, 10), 64, 1024, 10, 5, (8, 16)),
    "encoder-16": transformer(16, 1, 8, 32, 100, 20),
    "encoder-32": transformer(32, 2, 16, 32, 40, 10),
    "seq2seq-reverse": transformer(32, 2, 8, 32, 40, 10, words=13, decoder=True),
    "hessian-37": {"kind": "hessian", "widths": (2, 4, 4, 1), "rows": 250, "updates": 20, "eager": 5},
}
