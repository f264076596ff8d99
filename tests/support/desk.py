"""One person's browser at the desk: what they see and press, in the words on the pages."""

import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

from simulator.oidc.personas import PERSONAS
from tests.support.waiting import PATIENCE

AXE = (Path(__file__).parent.parent / "browser" / "vendor" / "axe-core-4.14.1.min.js").read_text()


class Desk:
    """A page, and the site it is on."""

    def __init__(self, page: Page, url: str, *, scripts: bool) -> None:
        self.page = page
        self.url = url
        self.scripts = scripts

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.page.goto(self.url + path)

    def at(self, path: str) -> None:
        """Wait until the browser is on that page; * stands for anything."""
        self.page.wait_for_url(self.url + path)

    @property
    def path(self) -> str:
        """Where the browser is."""
        return urlsplit(self.page.url).path

    def press(self, name: str, within: Locator | None = None) -> None:
        """Press the button of that name."""
        (within or self.page).get_by_role("button", name=name).first.click()

    def follow(self, name: str, within: Locator | None = None) -> None:
        """Follow the link of that name."""
        (within or self.page).get_by_role("link", name=name).first.click()

    def fill(self, label: str, text: str) -> None:
        """Type into the field of that label."""
        self.page.get_by_label(label).first.fill(text)

    def unfold(self, summary: str) -> None:
        """Open what is folded away under that line."""
        self.page.locator("summary", has_text=summary).first.click()

    def sign_in(self, persona: str) -> None:
        """From the front page through the provider and back."""
        self.go("/account/")
        self.follow("Sign in with")
        self.press(PERSONAS[persona].usual_name)
        self.at("/account/")

    def sees(self, text: str | re.Pattern[str]) -> None:
        """The page shows the text, soon."""
        self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def sees_after_a_while(self, text: str | re.Pattern[str], *, gone: bool = False) -> None:
        """The page shows the text, or no longer does: by itself, or when somebody loads it again."""
        end = time.monotonic() + PATIENCE
        shown = self.page.locator("main").get_by_text(text).locator("visible=true")
        while (shown.count() == 0) is not gone:
            assert time.monotonic() < end, f"{text} {'stays' if gone else 'never came'} on {self.page.url}"
            self.page.wait_for_timeout(250)
            self.page.reload()

    def accessible(self) -> None:
        """axe finds nothing wrong with the page; without scripts it cannot look."""
        if not self.scripts:
            return
        self._complain("{resultTypes: ['violations']}")

    def readable(self) -> None:
        """axe finds enough contrast everywhere, in the theme that is shown."""
        self._complain("{resultTypes: ['violations'], runOnly: ['color-contrast']}")

    def fits(self) -> None:
        """Nothing scrolls sideways."""
        shown, whole = self.page.evaluate(
            "[document.documentElement.clientWidth, document.documentElement.scrollWidth]"
        )
        assert whole <= shown, f"{self.page.url} is {whole} pixels wide on a screen of {shown}"

    def labelled(self) -> None:
        """On a narrow screen, where rows are cards, no label stands before nothing."""
        cells = self.page.locator("table.list td[data-label]:visible")
        empty = cells.evaluate_all("""
            all => all.filter((one) => !one.textContent.trim() && !one.querySelector("svg, img, input, button"))
                .map((one) => one.dataset.label)
        """)
        assert empty == [], f"{self.page.url} names {empty} and says nothing"

    def _complain(self, options: str) -> None:
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        found: dict[str, Any] = self.page.evaluate(f"axe.run(document, {options})")
        wrong = [{violation["id"]: [node["html"] for node in violation["nodes"]]} for violation in found["violations"]]
        assert wrong == [], f"{self.page.url}\n{json.dumps(wrong, indent=1)}"

    # rooms

    def make_room(self, name: str, level: str = "Restricted") -> str:
        """Make a room by its form, and close what its page opens with; returns its address on the site."""
        self.go("/rooms/")
        self.follow("New room")
        self.fill("Name", name)
        self.page.get_by_label(level).check()
        self.press("Create room")
        self.page.get_by_role("heading", name="Share the invitation").wait_for()
        self.go(self.path.removesuffix("invite"))
        return self.path

    def pin(self) -> str:
        """The room's PIN, revealed on its page and hidden again."""
        section = self.page.locator("#phone")
        self.press("Reveal", section)
        shown = section.locator("#pin-value")
        pin = shown.get_attribute("data-value") or ""
        self.press("Hide", section)
        shown.wait_for(state="detached")
        return pin

    def number(self) -> str:
        """The number to dial, as the room's page links it."""
        link = self.page.locator("#phone a[href^='tel:']").first.get_attribute("href") or ""
        return link.removeprefix("tel:")
