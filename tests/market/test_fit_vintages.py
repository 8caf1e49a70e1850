"""The shipped markets: picked by date, blind to their future, and the same when written again."""

from __future__ import annotations

from datetime import date

import pytest
from ruamel.yaml import YAML

from sim.deals.deals import load_deals
from sim.engine import prepare
from sim.errors import InvalidInput
from sim.market.fit.calibration import write_market
from sim.market.fit.market import fit_market, shipped_star_deals
from sim.market.parameters import MARKETS_FOLDER, load_market, market_from_mapping, vintages
from sim.market.vintages import DATES, WRITER
from sim.scenario import load_scenario


@pytest.mark.parametrize(("venue", "as_of"), [("hkex", date(2026, 1, 1)), ("star", date(2025, 12, 1))])
def test_a_shipped_market_is_written_again_to_the_byte(venue, as_of):
    deals = {"hkex": load_deals(), "star": shipped_star_deals()}[venue]
    text = fit_market(deals, as_of, venue=venue, errors=True).to_yaml(WRITER)
    assert text == (MARKETS_FOLDER / venue / f"{as_of}.yaml").read_text(encoding="utf-8")


def test_a_market_file_reads_back_as_the_fit():
    fit = fit_market(load_deals(), date(2026, 1, 1))
    read = market_from_mapping(YAML(typ="safe", pure=True).load(fit.to_yaml()), "text")
    assert read.demand.kappa == pytest.approx(fit.market.demand.kappa, abs=1e-4)
    assert read.peers.venues["star"].norms == fit.market.peers.venues["star"].norms
    assert read.day.volatility.deal_size == pytest.approx(fit.market.day.volatility.deal_size, rel=1e-3)
    assert read.model_dump().keys() == fit.market.model_dump().keys()


def test_a_market_file_names_its_writer(tmp_path):
    fit = fit_market(load_deals(), date(2026, 1, 1))
    head = write_market(fit, tmp_path / "mine.yaml").read_text(encoding="utf-8").splitlines()[1]
    assert head.startswith("# Written by `firstday calibrate`;")
    assert fit.to_yaml(WRITER).splitlines()[1].startswith("# Written by `python -m sim.market.vintages`;")


@pytest.mark.parametrize("venue", ["hkex", "star"])
def test_every_shipped_market_is_fitted_on_earlier_deals(venue):
    assert vintages(venue) == DATES[venue]
    for as_of in vintages(venue):
        origin = load_market(venue, list_date=as_of).origin
        assert origin.status == "fitted"
        assert origin.as_of == as_of
        assert origin.last_deal < as_of
        peers = load_market(venue, list_date=as_of).peers.venues.values()
        assert all(norm.effective <= as_of for peer in peers for norm in peer.norms)


@pytest.mark.parametrize(
    ("name", "list_date", "expected"),
    [
        ("hkex", date(2026, 1, 2), date(2026, 1, 1)),
        ("hkex", date(2025, 12, 31), date(2025, 10, 1)),
        ("hkex", date(2022, 12, 30), date(2022, 7, 1)),
        ("hkex", date(2030, 1, 1), date(2026, 7, 1)),
        ("star", date(2025, 12, 5), date(2025, 12, 1)),
    ],
)
def test_the_latest_market_known_on_the_day_is_taken(name, list_date, expected):
    assert load_market(name, list_date=list_date).origin.as_of == expected


def test_a_scenario_takes_the_market_of_its_own_day():
    biren = prepare(load_scenario("configs/biren_06082.yaml")).market
    assert biren.origin.last_deal == date(2025, 12, 30)
    assert prepare(load_scenario("configs/metax_688802.yaml")).market.origin.last_deal < date(2025, 12, 5)


def test_a_deal_before_all_shipped_markets_is_refused():
    with pytest.raises(InvalidInput, match="earliest shipped market"):
        load_market("star", list_date=date(2021, 1, 1))


def test_without_a_date_the_latest_is_loaded():
    assert load_market("hkex").origin.as_of == date(2026, 7, 1)
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_market("nasdaq")
