"""A sensitivity: what moves the first day of a deal, by the methods asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.engine import prepare
from sim.errors import invalid
from sim.market.posterior import without_widening
from sim.scenario.scenario import Scenario
from sim.simulation import Progress
from sim.studies.inputs import Input, inputs_of
from sim.studies.metrics import Metric, metrics_named
from sim.studies.playing import Playing
from sim.studies.samples import MOST_PATHS
from sim.studies.setting import Deal, checked
from sim.studies.sobol import SAMPLES, Sobol, design, sobol
from sim.studies.stress import Stress, stress
from sim.studies.tornado import Tornado, tornado
from sim.studies.total_variance import DRAWS, TotalVariance, total_variance

METHODS = ("tornado", "sobol", "variance")
SOBOL_PATHS = 2_048
HALF_OF_A_DRAW = 4_096
SIMULATIONS_OF_A_ROOT = 12
"""About how many simulations an input of a stress takes, for the progress bar."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a sensitivity.

    Parameters
    ----------
    methods
        Some of :data:`METHODS`.
    metrics
        Names with commas between them; see :mod:`sim.studies.metrics`.
    own, only
        The user's inputs with their ranges, and the names of those to vary; see :func:`sim.studies.inputs.inputs_of`.
    level
        Chance of a close below the offer to reach, for a reverse stress; ``None`` for none.
    samples, sobol_paths
        Points of Sobol's base sequence, and paths at each point.
    draws
        Draws of the parameters for the split of the variance.
    """

    methods: tuple[str, ...] = ("tornado",)
    metrics: str = "mean,below,q0.05"
    own: tuple[str, ...] = ()
    only: str | None = None
    level: float | None = None
    samples: int = SAMPLES
    sobol_paths: int = SOBOL_PATHS
    draws: int = DRAWS


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What was found; a method that was not asked for is ``None``."""

    scenario: Scenario
    seed: int
    metrics: tuple[Metric, ...]
    inputs: tuple[Input, ...]
    tornado: Tornado | None
    sobol: Sobol | None
    variance: TotalVariance | None
    stress: Stress | None
    notes: tuple[str, ...]
    partial: bool

    def parts(self) -> dict[str, Tornado | Sobol | TotalVariance | Stress]:
        """Return what was found by method."""
        found = {
            "tornado": self.tornado,
            "sobol": self.sobol,
            "variance": self.variance,
            "stress": self.stress,
        }
        return {name: part for name, part in found.items() if part is not None}

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "scenario": self.scenario.name,
            "stage": self.scenario.stage,
            "seed": self.seed,
            "partial": self.partial,
            **{name: part.to_json() for name, part in self.parts().items()},
            "notes": list(self.notes),
        }

    def rows(self) -> list[dict[str, str | float | None]]:
        """Return the rows of ``sensitivity.csv``."""
        return [row for part in self.parts().values() for row in part.rows()]


def sensitivity(
    scenario: Scenario,
    options: Options,
    *,
    folder: Path | None = None,
    threads: int | None = None,
    progress: Callable[[str], Progress] | None = None,
) -> Sensitivity:
    """Work out what moves a deal's first day.

    Parameters
    ----------
    scenario
        The deal, with the paths of tornado and stress.
    options
        What is asked.
    folder
        Folder that a relative market file starts from.
    threads
        Threads to use, all available ones by default; the numbers do not depend on it.
    progress
        Given a method's name, returns what is called with the simulations done and to do.

    Raises
    ------
    InvalidInput
        When scenario, market or options cannot be used.

    Notes
    -----
    Ctrl-C ends it with the methods, and the tornado's and the stress's inputs, that are done; marked ``partial``.
    """
    metrics = metrics_named(options.metrics)
    _check(scenario, options)
    deal = Deal(scenario, checked(prepare(scenario, folder=folder).market))
    if "variance" in options.methods and not deal.market.posterior:
        raise invalid(
            f"market {deal.market.name}",
            "posterior",
            "is missing, so there is nothing to draw from",
            "write a market with firstday calibrate, or leave variance out of --method",
        )
    narrow = deal.in_market(without_widening(deal.market))
    inputs, left_out = inputs_of(deal, options.own, options.only)
    uncertain = [each for each in inputs_of(narrow, options.own, options.only)[0] if _enters(each, options)]
    if "sobol" in options.methods:
        if not uncertain:
            raise invalid("--method", "", "sobol has no uncertain input", "name one with --only or --input")
        design(len(uncertain), options.samples, scenario.simulation.seed)
    as_run = Playing(deal, scenario.simulation.paths, threads)
    notes = (*left_out, *_notes(deal, inputs, options))

    def told(method: str, total: int) -> Callable[[], None]:
        if progress is None:
            return lambda: None
        advance, done = progress(method), 0

        def tell() -> None:
            nonlocal done
            done += 1
            advance(done, max(total, done))

        return tell

    bars: Tornado | None = None
    indices: Sobol | None = None
    split: TotalVariance | None = None
    reached: Stress | None = None
    partial = False
    try:
        if "tornado" in options.methods:
            bars = tornado(as_run, inputs, metrics, told("tornado", 1 + 2 * len(inputs)))
        if options.level is not None and not _stopped(bars):
            total = (SIMULATIONS_OF_A_ROOT + 1) * len(inputs)
            known = [each for each in inputs if not _enters(each, options)]
            reached = stress(as_run, inputs, options.level, told("stress", total), known)
        if "sobol" in options.methods and not _stopped(bars, reached):
            points = options.samples * (len(uncertain) + 2)
            playing = Playing(narrow, options.sobol_paths, threads)
            indices = sobol(playing, uncertain, metrics, options.samples, told("sobol", points))
        if "variance" in options.methods and not _stopped(bars, reached):
            playing = Playing(narrow, HALF_OF_A_DRAW, threads)
            split = total_variance(playing, as_run, metrics, options.draws, told("variance", options.draws))
    except KeyboardInterrupt:
        partial = True
    partial = partial or _stopped(bars, reached)
    seed = scenario.simulation.seed
    return Sensitivity(scenario, seed, metrics, inputs, bars, indices, split, reached, notes, partial)


def _stopped(*parts: Tornado | Stress | None) -> bool:
    return any(part is not None and part.partial for part in parts)


def _enters(each: Input, options: Options) -> bool:
    """Whether an input enters a variance or a joint stress: an uncertain one, or one that the user names."""
    named = options.only is not None and each.name in [name.strip() for name in options.only.split(",")]
    return each.is_uncertain or named


def _check(scenario: Scenario, options: Options) -> None:
    for method in options.methods:
        if method not in METHODS:
            raise invalid("--method", "", f"{method!r} is no method", f"some of {', '.join(METHODS)}")
    if options.level is not None and not 0.0 < options.level < 1.0:
        raise invalid("--stress", "", f"{options.level:g} is no chance to reach", "between 0 and 1, as 0.25")
    paths = scenario.simulation.paths
    if paths > MOST_PATHS:
        raise invalid(
            scenario.name,
            "simulation.paths",
            f"{paths:,} paths are too many for a study, which keeps them all",
            f"at most {MOST_PATHS:,}; use --paths",
        )


def _notes(deal: Deal, inputs: Sequence[Input], options: Options) -> list[str]:
    notes = []
    if not deal.market.posterior:
        notes.append(
            f"the market {deal.market.name} holds no posterior: its fitted parameters are taken as known; "
            "firstday calibrate writes one"
        )
    if "sobol" in options.methods or "variance" in options.methods:
        notes.append(
            "sobol and variance draw the parameters, so the market's factors for their uncertainty are set to 1 "
            "there: nothing is counted twice"
        )
    if "tornado" in options.methods and any(each.source == "fitted" for each in inputs):
        notes.append(
            "fitted inputs come one after the other: each moves by what the fit leaves of it once those before it "
            "are held, and takes the parameters behind it along"
        )
    left_out = [each.label for each in inputs if not _enters(each, options)]
    if "sobol" in options.methods and left_out:
        notes.append(f"known, so not in sobol unless named with --only: {', '.join(left_out)}")
    if deal.market.origin.status == "trial":
        notes.append(f"the market {deal.market.name} holds trial values, not a fit; read levels with care")
    return notes
