"""Recovery of known parameters: `python benchmarks/recovery.py [replications]`.

Plays the deals of the fit again and again with the parameters of the latest shipped market, fits each set, and
prints for every parameter its true value, the bias of the fit, the spread of the estimates beside the standard
error reported, and how often the truth lay within 1.96 standard errors.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from sim.backtest.recovery import replays, true_values
from sim.deals.deals import load_deals
from sim.market.fit.hkex import fit_blocks
from sim.market.parameters import load_market

replications = int(sys.argv[1]) if len(sys.argv) > 1 else 200
market = load_market("hkex")
as_of = market.origin.as_of
if as_of is None:
    raise SystemExit("the latest market does not say as of which day it was fitted")
truth = true_values(market)
found: dict[str, list[tuple[float, float]]] = {name: [] for name in truth}
began = time.perf_counter()
for deals in replays(load_deals(), market, as_of, replications):
    fitted = fit_blocks(deals, as_of, truth, polish=True)
    for block in (fitted.pressure, fitted.grey, fitted.day):
        for each in block.estimates(errors=True):
            if each.name in found and each.standard_error is not None:
                found[each.name].append((each.value, each.standard_error))
seconds = time.perf_counter() - began
print(f"{replications} replications of {len(deals)} deals as of {as_of}, {seconds:.0f} s")
print("| parameter | true | mean bias | sd of estimates | mean standard error | 95% interval covers |")
print("|---|---|---|---|---|---|")
for name, pairs in found.items():
    value, error = np.array(pairs).T
    inside = np.abs(value - truth[name]) <= 1.96 * error
    print(
        f"| {name} | {truth[name]:.3f} | {np.mean(value) - truth[name]:+.3f} | {np.std(value):.3f} "
        f"| {np.mean(error):.3f} | {np.mean(inside):.3f} |"
    )
