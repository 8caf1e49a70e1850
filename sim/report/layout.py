"""Setting a page: measured text that wraps, keys that flow, labels that keep apart.

All places are in inches from the top left corner of the page, so that type keeps its size whatever the
panels do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from sim.report import style

LINE_SPACING = 1.32
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One entry of a key: a swatch and what it stands for.

    ``kind`` is ``area`` for a filled swatch, ``hatched`` for a hatched one, ``line`` or ``dashed``.
    """

    kind: Literal["area", "hatched", "line", "dashed"]
    colour: str
    label: str


class Page:
    """A figure with a head, a foot and panels between them.

    Parameters
    ----------
    width, height
        Size in inches.
    margin
        Free space at the left and right edge, in inches.
    """

    def __init__(self, width: float, height: float, margin: float = 0.25) -> None:
        self.figure = style.new_figure(width, height)
        self.width = width
        self.height = height
        self.margin = margin
        canvas: Any = self.figure.canvas
        self._renderer = canvas.get_renderer()

    def width_of(self, text: str, size: float, weight: str = "normal") -> float:
        """Measure a line of text, in inches."""
        font = FontProperties(size=size, weight=weight)
        width, _, _ = self._renderer.get_text_width_height_descent(text, font, ismath=False)
        return float(width) / self.figure.dpi

    def write(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float = style.LABEL,
        weight: str = "normal",
        colour: str = style.INK,
        align: Literal["left", "center", "right"] = "left",
        level: Literal["top", "center", "baseline", "bottom"] = "top",
    ) -> Text:
        """Write a line at a place of the page."""
        return self.figure.text(
            x / self.width,
            1.0 - y / self.height,
            text,
            fontsize=size,
            fontweight=weight,
            color=colour,
            ha=align,
            va=level,
        )

    def wrapped(self, text: str, size: float, weight: str, width: float, most: int) -> list[str]:
        """Break a text into at most ``most`` lines no wider than ``width``; what is left over is cut."""
        lines: list[str] = []
        line, reach = "", 0.0
        space = self.width_of("n n", size, weight) - 2.0 * self.width_of("n", size, weight)
        for word in text.split():
            wide = self.width_of(word, size, weight)
            if line and reach + space + wide > width:
                lines.append(line)
                line, reach = word, wide
            else:
                reach += (space if line else 0.0) + wide
                line = f"{line} {word}" if line else word
        lines.append(line)
        cut = len(lines) > most
        lines = lines[:most]
        for at, full in enumerate(lines):
            last_of_cut = cut and at == most - 1
            shown = full + _ELLIPSIS if last_of_cut else full
            while len(full) > 1 and self.width_of(shown, size, weight) > width:
                full = full[:-1].rstrip()
                shown = full + _ELLIPSIS
            lines[at] = shown
        return lines

    def paragraph(
        self,
        text: str,
        y: float,
        *,
        size: float,
        weight: str = "normal",
        colour: str = style.INK,
        most: int = 3,
    ) -> float:
        """Write wrapped text across the page from ``y`` downward; return where it ends."""
        step = size * LINE_SPACING / 72.0
        for line in self.wrapped(text, size, weight, self.width - 2.0 * self.margin, most):
            self.write(line, self.margin, y, size=size, weight=weight, colour=colour)
            y += step
        return y

    def head(self, title: str, subtitle: str, key: Sequence[KeyEntry]) -> float:
        """Write title, subtitle and key; return the place where the panels may begin."""
        y = self.paragraph(title, 0.2, size=style.TITLE, weight="bold", most=2)
        y = self.paragraph(subtitle, y + 0.05, size=style.SUBTITLE, colour=style.GREY)
        return self._key(key, y + 0.09) if key else y

    def foot(self, text: str) -> float:
        """Write small print at the bottom; return the place above which the panels must end."""
        lines = self.wrapped(text, style.SMALL, "normal", self.width - 2.0 * self.margin, 3)
        step = style.SMALL * LINE_SPACING / 72.0
        top = self.height - 0.14 - step * len(lines)
        for at, line in enumerate(lines):
            self.write(line, self.margin, top + at * step, size=style.SMALL, colour=style.GREY)
        return top

    def panel(self, left: float, top: float, right: float, bottom: float) -> Axes:
        """Add axes between four edges, with no frame but the base line."""
        axes = self.figure.add_axes(
            (
                left / self.width,
                1.0 - bottom / self.height,
                (right - left) / self.width,
                (bottom - top) / self.height,
            )
        )
        axes.spines[["top", "left", "right"]].set_visible(False)
        axes.tick_params(length=3.0, width=0.7)
        axes.set_axisbelow(True)
        return axes

    def connect(self, x: float, y: float, to_x: float, to_y: float) -> None:
        """Draw a thin leader between two places of the page."""
        self.figure.add_artist(
            Line2D(
                [x, to_x],
                [self.height - y, self.height - to_y],
                color=style.GREY,
                linewidth=0.5,
                transform=self.figure.dpi_scale_trans,
            )
        )

    def _key(self, entries: Sequence[KeyEntry], y: float) -> float:
        """Set a key in as many rows as it needs; return where it ends."""
        swatch, gap, between, row = 0.22, 0.07, 0.24, 0.19
        x = self.margin
        for entry in entries:
            label = self.wrapped(entry.label, style.LABEL, "normal", self.width - 2 * self.margin - 0.3, 1)[0]
            wide = swatch + gap + self.width_of(label, style.LABEL)
            if x > self.margin and x + wide > self.width - self.margin:
                x = self.margin
                y += row
            self._swatch(entry, x, y, swatch)
            self.write(label, x + swatch + gap, y + 0.065, level="center")
            x += wide + between
        return y + row

    def _swatch(self, entry: KeyEntry, x: float, y: float, width: float) -> None:
        inches = self.figure.dpi_scale_trans
        up = self.height - y
        if entry.kind in ("line", "dashed"):
            dashes: Literal["-", "--"] = "-" if entry.kind == "line" else "--"
            self.figure.add_artist(
                Line2D(
                    [x, x + width],
                    [up - 0.065] * 2,
                    color=entry.colour,
                    linewidth=1.6,
                    linestyle=dashes,
                    transform=inches,
                )
            )
            return
        hatched = entry.kind == "hatched"
        self.figure.add_artist(
            Rectangle(
                (x, up - 0.125),
                width,
                0.12,
                facecolor="none" if hatched else entry.colour,
                edgecolor=entry.colour if hatched else "none",
                hatch="////" if hatched else None,
                linewidth=0.0,
                transform=inches,
            )
        )


def printable(text: str, otherwise: str) -> str:
    """Leave out characters that the shipped font cannot draw; ``otherwise`` when nothing is left.

    A name in Chinese would print as a row of empty boxes.
    """
    font = get_font(findfont(FontProperties(family="DejaVu Sans")))
    kept = "".join(
        letter if letter.isspace() or (letter.isprintable() and font.get_char_index(ord(letter))) else " "
        for letter in text
    )
    shown = re.sub(r"\(\s*\)", "", kept)
    return " ".join(shown.split()) or otherwise
