"""The review grid as an analyst has it before him: a keyboard and a screen, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import TimeoutError as PlaywrightTimeout

from scripts.lab import Visit

# How long an answer may take before a test gives up (milliseconds); no measure of speed.
PATIENCE = 20_000


@dataclass
class Desk:
    """One open grid. Everything it does goes through the keyboard."""

    window: Visit

    @property
    def page(self) -> Any:
        return self.window.page

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Types into what has the keyboard."""
        self.page.keyboard.type(text)

    def find(self, text: str) -> None:
        """Searches, and waits until the case that is first then is shown in full."""
        self.press("/")
        self.type(text)
        self.press("Enter")
        self.loaded()

    def everything(self) -> None:
        """Takes the search away."""
        self.press("/", "Backspace", "Enter")

    def loaded(self) -> None:
        """Until the case under the cursor is there with its evidence."""
        self.page.wait_for_function(
            """() => { const row = document.querySelector(".kk-row[data-current]");
                       const told = document.querySelector(".kk-detail");
                       return row && told && told.dataset.id === row.dataset.id; }""",
            timeout=PATIENCE,
        )

    def fill(self, *values: str) -> None:
        """Fills a form from its first field on, and submits it with Enter. "" leaves what stands there."""
        self.page.wait_for_selector(".kk-form", timeout=PATIENCE)
        for place, value in enumerate(values):
            if place:
                self.press("Tab")
            if value:
                self.press("Control+a")
                self.type(value)
        self.press("Enter")

    def hears(self, text: str) -> None:
        """Until the desk says this."""
        try:
            self.page.wait_for_function(
                "text => document.querySelector('.kk-said').textContent.includes(text)", arg=text, timeout=PATIENCE
            )
        except PlaywrightTimeout:
            form = self.page.locator(".kk-form").all_inner_texts()
            raise AssertionError(f"the desk says {self.said!r}, not {text!r}; forms open: {form}") from None
        self.pause()

    def pause(self) -> None:
        """A breath after a decision; a key that comes at once is taken for a bouncing one."""
        self.page.wait_for_timeout(300)

    @property
    def said(self) -> str:
        return str(self.page.locator(".kk-said").inner_text())

    @property
    def names(self) -> list[str]:
        """Who stands in the list, in order."""
        return [
            str(name)
            for name in self.page.locator(".kk-row .kk-two:nth-child(3) .kk-cell:first-child").all_inner_texts()
        ]

    def figure(self, name: str) -> float:
        """A measurement the grid wrote down itself, in milliseconds."""
        return float(self.page.locator(".kk").get_attribute(f"data-{name}"))
