"""Where the public sample files are, for tests that read them in place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def samples_folder() -> Path:
    """The folder of ``KONTOKLAR_SAMPLES``, else ``../shared/samples`` beside the repository. It may not exist."""
    return Path(os.environ.get("KONTOKLAR_SAMPLES", REPOSITORY.parent / "shared" / "samples"))


def insisted_on() -> bool:
    """Whether a missing sample is a failure (``KONTOKLAR_REQUIRE_SAMPLES=1``, as the build server sets it)."""
    return os.environ.get("KONTOKLAR_REQUIRE_SAMPLES") == "1"


def require_samples(*parts: str) -> Path:
    """A folder of the samples; where it is absent the test is skipped with the reason, or fails where insisted on."""
    folder = samples_folder().joinpath(*parts)
    if not folder.is_dir():
        if insisted_on():
            pytest.fail(f"no sample files at {folder}, and KONTOKLAR_REQUIRE_SAMPLES insists on them")
        pytest.skip(f"no sample files at {folder}; set KONTOKLAR_SAMPLES")
    return folder


def sample_files(*parts: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Files below a folder of the samples in sorted order (for parametrisation); empty where they are absent.

    Raises FileNotFoundError where they are insisted on: a test without cases would pass unseen.
    """
    folder = samples_folder().joinpath(*parts)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in suffixes)
    if not files and insisted_on():
        raise FileNotFoundError(f"no sample files at {folder}, and KONTOKLAR_REQUIRE_SAMPLES insists on them")
    return files
