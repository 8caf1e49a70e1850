"""Known parameters are found again in deals that the simulator's own kernels played."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from sim.backtest.recovery import replays, true_values
from sim.deals.deals import load_deals
from sim.market.fit.hkex import fit_blocks
from sim.market.parameters import load_market

AS_OF = date(2026, 7, 1)
REPLICATIONS = 12


@pytest.mark.slow
def test_known_parameters_are_found_again():
    """Mean of twelve fits within 0.8 posterior deviations (the priors' pull) and nine of its own standard errors.

    The margin is more than ten standard errors of the mean for every parameter, eleven degrees of freedom: the
    false alarm rate is below 1e-6 for all together. The last lines say what the test would notice.
    """
    market = load_market("hkex")
    truth = true_values(market)
    found = {name: [] for name in truth}
    for deals in replays(load_deals(), market, AS_OF, REPLICATIONS, seed=5):
        fitted = fit_blocks(deals, AS_OF, truth, polish=False)
        for block in (fitted.pressure, fitted.grey, fitted.day):
            for each in block.estimates(errors=False):
                if each.name in found:
                    found[each.name].append(each.value)
    reported = {
        "spread": 0.11, "spread_anchored": 0.22, "spread_size": 0.12, "log_kappa": 0.13, "log_saturation": 0.75,
        "public_deflation": 0.12, "log_elasticity": 0.25, "log_anchored_ratio": 0.24, "bias": 0.007,
        "slope": 0.02, "log_noise": 0.11, "volatility": 0.10, "volatility_size": 0.05, "volatility_heat": 0.16,
        "drift": 0.015, "drift_size": 0.014,
    }  # fmt: skip

    def within(name, value):
        estimates = np.array(found[name])
        error = estimates.std(ddof=1) / np.sqrt(REPLICATIONS)
        return abs(estimates.mean() - value) < 0.8 * reported[name] + 9.0 * error

    for name in reported:
        assert within(name, truth[name]), name
    for name in ("spread", "log_noise", "slope", "bias", "volatility"):
        assert not within(name, truth[name] + 4.0 * reported[name]), name
