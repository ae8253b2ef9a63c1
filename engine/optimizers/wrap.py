"""What may be done around any optimizer: the gradient clipped or made noisy before, a slow copy of θ after."""

from __future__ import annotations

import numpy as np

from engine.kernel import kernel
from engine.optimizers.knobs import BLEND, CLIP, INNER, NOISE_DECAY
from engine.optimizers.knobs import NOISE as VARIANCE
from engine.random import NOISE, add_normals, key


@kernel
def adjust(grad, norm, knobs, seed, step):
    """g ← g · min(1, longest / (|g| + 10⁻⁶)) (Pascanu et al. 2013, as in PyTorch), then g ← g + N(0, σ²) with
    σ² = c / (1 + t)^γ (Neelakantan et al. 2015); t is the update of the run, an entry's number its place in θ.

    norm: |g| comes first in it.
    """
    zero, one = grad.dtype.type(0), grad.dtype.type(1)
    scale = knobs[CLIP] / (norm[0] + grad.dtype.type(1e-6))
    if knobs[CLIP] > zero and scale < one:
        for i in range(grad.size):
            grad[i] *= scale
    if knobs[VARIANCE] > zero:
        fade = np.exp(-knobs[NOISE_DECAY] * np.log1p(grad.dtype.type(step)))
        add_normals(grad, np.sqrt(knobs[VARIANCE] * fade), key(seed, NOISE, step))


@kernel
def follow(theta, slow, knobs, taken):
    """After k updates φ ← φ + α (θ - φ), θ ← φ (Lookahead, Zhang et al. 2019); `taken[0]` counts to k."""
    taken[0] += 1
    if theta.dtype.type(taken[0]) < knobs[INNER]:
        return
    taken[0], blend = 0, knobs[BLEND]
    for i in range(theta.size):
        slow[i] += blend * (theta[i] - slow[i])
        theta[i] = slow[i]
