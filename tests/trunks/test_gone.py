"""A trunk that LiveKit no longer has takes no room, says so, and leads to another one for its rooms."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa

from tests.support.installation import Installation
from tests.support.personas import Browser
from tests.support.shown import text_of
from webapp.core.db import db, utcnow
from webapp.rooms import trunk_list
from webapp.rooms.models import Room, TrunkRow

As = Callable[[str], Browser]


def delete(installation: Installation, trunk_id: str) -> None:
    installation.livekit.call("SIP", "DeleteSIPTrunk", sip_trunk_id=trunk_id)


def last_listed(seconds: int) -> None:
    """LiveKit was last asked for its trunks so long ago."""
    db.session.execute(sa.update(TrunkRow).values(seen_at=utcnow() - timedelta(seconds=seconds)))
    db.session.commit()


def newest() -> Room:
    room = db.session.scalars(sa.select(Room).order_by(Room.id.desc()).limit(1)).one()
    db.session.commit()
    return room


def make(client_as: As, phone: bool = True) -> Room:
    data = {"name": "Budget", "access_level": "restricted", **({"phone_enabled": "y"} if phone else {})}
    assert client_as("owner").post("/rooms/new", data=data).status_code == 303
    return newest()


@pytest.fixture
def second(installation: Installation) -> str:
    """Another trunk, with rooms enough to be the second choice."""
    trunk_id = installation.trunk(number="+15550002")
    db.session.execute(sa.update(TrunkRow).where(TrunkRow.sip_trunk_id == trunk_id).values(room_count=7))
    db.session.commit()
    return trunk_id


def test_a_trunk_deleted_since_the_last_list_takes_no_new_room(installation: Installation, second: str, client_as: As):
    delete(installation, installation.trunk_id)
    last_listed(30)
    assert make(client_as).trunk_id == second
    db.session.expire_all()
    assert db.session.get_one(TrunkRow, installation.trunk_id).gone_at is not None


def test_a_room_that_gets_its_phone_or_its_pin_later_does_not_land_there_either(
    installation: Installation, second: str, client_as: As
):
    room = make(client_as, phone=False)
    delete(installation, installation.trunk_id)
    last_listed(30)
    client_as("owner").post(f"/rooms/{room.slug}/phone", data={"phone_enabled": "y", "hide_phone_number": "y"})
    db.session.refresh(room)
    assert room.trunk_id == second
    db.session.query(Room).filter_by(id=room.id).update({"pin": None, "trunk_id": ""})
    db.session.execute(sa.update(TrunkRow).values(gone_at=None))
    db.session.commit()
    last_listed(30)
    client_as("owner").post(f"/rooms/{room.slug}/pin/new")
    db.session.refresh(room)
    assert room.trunk_id == second


def test_the_form_that_moves_rooms_does_not_offer_it(installation: Installation, second: str, client_as: As):
    installation.room()
    delete(installation, second)
    last_listed(30)
    page = client_as("admin").get("/telephony/moves/new").text
    targets = re.search(r'<select[^>]*name="target".*?</select>', page, re.DOTALL)
    assert targets and second not in targets[0] and installation.trunk_id in targets[0]
    data = {"source": installation.trunk_id, "target": second}
    assert client_as("admin").post("/telephony/moves/", data=data).status_code == 422


def test_livekit_is_asked_once_and_only_while_the_list_is_old(installation: Installation, client_as: As):
    last_listed(30)
    before = installation.livekit.calls("ListSIPInboundTrunk")
    make(client_as)
    make(client_as)
    assert installation.livekit.calls("ListSIPInboundTrunk") == before + 1


def test_a_room_is_made_although_livekit_does_not_answer(installation: Installation, client_as: As):
    last_listed(30)
    installation.livekit.fail("ListSIPInboundTrunk", "unavailable")
    assert make(client_as).trunk_id == installation.trunk_id


def test_where_no_trunk_is_open_nobody_is_asked(installation: Installation):
    db.session.execute(sa.update(TrunkRow).values(assignable=False))
    db.session.commit()
    last_listed(30)
    before = installation.livekit.calls("ListSIPInboundTrunk")
    trunk_list.refresh()
    assert installation.livekit.calls("ListSIPInboundTrunk") == before


@pytest.mark.parametrize("swept", [False, True])
def test_the_page_of_a_gone_trunk_says_so_and_leads_to_moving_its_rooms(
    installation: Installation, second: str, client_as: As, swept: bool
):
    trunk_id = installation.trunk_id
    installation.room()
    db.session.execute(sa.update(TrunkRow).where(TrunkRow.sip_trunk_id == trunk_id).values(room_count=1))
    db.session.commit()
    delete(installation, trunk_id)
    if swept:
        installation.sweep()
    url = f"/telephony/trunks/{trunk_id}/"
    page = client_as("admin").get(url).text
    assert "gone from LiveKit" in page and "1 room has its PIN here" in text_of(page)
    (link,) = re.findall(r'href="(/telephony/moves/new[^"]*)"', page)
    preview = client_as("admin").get(unescape(link))
    assert preview.status_code == 200 and "Move 1 room" in preview.text
    for wrong in ("Close for new rooms", "Open for new rooms", "Delete trunk"):
        assert wrong not in page
    assert "Gone from LiveKit" in client_as("support").get("/telephony/trunks/").text
    told = client_as("support").get(url).text
    assert "An admin can move them" in text_of(told) and "/telephony/moves/new" not in told


def test_a_gone_trunk_without_rooms_still_has_its_page(installation: Installation, client_as: As):
    delete(installation, installation.trunk_id)
    installation.sweep()
    page = client_as("support").get(f"/telephony/trunks/{installation.trunk_id}/")
    assert page.status_code == 200 and "gone from LiveKit" in page.text
    assert client_as("support").get("/telephony/trunks/ST_none/").status_code == 404


def test_a_trunk_of_which_livekit_says_nothing_now_is_not_called_gone(installation: Installation, client_as: As):
    installation.livekit.fail("ListSIPInboundTrunk", "unavailable")
    assert "gone from LiveKit" not in client_as("support").get(f"/telephony/trunks/{installation.trunk_id}/").text
