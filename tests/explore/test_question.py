"""What the parser of questions takes and refuses; it reads whatever bytes a request holds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InvalidInput
from sim.explore.controls import Control
from sim.explore.request import MOST_BYTES, Question, parse_request

CONTROLS = (
    Control("offer.price", "Price", "", (1.0, 2.0), 1.5, 1.5, unknown="drawn"),
    Control("over_allotment.fraction", "Greenshoe", "", (0.0, 0.15), 0.1, 0.1),
    Control("market.demand.elasticity", "Elasticity", "", (1.0, 2.0), 1.5, 1.5, least=0.2, most=100.0),
)
SOUND = {"deal": "0123456789abcdef", "tab": "a1"}


def read(**changes: object) -> Question:
    return parse_request(json.dumps({**SOUND, **changes}).encode(), CONTROLS)


def refused(body: bytes) -> str:
    with pytest.raises(InvalidInput) as refusal:
        parse_request(body, CONTROLS)
    return str(refusal.value)


def test_a_question_is_read_with_its_defaults():
    assert read() == Question("0123456789abcdef", "a1", "close", None, {})


def test_values_that_are_the_scenarios_own_are_no_change():
    asked = read(values={"offer.price": 1.5, "over_allotment.fraction": 0.05})
    assert dict(asked.values) == {"over_allotment.fraction": 0.05}


def test_a_field_that_may_be_left_out_is_null():
    assert dict(read(values={"offer.price": None}).values) == {"offer.price": None}


def test_a_desk_and_a_width_are_read():
    asked = read(ask="issuer", step=0.05)
    assert (asked.ask, asked.step) == ("issuer", 0.05)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"values": {"over_allotment.fraction": None}}, "is no number"),
        ({"values": {"over_allotment.fraction": "0.1"}}, "is no number"),
        ({"values": {"over_allotment.fraction": True}}, "is no number"),
        ({"values": {"over_allotment.fraction": [0.1]}}, "is no number"),
        ({"values": {"over_allotment.fraction": 10**400}}, "is too large"),
        ({"values": {"market.demand.elasticity": 0.1}}, "0.2 to 100"),
        ({"values": {"market.demand.elasticity": -1e9}}, "0.2 to 100"),
        ({"values": {"simulation.paths": 10**9}}, "is no control"),
        ({"values": {"market": 1}}, "is no control"),
        ({"values": [1]}, "is no JSON object"),
        ({"ask": "everything"}, "is no question"),
        ({"ask": ["close"]}, "is no question"),
        ({"step": 0.0333}, "is no width"),
        ({"step": True}, "is no width"),
        ({"deal": "../../etc/passwd"}, "malformed"),
        ({"deal": None}, "malformed"),
        ({"tab": "A B"}, "malformed"),
        ({"tab": "a" * 33}, "malformed"),
        ({"scenario": "name: x"}, "is no part of a question"),
    ],
)
def test_what_is_no_question_is_refused(changes, problem):
    assert problem in refused(json.dumps({**SOUND, **changes}).encode())


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[]", "is no JSON object"),
        (b"null", "is no JSON object"),
        (b'{"values": {"offer.price": NaN}}', "holds NaN"),
        (b'{"values": {"offer.price": -Infinity}}', "holds -Infinity"),
        (b'{"values": {"offer.price": 1e999}, "deal": "0123456789abcdef", "tab": "a"}', "is too large"),
        (b'{"tab": "a", "tab": "b"}', "twice"),
        (b"[" * 8_000, "is no JSON"),
        (b'{"a":' * 1_600, "is no JSON"),
        (b'{"step": ' + b"9" * 5_000 + b"}", "is no"),
        (b" " * (MOST_BYTES + 1), "longer than"),
    ],
)
def test_bytes_that_are_no_json_object_are_refused(body, problem):
    assert problem in refused(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=8,
)
_NAMES = st.sampled_from([control.name for control in CONTROLS]) | st.text(max_size=8)
_QUESTIONS = st.fixed_dictionaries(
    {"deal": st.just("0123456789abcdef"), "tab": st.just("a1")},
    optional={"ask": _JSON, "step": _JSON, "values": st.dictionaries(_NAMES, _JSON, max_size=3) | _JSON},
)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200)
    | _JSON.map(lambda data: json.dumps(data).encode())
    | _QUESTIONS.map(lambda data: json.dumps(data).encode())
)
def test_any_bytes_are_a_question_or_refused(body):
    try:
        question = parse_request(body, CONTROLS)
    except InvalidInput:
        return
    known = {control.name: control for control in CONTROLS}
    for name, value in question.values.items():
        assert value is None or known[name].least <= value <= known[name].most
