"""The prior of a deal in plain numpy, straight from the model's sentences, for rejection sampling.

Nothing here conditions: theme heat is drawn first, then coverages and valuation that depend on it.
"""

from __future__ import annotations

import numpy as np
from small_deals import DEAL, MARKET

PUBLIC, PLACING = MARKET["coverage"]["public"], MARKET["coverage"]["placing"]
WIDER_VALUATION, WIDER_COVERAGE = MARKET["uncertainty"]["valuation"], MARKET["uncertainty"]["coverage"]
PUBLIC_SD, PLACING_SD = WIDER_COVERAGE * PUBLIC["sd"], WIDER_COVERAGE * PLACING["sd"]
CORRELATION = MARKET["coverage"]["correlation"]
HEAT_MEAN, HEAT_SD = 0.0, MARKET["peers"]["theme_sd"]
THEME_WEIGHT = 0.5


def normal_density(values: np.ndarray, mean: np.ndarray | float, sd: float) -> np.ndarray:
    """Normal density as a multiple of its peak: a probability to accept with."""
    return np.exp(-0.5 * ((values - mean) / sd) ** 2)


def student_density(values: np.ndarray, degrees: float) -> np.ndarray:
    """Student density as a multiple of its peak."""
    return (1.0 + values**2 / degrees) ** (-(degrees + 1.0) / 2.0)


def draw_heat_and_placing(
    draws: np.random.Generator, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Theme heat, log placing coverage, and mean of log public coverage given both."""
    heat = draws.normal(HEAT_MEAN, HEAT_SD, count)
    noise = draws.normal(0.0, PLACING_SD, count)
    log_placing = PLACING["centre"]["intercept"] + PLACING["theme_loading"] * heat + noise
    return heat, log_placing, public_mean(heat, log_placing)


PUBLIC_SD_GIVEN_PLACING = PUBLIC_SD * np.sqrt(1.0 - CORRELATION**2)


def placing_noise(heat: np.ndarray, log_placing: np.ndarray | float) -> np.ndarray:
    """What is left of log placing coverage once heat is known."""
    return log_placing - PLACING["centre"]["intercept"] - PLACING["theme_loading"] * heat


def public_mean(heat: np.ndarray, log_placing: np.ndarray | float) -> np.ndarray:
    """Mean of log public coverage given heat and the placing coverage."""
    expected = PUBLIC["centre"]["intercept"] + PUBLIC["theme_loading"] * heat
    return expected + CORRELATION * PUBLIC_SD / PLACING_SD * placing_noise(heat, log_placing)


def draw_valuation(
    draws: np.random.Generator, heat: np.ndarray, log_public: np.ndarray | float, weight: float = THEME_WEIGHT
) -> np.ndarray:
    """Valuation ``u`` given heat and log public coverage."""
    valuation = MARKET["valuation"]
    spread = valuation["spread"]["intercept"] + valuation["spread_public_coverage"] * (log_public - 6.0) / 3.0
    noise = draws.standard_t(valuation["degrees_of_freedom"], heat.size)
    return valuation["centre"]["intercept"] + weight * heat + WIDER_VALUATION * np.exp(spread) * noise


def scarcity(log_public: np.ndarray | float, log_placing: np.ndarray | float) -> np.ndarray:
    """``log(K0 / F0) / eta`` at a valuation of zero: equations (1) and (2) of docs/model.md for the made-up deal."""
    demand = MARKET["demand"]
    public, locked = DEAL["offer"]["public_tranche"], DEAL["cornerstones"]["fraction"]
    retail = (1.0 + np.exp(log_public) / demand["public_saturation"]) ** demand["public_deflation"]
    institutions = np.exp(demand["placing_deflation"] * np.asarray(log_placing))
    wanted = demand["kappa"] * (public * retail + (1.0 - public - locked) * institutions)
    tradable = 1.0 + DEAL["over_allotment"]["fraction"] - locked
    return np.log(wanted / tradable) / demand["elasticity"]
