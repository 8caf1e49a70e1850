"""Sobol indices through the project's own wrapper, against functions whose indices are known."""

from __future__ import annotations

import numpy as np
import pytest
from small_deals import small_deal, small_market

from sim.errors import InvalidInput
from sim.studies.inputs import own_input
from sim.studies.metrics import metrics_named
from sim.studies.playing import Playing
from sim.studies.setting import Deal
from sim.studies.sobol import design, indices_of, sobol

SAMPLES = 1_024


def ishigami(points, a=7.0, b=0.1):
    x = np.pi * (2.0 * points - 1.0)
    return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_ishigami_has_its_known_indices():
    """Saltelli et al. (2008), 4.6: a closed form. Sobol's sequence has an error well below the bootstrap's."""
    found = indices_of(ishigami(design(3, SAMPLES, 1)), 3, 1)
    a, b, quartic = 7.0, 0.1, np.pi**4
    one = 0.5 * (1.0 + b * quartic / 5.0) ** 2
    two = a**2 / 8.0
    both = b**2 * quartic**2 * (1.0 / 18.0 - 1.0 / 50.0)
    variance = one + two + both
    assert found.first == pytest.approx(np.array([one, two, 0.0]) / variance, abs=0.04)
    assert found.total == pytest.approx(np.array([one + both, two, both]) / variance, abs=0.04)
    assert found.sd == pytest.approx(np.sqrt(variance), rel=0.03)
    assert np.all(found.first_reach > 0.0)
    assert np.all(found.first_reach < 0.2)


def test_an_additive_function_has_first_indices_that_are_its_total_ones():
    points = design(3, SAMPLES, 2)
    found = indices_of(points @ np.array([1.0, 2.0, 0.0]), 3, 2)
    assert found.first == pytest.approx([0.2, 0.8, 0.0], abs=0.01)
    assert found.total == pytest.approx([0.2, 0.8, 0.0], abs=0.01)
    assert found.total[2] == 0.0


def test_a_function_of_nothing_has_none():
    found = indices_of(np.full(4 * SAMPLES, 0.3), 2, 0)
    assert found.sd == 0.0
    assert not found.first.any()
    assert not found.total_reach.any()
    undefined = indices_of(np.full(4 * SAMPLES, np.nan), 2, 0)
    assert np.isnan(undefined.first).all()


def test_a_seed_of_zero_is_a_seed(monkeypatch):
    """Points and intervals: SALib's analysis reads 0 as no seed and draws from NumPy's global state."""

    def unseeded(*_, **__):
        raise AssertionError("drawn without a seed")

    monkeypatch.setattr(np.random, "randint", unseeded)
    values = [ishigami(design(3, 64, seed)) for seed in (0, 0, 1)]
    assert np.array_equal(values[0], values[1])
    assert not np.array_equal(values[0], values[2])
    one, again = (indices_of(values[0], 3, 0) for _ in range(2))
    assert np.array_equal(one.first_reach, again.first_reach)
    assert not np.array_equal(one.first_reach, indices_of(values[0], 3, 1).first_reach)


@pytest.mark.parametrize("samples", [0, 1, 3, 100, -8])
def test_samples_are_a_power_of_two(samples):
    with pytest.raises(InvalidInput, match="no power of two"):
        design(2, samples, 1)


def test_without_salib_the_remedy_is_told(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "SALib.sample.sobol", None)
    with pytest.raises(InvalidInput, match=r"pip install 'firstday\[sensitivity\]'"):
        design(2, 8, 1)


def test_of_two_inputs_the_one_that_acts_explains_all():
    deal = Deal(small_deal(), small_market())
    inputs = [
        own_input(deal, "market.valuation.centre.intercept=-0.5:0.1"),
        own_input(deal, "market.stabilisation.absorption_per_day=4.999:5.001"),
    ]
    found = sobol(Playing(deal, 512, 2), inputs, metrics_named("mean,below"), 64)
    again = sobol(Playing(deal, 512, 1), inputs, metrics_named("mean,below"), 64)
    assert found.evaluations == 64 * 4
    for name, indices in found.indices.items():
        assert indices.total[0] == pytest.approx(1.0, abs=0.05), name
        assert abs(indices.total[1]) < 1e-3, name
        assert np.array_equal(indices.total, again.indices[name].total)
    assert len(found.rows()) == 8
