"""A disk that fills and a permission that goes: one line, exit code 2, nothing half-written, earlier results kept."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from disturbed import PATIENCE, Command, files_of, held_after, names_in, parts_of

from sim.exports.files import write_whole

# Root writes where it may not: without these capabilities modes bind it as they bind everybody.
BOUND_BY_MODES = """
import ctypes, os
PR_CAPBSET_DROP = 24
if os.geteuid() == 0:
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        assert ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0
    if os.environ.get("FIRSTDAY_TEST_BOUND") is None:
        import sys
        os.environ["FIRSTDAY_TEST_BOUND"] = "1"
        os.execv(sys.executable, [sys.executable, "-c", sys.orig_argv[2], *sys.argv[1:]])
"""

# Writing beyond this size fails, as on a full disk: "File too large" instead of "No space left on device".
FULL_AFTER = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""


@dataclass(frozen=True)
class Writer:
    """A command that writes.

    Parameters
    ----------
    arguments
        With ``DEAL``, ``SWEEP`` and ``OUT`` for the files.
    least
        Bytes above which the disk is full: less than its largest file has.
    """

    arguments: tuple[str, ...]
    least: int = 2_000
    file: bool = False


WRITERS = {
    "run": Writer(("run", "DEAL", "--paths", "2000", "--out", "OUT")),
    "export": Writer(
        ("run", "DEAL", "--paths", "2000", "--export", "excel", "--export", "csv", "--export", "parquet")
        + ("--out", "OUT"),
        12_000,
    ),
    "sweep": Writer(("sweep", "SWEEP", "--workers", "1", "--out", "OUT")),
    "compare": Writer(("compare", "DEAL", "--set", "offer.price=9", "--paths", "500", "--out", "OUT")),
    "sensitivity": Writer(
        ("sensitivity", "DEAL", "--only", "observed.public_coverage", "--paths", "500", "--out", "OUT")
    ),
    "desk": Writer(("desk", "issuer", "DEAL", "--paths", "500", "--out", "OUT")),
    "backtest": Writer(
        ("backtest", "--from", "2026-06-20", "--stage", "t0", "--paths", "100", "--out", "OUT")
    ),
    "calibrate": Writer(("calibrate", "--out", "OUT"), file=True),
    "explore": Writer(("explore", "DEAL", "--paths", "200", "--export", "OUT"), file=True),
}


def arguments_of(writer: Writer, deal: Path, out: Path) -> list[str]:
    places = {"DEAL": str(deal), "SWEEP": str(deal.with_name("sweep.yaml")), "OUT": str(out)}
    return [places.get(each, each) for each in writer.arguments]


def told_in_one_line(said) -> str:
    assert said.code == 2, said.err
    lines = [line for line in said.err.splitlines() if not line.startswith("compiling")]
    assert len(lines) == 1, said.err
    assert said.out == ""
    return lines[0]


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk(name, deal, tmp_path):
    writer = WRITERS[name]
    folder = tmp_path / "place"
    folder.mkdir()
    full = FULL_AFTER.format(size=writer.least)
    with Command(*arguments_of(writer, deal, folder / "out"), before=full, cwd=tmp_path) as command:
        line = told_in_one_line(command.said())
    assert "cannot be written: File too large" in line
    if name == "sweep":
        # What the disk took is sound, and --resume goes on from it.
        assert names_in(folder / "out") == ["_sweep"]
        assert not list(folder.rglob("*.beside"))
    elif name == "desk":
        assert files_of(folder) == {}
    else:
        assert names_in(folder) == []


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_without_permission(name, deal, tmp_path):
    writer = WRITERS[name]
    folder = tmp_path / "place"
    folder.mkdir()
    folder.chmod(0o555)
    with Command(*arguments_of(writer, deal, folder / "out"), before=BOUND_BY_MODES, cwd=tmp_path) as command:
        line = told_in_one_line(command.said())
    assert "Permission denied" in line
    assert names_in(folder) == []
