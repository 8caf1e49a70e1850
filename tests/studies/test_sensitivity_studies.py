"""Tornado, reverse stress and the split of the variance against what is known in closed form."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from small_deals import SOLID, small_deal, small_market
from study_deals import shipped

from sim.engine import prepare
from sim.market.parameters import FittedParameter, Posterior
from sim.market.posterior import without_widening
from sim.report.sensitivity_table import stress_sentence
from sim.studies.inputs import own_input
from sim.studies.metrics import METRICS, metrics_named
from sim.studies.playing import Playing
from sim.studies.sensitivity import Options, sensitivity
from sim.studies.setting import Deal
from sim.studies.stress import stress
from sim.studies.tornado import tornado
from sim.studies.total_variance import _split, error_of_paths, total_variance, variance_influence

PLAIN = {"over_allotment": None, "simulation.paths": 20_000}
"""A deal without a manager: a shift of the valuation is a shift of every log price."""
CENTRE = "market.valuation.centre.intercept"
DRIFT = "market.day.drift.intercept"


def plain(changes=None) -> Deal:
    market = small_market({**SOLID, "day.volatility_slope": 0.0, **(changes or {})})
    return Deal(small_deal(PLAIN), market)


def test_an_input_without_effect_is_exactly_nothing():
    deal = Deal(small_deal(), small_market())
    inputs = [own_input(deal, "market.grey.slope=0.5:0.95"), own_input(deal, f"{CENTRE}=-0.4:-0.2")]
    found = tornado(Playing(deal, 4_000, 1), inputs, metrics_named("mean,below,q0.05"))
    idle = found.bars[1]
    assert idle.input.name == "market.grey.slope"
    for end in (idle.low, idle.high):
        assert all((gap.value, gap.se) == (0.0, 0.0) for gap in end.values())
    assert found.bars[0].swing("mean") > 0.1


def test_a_shift_of_the_valuation_shifts_every_quantile_by_itself():
    """Without a manager ``log close`` moves by exactly the shift, up to single precision."""
    deal = plain()
    metrics = metrics_named("q0.05,median,q0.95")
    found = tornado(Playing(deal, 4_000, 1), [own_input(deal, f"{CENTRE}=-0.4:-0.1")], metrics)
    for name, base in found.base.items():
        for gaps, shift in ((found.bars[0].low, -0.1), (found.bars[0].high, 0.2)):
            known = (1.0 + base.value) * math.expm1(shift)
            assert gaps[name].value == pytest.approx(known, abs=1e-5)


def test_the_widest_bar_comes_first_and_an_interruption_keeps_whole_bars():
    deal = plain()
    inputs = [own_input(deal, f"{DRIFT}=-0.01:0.01"), own_input(deal, f"{CENTRE}=-0.4:-0.2")]
    playing = Playing(deal, 2_000, 1)
    found = tornado(playing, inputs, metrics_named("mean"))
    assert [bar.input.name for bar in found.bars] == [CENTRE, DRIFT]
    calls = []

    def stop():
        calls.append(None)
        if len(calls) == 4:
            raise KeyboardInterrupt

    cut = tornado(playing, inputs, metrics_named("mean"), stop)
    assert cut.partial
    assert [bar.input.name for bar in cut.bars] == [DRIFT]


def test_stress_finds_the_shift_that_the_paths_have():
    """Without a manager the chance reaches the level where minus that quantile of the log close is the shift.

    A close below the offer is one that rounds to a tick below: half a tick, 0.0005 of the price, to be allowed.
    """
    deal = plain()
    playing = Playing(deal, 20_000, 1)
    logs = playing.sample()["log_close"]
    base = deal.market.valuation.centre.intercept
    for level in (0.25, 0.6, 0.9):
        known = base - float(np.quantile(logs, level))
        moved = own_input(deal, f"{CENTRE}=-1.5:0.9")
        found = stress(playing, [moved], level)
        (reached,) = found.alone
        assert reached.value is not None
        assert reached.value.value == pytest.approx(known, abs=0.004)
        assert reached.deviations == pytest.approx((known - base) / moved.sd, abs=0.01)
        # The error is that of the quantile: sqrt(p (1 - p) / n) / f, with the density of a near-normal close.
        spread = float(logs.std())
        height = (
            math.exp(-0.5 * ((known - base + logs.mean()) / spread) ** 2) / spread / math.sqrt(2 * math.pi)
        )
        own = math.sqrt(level * (1 - level) / 20_000) / height
        assert reached.value.se == pytest.approx(math.hypot(own, 0.001 * 1.5), rel=0.5)


def test_stress_says_what_is_out_of_range():
    deal = plain()
    found = stress(Playing(deal, 4_000, 1), [own_input(deal, f"{CENTRE}=-0.32:-0.28")], 0.999)
    assert found.alone[0].value is None
    assert math.isnan(found.alone[0].deviations)
    assert found.to_json()["alone"][0]["value"] is None
    assert found.together.distance is None


def test_two_inputs_that_add_share_the_way():
    """Centre and drift both shift the log close; equally uncertain, together they go 1 / sqrt(2) as far."""
    share_the_way(0.8)


def test_two_inputs_share_the_way_to_a_smaller_chance_too():
    moves = share_the_way(0.2)
    assert all(z > 0.0 for z in moves)


def share_the_way(level):
    """Find the joint move to a level, and return the deviations of both inputs."""
    deal = plain()
    playing = Playing(deal, 20_000, 1)
    inputs = [own_input(deal, f"{CENTRE}=-1.3:0.7"), own_input(deal, f"{DRIFT}=-1:1")]
    found = stress(playing, inputs, level)
    alone = {each.input.name: each for each in found.alone}
    assert alone[CENTRE].deviations == pytest.approx(alone[DRIFT].deviations, rel=0.01)
    assert found.together.distance is not None
    assert found.together.distance.value == pytest.approx(
        abs(alone[CENTRE].deviations) / math.sqrt(2.0), rel=0.02
    )
    moves = [z for z, _ in found.together.moves.values()]
    assert moves[0] == pytest.approx(moves[1], rel=0.05)
    return moves


def test_what_is_known_moves_alone_and_has_no_deviation():
    """The first of two equal inputs is known: the other goes the whole way, and stands first though both reach it."""
    playing = Playing(plain(), 4_000, 1)
    inputs = [own_input(playing.deal, f"{DRIFT}=-1:1"), own_input(playing.deal, f"{CENTRE}=-1.3:0.7")]
    found = stress(playing, inputs, 0.8, known=inputs[:1])
    assert [each.input.name for each in found.alone] == [CENTRE, DRIFT]
    uncertain, known = found.alone
    assert known.value is not None
    assert math.isnan(known.deviations)
    assert set(found.together.moves) == {CENTRE}
    # Each place is found to a thousandth of the way searched.
    assert found.together.distance.value == pytest.approx(abs(uncertain.deviations), abs=0.01)
    assert "known today" in stress_sentence(replace(found, alone=(known,)))


def test_terms_and_what_ifs_stay_out_of_a_joint_stress_unless_named():
    deal = shipped("biren_06082", {"simulation.paths": 300})
    found = sensitivity(deal, Options(methods=(), level=0.3), threads=1).stress
    sources = {each.input.name: each.input.source for each in found.alone}
    assert {"terms", "what if"} <= set(sources.values())
    assert {sources[name] for name in found.together.moves} <= {"fitted", "set", "noise"}
    known = [each for each in found.alone if each.input.source in ("terms", "what if")]
    assert all(math.isnan(each.deviations) for each in known)
    named = Options(methods=(), level=0.15, only="observed.public_coverage")
    found = sensitivity(deal, named, threads=1).stress
    assert set(found.together.moves) == {"observed.public_coverage"}


SE_OF_CENTRE = 0.2


def known_posterior() -> Deal:
    deal = plain()
    estimate = FittedParameter(
        name="centre", value=-0.3, standard_error=SE_OF_CENTRE, prior_mean=0.0, prior_sd=1.0
    )
    posterior = Posterior(parameters=("centre",), correlations=((),))
    market = deal.market.model_copy(update={"estimates": (estimate,), "posterior": (posterior,)})
    return deal.in_market(market)


def test_the_variance_splits_as_it_is_known_to():
    """Between draws: the squared standard error of the centre, from 400 draws, so within 35% at 1e-6 two-sided.

    Within: the same on all draws, for a shift changes no spread: that of the paths at the mode, to four digits.
    """
    deal = known_posterior()
    narrow = deal.in_market(without_widening(deal.market))
    playing = Playing(narrow, 1_000, 1)
    found = total_variance(playing, Playing(deal, 4_000, 1), metrics_named("mean,below"), draws=400)
    assert found.parameters.value == pytest.approx(SE_OF_CENTRE**2, rel=0.35)
    assert found.parameters.se == pytest.approx(SE_OF_CENTRE**2 * math.sqrt(2 / 400), rel=0.3)
    whole = Playing(narrow, 2_000, 1).sample()["log_close"]
    one, two = np.split(whole, 2)
    assert found.day.value == pytest.approx(0.5 * (one.var(ddof=1) + two.var(ddof=1)), rel=1e-4)
    # All draws have the same paths and the same spread: the error is that of the variance of one sample.
    squares = (whole - whole.mean()) ** 2
    assert found.day.se == pytest.approx(squares.std() / math.sqrt(whole.size), rel=0.02)
    assert found.total == found.day.value + found.parameters.value
    assert found.share.value == pytest.approx(found.parameters.value / found.total, rel=1e-12)
    assert found.widened > math.sqrt(found.day.value)
    low, middle, high = found.bands["mean"].quantiles
    assert low < middle < high


def test_the_parts_add_up_to_the_variance_of_all_paths_together():
    """Draws that share no path and the pooled sample: the law of total variance, within its own error."""
    rng = np.random.default_rng(11)
    centres, n = rng.normal(0.0, 0.3, 2_000), 20
    halves = rng.normal(centres[None, :, None], 1.0, (2, 2_000, n))
    means, variances = halves.mean(axis=2), halves.var(axis=2, ddof=1)
    day, between, share = _split(means, variances, np.full((2, 2_000), float(n)), 0.0)
    assert day.value + between.value == pytest.approx(halves.var(ddof=1), rel=0.02)
    assert between.value == pytest.approx(0.09, abs=5.0 * between.se)
    assert share.value == pytest.approx(0.09 / 1.09, abs=5.0 * share.se)
    # One mean alone would hold the noise of its paths: 1 / n more.
    assert between.value < means.var(axis=1, ddof=1).mean()


KNOWN_PARTS = {"day": 0.3**2 * math.exp(2 * 0.05**2), "parameters": 0.1**2}
"""Of :func:`split_of_draws`; its mean over 400 seeds lies beyond 5.7 errors with a chance of 1e-8."""


def split_of_draws(rng, draws=30, paths=200):
    """Draws of centre and spread on the same paths, of which each draw lists most."""
    centres, spreads = 0.1 * rng.standard_normal(draws), 0.3 * np.exp(0.05 * rng.standard_normal(draws))
    shocks, listing = rng.standard_normal((2, 2, paths))
    means, variances, counts = np.empty((2, draws)), np.empty((2, draws)), np.empty((2, draws))
    influence = np.zeros(2 * paths)
    for k in range(draws):
        values = np.where(listing > -1.5, centres[k] + spreads[k] * shocks, np.nan)
        means[:, k], variances[:, k] = np.nanmean(values, axis=1), np.nanvar(values, axis=1, ddof=1)
        counts[:, k] = (~np.isnan(values)).sum(axis=1)
        influence += variance_influence(values.ravel())
    return _split(means, variances, counts, error_of_paths(influence, counts))


def test_the_errors_of_the_split_are_its_spread_over_seeds():
    """Squares over mean squared errors are chi-squared over 400 seeds: 0.67 to 1.44 at 1e-8, each part.

    A quarter more on top, for errors to first order. The jackknife over draws alone, which all share their paths,
    gives the day an error too small by far.
    """
    parts = [split_of_draws(np.random.default_rng([11, seed])) for seed in range(400)]
    for at, name in enumerate(("day", "parameters", "share")):
        values, errors = (np.array([getattr(part[at], kind) for part in parts]) for kind in ("value", "se"))
        assert 0.67 / 1.25 < values.var(ddof=1) / np.mean(errors**2) < 1.44 * 1.25, name
        if name in KNOWN_PARTS:
            known = KNOWN_PARTS[name]
            assert abs(values.mean() - known) < 5.7 * values.std(ddof=1) / math.sqrt(values.size), name


def test_no_listed_path_no_split():
    gone = np.full((2, 10), np.nan)
    assert all(math.isnan(part.value) for part in _split(gone, gone, np.zeros((2, 10)), 0.0))


def test_drawing_parameters_takes_the_widening_out():
    deal = prepare(shipped("biren_06082_launch"))
    narrow = without_widening(deal.market)
    assert (narrow.uncertainty.valuation, narrow.uncertainty.coverage) == (1.0, 1.0)
    for tranche in ("public", "placing"):
        before, after = getattr(deal.market.coverage, tranche).sd, getattr(narrow.coverage, tranche).sd
        (block,) = (each for each in deal.market.posterior if each.parameters[0] == f"{tranche}_intercept")
        assert after**2 == pytest.approx(before**2 - block.within_sd)


@pytest.mark.parametrize(
    "name", ["biren_06082", "biren_06082_launch", "boan_06955", "catl_03750", "metax_688802"]
)
def test_every_shipped_deal_has_its_sensitivity(name):
    options = Options(
        methods=("tornado", "sobol", "variance"), samples=2, draws=20, level=0.3, sobol_paths=64
    )
    study = sensitivity(shipped(name, {"simulation.paths": 300}), options, threads=1)
    assert not study.partial
    assert {each.source for each in study.inputs} >= {"fitted"}
    assert set(study.to_json()) >= {"tornado", "sobol", "variance", "stress"}
    assert {row["study"] for row in study.rows()} == {"tornado", "sobol", "total_variance", "stress"}
    assert METRICS["mean"] in study.metrics
