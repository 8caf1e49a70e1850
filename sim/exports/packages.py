"""Optional packages: what an export needs and how to get it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sim.errors import invalid


def require(module: str, extra: str, source: str) -> Any:
    """Import a module of an optional package, or say how to install it.

    Parameters
    ----------
    module
        Name it is imported by, ``pyarrow``.
    extra
        Extra of firstday that brings it, ``parquet``.
    source
        What needs it, as a user knows it.

    Returns
    -------
    module
        Untyped: these packages carry no types.

    Raises
    ------
    InvalidInput
        When it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as missing:
        raise invalid(
            source, "", f"needs {module}, which is not installed", f"pip install 'firstday[{extra}]'"
        ) from missing
