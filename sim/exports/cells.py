"""Text in cells: a spreadsheet must never take it for a formula.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return is read as a formula by spreadsheets
that open a CSV file (OWASP, CSV injection). Excel files mark text as text; a CSV file cannot, so such a text gets an
apostrophe in front, which :func:`text_of` takes off again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_APOSTROPHE = "'"


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet may read a text as a formula."""
    return text.startswith(_FORMULA)


def csv_text(text: str) -> str:
    """Return a text as it stands in a cell of a CSV file.

    A text that begins with an apostrophe gets another, so that :func:`text_of` returns every text as it was.
    """
    if looks_like_formula(text) or text.startswith(_APOSTROPHE):
        return _APOSTROPHE + text
    return text


def text_of(cell: str) -> str:
    """Return the text that :func:`csv_text` wrote."""
    return cell.removeprefix(_APOSTROPHE)


def flattened(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Walk a document of mappings and lists; yield each plain value with its dotted path, ``offer.price_range.0``.

    An empty mapping or list is one value, ``None``.
    """
    if isinstance(document, Mapping) and document:
        items = [(str(key), value) for key, value in document.items()]
    elif isinstance(document, list | tuple) and document:
        items = [(str(at), value) for at, value in enumerate(document)]
    else:
        yield path, None if isinstance(document, Mapping | list | tuple) else document
        return
    for key, value in items:
        yield from flattened(value, f"{path}.{key}" if path else key)
