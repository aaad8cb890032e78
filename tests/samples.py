"""Where the public sample files are, for tests that read them in place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def samples_folder() -> Path:
    """The folder of ``KONTOKLAR_SAMPLES``, else ``../shared/samples`` beside the repository. It may not exist."""
    return Path(os.environ.get("KONTOKLAR_SAMPLES", REPOSITORY.parent / "shared" / "samples"))


def require_samples(*parts: str) -> Path:
    """A folder of the samples; skips the test with the reason where they are absent."""
    folder = samples_folder().joinpath(*parts)
    if not folder.is_dir():
        pytest.skip(f"no sample files at {folder}; set KONTOKLAR_SAMPLES")
    return folder


def sample_files(*parts: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Files below a folder of the samples in sorted order; empty where they are absent (for parametrisation)."""
    folder = samples_folder().joinpath(*parts)
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in suffixes)
