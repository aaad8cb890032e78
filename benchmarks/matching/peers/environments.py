"""Virtual environments of the peers that cannot live in ours: ``python -m benchmarks.matching.peers.environments``.

They lie in ``.venv-peers/`` and are made once from ``requirements-*.txt``; with uv where it works, else with pip.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2] / ".venv-peers"
NAMES = ("splink", "recordlinkage")


def python_of(name: str) -> Path | None:
    """The interpreter of a peer's environment; None if it was not made."""
    python = ROOT / name / "bin" / "python"
    return python if python.exists() else None


def make(name: str) -> Path:
    """Make a peer's environment unless it is there. Raises CalledProcessError with the installer's own message."""
    found = python_of(name)
    if found is not None:
        return found
    wanted = HERE / f"requirements-{name}.txt"
    python = ROOT / name / "bin" / "python"
    if shutil.which("uv"):
        subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(ROOT / name)], check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(python), "-r", str(wanted)], check=True)
    else:
        subprocess.run([sys.executable, "-m", "venv", str(ROOT / name)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(wanted)], check=True)
    return python


if __name__ == "__main__":
    for peer in NAMES:
        print(peer, make(peer))
