"""Look of the pictures: colours, type sizes, and files that are the same bytes for the same run.

Pictures are drawn from matplotlib's own defaults, whatever the user's rc file says, with the DejaVu fonts
that ship with it, on a figure that pyplot never hears of.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Lightness tells the three colours apart in grey print and for colour-blind readers: dark vermilion below
# the offer price, light blue above it, near black exactly at it (hues after Okabe and Ito, 2008).
BELOW = "#b8431c"
AT_OFFER = "#161616"
ABOVE = "#85b8de"
INK = "#161616"
GREY = "#5c5c5c"
RULE = "#d9d9d9"
BAND = "#f0efeb"
FAN = ("#d8e6f3", "#a4c8e5", "#69a1d0")
FAN_MEDIAN = "#0b3c66"
SUPPORT = "#b8431c"

PNG_DOTS_PER_INCH = 150
_SCREEN_DOTS_PER_INCH = 96

TITLE, SUBTITLE, LABEL, SMALL = 15.0, 9.5, 8.5, 7.5

_HOUSE: dict[Any, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": LABEL,
    # An amount like HK$19.60 to HK$28.40 is no formula.
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "axes.unicode_minus": True,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": LABEL,
    "ytick.labelsize": LABEL,
    "hatch.linewidth": 0.5,
    "savefig.dpi": "figure",
    "svg.fonttype": "path",
    "svg.hashsalt": "firstday",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with matplotlib's defaults and the house settings; the user's settings come back on leaving."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_HOUSE)
        yield


class ShownFigure(Figure):
    """A figure that a notebook shows although pyplot does not know it."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Return the figure as PNG and its size on a screen, at which small type is sharp."""
        out = io.BytesIO()
        with house_style():
            self.savefig(out, format="png", metadata={"Software": "firstday"})
        width, height = (round(side * _SCREEN_DOTS_PER_INCH) for side in self.get_size_inches())
        return out.getvalue(), {"width": width, "height": height}


def new_figure(width: float, height: float) -> Figure:
    """Make a white figure of a size in inches that belongs to an Agg canvas and to no window."""
    figure = ShownFigure(figsize=(width, height), dpi=PNG_DOTS_PER_INCH, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def save_figure(
    figure: Figure, directory: Path, name: str, title: str, description: str
) -> tuple[Path, Path]:
    """Write a figure as PNG and SVG, byte for byte the same for the same figure.

    Parameters
    ----------
    figure
        What to write.
    directory, name
        Where: ``directory/name.png`` and ``directory/name.svg``.
    title, description
        Put into both files for readers that cannot see the picture.

    Returns
    -------
    tuple of Path
        The two files.
    """
    png, svg = directory / f"{name}.png", directory / f"{name}.svg"
    with house_style():
        figure.savefig(png, metadata={"Software": "firstday", "Title": title, "Description": description})
        figure.savefig(
            svg,
            metadata={"Creator": "firstday", "Date": None, "Title": title, "Description": description},
        )
    return png, svg
