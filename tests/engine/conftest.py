"""A run, its directory, and what writing or verifying one says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_deals import small_deal, small_market

from sim.errors import Fault, InvalidInput
from sim.result import Result
from sim.run_directory import write_run
from sim.simulation import simulate
from sim.verification import verify


@pytest.fixture(scope="session")
def result() -> Result:
    """A run of the made-up deal with its paths kept."""
    return simulate(small_deal(), market=small_market())


@pytest.fixture
def written(result: Result, tmp_path: Path) -> Path:
    """The directory of that run, without pictures."""
    return write_run(result, tmp_path / "run")


@pytest.fixture
def told(written: Path) -> Callable[[], list[Fault]]:
    """Return a function that verifies the written run and returns its faults."""

    def faults() -> list[Fault]:
        with pytest.raises(InvalidInput) as raised:
            verify(written)
        return list(raised.value.faults)

    return faults


@pytest.fixture
def edit(written: Path) -> Callable[..., None]:
    """Return a function that sets a value of the manifest by dotted path; without one, it takes it out."""

    def change(name: str, *value: Any) -> None:
        path = written / "manifest.json"
        document = json.loads(path.read_text())
        place = document
        *folders, last = name.split("/")
        for folder in folders:
            place = place[folder]
        if value:
            place[last] = value[0]
        else:
            del place[last]
        path.write_text(json.dumps(document))

    return change
