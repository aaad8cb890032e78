"""Writes what comes of every story into its file (``make stories``), or of those named as arguments."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.scenario.story import Teller, stories


def main() -> None:
    """Tells each story on SQLite, chart by chart."""
    wanted = set(sys.argv[1:])
    for story in stories():
        if wanted and story.path.stem not in wanted:
            continue
        for chart in story.charts:
            with tempfile.TemporaryDirectory() as folder:
                story.expected[chart] = Teller(Path(folder), f"sqlite:///{folder}/story.db", chart).tell(story)
        story.save()
        print(story.path.stem)


if __name__ == "__main__":
    main()
