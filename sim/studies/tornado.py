"""The tornado: each input at both ends of its range, everything else as it is, on common random numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.estimates import Estimate, finite
from sim.studies.inputs import Input
from sim.studies.metrics import Difference, Measured, Metric, difference
from sim.studies.playing import Playing
from sim.studies.samples import Sample

Told = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Bar:
    """What one input does: by metric, the differences from the base at its low and its high end."""

    input: Input
    low: dict[str, Difference] = field(repr=False)
    high: dict[str, Difference] = field(repr=False)

    def swing(self, metric: str) -> float:
        """Distance between the values at both ends and now, the largest of the three."""
        values = (0.0, self.low[metric].value, self.high[metric].value)
        return max(values) - min(values)


@dataclass(frozen=True, slots=True)
class Tornado:
    """The metrics as they are, and a bar an input, the widest swing of the first metric first."""

    paths: int
    metrics: tuple[Metric, ...]
    base: dict[str, Estimate]
    bars: tuple[Bar, ...]
    partial: bool

    def to_json(self) -> dict[str, Any]:
        """Return the tornado as plain data."""
        return {
            "paths": self.paths,
            "partial": self.partial,
            "base": {name: value.to_json() for name, value in self.base.items()},
            "inputs": [
                {
                    **bar.input.to_json(),
                    "metrics": {
                        metric.name: {
                            "swing": finite(bar.swing(metric.name)),
                            "low": gap_json(bar.low[metric.name]),
                            "high": gap_json(bar.high[metric.name]),
                        }
                        for metric in self.metrics
                    },
                }
                for bar in self.bars
            ],
        }

    def rows(self) -> list[dict[str, str | float | None]]:
        """Return one row an input, metric and end."""
        return [
            {
                "study": "tornado",
                "input": bar.input.name,
                "source": bar.input.source,
                "metric": metric.name,
                "at": end,
                "input_value": bar.input.shown(bar.input.low if end == "low" else bar.input.high),
                "value": finite(gap.value),
                "se": finite(gap.se),
            }
            for bar in self.bars
            for metric in self.metrics
            for end, gap in (("low", bar.low[metric.name]), ("high", bar.high[metric.name]))
        ]


def gap_json(gap: Difference) -> dict[str, float | None]:
    """Return a difference as plain data."""
    return {"difference": finite(gap.value), "se": finite(gap.se)}


def tornado(
    playing: Playing, inputs: Sequence[Input], metrics: Sequence[Metric], told: Told = lambda: None
) -> Tornado:
    """Play the deal at both ends of every input.

    Parameters
    ----------
    playing
        The deal in its market, as a run would simulate it.
    inputs, metrics
        What is varied and what is watched; bars are in the order of the first metric's swing.
    told
        Called after each of the ``1 + 2 len(inputs)`` simulations.

    Raises
    ------
    InvalidInput
        When scenario or market refuse an end.

    Notes
    -----
    Ctrl-C ends it with the inputs done, marked ``partial``.
    """
    base: Sample | None = None
    measured: dict[str, Measured] = {}
    bars: list[Bar] = []
    partial = False
    try:
        base = playing.sample()
        measured = {metric.name: metric.measure(base) for metric in metrics}
        told()
        for each in inputs:
            ends = []
            for end in (each.low, each.high):
                # An end that is where the input stands, such as the full over-allotment, needs no simulation.
                at = base if end == each.base else playing.sample(each.at(end))
                same = at.same_as(base)
                ends.append(
                    {
                        metric.name: difference(measured[metric.name], metric.measure(at), same=same)
                        for metric in metrics
                    }
                )
                told()
            bars.append(Bar(each, *ends))
    except KeyboardInterrupt:
        partial = True
    bars.sort(key=lambda bar: -bar.swing(metrics[0].name))
    return Tornado(
        base.count if base is not None else 0,
        tuple(metrics),
        {name: value.estimate for name, value in measured.items()},
        tuple(bars),
        partial,
    )
