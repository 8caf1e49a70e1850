"""The CSV file of quantiles."""

import csv
import math

import pandas as pd
import pytest
from small_deals import small_deal, small_market

from sim.exports.cells import text_of
from sim.exports.quantiles import COLUMNS
from sim.simulation import simulate


def test_every_number_reads_back_to_the_same_bits(any_run, tmp_path):
    path = any_run.to_csv(tmp_path / "quantiles.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == COLUMNS
    frame = any_run.quantiles_frame()
    assert len(rows) == len(frame)
    for row, (_, told) in zip(rows, frame.iterrows(), strict=True):
        assert (row["quantity"], row["measure"], row["unit"]) == (
            told["quantity"],
            told["measure"],
            told["unit"],
        )
        for name in ("value", "standard_error"):
            number = float(row[name]) if row[name] else math.nan
            assert number == told[name] or (math.isnan(number) and math.isnan(told[name]))


def test_pandas_reads_it(whole, tmp_path):
    frame = pd.read_csv(whole.to_csv(tmp_path / "quantiles.csv"))
    close = frame[(frame["quantity"] == "close") & (frame["measure"] == "return")]
    told = whole.summary["returns"]["close"]["quantiles"]
    assert list(close["value"]) == pytest.approx(list(told.values()), rel=1e-12)


@pytest.mark.parametrize("name", ["=cmd()|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", 'a "b", c', "壁仞科技"])
def test_a_name_is_no_formula_and_comes_back(name, tmp_path):
    result = simulate(small_deal({"name": name, "simulation.paths": 50}), market=small_market(), fan=False)
    with result.to_csv(tmp_path / "q.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {text_of(row["scenario"]) for row in rows} == {name}
    assert not any(row["scenario"].startswith(("=", "+", "-", "@")) for row in rows)


def test_the_same_result_gives_the_same_bytes(whole, tmp_path):
    one, two = whole.to_csv(tmp_path / "1"), whole.to_csv(tmp_path / "2")
    assert one.read_bytes() == two.read_bytes()
    assert b"\r" not in one.read_bytes()
