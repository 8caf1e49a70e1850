"""The latent draws of a path before its day, as functions of normal scores.

A path draws two coverages, the valuation, the volatility of its day and the Student-t noise; once the grey market
has been seen, a posterior node in place of coverages and noise. Only what is uncertain takes a dimension. Nodes are
laid out in order, so that neighbouring scores give like paths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine import NO_TRACE, Plan
from sim.kernels.driver import simulate_paths
from sim.kernels.parameters import QUANTITIES, KernelParameters
from sim.kernels.scores import STANDARD_DRAWS
from sim.variance_reduction.student import StudentScores

Array = NDArray[np.float64]

COVERAGE, PLACING, VALUATION, VOLATILITY, NOISE = range(STANDARD_DRAWS)
NODE = COVERAGE


@dataclass(frozen=True, slots=True)
class Opening:
    """Openings of paths, without their day: log pressure ``y(0)``, lift of the whole short, and who lists."""

    pressure: Array
    capacity: Array
    listed: NDArray[np.bool_]


class Latents:
    """Turns scores into the draws that the kernels take.

    Parameters
    ----------
    plan
        What is simulated.
    by_loss
        Lay nodes out by how near they bring a close below the offer price, in standard deviations, rather than by
        the opening price they lead to.
    """

    def __init__(self, plan: Plan, by_loss: bool = False) -> None:
        self._parameters = plan.parameters
        coverage = plan.parameters.coverage
        self._nodes = coverage.node_cumulative.size > 0
        rows = [NODE, VALUATION] if self._nodes else [NOISE]
        if not self._nodes:
            uncertain = (coverage.valuation_sd, coverage.public_sd, coverage.placing_sd)
            named = zip((VALUATION, COVERAGE, PLACING), uncertain, strict=True)
            rows += [row for row, sd in named if sd > 0.0]
            self._student = StudentScores.of(coverage.degrees)
        if plan.parameters.day.sigma_log_sd > 0.0:
            rows.append(VOLATILITY)
        self.rows: NDArray[np.int64] = np.array(rows, dtype=np.int64)
        if self._nodes:
            self._order, self._sorted = self._ordered_nodes(by_loss)

    def settle(self, scores: Array) -> Array:
        """Turn scores (5, paths) into draws, in place, and return them."""
        if self._nodes:
            from scipy.special import ndtr

            places = np.searchsorted(self._sorted, ndtr(scores[NODE]))
            nodes = self._order[np.minimum(places, self._order.size - 1)]
            # The kernels take the first node whose cumulative probability is not below the draw.
            scores[NODE] = self._parameters.coverage.node_cumulative[nodes]
        else:
            self._student.settle(scores[NOISE])
        return scores

    def opening(self, draws: Array) -> Opening:
        """Open the paths of some draws."""
        return open_paths(self._parameters, draws)

    def _ordered_nodes(self, by_loss: bool) -> tuple[NDArray[np.intp], Array]:
        """Nodes in their order, and their cumulative probability in it."""
        coverage, day = self._parameters.coverage, self._parameters.day
        draws = np.zeros((STANDARD_DRAWS, coverage.node_cumulative.size))
        draws[NODE] = coverage.node_cumulative
        opening, variance = self.opening(draws), coverage.node_valuation_sd**2
        if by_loss:
            key = (opening.pressure + opening.capacity) / np.sqrt(variance + day.sigma_base**2)
        else:
            key = opening.pressure + 0.5 * variance
        order = np.argsort(np.nan_to_num(key, nan=-np.inf), kind="stable")
        probability = np.diff(coverage.node_cumulative, prepend=0.0)
        return order, np.cumsum(probability[order])


def open_paths(parameters: KernelParameters, draws: Array) -> Opening:
    """Open paths by the kernels themselves, with a day of no steps."""
    none = np.empty(0, dtype=np.float32)
    day = parameters.day._replace(volatility=none, drift=none, volume=none, absorption=none, minutes=none)
    values = np.empty((len(QUANTITIES), draws.shape[1]))
    simulate_paths(parameters._replace(day=day), 0, values, NO_TRACE, draws=draws)
    rows = ("scarcity", "valuation", "active_float")
    scarcity, valuation, active = (values[QUANTITIES.index(name)] for name in rows)
    short = parameters.terms.over_allotment
    left = np.maximum(active - short, 0.05 * active)
    capacity = np.log(active / left) / day.stabilisation_elasticity
    pressure = scarcity + valuation
    return Opening(pressure, capacity, ~np.isnan(pressure))
