"""An office whose queue the notebooks show."""

from __future__ import annotations

import sys
from pathlib import Path

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
sys.path.insert(0, str(NOTEBOOKS))

from tests.scenario.conftest import office  # noqa: E402

__all__ = ["office"]
