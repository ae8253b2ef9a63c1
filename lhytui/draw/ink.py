"""Colours and signs of all drawings, made from the theme's colours."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from lhytui.draw.canvas import RGB

# Okabe & Ito 2008, ordered so that neighbours differ in lightness too; the second set is for light grounds.
_HUES_DARK = ("56b4e9", "e69f00", "2bb88f", "d98cbb", "e8672c", "f0e442", "8c8cff", "b0b0b0")
_HUES_LIGHT = ("0072b2", "b86b00", "007f5f", "a8467f", "c2410c", "7a6f00", "5a4fcf", "6b6b6b")
_VIRIDIS = (
    (68, 1, 84), (72, 35, 116), (64, 67, 135), (52, 94, 141), (41, 120, 142), (32, 144, 140),
    (34, 167, 132), (68, 190, 112), (121, 209, 81), (189, 222, 38), (253, 231, 36),
)  # fmt: skip

SIGNS = {
    "dot": ("·", "."), "times": ("×", "x"), "left": ("←", "<"), "right": ("→", ">"), "up": ("↑", "^"),
    "down": ("↓", "v"), "rule": ("─", "-"), "bar": ("│", "|"), "broken": ("╎", ":"), "half": ("▀", " "),
    "block": ("█", "#"), "now": ("●", "@"), "start": ("○", "o"), "best": ("✕", "X"), "cross": ("┼", "+"),
    "yes": ("✓", "+"), "no": ("✗", "x"), "more": ("…", "~"), "infinity": ("∞", "^"), "above": ("▲", "^"),
    "pick": ("▸", ">"), "below": ("▼", "v"), "mark": ("◆", "*"), "beside": ("┃", "|"),
    "point": ("•", "o"), "right-half": ("▐", "|"), "left-half": ("▌", "|"),
}  # fmt: skip
# One sign per group of points, so that groups differ without colour.
GROUPS = (("●", "o"), ("▲", "^"), ("■", "#"), ("◆", "*"), ("×", "x"), ("+", "+"), ("○", "0"), ("△", "A"))
EIGHTHS = " ▏▎▍▌▋▊▉█"
_AXES = str.maketrans("─│┤├┬┴┼└┘┌┐", "-|+++++++++")


def parse(text: str | RGB) -> RGB:
    """The (r, g, b) of "#rrggbb", "rrggbb" or "#rgb"."""
    if not isinstance(text, str):
        return tuple(text)
    digits = text.lstrip("#")[:8]
    if len(digits) == 3:
        digits = "".join(2 * d for d in digits)
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def mix(a: RGB, b: RGB, t: float) -> RGB:
    """The colour t of the way from a to b."""
    return tuple(round(x + (y - x) * t) for x, y in zip(a, b, strict=True))


def luminance(colour: RGB) -> float:
    """Relative luminance, 0…1 (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (x / 255 for x in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: RGB, b: RGB) -> float:
    """Contrast ratio, 1…21 (WCAG 2.2)."""
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=4096)
def readable(colour: RGB, ground: RGB, ratio: float) -> RGB:
    """The colour, its lightness moved away from the ground until the contrast reaches `ratio`."""
    if contrast(colour, ground) >= ratio:
        return colour
    hue, lightness, saturation = colorsys.rgb_to_hls(*(c / 255 for c in colour))
    end = 1.0 if luminance(ground) < 0.179 else 0.0
    for step in range(1, 41):
        there = lightness + (end - lightness) * step / 40
        moved = tuple(round(255 * c) for c in colorsys.hls_to_rgb(hue, there, saturation))
        if contrast(moved, ground) >= ratio:
            return moved
    return (255, 255, 255) if end else (0, 0, 0)


def on(ground: RGB) -> RGB:
    """Black or white, whichever is read better on the ground."""
    return (255, 255, 255) if luminance(ground) < 0.179 else (0, 0, 0)


def luminances(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance of colours (…, 3) of 0…255."""
    c = rgb / 255.0
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, kw_only=True)
class Ink:
    """Everything that a drawing needs to know of the theme and the terminal; colours are (r, g, b).

    `series`: eight hues with a contrast of at least 3 on the ground. `levels`: eleven field colours.
    `below`, `zero`, `above`: ends and middle of the diverging map. `glyphs`: braille, quadrant or ascii.
    `narrow`: the terminal draws ambiguous-width signs in one cell; else ASCII signs stand for them.
    """

    dark: bool
    ground: RGB
    panel: RGB
    text: RGB
    dim: RGB
    faint: RGB
    accent: RGB
    warning: RGB
    error: RGB
    success: RGB
    series: tuple[RGB, ...]
    levels: tuple[RGB, ...]
    below: RGB
    zero: RGB
    above: RGB
    glyphs: str = "braille"
    narrow: bool = True

    @classmethod
    def from_colours(
        cls,
        *,
        ground: str | RGB = "#1e1e1e",
        text: str | RGB = "#e0e0e0",
        accent: str | RGB = "#ffa62b",
        panel: str | RGB | None = None,
        dim: str | RGB | None = None,
        warning: str | RGB = "#ffa62b",
        error: str | RGB = "#e0435c",
        success: str | RGB = "#4ebf71",
        dark: bool | None = None,
        glyphs: str = "braille",
        narrow: bool = True,
    ) -> Ink:
        """An ink from the theme's hex colours; those that are not given follow from ground and text."""
        ground, text = parse(ground), parse(text)
        dark = luminance(ground) < 0.179 if dark is None else dark
        text = readable(text, ground, 4.5)
        black_white = (0, 0, 0) if dark else (255, 255, 255)
        series = tuple(readable(parse(hue), ground, 3.0) for hue in (_HUES_DARK if dark else _HUES_LIGHT))
        return cls(
            dark=dark,
            ground=ground,
            panel=parse(panel) if panel else mix(ground, text, 0.10),
            text=text,
            dim=readable(parse(dim) if dim else mix(ground, text, 0.56), ground, 4.0),
            faint=mix(ground, text, 0.26 if dark else 0.32),
            accent=readable(parse(accent), ground, 3.0),
            warning=readable(parse(warning), ground, 3.0),
            error=readable(parse(error), ground, 3.0),
            success=readable(parse(success), ground, 3.0),
            series=series,
            levels=tuple(mix(black_white, colour, 0.6) for colour in _VIRIDIS),
            below=(58, 134, 196) if dark else (46, 124, 190),
            zero=mix(ground, text, 0.09),
            above=(224, 128, 40) if dark else (222, 120, 26),
            glyphs=glyphs,
            narrow=narrow,
        )

    def with_glyphs(self, glyphs: str, narrow: bool = True) -> Ink:
        """The same colours in another glyph set."""
        return replace(self, glyphs=glyphs, narrow=narrow)

    def sign(self, name: str) -> str:
        """The character of a sign ("now", "rule", …): one cell in every terminal."""
        return SIGNS[name][not self.narrow]

    def group(self, index: int) -> str:
        """The character of a group of points."""
        return GROUPS[index % len(GROUPS)][not self.narrow]

    def hue(self, index: int) -> RGB:
        """The colour of a series."""
        return self.series[index % len(self.series)]

    def axis(self, char: str) -> str:
        """An axis character as this terminal can show it."""
        return char if self.narrow else char.translate(_AXES)

    def signed(self, t: np.ndarray) -> np.ndarray:
        """The diverging map: t (…) of −1…1 as colours (…, 3); non-finite t as the ground."""
        t = np.asarray(t, float)
        known = np.isfinite(t)
        t = np.clip(np.where(known, t, 0), -1, 1)[..., None]
        below, zero, above = (np.array(c, float) for c in (self.below, self.zero, self.above))
        rgb = zero + np.where(t < 0, -t * (below - zero), t * (above - zero))
        return np.where(known[..., None], np.rint(rgb), self.ground).astype(np.uint8)

    def ramp(self, t: np.ndarray) -> np.ndarray:
        """The sequential map: t (…) of 0…1 as colours (…, 3) between the levels; non-finite as the ground."""
        t = np.asarray(t, float)
        known = np.isfinite(t)
        at = np.clip(np.where(known, t, 0), 0, 1) * (len(self.levels) - 1)
        low = np.minimum(at.astype(np.int64), len(self.levels) - 2)
        table, share = np.array(self.levels, float), (at - low)[..., None]
        rgb = table[low] * (1 - share) + table[low + 1] * share
        return np.where(known[..., None], np.rint(rgb), self.ground).astype(np.uint8)
