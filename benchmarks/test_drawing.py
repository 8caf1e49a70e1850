"""Time of the pictures of a run: `pytest benchmarks/test_drawing.py`."""

from pathlib import Path

from sim import load_scenario, simulate
from sim.report.plots import draw_run

BIREN = Path(__file__).resolve().parents[1] / "configs" / "biren_06082.yaml"


def test_drawing(benchmark, tmp_path):
    result = simulate(load_scenario(BIREN))
    assert benchmark(draw_run, result, tmp_path)
