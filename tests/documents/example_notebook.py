"""The notebook docs/notebook.ipynb: run from the top in a fresh kernel, kept without what depends on the machine.

``python tests/documents/example_notebook.py`` runs it and stores its outputs; do so when a change is meant to change
what a user sees, and read the difference.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def stored() -> Any:
    """The notebook as it is in the repository."""
    return nbformat.read(NOTEBOOK, as_version=4)


def executed(folder: Path) -> Any:
    """Run the notebook in ``folder``, beside the configs, as if it were ``docs``; its files are written there."""
    notebook = stored()
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    docs = folder / "docs"
    docs.mkdir()
    (folder / "configs").symlink_to(ROOT / "configs")
    with tempfile.TemporaryDirectory() as sockets:
        # Sockets in a folder with a short name: no port of the machine is taken.
        kernel = {"transport": "ipc", "ip": f"{sockets}/k"}
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=120,
            record_timing=False,
            resources={"metadata": {"path": str(docs)}},
            config=Config({"KernelManager": kernel}),
        )
        client.execute()
    notebook.metadata = _METADATA
    return notebook


def printed(notebook: Any) -> list[list[str]]:
    """What each cell shows as text."""
    return [
        [output.get("text") or output["data"]["text/plain"] for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def rewrite() -> None:
    """Run the notebook and store its outputs."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = executed(Path(folder))
    nbformat.validate(notebook)
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    rewrite()
