"""Writes the pictures of a run."""

from __future__ import annotations

from pathlib import Path

from sim.report.fan import fan_description, fan_figure, fan_title
from sim.report.fan_shape import has_fan
from sim.report.histogram import histogram_description, histogram_figure, histogram_title
from sim.report.run import Run
from sim.report.style import save_figure


def draw_run(run: Run, directory: str | Path) -> tuple[Path, ...]:
    """Write ``histogram`` and, where the run holds one, ``fan``, each as PNG and SVG.

    The files are byte for byte the same for the same result and the same version of matplotlib.

    Parameters
    ----------
    run
        Result of a run.
    directory
        An existing directory.

    Returns
    -------
    tuple of Path
        The files written; none of a run without a path.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    folder = Path(directory)
    if run.paths == 0:
        return ()
    files = save_figure(
        histogram_figure(run), folder, "histogram", histogram_title(run), histogram_description(run)
    )
    if not has_fan(run):
        return files
    return files + save_figure(fan_figure(run), folder, "fan", fan_title(run), fan_description(run))
