"""The workbook: plain numbers with formats and errors, native charts, no formula; read back with openpyxl."""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook as Read
from small_deals import small_deal, small_market

from sim.exports.cells import flattened
from sim.exports.excel.desks import UNASKED
from sim.exports.excel.histogram import steps_of
from sim.exports.excel.sheet import Book, Column, number_format, percent_format
from sim.exports.excel.workbook import write_workbook
from sim.report.words import QUANTITIES, listed_paths
from sim.result import Result
from sim.run_directory import write_run
from sim.simulation import simulate

SHEETS = ["summary", "quantiles", "histogram", "fan", "desks", "inputs", "manifest"]
HOSTILE = [
    "=cmd()|' /C calc'!A0",
    "+1+1",
    "-1",
    "@SUM(A1:A2)",
    "\tcmd",
    "'quoted",
    "http://example.org",
    "{=1+1}",
    "_x000D_",
    "007",
    "1e5",
    "TRUE",
    "#N/A",
    "<b>&amp;</b>",
    "壁仞科技",
    "a\nb",
    "😀",
    " blanks ",
]


def read(path: Path) -> Read:
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="session")
def whole_workbook(tmp_path_factory) -> tuple[Result, Read]:
    """A run, and its workbook as read back."""
    result = simulate(small_deal(), market=small_market())
    return result, read(result.to_excel(tmp_path_factory.mktemp("book") / "result.xlsx"))


def rows_of(book: Read, sheet: str) -> list[tuple]:
    return [tuple(cell.value for cell in row) for row in book[sheet].iter_rows()]


def summary_of(book: Read) -> dict[tuple[str, str], tuple]:
    rows = rows_of(book, "summary")
    start = next(at for at, row in enumerate(rows) if row[0] == "about")
    return {row[:2]: row[2:5] for row in rows[start + 1 :]}


def in_a_sheet(*texts: object) -> list:
    """Write values as cells of a row and read them back."""
    import xlsxwriter

    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True})
    Book(workbook).sheet("s", [Column("x")] * len(texts)).cells(list(texts))
    workbook.close()
    return list(openpyxl.load_workbook(out)["s"][2])


def test_every_kind_of_run_has_every_sheet(any_run, tmp_path):
    book = read(any_run.to_excel(tmp_path / "result.xlsx"))
    assert book.sheetnames == [name for name in SHEETS if name != "fan" or any_run.fan is not None]
    assert all(book[name].freeze_panes for name in book.sheetnames)
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "b"}


def test_no_cell_is_a_formula_in_the_file_itself(any_run, tmp_path):
    with zipfile.ZipFile(any_run.to_excel(tmp_path / "result.xlsx")) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in archive.read(name)
                assert b"<f " not in archive.read(name)
        assert not [name for name in archive.namelist() if "media" in name or "vba" in name]


def test_charts_are_excels_own(whole_workbook):
    _, book = whole_workbook
    summary, quantiles = book["summary"]._charts, book["quantiles"]._charts
    assert [type(chart).__name__ for chart in summary] == ["BarChart", "LineChart"]
    assert [type(chart).__name__ for chart in quantiles] == ["LineChart"]
    assert not [image for sheet in book for image in sheet._images]
    histogram = summary[0]
    rows = rows_of(book, "histogram")
    for series, column in zip(histogram.series, "FGH", strict=True):
        assert series.val.numRef.f == f"histogram!${column}$3:${column}${len(rows) - 1}"
        assert series.cat.strRef.f == f"histogram!$A$3:$A${len(rows) - 1}"
    middle = quantiles[0].series[2]
    assert (middle.tx.strRef.f, middle.val.numRef.f) == ("quantiles!$O$1", "quantiles!$O$2:$O$6")
    assert book["quantiles"]["O1"].value == "median"


def test_nothing_listed_has_no_chart(named, tmp_path):
    for name in ("withdrawn", "interrupted_at_once"):
        book = read(named(name).to_excel(tmp_path / f"{name}.xlsx"))
        assert [chart for sheet in book for chart in sheet._charts] == []
        assert rows_of(book, "histogram") == [("No path lists, so there is no price to show.",)]


def test_the_summary_has_the_figures_with_their_errors(whole_workbook):
    result, book = whole_workbook
    figures, told = summary_of(book), result.summary
    close = told["returns"]["close"]
    assert figures["return", "close, mean"][:2] == pytest.approx((close["mean"], close["mean_se"]), rel=1e-15)
    assert figures["return", "close, mean"][2] == "simple return"
    assert figures["price", "VWAP, mean"][0] == pytest.approx(told["prices"]["vwap"]["mean"], rel=1e-15)
    below = told["probabilities"]["close_below_offer"]
    assert figures["chance", "closes below the offer"][:2] == pytest.approx(
        (below["value"], below["se"]), rel=1e-15
    )
    shoe = told["greenshoe"]
    short = figures["greenshoe", "purchases as a share of the short, mean"]
    assert short[1] == pytest.approx(shoe["purchases_mean_se"] / shoe["over_allotted_shares"])
    assert figures["offer", "offer price"][0] == 10.0
    assert ("chance", "deal withdrawn") not in figures


def test_what_follows_the_first_day_is_in_the_summary(named, tmp_path):
    result = named("lock_up")
    figures = summary_of(read(result.to_excel(tmp_path / "result.xlsx")))
    after = result.summary["aftermarket"]
    last = after["lock_up"]["after"]["returns"]
    assert figures["end of lock-up", "after it, return, mean"][:2] == pytest.approx(
        (last["mean"], last["mean_se"]), rel=1e-15
    )
    gain = figures["end of stabilisation", "manager gain mean"]
    assert gain[0] == pytest.approx(after["stabilisation"]["manager_gain_mean"], rel=1e-15)
    assert gain[2] == "HK$"
    under = after["lock_up"]["probabilities"]["under_water"]["value"]
    assert figures["end of lock-up", "under water"][0] == under


def test_the_answer_and_the_notes_stand_on_top(named, tmp_path):
    rows = rows_of(read(named("lock_up").to_excel(tmp_path / "a.xlsx")), "summary")
    assert rows[0][0].startswith("Biren Technology (06082, HKEX)")
    assert rows[1][0].startswith("Close: median")
    assert rows[2][0] == "2,000 paths, seed 6082"
    assert rows[3][0].startswith("Note: past deals give theme heat no weight")
    partial = rows_of(read(named("interrupted").to_excel(tmp_path / "b.xlsx")), "summary")
    assert any("interrupted; the figures rest" in str(row[0]) for row in partial)


def test_the_quantiles_are_numbers_beside_their_errors(whole_workbook):
    result, book = whole_workbook
    head, *rows = rows_of(book, "quantiles")
    assert len(set(head)) == len(head)
    assert [row[0] for row in rows[:5]] == list(QUANTITIES)
    close = next(row for row in rows if row[:2] == ("close", "price"))
    told = result.summary["prices"]["close"]
    at = head.index("90%")
    assert close[at] == pytest.approx(told["quantiles"]["0.9"], rel=1e-15)
    assert head[at + 1] == "standard error of 90%"
    assert close[at + 1] == pytest.approx(told["quantiles_se"]["0.9"], rel=1e-14)
    assert close[2] == "HK$"
    assert book["quantiles"]["D2"].number_format.startswith("+0")


def test_the_steps_hold_every_listed_path(any_run):
    if listed_paths(any_run) == 0:
        return
    steps, width = steps_of(any_run)
    assert math.fsum(step.share for step in steps) == pytest.approx(1.0, abs=1e-9)
    assert width > 0.0
    (offer,) = [step for step in steps if step.low == step.high == 0.0]
    assert offer.share == any_run.histograms["close"].at_offer / listed_paths(any_run)
    # From left to right, with the offer price between what is below and what is above it.
    lows = [step.low for step in steps[1:]]
    assert lows == sorted(lows)
    at = steps.index(offer)
    assert all(step.high <= 1e-9 for step in steps[:at])
    assert all(step.low >= -1e-9 for step in steps[at:])
    listed = any_run.histograms["close"].total
    below = sum(step.share for step in steps[:at])
    assert below == pytest.approx(
        any_run.summary["probabilities"]["close_below_offer"]["value"], abs=1 / listed
    )


def test_the_histogram_has_its_errors_and_sides(whole_workbook):
    result, book = whole_workbook
    _, *rows = rows_of(book, "histogram")
    total = listed_paths(result)
    for label, low, high, share, error, *sides in rows:
        assert error == pytest.approx(math.sqrt(share * (1.0 - share) / total), abs=1e-12)
        drawn = [at for at, side in enumerate(sides) if side is not None]
        if label.startswith(("below", "above")):
            assert drawn == []
        else:
            assert drawn == [1 if low == high else 0 if high <= 0.0 else 2]


def test_the_fan_is_in_currency_with_its_errors(whole_workbook):
    result, book = whole_workbook
    head, *rows = rows_of(book, "fan")
    assert head[5] == "median, HK$ a share"
    assert len(rows) == result.fan.clock.size
    assert rows[0][0] == "09:30"
    assert rows[-1][5] == pytest.approx(10.0 * math.exp(result.fan.log_returns[3, -1]))
    assert rows[-1][12] == pytest.approx(rows[-1][5] * result.fan.errors[3, -1])


def test_desks_that_were_not_asked_say_how_to_ask(whole_workbook):
    assert rows_of(whole_workbook[1], "desks") == [(UNASKED,)]


def test_answers_of_desks_are_tables_of_numbers(whole, tmp_path):
    from sim.desks.together import ask_desks

    answers, _ = ask_desks(whole.scenario, whole.market)
    documents = {answer.desk: answer.to_json() for answer in answers}
    asked = replace(whole, summary={**whole.summary, "desks": documents})
    rows = rows_of(read(asked.to_excel(tmp_path / "result.xlsx")), "desks")
    titles = [row[0] for row in rows]
    assert {f"{desk}'s desk" for desk in documents} <= set(titles)
    issuer = documents["issuer"]
    assert issuer["answer"] in titles
    at = next(at for at, row in enumerate(rows) if at > titles.index("issuer's desk") and row[0] == "prices")
    head, first = rows[at + 1], rows[at + 2]
    told = issuer["prices"][0]
    assert first[head.index("proceeds")] == pytest.approx(told["proceeds"])
    below = head.index("below offer")
    assert head[below + 1] == "below offer (standard error)"
    assert first[below : below + 2] == pytest.approx(
        (told["below_offer"]["value"], told["below_offer"]["se"])
    )
    # Every number of every answer is there.
    cells = {cell for row in rows for cell in row if isinstance(cell, int | float)}
    numbers = [v for _, v in flattened(documents) if isinstance(v, int | float) and not isinstance(v, bool)]
    missing = [
        v for v in numbers if not any(math.isclose(v, c, rel_tol=1e-14, abs_tol=1e-300) for c in cells)
    ]
    assert numbers
    assert not missing


def test_the_inputs_are_the_scenario_and_the_market(whole_workbook):
    result, book = whole_workbook
    rows = {row[0]: row for row in rows_of(book, "inputs")[1:]}
    for path, value in flattened(result.scenario.resolved()):
        assert rows[path][1] == value
    for path, value in flattened(result.market.model_dump(mode="json"), "market"):
        assert rows[path][1] == (pytest.approx(value, rel=1e-15) if isinstance(value, float) else value)
    assert rows["offer.base_shares"][2].startswith("Shares offered before")
    assert rows["offer.price_range.0"][2].startswith("Bottom and top")


def test_the_manifest_says_what_made_it(whole, tmp_path):
    out = write_run(whole, tmp_path / "run", exports=("excel", "parquet", "csv"))
    import json

    manifest = json.loads((out / "manifest.json").read_text())
    told = dict(rows_of(read(out / "result.xlsx"), "manifest")[1:])
    for key in ("scenario_sha256", "market_sha256", "seed", "paths", "kernel_hash", "stage", "paths_file"):
        assert told[key] == manifest[key]
    assert told["versions.numpy"] == manifest["versions"]["numpy"]
    hashes = {name: digest for name, digest in manifest["files"].items() if name != "result.xlsx"}
    assert set(hashes) == {"summary.json", "paths.parquet", "quantiles.csv"}
    for name, digest in hashes.items():
        assert told[f"SHA-256 of {name}"] == digest
    assert "wall_seconds" not in told


def test_the_same_result_gives_the_same_bytes_at_any_time(whole, tmp_path, monkeypatch):
    import time

    one = write_workbook(whole, tmp_path / "1").read_bytes()
    later = time.time() + 1e8
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setenv("TZ", "Asia/Hong_Kong")
    assert write_workbook(replace(whole, wall_seconds=9.0), tmp_path / "2").read_bytes() == one


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_never_a_formula_and_comes_back(text):
    (cell,) = in_a_sheet(text)
    assert cell.data_type == "s"
    # openpyxl leaves the file's way of writing control characters, _x0009_, to its reader.
    assert text in (cell.value, openpyxl.utils.escape.unescape(cell.value))
    assert cell.quotePrefix is text.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_name_like_a_formula_goes_through_the_whole_workbook(tmp_path):
    peer = {"name": "=HYPERLINK(1)", "venue": "star", "list_date": "2023-05-02", "first_day_return": 0.5}
    deal = small_deal({"name": "=cmd()", "peers": [peer], "simulation.paths": 50})
    book = read(simulate(deal, market=small_market(), fan=False).to_excel(tmp_path / "x.xlsx"))
    assert rows_of(book, "summary")[0][0].startswith("=cmd() (")
    rows = {row[0]: row[1] for row in rows_of(book, "inputs")[1:]}
    assert (rows["name"], rows["peers.0.name"]) == ("=cmd()", "=HYPERLINK(1)")
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_text_that_looks_like_markup_of_the_writer_stays_text():
    (cell,) = in_a_sheet("<r><t>x</t></r>")
    assert cell.value.strip() == "<r><t>x</t></r>"


def test_text_that_no_file_holds_is_written_as_far_as_possible():
    surrogate, long, null = in_a_sheet("a\ud800b", "x" * 40_000, "a\x00b")
    assert surrogate.value == "a?b"
    assert len(long.value) == 32_767
    assert openpyxl.utils.escape.unescape(null.value) == "a\x00b"


def test_large_whole_numbers_keep_their_digits():
    seed, count, truth = in_a_sheet(2**63 - 1, 2**53, True)
    assert (seed.value, seed.data_type) == (str(2**63 - 1), "s")
    assert (count.value, count.data_type) == (2**53, "n")
    assert truth.value is True


def test_what_is_undefined_is_empty():
    assert [cell.value for cell in in_a_sheet(math.nan, math.inf, None, 1.5)] == [None, None, None, 1.5]


@pytest.mark.parametrize(
    ("error", "form"), [(0.002, "0.0%"), (0.02, "0%"), (0.0002, "0.00%"), (None, "0.0%"), (math.nan, "0.0%")]
)
def test_percent_shows_the_digits_that_the_error_supports(error, form):
    assert percent_format(error) == form
    assert percent_format(error, signed=True) == f"+{form};-{form};{form}"


@pytest.mark.parametrize(("error", "form"), [(0.02, "#,##0.00"), (3e5, "#,##0"), (None, "#,##0.000")])
def test_numbers_show_the_digits_that_the_error_supports(error, form):
    assert number_format(error, 3) == form
