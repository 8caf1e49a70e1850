"""What variance reduction gains: `python benchmarks/variance_reduction.py [repetitions]`.

First, at equal time on two threads, how many times the standard error falls: runs take turns, the shortest of
five counts, and everything from the scenario to the summary is in it. Then, over the repetitions (1,000), whether
each method is centred where plain paths are, in standard errors, and whether its estimates spread as it says.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sim.market.parameters import Market, load_market
from sim.result import Result
from sim.scenario import Scenario, load_scenario, with_changes
from sim.simulation import simulate
from sim.variance_reduction.method import METHODS, Method

CONFIGS = Path(__file__).parents[1] / "configs"
HOT = {"observed.grey_return": 0.6}
DEALS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "Biren, T1": ("biren_06082.yaml", {}),
    "Biren, grey market +30%": ("biren_06082.yaml", {"observed.grey_return": 0.3}),
    "Biren, grey market +60%": ("biren_06082.yaml", HOT),
    "Biren, grey market +80%": ("biren_06082.yaml", {"observed.grey_return": 0.8}),
    "Biren at launch, T0": ("biren_06082_launch.yaml", {}),
    "Boan, T1": ("boan_06955.yaml", {}),
    "CATL, T1": ("catl_03750.yaml", {}),
    "Moore Threads, T1": ("moore_threads_688795.yaml", {}),
}
PATHS = 131_072
TURNS = 5
SMALL = 8_192
PLAIN_PATHS = 20_000_000

repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000


def timed(scenario: Scenario, market: Market, method: Method) -> tuple[float, Result]:
    began = time.perf_counter()
    result = simulate(scenario, market=market, threads=2, fan=False, method=method)
    return time.perf_counter() - began, result


def told(result: Result) -> dict[str, tuple[float, float]]:
    close = result.summary["returns"]["close"]
    share = result.summary["probabilities"]["close_below_offer"]
    return {
        "mean close": (close["mean"], close["mean_se"]),
        "median close": (close["quantiles"]["0.5"], close["quantiles_se"]["0.5"]),
        "P(close < offer)": (share["value"], share["se"]),
    }


print(f"{PATHS:,} paths, two threads; standard errors at equal time, plain over method")
print("| deal | quantity | value | method | seconds | se | times smaller at equal time |")
print("|---|---|---:|---|---:|---:|---:|")
for name, (file, changes) in DEALS.items():
    scenario = load_scenario(CONFIGS / file, {**changes, "simulation.paths": PATHS})
    market = load_market(scenario.market, CONFIGS, scenario.list_date)
    results = {each: timed(scenario, market, Method(each))[1] for each in METHODS}
    seconds = dict.fromkeys(METHODS, math.inf)
    for _ in range(TURNS):
        for each in METHODS:
            seconds[each] = min(seconds[each], timed(scenario, market, Method(each))[0])
    for quantity in ("mean close", "P(close < offer)"):
        value, _ = told(results["importance" if quantity.startswith("P") else "sobol"])[quantity]
        _, plain = told(results["none"])[quantity]
        if quantity.startswith("P"):
            # Too few plain paths meet a rare event to tell their own error.
            plain = math.sqrt(value * (1.0 - value) / PATHS)
        for each in METHODS:
            error = plain if each == "none" else told(results[each])[quantity][1]
            gain = plain / error * math.sqrt(seconds["none"] / seconds[each])
            print(
                f"| {name} | {quantity} | {value:.3g} | {each} | {seconds[each]:.3f} | {error:.2g} | {gain:.1f} |"
            )

print(f"\n{repetitions:,} repetitions of {SMALL:,} paths, against {PLAIN_PATHS:,} plain paths")
print("| deal | method | quantity | bias, standard errors | spread over error told | 99.99% of chance |")
print("|---|---|---|---:|---:|---|")
for name in ("Biren, T1", "Biren, grey market +60%"):
    file, changes = DEALS[name]
    scenario = load_scenario(CONFIGS / file, dict(changes))
    market = load_market(scenario.market, CONFIGS, scenario.list_date)
    many = with_changes(scenario, {"simulation.paths": PLAIN_PATHS, "simulation.seed": 2**40})
    truth = told(timed(many, market, Method())[1])
    for each in METHODS[1:]:
        runs = []
        for seed in range(repetitions):
            one = with_changes(scenario, {"simulation.paths": SMALL, "simulation.seed": seed})
            runs.append(told(timed(one, market, Method(each))[1]))
        for quantity, (exact, exact_error) in truth.items():
            values, errors = np.array([run[quantity] for run in runs]).T
            spread = values.std(ddof=1)
            bias = (values.mean() - exact) / math.hypot(spread / math.sqrt(repetitions), exact_error)
            ratio = spread / math.sqrt(np.mean(errors**2))
            # Half the relative deviation of a variance: of the repetitions, and of the errors of 32 replicates.
            reach = 3.89 * math.sqrt((0.5 + (0.5 if each == "sobol" else 0.0) / 31.0) / repetitions)
            print(f"| {name} | {each} | {quantity} | {bias:+.2f} | {ratio:.3f} | 1 +- {reach:.3f} |")
