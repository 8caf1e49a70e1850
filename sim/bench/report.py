"""The timing as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

TITLES = {
    "ns_per_path_step": "all cores",
    "one_thread": "one core",
    "variants": "other ways of a peer, all cores",
    "parts": "parts of firstday, one core",
}


def bench_table(document: Mapping[str, Any]) -> Table:
    """Lay out the document of :func:`sim.bench.run_bench`.

    Parameters
    ----------
    document
        What ``run_bench`` returned.

    Returns
    -------
    rich.table.Table
        A row a contender: wall nanoseconds per path-step (median of the rounds), and in the first section
        the processor time of all cores together and the multiple of firstday's wall time in the same round.
    """
    from rich.table import Table

    from sim.bench.registry import roster

    known = {contender.name: contender for own in roster().values() for contender in own}
    table = Table(
        title=f"{document['paths']:,} listing days of {document['steps']} minutes on "
        f"{document['threads']} core(s), median of {document['rounds']} rounds",
        caption=None if document["pinned"] else "Processes could not be bound to cores on this system.",
    )
    table.add_column("what is timed", min_width=30)
    table.add_column("ns per path-step", justify="right", min_width=9)
    table.add_column("core ns", justify="right", min_width=7)
    table.add_column("times firstday", justify="right", min_width=8)
    for section, title in TITLES.items():
        rows = document.get(section, {})
        if not rows:
            continue
        table.add_section()
        table.add_row(f"[bold]{title}[/bold]")
        main = section == "ns_per_path_step"
        ratios = document["times_firstday"] if main else {}
        processor = document["processor_ns_per_path_step"] if main else {}
        for name, nanoseconds in rows.items():
            ratio, core = ratios.get(name), processor.get(name)
            table.add_row(
                known[name].what if name in known else name,
                "not timed" if nanoseconds is None else f"{nanoseconds:.2f}",
                "" if core is None else f"{core:.2f}",
                "" if ratio is None else f"{ratio:.1f}",
            )
    return table
