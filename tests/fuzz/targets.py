"""What the fuzzer feeds: each target takes any bytes and either accepts them or raises ``InvalidInput``.

A target raises anything else, or loses what it accepted on the way back, only where the loader has a bug.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sim.deals.deals import load_deals
from sim.errors import InvalidInput
from sim.explore.deal import Deal, load_deal, moved
from sim.explore.request import parse_request
from sim.scenario import load_scenario, scenario_from_mapping

ROOT = Path(__file__).parents[2]
FOUND = Path(__file__).parent / "found"


@contextmanager
def _file_of(data: bytes, suffix: str) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


def _checked(refusal: InvalidInput) -> None:
    """A refusal names what is wrong and the remedy, on one line a fault."""
    assert refusal.faults
    for fault in refusal.faults:
        assert fault.problem
        assert fault.remedy
        assert len(str(fault).splitlines()) == 1, str(fault)


def feed_scenario(data: bytes) -> None:
    """Load a scenario file; an accepted one comes back equal from its resolved form."""
    with _file_of(data, ".yaml") as path:
        try:
            scenario = load_scenario(path)
        except InvalidInput as refusal:
            _checked(refusal)
            return
        assert scenario_from_mapping(scenario.resolved()) == scenario


def feed_past_deals(data: bytes) -> None:
    """Load a file of past deals."""
    with _file_of(data, ".csv") as path:
        try:
            load_deals(path)
        except InvalidInput as refusal:
            _checked(refusal)


@cache
def _explored() -> Deal:
    return load_deal(ROOT / "configs/biren_06082.yaml")


def feed_request(data: bytes) -> None:
    """Read a question to the what-if page and make the scenario that it asks for."""
    deal = _explored()
    try:
        question = parse_request(data, deal.controls)
        moved(deal, question.values)
    except InvalidInput as refusal:
        _checked(refusal)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "scenario": feed_scenario,
    "past_deals": feed_past_deals,
    "request": feed_request,
}


def seeds(target: str) -> Iterator[bytes]:
    """Inputs that a target accepts, for the fuzzer to start from."""
    if target == "scenario":
        for file in sorted((ROOT / "configs").glob("*.yaml")):
            if not file.name.startswith("sweep"):
                yield file.read_bytes()
    elif target == "past_deals":
        lines = (ROOT / "sim/data/hkex_ipos.csv").read_bytes().splitlines(keepends=True)
        # Few rows: a fuzzer is as fast as its inputs are short.
        for start in range(1, 61, 3):
            yield b"".join([lines[0], *lines[start : start + 3]])
    elif target == "request":
        known = {"deal": "0123456789abcdef", "tab": "a1"}
        yield json.dumps({**known, "ask": "close", "step": 0.05, "values": {}}).encode()
        for ask, control in zip(("close", "subscriber", "issuer"), _explored().controls, strict=False):
            yield json.dumps({**known, "ask": ask, "values": {control.name: control.value}}).encode()
        names = {control.name: None for control in _explored().controls}
        yield json.dumps({**known, "values": names}).encode()
        yield json.dumps(
            {**known, "values": {control.name: 1e9 for control in _explored().controls}}
        ).encode()
