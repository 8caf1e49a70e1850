"""A control variate of the close: the close without a manager, halts and ticks, less its mean.

``exp(y(1))`` given coverages, heat and the volatility of the day has a mean in closed form: over the day's move,
normal, and over the valuation noise, by quadrature. What is left of the variance of the close is what the manager,
the halts and the ticks do, and what the two mean over: nothing that needs many paths.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.engine import Batch, Plan
from sim.kernels.opening import exponentials
from sim.variance_reduction.day import DayLaw
from sim.variance_reduction.latents import COVERAGE, NOISE, VOLATILITY
from sim.variance_reduction.noise import NoiseMean
from sim.variance_reduction.student import StudentScores

Array = NDArray[np.float64]


class CloseControl:
    """A number of mean zero a path, whatever the law of its latent draws but the noise.

    Once the grey market has been seen, nodes stand in place of the noise, and only the day is averaged over.

    Parameters
    ----------
    plan
        What is simulated.
    """

    def __init__(self, plan: Plan) -> None:
        coverage = plan.parameters.coverage
        self._coverage, self._law = coverage, DayLaw.of(plan.parameters.day)
        self._noise = None
        if coverage.node_cumulative.size == 0:
            self._noise = NoiseMean.of(coverage, StudentScores.of(coverage.degrees))

    def of(self, block: Batch) -> Array:
        """The control of each path of a block whose latent draws are known; 0 where the deal does not list.

        Raises
        ------
        ValueError
            When the block does not say what was drawn.
        """
        if block.drawn is None:
            raise ValueError("the control needs the latent draws of the paths")
        draws, law = block.drawn.draws, self._law
        opened = np.nan_to_num(block["scarcity"] + block["valuation"])
        half = law.drift + 0.5 * law.variance(opened, draws[VOLATILITY])
        reached, expected = np.empty_like(opened), np.empty_like(opened)
        exponentials(np.nan_to_num(block["pressure_close"]), reached)
        exponentials(opened + half, expected)
        control = reached - expected
        if self._noise is not None:
            log_public = self._coverage.public_mean + self._coverage.public_sd * draws[COVERAGE]
            noise, mean = self._noise.noise_and_mean(log_public, draws[NOISE])
            rest = opened - noise
            # The noise moves the volatility with the open: taken at an open without noise, the day stays apart.
            without = law.drift + 0.5 * law.variance(rest, draws[VOLATILITY])
            exponentials(rest + without, expected)
            exponentials(noise, reached)
            control += expected * (reached - mean)
        return np.where(np.isnan(block["close"]), 0.0, control)
