"""One kernel for all notebooks of a test run: starting one costs more than most notebooks do."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbclient
import nbformat
from jupyter_client.manager import AsyncKernelManager

from tests.notebooks.conftest import NOTEBOOKS

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Executed:
    """A notebook after its run."""

    notebook: Any

    def outputs(self) -> list[Any]:
        """Every output of every cell, in order."""
        return [output for cell in self.notebook.cells for output in cell.get("outputs", ())]

    def texts(self, kind: str) -> list[str]:
        """All outputs of a kind, such as ``text/html``."""
        return [output["data"][kind] for output in self.outputs() if kind in output.get("data", {})]

    def pictures(self) -> list[bytes]:
        """All PNG pictures."""
        return [base64.b64decode(text) for text in self.texts("image/png")]

    def errors(self) -> list[str]:
        """What a cell printed to stderr or raised."""
        return [
            str(output.get("text") or output.get("evalue"))
            for output in self.outputs()
            if output["output_type"] == "error" or output.get("name") == "stderr"
        ]


@dataclass
class Kernel:
    """A running kernel; between two notebooks it forgets everything."""

    manager: AsyncKernelManager

    def run(self, name: str, environment: Mapping[str, str]) -> Executed:
        """A notebook from top to bottom. Raises nbclient.exceptions.CellExecutionError with the first failing cell."""
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        before = nbformat.v4.new_code_cell(f"%reset -f\nimport os; os.environ.update({dict(environment)!r})")
        notebook.cells.insert(0, before)
        client = nbclient.NotebookClient(
            notebook, km=self.manager, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}}
        )
        client.execute()
        return Executed(notebook)


@contextmanager
def started() -> Iterator[Kernel]:
    """A kernel that knows this repository, shut down in the end."""
    manager = AsyncKernelManager(kernel_name="python3")
    try:
        yield Kernel(manager)
    finally:
        if manager.has_kernel:
            nbclient.util.run_sync(manager.shutdown_kernel)(now=True)
