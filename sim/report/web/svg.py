"""Inline SVG: elements, a picture in two widths, and a panel with scales.

Colours are classes of ``report.css``, so that dark mode and print reach into the pictures. Text is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from sim.report import distribution

WIDE, NARROW = 720.0, 358.0
"""Widths of a picture, in CSS pixels: beside text, and on a phone. Type has the same size in both."""
LINE = 17.0
"""Height of a line of text."""
_WIDE_CHARACTER = 8.3
"""Of a digit in a wide font: a narrower one leaves room, never an overlap."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in both widths; the page shows the one that fits."""

    wide: Markup
    narrow: Markup


def picture(draw: Callable[[float, str], Markup], name: str) -> Picture:
    """Draw a picture in both widths; ``draw`` takes a width and the identifier of the drawing."""
    return Picture(draw(WIDE, f"{name}-wide"), draw(NARROW, f"{name}-narrow"))


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def element(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return an element; ``class_`` is class, an underscore inside a name a hyphen, ``None`` leaves one out."""
    written = [Markup(name)]
    for key, value in attributes.items():
        if value is None:
            continue
        text = number(value) if isinstance(value, int | float) else value
        written.append(Markup('{}="{}"').format(key.rstrip("_").replace("_", "-"), text))
    # Joining escapes what is not markup yet.
    return Markup("<{}>{}</{}>").format(Markup(" ").join(written), Markup("").join(children), name)


def drawing(
    name: str, width: float, height: float, title: str, description: str, children: Iterable[Markup]
) -> Markup:
    """Return a drawing with the title and the description that a screen reader says."""
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *children,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def rectangle(left: float, top: float, right: float, bottom: float, class_: str) -> Markup:
    """Return a rectangle between two corners, in any order."""
    return element(
        "rect",
        x=min(left, right),
        y=min(top, bottom),
        width=abs(right - left),
        height=abs(bottom - top),
        class_=class_,
    )


def text(x: float, y: float, words: str, class_: str | None = None, anchor: str | None = None) -> Markup:
    """Return text whose base line is at ``y``; ``anchor`` is ``middle`` or ``end``."""
    return element("text", words, x=x, y=y, class_=class_, text_anchor=anchor)


def text_width(words: str) -> float:
    """Room that text takes, about, in pixels; wide characters count double."""
    return _WIDE_CHARACTER * sum(2 if ord(character) > 0x2E80 else 1 for character in words)


def shortened(words: str, width: float) -> str:
    """Cut text that takes more room than there is, with an ellipsis; the whole of it is in a table nearby."""
    if text_width(words) <= width:
        return words
    kept = words
    while kept and text_width(kept + "…") > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def curve(x: NDArray[np.float64], y: NDArray[np.float64], class_: str, *, closed: bool = False) -> Markup:
    """Return a line through points, or the area inside them."""
    points = [f"{number(a)} {number(b)}" for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    return element("path", d="M" + "L".join(points) + ("Z" if closed else ""), class_=class_)


def ticks(low: float, high: float, most: float) -> tuple[float, list[float]]:
    """Step and places of round numbers between two ends, at most about ``most`` of them."""
    step = distribution.nice_width(high - low, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return step, [step * at for at in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Panel:
    """A rectangle of a drawing with linear scales: ``low`` to ``high`` across, ``bottom`` to ``top`` up."""

    left: float
    right: float
    upper: float
    lower: float
    low: float
    high: float
    bottom: float = 0.0
    top: float = 1.0

    def x(self, value: float) -> float:
        """Place of a value across."""
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Place of a value up."""
        return self.lower - (value - self.bottom) / (self.top - self.bottom) * (self.lower - self.upper)

    def xs(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places of values across."""
        return self.left + (values - self.low) / (self.high - self.low) * (self.right - self.left)

    def ys(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places of values up."""
        return self.lower - (values - self.bottom) / (self.top - self.bottom) * (self.lower - self.upper)

    def label(self, x: float, y: float, words: str, class_: str | None = None, side: int = 0) -> Markup:
        """Write beside a place: over it (side 0), right (1) or left (-1) of it, but inside the panel."""
        wide = text_width(words)
        starts = {0: x - 0.5 * wide, 1: x + 6.0, -1: x - 6.0 - wide}
        start = starts[side]
        if side and not self.left <= start <= self.right - wide:
            start = starts[-side]
        start = min(max(start, self.left), max(self.right - wide, 0.0))
        # Anchored at the side that the label hugs, so that a narrower font leaves no gap.
        if start <= starts[1] < start + wide:
            return text(start, y, words, class_)
        if side == -1:
            return text(start + wide, y, words, class_, "end")
        return (
            text(start + 0.5 * wide, y, words, class_, "middle")
            if side == 0
            else text(start, y, words, class_)
        )
