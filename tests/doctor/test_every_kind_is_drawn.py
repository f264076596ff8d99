"""Every kind of finding can be drawn by every page that may show it: a new kind fails here until it can."""

import html
from collections.abc import Callable

import pytest

from tests.support.findings import RECIPES
from tests.support.installation import Installation
from tests.support.personas import SWAP, Browser, persona
from webapp.core.db import db
from webapp.doctor import reading as readings
from webapp.doctor.kinds import Kind
from webapp.rooms.models import Access, Role, Room

As = Callable[[str], Browser]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_page_draws_a_finding_of_the_kind(installation: Installation, client_as: As, kind: Kind):
    RECIPES[kind](installation)
    for (room_id,) in db.session.query(Room.id).all():
        db.session.add(Access(room_id=room_id, user_id=persona("owner").id, role=Role.OWNER))
    db.session.commit()
    found = [finding for finding in readings.read().findings if finding.kind is kind]
    assert found, "the recipe makes no such finding"
    keys, slugs = [finding.key for finding in found], [slug for (slug,) in db.session.query(Room.slug)]
    trunks = [entry.id for entry in readings.read().trunk_entries]
    db.session.commit()
    pages = [
        "/",
        "/desk/findings",
        "/telephony/rules/",
        "/telephony/rules/count",
        "/telephony/rules/findings",
        "/telephony/trunks/",
    ]
    pages += [f"/telephony/rules/read?kind={kind.value}", "/telephony/rules/read?show=found", "/system/setup"]
    pages += [f"/telephony/repairs/new?scope={kind.value}", f"/telephony/repairs/new.csv?scope={kind.value}"]
    pages += [f"/telephony/trunks/{trunk_id}/" for trunk_id in trunks]
    pages += [f"/rooms/{slug}/support" for slug in slugs]
    for who in ("support", "admin"):
        browser = client_as(who)
        assert {page: browser.get(page).status_code for page in pages} == dict.fromkeys(pages, 200), who
        for key in keys:
            assert browser.get(f"/telephony/repairs/of/{key}").status_code in {200, 404}, key
            assert browser.get(f"/telephony/repairs/of/{key}", headers=SWAP).status_code in {200, 404}, key
    read = client_as("admin").get(f"/telephony/rules/read?kind={kind.value}", headers=SWAP).text
    assert read.count('<article class="finding') == len(found)
    assert "“”" not in html.unescape(read)
    owner = client_as("owner")
    assert {owner.get(f"/rooms/{slug}/").status_code for slug in slugs} <= {200}
