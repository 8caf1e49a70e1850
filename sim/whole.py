"""Files and directories that appear whole or not at all, whatever becomes of the process that writes them.

What is written lies in a folder of its own beside its place, ``.firstday-`` and eight signs, and is renamed once
done. The writer holds a lock on that folder which the system lets go when the process ends, however it ends. So the
next writer can tell what a killed process left from the work of a living one, and removes it.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = ".firstday-"
_OURS = re.compile(re.escape(_PREFIX) + r"[a-z0-9_]{8}")
"""The names that :func:`tempfile.mkdtemp` makes of the prefix; nothing else is ever removed."""
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_NO_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


def require_writable(place: Path) -> None:
    """Check that something can be written at a place, without leaving anything there.

    Raises
    ------
    OSError
        When the folder of the place, or the first one above it that is there, cannot be written.
    """
    folder = place.parent
    while not folder.exists():
        folder = folder.parent
    with tempfile.TemporaryFile(dir=folder):
        pass


@contextmanager
def folder_beside(place: Path) -> Iterator[Path]:
    """Yield an empty folder beside a place, on its file system; it goes when the block ends.

    What killed processes left beside the place goes first.

    Raises
    ------
    OSError
        When the folder of the place cannot be written.
    """
    with _held(place.parent):
        _remove_leftovers(place.parent)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place.parent))
        own = _lock(folder, wait=False)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if own is not None:
            os.close(own)


@contextmanager
def whole_directory(out: Path, check: Callable[[], object]) -> Iterator[Path]:
    """Yield a folder to fill, which takes its place once the block has ended without a fault.

    Parameters
    ----------
    out
        Directory to appear; folders above it are made. One that is there is replaced in one step.
    check
        Called before the change of place, while no other writer can change it: raises when what is there by now
        must stay.

    Raises
    ------
    OSError
        When it cannot be written; what was there is still there.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with folder_beside(out) as folder:
        fresh = folder / "new"
        fresh.mkdir()
        yield fresh
        with _held(out.parent):
            check()
            if not out.exists():
                fresh.replace(out)
            elif not exchanged(fresh, out):
                _replaced_in_two(fresh, out)


def exchanged(one: Path, other: Path) -> bool:
    """Swap two directories in one step; false where the system or the file system has no such step.

    Raises
    ------
    OSError
        When it can and is not allowed to.
    """
    import ctypes

    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _replaced_in_two(fresh: Path, out: Path) -> None:
    """Replace a directory in two steps; a kill between them leaves it under a name that nothing cleans."""
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
    try:
        out.replace(old)
        fresh.replace(out)
    finally:
        # Whatever stopped the second rename, Ctrl-C included, what was there comes back.
        if not out.exists():
            old.replace(out)
        shutil.rmtree(old, ignore_errors=True)


def _remove_leftovers(parent: Path) -> None:
    """Remove the folders of writers that are no more."""
    for folder in [each for each in parent.iterdir() if _OURS.fullmatch(each.name)]:
        if folder.is_symlink() or not folder.is_dir():
            continue
        lock = _lock(folder, wait=False)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Let no other writer change the places in a folder; some milliseconds each."""
    lock = _lock(folder, wait=True)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _lock(folder: Path, *, wait: bool) -> int | None:
    """Lock a folder until its descriptor is closed; ``None`` where another has it or its file system has no locks.

    Without locks everything is still whole; only the leftovers of killed processes stay.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
