"""Read YAML 1.2 from a file that may be anything.

The grammar is YAML 1.2, so ``on`` is a text, ``1e5`` a number and ``12:30`` a text. Size, depth and number
of values are bounded before anything is built.
"""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, Event
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode
from ruamel.yaml.reader import ReaderError

from sim.errors import Fault, InvalidInput
from sim.scenario.document import MOST_DEPTH, MOST_VALUES, Document, document_of, place_of

MOST_BYTES = 1_000_000


def read_document(path: Path, kind: str = "scenario") -> Document:
    """Read a YAML file that holds one mapping.

    Parameters
    ----------
    path, kind
        The file, and what it should be, for remedies.

    Raises
    ------
    InvalidInput
        When the file is no YAML mapping of bearable size; values that cannot be read are kept as faults of
        the document.
    """
    return parse_document(_read_text(path, kind), str(path), kind)


def parse_document(text: str, source: str, kind: str = "scenario") -> Document:
    """Read a YAML text that holds one mapping; see :func:`read_document`."""
    node = _compose(text, source)
    if node is None:
        raise _invalid(source, "the file is empty", f"the fields of a {kind}")
    if not isinstance(node, MappingNode):
        place = place_of(node)
        problem = (
            "the file holds a list" if isinstance(node, SequenceNode) else "the file holds a single value"
        )
        raise _invalid(source, problem, "fields, each as name: value", place.line, place.column)
    document = document_of(node, source)
    if document.data is None:
        # A tag stands before the whole mapping: no field of it was read.
        raise InvalidInput(fault for _, fault in document.faults)
    return document


def parse_value(text: str, source: str) -> object:
    """Read one YAML value, as written behind an option's equals sign.

    Raises
    ------
    InvalidInput
        When the text is no YAML value; its faults carry no line.
    """
    try:
        node = _compose(text, source)
        if node is None:
            return None
        document = document_of(node, source)
        if document.faults:
            raise InvalidInput(fault for _, fault in document.faults)
    except InvalidInput as error:
        raise InvalidInput(
            Fault(source, "", fault.problem, fault.remedy) for fault in error.faults
        ) from error
    return document.data


def _invalid(source: str, problem: str, remedy: str, line: int = 1, column: int = 1) -> InvalidInput:
    return InvalidInput([Fault(source, "", problem, remedy, line, column)])


def _read_text(path: Path, kind: str) -> str:
    content = _read_bytes(path, kind)
    if len(content) > MOST_BYTES:
        problem = f"is larger than {MOST_BYTES:,} bytes"
        raise InvalidInput([Fault(str(path), "", problem, f"a {kind}, which takes a few thousand")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        line, column = _line_and_column(before, len(before))
        problem = f"byte 0x{content[error.start]:02x} is not UTF-8"
        raise _invalid(str(path), problem, "a text saved as UTF-8", line, column) from error


def _read_bytes(path: Path, kind: str) -> bytes:
    remedy = f"the path of a {kind} file"
    problem = ""
    try:
        if path.is_dir():
            problem = "is a directory"
        elif not path.exists():
            problem = "there is no such file"
        elif not path.is_file():
            problem = "is not a regular file"
        else:
            with path.open("rb") as file:
                return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInput([Fault(str(path), "", f"cannot be read: {error.strerror}", remedy)]) from error
    raise InvalidInput([Fault(str(path), "", problem, remedy)])


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")


def _parser() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    return yaml


def _compose(text: str, source: str) -> Node | None:
    try:
        # ruamel composes recursively, so depth is bounded first, on the flat stream of events.
        _bound(text, source)
        node: Node | None = _parser().compose(text)
    except ReaderError as error:
        line, column = _line_and_column(text, error.position)
        problem = f"the character U+{error.character:04X} is not allowed"
        raise _invalid(source, problem, "printable text", line, column) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ", ".join(str(part) for part in (error.context, error.problem) if part)
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        remedy = "YAML 1.2, each field as name: value"
        raise _invalid(source, f"is not YAML: {problem}", remedy, line, column) from error
    except YAMLError as error:
        raise _invalid(source, f"is not YAML: {error}", "YAML 1.2, each field as name: value") from error
    return node


def _bound(text: str, source: str) -> None:
    """Refuse a second document, another version of YAML, deep nesting and a flood of values."""
    depth = documents = 0
    for values, event in enumerate(_parser().parse(text)):
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        elif isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _at(event, source, "a second document starts", "one document a file")
            if event.version is not None and tuple(event.version) != (1, 2):
                raise _at(event, source, "asks for another version of YAML", "YAML 1.2, or no %YAML line")
        if depth > MOST_DEPTH:
            raise _at(event, source, f"is nested more than {MOST_DEPTH} deep", "fewer levels")
        if values > MOST_VALUES:
            raise _at(event, source, f"holds more than {MOST_VALUES:,} values", "fewer values")


def _at(event: Event, source: str, problem: str, remedy: str) -> InvalidInput:
    return _invalid(source, problem, remedy, event.start_mark.line + 1, event.start_mark.column + 1)
