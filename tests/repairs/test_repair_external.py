"""External rules are changed by a person alone, one at a time, by their name and for a ticket."""

import html
import re

import pytest

from tests.support.installation import NUMBER, Installation
from tests.support.repairs import As, deed, ids, press, shown, twin, url
from webapp.core.db import db
from webapp.doctor import reading
from webapp.repairs import plan, requests
from webapp.rooms.models import Room, TrunkRow
from webapp.rules import problems, wanted


def test_a_person_chooses_which_of_two_foreign_rules_goes(installation: Installation, client_as: As):
    night, day = sorted(twin(installation))
    support, page = client_as("support"), url("conflict")
    first = support.get(page).text
    assert f"delete~{night}" in first and f"delete~{day}" in first
    chosen = f"{page}?choice=delete~{day}"
    named = re.search(r"type its name: <code>([^<]+)</code>", re.sub(r"\s+", " ", support.get(chosen).text))
    assert named
    answer = support.post(page, data={**shown(support.get(chosen)), "name": named[1], "ticket": "INC1"})
    assert answer.status_code == 303
    assert ids(installation) == {night}
    assert (deed().target_id, deed().details["deleted"], deed().reason) == (night, [day], "INC1")
    assert named[1] not in str(deed().details)


@pytest.mark.parametrize(
    ("name", "ticket", "words"),
    [
        ("", "INC1", "name exactly as shown"),
        ("night line", "INC1", "name exactly as shown"),
        ("Night line", "", "Enter a ticket number"),
    ],
)
def test_a_wrong_name_or_no_ticket_changes_nothing(
    installation: Installation, client_as: As, name: str, ticket: str, words: str
):
    installation.store(_rule(installation, name="Night line", trunk_ids=[]))
    before, asked = ids(installation), installation.changes()
    answer = press(client_as("support"), url("wildcard"), name=name, ticket=ticket)
    assert answer.status_code == 422
    assert words in answer.text
    assert (ids(installation), installation.changes()) == (before, asked)


@pytest.mark.parametrize("kind", ["wildcard", "empty-room-name", "untypable-pin", "no-kind", "self-conflict"])
def test_a_rule_that_harms_by_being_there_is_deleted_by_name(installation: Installation, client_as: As, kind: str):
    harms = {
        "wildcard": {"trunk_ids": []},
        "empty-room-name": {"rule": {"dispatch_rule_direct": {"room_name": "", "pin": "4711"}}},
        "untypable-pin": {"rule": {"dispatch_rule_direct": {"room_name": "x", "pin": "12ab"}}},
        "no-kind": {"rule": {}},
        "self-conflict": {"numbers": ["+331", "331"]},
    }
    (rule_id,) = installation.store(_rule(installation, name="Old script", **harms[kind]))
    found = next(each for each in reading.read().findings if each.rules and each.kind.value.startswith(kind[:6]))
    page = f"/telephony/repairs/of/{found.key}?choice=delete~{rule_id}"
    support = client_as("support")
    fields = shown(support.get(page))
    answer = support.post(page.partition("?")[0], data={**fields, "name": "Old script", "ticket": "INC1"})
    assert answer.status_code == 303
    assert rule_id not in ids(installation)


def test_hiding_numbers_places_the_guard_and_keeps_the_rest_of_the_rule(installation: Installation, client_as: As):
    fields = {"metadata": "theirs", "attributes": {"desk": "night"}}
    (rule_id,) = installation.store(_rule(installation, name="Night line", hide_phone_number=False, **fields))
    page = client_as("support").get(url("caller-visible")).text
    assert "callers&#39; numbers hidden" in page and "Make the guard of its trunks." in page
    assert press(client_as("support"), url("caller-visible"), name="Night line", ticket="INC1").status_code == 303
    stored = next(rule for rule in installation.livekit.rules() if rule["sip_dispatch_rule_id"] == rule_id)
    assert stored["hide_phone_number"] is True
    assert (stored["metadata"], stored["attributes"], stored["name"]) == ("theirs", {"desk": "night"}, "Night line")
    assert len(installation.guards()) == 1


def test_a_missing_trunk_is_taken_out_but_never_the_last(installation: Installation, client_as: As):
    both, alone = installation.store(
        _rule(installation, name="Both", trunk_ids=[installation.trunk_id, "ST_gone"], pin="4711"),
        _rule(installation, name="Alone", trunk_ids=["ST_gone"], pin="4712"),
    )
    found = {each.rules[0].id: each.key for each in reading.read().findings if each.kind.value == "dangling-trunk"}
    support = client_as("support")
    assert "undangle" not in support.get(f"/telephony/repairs/of/{found[alone]}").text
    answer = press(support, f"/telephony/repairs/of/{found[both]}", name="Both", ticket="INC1")
    assert answer.status_code == 303
    stored = {rule["sip_dispatch_rule_id"]: rule["trunk_ids"] for rule in installation.livekit.rules()}
    assert stored == {both: [installation.trunk_id], alone: ["ST_gone"]}


def test_a_right_rule_of_ours_is_not_given_up_for_a_foreign_one(installation: Installation, client_as: As):
    room = installation.live()
    (foreign,) = installation.store(_rule(installation, name="Night line", pin=str(room.pin)))
    page = client_as("support").get(url("conflict")).text
    assert f"delete~{room.sip_dispatch_rule_id}" not in page
    assert "type its name:" in page
    press(client_as("support"), url("conflict"), name="Night line", ticket="INC1")
    assert foreign not in ids(installation)
    assert room.sip_dispatch_rule_id in ids(installation)


def test_an_orphan_of_ours_goes_before_a_foreign_rule(installation: Installation, client_as: As):
    room = installation.live()
    installation.leave(room)
    db.session.query(Room).filter_by(id=room.id).update({"web_count": 0})
    (foreign,) = installation.store(_rule(installation, name="Night line", pin=str(room.pin)))
    db.session.commit()
    page = client_as("support").get(url("conflict")).text
    assert "type its name:" not in page
    press(client_as("support"), url("conflict"))
    assert foreign in ids(installation)
    assert room.sip_dispatch_rule_id not in ids(installation)


def test_a_rule_that_only_bears_a_name_of_ours_is_foreign_in_every_finding(installation: Installation, client_as: As):
    room = installation.live()
    (impostor,) = installation.store(_rule(installation, name=wanted.rule_name(room.id), pin=str(room.pin)))
    support, page = client_as("support"), url("conflict")
    assert support.post("/telephony/repairs/", data={"scope": "all"}).headers["Location"] == "/telephony/rules/"
    assert impostor in ids(installation), "a run touches nothing foreign"
    assert "type its name:" in support.get(page).text
    assert press(support, page, name=wanted.rule_name(room.id), ticket="INC1").status_code == 303
    assert impostor not in ids(installation)
    assert room.sip_dispatch_rule_id in ids(installation)


def test_a_name_with_a_number_in_it_is_not_shown_and_the_id_is_typed(installation: Installation, client_as: As):
    (rule_id,) = installation.store(_rule(installation, name="for +33199005566", trunk_ids=[]))
    page = client_as("support").get(url("wildcard"))
    assert "99005566" not in page.text and "33199005566" not in page.text
    assert press(client_as("support"), url("wildcard"), name=rule_id, ticket="INC1").status_code == 303
    assert ids(installation) == set()
    assert "33199005566" not in str((deed().details, deed().reason, deed().target_id))


@pytest.mark.parametrize(
    "name", ["Night\nline", "Night\tline", "Night  line", "Night\u00a0line", "Night\u200bline", "Nig\0ht", "x" * 201]
)
def test_of_a_name_that_no_browser_shows_or_sends_as_it_is_the_id_is_typed(
    installation: Installation, client_as: As, name: str
):
    (rule_id,) = installation.store(_rule(installation, name=name, trunk_ids=[]))
    support, page = client_as("support"), url("wildcard")
    assert f"type its name: <code>{rule_id}</code>" in " ".join(support.get(page).text.split())
    assert press(support, page, name=rule_id, ticket="INC1").status_code == 303
    assert ids(installation) == set()


@pytest.mark.parametrize("name", ["Night line", " Night line ", "<b>Night</b> & “line”", "夜間", "x" * 200])
def test_a_name_that_a_browser_sends_as_it_is_shown_is_typed(installation: Installation, client_as: As, name: str):
    installation.store(_rule(installation, name=name, trunk_ids=[]))
    support, page = client_as("support"), url("wildcard")
    told = re.search(r"type its name: <code>(.*?)</code>", " ".join(support.get(page).text.split()))
    assert told and html.unescape(told[1]) == name.strip()
    assert press(support, page, name=name.strip(), ticket="INC1").status_code == 303


def test_while_the_protocol_cannot_omit_the_number_hiding_is_offered_and_omitting_is_not(
    installation: Installation, client_as: As
):
    individual = {"dispatch_rule_individual": {"room_prefix": "call", "pin": "4711"}}
    (rule_id,) = installation.store({"rule": individual, "name": "Night line", "trunk_ids": [installation.trunk_id]})
    page = client_as("support").get(url("caller-in-room"))
    assert "Leave the caller" not in page.text
    assert "callers&#39; numbers hidden" in page.text
    press(client_as("support"), url("caller-in-room"), name="Night line", ticket="INC1")
    stored = next(rule for rule in installation.livekit.rules() if rule["sip_dispatch_rule_id"] == rule_id)
    assert stored["hide_phone_number"] is True
    assert stored["rule"]["dispatch_rule_individual"]["room_prefix"] == "call"


def test_hiding_numbers_is_not_offered_where_calls_without_one_could_then_end_livekit(
    installation: Installation, client_as: As
):
    livekit, support = installation.livekit, client_as("support")
    open_rule = installation.foreign(name="Night line")
    page = url("caller-visible")
    dry_run = support.get(page)
    assert "in the place of the trunk&#39;s guard" in dry_run.text and "hide~" not in dry_run.text
    forged = {"choice": f"hide~{open_rule}", "name": "Night line", "ticket": "INC1"}
    assert support.post(page, data=forged).status_code == 409
    livekit.dial("", to=NUMBER[1:])
    assert (livekit.outages, installation.guards()) == (0, [])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "another external rule without a PIN"),
        ({"numbers": [NUMBER]}, "takes calls before the trunk&#39;s guard does"),
        ({"inbound_numbers": [""]}, "takes calls before the trunk&#39;s guard does"),
        ({"trunk_ids": ["ST_gone"]}, "LiveKit has none of the rule&#39;s trunks"),
    ],
)
def test_the_page_says_why_hiding_numbers_is_not_offered(
    installation: Installation, client_as: As, fields: dict[str, object], words: str
):
    (rule_id,) = installation.store(_rule(installation, name="Night line", **fields))
    if not fields:
        installation.foreign(name="Open line")
    page = f"/telephony/repairs/of/caller-visible~{rule_id}"
    dry_run = client_as("support").get(page).text
    assert words in dry_run and "hide~" not in dry_run


def test_a_guard_that_turns_out_narrow_stops_the_repair_before_the_rule_hides(
    installation: Installation, client_as: As
):
    (rule_id,) = installation.store(_rule(installation, name="Night line"))
    support, page = client_as("support"), url("caller-visible")
    now = reading.read()
    finding = now.finding(page.rpartition("/")[2])
    assert finding is not None
    (planned,) = plan.plans(finding, now)
    installation.foreign(name="Open line")  # somebody makes it right after the reading
    assert requests.do(planned.requests, now) == problems.GUARD_NARROW
    stored = next(rule for rule in installation.livekit.rules() if rule["sip_dispatch_rule_id"] == rule_id)
    assert stored["hide_phone_number"] is False
    assert support.get(page).status_code == 200


def test_a_rule_that_hides_already_is_mended_beside_a_narrow_guard_too(installation: Installation, client_as: As):
    installation.foreign(name="Open line")
    installation.live()
    listed = [installation.trunk_id, "ST_gone"]
    (rule_id,) = installation.store(_rule(installation, name="Old line", trunk_ids=listed, hide_phone_number=True))
    assert press(client_as("support"), url("dangling"), name="Old line", ticket="INC1").status_code == 303
    stored = next(rule for rule in installation.livekit.rules() if rule["sip_dispatch_rule_id"] == rule_id)
    assert (stored["trunk_ids"], stored["hide_phone_number"]) == ([installation.trunk_id], True)


def test_hiding_makes_guards_only_on_trunks_that_livekit_has(installation: Installation, client_as: As):
    listed = [installation.trunk_id, "ST_gone"]
    (rule_id,) = installation.store(_rule(installation, name="Night line", trunk_ids=listed))
    page = f"/telephony/repairs/of/caller-visible~{rule_id}"
    assert press(client_as("support"), page, name="Night line", ticket="INC1").status_code == 303
    stored = next(rule for rule in installation.livekit.rules() if rule["sip_dispatch_rule_id"] == rule_id)
    assert (stored["hide_phone_number"], stored["trunk_ids"]) == (True, listed)
    assert [guard["trunk_ids"] for guard in installation.guards()] == [[installation.trunk_id]]
    assert db.session.get(TrunkRow, "ST_gone") is None


def _rule(installation: Installation, pin: str = "4711", **fields: object) -> dict[str, object]:
    direct = {"dispatch_rule_direct": {"room_name": "elsewhere", "pin": pin}}
    return {"rule": direct, "trunk_ids": [installation.trunk_id], **fields}


def test_two_rules_of_one_name_are_told_apart_by_their_ids(installation: Installation, client_as: As):
    pair = installation.store(*[_rule(installation, name="Night line") for _ in range(2)])
    page = client_as("support").get(url("conflict")).text
    assert all(f"Delete the rule: Night line ({rule_id})" in page for rule_id in pair)


def test_a_rule_that_is_only_named_like_a_guard_is_changed_by_no_repair_and_no_sweep(
    installation: Installation, client_as: As
):
    installation.live()
    (guard,) = installation.guards()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=guard["sip_dispatch_rule_id"])
    direct = {"dispatch_rule_direct": {"room_name": "boss", "pin": "31"}}
    (foreign,) = installation.store({"rule": direct, "name": guard["name"], "trunk_ids": [installation.trunk_id]})
    before = next(rule for rule in installation.livekit.rules() if rule["sip_dispatch_rule_id"] == foreign)
    assert press(client_as("support"), url("unguarded")).status_code == 303
    installation.sweep()
    assert before in installation.livekit.rules()
    assert len(installation.guards()) == 2, "theirs, and ours again"


def test_the_dry_run_of_a_rule_named_like_a_guard_shows_no_number_of_its_name(
    installation: Installation, client_as: As
):
    installation.store(_rule(installation, name="frontdesk-guard:+33612345678", trunk_ids=[]))
    for kind in ("wildcard", "impostor"):
        assert "612345678" not in client_as("support").get(url(kind)).text
