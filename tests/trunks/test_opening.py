"""Before a trunk is opened for new rooms, an admin reads what that changes for the calls of others."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.installation import Installation, until
from tests.support.personas import Browser
from tests.support.shown import text_of
from webapp.core.db import db
from webapp.matching import Rule, Trunk
from webapp.rooms import assignment
from webapp.rooms.models import TrunkRow
from webapp.trunks.opening import opening

As = Callable[[str], Browser]
TRUNK = Trunk.parse({"sip_trunk_id": "ST_a", "numbers": ["+15550100112"]})


def rule(rule_id: str = "SDR_door", pin: str = "", **fields: Any) -> Rule:
    direct = {"dispatch_rule_direct": {"room_name": "desk-772", "pin": pin}}
    return Rule.parse({"sip_dispatch_rule_id": rule_id, "trunk_ids": ["ST_a"], "rule": direct, **fields})


def found(installation: Installation, **fields: Any) -> str:
    """A trunk that somebody else made, after a sweep."""
    asked = {"name": "door phones", "numbers": ["+15550100112"], **fields}
    trunk_id = str(installation.livekit.call("SIP", "CreateSIPInboundTrunk", trunk=asked)["sip_trunk_id"])
    installation.sweep()
    return trunk_id


@pytest.mark.parametrize(
    ("fields", "today", "then", "loses_withheld"),
    [
        ({}, "enters", "asks", True),
        ({"pin": "1234"}, "asks", "asks", True),
        ({"numbers": ["+15550100112"]}, "enters", "enters", False),
        ({"numbers": ["+15550100112"], "inbound_numbers": ["+15550100177"]}, "enters", "enters", False),
        ({"trunk_ids": []}, "enters", "asks", True),
        ({"inbound_numbers": [""]}, "enters", "behind", True),
    ],
)
def test_each_rule_tells_what_its_callers_meet_today_and_then(
    fields: dict[str, Any], today: str, then: str, loses_withheld: bool
):
    (effect,) = opening(TRUNK, [rule(**fields)]).effects
    assert (effect.today, effect.then, effect.loses_withheld) == (today, then, loses_withheld)


def test_rules_of_other_trunks_are_none_of_its_effects():
    others = [rule("SDR_far", trunk_ids=["ST_b"]), rule("SDR_theirs", pin="77")]
    assert [effect.rule.id for effect in opening(TRUNK, others).effects] == ["SDR_theirs"]


def test_the_other_application_keeps_its_calls_until_an_admin_opens_its_trunk(installation: Installation):
    db.session.query(TrunkRow).delete()
    installation.livekit.call("SIP", "DeleteSIPTrunk", sip_trunk_id=installation.trunk_id)
    trunk_id = found(installation)
    installation.foreign(room="desk-772", name="door", trunk_ids=[trunk_id])
    assert assignment.join_emptiest() == ""
    phone = installation.dial(to="+15550100112")
    until(lambda: installation.phone(phone)["room"] == "desk-772")
    assert not installation.phone(phone)["prompts"]


def test_the_page_says_what_external_rules_do_and_what_would_change(installation: Installation, client_as: As):
    trunk_id = found(installation, allowed_numbers=["+15550100177"])
    installation.foreign(room="desk-772", name="door phones", trunk_ids=[trunk_id])
    page = text_of(client_as("admin").get(f"/telephony/trunks/{trunk_id}/open").text)
    assert "Someone else's calls come in over this trunk today" in page
    assert "Callers go straight in" in page and "reach this rule only by pressing # alone" in page
    assert "Only 1 listed caller may call" in page and "People dial +15550100112" in page
    assert "+15550100177" not in page


@pytest.mark.parametrize("numbers", [["2044"], ["agent"]])
def test_a_number_that_nobody_can_dial_is_said(installation: Installation, client_as: As, numbers: list[str]):
    trunk_id = found(installation, numbers=numbers)
    assert (
        "No number that people can dial from outside"
        in client_as("admin").get(f"/telephony/trunks/{trunk_id}/open").text
    )


def test_a_trunk_is_not_opened_unread_nor_after_its_rules_changed(installation: Installation, client_as: As):
    trunk_id, admin = found(installation), client_as("admin")
    path = f"/telephony/trunks/{trunk_id}"
    assert admin.post(f"{path}/assignable", data={"assignable": "y"}).status_code == 422
    read = re.search(r'name="read"[^>]*value="([^"]*)"', admin.get(f"{path}/open").text)
    assert read is not None
    installation.foreign(name="just made", trunk_ids=[trunk_id])
    data = {"assignable": "y", "sure": "y", "read": read[1]}
    late = admin.post(f"{path}/assignable", data=data)
    assert late.status_code == 409 and "have changed since you read this page" in late.text and "just made" in late.text
    db.session.expire_all()
    assert db.session.get_one(TrunkRow, trunk_id).assignable is False
    read = re.search(r'name="read"[^>]*value="([^"]*)"', late.text)
    assert read is not None
    assert admin.post(f"{path}/assignable", data={**data, "read": read[1]}).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(TrunkRow, trunk_id).assignable is True


def test_without_livekit_no_trunk_is_opened(installation: Installation, client_as: As):
    trunk_id, admin = found(installation), client_as("admin")
    installation.livekit.go_away()
    assert "can't be told while LiveKit" in admin.get(f"/telephony/trunks/{trunk_id}/open").text
    data = {"assignable": "y", "sure": "y", "read": "x"}
    assert admin.post(f"/telephony/trunks/{trunk_id}/assignable", data=data).status_code == 422
    db.session.expire_all()
    assert db.session.get_one(TrunkRow, trunk_id).assignable is False


def test_the_desk_and_the_set_up_page_lead_to_a_trunk_that_is_closed(installation: Installation, client_as: As):
    trunk_id, admin = found(installation), client_as("admin")
    assert f'/telephony/trunks/{trunk_id}/">Closed for new rooms' in admin.get("/").text
    db.session.query(TrunkRow).update({"assignable": False})
    db.session.commit()
    page = admin.get("/system/setup").text
    assert "A trunk that Frontdesk found in LiveKit stays closed" in page and 'href="/telephony/trunks/"' in page


def test_the_rules_page_leads_to_a_trunk_that_is_closed(installation: Installation, client_as: As):
    trunk_id, support = found(installation), client_as("support")
    page = support.get("/telephony/rules/read").text
    assert f'/telephony/trunks/{trunk_id}/">' in page and "Closed for new rooms until an admin opens it" in page
