"""firstday run --export: files in the run directory, and refusals before anything is simulated."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest
from pyarrow import parquet

BASE = {
    "fan.png",
    "fan.svg",
    "histogram.png",
    "histogram.svg",
    "manifest.json",
    "summary.json",
}


def names(folder: str) -> set[str]:
    return {path.name for path in Path(folder).iterdir()} - {"report.html"}


def test_all_exports_land_in_the_run_directory(firstday, deal):
    asked = ("--export", "excel", "--export", "csv", "--export", "parquet", "--export", "csv")
    said = firstday("run", deal, "--paths", 300, "--out", "one", *asked)
    assert said.code == 0
    assert names("one") == BASE | {"paths.parquet", "result.xlsx", "quantiles.csv"}
    for name in ("paths.parquet", "result.xlsx", "quantiles.csv"):
        assert f"-> one/{name}" in said.err
    manifest = json.loads(Path("one/manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == {path.name for path in Path("one").iterdir()} - {"manifest.json"}
    assert parquet.read_metadata("one/paths.parquet").num_rows == 300
    assert openpyxl.load_workbook("one/result.xlsx").sheetnames[0] == "summary"
    with Path("one/quantiles.csv").open(encoding="utf-8", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == 90
    verified = firstday("verify", "one")
    assert verified.code == 0
    assert "every bit" in verified.err


def test_without_the_option_paths_are_an_archive(firstday, deal):
    assert firstday("run", deal, "--paths", 100, "--out", "one").code == 0
    assert names("one") == BASE | {"paths.npz"}


def test_exports_and_json_go_together(firstday, deal):
    said = firstday("run", deal, "--paths", 100, "--out", "one", "--export", "csv", "--json")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["paths"] == 100
    assert "quantiles.csv" in names("one")


def test_a_run_with_exports_replaces_one_without(firstday, deal):
    for more in ((), ("--export", "parquet"), ()):
        assert firstday("run", deal, "--paths", 100, "--out", "one", *more).code == 0
        assert ("paths.parquet" in names("one")) is bool(more)
        assert ("paths.npz" in names("one")) is not bool(more)


def test_desks_are_in_the_workbook(firstday, deal):
    assert (
        firstday("run", deal, "--paths", 300, "--out", "one", "--export", "excel", "--desks", "--json").code
        == 0
    )
    sheet = openpyxl.load_workbook("one/result.xlsx")["desks"]
    titles = {row[0].value for row in sheet.iter_rows()}
    asked = json.loads(Path("one/summary.json").read_text(encoding="utf-8"))["desks"]
    assert asked
    assert {f"{desk}'s desk" for desk in asked} <= titles


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("exel", "did you mean 'excel'?"),
        ("xlsx", "did you mean 'excel'?"),
        ("Parquet", "did you mean 'parquet'?"),
        (".XLSX", "did you mean 'excel'?"),
        ("pdf", "one of: parquet, excel, csv"),
        ("", "one of: parquet, excel, csv"),
    ],
)
def test_an_unknown_export_is_refused(firstday, deal, name, hint):
    said = firstday("run", deal, "--export", name)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"--export: {name!r} is unknown; ")
    assert hint in said.err
    assert list(Path().iterdir()) == []


def test_every_unknown_export_is_told(firstday, deal):
    said = firstday("run", deal, "--export", "pdf", "--export", "csv", "--export", "html")
    assert said.code == 2
    assert len(said.err.splitlines()) == 2


def test_parquet_of_paths_that_are_not_kept_is_refused(firstday, deal):
    said = firstday("run", deal, "--paths", 500, "--keep-paths", 499, "--export", "parquet")
    assert said.code == 2
    assert said.err == (
        "--export parquet: 500 paths are more than the 499 that are kept; "
        "add --keep-paths 500, or leave parquet out\n"
    )
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(("name", "module"), [("parquet", "pyarrow.parquet"), ("excel", "xlsxwriter")])
def test_a_missing_package_is_told_before_anything_is_simulated(firstday, deal, monkeypatch, name, module):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    said = firstday("run", deal, "--export", name)
    assert said.code == 2
    assert said.err.endswith(f"pip install 'firstday[{name}]'\n")
    assert list(Path().iterdir()) == []


def test_an_interrupted_run_is_exported_too(firstday, deal, monkeypatch):
    def pressed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.simulation.parts", pressed)
    asked = ("--export", "parquet", "--export", "excel", "--export", "csv")
    assert firstday("run", deal, "--out", "one", *asked).code == 130
    assert names("one") >= {"paths.parquet", "result.xlsx", "quantiles.csv"}
    assert parquet.read_metadata("one/paths.parquet").num_rows == 0
