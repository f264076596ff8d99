"""An admin exports what is kept about a person, and has the person forgotten; everybody exports their own data."""

import json
from collections.abc import Callable

from tests.support.desk import Desk

LEAVING = "leaving@tenants.example"


def test_everybody_exports_their_own_data(people: Callable[[str], Desk]):
    member = people("member")
    member.go("/account/")
    with member.page.expect_download() as mine:
        member.press("Export my data")
    own = json.loads(mine.value.path().read_text())
    assert mine.value.suggested_filename == "my-data.json"
    member.sees(own["account"][0]["email"])


def test_an_admin_exports_a_persons_data_and_then_has_them_forgotten(people: Callable[[str], Desk]):
    owner, admin = people("owner"), people("admin")
    room = owner.make_room("Quay hearing")
    owner.go(f"{room}access/")
    owner.fill("Add a person by e-mail", LEAVING)
    owner.press("Add person")
    owner.sees(LEAVING)
    admin.go("/people/")
    admin.fill("E-mail address", LEAVING)
    admin.press("Find person")
    admin.page.locator("summary", has_text="Export data…").click()
    admin.page.locator("#export-reason").fill("Request of 12 May")
    with admin.page.expect_download() as theirs:
        admin.press("Export data", admin.page.locator("details.export"))
    assert json.loads(theirs.value.path().read_text())["account"][0]["email"] == LEAVING
    admin.page.locator("summary", has_text="Forget person…").click()
    zone = admin.page.locator("#forget")
    zone.get_by_label("Their e-mail address, to confirm").fill(LEAVING)
    zone.get_by_label("Reason").fill("Asked for it by letter")
    zone.locator("button.destroy").click()
    admin.sees("This person was forgotten.")
    owner.go(f"{room}activity")
    owner.sees("Forgotten person")
