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

from sim.errors import Fault, InvalidInput

MOST_DEPTH = 20
MOST_VALUES = 5_000

FieldPath = tuple[str | int, ...]

_YAML_TAG = "tag:yaml.org,2002:"
_MOST_SHOWN = 60

_KINDS = {
    "timestamp": ("day", "a day of the calendar, as 2026-01-02"),
    "bool": ("truth value", "true or false"),
}


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
    faults
        What could not be read, by path; the data holds ``None`` there, or the first of two equal keys.
    """

    source: str
    data: object = None
    keys: dict[FieldPath, Place] = field(default_factory=dict)
    values: dict[FieldPath, Place] = field(default_factory=dict)
    spelling: dict[FieldPath, str] = field(default_factory=dict)
    faults: list[tuple[FieldPath, Fault]] = field(default_factory=list)


def dotted(path: FieldPath) -> str:
    """Write a path as users do: ``peers.0.name``."""
    return ".".join(str(part) for part in path)


def place_of(node: Node) -> Place:
    """Return where a node starts."""
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def document_of(node: Node, source: str) -> Document:
    """Turn a composed node into plain data.

    Raises
    ------
    InvalidInput
        When aliases make the data too large, too deep or endless; milder faults are kept in the document.
    """
    reader = _Reader(Document(source))
    reader.document.data = reader.read(node, ())
    return reader.document


class _Reader:
    """Walks the nodes of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._count = 0
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
        self._refuse_floods(node, path)
        self.document.values[path] = place_of(node)
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if isinstance(node, MappingNode) and node.tag == f"{_YAML_TAG}map":
            self._open.append(id(node))
            data: object = self._mapping(node, path)
        elif isinstance(node, SequenceNode) and node.tag == f"{_YAML_TAG}seq":
            self._open.append(id(node))
            data = [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        else:
            return self._unknown_tag(node, path)
        self._open.pop()
        return data

    def _refuse_floods(self, node: Node, path: FieldPath) -> None:
        self._count += 1
        if self._count > MOST_VALUES:
            problem, remedy = f"holds more than {MOST_VALUES:,} values once aliases expand", "fewer values"
        elif id(node) in self._open:
            problem, remedy = "contains itself through an alias", "the values written out"
        elif len(self._open) > MOST_DEPTH:
            problem, remedy = f"is nested more than {MOST_DEPTH} deep once aliases expand", "fewer levels"
        else:
            return
        # An alias is the node it stands for, so only the key says where the flood was let in.
        top = path[:1]
        place = self.document.keys.get(top, place_of(node))
        fault = Fault(self.document.source, dotted(top), problem, remedy, place.line, place.column)
        raise InvalidInput([fault])

    def _mapping(self, node: MappingNode, path: FieldPath) -> dict[str, object]:
        data: dict[str, object] = {}
        for key_node, value_node in node.value:
            kind = str(key_node.tag).removeprefix(_YAML_TAG)
            key = str(key_node.value) if isinstance(key_node, ScalarNode) else "a list or mapping"
            here = (*path, key)
            if kind == "merge":
                self._keep(key_node, here, "is not read", "the fields written out, without a merge key")
            elif kind != "str":
                self._keep(key_node, here, "is no field name", "a name that starts with a letter")
            elif key in data:
                remedy = f"each field once; the first is on line {self.document.keys[here].line}"
                self._keep(key_node, here, "is given twice", remedy)
            else:
                self.document.keys[here] = place_of(key_node)
                data[key] = self.read(value_node, here)
        return data

    def _scalar(self, node: ScalarNode, path: FieldPath) -> object:
        kind = str(node.tag).removeprefix(_YAML_TAG)
        if kind not in self._scalars:
            return self._unknown_tag(node, path)
        self.document.spelling[path] = str(node.value)
        try:
            return self._scalars[kind](node)
        except (ValueError, KeyError, IndexError, OverflowError, YAMLError):
            what, remedy = _KINDS.get(kind, ("number", "a number in plain digits"))
            return self._keep(node, path, f"{str(node.value)[:_MOST_SHOWN]!r} is no {what}", remedy)

    def _unknown_tag(self, node: Node, path: FieldPath) -> object:
        tag = str(node.tag).replace(_YAML_TAG, "!!")[:_MOST_SHOWN]
        return self._keep(node, path, f"the tag {tag} is not read", "plain text, numbers, lists and fields")

    def _keep(self, node: Node, path: FieldPath, problem: str, remedy: str) -> object:
        """Note a fault and return the value that stands for what could not be read."""
        place = place_of(node)
        fault = Fault(self.document.source, dotted(path), problem, remedy, place.line, place.column)
        self.document.faults.append((path, fault))
        return None
