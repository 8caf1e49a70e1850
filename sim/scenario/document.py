"""Plain data of a YAML document, with the place and the spelling of each part.

Nodes are turned into data here, not by a YAML constructor: nothing but mappings, lists and plain scalars can
come out, aliases are counted while they expand, and every fault is found in one pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sim.errors import Fault

MOST_DEPTH = 20
MOST_VALUES = 20_000

FieldPath = tuple[str | int, ...]

_YAML_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """Line and column of a text, counted from one."""

    line: int
    column: int


@dataclass(slots=True)
class Document:
    """A YAML document that holds one mapping.

    Parameters
    ----------
    source
        Name of the file, as faults print it.
    data
        The mapping read.
    keys, values
        Place of each key, and of each value, by path.
    spelling
        Text of each scalar as it was written, by path.
    """

    source: str
    data: object = None
    keys: dict[FieldPath, Place] = field(default_factory=dict)
    values: dict[FieldPath, Place] = field(default_factory=dict)
    spelling: dict[FieldPath, str] = field(default_factory=dict)


def dotted(path: FieldPath) -> str:
    """Write a path as users do: ``peers.0.name``."""
    return ".".join(str(part) for part in path)


def place_of(node: Node) -> Place:
    """Return where a node starts."""
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def document_of(node: Node, source: str) -> tuple[Document, list[Fault]]:
    """Turn a composed node into plain data; the faults are in the order of the file."""
    reader = _Reader(Document(source))
    reader.document.data = reader.read(node, ())
    return reader.document, sorted(reader.faults, key=lambda fault: (fault.line or 0, fault.column or 0))


class _Reader:
    """Walks the nodes of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Fault] = []
        self._values = 0
        self._open: list[int] = []
        constructor = YAML(typ="safe", pure=True).constructor
        self._scalars: dict[str, Callable[[ScalarNode], object]] = {
            "int": constructor.construct_yaml_int,
            "float": constructor.construct_yaml_float,
            "bool": constructor.construct_yaml_bool,
            "timestamp": constructor.construct_yaml_timestamp,
            "str": lambda node: str(node.value),
            "null": lambda _: None,
        }

    def read(self, node: Node, path: FieldPath) -> object:
        """Return the data of a node; ``None`` where it is at fault."""
        self.document.values[path] = place_of(node)
        self._values += 1
        if self._values > MOST_VALUES:
            # Said once: every later value would only repeat it.
            if self._values == MOST_VALUES + 1:
                self._fault(
                    node, path, f"holds more than {MOST_VALUES:,} values once aliases expand", "fewer"
                )
            return None
        if id(node) in self._open:
            return self._fault(node, path, "contains itself through an alias", "values written out")
        if len(self._open) > MOST_DEPTH:
            return self._fault(node, path, f"is nested more than {MOST_DEPTH} deep", "fewer levels")
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        self._open.append(id(node))
        try:
            if isinstance(node, MappingNode) and node.tag == f"{_YAML_TAG}map":
                return self._mapping(node, path)
            if isinstance(node, SequenceNode) and node.tag == f"{_YAML_TAG}seq":
                return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        finally:
            self._open.pop()
        return self._unknown_tag(node, path)

    def _mapping(self, node: MappingNode, path: FieldPath) -> dict[str, object]:
        data: dict[str, object] = {}
        for key_node, value_node in node.value:
            kind = str(key_node.tag).removeprefix(_YAML_TAG)
            key = str(key_node.value)
            if kind == "merge":
                self._fault(key_node, path, "merge keys (<<) are not read", "the fields written out")
            elif kind != "str":
                shown = key if isinstance(key_node, ScalarNode) else "a list or mapping"
                self._fault(key_node, path, f"{shown} is no field name", "a name that starts with a letter")
            elif key in data:
                first = self.document.keys[*path, key]
                remedy = f"each field once; the first is on line {first.line}"
                self._fault(key_node, (*path, key), "is given twice", remedy)
            else:
                self.document.keys[*path, key] = place_of(key_node)
                data[key] = self.read(value_node, (*path, key))
        return data

    def _scalar(self, node: ScalarNode, path: FieldPath) -> object:
        kind = str(node.tag).removeprefix(_YAML_TAG)
        if kind not in self._scalars:
            return self._unknown_tag(node, path)
        self.document.spelling[path] = str(node.value)
        try:
            return self._scalars[kind](node)
        except (ValueError, KeyError, IndexError, OverflowError, YAMLError):
            what = {"timestamp": "day", "bool": "truth value"}.get(kind, "number")
            return self._fault(node, path, f"{str(node.value)[:60]!r} is no {what}", "one that exists")

    def _unknown_tag(self, node: Node, path: FieldPath) -> object:
        tag = str(node.tag).replace(_YAML_TAG, "!!")
        return self._fault(
            node, path, f"the tag {tag[:60]} is not read", "plain text, numbers, lists and fields"
        )

    def _fault(self, node: Node, path: FieldPath, problem: str, remedy: str) -> object:
        """Note a fault and return the value that stands for what could not be read."""
        place = place_of(node)
        fault = Fault(self.document.source, dotted(path), problem, remedy, place.line, place.column)
        self.faults.append(fault)
        return None
