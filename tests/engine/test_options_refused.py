"""What `simulate` refuses of its options, before anything is simulated."""

from __future__ import annotations

import numpy as np
import pytest
from small_deals import small_deal, small_market

from sim.errors import InvalidInput
from sim.simulation import simulate
from sim.variance_reduction.method import Method


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"threads": 0}, "--threads: 0 is not a number of threads; expected 1 or more"),
        ({"threads": "2"}, "--threads: 2 is not a number of threads; expected 1 or more"),
        ({"threads": 1.5}, "--threads: 1.5 is not a number of threads; expected 1 or more"),
        ({"keep_paths": -1}, "--keep-paths: -1 is not a number of paths; expected 0 or more"),
        ({"keep_paths": None}, "--keep-paths: None is not a number of paths; expected 0 or more"),
        ({"keep_paths": 1.5}, "--keep-paths: 1.5 is not a number of paths; expected 0 or more"),
        ({"target_se": "x"}, "--target-se: x is no standard error; expected a positive number"),
        ({"target_se": float("nan")}, "--target-se: nan is no standard error; expected a positive number"),
        ({"target_se": float("inf")}, "--target-se: inf is no standard error; expected a positive number"),
        ({"target_se": 0}, "--target-se: 0 is no standard error; expected a positive number"),
        ({"method": 5}, "--variance-reduction: 5 is not a method; expected none, sobol or importance"),
        ({"method": None}, "--variance-reduction: None is not a method; expected none, sobol or importance"),
        ({"method": "x"}, "--variance-reduction: x is not a method; expected none, sobol or importance"),
    ],
)
def test_an_option_that_means_nothing_is_refused(options, told):
    with pytest.raises(InvalidInput) as raised:
        simulate(small_deal(), market=small_market(), **options)
    assert str(raised.value) == told


@pytest.mark.parametrize("names", [("x",), ("importance", "x"), (None,), ("sobol", "x")])
def test_a_method_that_there_is_not_cannot_be_made(names):
    with pytest.raises(InvalidInput):
        Method(*names)


def test_numbers_of_numpy_are_numbers():
    scenario, market = small_deal(), small_market()
    usual = simulate(scenario, market=market, threads=2, keep_paths=2_000, target_se=0.5)
    options = {"threads": np.int64(2), "keep_paths": np.int32(2_000), "target_se": np.float32(0.5)}
    assert simulate(scenario, market=market, **options).summary == usual.summary
