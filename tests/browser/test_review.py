"""An admin has access reviewed and an owner answers, with JavaScript and without."""

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import expect

from tests.support.desk import Desk
from webapp.core.db import utcnow

People = Callable[[str], Desk]


def test_an_owner_confirms_and_removes_and_the_admin_sees_it(people: People):
    admin, owner = people("admin"), people("owner")
    room = owner.make_room("Harbour hearing")
    for address in ("first@frontdesk.example", "second@frontdesk.example", "third@frontdesk.example"):
        owner.go(f"{room}access/")
        owner.fill("Add a person by e-mail", address)
        owner.press("Add person")
        owner.sees(address)

    admin.go("/audit/reviews/new")
    admin.fill("Name", "Harbour review")
    admin.fill("Open until the end of", (utcnow() + timedelta(days=30)).date().isoformat())
    admin.page.get_by_label("Only these rooms:").check()
    admin.fill("Links of rooms", room.strip("/").split("/")[1])
    admin.press("Start review")
    admin.sees_after_a_while("days left")

    owner.go("/reviews/" + admin.path.split("/")[3] + "/")
    rows = owner.page.locator("#people tbody tr")
    assert rows.count() == 3
    owner.press("Confirm first@frontdesk.example")
    owner.sees("1 of 3 people checked")
    if owner.scripts:
        owner.sees("Undo")
        expect(owner.page.get_by_role("button", name="Confirm second@frontdesk.example")).to_be_focused()
        owner.page.keyboard.press("Enter")
        owner.sees("2 of 3 people checked")
        expect(owner.page.get_by_role("button", name="Confirm third@frontdesk.example")).to_be_focused()
    else:
        owner.press("Confirm second@frontdesk.example")
        owner.sees("2 of 3 people checked")
    owner.press("Remove third@frontdesk.example")
    owner.sees(re.compile("2 confirmed · 1 removed · 0 to go"))
    owner.accessible()
    owner.fits()

    admin.page.reload()
    admin.sees("3 of 3 roles checked")
    admin.unfold("End review…")
    admin.press("End the review")
    admin.sees_after_a_while(re.compile("Built twice at"))
    admin.accessible()
    admin.fits()
