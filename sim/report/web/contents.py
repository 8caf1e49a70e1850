"""What a section of the page is made of: tables and facts, every cell text that is ready to print."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the first cell of a row names it, the others are figures.

    ``marked`` holds the rows that stand out; ``words`` says that the cells are words, set to the left.
    """

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: frozenset[int] = frozenset()
    words: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure with its name, and what it means in a few words."""

    name: str
    figure: str
    meaning: str = ""
