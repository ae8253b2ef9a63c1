"""Numbers as short texts: the same digits in a column, few cells on an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable

_SUFFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def finite(value: object) -> bool:
    """Whether the value is a number other than NaN and ±∞."""
    return isinstance(value, (int, float)) and math.isfinite(value)


def power(value: float, digits: int) -> str:
    """Scientific notation without padding: 2.5e-7."""
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def special(value: float) -> str:
    """The text of NaN and ±∞."""
    return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"


def short(value: float, digits: int = 3) -> str:
    """A number in `digits` significant digits and few cells: 0.0402, 12.3, 1.5k, 1e-7."""
    value = float(value)
    if not math.isfinite(value):
        return special(value)
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e12 or size < 1e-3:
        return power(value, digits - 1)
    if size >= 9999.5:
        for scale, suffix in _SUFFIXES:
            if size >= scale * 0.9995:
                return f"{_plain(value / scale, digits)}{suffix}"
    return _plain(value, digits)


def _plain(value: float, digits: int) -> str:
    places = max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole(value: float) -> str:
    """An integer with commas from ten thousand on."""
    return f"{value:,.0f}" if abs(value) >= 10000 else f"{value:.0f}"


def tick(value: float, step: float) -> str:
    """The label of an axis tick: just the digits in which neighbours `step` apart differ."""
    if not math.isfinite(value) or abs(value) < step * 1e-9:
        return "0"
    size = abs(value)
    if size >= 1e12 or (step < 1e-4 and size < 1):
        exponent = math.floor(math.log10(size) + 1e-12)
        return power(value, max(0, min(6, exponent - _exponent(step))))
    scale, suffix = 1.0, ""
    if size >= 1000:
        for scale, suffix in _SUFFIXES:  # noqa: B007 - the pair found is used below
            if size >= scale and step >= scale * 1e-3:
                break
        else:
            scale, suffix = 1.0, ""
    places = max(0, min(9, -_exponent(step / scale)))
    text = f"{value / scale:.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text + suffix


def _exponent(step: float) -> int:
    """The decimal place of the last significant digit of a tick step (2.5 has one more than 2)."""
    if step <= 0:
        return 0
    exponent = math.floor(math.log10(step) + 1e-9)
    return exponent - (abs(step / 10.0**exponent - 2.5) < 1e-6)


def column(values: Iterable[object]) -> list[str]:
    """The numbers of a column as texts that agree in their decimal places; the largest keeps three digits."""
    values = [float(v) if isinstance(v, (int, float)) else v for v in values]
    known = [v for v in values if finite(v)]
    sizes = [abs(v) for v in known if v]
    if all(v == round(v) for v in known) and (not sizes or max(sizes) < 1e9):
        comma = "," if sizes and max(sizes) >= 10000 else ""
        return [f"{v:{comma}.0f}" if finite(v) else special(v) for v in values]
    big, small = max(sizes), min(sizes)
    if big >= 1e7 or big < 1e-3 or big > 1000 * small:
        return [short(v) for v in values]
    places = max(0, 2 - math.floor(math.log10(big)))
    places = max(places, min(4, 1 - math.floor(math.log10(small))))
    texts = []
    for v in values:
        if not finite(v):
            texts.append(special(v))
        elif v and abs(v) < 0.5 * 10.0**-places:
            texts.append(power(v, 1))
        else:
            texts.append(f"{v:,.{places}f}" if abs(v) >= 10000 else f"{v:.{places}f}")
    return texts
