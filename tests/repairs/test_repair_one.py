"""One finding is repaired after a dry run that says what will happen, once, and with whoever did it in the trail."""

import re
from datetime import timedelta

import pytest

from tests.support.database import LOCKED, failing
from tests.support.installation import NUMBER, Installation
from tests.support.meanwhile import waiting_for_livekit
from tests.support.personas import SWAP
from tests.support.repairs import As, deed, ids, orphan, press, shown, url
from tests.support.waiting import until
from webapp.audit import Actor, pruning
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.core.db import db, utcnow
from webapp.doctor import reading
from webapp.live import reconcile, sweep
from webapp.rooms import service
from webapp.rules import wanted


def test_a_dry_run_shows_before_and_after_and_changes_nothing(installation: Installation, client_as: As):
    room = orphan(installation)
    before, asked = ids(installation), installation.changes()
    page = client_as("support").get(url("orphan"))
    assert page.status_code == 200
    for words in ("Nothing has been changed yet", str(room.sip_dispatch_rule_id), room.name, "Repair: delete 1 rule"):
        assert words in page.text
    assert f"{room.sip_dispatch_rule_id} deleted" in re.sub(r"\s+", " ", page.text)
    assert str(room.pin) not in page.text
    assert (ids(installation), installation.changes()) == (before, asked)
    assert db.session.query(AuditEntry).filter(AuditEntry.action.startswith("rule.")).count() == 0


def test_a_rule_of_a_room_that_livekit_no_longer_has_goes_whatever_our_row_believes(
    installation: Installation, client_as: As
):
    room = installation.live()
    installation.livekit.call("RoomService", "DeleteRoom", room=str(room.id))
    assert "Repair: delete 1 rule" in client_as("support").get(url("orphan")).text
    press(client_as("support"), url("orphan"))
    assert installation.rule_of(room) is None


def test_a_rule_of_ours_that_somebody_renamed_is_renamed_back_and_never_given_up(
    installation: Installation, client_as: As
):
    room = installation.live()
    before = {rule["sip_dispatch_rule_id"]: rule for rule in installation.livekit.rules()}
    kept = {name: before[str(room.sip_dispatch_rule_id)][name] for name in ("rule", "trunk_ids", "hide_phone_number")}
    told = {"sip_dispatch_rule_id": room.sip_dispatch_rule_id, "replace": {**kept, "name": "mine now"}}
    installation.livekit.call("SIP", "UpdateSIPDispatchRule", **told)
    browser, page = client_as("support"), url("differs")
    dry_run = browser.get(page)
    assert "delete~" not in dry_run.text
    assert browser.post(page, data=shown(dry_run)).status_code == 303
    assert {rule["sip_dispatch_rule_id"]: rule for rule in installation.livekit.rules()} == before
    db.session.refresh(room)
    assert room.rule_problem == ""


def test_a_guard_that_somebody_moved_to_another_trunk_is_shown_to_go_and_another_to_come(
    installation: Installation, client_as: As
):
    installation.live()
    (guard,) = installation.guards()
    elsewhere = installation.trunk("+15559998888")
    kept = {name: value for name, value in guard.items() if name != "sip_dispatch_rule_id"}
    told = {"sip_dispatch_rule_id": guard["sip_dispatch_rule_id"], "replace": {**kept, "trunk_ids": [elsewhere]}}
    installation.livekit.call("SIP", "UpdateSIPDispatchRule", **told)
    support, page = client_as("support"), url("unguarded")
    dry_run = re.sub(r"\s+", " ", support.get(page).text)
    assert f"{guard['sip_dispatch_rule_id']} deleted" in dry_run and "id given by LiveKit" in dry_run
    assert press(support, page).status_code == 303
    (made,) = installation.guards()
    assert made["sip_dispatch_rule_id"] != guard["sip_dispatch_rule_id"]
    assert made["trunk_ids"] == [installation.trunk_id]


def test_the_rule_of_a_pin_that_still_works_stays_beside_the_one_that_is_repaired(
    installation: Installation, client_as: As
):
    room = installation.live()
    old_id = str(room.sip_dispatch_rule_id)
    service.rotate_pin(room, actor=Actor.system(), reason="", overlap=15)
    db.session.commit()
    reconcile.now(room)
    rule_id = str(room.sip_dispatch_rule_id)
    direct = {"dispatch_rule_direct": {"room_name": str(room.id), "pin": "1"}}
    told = {"rule": direct, "name": wanted.rule_name(room.id), "trunk_ids": [installation.trunk_id]}
    told["hide_phone_number"] = True
    installation.livekit.call("SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=rule_id, replace=told)
    assert press(client_as("support"), url("wrong-pin")).status_code == 303
    assert {old_id, rule_id} < ids(installation)
    details = deed().details
    assert (details["deleted"], details["changed"]) == ([], [rule_id])


def test_people_nobody_told_us_of_are_looked_for(installation: Installation, client_as: As):
    room = installation.room()
    installation.join(room)
    until(lambda: any(found.kind.value == "unheard" for found in reading.read().findings))
    assert "Repair: compare again" in client_as("support").get(url("unheard")).text
    press(client_as("support"), url("unheard"))
    assert installation.rule_of(room) is not None


def test_an_orphan_goes_and_the_trail_knows_who_and_for_which_ticket(installation: Installation, client_as: As):
    room = orphan(installation)
    rule_id = room.sip_dispatch_rule_id
    answer = press(client_as("support"), url("orphan"), ticket="INC0012345")
    assert answer.status_code == 303
    assert rule_id not in ids(installation)
    entry = deed()
    assert (entry.reason, entry.target_id, entry.room_id) == ("INC0012345", rule_id, room.id)
    assert entry.user_id is not None
    assert entry.details["deleted"] == [rule_id]


def test_a_missing_rule_is_made(installation: Installation, client_as: As):
    room = installation.live()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=str(room.sip_dispatch_rule_id))
    page = client_as("support").get(url("missing")).text
    assert "Create the room&#39;s rule on its trunk." in page
    assert "Repair: create 1 rule" in page and "Callers who type the room&#39;s PIN get in." in page
    press(client_as("support"), url("missing"))
    assert installation.rule_of(room) is not None
    assert reading.read().findings == []


def test_a_rule_with_another_pin_gets_the_rooms(installation: Installation, client_as: As):
    room = installation.live()
    stored = installation.rule_of(room)
    assert stored is not None
    changed = {**stored, "rule": {"dispatch_rule_direct": {"room_name": str(room.id), "pin": "99887766"}}}
    rule_id = changed.pop("sip_dispatch_rule_id")
    installation.livekit.call("SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=rule_id, replace=changed)
    page = client_as("support").get(url("wrong-pin"))
    assert "changed: PIN" in page.text
    assert "99887766" not in page.text and str(room.pin) not in page.text
    press(client_as("support"), url("wrong-pin"))
    assert installation.livekit.pin_of(rule_id) == room.pin


def test_of_two_rules_of_a_room_the_one_it_remembers_stays(installation: Installation, client_as: As):
    room = installation.live()
    double = installation.livekit.store_twin(str(room.sip_dispatch_rule_id))["sip_dispatch_rule_id"]
    page = client_as("support").get(url("conflict")).text
    assert "Repair: delete 1 rule" in page and f"Delete rule {double}." in page
    press(client_as("support"), url("conflict"))
    assert double not in ids(installation)
    assert room.sip_dispatch_rule_id in ids(installation)


def test_a_guard_that_somebody_deleted_comes_back(installation: Installation, client_as: As):
    installation.live()
    (guard,) = installation.guards()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=guard["sip_dispatch_rule_id"])
    page = client_as("support").get(url("unguarded")).text
    assert "Calls without a caller number are kept away" in page
    press(client_as("support"), url("unguarded"))
    assert len(installation.guards()) == 1


def test_a_rule_id_that_livekit_does_not_know_is_forgotten(installation: Installation, client_as: As):
    room = installation.room(sip_dispatch_rule_id="SDR_gone")
    press(client_as("support"), url("stale-rule"))
    db.session.refresh(room)
    assert room.sip_dispatch_rule_id is None


def test_a_second_click_says_already_so_and_does_nothing(installation: Installation, client_as: As):
    orphan(installation)
    support, page = client_as("support"), url("orphan")
    fields = shown(support.get(page))
    support.post(page, data=fields)
    asked = installation.changes()
    for headers in ({}, SWAP):
        answer = support.post(page, data=fields, headers=headers)
        assert answer.status_code == 200
        assert "Already right" in answer.text
    assert "Already right" in support.get(page).text
    assert installation.changes() == asked
    assert (deed().action, deed().outcome) == ("rule.repair", DeedOutcome.DONE)


def test_when_the_rules_have_changed_nothing_is_done_and_the_new_dry_run_is_shown(
    installation: Installation, client_as: As
):
    room = orphan(installation)
    support, page = client_as("support"), url("orphan")
    fields = shown(support.get(page))
    stored = next(rule for rule in installation.livekit.rules() if rule["name"] == wanted.rule_name(room.id))
    changed = {**stored, "rule": {"dispatch_rule_direct": {"room_name": str(room.id), "pin": "99887766"}}}
    rule_id = changed.pop("sip_dispatch_rule_id")
    installation.livekit.call("SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=rule_id, replace=changed)
    asked = installation.changes()
    answer = support.post(page, data=fields)
    assert answer.status_code == 409
    assert "The rules have changed meanwhile: nothing was done." in answer.text
    assert installation.changes() == asked
    assert support.post(page, data=shown(answer)).status_code == 303
    assert rule_id not in ids(installation)


def test_a_repair_that_a_crash_left_open_is_closed_after_an_hour_and_the_log_can_be_pruned_past_it(
    installation: Installation, client_as: As, change_settings
):
    orphan(installation)
    support, page = client_as("support"), url("orphan")
    fields = shown(support.get(page))
    with failing("UPDATE audit_entries", LOCKED) as failed:
        assert support.post(page, data=fields).status_code >= 500
    assert failed and deed().outcome is DeedOutcome.NOT_CONFIRMED
    for age, outcome in ((59, DeedOutcome.NOT_CONFIRMED), (100 * 24 * 60, DeedOutcome.FAILED)):
        deed().at = utcnow() - timedelta(minutes=age)
        db.session.commit()
        sweep.sweep()
        db.session.expire_all()
        assert deed().outcome is outcome, "within an hour somebody may still be at it"
    assert "Never confirmed. The list of findings shows" in client_as("admin").get("/audit/log").text
    change_settings(audit_keep_days=90)
    assert pruning.plan().stopped_by == 0


def test_before_livekit_has_answered_the_trail_calls_no_repair_done(installation: Installation, client_as: As):
    orphan(installation)
    support, page = client_as("support"), url("orphan")
    fields = shown(support.get(page))
    livekit = installation.livekit
    with waiting_for_livekit(livekit, "DeleteSIPDispatchRule", lambda: support.post(page, data=fields)) as answers:
        assert deed().outcome is DeedOutcome.NOT_CONFIRMED
    assert [answer.status_code for answer in answers] == [303]
    db.session.expire_all()
    assert deed().outcome is DeedOutcome.DONE


def test_when_livekit_fails_the_page_says_so_the_trail_too_and_the_sweep_heals(
    installation: Installation, client_as: As
):
    room = installation.live()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=str(room.sip_dispatch_rule_id))
    support, page = client_as("support"), url("missing")
    fields = shown(support.get(page))
    installation.livekit.fail("CreateSIPDispatchRule", "unavailable", times=5)
    assert support.post(page, data=fields).status_code == 303
    assert "Not repaired: Not applied yet" in support.get("/telephony/repairs/").text
    assert (deed().outcome, deed().problem) == (DeedOutcome.FAILED, "unavailable")
    installation.livekit.heal()
    installation.sweep()
    assert installation.rule_of(room) is not None


def test_without_livekit_nothing_is_half_done(installation: Installation, client_as: As):
    orphan(installation)
    support, page = client_as("support"), url("orphan")
    fields = shown(support.get(page))
    installation.livekit.go_away()
    assert "This page shows only what Frontdesk knows" in support.get(page).text
    answer = support.post(page, data=fields)
    assert answer.status_code == 502
    assert "Nothing was done." in answer.text
    installation.livekit.heal()
    assert db.session.query(AuditEntry).filter_by(action="rule.repair").count() == 0


def test_a_double_click_leaves_one_message_where_the_first_leads(installation: Installation, client_as: As):
    orphan(installation)
    support, page = client_as("support"), url("orphan")
    fields = shown(support.get(page))
    first = support.post(page, data=fields, headers=SWAP)
    kept = support.get_cookie("frontdesk")
    rules_page = support.get(first.headers["HX-Redirect"]).text
    assert rules_page.count('class="alert note"') == 1
    assert "Repaired." in rules_page
    support.set_cookie("frontdesk", kept.value)  # the second click left before the rules came
    second = support.post(page, data=fields, headers=SWAP)
    assert "Set-Cookie" not in second.headers
    assert "Repaired." not in second.text


def test_a_swap_gets_the_panel_alone_and_is_sent_on_after_the_repair(installation: Installation, client_as: As):
    orphan(installation)
    support, page = client_as("support"), url("orphan")
    panel = support.get(page, headers=SWAP)
    assert panel.text.lstrip().startswith('<section id="repair"')
    assert "<html" not in panel.text
    answer = support.post(page, data=shown(panel), headers=SWAP)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/telephony/rules/"


@pytest.mark.parametrize(
    "ticket",
    [
        *("+33 1 99 00 11 22", "call 01 99 00 11 22", "7300000001", "01–99–00–11–22", "01_99_00_11_22"),
        *("+33\u00a01\u00a099\u00a000\u00a011\u00a022", "jane@example.org", "x" * 65, "a\u202eb"),
    ],
)
def test_a_ticket_holds_no_number_and_is_short(installation: Installation, client_as: As, ticket: str):
    orphan(installation)
    asked = installation.changes()
    answer = press(client_as("support"), url("orphan"), ticket=ticket)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert installation.changes() == asked


@pytest.mark.parametrize("ticket", ["", "INC0012345", "CS0001234567", "OPS-4711", "#812 / night"])
def test_tickets_as_people_write_them_are_taken(installation: Installation, client_as: As, ticket: str):
    orphan(installation)
    assert press(client_as("support"), url("orphan"), ticket=ticket).status_code == 303
    assert deed().reason == ticket


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_people_without_a_staff_role_repair_nothing(installation: Installation, client_as: As, who: str):
    orphan(installation)
    page, asked = url("orphan"), installation.changes()
    assert client_as(who).get(page).status_code == 403
    assert client_as(who).post(page).status_code == 403
    assert installation.changes() == asked


def test_what_a_person_must_change_by_hand_has_no_button(installation: Installation, client_as: As):
    installation.livekit.store_twin(installation.trunk_id)
    support, page = client_as("support"), url("same-number")
    shown_ = support.get(page)
    assert "Only a person can fix this" in shown_.text
    assert NUMBER not in shown_.text
    assert '<form class="form"' not in shown_.text
    assert support.post(page).status_code == 409


def test_what_only_a_person_can_put_right_leads_to_the_rule_the_trunk_and_its_meaning(
    installation: Installation, client_as: As
):
    spoken = {"dispatch_rule_individual": {"room_prefix": "night", "pin": "4711"}}
    (rule,) = installation.store({"name": "Night line", "rule": spoken, "trunk_ids": []})
    support = client_as("support")
    page = support.get(url("caller-in-room")).text
    assert "Only a person can fix this" in page
    links = re.findall(r'href="([^"]+)"', page)
    assert {f"/telephony/rules/?q={rule}#every-rule", "/telephony/rules/findings#caller-in-room-name"} <= set(links)
    installation.livekit.store_twin(installation.trunk_id)
    assert f'href="/telephony/trunks/{installation.trunk_id}/"' in support.get(url("same-number")).text


def test_a_finding_of_no_kind_is_not_there(installation: Installation, client_as: As):
    assert client_as("support").get("/telephony/repairs/of/nonsense~SDR_1").status_code == 404
