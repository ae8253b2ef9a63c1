"""Augmentation: copies of pictures that are moved, mirrored, turned, scaled, or jittered.

What happens to a picture depends on (seed, step, index of the picture) alone, so any step can be drawn again.
"""

from __future__ import annotations

import numpy as np

from engine.data import check_values
from engine.draws import AUGMENT, JITTER, normals_of, uniforms_of
from engine.errors import EngineError


def transform(images, shift=(0, 0), mirror=False, angle=0.0, scale=1.0, fill: float = 0.0) -> np.ndarray:
    """Pictures mirrored left to right, scaled and turned about their middle, then shifted; bilinear.

    images: (N, H, W) or (N, C, H, W) → the same shape, float64. shift: rows down, columns to the right, in
    pixels; angle: degrees, counter-clockwise; scale: above 1 enlarges. Each one number, or one a picture
    (shift: (N, 2)). `fill` is what lies outside.
    """
    images = check_values(images, "images")
    if images.ndim not in (3, 4):
        raise EngineError("wrong-axes", name="images", shape=images.shape, expected="(N, H, W)")
    count, (height, width) = len(images), images.shape[-2:]
    stack = images.reshape(count, -1, height, width)
    shift = np.broadcast_to(np.asarray(shift, np.float64), (count, 2))
    mirror, angle, scale = (np.broadcast_to(np.asarray(v, np.float64), count) for v in (mirror, angle, scale))
    if (scale <= 0).any():
        raise EngineError("not-positive", name="scale", value=float(scale.min()))
    middle = np.array([height - 1, width - 1]) / 2
    # For each pixel of the copy: where in the picture it comes from.
    down, right = np.meshgrid(np.arange(height) - middle[0], np.arange(width) - middle[1], indexing="ij")
    down, right = (at - shift[:, k, None, None] for k, at in enumerate((down, right)))
    cos, sin = (np.round(part(np.radians(angle)), 15)[:, None, None] for part in (np.cos, np.sin))
    scale = scale[:, None, None]
    row = (cos * down + sin * right) / scale + middle[0]
    column = (cos * right - sin * down) / scale
    column = np.where(mirror[:, None, None] > 0, -column, column) + middle[1]
    return _pick(stack, row, column, fill).reshape(images.shape)


def _pick(stack: np.ndarray, row: np.ndarray, column: np.ndarray, fill: float) -> np.ndarray:
    """(N, C, H, W) values between the pixels, at row and column (N, H, W), weighted by nearness."""
    count, channels, height, width = stack.shape
    framed = np.full((count, channels, height + 2, width + 2), fill, np.float64)
    framed[:, :, 1:-1, 1:-1] = stack
    row, column = np.clip(row + 1, 0, height + 1), np.clip(column + 1, 0, width + 1)
    top, left = np.minimum(row.astype(int), height), np.minimum(column.astype(int), width)
    below, aside = (row - top)[:, None], (column - left)[:, None]
    picture = np.arange(count)[:, None, None]
    at = lambda r, c: np.moveaxis(framed[picture, :, top + r, left + c], -1, 1)
    upper = (1 - aside) * at(0, 0) + aside * at(0, 1)
    lower = (1 - aside) * at(1, 0) + aside * at(1, 1)
    return (1 - below) * upper + below * lower


def augment(
    images,
    index,
    *,
    seed: int = 1,
    step: int = 0,
    shift: int = 0,
    mirror: bool = False,
    rotate: float = 0.0,
    scale: tuple[float, float] = (1.0, 1.0),
    noise: float = 0.0,
    fill: float = 0.0,
) -> np.ndarray:
    """Random copies of pictures (N, H, W) or (N, C, H, W), float64; `index` (N,) tells which they are.

    shift: up to so many whole pixels each way; mirror: every other one; rotate: up to ± degrees; scale: from,
    to, evenly in the logarithm; noise: standard deviation of what is added to each pixel.
    """
    index = np.atleast_1d(np.asarray(index, np.int64))
    if len(index) != len(images):
        raise EngineError("wrong-count", name="index", count=len(index), expected=len(images))
    if not 0 < scale[0] <= scale[1]:
        raise EngineError("not-positive", name="scale", value=min(scale))
    u = uniforms_of(seed, AUGMENT, step, index, 5)
    moved = transform(
        images,
        np.floor(u[:, :2] * (2 * shift + 1)) - shift,
        mirror & (u[:, 2] < 0.5),
        rotate * (2 * u[:, 3] - 1),
        scale[0] * (scale[1] / scale[0]) ** u[:, 4],
        fill,
    )
    return jitter(moved, index, noise, seed=seed, step=step)


def jitter(x, index, std: float, *, seed: int = 1, step: int = 0) -> np.ndarray:
    """x (N, …) with Gaussian noise of that standard deviation on every number; `index` (N,) as in `augment`."""
    x = check_values(x)
    if std < 0:
        raise EngineError("not-positive", name="jitter", value=std)
    if std == 0:
        return x.copy()
    size = x[0].size
    return x + std * normals_of(seed, JITTER, step, np.atleast_1d(index), size).reshape(x.shape)
