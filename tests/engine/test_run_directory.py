"""A run directory appears whole or not at all, and replaces nothing but a run."""

from __future__ import annotations

import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_deals import UNPRICED, small_deal, small_market

from sim.errors import InvalidInput
from sim.result import Result
from sim.run_directory import prepare_destination, write_run
from sim.simulation import simulate

QUANTILES = {"0.01", "0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "0.99"}
PRICES = {"open", "high", "low", "close", "vwap"}
EVENTS = {
    "withdrawn",
    "open_below_offer",
    "open_at_offer",
    "close_below_offer",
    "close_at_offer",
    "stabilised",
    "support_exhausted",
}


def no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is not JSON")


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=no_constant)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refused(result: Result, out: Path) -> str:
    with pytest.raises(InvalidInput) as raised:
        write_run(result, out)
    with pytest.raises(InvalidInput):
        prepare_destination(out)
    return str(raised.value)


def draw_one(_: Result, folder: Path) -> None:
    (folder / "histogram.png").write_bytes(b"a picture")


def test_a_run_holds_its_files_and_their_hashes(result, tmp_path):
    out = write_run(result, tmp_path / "deep" / "er" / "run", draw_one)
    assert names_in(out) == ["histogram.png", "manifest.json", "paths.npz", "summary.json"]
    assert names_in(out.parent) == ["run"]
    files = read(out / "manifest.json")["files"]
    assert set(files) == {"histogram.png", "paths.npz", "summary.json"}
    for name, digest in files.items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    assert out.stat().st_mode & 0o777 == 0o755


def test_the_manifest_says_what_was_run_by_what(result, written):
    manifest = read(written / "manifest.json")
    assert manifest["scenario"] == result.scenario.resolved()
    told = {key: manifest[key] for key in ("seed", "paths", "stage", "partial", "kept_paths")}
    assert told == {"seed": 7, "paths": 2_000, "stage": "t1", "partial": False, "kept_paths": True}
    assert manifest["wall_seconds"] > 0.0
    assert len(manifest["kernel_hash"]) == 16
    assert {"firstday", "python", "numpy", "numba"} <= set(manifest["versions"])
    canonical = json.dumps(manifest["scenario"], sort_keys=True).encode()
    assert manifest["scenario_sha256"] == hashlib.sha256(canonical).hexdigest()


def test_the_summary_has_the_keys_of_the_interface(written):
    summary = read(written / "summary.json")
    assert {
        "scenario",
        "stage",
        "paths",
        "seed",
        "partial",
        "offer_price",
        "float_shares",
        "returns",
        "prices",
        "probabilities",
        "greenshoe",
        "decomposition",
    } <= set(summary)
    assert (summary["scenario"], summary["stage"]) == ("Small Deal", "t1")
    assert (summary["paths"], summary["seed"], summary["partial"]) == (2_000, 7, False)
    assert (summary["offer_price"], summary["float_shares"]) == (10.0, pytest.approx(8_500_000))
    for block in ("returns", "prices"):
        assert set(summary[block]) == PRICES
        for told in summary[block].values():
            assert {"mean", "mean_se", "sd", "quantiles"} <= set(told)
            assert set(told["quantiles"]) == QUANTILES
            in_order = [told["quantiles"][level] for level in sorted(QUANTILES, key=float)]
            assert in_order == sorted(in_order)
    assert set(summary["probabilities"]) == EVENTS
    for told in summary["probabilities"].values():
        assert set(told) == {"value", "se"}
        assert 0.0 <= told["value"] <= 1.0
        assert told["se"] > 0.0
    wanted = {"purchases_mean", "purchases_fraction_of_short_mean", "exercised_fraction_mean"}
    assert wanted <= set(summary["greenshoe"])
    assert set(summary["decomposition"]) == {"valuation_and_heat", "scarcity", "stabilisation"}


def test_the_paths_are_one_plain_array_a_quantity(result, written):
    with np.load(written / "paths.npz", allow_pickle=False) as paths:
        assert set(paths.files) == set(result.kept)
        assert {"open", "close", "log_close"} <= set(paths.files)
        assert "expiry_close" not in paths.files
        for name in result.kept:
            assert paths[name].dtype == np.float64
            assert paths[name].tobytes() == result.kept[name].tobytes()


def test_too_many_paths_leave_the_summary_alone(tmp_path):
    out = write_run(simulate(small_deal(), market=small_market(), keep_paths=1_999), tmp_path / "run")
    assert names_in(out) == ["manifest.json", "summary.json"]
    assert read(out / "manifest.json")["kept_paths"] is False


def test_what_is_undefined_is_null(tmp_path):
    unwanted = small_market({"coverage.placing.centre": {"intercept": -60.0}})
    empty = simulate(small_deal(UNPRICED), market=unwanted)
    assert math.isnan(empty.summary["returns"]["close"]["mean"])
    summary = read(write_run(empty, tmp_path / "run") / "summary.json")
    assert summary["returns"]["close"]["mean"] is None
    assert summary["probabilities"]["withdrawn"]["value"] == 1.0


def test_a_run_replaces_a_run(result, tmp_path):
    out = write_run(result, tmp_path / "run", draw_one)
    write_run(result, out)
    assert names_in(out) == ["manifest.json", "paths.npz", "summary.json"]
    assert names_in(tmp_path) == ["run"]


def test_an_empty_directory_is_taken(result, tmp_path):
    (tmp_path / "run").mkdir()
    write_run(result, tmp_path / "run")
    assert names_in(tmp_path) == ["run"]


def test_a_directory_of_other_files_is_refused(result, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    assert "holds other files" in refused(result, tmp_path)
    assert names_in(tmp_path) == ["thesis.tex"]


@pytest.mark.parametrize("manifest", ['{"manifest_version": 3, "name": "an extension"}', "[]", "no JSON", ""])
def test_a_manifest_of_something_else_makes_no_run(result, tmp_path, manifest):
    """Web extensions have a manifest.json too."""
    out = tmp_path / "extension"
    out.mkdir()
    (out / "manifest.json").write_text(manifest)
    assert "holds other files" in refused(result, out)
    assert (out / "manifest.json").read_text() == manifest


def test_a_run_with_somebodys_notes_is_refused(result, written):
    (written / "notes.txt").write_text("mine")
    assert "notes.txt" in refused(result, written)
    assert (written / "notes.txt").read_text() == "mine"
    assert (written / "summary.json").is_file()


def test_a_file_is_refused(result, tmp_path):
    out = tmp_path / "run"
    out.write_text("mine")
    assert "is not a directory" in refused(result, out)
    assert out.read_text() == "mine"


@pytest.mark.parametrize("target", ["elsewhere", "nowhere"])
def test_a_symbolic_link_is_refused(result, tmp_path, target):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / target)
    assert "is not a directory" in refused(result, tmp_path / "run")
    assert names_in(tmp_path / "elsewhere") == []


def test_a_file_among_the_parents_is_refused(result, tmp_path):
    (tmp_path / "file").write_text("mine")
    assert "cannot be written" in refused(result, tmp_path / "file" / "run")


def test_preparing_leaves_nothing_behind(tmp_path):
    prepare_destination(tmp_path / "a" / "b" / "run")
    assert names_in(tmp_path) == []


def failing(fault: BaseException) -> Any:
    def draw(_: Result, folder: Path) -> None:
        (folder / "half.png").write_bytes(b"half")
        raise fault

    return draw


@pytest.mark.parametrize("fault", [RuntimeError("a bug"), KeyboardInterrupt()])
@pytest.mark.parametrize("earlier", [True, False])
def test_a_failing_picture_leaves_what_was_there(result, tmp_path, fault, earlier):
    out = tmp_path / "run"
    if earlier:
        write_run(result, out)
        (before,) = {(out / "manifest.json").read_bytes()}
    with pytest.raises(type(fault)):
        write_run(result, out, failing(fault))
    assert names_in(tmp_path) == (["run"] if earlier else [])
    if earlier:
        assert (out / "manifest.json").read_bytes() == before


def test_a_full_disk_is_told_and_leaves_nothing(result, tmp_path):
    with pytest.raises(InvalidInput, match="No space left on device"):
        write_run(result, tmp_path / "run", failing(OSError(28, "No space left on device")))
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("fault", [OSError(5, "Input/output error"), KeyboardInterrupt()])
@pytest.mark.parametrize("failing_rename", [1, 2])
def test_a_failing_rename_leaves_the_earlier_run(monkeypatch, result, tmp_path, fault, failing_rename):
    """Where the system cannot swap directories in one step."""
    monkeypatch.setattr("sim.whole.exchanged", lambda *_: False)
    out = write_run(result, tmp_path / "run")
    before = (out / "manifest.json").read_bytes()
    rename, calls = Path.replace, 0

    def replace(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == failing_rename:
            raise fault
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises((InvalidInput, KeyboardInterrupt)):
        write_run(result, out)
    assert calls >= failing_rename
    assert names_in(tmp_path) == ["run"]
    assert (out / "manifest.json").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_simulated(monkeypatch, tmp_path):
    def denied(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", denied)
    with pytest.raises(InvalidInput, match="Permission denied"):
        prepare_destination(tmp_path / "run")


def test_the_modes_of_files_follow_the_umask(result, tmp_path):
    previous = os.umask(0o027)
    try:
        out = write_run(result, tmp_path / "run")
    finally:
        os.umask(previous)
    assert (out / "summary.json").stat().st_mode & 0o777 == 0o640
