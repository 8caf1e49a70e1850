"""A disk that fills and a permission that goes: one line, exit code 2, nothing half-written, earlier results kept."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from disturbed import Command, Said, files_of, held_after, names_in, parts_of, paths_simulated
from small_deals import small_deal, small_market

from sim.run_directory import write_run
from sim.simulation import simulate

# Root writes where it may not: without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH modes bind it as they bind everybody.
BOUND_BY_MODES = """
import ctypes, os, sys
PR_CAPBSET_DROP = 24
if os.geteuid() == 0 and "FIRSTDAY_TEST_BOUND" not in os.environ:
    for capability in (1, 2):
        assert ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0
    os.environ["FIRSTDAY_TEST_BOUND"] = "1"
    os.execv(sys.executable, [sys.executable, "-c", sys.orig_argv[2], *sys.argv[1:]])
"""

# Writing beyond a size fails, as it does on a full disk; it says "File too large" for "No space left on device".
FULL_AFTER = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""

FULL_FOR_THE_DATASET = """
import resource, signal
from sim.studies.sweep.checkpoint import SweepDirectory
usual = SweepDirectory.beside_dataset

def full(self):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
    return usual(self)

SweepDirectory.beside_dataset = full
"""


@dataclass(frozen=True)
class Writer:
    """A command that writes.

    Parameters
    ----------
    arguments
        With ``DEAL`` and ``OUT`` for its files.
    earlier
        Files of an earlier result at the place, by name; the result is a file where the name is empty.
    room
        Bytes that a file may have: fewer than the largest of the command.
    """

    arguments: str
    earlier: tuple[str, ...]
    room: int = 2_000


WRITERS = {
    "run": Writer("run DEAL --paths 2000 --out OUT", ("run",), 30_000),
    "export": Writer(
        "run DEAL --paths 200 --export excel --export csv --export parquet --out OUT", ("run",), 4_000
    ),
    "compare": Writer(
        "compare DEAL --set offer.price=9 --paths 500 --out OUT", ("comparison.json", "comparison.csv")
    ),
    "sensitivity": Writer(
        "sensitivity DEAL --only observed.public_coverage --paths 500 --out OUT", ("sensitivity.json",)
    ),
    "desk": Writer("desk issuer DEAL --paths 500 --out OUT", ("issuer.json", "issuer.png")),
    "backtest": Writer(
        "backtest --from 2026-06-20 --stage t0 --paths 100 --out OUT", ("backtest.json", "forecasts.csv")
    ),
    "calibrate": Writer("calibrate --out OUT", ("",)),
    "explore": Writer("explore DEAL --paths 100 --export OUT", ("",)),
}
SLOW = ("export", "backtest", "calibrate", "explore")
FILLED = [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in WRITERS]


def lay_earlier(writer: Writer, out: Path) -> None:
    """Put an earlier result at the place."""
    if writer.earlier == ("run",):
        write_run(simulate(small_deal(), market=small_market(), fan=False), out)
    elif writer.earlier == ("",):
        out.write_text("earlier", encoding="utf-8")
    else:
        out.mkdir()
        for name in writer.earlier:
            (out / name).write_text("earlier", encoding="utf-8")


def command_of(writer: Writer, deal: Path, out: Path, before: str) -> Command:
    places = {"DEAL": str(deal), "OUT": str(out)}
    arguments = [places.get(each, each) for each in writer.arguments.split()]
    return Command(*arguments, before=before, cwd=deal.parent)


def told_in_one_line(said: Said) -> str:
    assert said.code == 2, said.err
    lines = [line for line in said.err.splitlines() if not line.startswith("compiling")]
    assert len(lines) == 1, said.err
    assert said.out == ""
    return lines[0]


@pytest.mark.parametrize("name", FILLED)
def test_a_full_disk_leaves_the_earlier_result(name, deal, tmp_path):
    folder = tmp_path / "place"
    folder.mkdir()
    lay_earlier(WRITERS[name], folder / "out")
    before = files_of(folder)
    assert before
    with command_of(
        WRITERS[name], deal, folder / "out", FULL_AFTER.format(size=WRITERS[name].room)
    ) as command:
        line = told_in_one_line(command.said())
    assert "cannot be written: File too large" in line
    assert files_of(folder) == before
    assert names_in(folder) == ["out"]


@pytest.mark.parametrize("name", WRITERS)
def test_a_missing_permission_is_told_before_anything_is_simulated(name, deal, tmp_path):
    folder = tmp_path / "place"
    folder.mkdir()
    folder.chmod(0o555)
    worked = tmp_path / "worked"
    simulates = f"""
import pathlib
import sim.engine, sim.market.fit.market
for module, name in ((sim.engine, "prepare"), (sim.market.fit.market, "fit_market")):
    def work(*_, **__):
        pathlib.Path({str(worked)!r}).touch()
        raise SystemExit(99)
    setattr(module, name, work)
"""
    with command_of(WRITERS[name], deal, folder / "out", BOUND_BY_MODES + simulates) as command:
        line = told_in_one_line(command.said())
    assert "cannot be written: Permission denied" in line
    assert names_in(folder) == []
    assert not worked.exists()


@pytest.mark.parametrize("name", ["run", "compare"])
def test_a_permission_that_goes_while_it_simulates(name, deal, tmp_path):
    """The folder could be written when the command looked, and cannot when it wants to."""
    folder = tmp_path / "place"
    folder.mkdir()
    lay_earlier(WRITERS[name], folder / "out")
    before = files_of(folder)
    taken = f"""
import pathlib
import sim.whole
usual = sim.whole.folder_beside

def taken_away(place):
    pathlib.Path({str(folder)!r}).chmod(0o555)
    return usual(place)

sim.whole.folder_beside = taken_away
"""
    with command_of(WRITERS[name], deal, folder / "out", BOUND_BY_MODES + taken) as command:
        line = told_in_one_line(command.said())
    assert "cannot be written: Permission denied" in line
    assert files_of(folder) == before
    assert names_in(folder) == ["out"]


@dataclass(frozen=True)
class SmallDisk:
    """A folder on a disk that fills, how its fullness is told, and what a command needs to find it full."""

    folder: Path
    told: str
    before: str

    def grow(self) -> None:
        """Make room."""
        if not self.before:
            subprocess.run(["mount", "-o", "remount,size=64m", str(self.folder)], check=True)


@pytest.fixture
def small_disk(tmp_path, undisturbed) -> Iterator[SmallDisk]:
    """A disk with room for half of the sweep, where this user may mount one; else a limit on the size of files."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = undisturbed.parts // 2 * undisturbed.part_bytes
    mount = shutil.which("mount")
    mounted = (
        mount is not None
        and not subprocess.run(
            [mount, "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)],
            capture_output=True,
            check=False,
        ).returncode
    )
    if not mounted:
        yield SmallDisk(folder, "File too large", FULL_AFTER.format(size=undisturbed.part_bytes - 1))
        return
    try:
        yield SmallDisk(folder, "No space left on device", "")
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_sweep_goes_on_when_a_full_disk_has_room_again(sweep_file, undisturbed, tmp_path, small_disk):
    out = small_disk.folder / "out"
    arguments = ("sweep", sweep_file, "--workers", 1, "--out", out)
    with Command(*arguments, before=small_disk.before, cwd=tmp_path) as command:
        line = told_in_one_line(command.said())
    assert f"cannot be written: {small_disk.told}" in line
    assert "--resume" in line
    held = parts_of(out)
    assert len(held) < undisturbed.parts
    assert names_in(out) == ["_sweep"]
    assert not list(out.rglob("*.beside"))
    small_disk.grow()
    goes_on(arguments, held, out, undisturbed, tmp_path)


def test_a_sweep_whose_dataset_has_no_room_keeps_every_part(sweep_file, undisturbed, tmp_path):
    out = tmp_path / "out"
    arguments = ("sweep", sweep_file, "--workers", 1, "--out", out)
    with Command(*arguments, before=FULL_FOR_THE_DATASET, cwd=tmp_path) as command:
        line = told_in_one_line(command.said())
    assert "cannot be written" in line
    held = parts_of(out)
    assert len(held) == undisturbed.parts
    assert names_in(out) == ["_sweep"]
    goes_on(arguments, held, out, undisturbed, tmp_path)


def test_a_sweep_goes_on_when_a_permission_is_back(sweep_file, undisturbed, tmp_path):
    out, marker, go = tmp_path / "out", tmp_path / "marker", tmp_path / "go"
    arguments = ("sweep", sweep_file, "--workers", 1, "--out", out)
    before = BOUND_BY_MODES + held_after(3, marker, go)
    with Command(*arguments, before=before, cwd=tmp_path) as command:
        command.until(marker.exists)
        folders = [each for each in (out / "_sweep" / "parts").iterdir() if each.is_dir()]
        for folder in folders:
            folder.chmod(0o555)
        go.touch()
        line = told_in_one_line(command.said())
    assert "cannot be written: Permission denied" in line
    assert "--resume" in line
    for folder in folders:
        folder.chmod(0o755)
    held = parts_of(out)
    assert len(held) == 3
    goes_on(arguments, held, out, undisturbed, tmp_path)


def goes_on(arguments, held, out, undisturbed, folder) -> None:
    """Resume, and find that only what was missing was done, with the bits of an undisturbed sweep."""
    with Command(*arguments, "--resume", cwd=folder) as command:
        said = command.said()
    assert said.code == 0, said.err
    there = len(held) * undisturbed.paths // undisturbed.parts
    assert paths_simulated(said) == (undisturbed.paths - there, there)
    assert {name: told for name, told in parts_of(out).items() if name in held} == held
    assert (out / "part-0.parquet").read_bytes() == undisturbed.dataset
