"""The JSON Schema says what the models check."""

import json
import re

import pytest
from pydantic import TypeAdapter

from sim.scenario import (
    Cornerstones,
    LockedTranche,
    Observed,
    Offer,
    OverAllotment,
    Peer,
    Scenario,
    Simulation,
    scenario_schema,
)

SCHEMA = scenario_schema()
OBJECTS = {"Scenario": SCHEMA, **SCHEMA["$defs"]}
PROPERTIES = [(name, field) for name, part in OBJECTS.items() for field in part["properties"]]


def test_it_is_plain_json_of_a_named_dialect():
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(("name", "field"), PROPERTIES)
def test_every_field_has_what_an_editor_shows(name, field):
    entry = OBJECTS[name]["properties"][field]
    part = OBJECTS[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry
    assert part["title"]
    assert len(entry["description"]) > 10
    assert entry["examples"]


@pytest.mark.parametrize("name", OBJECTS)
def test_unknown_fields_are_refused(name):
    assert OBJECTS[name]["additionalProperties"] is False


def test_what_is_filled_in_is_not_required():
    assert SCHEMA["required"] == ["name", "code", "venue", "list_date", "offer"]


def test_units_are_named():
    offer = SCHEMA["$defs"]["Offer"]["properties"]
    stones = SCHEMA["$defs"]["Cornerstones"]["properties"]
    assert "currency" in offer["price"]["description"]
    assert "fraction of the base offer" in offer["public_tranche"]["description"]
    assert "HK$" in stones["amount_hkd"]["description"]
    assert "US$" in stones["amount_usd"]["description"]


def test_limits_are_stated():
    offer = SCHEMA["$defs"]["Offer"]["properties"]
    assert (offer["public_tranche"]["minimum"], offer["public_tranche"]["maximum"]) == (0, 1)
    assert offer["board_lot"]["exclusiveMinimum"] == 0
    assert SCHEMA["properties"]["venue"]["enum"] == ["hkex", "star"]


def test_every_reference_leads_somewhere():
    references = set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', json.dumps(SCHEMA)))
    assert references == set(SCHEMA["$defs"])


@pytest.mark.parametrize(
    "model", [Scenario, Offer, OverAllotment, Cornerstones, LockedTranche, Observed, Peer, Simulation]
)
def test_every_example_is_valid(model):
    for name, field in model.model_fields.items():
        for example in field.examples or ():
            assert TypeAdapter(field.rebuild_annotation()).validate_python(example) is not None, name
