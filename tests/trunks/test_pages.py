"""Trunks are read from LiveKit, made, changed and deleted there; what LiveKit demands is said before it is asked."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.support.installation import NUMBER, Installation
from tests.support.personas import SWAP, Browser
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.calls.models import Call
from webapp.core import filters
from webapp.core.db import db, utcnow
from webapp.rooms.models import TrunkRow

As = Callable[[str], Browser]
PAGE = "/telephony/trunks/"
FIELDS = {"name": "Night line", "numbers": "+33 1 00 00 00 01\n+33100000002", "allowed_numbers": ""}


def _url(installation: Installation, *rest: str) -> str:
    return PAGE + "/".join((installation.trunk_id, *rest))


def _trunk(installation: Installation, trunk_id: str) -> dict[str, Any]:
    return next(each for each in installation.livekit.trunks() if each["sip_trunk_id"] == trunk_id)


def _read(admin: Browser, installation: Installation) -> dict[str, str]:
    """What the page sends once it was read."""
    page = admin.get(_url(installation, "open")).text
    read = re.search(r'name="read"[^>]*value="([^"]*)"', page)
    assert read is not None
    return {"assignable": "y", "sure": "y", "read": read[1]}


def test_staff_see_every_trunk_with_its_rooms_and_pins(installation: Installation, client_as: As):
    room = installation.live()
    db.session.query(TrunkRow).update({"room_count": 1})
    db.session.commit()
    page = client_as("support").get(PAGE).text
    assert "Harbour" in page
    assert NUMBER in page
    page = client_as("support").get(_url(installation) + "/").text
    assert room.name in page
    assert str(room.pin) not in page
    assert str(room.pin)[-2:] in page
    assert "Guard" in page
    assert "under 0.01 %" in page


@pytest.mark.parametrize("who", ["owner", "member", "stranger"])
@pytest.mark.parametrize("path", ["", "new", "x/", "x/edit", "x/delete"])
def test_people_without_a_staff_role_see_no_trunk(installation: Installation, client_as: As, who: str, path: str):
    assert client_as(who).get(PAGE + path).status_code == 403


@pytest.mark.parametrize("path", ["new", "x/edit", "x/delete"])
def test_support_changes_no_trunk(installation: Installation, client_as: As, path: str):
    assert client_as("support").get(PAGE + path).status_code == 403
    assert client_as("support").post(PAGE, data=FIELDS).status_code == 403
    assert client_as("support").post(_url(installation, "delete"), data={"sure": "y"}).status_code == 403
    assert len(installation.livekit.trunks()) == 1


def test_an_unknown_trunk_is_not_there(installation: Installation, client_as: As):
    assert client_as("admin").get(PAGE + "ST_nope/").status_code == 404
    assert client_as("admin").get(PAGE + "ST_nope/edit").status_code == 404


def test_allowed_callers_are_masked(installation: Installation, client_as: As):
    installation.trunk_id = installation.trunk("+15550009", allowed_numbers=["+15557788"])
    page = client_as("support").get(_url(installation) + "/").text
    assert "+15557788" not in page
    assert "88" in page


def test_a_trunk_that_an_admin_makes_is_open_for_new_rooms_even_without_a_number(
    installation: Installation, client_as: As
):
    fields = FIELDS | {"numbers": "", "allowed_addresses": "192.0.2.1"}
    answer = client_as("admin").post(PAGE, data=fields)
    made = db.session.get_one(TrunkRow, answer.location.rstrip("/").rpartition("/")[2])
    installation.sweep()
    assert (made.number, made.assignable) == ("", True)


def test_an_admin_makes_a_trunk(installation: Installation, client_as: As):
    answer = client_as("admin").post(PAGE, data=FIELDS)
    assert answer.status_code == 303
    trunk_id = answer.location.rstrip("/").rpartition("/")[2]
    stored = _trunk(installation, trunk_id)
    assert (stored["name"], stored["numbers"]) == ("Night line", ["+33100000001", "+33100000002"])
    row = db.session.get_one(TrunkRow, trunk_id)
    assert (row.name, row.assignable) == ("Night line", True)
    entry = db.session.query(AuditEntry).filter_by(action="trunk.create").one()
    assert entry.details == {"numbers": 2, "allowed_numbers": 0, "allowed_addresses": 0, "password": False}


def test_inside_a_swap_the_browser_is_led_to_the_new_trunk(installation: Installation, client_as: As):
    answer = client_as("admin").post(PAGE, data=FIELDS, headers=SWAP)
    assert (answer.status_code, PAGE in answer.headers["HX-Redirect"]) == (204, True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"numbers": NUMBER}, "Harbour"),
        ({"numbers": "+1 (555) 0001"}, "takes one of these numbers already"),
        ({"numbers": ""}, "Anyone could call"),
        ({"numbers": "sip:x@y"}, "Enter a phone number"),
        ({"numbers": "+331"}, "No one can dial “+331”"),
        ({"numbers": "+33 1 99 00 11 22 33 44 55 6"}, "7 to 15 digits"),
        ({"numbers": "+0033199001122"}, "the first no 0"),
        ({"name": ""}, "Enter a name for the trunk"),
        ({"name": "a\u202eb"}, "invisible marks"),
        ({"allowed_addresses": "10.0.0.0/8, 192.168.0.0/16"}, "LiveKit would ignore it"),
        ({"allowed_addresses": "10.0.0.0/40"}, "LiveKit would ignore it"),
        ({"auth_username": "pbx"}, "with a user name alone, none is required"),
        ({"auth_password": "secret"}, "a password alone is never required"),
    ],
)
def test_what_livekit_would_refuse_or_misread_is_said_and_it_is_not_asked(
    installation: Installation, client_as: As, change: dict[str, str], words: str
):
    for headers in ({}, SWAP):
        answer = client_as("admin").post(PAGE, data={**FIELDS, **change}, headers=headers)
        assert answer.status_code == 422
        assert words in answer.text
        assert ("<html" in answer.text) == (not headers)
    assert installation.livekit.calls("CreateSIPInboundTrunk") == 0
    assert len(installation.livekit.trunks()) == 1


@pytest.mark.parametrize("number", ["200", "01 99 00 11 22", "0033199001122", "+1234567", "+123456789012345"])
def test_what_can_be_dialled_or_has_no_plus_is_taken(installation: Installation, client_as: As, number: str):
    assert client_as("admin").post(PAGE, data={**FIELDS, "numbers": number}).status_code == 303
    assert [number.replace(" ", "")] in [trunk["numbers"] for trunk in installation.livekit.trunks()]


def test_the_same_number_for_other_callers_is_fine(installation: Installation, client_as: As):
    installation.trunk_id = installation.trunk("+15550009", allowed_numbers=["+15557788"])
    told = {**FIELDS, "numbers": "+15550009", "allowed_numbers": "+15557799"}
    assert client_as("admin").post(PAGE, data=told).status_code == 303
    told = {**FIELDS, "numbers": "+15550009", "allowed_numbers": "+15557788"}
    answer = client_as("admin").post(PAGE, data=told)
    assert "one of these callers already" in answer.text


def test_trunks_that_livekit_would_store_although_calls_fail_on_them_are_refused(
    installation: Installation, client_as: As
):
    told = {**FIELDS, "numbers": NUMBER, "allowed_numbers": "+15557788"}
    answer = client_as("admin").post(PAGE, data=told)
    assert answer.status_code == 422
    assert "callers on the list would be refused" in answer.text
    other = installation.trunk("+15550009")
    answer = client_as("admin").post(f"{PAGE}{other}/", data={**FIELDS, "numbers": f"+15550009\n{NUMBER}"})
    assert answer.status_code == 422
    assert _trunk(installation, other)["numbers"] == ["+15550009"]


@pytest.mark.parametrize(
    ("share", "words"), [(0, "0 %"), (1e-9, "under 0.01 %"), (0.0001, "0.01 %"), (0.0525, "5.25 %"), (1, "100 %")]
)
def test_a_share_too_small_for_two_decimals_is_no_zero(app: Flask, share: float, words: str):
    with app.test_request_context():
        assert filters.percent(share) == words


def test_the_calls_of_a_day_are_counted(installation: Installation, client_as: As):
    for number, age in enumerate((0, 1, 25)):
        came_at = utcnow() - timedelta(hours=age)
        db.session.add(Call(sip_call_id=f"SCL_{number}", trunk_id=installation.trunk_id, came_at=came_at))
    db.session.commit()
    page = client_as("support").get(_url(installation) + "/").text
    assert f'<a href="/telephony/calls/?trunk={installation.trunk_id}">2</a>' in page


def test_an_admin_changes_a_trunk_and_what_the_form_does_not_show_stays(installation: Installation, client_as: As):
    headers = {"X-Office": "sip.office"}
    installation.trunk_id = installation.trunk(
        "+15550009", auth_username="pbx", auth_password="old", headers_to_attributes=headers
    )
    admin = client_as("admin")
    shown = admin.get(_url(installation, "edit")).text
    assert "+15550009" in shown
    assert ">old<" not in shown and '"old"' not in shown
    answer = admin.post(_url(installation) + "/", data={**FIELDS, "auth_username": "pbx"})
    assert answer.status_code == 303
    stored = _trunk(installation, installation.trunk_id)
    assert (stored["name"], stored["auth_password"]) == ("Night line", "old")
    assert stored["headers_to_attributes"] == headers
    assert stored["numbers"] == ["+33100000001", "+33100000002"]
    assert db.session.get_one(TrunkRow, installation.trunk_id).name == "Night line"
    admin.post(_url(installation) + "/", data={**FIELDS, "auth_username": ""})
    assert _trunk(installation, installation.trunk_id)["auth_password"] == ""


def test_the_trail_has_what_changed_of_a_trunk_and_none_of_its_numbers(installation: Installation, client_as: As):
    installation.trunk_id = installation.trunk("+15550009", name="Day line", auth_username="pbx", auth_password="old")
    client_as("admin").post(_url(installation) + "/", data={**FIELDS, "auth_username": "pbx2", "auth_password": "new"})
    entry = db.session.query(AuditEntry).filter_by(action="trunk.update").one()
    assert entry.details["fields"] == ["name", "numbers", "auth_username", "auth_password"]
    assert entry.details["changes"] == {
        "name": {"before": "Day line", "after": "Night line"},
        "numbers": {"before": 1, "after": 2},
    }
    assert "+33" not in str(entry.details) and "pbx" not in str(entry.details)


def test_deleting_says_which_rules_and_rooms_would_dangle_and_asks_once(installation: Installation, client_as: As):
    room = installation.live()
    admin = client_as("admin")
    page = admin.get(_url(installation, "delete")).text
    assert str(room.sip_dispatch_rule_id) in page
    assert "1 room has its PIN here" in page
    assert "2 rules name this trunk" in page
    assert admin.post(_url(installation, "delete")).status_code == 422
    assert len(installation.livekit.trunks()) == 1
    assert admin.post(_url(installation, "delete"), data={"sure": "y"}).status_code == 303
    assert installation.livekit.trunks() == []
    row = db.session.get_one(TrunkRow, installation.trunk_id)
    assert (row.gone_at is not None, row.assignable) == (True, False)
    assert db.session.query(AuditEntry).filter_by(action="trunk.delete").count() == 1


def test_support_closes_a_trunk_for_new_rooms_and_only_an_admin_opens_it(installation: Installation, client_as: As):
    support = client_as("support")
    assert support.post(_url(installation, "assignable")).status_code == 303
    assert db.session.get_one(TrunkRow, installation.trunk_id).assignable is False
    assert support.post(_url(installation, "assignable"), data={"assignable": "y"}).status_code == 403
    assert "An admin can open it" in support.get(_url(installation) + "/").text
    admin = client_as("admin")
    assert _url(installation, "open") in admin.get(_url(installation) + "/").text
    assert admin.post(_url(installation, "assignable"), data=_read(admin, installation)).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(TrunkRow, installation.trunk_id).assignable is True
    entries = db.session.query(AuditEntry).filter_by(action="trunk.set_assignable").order_by(AuditEntry.id)
    told = [entry.details["changes"] for entry in entries]
    assert told == [{"assignable": {"before": not after, "after": after}} for after in (False, True)]


def test_without_livekit_the_pages_show_our_rows_and_say_so(installation: Installation, client_as: As):
    installation.room()
    installation.livekit.go_away()
    support = client_as("support")
    for url in (PAGE, _url(installation) + "/"):
        answer = support.get(url)
        assert answer.status_code == 200
        assert "Harbour" in answer.text
        assert "This page shows only what Frontdesk knows" in answer.text
    installation.livekit.heal()


@pytest.mark.parametrize("headers", [{}, SWAP])
def test_when_livekit_fails_nothing_is_made_and_the_page_says_so(
    installation: Installation, client_as: As, headers: dict[str, str]
):
    installation.livekit.fail("CreateSIPInboundTrunk")
    answer = client_as("admin").post(PAGE, data=FIELDS, headers=headers)
    assert answer.status_code == 502
    assert answer.headers.get("HX-Retarget") == ("#alerts" if headers else None)
    assert db.session.query(TrunkRow).count() == 1
    assert "t confirmed" in answer.text
    assert db.session.query(AuditEntry).one().outcome is DeedOutcome.NOT_CONFIRMED


def test_a_refusal_that_nobody_foresaw_keeps_what_was_typed(installation: Installation, client_as: As):
    installation.livekit.fail("CreateSIPInboundTrunk", "invalid_argument", message="no such thing")
    answer = client_as("admin").post(PAGE, data=FIELDS)
    assert answer.status_code == 422
    assert "no such thing" in answer.text
    assert "Night line" in answer.text
