"""Shares, quantiles and bars of a histogram agree with the paths behind it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.report import distribution


def test_shares_sum_to_one_and_agree_with_the_summary(make: Callable[[str], Any]) -> None:
    run = make("biren")
    parts = distribution.shares(run.histograms["close"])
    chances = run.summary["probabilities"]
    assert parts.below == chances["close_below_offer"]["value"]
    assert parts.at_offer == chances["close_at_offer"]["value"]
    assert parts.below + parts.at_offer + parts.above == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("name", ["biren", "cold", "star", "huge_tail", "coarse_ticks", "collapse"])
@pytest.mark.parametrize("level", ["0.01", "0.1", "0.5", "0.9", "0.99"])
def test_quantiles_agree_with_the_paths_within_a_cell(
    make: Callable[[str], Any], name: str, level: str
) -> None:
    run = make(name)
    for quantity, histogram in run.histograms.items():
        exact = run.summary["returns"][quantity]["quantiles"][level]
        # One cell of 0.001 in log return; ticks and outliers leave gaps that a quantile may fall into.
        gap = 0.001 if name not in ("coarse_ticks", "huge_tail") else 0.02
        assert math.log1p(distribution.quantile(histogram, float(level))) == pytest.approx(
            math.log1p(exact), abs=gap + 1e-9
        )


def test_a_quantile_inside_the_atom_is_the_offer_price(make: Callable[[str], Any]) -> None:
    assert distribution.quantile(make("cold").histograms["close"], 0.5) == 0.0


@pytest.mark.parametrize("name", ["biren", "cold", "star", "collapse", "one_bin", "few_paths"])
def test_bars_atom_and_outside_hold_every_path(make: Callable[[str], Any], name: str) -> None:
    histogram = make(name).histograms["close"]
    low, high, width = -0.4, 3.0, 0.05
    cut = distribution.bars(histogram, low, high, width)
    mass = (cut.height * (cut.right - cut.left) / cut.width).sum()
    under, over = distribution.share_between(histogram, low, high)
    at_offer = distribution.shares(histogram).at_offer
    assert mass + under + over + at_offer == pytest.approx(1.0, abs=1e-9)
    assert under >= 0.0
    assert over >= 0.0


def test_bars_never_straddle_the_offer_price(any_run: Any) -> None:
    for histogram in any_run.histograms.values():
        cut = distribution.bars(histogram, -0.6, 2.0, 0.025)
        assert np.all((cut.right <= 1e-12) | (cut.left >= -1e-12))
        assert np.all(cut.right > cut.left)


def test_bars_show_no_comb_where_ticks_are_coarse(make: Callable[[str], Any]) -> None:
    """Ticks of 0.83% against bars of 2%: equal bars would hold 2 or 3 ticks, off by a third."""
    cut = distribution.bars(make("coarse_ticks").histograms["close"], -0.5, 1.5, 0.02)
    central = (cut.left > 0.02) & (cut.right < 0.6)
    heights = cut.height[central]
    smooth = np.convolve(heights, np.ones(5) / 5, mode="same")[2:-2]
    # A bar of about 1,500 paths has a relative error of 2.6%; five of them bound 13% with 5 standard errors.
    assert np.max(np.abs(heights[2:-2] / smooth - 1.0)) < 0.14


@given(st.floats(1e-6, 1e6), st.floats(2.0, 200.0))
def test_nice_width_is_round_and_cuts_into_no_more_pieces(span: float, pieces: float) -> None:
    width = distribution.nice_width(span, pieces)
    assert span / width <= pieces * (1.0 + 1e-6)
    assert span / width >= pieces / 2.5 * (1.0 - 1e-6)
    mantissa = width / 10.0 ** math.floor(math.log10(width) + 1e-9)
    assert min(abs(mantissa - step) for step in (1.0, 2.0, 2.5, 5.0)) < 1e-6
