"""A file that appears whole or not at all: written beside and renamed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sim.errors import invalid
from sim.whole import folder_beside


def write_whole(path: str | Path, write: Callable[[Path], object]) -> Path:
    """Write a file beside its place and rename it; an earlier file is replaced.

    Parameters
    ----------
    path
        Where it is to appear; the folder must exist.
    write
        Writes the file at the place it is given.

    Raises
    ------
    InvalidInput
        When the place is a directory, its folder is missing, or nothing can be written there; nothing is left
        behind.
    """
    place = Path(path)
    source = str(place)
    if "\0" in source:
        raise invalid(repr(source), "", "is no name of a file", "leave the null character out")
    try:
        if place.is_dir():
            raise invalid(source, "", "is a directory", "name a file")
        if not place.parent.is_dir():
            raise invalid(
                source, "", f"its folder {place.parent} is not there", "make the folder, or name another"
            )
        # In a folder of its own, so that nothing else can have the name of what is written.
        with folder_beside(place) as folder:
            beside = folder / "file"
            write(beside)
            beside.replace(place)
    except OSError as fault:
        raise invalid(
            source, "", f"cannot be written: {fault.strerror or fault}", "free space or name another place"
        ) from fault
    return place
