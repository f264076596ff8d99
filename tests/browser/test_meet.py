"""Frontdesk's own meeting page in Chromium: what it does with the token, and what it says when it cannot go on."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.support.desk import Desk
from webapp.livekit import tokens


def heading(page: Page, text: str) -> None:
    """The page ends in that state."""
    expect(page.get_by_role("heading", name=text)).to_be_visible()


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
