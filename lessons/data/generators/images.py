"""Pictures, boards and spectrograms with small patterns, and the lecture's 6×6 picture."""

from __future__ import annotations

import numpy as np

from lessons.data.generators.points import drawn
from lessons.data.origin import origin

# Diagonal, anti-diagonal, bar, plus: (4, 3, 3).
PATTERNS = np.array(
    [np.eye(3), np.fliplr(np.eye(3)), [[0, 1, 0], [0, 1, 0], [0, 1, 0]], [[0, 1, 0], [1, 1, 1], [0, 1, 0]]]
)
# The picture of the convolution lecture, its two filters, and the maps that they give with stride 1.
LECTURE_IMAGE = np.array(
    [[int(bit) for bit in row] for row in ("100001", "010010", "001100", "100010", "010010", "001010")]
)
LECTURE_FILTERS = np.array([[[1, -1, -1], [-1, 1, -1], [-1, -1, 1]], [[-1, 1, -1], [-1, 1, -1], [-1, 1, -1]]])
LECTURE_MAPS = np.array(
    [
        [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]],
        [[-1, -1, -1, -1], [-1, -1, -2, 1], [-1, -1, -2, 1], [-1, 0, -4, 3]],
    ]
)


@origin
def patterns12(
    count: int, seed: int, where: str = "any", noise: float = 0.15, kinds: tuple[int, ...] = (0, 1, 2, 3)
) -> tuple[np.ndarray, np.ndarray]:
    """12×12 pictures of noise with one of the PATTERNS in each. x (count, 12, 12), y (count,) place in `kinds`.

    where: the pattern lies wholly in the left half, in the right half, or anywhere.
    """
    d = drawn(seed, 30)
    label = d.integers(0, len(kinds), count)
    low, high = {"left": (0, 4), "right": (6, 10), "any": (0, 10)}[where]
    row, column = d.integers(0, 10, count), d.integers(low, high, count)
    x = d.normal(0, noise, (count, 12, 12))
    three = np.arange(3)
    place = (
        np.arange(count)[:, None, None],
        (row[:, None] + three)[:, :, None],
        (column[:, None] + three)[:, None],
    )
    x[place] += PATTERNS[list(kinds)][label]
    return x, label


@origin
def go_atari(count: int, seed: int, size: int = 9, stones: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Go boards and which stones are in atari (their group has one liberty left).

    boards (count, size, size) int8: 1 black, -1 white, 0 none; atari, the same shape, bool. A point holds a stone
    with chance `stones`; groups without a liberty are taken off, as the rules have it.
    """
    d = drawn(seed, 31)
    board = np.where(
        d.uniform(shape=(count, size, size)) < stones, 2 * d.integers(0, 2, (count, size, size)) - 1, 0
    ).astype(np.int8)
    while (dead := (board != 0) & (liberties(board) == 0)).any():
        board[dead] = 0
    return board, liberties(board) == 1


def liberties(board: np.ndarray) -> np.ndarray:
    """For each stone of boards (N, H, W): the empty points beside its group, each once; -1 where no stone is."""
    from scipy import ndimage  # it takes longer to load than most lessons, which have no board

    cross = np.zeros((3, 3, 3), bool)  # neighbours on the same board
    cross[1, 1, :] = cross[1, :, 1] = True
    black, blacks = ndimage.label(board == 1, cross)
    white, _ = ndimage.label(board == -1, cross)
    group = np.where(board == 1, black, np.where(board == -1, white + blacks, 0))
    group[(board == -1) & (white == 0)] = 0
    framed = np.pad(group, ((0, 0), (1, 1), (1, 1)))
    point = np.arange(board.size).reshape(board.shape)
    beside = [framed[:, :-2, 1:-1], framed[:, 2:, 1:-1], framed[:, 1:-1, :-2], framed[:, 1:-1, 2:]]
    free = np.concatenate([np.stack([point[board == 0], side[board == 0]], axis=1) for side in beside])
    free = np.unique(free[free[:, 1] > 0], axis=0)
    number = np.bincount(free[:, 1], minlength=int(group.max()) + 1)
    return np.where(board == 0, -1, number[group])


@origin
def chirps(count: int, seed: int, noise: float = 0.4, length: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Spectrograms, 20 frequencies × 40 frames: a tone that rises (1) or falls (0). x (count, 20, 40), y (count,).

    The tone sweeps over all frequencies within `length` frames, at any time: a field must see every frequency
    of few frames, and may be shared over time.
    """
    d = drawn(seed, 32)
    label, start = d.integers(0, 2, count), d.integers(0, 40 - length + 1, count)
    x = d.normal(0, noise, (count, 20, 40))
    height = np.arange(20)
    step = height * length // 20
    frame = start[:, None] + np.where(label[:, None] == 1, step, length - 1 - step)
    x[np.arange(count)[:, None], height, frame] += 1
    return x, label
