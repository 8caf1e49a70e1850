"""The folder of compiled kernels: several first processes at once, one of them killed, and a disk without room."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from disturbed import PATIENCE, Command

# Numba reads the index of a function, adds its code and writes both. Here every process takes its time between
# reading and writing, so that two without a lock would both call their code the first.
SAVES_SLOWLY = """
import sys, time
from numba.core.caching import IndexDataCacheFile
sys.path.insert(0, {folder!r})
usual = IndexDataCacheFile._save_index

def slowly(self, overloads):
    time.sleep(2.0)
    usual(self, overloads)

IndexDataCacheFile._save_index = slowly
import twice
print(twice.doubled({argument}))
"""
FUNCTION = """
from sim.kernels._jit import kernel

@kernel
def doubled(value):
    return value + value
"""
KINDS = {"whole": "3", "broken": "1.25", "complex": "2.5j"}
DOUBLED = {"3": "6", "1.25": "2.5", "2.5j": "5j"}


def started(folder: Path, program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "FIRSTDAY_CACHE_DIR": str(folder / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_compile_for_different_arguments_at_once_keep_their_own_code(tmp_path):
    (tmp_path / "twice.py").write_text(FUNCTION, encoding="utf-8")
    programs = {
        kind: SAVES_SLOWLY.format(folder=str(tmp_path), argument=told) for kind, told in KINDS.items()
    }
    for _ in range(2):
        # The second time each finds what it left.
        processes = {kind: started(tmp_path, program) for kind, program in programs.items()}
        for kind, process in processes.items():
            out, err = process.communicate(timeout=PATIENCE)
            assert (process.returncode, out.strip()) == (0, DOUBLED[KINDS[kind]]), err
    kept = sorted(path.name.split(".")[-2] for path in (tmp_path / "cache").rglob("*.nbc"))
    assert kept == ["1", "2", "3"]


def test_a_disk_without_room_costs_only_the_compiling(tmp_path):
    (tmp_path / "twice.py").write_text(FUNCTION, encoding="utf-8")
    full = """
import resource, signal, sys
from sim.kernels import _jit
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
sys.path.insert(0, {folder!r})
import twice
print(twice.doubled(3), twice.doubled(1.25))
"""
    process = started(tmp_path, full.format(folder=str(tmp_path)))
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, "6 2.5\n"), err
    assert err.count("compiled kernels cannot be kept") == 1
    process = started(tmp_path, SAVES_SLOWLY.format(folder=str(tmp_path), argument="3"))
    assert process.communicate(timeout=PATIENCE) == ("6\n", "")


@pytest.mark.parametrize(
    "fault",
    ["shutil.rmtree(_jit.CACHE_FOLDER)", '(_jit.CACHE_FOLDER / "lock").mkdir()'],
    ids=["gone", "lock"],
)
def test_a_folder_that_is_taken_away_or_cannot_be_locked_costs_only_the_compiling(tmp_path, fault):
    (tmp_path / "twice.py").write_text(FUNCTION, encoding="utf-8")
    program = f"""
import shutil, sys
from sim.kernels import _jit
sys.path.insert(0, {str(tmp_path)!r})
import twice
{fault}
print(twice.doubled(3), twice.doubled(1.25))
"""
    process = started(tmp_path, program)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, "6 2.5\n"), err
    assert err.count("compiled kernels cannot be kept") == err.count("\n") == 1


def test_a_chosen_folder_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "cache").write_text("no folder", encoding="utf-8")
    process = started(tmp_path, "from sim.kernels import _jit; print(_jit.CACHE_FOLDER)")
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert str(tmp_path) not in out
    assert err == f"firstday: FIRSTDAY_CACHE_DIR, {tmp_path / 'cache'}, cannot be used: Not a directory\n"


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("bytes_left", [0, 20, None])
def test_code_that_cannot_be_read_costs_only_the_compiling(tmp_path, kind, bytes_left):
    (tmp_path / "twice.py").write_text(FUNCTION, encoding="utf-8")
    program = SAVES_SLOWLY.format(folder=str(tmp_path), argument="3")
    assert started(tmp_path, program).communicate(timeout=PATIENCE) == ("6\n", "")
    (kept,) = (tmp_path / "cache").rglob(f"*.{kind}")
    # Cut short, or as long as it was and empty, as a power cut leaves it.
    kept.write_bytes(bytes(kept.stat().st_size) if bytes_left is None else kept.read_bytes()[:bytes_left])
    out, err = started(tmp_path, program).communicate(timeout=PATIENCE)
    assert out == "6\n", err
    assert err.count("cannot be read; they are compiled again") == err.count("\n") == 1
    assert started(tmp_path, program).communicate(timeout=PATIENCE) == ("6\n", "")


@pytest.mark.slow
def test_of_two_first_runs_one_may_be_killed_while_it_compiles(deal, tmp_path):
    """Both begin with an empty folder; the other one, and the next, have the bits of a usual run."""
    cache = tmp_path / "cache"
    cold = {"FIRSTDAY_CACHE_DIR": str(cache)}
    arguments = ("run", deal, "--paths", 2000, "--json", "--out")

    def compiled() -> list[Path]:
        return [path for path in cache.rglob("*.nbc") if "simulate_range" not in path.name]

    with (
        Command(*arguments, tmp_path / "one", cwd=tmp_path, environment=cold) as one,
        Command(*arguments, tmp_path / "other", cwd=tmp_path, environment=cold) as other,
    ):
        one.until(lambda: len(compiled()) >= 2)
        assert not list(cache.rglob("*simulate_range*.nbc"))
        one.process.kill()
        told = [other.said()]
    assert not (tmp_path / "one").exists()
    for environment in (cold, {}):
        with Command(*arguments, tmp_path / "next", cwd=tmp_path, environment=environment) as command:
            told.append(command.said())
    assert [said.code for said in told] == [0, 0, 0], told
    assert len({said.out for said in told}) == 1
