"""Sobol indices of the uncertain inputs: how much of a metric's uncertainty each explains, alone and in all.

Saltelli's sampling and estimators (Saltelli et al., 2010) by SALib, intervals by its bootstrap. Every point is played
on the same random numbers, so a metric is a function of the inputs and the noise of the paths largely cancels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import invalid
from sim.estimates import finite
from sim.studies.inputs import Input
from sim.studies.metrics import Metric
from sim.studies.playing import Playing
from sim.studies.setting import BASE, Setting

Array = NDArray[np.float64]

SAMPLES = 512
RESAMPLES = 200
LEVEL = 0.95
EDGE = 1e-6
"""Normal inputs are drawn between this quantile and one less it."""


@dataclass(frozen=True, slots=True)
class Indices:
    """First and total index of each input, with the half-width of its 95% interval, (inputs,) each.

    ``sd`` is the standard deviation of the metric over all inputs; where it is zero all indices are.
    """

    sd: float
    first: Array
    first_reach: Array
    total: Array
    total_reach: Array


@dataclass(frozen=True, slots=True)
class Sobol:
    """Indices by metric."""

    samples: int
    evaluations: int
    paths: int
    inputs: tuple[Input, ...]
    metrics: tuple[Metric, ...]
    indices: dict[str, Indices]

    def to_json(self) -> dict[str, Any]:
        """Return the indices as plain data."""
        return {
            "samples": self.samples,
            "evaluations": self.evaluations,
            "paths": self.paths,
            "interval": LEVEL,
            "inputs": [each.to_json() for each in self.inputs],
            "metrics": {
                name: {
                    "sd": finite(found.sd),
                    "indices": {
                        each.name: {
                            "first": finite(float(found.first[at])),
                            "first_interval": finite(float(found.first_reach[at])),
                            "total": finite(float(found.total[at])),
                            "total_interval": finite(float(found.total_reach[at])),
                        }
                        for at, each in enumerate(self.inputs)
                    },
                }
                for name, found in self.indices.items()
            },
        }

    def rows(self) -> list[dict[str, str | float | None]]:
        """Return one row an input, metric and kind of index; ``se`` is the interval's half-width over 1.96."""
        rows: list[dict[str, str | float | None]] = []
        for name, found in self.indices.items():
            for at, each in enumerate(self.inputs):
                for kind, value, reach in (
                    ("first", found.first, found.first_reach),
                    ("total", found.total, found.total_reach),
                ):
                    rows.append(
                        {
                            "study": "sobol",
                            "input": each.name,
                            "source": each.source,
                            "metric": name,
                            "at": kind,
                            "input_value": None,
                            "value": finite(float(value[at])),
                            "se": finite(float(reach[at]) / 1.959964),
                        }
                    )
        return rows


def design(dimensions: int, samples: int, seed: int) -> Array:
    """Return Saltelli's points of the unit cube, (samples (dimensions + 2), dimensions); a seed of 0 is a seed.

    Raises
    ------
    InvalidInput
        When SALib is not installed, or the number of samples is no power of two.
    """
    if samples < 2 or samples & (samples - 1):
        raise invalid("--samples", "", f"{samples} is no power of two", "such as 256, 512 or 1024")
    try:
        # SALib carries no types.
        sampler = import_module("SALib.sample.sobol")
    except ImportError as missing:
        raise invalid("--method", "", "sobol needs SALib", "pip install 'firstday[sensitivity]'") from missing
    # SALib takes a generator as it is; a number it would hand on, and 0 is read as none elsewhere.
    generator = np.random.default_rng([seed, 0])
    points = sampler.sample(_problem(dimensions), samples, calc_second_order=False, seed=generator)
    return np.asarray(points, dtype=np.float64)


def indices_of(values: Array, dimensions: int, seed: int) -> Indices:
    """Return the indices of a metric's values at the points of :func:`design`."""
    spread = float(values.std())
    nothing = np.zeros(dimensions)
    if not math.isfinite(spread):
        undefined = np.full(dimensions, math.nan)
        return Indices(math.nan, undefined, undefined, undefined, undefined)
    if spread <= 1e-12 * max(float(np.abs(values).max()), 1e-300):
        return Indices(0.0, nothing, nothing, nothing, nothing)
    analyser = import_module("SALib.analyze.sobol")
    # SALib reads a seed of 0 as none and then draws from NumPy's global state: this one is never 0.
    never_zero = 1 + int(np.random.SeedSequence([seed, 1]).generate_state(1)[0])
    found = analyser.analyze(
        _problem(dimensions),
        values,
        calc_second_order=False,
        num_resamples=RESAMPLES,
        conf_level=LEVEL,
        seed=never_zero,
    )
    one, reach, all_in, all_reach = (
        np.asarray(found[name], dtype=np.float64) for name in ("S1", "S1_conf", "ST", "ST_conf")
    )
    own = values.reshape(-1, dimensions + 2)
    return Indices(float(own[:, [0, -1]].std(ddof=1)), one, reach, all_in, all_reach)


def _problem(dimensions: int) -> dict[str, Any]:
    return {
        "num_vars": dimensions,
        "names": [f"x{at}" for at in range(dimensions)],
        "bounds": [[0.0, 1.0]] * dimensions,
    }


def setting_at(inputs: Sequence[Input], point: Array) -> Setting:
    """Return the setting of a point of the unit cube."""
    from scipy.special import ndtri

    setting = BASE
    for each, place in zip(inputs, point, strict=True):
        if each.law == "normal":
            value = each.base + each.sd * float(ndtri(min(max(place, EDGE), 1.0 - EDGE)))
        else:
            value = each.low + float(place) * (each.high - each.low)
        setting = each.move(setting, value)
    return setting


def sobol(
    playing: Playing,
    inputs: Sequence[Input],
    metrics: Sequence[Metric],
    samples: int,
    told: Callable[[], None] = lambda: None,
) -> Sobol:
    """Work out the indices of independent inputs.

    Parameters
    ----------
    playing
        The deal in a market without widened spreads.
    inputs, metrics
        What is varied and what is watched.
    samples
        Points of the base sequence, a power of two; ``samples (len(inputs) + 2)`` simulations.
    told
        Called after each simulation.

    Raises
    ------
    InvalidInput
        When SALib is not installed, or scenario or market refuse a point.
    """
    seed = playing.deal.scenario.simulation.seed
    points = design(len(inputs), samples, seed)
    values = np.empty((len(points), len(metrics)))
    settings = (setting_at(inputs, point) for point in points)
    for at, measured in enumerate(playing.values(settings, metrics)):
        values[at] = measured
        told()
    found = {metric.name: indices_of(values[:, at], len(inputs), seed) for at, metric in enumerate(metrics)}
    return Sobol(samples, len(points), playing.paths, tuple(inputs), tuple(metrics), found)
