"""What only a process of its own can show: start-up, modules, signals, pipes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_MODULES = """
import sys
from sim.cli import main
sys.argv = ["firstday", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
heavy = {"numba", "scipy", "matplotlib", "pandas", "pyarrow", "dask", "jinja2"} & set(sys.modules)
print("HEAVY", *sorted(heavy))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["validate"], ["schema"]], ids=" ".join)
def test_light_commands_import_nothing_heavy(process, deal, arguments):
    scenarios = [deal] if arguments == ["validate"] else []
    said = process("-c", _MODULES, *arguments, *scenarios)
    assert (said.code, said.out.splitlines()[-1]) == (0, "HEAVY"), said.err


def test_validating_automatic_peers_imports_nothing_heavy(process):
    configs = Path(__file__).parents[2] / "configs"
    changed = "import sim.scenario; usual = sim.scenario.load_scenario; "
    changed += "sim.scenario.load_scenario = lambda path: usual(path, {'peers': 'auto'})"
    said = process("-c", changed + _MODULES, "validate", configs / "biren_06082.yaml")
    assert (said.code, said.out.splitlines()[-1]) == (0, "HEAVY"), said.err


def test_python_m_sim_is_the_command(process, deal, tmp_path):
    said = process("-m", "sim", "run", deal, "--paths", 200, "--json", "--out", tmp_path / "one")
    assert said.code == 0
    assert json.loads(said.out)["paths"] == 200
    pictures = {"histogram.png", "histogram.svg", "fan.png", "fan.svg"}
    assert pictures <= {path.name for path in (tmp_path / "one").iterdir()}
    assert process("-m", "sim", "run", "nowhere.yaml").code == 2


def test_the_installed_command_is_there(plain_environment):
    command = Path(sys.executable).with_name("firstday")
    done = subprocess.run(
        [command, "--help"], env=plain_environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert "Usage: firstday" in done.stdout


WRITERS = {
    "schema": ["schema"],
    "calibrate": ["calibrate", "--json"],
    "desk": ["desk", "issuer", "DEAL", "--paths", "200", "--json"],
    "backtest": ["backtest", "--from", "2026-06-20", "--stage", "t0", "--paths", "100", "--json"],
}


@pytest.mark.parametrize("command", WRITERS)
def test_a_reader_that_has_had_enough_is_no_fault(plain_environment, deal, tmp_path, command):
    arguments = [str(deal) if each == "DEAL" else each for each in WRITERS[command]]
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", *arguments],
        env=plain_environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    with process.stderr:
        told = process.stderr.read()
    assert (process.wait(timeout=60), told) == (0, b"")


HEARS_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A test run in the background of a shell starts with Ctrl-C ignored, and so would its children."""


def test_ctrl_c_writes_what_was_simulated(plain_environment, deal, tmp_path):
    """More paths than a machine does in the time: the signal comes once batches have been simulated."""
    marker = tmp_path / "begun"
    program = f"""
{HEARS_CTRL_C}
import pathlib, sys
import sim.simulation
collect = sim.simulation.Collector.merge

def merge(self, part):
    collect(self, part)
    pathlib.Path({str(marker)!r}).touch()

sim.simulation.Collector.merge = merge
from sim.cli import main
main()
"""
    arguments = ["run", str(deal), "--paths", "1000000000", "--json", "--out", str(tmp_path / "one")]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env=plain_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + 120.0
        while not marker.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130, err
    document = json.loads(out)
    assert document["partial"] is True
    assert 0 < document["paths"] < 1_000_000_000
    assert document == json.loads((tmp_path / "one" / "summary.json").read_text(encoding="utf-8"))
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["partial"], manifest["paths"]) == (True, document["paths"])
    assert "Traceback" not in err


PAUSED = {
    "run": ("sim.run_directory.prepare_destination", ["run", "DEAL"]),
    "calibrate": ("sim.market.fit.calibration.calibrate", ["calibrate"]),
    "bench": ("sim.bench.run_bench", ["bench"]),
    "desk": ("sim.desks.base.simulate_desk", ["desk", "issuer", "DEAL"]),
}


@pytest.mark.parametrize("command", PAUSED)
def test_ctrl_c_is_answered_wherever_it_comes(plain_environment, deal, tmp_path, command):
    place, arguments = PAUSED[command]
    marker = tmp_path / "begun"
    program = f"""
{HEARS_CTRL_C}
import importlib, pathlib, time

def pause(*_, **__):
    pathlib.Path({str(marker)!r}).touch()
    time.sleep(100)

module, name = {place!r}.rsplit(".", 1)
setattr(importlib.import_module(module), name, pause)
from sim.cli import main
main()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *(str(deal) if each == "DEAL" else each for each in arguments)],
        env=plain_environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + 60.0
        while not marker.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, *told) == (130, "", "interrupted\n")


@pytest.mark.parametrize("folder", ["writable", "none"])
def test_compiling_is_told_as_it_is(plain_environment, tmp_path, folder):
    """Without a folder the kernels compile each time: nothing says that it happens once."""
    (tmp_path / "file").touch()
    blocked = tmp_path / "file" / "below"
    chosen = tmp_path / "cache" if folder == "writable" else blocked
    program = """
from rich.console import Console
from sim.commands.console import Progress
Progress(Console(), "simulating", "paths")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **plain_environment,
            "FIRSTDAY_CACHE_DIR": str(chosen),
            "XDG_CACHE_HOME": str(blocked),
            "HOME": str(blocked),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    often = ", once on this machine" if folder == "writable" else ""
    assert done.stdout == f"compiling the kernels{often}: about 20 seconds\n"
    assert ("compile again in each run" in done.stderr) == (folder == "none")
