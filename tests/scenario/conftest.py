"""A sound scenario as text, and what loading a changed one says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sim.errors import Fault, InvalidInput
from sim.scenario import load_scenario

Said = Callable[..., list[Fault]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Return a function that writes a scenario file and returns its path."""

    def writer(content: str | bytes) -> Path:
        path = tmp_path / "deal.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return writer


@pytest.fixture
def said(write: Callable[[str | bytes], Path]) -> Said:
    """Return a function that loads a text and returns its faults, with the file's name for its path."""

    def faults(content: str | bytes, changes: Mapping[str, object] | None = None) -> list[Fault]:
        path = write(content)
        with pytest.raises(InvalidInput) as raised:
            load_scenario(path, changes or {})
        for fault in raised.value.faults:
            assert fault.source == str(path) or fault.source.startswith("--set ")
            assert fault.problem
            assert fault.remedy
        return list(raised.value.faults)

    return faults
