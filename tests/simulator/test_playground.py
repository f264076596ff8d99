"""The playground serves its pages, and a newcomer can join, call in and watch there, with scripts and without."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.plugins.receiver import Receiver
from tests.support.livekit import LiveKit
from tests.support.waiting import PATIENCE

AXE = (Path(__file__).parent.parent / "browser" / "vendor" / "axe-core-4.14.1.min.js").read_text()
NUMBER = "+15550001"


@pytest.fixture
def meeting(livekit: LiveKit, receiver: Receiver) -> LiveKit:
    """A LiveKit with a number whose PIN 4711 leads into the room `meeting`."""
    livekit.hooks_to(receiver.url)
    trunk = livekit.call("SIP", "CreateSIPInboundTrunk", trunk={"name": "desk", "numbers": [NUMBER]})
    rule = {"dispatch_rule_direct": {"room_name": "meeting", "pin": "4711"}}
    livekit.call("SIP", "CreateSIPDispatchRule", trunk_ids=[trunk["sip_trunk_id"]], rule=rule)
    return livekit


def send(livekit: LiveKit, action: str, **form: str) -> requests.Response:
    """Send a form of the playground."""
    url = f"{livekit.url}/playground/{action}"
    return livekit.session.post(url, data=form, timeout=PATIENCE, allow_redirects=False)


@pytest.mark.parametrize("path", ["", "/", "/index.html", "/meet?room=abcd", "/playground.js", "/meet.js", "/icon.svg"])
def test_the_playground_is_served_under_a_strict_policy(livekit: LiveKit, path: str) -> None:
    answer = livekit.session.get(f"{livekit.url}/playground{path}", timeout=PATIENCE)
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["nothing", "__init__.py", "../world.py", "%2e%2e/world.py", "templates/index.html", "pages.py"]
)
def test_nothing_else_of_the_simulator_is_served(livekit: LiveKit, path: str) -> None:
    assert livekit.session.get(f"{livekit.url}/playground/{path}", timeout=PATIENCE).status_code == 404


def test_every_form_goes_back_to_the_page_and_does_what_it_says(meeting: LiveKit) -> None:
    joined = send(meeting, "join", room="meeting", name="Ada Lovelace")
    assert (joined.status_code, joined.headers["Location"]) == (303, "/playground/")
    who = {"room": "meeting", "identity": "web-ada-lovelace"}
    send(meeting, "unpublish", **who)
    assert meeting.participants("meeting")["web-ada-lovelace"]["tracks"] == []
    send(meeting, "publish", **who)
    assert len(meeting.participants("meeting")["web-ada-lovelace"]["tracks"]) == 1
    send(meeting, "leave", **who)
    assert meeting.participants("meeting") == {}
    send(meeting, "dial", **{"from": "+15551234", "to": NUMBER, "source_ip": "127.0.0.1", "pin": ""})
    (phone,) = meeting.reading("phones")
    send(meeting, "press", id=phone["id"], keys="4711#")
    assert meeting.control("rest", id=phone["id"])["state"] == "inside"
    send(meeting, "hang-up", id=phone["id"])
    assert meeting.phone(phone["id"])["state"] == "ended"


def test_a_pin_given_beforehand_is_typed_when_the_phone_asks(meeting: LiveKit) -> None:
    for pin, state in [("4711", "inside"), ("4711#", "inside"), ("9999", "ended")]:
        send(meeting, "dial", **{"from": f"+1555{pin[:4]}{len(pin)}", "to": NUMBER, "pin": pin})
        assert meeting.control("rest", id=meeting.reading("phones")[-1]["id"])["state"] == state


@pytest.mark.parametrize(
    ("action", "form", "words"),
    [
        ("join", {"room": "meeting", "name": "!!!"}, "A room and a name are needed."),
        ("join", {"room": "", "name": "Ada"}, "A room and a name are needed."),
        ("join-with-token", {"token": "x"}, "LiveKit refuses the token"),
        ("leave", {"room": "meeting", "identity": "x"}, "nobody of that identity is in that room"),
        ("dial", {"to": NUMBER, "pin": "12x"}, "a phone has the keys 0-9, *, # and a-d"),
        ("press", {"id": "SCL_x", "keys": "1"}, "no phone has this id"),
        ("press", {}, "id is missing"),
    ],
)
def test_what_makes_no_sense_is_said_on_the_page(
    meeting: LiveKit, action: str, form: dict[str, str], words: str
) -> None:
    answer = send(meeting, action, **form)
    assert answer.status_code == 422
    assert words in answer.text


def test_names_are_shown_as_text_and_never_as_markup(meeting: LiveKit) -> None:
    meeting.join("<b>room</b>", "web", name="<script>alert(1)</script>")
    page = meeting.session.get(f"{meeting.url}/playground/", timeout=PATIENCE).text
    assert "<script>alert" not in page and "<b>room</b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_page_of_another_site_cannot_send_its_forms(meeting: LiveKit) -> None:
    url = f"{meeting.url}/playground/join"
    form = {"room": "meeting", "name": "Eve"}
    answer = requests.post(url, data=form, headers={"Origin": "http://evil.example"}, timeout=PATIENCE)
    assert answer.status_code == 403 and meeting.rooms() == []


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[bool], Page]]:
    """Opens pages, with scripts or without, on which no script fails and which ask nobody but the simulator."""
    errors: list[str] = []
    with ExitStack() as stack:

        def opened(scripts: bool = True) -> Page:
            context = browser.new_context(java_script_enabled=scripts)
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE * 1000)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.on("request", lambda sent: None if "127.0.0.1" in sent.url else errors.append(sent.url))
            return page

        yield opened
    assert errors == []


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_newcomer_joins_calls_in_and_watches_the_webhooks(
    meeting: LiveKit, open_page: Callable[[bool], Page], scripts: bool
) -> None:
    expect.set_options(timeout=PATIENCE * 1000)
    page = open_page(scripts)
    page.goto(f"{meeting.url}/playground/")
    page.get_by_label("Room", exact=True).fill("meeting")
    page.locator("#join").get_by_role("button").click()
    expect(page.locator("#rooms").get_by_text("Ada")).to_be_visible()
    page.get_by_role("button", name="Call").click()
    page.get_by_label("Keys to press").fill("4711#")
    page.get_by_role("button", name="Press").click()
    meeting.control("rest", id=meeting.reading("phones")[0]["id"])
    meeting.settle()
    if not scripts:
        page.get_by_role("link", name="Check again").click()
    expect(page.locator("#rooms").get_by_text("Phone +15551234")).to_be_visible()
    expect(page.locator("#events tr").first).to_contain_text("track_published")
    page.locator("#rooms li", has_text="Ada").get_by_role("button", name="Leave").click()
    expect(page.locator("#rooms").get_by_text("Ada")).to_have_count(0)
    assert set(meeting.participants("meeting")) == {"sip_+15551234"}


@pytest.mark.browser
def test_half_typed_keys_survive_what_happens_meanwhile(meeting: LiveKit, open_page: Callable[[bool], Page]) -> None:
    expect.set_options(timeout=PATIENCE * 1000)
    page = open_page(True)
    page.goto(f"{meeting.url}/playground/")
    page.get_by_role("button", name="Call").click()
    page.get_by_label("Keys to press").fill("47")
    meeting.join("meeting", name="Grace")
    expect(page.locator("#rooms").get_by_text("Grace")).to_be_visible()
    expect(page.get_by_label("Keys to press")).to_have_value("47")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_page(
    meeting: LiveKit, open_page: Callable[[bool], Page], scheme: str
) -> None:
    meeting.join("meeting", name="Grace", publish=["microphone"])
    meeting.dial(to=NUMBER)
    meeting.dial("+15557777", to=NUMBER, keys="4711#")
    meeting.dial("+1", to="+19998887777")
    page = open_page(True)
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{meeting.url}/playground/")
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


@pytest.mark.browser
def test_an_admitted_guest_is_in_the_meeting_with_the_token_of_the_address(
    livekit: LiveKit, open_page: Callable[[bool], Page]
) -> None:
    page = open_page(True)
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
def test_without_a_token_the_meeting_page_says_so(livekit: LiveKit, open_page: Callable[[bool], Page]) -> None:
    page = open_page(True)
    page.goto(f"{livekit.url}/playground/meet?room=abcd-efgh-ijk")
    expect(page.get_by_role("status")).to_contain_text("no token")
