"""JSON Schema of a scenario, for editors that complete and check YAML."""

from __future__ import annotations

from typing import Any

from sim.scenario.scenario import Scenario

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Filled in from the venue and the listing date.
_FILLED_IN = ("regime", "market")


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema: titles, descriptions with units, limits and examples of every field."""
    schema = Scenario.model_json_schema()
    schema["required"] = [name for name in schema["required"] if name not in _FILLED_IN]
    return {"$schema": _DIALECT, **schema, "title": "Scenario of firstday"}
