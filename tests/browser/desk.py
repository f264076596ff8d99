"""One person's browser at the desk: what they see and press, in the words on the pages."""

import json
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page

from simulator.oidc.personas import PERSONAS

AXE = (Path(__file__).parent / "vendor" / "axe-core-4.14.1.min.js").read_text()


class Desk:
    """A page, the site it is on, and the LiveKit behind the site."""

    def __init__(self, page: Page, url: str, livekit_url: str, *, scripts: bool) -> None:
        self.page = page
        self.url = url
        self.livekit_url = livekit_url
        self.scripts = scripts

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.page.goto(self.url + path)

    def press(self, name: str) -> None:
        """Press the button of that name."""
        self.page.get_by_role("button", name=name).first.click()

    def follow(self, name: str) -> None:
        """Follow the link of that name."""
        self.page.get_by_role("link", name=name).first.click()

    def sign_in(self, persona: str) -> None:
        """From the front page through the provider and back."""
        self.go("/account/")
        self.follow("Sign in with")
        self.press(PERSONAS[persona].usual_name)
        self.page.wait_for_url(f"{self.url}/account/")

    def sees(self, text: str) -> None:
        """The page shows the text, soon."""
        self.page.get_by_text(text).first.wait_for()

    def accessible(self) -> None:
        """axe finds nothing wrong with the page; without scripts it cannot look."""
        if not self.scripts:
            return
        self.page.evaluate(AXE)
        found: dict[str, Any] = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        wrong = [{violation["id"]: [node["html"] for node in violation["nodes"]]} for violation in found["violations"]]
        assert wrong == [], f"{self.page.url}\n{json.dumps(wrong, indent=1)}"

    def tell_livekit(self, command: str, **words: Any) -> dict[str, Any]:
        """Give the simulated LiveKit a control command."""
        answer = requests.post(f"{self.livekit_url}/control/{command}", json=words, timeout=10)
        assert answer.ok, answer.text
        told: dict[str, Any] = answer.json() or {}
        return told
