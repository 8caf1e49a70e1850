"""What is not known before the open: coverages and the valuation of each path (docs/model.md)."""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel, scalar
from sim.kernels.arithmetic import exponential
from sim.kernels.rng import COVERAGE, HEAT, VALUATION, normal_pair, path_words, philox, student_t, uniform


@scalar
def log_spread(coverage, log_public):
    """Log scale of the valuation noise, which moves with public coverage, inside its bounds."""
    spread = coverage.spread_mean + coverage.spread_slope * log_public
    spread = coverage.spread_high if spread > coverage.spread_high else spread
    return coverage.spread_low if spread < coverage.spread_low else spread


@scalar
def bounded(value, bound):
    """``value`` inside ``[-bound, bound]``."""
    value = bound if value > bound else value
    return -bound if value < -bound else value


@kernel
def log_spreads(coverage, log_public, out):
    """Log scale of the valuation noise at every log public coverage."""
    for i in range(out.shape[0]):
        out[i] = log_spread(coverage, log_public[i])


@scalar
def prior_of(coverage, z0, z1, z2, t):
    """Log coverages and valuation at three standard normals and a Student-t draw."""
    public_shift = coverage.public_sd * z0
    placing_shift = coverage.placing_slope * public_shift + coverage.placing_sd * z1
    log_public = coverage.public_mean + public_shift
    log_placing = coverage.placing_mean + placing_shift
    valuation = (
        coverage.valuation_mean
        + coverage.valuation_public_slope * public_shift
        + coverage.valuation_placing_slope * placing_shift
        + coverage.valuation_sd * z2
        + bounded(exponential(log_spread(coverage, log_public)) * t, coverage.noise_bound)
    )
    return log_public, log_placing, valuation


@kernel
def draw_prior(first_path, key_low, key_high, coverage, log_public, log_placing, valuation, spare):
    """Draw log coverages and the valuation of consecutive paths from the law known at the stage.

    ``spare`` takes one more normal a path, for the volatility of its day.
    """
    for i in range(log_public.shape[0]):
        low, high = path_words(np.uint64(first_path + np.uint64(i)))
        b0, b1, b2, b3 = philox(low, high, np.uint32(0), COVERAGE, key_low, key_high)
        z0, z1 = normal_pair(b0, b1, b2, b3)
        b0, b1, b2, b3 = philox(low, high, np.uint32(0), HEAT, key_low, key_high)
        z2, spare[i] = normal_pair(b0, b1, b2, b3)
        b0, b1, b2, b3 = philox(low, high, np.uint32(0), VALUATION, key_low, key_high)
        t = student_t(b0, b1, b2, b3, coverage.degrees)
        log_public[i], log_placing[i], valuation[i] = prior_of(coverage, z0, z1, z2, t)


@kernel
def take_prior(draws, start, coverage, log_public, log_placing, valuation, spare):
    """Take the law known at the stage at standard draws, from column ``start`` of ``draws`` on.

    The rows are the two coverages' normals, the valuation's, the volatility's, and the Student-t noise. Lanes beyond
    the last column repeat it: nobody reads them.
    """
    for i in range(log_public.shape[0]):
        at = start + i if start + i < draws.shape[1] else draws.shape[1] - 1
        spare[i] = draws[3, at]
        log_public[i], log_placing[i], valuation[i] = prior_of(
            coverage, draws[0, at], draws[1, at], draws[2, at], draws[4, at]
        )


@scalar
def first_above(cumulative, probability):
    """Index of the first entry that is not below ``probability``, by bisection; the last entry is one."""
    low, high = 0, cumulative.shape[0] - 1
    while low < high:
        middle = (low + high) // 2
        if cumulative[middle] < probability:
            low = middle + 1
        else:
            high = middle
    return low


@scalar
def node_of(coverage, probability, z2):
    """Log coverages and valuation of the node at a probability, ``z2`` a standard normal."""
    node = first_above(coverage.node_cumulative, probability)
    drawn = coverage.node_valuation_mean[node] + coverage.node_valuation_sd[node] * z2
    valuation = coverage.valuation_mean + bounded(drawn - coverage.valuation_mean, coverage.noise_bound)
    return coverage.node_public[node], coverage.node_placing[node], valuation


@kernel
def draw_nodes(first_path, key_low, key_high, coverage, log_public, log_placing, valuation, spare):
    """Draw from the posterior nodes of a scenario whose grey market has been seen."""
    for i in range(log_public.shape[0]):
        low, high = path_words(np.uint64(first_path + np.uint64(i)))
        b0, b1, _, _ = philox(low, high, np.uint32(0), COVERAGE, key_low, key_high)
        probability = uniform(b0, b1)
        b0, b1, b2, b3 = philox(low, high, np.uint32(0), HEAT, key_low, key_high)
        z2, spare[i] = normal_pair(b0, b1, b2, b3)
        log_public[i], log_placing[i], valuation[i] = node_of(coverage, probability, z2)


@kernel
def take_nodes(draws, start, coverage, log_public, log_placing, valuation, spare):
    """Take the posterior nodes at draws whose first row is the uniform of the node; see :func:`take_prior`."""
    for i in range(log_public.shape[0]):
        at = start + i if start + i < draws.shape[1] else draws.shape[1] - 1
        spare[i] = draws[3, at]
        log_public[i], log_placing[i], valuation[i] = node_of(coverage, draws[0, at], draws[2, at])
