"""Reverse stress: what would have to be so for the chance of a close below the offer to reach a level.

Each input alone is moved from where it stands towards the nearest end of its plausible range at which the chance has
passed the level; the place between is found by Brent's method on common random numbers, where the chance is a
function of the input. All uncertain inputs together move along the gradient of the chance in units of their standard
deviation: the shortest way to the level as far as the chance is linear. What is known, terms and what-ifs, has a
range but no deviation: it moves alone only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.estimates import Estimate, finite
from sim.studies.inputs import Input
from sim.studies.metrics import METRICS, Measured, difference
from sim.studies.playing import Playing
from sim.studies.setting import BASE, Setting

Array = NDArray[np.float64]
Told = Callable[[], None]

BELOW = METRICS["below"]
GRADIENT_STEP = 0.5
"""Step of the gradient's differences, in standard deviations of an input."""
FARTHEST = 4.0
"""How far all inputs move together at most, in standard deviations."""
PRECISION = 1e-3
"""Of a place, relative to the way searched; smaller than the paths' own error of it."""
MOST_STEPS = 24


@dataclass(frozen=True, slots=True)
class Reached:
    """Where one input alone makes the chance reach the level.

    Parameters
    ----------
    input
        What is moved.
    value
        Where, in the input's own unit, with the error that the paths leave; ``None``: not within its range.
    deviations
        How far that is, in standard deviations of the input; NaN for one that is known.
    at_ends
        The chance at both ends of the plausible range.
    """

    input: Input
    value: Estimate | None
    deviations: float
    at_ends: tuple[Estimate, Estimate]

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain data; the value as people know it."""
        low, high = self.input.limits
        return {
            **self.input.to_json(),
            "plausible": [self.input.shown(low), self.input.shown(high)],
            "chance_at_ends": [end.to_json() for end in self.at_ends],
            "value": None if self.value is None else self.shown().to_json(),
            "deviations": finite(self.deviations),
        }

    def shown(self) -> Estimate:
        """Return the value as people know it; its error by the slope of the scale."""
        if self.value is None:
            return Estimate(math.nan, math.nan)
        value = self.input.shown(self.value.value)
        # A direction's own bend is left out of the error: near the place it is straight.
        slope = {"as is": 1.0, "log": value, "log return": 1.0 + value}[self.input.scale]
        return Estimate(value, slope * self.value.se)


@dataclass(frozen=True, slots=True)
class Together:
    """All uncertain inputs moved along the gradient.

    Parameters
    ----------
    distance
        Length of the move in standard deviations, with the paths' error; ``None``: not within :data:`FARTHEST`, or
        no uncertain input moves the chance.
    moves
        Standard deviations and value of each input, by name, where the chance reaches the level.
    """

    distance: Estimate | None
    moves: dict[str, tuple[float, float]]

    def to_json(self) -> dict[str, Any]:
        """Return the move as plain data."""
        return {
            "distance": None if self.distance is None else self.distance.to_json(),
            "moves": {name: {"deviations": z, "value": value} for name, (z, value) in self.moves.items()},
        }


@dataclass(frozen=True, slots=True)
class Stress:
    """What makes the chance of a close below the offer reach ``level``."""

    level: float
    base: Estimate
    alone: tuple[Reached, ...]
    together: Together
    partial: bool

    def to_json(self) -> dict[str, Any]:
        """Return the stress as plain data."""
        return {
            "level": self.level,
            "base": self.base.to_json(),
            "partial": self.partial,
            "alone": [each.to_json() for each in self.alone],
            "together": self.together.to_json(),
        }

    def rows(self) -> list[dict[str, str | float | None]]:
        """Return one row an input."""
        return [
            {
                "study": "stress",
                "input": each.input.name,
                "source": each.input.source,
                "metric": BELOW.name,
                "at": format(self.level, "g"),
                "input_value": None if each.value is None else finite(each.shown().value),
                "value": None if each.value is None else self.level,
                "se": None if each.value is None else finite(each.shown().se),
            }
            for each in self.alone
        ]


@dataclass(slots=True)
class _Chance:
    """The chance of a close below the offer as a function of one number."""

    playing: Playing
    level: float
    told: Told

    def at(self, setting: Setting) -> Measured:
        """Measure the chance at a setting."""
        measured = BELOW.measure(self.playing.sample(setting))
        self.told()
        return measured

    def root(self, setting: Callable[[float], Setting], near: float, far: float) -> Estimate:
        """Find where the chance crosses the level between two numbers, with the paths' error of the place.

        The error is that of the chance over the slope across the two standard errors around the place.
        """
        from scipy.optimize import brentq

        found: dict[float, Measured] = {}

        def gap(x: float) -> float:
            if x not in found:
                found[x] = self.at(setting(x))
            return found[x].value - self.level

        place = float(
            brentq(gap, near, far, xtol=PRECISION * abs(far - near), maxiter=MOST_STEPS, disp=False)
        )
        reach = 0.05 * abs(far - near)
        low, high = max(place - reach, min(near, far)), min(place + reach, max(near, far))
        slope = (gap(high) - gap(low)) / (high - low)
        se = found[high].se / abs(slope) if slope else math.inf
        return Estimate(place, math.hypot(se, PRECISION * abs(far - near)))


def stress(
    playing: Playing,
    inputs: Sequence[Input],
    level: float,
    told: Told = lambda: None,
    known: Sequence[Input] = (),
) -> Stress:
    """Find what makes the chance of a close below the offer reach a level.

    Parameters
    ----------
    playing
        The deal in its market, as a run would simulate it.
    inputs
        What may move.
    level
        Chance to reach, from either side.
    told
        Called after each simulation.
    known
        Those of the inputs that are known: they have a range, but no deviation.

    Raises
    ------
    InvalidInput
        When scenario or market refuse an end of a range.

    Notes
    -----
    Ctrl-C ends it with the inputs done, marked ``partial``.
    """
    chance = _Chance(playing, level, told)
    alone: list[Reached] = []
    base: Measured | None = None
    together = Together(None, {})
    partial = False
    try:
        base = chance.at(BASE)
        alone.extend(_alone(chance, each, base, is_known=each in known) for each in inputs)
        together = _together(chance, [each for each in inputs if each not in known], base)
    except KeyboardInterrupt:
        partial = True
    alone.sort(key=_nearness)
    now = Estimate(math.nan, math.nan) if base is None else base.estimate
    return Stress(level, now, tuple(alone), together, partial)


def _nearness(each: Reached) -> tuple[int, float]:
    """Order by deviations, then known inputs that reach the level, then those that do not."""
    if each.value is None:
        return 2, 0.0
    return (1, 0.0) if math.isnan(each.deviations) else (0, abs(each.deviations))


def _alone(chance: _Chance, each: Input, base: Measured, *, is_known: bool) -> Reached:
    limits = each.limits
    ends = [base if end == each.base else chance.at(each.at(end)) for end in limits]
    at_ends = (ends[0].estimate, ends[1].estimate)
    crossed = [
        end
        for end, measured in zip(limits, ends, strict=True)
        if end != each.base and (measured.value - chance.level) * (base.value - chance.level) <= 0.0
    ]
    if not crossed or math.isnan(base.value):
        return Reached(each, None, math.nan, at_ends)
    far = min(crossed, key=lambda end: abs(end - each.base))
    place = chance.root(each.at, each.base, far)
    deviations = math.nan if is_known else (place.value - each.base) / each.sd
    return Reached(each, place, deviations, at_ends)


def _together(chance: _Chance, inputs: Sequence[Input], base: Measured) -> Together:
    gradient = np.array([_slope(chance, each) for each in inputs])
    length = float(np.linalg.norm(gradient))
    if length == 0.0 or not math.isfinite(length):
        return Together(None, {})
    towards = gradient / length * math.copysign(1.0, chance.level - base.value)

    def values(distance: float) -> list[float]:
        return [
            float(np.clip(each.base + distance * z * each.sd, *each.limits))
            for each, z in zip(inputs, towards, strict=True)
        ]

    def setting(distance: float) -> Setting:
        moved = BASE
        for each, value in zip(inputs, values(distance), strict=True):
            if value != each.base:
                moved = each.move(moved, value)
        return moved

    far = chance.at(setting(FARTHEST))
    if (far.value - chance.level) * (base.value - chance.level) > 0.0:
        return Together(None, {})
    distance = chance.root(setting, 0.0, FARTHEST)
    moves = {
        each.name: ((value - each.base) / each.sd, each.shown(value))
        for each, value in zip(inputs, values(distance.value), strict=True)
        if value != each.base
    }
    return Together(distance, moves)


def _slope(chance: _Chance, each: Input) -> float:
    """Change of the chance a standard deviation of an input, within its range."""
    low, high = (
        float(np.clip(each.base + side * GRADIENT_STEP * each.sd, *each.limits)) for side in (-1.0, 1.0)
    )
    gap = difference(chance.at(each.at(low)), chance.at(each.at(high)))
    return gap.value / ((high - low) / each.sd)
