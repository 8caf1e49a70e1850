"""The report in the run directory, and the back-test's scores that it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from web_runs import page_of, result_of

from sim.backtest.summary import SUMMARY_FILE, load_summary, summary_of, write_summary
from sim.errors import InvalidInput
from sim.report.web.page import report_html, write_report
from sim.run_directory import write_run
from sim.verification import verify

DOCUMENT = Path(__file__).parents[3] / "docs" / "backtest.md"


@pytest.fixture
def run(tmp_path):
    """A run directory with its report and no pictures."""
    return write_run(result_of("after allotment"), tmp_path / "run", write_report)


def test_the_manifest_lists_the_report_and_the_run_verifies(run):
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert "report.html" in manifest["files"]
    assert (run / "report.html").read_text(encoding="utf-8") == report_html(result_of("after allotment"))
    assert "3 files" in verify(run)[0]


def test_a_changed_report_is_found(run):
    page = run / "report.html"
    page.write_text(page.read_text(encoding="utf-8").replace("13%", "3%"), encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        verify(run)
    assert [fault.source for fault in refused.value.faults] == [str(page)]


@pytest.mark.parametrize("kind", ["all withdrawn", "no path", "partial"])
def test_a_run_that_came_to_little_has_a_report_too(tmp_path, kind):
    run = write_run(result_of(kind), tmp_path / "run", write_report)
    assert (run / "report.html").stat().st_size > 10_000


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("sim.report.web.page.report_html", full)
        with pytest.raises(InvalidInput, match="No space left"):
            write_run(result_of("after allotment"), tmp_path / "run", write_report)
    assert list(tmp_path.iterdir()) == []


def test_the_scores_are_those_of_the_document():
    text = DOCUMENT.read_text(encoding="utf-8")
    told = re.findall(r"^\| (T\d)[^|]*\| (\d+) \| \*\*model\*\* \| \*\*([\d.]+)\*\*", text, re.MULTILINE)
    assert [stage for stage, _, _ in told] == ["T0", "T1", "T2"]
    for stage, deals, crps in told:
        scores = load_summary()[stage.lower()]
        assert scores.deals == int(deals)
        assert scores.crps == pytest.approx(float(crps), abs=1e-4)
        assert scores.baseline_crps > scores.crps
        assert 0.0 < scores.crps_se < scores.crps
        assert "2025-04-01" <= scores.first < scores.last <= "2026-06-30"


def a_backtest(folder: Path) -> Path:
    scores = {
        "n": 3,
        "crps": {"model": 0.2, "climatology": 0.4, "regression": 0.3},
        "coverage": {"50": 0.5, "80": 0.8, "95": 1.0},
        "pit_ks_p": 0.5,
    }
    (folder / "backtest.json").write_text(json.dumps({"t1": scores}), encoding="utf-8")
    rows = ["list_date,stage,pit,crps_model,crps_climatology,crps_regression"]
    rows += [f"2025-0{month}-01,t1,0.5,{month / 10 - 0.1},0.4,0.3" for month in (2, 3, 4)]
    rows.append("2025-05-01,t1,,,,")
    (folder / "forecasts.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_a_back_test_is_summed_up(tmp_path):
    file = write_summary(a_backtest(tmp_path), tmp_path / "summary.json")
    stage = json.loads(file.read_text(encoding="utf-8"))["stages"]["t1"]
    assert (stage["deals"], stage["first"], stage["last"]) == (3, "2025-02-01", "2025-04-01")
    assert (stage["baseline"], stage["baseline_crps"], stage["baseline_crps_se"]) == ("regression", 0.3, 0.0)
    # The scores 0.1, 0.2, 0.3 have a standard deviation of 0.1.
    assert stage["crps_se"] == pytest.approx(0.1 / 3**0.5, abs=1e-6)
    assert json.loads(SUMMARY_FILE.read_text(encoding="utf-8"))["stages"]["t1"].keys() == stage.keys()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"t1": 1}', '{"t1": {"n": 9, "crps": {"model": 1, "x": 1}}}']
)
def test_scores_that_are_none_are_refused(tmp_path, content):
    a_backtest(tmp_path)
    (tmp_path / "backtest.json").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match="is no back-test"):
        summary_of(tmp_path)


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_a_folder_that_is_none_is_refused(tmp_path, place):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is no back-test"):
        summary_of(tmp_path / place)


def test_forecasts_that_are_none_are_refused(tmp_path):
    a_backtest(tmp_path)
    (tmp_path / "forecasts.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is no back-test"):
        summary_of(tmp_path)


def test_the_page_tells_the_scores_of_its_stage():
    scores = load_summary()["t1"]
    assert f"<b>{scores.crps:.3f} ±" in page_of("biren")
