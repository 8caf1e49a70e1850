"""Order statistics selected by the bits of the values, against sorting them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kernels.selection import select_ranks

ANY = st.one_of(
    st.floats(allow_nan=False),
    st.sampled_from([0.0, -0.0, 19.6, np.inf, -np.inf, 5e-324, -5e-324, 1.7976931348623157e308]),
)


def selected(values: np.ndarray, wanted: np.ndarray) -> np.ndarray | None:
    out = np.full(wanted.size, -7.0)
    return out if select_ranks(values, wanted, out) else None


@settings(max_examples=300, deadline=None)
@given(values=st.lists(ANY, min_size=1, max_size=200), seed=st.integers(0, 2**32 - 1))
def test_selected_ranks_are_those_of_sorting(values, seed):
    array = np.array(values)
    generator = np.random.default_rng(seed)
    wanted = np.unique(generator.integers(0, array.size, generator.integers(1, array.size + 1)))
    before = array.copy()
    np.testing.assert_array_equal(selected(array, wanted), np.sort(array)[wanted])
    np.testing.assert_array_equal(array, before)


@pytest.mark.compiled
@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).lognormal(0.0, 1.0, 100_000),
        np.full(10_000, 19.6),
        # Most at the offer price, as of a supported deal: one cell holds nearly all of them.
        np.where(np.arange(50_000) % 10, 19.6, np.random.default_rng(1).lognormal(3.0, 0.4, 50_000)),
        # All but one beside each other in their bits.
        np.append(1.0 + np.random.default_rng(2).permutation(20_000) * 2.0**-52, 1e300),
        np.random.default_rng(3).normal(0.0, 1e-300, 30_000),
    ],
    ids=["spread", "one value", "an atom", "an outlier", "about zero"],
)
def test_of_many_values_too(values):
    wanted = np.unique(np.linspace(0, values.size - 1, 40).astype(np.int64))
    assert selected(values, wanted).tobytes() == np.sort(values)[wanted].tobytes()


@pytest.mark.parametrize("nan", [np.nan, -np.nan])
@pytest.mark.parametrize("place", [0, 3, 9])
def test_nan_has_no_rank(nan, place):
    values = np.arange(10.0)
    values[place] = nan
    assert selected(values, np.array([4])) is None
