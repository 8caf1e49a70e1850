"""Where paths are simulated: on the CPU, or on a CUDA card where there is one."""

from __future__ import annotations

import importlib
import importlib.util
import re
from typing import Any

from sim.errors import invalid

CPU, CUDA = "cpu", "cuda"
DEVICES = (CPU, CUDA)


def usable_device(wanted: str, method: str = "none") -> tuple[str, str]:
    """Return the device to use, and a line that says why where it is not the one wanted.

    Parameters
    ----------
    wanted
        ``cpu`` or ``cuda``.
    method
        How the latent variables are drawn, by the name of the method; a card draws ``none`` alone.

    Raises
    ------
    InvalidInput
        When there is no such device, or it cannot draw so.
    """
    if wanted not in DEVICES:
        raise invalid("--device", "", f"{wanted} is no device", f"expected {' or '.join(DEVICES)}")
    if wanted == CPU:
        return CPU, ""
    # Said before a card is looked for: a command is refused on every machine or on none.
    if method != "none":
        raise invalid(
            "--device", "", f"{wanted} simulates plain paths, not {method}", "leave out one of the two"
        )
    reason = _why_no_card()
    return (CPU, f"no CUDA device: using the CPU ({reason})") if reason else (CUDA, "")


def _why_no_card() -> str:
    """Why no card can be used; empty where one can."""
    if importlib.util.find_spec("numba_cuda") is None:
        return "numba-cuda is not installed: pip install 'firstday[gpu]'"
    # Its functions carry no types.
    cuda: Any = importlib.import_module("numba.cuda")
    if cuda.is_available():
        return ""
    if fault := cuda.cuda_error():
        # The first sentence says what is missing, the others what to install besides.
        return re.split(r"\.(?:\s|$)", str(fault).strip())[0]
    return "the compiler libnvvm is missing: pip install 'firstday[gpu]', or set CUDA_HOME"
