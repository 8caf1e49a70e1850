"""The control variate has mean zero, by quadrature and by numbers."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from reduction_deals import DEALS, alarms, plan_of, two_sided
from scipy import integrate, stats
from small_deals import small_deal, small_market

from sim.engine import batches, prepare
from sim.kernels.rng import DAY, fill_normals
from sim.kernels.scores import STANDARD_DRAWS
from sim.variance_reduction.control import CloseControl
from sim.variance_reduction.day import DayLaw
from sim.variance_reduction.latents import VOLATILITY
from sim.variance_reduction.noise import NoiseMean
from sim.variance_reduction.sobol import SobolSampler
from sim.variance_reduction.student import StudentScores

PATHS = 4 * 16_384


def mean_by_quadrature(scale: float, degrees: float, bound: float) -> float:
    """Adaptive quadrature over the noise itself, in pieces that grow with its size."""
    law, size = stats.t(degrees), math.exp(scale)
    edges = bound / size * np.linspace(0.0, 1.0, 41) ** 3
    inside = sum(
        integrate.quad(lambda t: law.pdf(t) * math.cosh(size * t), low, high, epsabs=1e-15, epsrel=1e-12)[0]
        for low, high in itertools.pairwise(edges)
    )
    return 2.0 * (inside + law.sf(edges[-1]) * math.cosh(bound))


@pytest.mark.parametrize("known", [False, True], ids=["coverage drawn", "coverage known"])
@pytest.mark.parametrize("degrees", [3.2, 6.0, 40.0])
def test_the_mean_of_the_noise_is_that_of_another_quadrature(degrees, known):
    coverage = plan_of("launch").parameters.coverage._replace(degrees=degrees)
    for log_public in (-3.0, 2.0, 7.0, 15.0):
        if known:
            coverage = coverage._replace(public_mean=log_public, public_sd=0.0)
        law = NoiseMean.of(coverage, StudentScores.of(degrees))
        assert law is not None
        assert law.series.size == (1 if known else 65)
        _, mean = law.noise_and_mean(np.array([log_public]), np.zeros(1))
        scale = coverage.spread_mean + coverage.spread_slope * log_public
        held = min(max(scale, coverage.spread_low), coverage.spread_high)
        assert mean[0] == pytest.approx(mean_by_quadrature(held, degrees, coverage.noise_bound), rel=1e-9)


def test_noise_without_a_bound_has_no_mean():
    coverage = plan_of("allotment").parameters.coverage._replace(noise_bound=np.inf)
    assert NoiseMean.of(coverage, StudentScores.of(coverage.degrees)) is None


@pytest.mark.parametrize("momentum", [0.0, 0.3, -0.2])
def test_the_close_is_the_open_and_the_normals_of_the_day(momentum):
    """In double precision from the same normals; single precision is off by 1e-6 a path, by 1e-8 on average."""
    plan = plan_of("allotment")
    day = plan.parameters.day._replace(momentum=momentum)
    plan = replace(plan, parameters=plan.parameters._replace(day=day))
    batch = next(batches(plan, PATHS, PATHS, sampler=SobolSampler(plan)))
    draws = batch.drawn.draws
    opened = batch["scarcity"] + batch["valuation"]
    normals = np.empty((day.volatility.size, PATHS), np.float32)
    fill_normals(np.uint64(0), DAY, plan.parameters.key_low, plan.parameters.key_high, normals)
    sigma = np.exp(day.sigma_log_sd * draws[VOLATILITY]) * (
        day.sigma_base + day.sigma_slope * np.minimum(np.abs(opened), 1.0)
    )
    pressure, memory = opened.copy(), np.zeros(PATHS)
    for z, v, d in zip(normals, day.volatility.astype(float), day.drift.astype(float), strict=True):
        move = v * sigma * z + d + momentum * memory
        memory = day.momentum_decay * memory + (1.0 - day.momentum_decay) * move
        pressure += move
    off = np.exp(batch["pressure_close"]) - np.exp(pressure)
    assert np.abs(batch["pressure_close"] - pressure).max() < 2e-5
    assert abs(off.mean()) < 2e-8
    law = DayLaw.of(day)
    score = (pressure - opened - law.drift) / np.sqrt(law.variance(opened, draws[VOLATILITY]))
    root = np.sqrt(PATHS)
    told = {
        "mean": two_sided(root * score.mean()),
        "variance": two_sided(root * (np.mean(score**2) - 1.0) / np.sqrt(2.0)),
    }
    assert alarms(told) == set()


def controls(name: str, sloped: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """The control of independent paths, and the simple return of their close."""
    market = small_market({"day.volatility_slope": sloped})
    plan = prepare(small_deal({**DEALS[name], "simulation.seed": 5}), market)
    batch = next(batches(plan, 4 * PATHS, 4 * PATHS, threads=2, sampler=IndependentSampler(plan)))
    return CloseControl(plan).of(batch), batch["close"] / batch["offer_price"] - 1.0


class IndependentSampler(SobolSampler):
    """Independent normal scores in place of Sobol points."""

    def draw(self, first, count):
        scores = np.zeros((STANDARD_DRAWS, count))
        generator = np.random.default_rng(first)
        scores[self.latents.rows] = generator.standard_normal((self.latents.rows.size, count))
        return self.latents.settle(scores)


@pytest.mark.parametrize("name", DEALS)
def test_the_control_has_mean_zero(name):
    control, _ = controls(name)
    score = np.sqrt(control.size) * control.mean() / control.std()
    assert alarms({name: two_sided(score)}) == set()
    # Power: a control off by three in a hundred of its deviation would be noticed.
    assert alarms({name: two_sided(score + 0.03 * np.sqrt(control.size))}) == {name}


@pytest.mark.parametrize("name", DEALS)
def test_the_control_carries_the_variance_of_the_close(name):
    control, returns = controls(name)
    listed = ~np.isnan(returns)
    assert (control[~listed] == 0.0).all()
    # Heat is drawn beside the noise, and once the grey market has been seen only the day is averaged over.
    least = {"launch": 0.3, "allotment": 0.85, "hot": 0.95, "grey": 0.3}[name]
    assert np.corrcoef(control[listed], returns[listed])[0, 1] > least


def test_the_control_asks_for_the_draws():
    plan = plan_of("allotment")
    with pytest.raises(ValueError, match="latent draws"):
        CloseControl(plan).of(next(batches(plan, 10, 10)))
