"""The jit flags of every kernel, and where their compiled code is kept.

``fastmath`` stays off: it would let LLVM contract and reorder floating-point operations, so that a path's bits
would depend on the processor. Numba's on-disk cache does not notice when a callee in another file changes
(numba issue 1833), so the cache folder carries the hash of all kernel sources in its name.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from pickle import UnpicklingError

import numba
import numpy as np
from numba.core import config
from numba.core.caching import FunctionCache

_UNREADABLE = (
    *(ArithmeticError, AttributeError, EOFError, ImportError, LookupError, MemoryError, OSError),
    *(RuntimeError, TypeError, UnpicklingError, ValueError),
)
"""What Numba's reading of a file that was cut short raises: Python lists some of these and says there may be more."""


def kernel_hash() -> str:
    """Hash of the kernel sources and of the compiler, 16 hexadecimal digits."""
    digest = hashlib.sha256(f"numba {numba.__version__} numpy {np.__version__}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _cache_roots() -> list[Path]:
    """Folders that may hold compiled kernels, the preferred one first."""
    roots = []
    if chosen := os.environ.get("FIRSTDAY_CACHE_DIR") or config.CACHE_DIR:
        roots.append(Path(chosen))
    if home := os.environ.get("XDG_CACHE_HOME"):
        roots.append(Path(home) / "firstday")
    try:
        roots.append(Path.home() / ".cache" / "firstday")
    except RuntimeError:  # no home folder is known for this user
        return roots
    return roots


def make_writable(folder: Path) -> None:
    """Make a folder and see that it can be written.

    Raises
    ------
    OSError
        When it cannot.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _cache_folder() -> Path | None:
    """Create and return the first writable cache folder, or ``None``."""
    for root in _cache_roots():
        folder = root / f"kernels-{kernel_hash()}"
        try:
            make_writable(folder)
        except OSError as fault:
            if os.environ.get("FIRSTDAY_CACHE_DIR") and root == Path(os.environ["FIRSTDAY_CACHE_DIR"]):
                # It was asked for; the usual places are tried one after the other.
                why = fault.strerror or fault
                print(f"firstday: FIRSTDAY_CACHE_DIR, {root}, cannot be used: {why}", file=sys.stderr)
            continue
        return folder
    return None


CACHE_FOLDER = None if config.DISABLE_JIT else _cache_folder()
if CACHE_FOLDER is None and not config.DISABLE_JIT:
    print(
        "firstday: no folder for compiled kernels is writable; they compile again in each run",
        file=sys.stderr,
    )


def is_cached(*kernels: str) -> bool:
    """Whether an earlier process left some kernels compiled, ``selection.select_ranks``; by default the driver."""
    if CACHE_FOLDER is None:
        return False
    wanted = kernels or ("driver.simulate_range",)
    return all(any(CACHE_FOLDER.rglob(f"{name}*.nbi")) for name in wanted)


def keep(folder: Path, write: Callable[[], object]) -> None:
    """Write compiled code into a folder, one process at a time; where it cannot be kept a line says so, once.

    Two processes that compile a function at once, each for other arguments, would both call their code the first of
    that function, and a later process would run what was compiled for the wrong arguments.
    """
    import fcntl

    try:
        with (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            write()
    except OSError as fault:
        tell_not_kept(folder, fault)


def tell_not_kept(folder: Path, fault: OSError) -> None:
    """Say that compiled code is compiled again next time, and why."""
    _tell_once(f"firstday: compiled kernels cannot be kept in {folder}: {fault.strerror or fault}")


@cache
def _tell_once(words: str) -> None:
    print(words, file=sys.stderr)


class _Sparing:
    """Mixed into a cache of Numba's: one writer at a time, and what cannot be kept or read compiles again."""

    folder: Path

    def save_overload(self, sig, data):
        """Keep the code that was compiled for a signature."""
        usual = super().save_overload
        keep(self.folder, lambda: usual(sig, data))

    def load_overload(self, sig, target_context):
        """Return the code that was kept for a signature; ``None`` where there is none."""
        try:
            return super().load_overload(sig, target_context)
        except _UNREADABLE:
            _tell_once(f"firstday: compiled kernels in {self.folder} cannot be read; they are compiled again")
        keep(self.folder, self.flush)
        return None


def cache_in(folder: Path, kind, function):
    """Make a cache of a function, of a kind of Numba's, that keeps its code in a folder."""
    sparing = type(kind.__name__, (_Sparing, kind), {"folder": folder})
    previous = config.CACHE_DIR
    # The cache picks its folder when it is made; other users of Numba in this process keep theirs.
    config.CACHE_DIR = str(folder)
    try:
        return sparing(function)
    finally:
        config.CACHE_DIR = previous


def kernel(function):
    """Compile a function that loops over lanes or paths; it runs without the interpreter lock."""
    compiled = numba.njit(error_model="numpy", fastmath=False, nogil=True)(function)
    if CACHE_FOLDER is not None:
        compiled._cache = cache_in(CACHE_FOLDER, FunctionCache, function)
    return compiled


def scalar(function):
    """Compile arithmetic of one path, inlined into its caller so that LLVM vectorises the caller's loop.

    LLVM left to itself keeps the call, and with it a scalar loop, ten times slower.
    """
    return numba.njit(error_model="numpy", fastmath=False, forceinline=True)(function)
