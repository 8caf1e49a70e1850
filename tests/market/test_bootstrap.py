"""Standard errors by the bootstrap: draws that follow from seed and number, the same whoever fits, failures told."""

from __future__ import annotations

import json
import math
from datetime import date

import numpy as np
import pytest

from sim.deals.deals import load_deals
from sim.errors import InvalidInput
from sim.market.fit.blocks import Block
from sim.market.fit.bootstrap import Bootstrap, Draws, Refit, bootstrap, draws_of
from sim.market.fit.calibration import as_json
from sim.market.fit.market import fit_market, shipped_star_deals
from sim.market.parameters import load_market
from sim.studies.cluster import ThisProcess

AS_OF = date(2025, 7, 1)
FITS = 8


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def fit():
    return fit_market(load_deals(), AS_OF)


def draws(fit, seed: int) -> Draws:
    return draws_of(load_deals(), shipped_star_deals(), AS_OF, "hkex", fit.start(), seed)


@pytest.fixture(scope="module")
def told(fit) -> Bootstrap:
    return bootstrap(draws(fit, 0), FITS, ThisProcess(), never)


class Backwards:
    """Does the last job first."""

    size = 1

    def answers(self, work, jobs, stopped):
        assert not stopped()
        for job in list(jobs)[::-1]:
            yield job, work(job)


def test_a_draw_follows_from_seed_and_number_alone(fit):
    one, other = draws(fit, 0), draws(fit, 1)
    total = sum(one.sizes)
    assert one.counts(3).tolist() == draws(fit, 0).counts(3).tolist()
    seen = {tuple(counts) for counts in (one.counts(3), one.counts(4), other.counts(3))}
    assert len(seen) == 3
    assert {sum(counts) for counts in seen} == {total}
    # A listing is left out with probability (1 - 1/n)^n, 0.366: of 40 draws the share is within 6 sd of it, 0.012
    # each (false alarm 2e-9).
    left_out = np.mean([one.counts(number) == 0 for number in range(40)])
    assert abs(left_out - (1.0 - 1.0 / total) ** total) < 6 * np.sqrt(0.24 / (40 * total))


def test_venues_are_drawn_apart():
    star = shipped_star_deals()
    fit = fit_market(star, date(2026, 6, 1), venue="star")
    own = draws_of(star, load_deals(), date(2026, 6, 1), "star", fit.start(), 0)
    assert own.sizes[0] == len(own.data)
    counts = own.counts(0)
    assert counts[: own.sizes[0]].sum() == own.sizes[0]
    few = bootstrap(own, 3, ThisProcess(), never)
    assert few.fitted == 3
    assert set(few.errors()) == {each.name for each in fit.parameters}


def test_each_row_is_its_listing(fit):
    own = draws(fit, 0)
    assert len(set(own.data_listing.tolist())) == len(own.data)
    assert len(set(own.theme_listing.tolist())) == len(own.themes.day)
    # In Hong Kong one listing serves both; those of the window with a flag are in both.
    shared = set(own.data_listing.tolist()) & set(own.theme_listing.tolist())
    days = dict(zip(own.data_listing.tolist(), own.data.day.tolist(), strict=True))
    of_theme = dict(zip(own.theme_listing.tolist(), own.themes.day.tolist(), strict=True))
    assert shared
    assert all(days[number] == of_theme[number] for number in shared)


def test_whoever_fits_in_whatever_order_the_bits_are_the_same(fit, told):
    again = bootstrap(draws(fit, 0), FITS, Backwards(), never)
    assert again == told
    assert json.dumps(as_json(fit.with_bootstrap(again))) == json.dumps(as_json(fit.with_bootstrap(told)))
    fewer = bootstrap(draws(fit, 0), 2, ThisProcess(), never)
    assert fewer.refits == told.refits[:2]


def test_the_scatter_is_of_the_size_of_the_other_errors(told):
    """Both estimate one thing within a factor of three where the deals speak; a wrong draw or weight breaks it."""
    other = {
        each.name: each.standard_error for each in fit_market(load_deals(), AS_OF, errors=True).parameters
    }
    found = told.errors()
    assert set(found) == set(other)
    for name in (
        "spread",
        "bias",
        "volatility",
        "log_idiosyncratic_sd",
        "placing_intercept",
        "public_intercept",
    ):
        value, se = found[name]
        assert other[name] / 3.0 < value < 3.0 * other[name], name
        assert 0.0 < se < value


def test_failed_fits_are_counted_and_left_out(fit):
    good = [Refit(number, {"a": float(number)}) for number in range(4)]
    bad = [Refit(4, {}, "the search did not settle"), Refit(5, {}, "the search did not settle")]
    told = Bootstrap(6, 0, (*good, *bad))
    assert told.faults == {"the search did not settle": 2}
    assert told.fitted == 4
    assert told.errors()["a"][0] == pytest.approx(np.std([0, 1, 2, 3], ddof=1))
    assert Bootstrap(2, 0, tuple(bad)).errors() == {}
    assert "2 failed: the search did not settle" in fit.with_bootstrap(told).to_yaml()


@pytest.mark.parametrize(
    ("values", "error"), [((0.0, 2.0), math.sqrt(2.5 / 8)), ((0.0, 1.0, 2.0), math.sqrt(2 / 36))]
)
def test_few_fits_say_how_little_their_scatter_is_known(values, error):
    """By hand: m4 is 1 and s^4 is 4 of the two, 2/3 and 1 of the three."""
    told = Bootstrap(
        len(values), 0, tuple(Refit(number, {"a": value}) for number, value in enumerate(values))
    )
    assert told.errors()["a"] == pytest.approx((np.std(values, ddof=1), error))


def test_the_error_of_a_scatter_is_that_of_normal_theory():
    """Of 20,000 normals: sd / sqrt(2 n). Its own sd is sqrt(56 / n) / 4, 1.3%: 6 of them (2e-9)."""
    values = np.random.default_rng(5).normal(0.0, 3.0, 20_000)
    told = Bootstrap(
        len(values), 0, tuple(Refit(number, {"a": value}) for number, value in enumerate(values))
    )
    sd, error = told.errors()["a"]
    assert error == pytest.approx(sd / math.sqrt(2 * len(values)), rel=0.08)


def test_a_search_that_gives_up_is_a_failed_fit(fit, monkeypatch):
    monkeypatch.setattr("sim.market.fit.blocks.Block.maximise", lambda block, *_: block.means())
    told = bootstrap(draws(fit, 0), 2, ThisProcess(), never)
    assert told.faults == {"the search did not settle": 2}


def test_what_is_not_finite_is_a_failed_fit(fit, monkeypatch):
    usual = Block.maximise

    def lost(block, *given):
        return block.means() * np.nan if "drift" in block.priors else usual(block, *given)

    monkeypatch.setattr("sim.market.fit.blocks.Block.maximise", lost)
    told = bootstrap(draws(fit, 0), 2, ThisProcess(), never)
    assert told.faults == {"a parameter is not finite": 2}


def test_a_fit_without_a_solution_is_a_failed_fit(fit, monkeypatch):
    def singular(_):
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr("sim.market.fit.hkex.fit_coverages", singular)
    told = bootstrap(draws(fit, 0), 2, ThisProcess(), never)
    assert told.faults == {"no solution: Singular matrix": 2}


def test_the_market_file_holds_the_errors_and_reads_back(fit, told, tmp_path):
    with_errors = fit.with_bootstrap(told)
    text = with_errors.to_yaml()
    assert f"scatter of {FITS} fits on listings drawn again, seed 0; none failed" in text
    (tmp_path / "market.yaml").write_text(text, encoding="utf-8")
    read = load_market("./market.yaml", tmp_path, AS_OF)
    for each in read.estimates:
        assert each.bootstrap_error == pytest.approx(told.errors()[each.name][0], abs=5e-4)
    assert "bootstrap" not in fit.to_yaml()


def test_stopped_before_the_end_says_how_many(fit):
    asked = iter([False, True])
    told = bootstrap(draws(fit, 0), FITS, ThisProcess(), lambda: next(asked))
    assert (len(told.refits), told.partial) == (4, True)
    assert f"scatter of 4 of {FITS} fits" in fit.with_bootstrap(told).to_yaml()


@pytest.mark.parametrize("count", [0, 1, -3])
def test_too_few_fits_are_refused(fit, count):
    with pytest.raises(InvalidInput, match="no scatter; 2 or more"):
        bootstrap(draws(fit, 0), count, ThisProcess(), never)
