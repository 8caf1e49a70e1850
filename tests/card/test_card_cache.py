"""Where code compiled for a card is kept: what a disk without room costs, and two processes that write at once.

There is no card: numba-cuda's dispatcher, cache and files are its own, and a stand-in takes the place of what it
compiles and links.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMPILES = """
import sys
from numba.cuda import codegen, dispatcher, types

class Compiled:
    def __init__(self, function=None, kinds=(), code=None, **_):
        self.code = str(kinds) * 100 if code is None else code
        self.codegen = codegen.JITCUDACodegen

    def bind(self):
        pass

    def _reduce_states(self):
        return {"code": self.code}

    @classmethod
    def _rebuild(cls, code):
        return cls(code=code)

dispatcher._Kernel = Compiled
codegen.JITCUDACodegen.magic_tuple = classmethod(lambda cls: ((13, 0), (9, 0)))
codegen.JITCUDACodegen.__init__ = lambda self, *_: None

from sim.kernels.cuda.threads import simulate_first_day as kernel

for name in sys.argv[1:]:
    kinds = (getattr(types, name),)
    assert kernel.compile(kinds).code == str(kinds) * 100
print(sum(kernel._cache_hits.values()), "found", sum(kernel._cache_misses.values()), "compiled")
"""
FULL = """
import resource, signal
from sim.kernels import _jit
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
"""
# Between reading the index of a function and writing it, so that two without a lock would both write their own.
SAVES_SLOWLY = """
import time
from numba.cuda.core.caching import IndexDataCacheFile
usual = IndexDataCacheFile._save_index

def slowly(self, overloads):
    time.sleep(2.0)
    usual(self, overloads)

IndexDataCacheFile._save_index = slowly
"""


def started(cache: Path, *kinds: str, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", before + COMPILES, *kinds],
        env={**os.environ, "FIRSTDAY_CACHE_DIR": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def kept(cache: Path) -> list[str]:
    return sorted(path.name.split(".")[-2] for path in cache.glob("cuda-*/*/*.nbc"))


def test_code_is_kept_beside_that_of_the_cpu(tmp_path):
    assert told(started(tmp_path, "int64")) == (0, "0 found 1 compiled\n", "")
    assert kept(tmp_path) == ["1"]
    assert told(started(tmp_path, "int64", "float64")) == (0, "1 found 1 compiled\n", "")
    assert kept(tmp_path) == ["1", "2"]


def test_a_disk_without_room_costs_only_the_compiling(tmp_path):
    code, out, err = told(started(tmp_path, "int64", "float64", before=FULL))
    assert (code, out) == (0, "0 found 2 compiled\n"), err
    (folder,) = tmp_path.glob("cuda-*")
    assert err == f"firstday: compiled kernels cannot be kept in {folder}: File too large\n"
    assert kept(tmp_path) == []
    assert told(started(tmp_path, "int64")) == (0, "0 found 1 compiled\n", "")


def test_a_folder_that_cannot_be_written_costs_only_the_compiling(tmp_path):
    assert told(started(tmp_path))[0] == 0
    (folder,) = tmp_path.glob("cuda-*")
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir()
    folder.rmdir()
    folder.write_text("no folder")
    code, out, err = told(started(tmp_path, "int64", "float64"))
    assert (code, out) == (0, "0 found 2 compiled\n"), err
    assert err == f"firstday: compiled kernels cannot be kept in {folder}: File exists\n"


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_code_that_cannot_be_read_costs_only_the_compiling(tmp_path, kind):
    assert told(started(tmp_path, "int64")) == (0, "0 found 1 compiled\n", "")
    (file,) = tmp_path.glob(f"cuda-*/*/*.{kind}")
    file.write_bytes(file.read_bytes()[:20])
    code, out, err = told(started(tmp_path, "int64"))
    assert (code, out) == (0, "0 found 1 compiled\n"), err
    assert err.count("cannot be read; they are compiled again") == err.count("\n") == 1
    assert told(started(tmp_path, "int64")) == (0, "1 found 0 compiled\n", "")


@pytest.mark.slow
def test_processes_that_compile_at_once_keep_their_own_code(tmp_path):
    kinds = ("int64", "float64", "complex128")
    processes = [started(tmp_path, kind, before=SAVES_SLOWLY) for kind in kinds]
    assert [told(process) for process in processes] == [(0, "0 found 1 compiled\n", "")] * 3
    assert kept(tmp_path) == ["1", "2", "3"]
    # Each is found, and is what was compiled for its arguments.
    assert told(started(tmp_path, *kinds)) == (0, "3 found 0 compiled\n", "")
