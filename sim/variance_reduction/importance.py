"""Importance sampling of the latent draws: a defensive mixture of the model's own law and a tilted one."""

from __future__ import annotations

import numpy as np

from sim.engine import Drawn, Plan
from sim.errors import invalid
from sim.kernels.scores import STANDARD_DRAWS, tilted_scores
from sim.variance_reduction.latents import Latents
from sim.variance_reduction.method import RareEvent
from sim.variance_reduction.sobol import scrambled
from sim.variance_reduction.tilt import fitted_tilt


class ImportanceSampler:
    """Draws every other path of a plan from the law tilted to a rare event, with the weights that make up for it.

    Raises
    ------
    InvalidInput
        When the event cannot happen.
    """

    mixture = True

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
        self.tilt = tilt

    def draw(self, first: int, count: int) -> Drawn:
        """Draw paths ``first`` to ``first + count``."""
        scores, weights = np.zeros((STANDARD_DRAWS, count)), np.empty(count)
        tilt = self.tilt
        tilted_scores(
            np.uint64(first),
            self._parameters.key_low,
            self._parameters.key_high,
            tilt.mean,
            tilt.root,
            tilt.inverse,
            tilt.log_determinant,
            self.latents.rows,
            scores,
            weights,
        )
        return Drawn(self.latents.settle(scores), weights)
