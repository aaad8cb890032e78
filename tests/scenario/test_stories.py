"""Every story comes out as written: on SQLite with each of its charts, on PostgreSQL with the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.story import Story, Teller, stories

STORIES = stories()
CASES = [(story, chart) for story in STORIES for chart in story.charts]


def name_of(value: object) -> str:
    return value.path.stem if isinstance(value, Story) else str(value)


def test_there_are_stories() -> None:
    assert len(STORIES) >= 20


@pytest.mark.parametrize(("story", "chart"), CASES, ids=name_of)
def test_a_story_on_sqlite(story: Story, chart: str, tmp_path: Path, sqlite_url: str) -> None:
    assert Teller(tmp_path, sqlite_url, chart).tell(story) == story.expected[chart]


@pytest.mark.parametrize("story", STORIES, ids=name_of)
def test_a_story_on_postgresql(story: Story, tmp_path: Path, postgresql_url: str) -> None:
    chart = story.charts[0]
    assert Teller(tmp_path, postgresql_url, chart).tell(story) == story.expected[chart]
