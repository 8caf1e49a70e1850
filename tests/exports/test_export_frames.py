"""Data frames of a result."""

import math

import numpy as np
import pytest

from sim.errors import InvalidInput
from sim.kernels.parameters import QUANTITIES
from sim.report.words import QUANTITIES as PRICES


def test_a_frame_has_every_path_of_every_quantity(whole):
    frame = whole.to_frame()
    assert list(frame.columns) == list(whole.kept)
    assert (len(frame), frame.index.name) == (2_000, "path")
    for name in frame:
        assert frame[name].to_numpy().tobytes() == whole.kept[name].tobytes()


def test_a_frame_is_a_copy(whole):
    frame = whole.to_frame()
    before = whole.kept["close"].copy()
    frame["close"] = 0.0
    frame.loc[0, "open"] = -1.0
    assert whole.kept["close"].tobytes() == before.tobytes()
    assert whole.kept["open"][0] != -1.0


def test_every_column_has_its_unit(named):
    units = named("lock_up").to_frame().attrs["units"]
    assert set(units) == set(QUANTITIES)
    assert units["close"] == "HK$"
    assert units["float_at_listing"] == "fraction of the base offer"
    assert units["manager_gain"] == "HK$ a share of the base offer"
    assert named("star").to_frame().attrs["units"]["close"] == "RMB"


def test_without_paths_the_remedy_is_told(summary_only):
    with pytest.raises(InvalidInput, match=r"holds no paths.*keep_paths=2000") as raised:
        summary_only.to_frame()
    assert isinstance(raised.value, ValueError)


def test_withdrawn_paths_are_nan(named):
    frame = named("withdrawn").to_frame()
    assert frame["close"].isna().all()
    assert frame["offer_price"].notna().all()


def test_the_quantiles_are_those_of_the_summary(any_run):
    frame = any_run.quantiles_frame()
    assert list(frame.columns) == ["quantity", "measure", "unit", "probability", "value", "standard_error"]
    for measure, block in (("return", "returns"), ("price", "prices")):
        for quantity in PRICES:
            rows = frame[(frame["quantity"] == quantity) & (frame["measure"] == measure)]
            told = any_run.summary[block][quantity]
            assert list(rows["probability"]) == [float(level) for level in told["quantiles"]]
            np.testing.assert_array_equal(rows["value"], list(told["quantiles"].values()))
            np.testing.assert_array_equal(rows["standard_error"], list(told["quantiles_se"].values()))


def test_prices_after_the_first_day_have_quantiles_too(named):
    frame = named("lock_up").quantiles_frame()
    assert {"stabilisation_close", "before_expiry", "expiry_close"} <= set(frame["quantity"])
    assert len(frame) == 2 * 8 * 9
    after = named("lock_up").summary["aftermarket"]["lock_up"]["after"]["prices"]["quantiles"]["0.5"]
    row = frame[(frame["quantity"] == "expiry_close") & (frame["measure"] == "price")]
    assert row.loc[row["probability"] == 0.5, "value"].item() == after


def test_nothing_listed_has_no_quantile(named):
    assert all(math.isnan(value) for value in named("withdrawn").quantiles_frame()["value"])
