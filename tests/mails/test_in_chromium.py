"""Mails as a program shows them, wide and narrow, light and dark: all of it fits, and nothing is loaded."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from webapp.accounts.models import User
from webapp.core.settings import settings
from webapp.mails import kinds
from webapp.mails.kinds import Occasion
from webapp.mails.sending import written_for

pytestmark = pytest.mark.browser
GROUND = {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 27, 28)"}


def pages() -> dict[str, str]:
    """Each kind of mail in each language."""
    found = {}
    for language in settings.languages:
        reader = User(email="reader@frontdesk.example", language=language, timezone="Europe/Oslo")
        for name, kind in kinds.all_kinds().items():
            occasion = Occasion(reader, None, None, "https://desk.frontdesk.example/mails/off/nobody")
            found[f"{name}-{language}"] = written_for(kind, occasion, sample=True).html
    return found


def _style(page: Page, part: str, what: str) -> str:
    return str(page.locator(part).first.evaluate(f"element => getComputedStyle(element).{what}"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [600, 390])
def test_every_mail_fits_in_both_schemes_and_asks_nobody_for_anything(
    app: Flask, browser: Browser, tmp_path: Path, width: int, scheme: str
):
    how = "dark" if scheme == "dark" else "light"
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=how)  # type: ignore[arg-type]
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    try:
        for name, html in pages().items():
            page.set_content(html)
            picture = page.screenshot(path=tmp_path / f"{name}-{width}-{scheme}.png", full_page=True)
            assert len(picture) > 5000
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert _style(page, ".card", "backgroundColor") == GROUND[scheme], name
            box, card = page.locator("a.button").bounding_box(), page.locator(".card").bounding_box()
            assert box is not None and card is not None
            assert (box["width"] > 0.8 * card["width"]) is (width == 390), f"{name}: a thumb finds the button"
    finally:
        context.close()
    assert asked == []
