"""Data sets made on the spot, each a function of its seed; the lecture's own small ones as constants.

`points` of the plane, `curves` over a line and series of days, `images` and boards, `sequences` with labels,
`pairs` of sequences, dates in many forms (`days`), `streams` of gradients.
"""

from lessons.data.generators.curves import (
    corners,
    line20,
    quad_noisy,
    season,
    sinc,
    sine,
    tent,
    two_scales,
    yt_views,
)
from lessons.data.generators.days import dates
from lessons.data.generators.images import chirps, go_atari, patterns12
from lessons.data.generators.pairs import (
    brackets,
    clean,
    copy_noise,
    lecture_tree,
    multi_label,
    names,
    prompts,
    two_modes,
)
from lessons.data.generators.points import (
    boolean13,
    draws,
    far_cluster,
    proto64,
    spirals,
    three_clusters,
    xor,
    xor4,
)
from lessons.data.generators.sequences import graph8, seq_first_last, seq_recall, seq_relations, seq_saw
from lessons.data.generators.streams import noise_gradients, reddi, spikes

__all__ = [
    "boolean13", "brackets", "chirps", "clean", "copy_noise", "corners", "dates", "draws", "far_cluster", "go_atari",
    "graph8", "lecture_tree", "line20", "multi_label", "names", "noise_gradients", "patterns12", "prompts", "proto64",
    "quad_noisy", "reddi", "season", "seq_first_last", "seq_recall", "seq_relations", "seq_saw", "sinc", "sine",
    "spikes", "spirals", "tent", "three_clusters", "two_modes", "two_scales", "xor", "xor4", "yt_views",
]  # fmt: skip
