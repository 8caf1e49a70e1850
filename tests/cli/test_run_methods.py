"""``firstday run --variance-reduction``: the whole command, its files and what it refuses."""

from __future__ import annotations

import json

import pytest

from sim.verification import verify


@pytest.mark.parametrize("method", ["sobol", "importance"])
def test_a_run_has_its_files_and_is_verified(firstday, deal, tmp_path, method):
    out = tmp_path / "run"
    said = firstday("run", deal, "--variance-reduction", method, "--paths", "4096", "--out", out)
    assert said.code == 0
    assert f"{method}" in said.err
    assert {"report.html", "summary.json", "histogram.png"} <= {path.name for path in out.iterdir()}
    told = json.loads((out / "summary.json").read_text())["variance_reduction"]
    assert told["method"] == method
    assert verify(out)


def test_desks_are_asked_on_plain_paths(firstday, deal, tmp_path):
    out = tmp_path / "run"
    said = firstday(
        "run", deal, "--variance-reduction", "importance", "--paths", "4096", "--desks", "--out", out
    )
    assert said.code == 0
    assert {"subscriber", "issuer"} <= set(json.loads((out / "summary.json").read_text())["desks"])


@pytest.mark.parametrize(
    "options",
    [
        ("--variance-reduction", "sobl"),
        ("--variance-reduction", "sobol", "--rare-event", "close_below_offer"),
        ("--variance-reduction", "importance", "--rare-event", "rain"),
        ("--variance-reduction", "sobol", "--device", "cuda"),
        ("--variance-reduction", "importance", "--device", "cuda"),
    ],
)
def test_what_no_run_can_do_is_refused_before_anything(firstday, deal, tmp_path, options):
    said = firstday("run", deal, *options, "--out", tmp_path / "run")
    assert said.code == 2
    assert len(said.err.splitlines()) == 1
    assert not (tmp_path / "run").exists()
