"""Ctrl-C at a known moment of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sim.simulation


def press_after_one_part(monkeypatch) -> None:
    """Let every run from here on be interrupted once its first part is collected."""
    parts = sim.simulation.parts

    def pressed(*asked: Any, **named: Any) -> Iterator[Any]:
        yield next(parts(*asked, **named))
        raise KeyboardInterrupt

    monkeypatch.setattr(sim.simulation, "parts", pressed)
