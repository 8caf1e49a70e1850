"""What the page shows as files: the scenario as YAML, its market beside it where a parameter of that was moved."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from sim.explore.deal import Deal, Moved
from sim.market.parameters import Market

_STYLE = {
    "default_flow_style": False,
    "allow_unicode": True,
    "width": 110,
    "sort_base_mapping_type_on_output": False,
}
"""Blocks in the order of the fields; options of ruamel.yaml's writer."""
MOST_PARTS = 512
_parts_written: dict[str, str] = {}
"""Text of parts of files by what they hold: a slider changes one part, and writing all takes a picture's time."""


def file_names(deal: Deal) -> tuple[str, str]:
    """Names under which to save the scenario and the market."""
    return f"{deal.stem}-what-if.yaml", f"{deal.stem}-what-if-market.yaml"


def scenario_yaml(deal: Deal, now: Moved) -> str:
    """Return a scenario file that ``firstday run`` answers with the numbers of the page."""
    scenario_file, market_file = file_names(deal)
    fields = _without_null(now.written)
    remark = ""
    if now.market_moved:
        fields["market"] = f"./{market_file}"
        remark = f"# Its market is {market_file}: save both in one folder.\n"
    return f"# Made with firstday explore; firstday run {scenario_file} gives its numbers.\n{remark}{_yaml(fields)}"


def market_yaml(deal: Deal, now: Moved) -> str | None:
    """Return the market file beside the scenario; ``None`` where the scenario's own market is used."""
    if not now.market_moved:
        return None
    names = [control.name for control in deal.controls if control.in_market]
    moved = ", ".join(name for name in names if _differs(name, deal.market, now.market))
    head = f"# The market {deal.market.name} as known on {deal.market.origin.as_of}, with another {moved}.\n"
    return head + _yaml(now.market.model_dump(mode="python"))


def _differs(name: str, one: Market, other: Market) -> bool:
    _, part, parameter = name.split(".")
    return bool(getattr(getattr(one, part), parameter) != getattr(getattr(other, part), parameter))


def _without_null(data: Any) -> Any:
    """Leave out fields set to null: they are left out of a scenario all the same."""
    if isinstance(data, Mapping):
        return {key: _without_null(value) for key, value in data.items() if value is not None}
    return [_without_null(each) for each in data] if isinstance(data, list | tuple) else data


def _plain(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(each) for each in data]
    if isinstance(data, str | int | float | date) or data is None:
        return data
    raise TypeError(f"{data!r} is not written to a file")


def _yaml(data: Mapping[str, Any]) -> str:
    """Write a file part by part: in blocks, a mapping is its parts one after the other."""
    return "".join(_part(name, _plain(value)) for name, value in data.items())


def _part(name: str, value: Any) -> str:
    # repr tells 18 from 18.0, which are equal as keys.
    content = repr((name, value))
    text = _parts_written.get(content)
    if text is None:
        if len(_parts_written) >= MOST_PARTS:
            _parts_written.clear()
        text = _parts_written[content] = _dumped({name: value})
    return text


def _dumped(data: Mapping[str, Any]) -> str:
    from ruamel.yaml import YAML

    writer = YAML(typ="safe", pure=True)
    for option, value in _STYLE.items():
        setattr(writer, option, value)
    stream = io.StringIO()
    writer.dump(data, stream)
    return stream.getvalue()
