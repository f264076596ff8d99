"""The playground serves its pages, and a newcomer can join, call in and watch there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.livekit import LiveKit
from tests.plugins.receiver import Receiver


@pytest.mark.parametrize("path", ["", "/", "/index.html", "/meet?room=abcd", "/playground.js", "/meet.js", "/icon.svg"])
def test_the_playground_is_served_under_a_strict_policy(livekit: LiveKit, path: str) -> None:
    answer = livekit.session.get(f"{livekit.url}/playground{path}", timeout=5)
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["nothing", "__init__.py", "../world.py", "%2e%2e/world.py"])
def test_nothing_else_of_the_simulator_is_served(livekit: LiveKit, path: str) -> None:
    assert livekit.session.get(f"{livekit.url}/playground/{path}", timeout=5).status_code == 404


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which no script fails."""
    context = browser.new_context()
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert errors == []


@pytest.mark.browser
def test_a_newcomer_joins_calls_in_and_watches_the_webhooks(livekit: LiveKit, receiver: Receiver, page: Page) -> None:
    livekit.hooks_to(receiver.url)
    trunk = livekit.call("SIP", "CreateSIPInboundTrunk", trunk={"name": "desk", "numbers": ["+15550001"]})
    rule = {"dispatch_rule_direct": {"room_name": "meeting", "pin": "4711"}}
    livekit.call("SIP", "CreateSIPDispatchRule", trunk_ids=[trunk["sip_trunk_id"]], rule=rule)
    page.goto(f"{livekit.url}/playground/")
    page.get_by_label("Room", exact=True).fill("meeting")
    page.locator("#join").get_by_role("button").click()
    expect(page.locator("#rooms").get_by_text("Ada")).to_be_visible()
    page.get_by_role("button", name="Call").click()
    page.get_by_label("Keys to press").fill("4711#")
    page.get_by_role("button", name="Press").click()
    expect(page.locator("#rooms").get_by_text("Phone +15551234")).to_be_visible()
    expect(page.locator("#events tr").first).to_contain_text("track_published")
    page.locator("#rooms li", has_text="Ada").get_by_role("button", name="Leave").click()
    expect(page.locator("#events")).to_contain_text("participant_left")
    assert set(livekit.participants("meeting")) == {"sip_+15551234"}


@pytest.mark.browser
def test_an_admitted_guest_is_in_the_meeting_with_the_token_of_the_address(livekit: LiveKit, page: Page) -> None:
    token = livekit.token({"roomJoin": True, "room": "meeting"}, sub="guest-1", name="Grace")
    page.goto(f"{livekit.url}/playground/meet?room=abcd-efgh-ijk#token={token}")
    expect(page.get_by_role("status")).to_have_text("You are in the meeting as Grace.")
    livekit.call("RoomService", "RemoveParticipant", room="meeting", identity="guest-1")
    expect(page.get_by_role("status")).to_have_text("You are no longer in the meeting.")
    page.get_by_role("button", name="Join again").click()
    expect(page.get_by_role("listitem")).to_have_text("Grace (speaks)")
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("button", name="Join again")).to_be_visible()
    assert livekit.participants("meeting") == {}


@pytest.mark.browser
def test_without_a_token_the_meeting_page_says_so(livekit: LiveKit, page: Page) -> None:
    page.goto(f"{livekit.url}/playground/meet?room=abcd-efgh-ijk")
    expect(page.get_by_role("status")).to_contain_text("no token")
