"""Importance sampling: a defensive mixture of the model's own law and one tilted to a rare event."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine import NO_TRACE, Batch, Drawn, Plan
from sim.errors import invalid
from sim.kernels.driver import simulate_paths
from sim.kernels.scores import STANDARD_DRAWS, balanced_weights, tilted_scores
from sim.variance_reduction.day import DayLaw
from sim.variance_reduction.latents import VOLATILITY, Latents
from sim.variance_reduction.method import RareEvent
from sim.variance_reduction.sobol import scrambled
from sim.variance_reduction.tilt import fitted_tilt

Array = NDArray[np.float64]

_FAR = 1 << 62


class ImportanceSampler:
    """Draws every other path of a plan from the law tilted to a rare event, with the weights that make up for it.

    Raises
    ------
    InvalidInput
        When the event cannot happen.
    """

    def __init__(self, plan: Plan, event: RareEvent) -> None:
        if event == "support_exhausted" and plan.over_allotment == 0.0:
            raise invalid(
                "--rare-event",
                "",
                "support_exhausted cannot happen: no shares are over-allotted",
                "aim at close_below_offer, or set over_allotment",
            )
        self.latents = Latents(plan, by_loss=True)
        self._parameters = plan.parameters
        low, high = plan.parameters.key_low, plan.parameters.key_high
        pilot = scrambled(low, high, self.latents.rows.size, replicates=1)
        tilt = fitted_tilt(event, self.latents, plan.parameters.day, *pilot)
        if tilt is None:
            remedy = "run it with --variance-reduction none or sobol"
            raise invalid(plan.scenario.name, "", f"{event} has no chance in this deal", remedy)
        self.tilt, self._law = tilt, DayLaw.of(plan.parameters.day)
        self._fallen = plan.parameters._replace(day=self._law.fallen(tilt.fall))

    def draw(self, first: int, count: int) -> tuple[Array, Array]:
        """Draws of paths ``first`` to ``first + count``, (STANDARD_DRAWS, count), and their ``log(g / f)``."""
        scores, log_ratios = np.zeros((STANDARD_DRAWS, count)), np.empty(count)
        given, tilt = self._parameters, self.tilt
        law = (tilt.mean, tilt.root, tilt.inverse, tilt.log_determinant)
        keys = (given.key_low, given.key_high)
        tilted_scores(np.uint64(first), *keys, *law, self.latents.rows, scores, log_ratios)
        return self.latents.settle(scores), log_ratios

    def simulate(self, first: int, out: Array, threads: int) -> Drawn:
        """Draw and simulate paths, see :class:`sim.engine.Sampler`.

        Even and odd paths differ in the drift of their day, so each kind is simulated on its own: the day of path
        ``2 k`` has the normals of path ``k``, that of ``2 k + 1`` those of path ``k`` far away.
        """
        draws, log_ratios = self.draw(first, out.shape[1])
        for kind, parameters in ((0, self._parameters), (1, self._fallen)):
            start = (first + kind) % 2
            some = np.ascontiguousarray(draws[:, start::2])
            if some.size:
                values = np.empty((out.shape[0], some.shape[1]))
                number = kind * _FAR + (first + start) // 2
                simulate_paths(parameters, number, values, NO_TRACE, threads, some)
                out[:, start::2] = values
        block = Batch(first, out)
        opened = block["scarcity"] + block["valuation"]
        variance = self._law.variance(opened, draws[VOLATILITY])
        of_day = self._law.log_ratio(self.tilt.fall, opened, block["pressure_close"], variance)
        # A deal that is withdrawn has no day.
        log_ratios += np.where(np.isnan(opened) | (self.tilt.fall == 0.0), 0.0, of_day)
        weights = np.empty_like(log_ratios)
        balanced_weights(log_ratios, weights)
        return Drawn(draws, weights)
