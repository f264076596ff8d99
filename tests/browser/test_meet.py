"""Frontdesk's own meeting page in Chromium: what it does with the token, and what it says when it cannot go on."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.desk import Desk
from tests.support.installed import free_port
from tests.support.waiting import PATIENCE
from webapp.livekit import tokens

CANNOT_REACH = "The meeting server can't be reached"


@pytest.fixture
def page_that_fails(browser: Browser) -> Iterator[Page]:
    """A page whose console Chromium fills with what could not be reached."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    yield page
    context.close()


def heading(page: Page, text: str) -> None:
    """The page ends in that state."""
    expect(page.get_by_role("heading", name=text)).to_be_visible(timeout=PATIENCE * 1000)


def test_without_a_token_the_page_leads_to_the_join_page(open_page: Callable[[bool], Page], served: str):
    desk = Desk(open_page(True), served, scripts=True)
    desk.go("/meet/any-room")
    heading(desk.page, "This page needs your own link")
    expect(desk.page.get_by_role("link", name="Go to the join page")).to_have_attribute("href", "/join/any-room")
    desk.accessible()


def test_an_expired_token_leaves_the_address_bar_too(open_page: Callable[[bool], Page], served: str):
    page = open_page(True)
    page.goto(f"{served}/meet/any-room#token={tokens.guest_token('r', 'i', 'Lotte', timedelta(seconds=-60))}")
    heading(page, "Your link has expired")
    assert page.url == f"{served}/meet/any-room"


def test_without_scripts_the_page_says_what_a_meeting_needs(open_page: Callable[[bool], Page], served: str):
    page = open_page(False)
    page.goto(f"{served}/meet/any-room")
    heading(page, "A meeting needs JavaScript")


def test_a_livekit_that_is_away_is_said_and_a_reload_tries_with_the_same_token(
    page_that_fails: Page, served: str, change_settings: Callable[..., None]
):
    change_settings(livekit_public_url=f"http://127.0.0.1:{free_port()}")
    page = page_that_fails
    page.goto(f"{served}/meet/any-room#token={tokens.guest_token('r', 'i', 'Lotte')}")
    heading(page, CANNOT_REACH)
    assert page.url == f"{served}/meet/any-room", "who copies the address would give the token away"
    page.reload()
    heading(page, CANNOT_REACH)
