"""Round values between two ends, for a slider to stop at."""

from __future__ import annotations

import math

_MANTISSAS = (1.0, 2.0, 2.5, 5.0, 10.0)


def even(low: float, high: float, most: int, *, within: bool = False) -> tuple[float, ...]:
    """Values a round step apart between two ends.

    Parameters
    ----------
    low, high
        The ends, both among the values; with ``within`` the upper one only where it is a round value.
    most
        The most steps.
    """
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in _MANTISSAS if m * power >= rough * (1.0 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    values = [float(f"{at * step:.12g}") for at in range(first, last + 1)]
    ends = (low,) if within else (low, high)
    return with_value(tuple(values), *(float(f"{end:.12g}") for end in ends))


def logarithmic(low: float, high: float, steps: int) -> tuple[float, ...]:
    """Values of three figures, evenly spaced in the logarithm, both ends among them."""
    ratio = math.log(high / low)
    return tuple(sorted({float(f"{low * math.exp(ratio * at / steps):.3g}") for at in range(steps + 1)}))


def with_value(grid: tuple[float, ...], *values: float | None) -> tuple[float, ...]:
    """Return the grid with some values in their places; ``None`` is none."""
    return tuple(sorted({*grid, *(value for value in values if value is not None)}))
