"""Scenarios side by side on common random numbers: every metric of each, and its difference from the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan, prepare
from sim.errors import Fault, InvalidInput
from sim.estimates import Estimate, finite
from sim.market.parameters import Market
from sim.scenario.scenario import Scenario
from sim.simulation import Progress
from sim.statistics import LogReturnHistogram
from sim.studies.metrics import METRICS, Difference, Measured, Metric, difference, quantile_measured
from sim.studies.samples import Sample, samples_of

CURVE_LEVELS: NDArray[np.float64] = np.round(np.linspace(0.02, 0.98, 49), 2)
"""Levels at which the difference of quantiles is drawn."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the scenarios compared.

    Parameters
    ----------
    label
        Its name among the others.
    scenario
        The deal.
    values
        Every metric by name.
    histogram
        The close as a log return.
    """

    label: str
    scenario: Scenario
    values: dict[str, Estimate]
    histogram: LogReturnHistogram = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contrast:
    """A scenario less the first one.

    Parameters
    ----------
    label
        Name of the scenario.
    differences
        By metric, without those that the two deals do not share: prices and shares of different offers.
    curve
        Difference of the quantiles of the close at :data:`CURVE_LEVELS`.
    unchanged
        Whether every path of the two is the same, bit for bit.
    """

    label: str
    differences: dict[str, Difference]
    curve: tuple[Difference, ...] = field(repr=False)
    unchanged: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found; the first of ``compared`` is what the others are held against."""

    paths: int
    seed: int
    partial: bool
    compared: tuple[Compared, ...]
    contrasts: tuple[Contrast, ...]
    notes: tuple[str, ...]

    @property
    def base(self) -> Compared:
        """The scenario that the others are held against."""
        return self.compared[0]

    def to_json(self) -> dict[str, Any]:
        """Return the whole comparison as plain data, null where undefined."""
        return {
            "paths": self.paths,
            "seed": self.seed,
            "partial": self.partial,
            "base": self.base.label,
            "scenarios": [
                {
                    "label": each.label,
                    "name": each.scenario.name,
                    "code": each.scenario.code,
                    "stage": each.scenario.stage,
                    "metrics": {name: value.to_json() for name, value in each.values.items()},
                }
                for each in self.compared
            ],
            "differences": [
                {
                    "label": each.label,
                    "unchanged": each.unchanged,
                    "metrics": {name: _as_json(gap) for name, gap in each.differences.items()},
                }
                for each in self.contrasts
            ],
            "notes": list(self.notes),
        }

    def rows(self) -> list[dict[str, str | float | None]]:
        """Return one row a scenario and metric, as in ``comparison.csv``; ``None`` where undefined."""
        base = self.base.values
        rows: list[dict[str, str | float | None]] = []
        for each, contrast in zip(self.compared[1:], self.contrasts, strict=True):
            for name, value in each.values.items():
                gap = contrast.differences.get(name)
                rows.append(
                    {
                        "scenario": each.label,
                        "metric": name,
                        "kind": METRICS[name].kind,
                        "base": finite(base[name].value) if name in base else None,
                        "base_se": finite(base[name].se) if name in base else None,
                        "value": finite(value.value),
                        "value_se": finite(value.se),
                        **({} if gap is None else _as_json(gap)),
                    }
                )
        return rows


def _as_json(gap: Difference) -> dict[str, float | None]:
    return {
        "difference": finite(gap.value),
        "difference_se": finite(gap.se),
        "independent_se": finite(gap.independent_se),
        "variance_reduction": finite(gap.variance_reduction),
    }


def compare(
    scenarios: Sequence[tuple[str, Scenario, Path | None]],
    *,
    market: Market | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Simulate scenarios on the same random numbers and hold each against the first.

    Parameters
    ----------
    scenarios
        Label, scenario and the folder that its market file starts from; all with the paths and the seed of the
        first.
    market
        Market of all of them; loaded by each scenario's own name of it when left out.
    threads
        Threads to use, all available ones by default; the result does not depend on it.
    progress
        Called with the paths done and to do, over all scenarios.

    Raises
    ------
    InvalidInput
        When a scenario or its market cannot be used, with every such fault, or they differ in paths or seed.

    Notes
    -----
    Ctrl-C ends the comparison with the paths that every scenario has played, marked ``partial``.
    """
    first = scenarios[0][1].simulation
    plans: list[Plan] = []
    faults: list[Fault] = []
    for label, scenario, folder in scenarios:
        if scenario.simulation != first:
            faults.append(
                Fault(label, "simulation", "is not that of the first", "one seed and number of paths")
            )
        try:
            plans.append(prepare(scenario, market, folder))
        except InvalidInput as fault:
            faults.extend(fault.faults)
    if faults:
        raise InvalidInput(faults)
    samples, partial = samples_of(plans, first.paths, threads, progress)
    labels = [label for label, _, _ in scenarios]
    compared, contrasts = _contrasted(labels, samples)
    return Comparison(samples[0].count, first.seed, partial, compared, contrasts, _notes(plans))


def _contrasted(
    labels: Sequence[str], samples: Sequence[Sample]
) -> tuple[tuple[Compared, ...], tuple[Contrast, ...]]:
    """Measure metric after metric: the influence of one metric at a time is kept, not of all."""
    values: list[dict[str, Estimate]] = [{} for _ in samples]
    gaps: list[dict[str, Difference]] = [{} for _ in samples]
    unchanged = [sample.same_as(samples[0]) for sample in samples]
    for name, metric in METRICS.items():
        base = metric.measure(samples[0])
        for at, sample in enumerate(samples):
            own = metric.measure(sample) if at else base
            values[at][name] = own.estimate
            if at and shares(metric, samples[0].plan.scenario, sample.plan.scenario):
                gaps[at][name] = difference(base, own, same=unchanged[at])
    curves: list[list[Difference]] = [[] for _ in samples]
    for level in CURVE_LEVELS:
        measured: list[Measured] = [
            quantile_measured(sample["log_close"], float(level)) for sample in samples
        ]
        for at in range(1, len(samples)):
            curves[at].append(difference(measured[0], measured[at], same=unchanged[at]))
    compared = tuple(
        Compared(label, sample.plan.scenario, own, sample.histogram())
        for label, sample, own in zip(labels, samples, values, strict=True)
    )
    contrasts = tuple(
        Contrast(labels[at], gaps[at], tuple(curves[at]), unchanged[at]) for at in range(1, len(samples))
    )
    return compared, contrasts


def shares(metric: Metric, base: Scenario, other: Scenario) -> bool:
    """Whether a metric of two deals is in one unit: prices and shares are of one company's offer."""
    if metric.kind not in ("price", "shares"):
        return True
    return base.venue == other.venue and base.code == other.code


def _notes(plans: Sequence[Plan]) -> tuple[str, ...]:
    notes = []
    first = plans[0].scenario
    for plan in plans[1:]:
        other = plan.scenario
        if other.code != first.code or other.venue != first.venue:
            notes.append(
                f"{other.name} is another deal: returns compare, prices and numbers of shares do not"
            )
        elif other.stage != first.stage:
            notes.append(
                f"stage {other.stage.upper()} beside {first.stage.upper()}: part of the difference is what is known"
            )
    if any(plan.scenario.offer.price is None for plan in plans):
        notes.append("events and returns are of the paths that list; a path may list in one scenario alone")
    trial = sorted({plan.market.name for plan in plans if plan.market.origin.status == "trial"})
    notes.extend(f"the market {name} holds trial values, not a fit; read levels with care" for name in trial)
    return tuple(dict.fromkeys(notes))
