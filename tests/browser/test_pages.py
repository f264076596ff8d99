"""Every page of the site, as an admin, an owner and a guest see it: axe finds nothing, and nothing scrolls sideways."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.support.demo import Site
from tests.support.desk import Desk
from tests.support.meeting import Phone
from tests.support.waiting import PATIENCE
from webapp.core.db import utcnow

NO_PAGES = {  # fragments, files, redirects, and what machines ask
    "access.list_csv",
    "access.review_csv",
    "accounts.sign_in",
    "audit.log_csv",
    "audit.reveals_csv",
    "desk.findings",
    "desk.rooms_in_use",
    "health.healthz",
    "health.metrics",
    "health.readyz",
    "invitations.newest",
    "lobby.count",
    "lobby.join_typed",
    "lobby.waiting",
    "recordings.media_auth",
    "recordings.media_file",
    "recordings.now",
    "recordings.preview_retention",
    "reviews.evidence_pack",
    "rooms.check_slug",
    "rooms.hide_dial_in_code",
    "rooms.hide_pin",
    "rooms.save_link_code",
    "static",
    "doctor.await_rules",
    "calls.list_csv",
    "doctor.finding_count",
    "repairs.new_csv",
    "repairs.run_csv",
    "support.bundle",
    "support.list_csv",
}
OF_GUESTS = {
    "accounts.callback",
    "accounts.login",
    "accounts.signed_out",
    "lobby.join",
    "lobby.meet",
    "lobby.wait",
    "invitations.stop",
    "mails.turn_off",
}
LINK = re.compile(r'href="(/[^"#]*)')
WIDTHS = (1280, 768, 390)
LONG_NAME = "Ferry" * 20  # without a blank to break at


class Walk:
    """A way through all pages that links lead to, one page of each kind."""

    def __init__(self, app: Flask, desk: Desk) -> None:
        self.urls = app.url_map.bind("localhost")
        self.desk = desk
        self.seen: set[str] = set()
        desk.page.emulate_media(reduced_motion="reduce")  # a colour on its way to another has no contrast

    def from_the_desk(self) -> None:
        """Follow every link to a kind of page not seen yet."""
        ahead = ["/"]
        while ahead:
            path = ahead.pop(0)
            kind = self.kind_of(path)
            if kind and kind not in self.seen | NO_PAGES:
                self.look(path)
                ahead += self.links()

    def kind_of(self, path: str) -> str:
        """The endpoint behind an address; none when there is no such page."""
        try:
            return str(self.urls.match(urlsplit(path).path, "GET")[0])
        except HTTPException:
            return ""

    def look(self, path: str) -> None:
        """Open a page and hold it to what all pages promise, with what it loads by itself."""
        self.desk.go(path)
        self.seen.add(self.kind_of(path))
        self.desk.page.locator(".htmx-request").first.wait_for(state="detached")
        self.desk.page.locator("main details").evaluate_all("all => all.forEach((one) => (one.open = true))")
        self.desk.accessible()
        self.desk.page.emulate_media(color_scheme="dark")
        self.desk.readable()
        self.desk.page.emulate_media(color_scheme="light")
        for width in WIDTHS:
            self.desk.page.set_viewport_size({"width": width, "height": 900})
            self.desk.fits()
        self.desk.labelled()

    def links(self) -> Iterator[str]:
        """The addresses that the page leads to, as it was served and as scripts have made it since."""
        served = self.desk.page.request.get(self.desk.page.url).text()
        for address in LINK.findall(served + self.desk.page.content()):
            yield address.replace("&amp;", "&")


def invite(owner: Desk) -> None:
    """Leave two invitations of the room whose page is open: one that waits for the mail server, one withdrawn."""
    room = owner.path
    owner.go(f"{room}invite")
    owner.fill("E-mail addresses", f"lotte@guests.example\n{LONG_NAME}@guests.example")
    owner.fill("Date", f"{utcnow() + timedelta(days=1):%Y-%m-%d}")
    owner.fill("From", "14:00")
    owner.press("Send invitations")
    owner.sees("2 invitations are on their way.")
    owner.page.locator("#invitations").get_by_role("button", name="Withdraw").first.click()
    owner.sees("Change time…")
    owner.go(room)


def ask(guest: Desk, link: str, name: str) -> str:
    """Stand at a room's door; returns the address of the page on which one waits."""
    guest.go(link)
    guest.fill("Your name", name)
    guest.press("Ask to join")
    guest.sees("Waiting to be let in")
    return guest.path


def record(owner: Desk) -> None:
    """Leave a recording that ended."""
    section = owner.page.locator("#room-recordings")
    owner.press("Start recording", section)
    owner.press("Stop recording", section)
    owner.sees_after_a_while("Saved")


def explain(admin: Desk) -> str:
    """Ask which rule takes a call; returns the address of the answer."""
    admin.go("/telephony/explain")
    admin.fill("Called number", "+15550001")
    admin.press("Follow this call")
    admin.page.wait_for_url(f"{admin.url}/telephony/explain/*")
    return admin.path


def move(admin: Desk) -> str:
    """Spread the rooms over a second trunk, and close it; returns the address of the page that opens it again."""
    admin.go("/telephony/trunks/new")
    admin.fill("Name", LONG_NAME)
    admin.fill("Called numbers", "+33 1 99 00 55 57")
    admin.press("Save in LiveKit")
    admin.page.get_by_role("heading", name=LONG_NAME, level=1).wait_for()
    trunk = admin.path
    admin.go("/telephony/moves/new?source=*&target=%3D")
    admin.page.get_by_role("button", name=re.compile(r"Move \d+ room")).click()
    admin.sees_after_a_while("Done")
    admin.go(trunk)
    admin.press("Close for new rooms")
    admin.sees("Open for new rooms…")
    return f"{trunk}open"


def find(admin: Desk, owner: Desk) -> str:
    """Find the owner by the address on their own page; returns the address of the page about them."""
    owner.go("/account/")
    admin.go("/people/")
    admin.fill("E-mail address", owner.page.locator(".lead").inner_text().split()[-1])
    admin.press("Find person")
    admin.page.get_by_role("heading", name="Danger zone").wait_for()
    return admin.path


def review(admin: Desk) -> str:
    """Start a review; returns the address of the page on which somebody else is asked to answer."""
    admin.go("/audit/reviews/new")
    admin.fill("Name", LONG_NAME)
    admin.fill("Open until the end of", (utcnow() + timedelta(days=30)).date().isoformat())
    admin.press("Start review")
    admin.sees_after_a_while("days left")
    owner = admin.page.locator("#owners th a").first.get_attribute("href") or ""
    return f"{admin.path}owners/{owner.split('/')[2]}/reassign"


def deny(owner: Desk) -> str:
    """Turn the first guest away; returns the address of the page that takes it back, for a moment."""
    owner.go("/lobby/")
    owner.press("Deny Rasmus Holt")
    return owner.page.get_by_role("link", name="Undo…").get_attribute("href") or ""


def repair(admin: Desk, site: Site) -> None:
    """Let two rules be wrong: one of ours, which a run repairs, and a foreign one, which stays."""
    listed = _control(site, "call", service="SIP", method="ListSIPDispatchRule", request={})["items"]
    own = next(rule for rule in listed if rule["name"].startswith("frontdesk:"))
    direct = {"dispatch_rule_direct": {**own["rule"]["dispatch_rule_direct"], "pin": "13572468"}}
    double = {"name": own["name"], "trunk_ids": own["trunk_ids"], "rule": direct, "hide_phone_number": True}
    foreign = {"name": LONG_NAME * 2, "rule": {"dispatch_rule_direct": {"room_name": "night", "pin": "97531"}}}
    _control(site, "store-sip", rules=[double, foreign])
    admin.go("/telephony/repairs/new")
    admin.page.get_by_role("button", name=re.compile(r"Repair \d+ finding")).click()
    admin.sees_after_a_while("Ended")


def _control(site: Site, command: str, **told: Any) -> Any:
    answer = requests.post(f"{site.livekit_url}/control/{command}", json=told, timeout=PATIENCE)
    answer.raise_for_status()
    return answer.json()


@pytest.mark.parametrize("scripts", [True], ids=["with JavaScript"])
def test_every_page_is_accessible_and_fits_in_both_themes(
    app: Flask, people: Callable[[str], Desk], phone: Phone, site: Site
):
    owner, admin, guest = people("owner"), people("admin"), people("")
    owner.go("/rooms/")
    owner.follow("Housing committee")
    link = "/join/" + owner.path.split("/")[2]
    phone.call(owner.number(), owner.pin(), caller="+33612345622")
    invite(owner)
    record(owner)
    ask(people(""), link, "Rasmus Holt")
    waiting = ask(guest, link, "Wolfeschlegelsteinhausenbergerdorff the Elder of Philadelphia")

    repair(admin, site)
    closed = move(admin)
    reassign = review(admin)
    walks = [Walk(app, desk) for desk in (owner, admin, guest)]
    walks[0].from_the_desk()
    walks[1].from_the_desk()
    for path in (
        waiting,
        link,
        "/meet/any",
        "/login",
        "/signed-out",
        "/oidc/callback?state=none&code=none",
        "/invitations/stop/none",
        "/mails/off/none",
        "/nothing-here",
    ):
        walks[2].look(path)
    walks[1].look(explain(admin))
    walks[1].look(closed)
    walks[1].look(reassign)
    walks[1].look(find(admin, owner))
    walks[0].look(deny(owner))
    walks[0].look("/access/undo")  # where an undo that came too late leads
    walks[0].look("/system/jobs/")  # which is not for owners

    readable = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert readable - NO_PAGES - OF_GUESTS <= walks[0].seen | walks[1].seen, "some page is linked from nowhere"
    assert walks[2].seen >= OF_GUESTS
