"""What somebody changed of our rules by hand in LiveKit: one sweep puts it right, whatever the field."""

from typing import Any

import pytest

from tests.support.installation import NUMBER, Installation, said
from webapp.audit import Actor
from webapp.core.db import db
from webapp.live import reconcile
from webapp.rooms import service
from webapp.rooms.models import Room, TrunkRow
from webapp.rules import problems, wanted

Edit = dict[str, Any]
OTHER = "ST_other"


def _direct(**fields: str) -> Edit:
    return {"dispatch_rule_direct": {"room_name": "elsewhere", "pin": "1", **fields}}


def _edit(installation: Installation, stored: Edit, **changed: Any) -> None:
    kept = {name: stored[name] for name in ("rule", "name", "trunk_ids", "inbound_numbers", "numbers")}
    kept["hide_phone_number"] = stored["hide_phone_number"]
    rule_id = stored["sip_dispatch_rule_id"]
    installation.livekit.call("SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=rule_id, replace=kept | changed)


def _delete(installation: Installation, stored: Edit) -> None:
    rule_id = stored["sip_dispatch_rule_id"]
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=rule_id)


def _store_instead(installation: Installation, *stored: Edit) -> None:
    """Put rules in the place of those of the same ids, unchecked."""
    for rule in stored:
        _delete(installation, rule)
    installation.store(*stored)


def _rotated(installation: Installation) -> tuple[Room, Edit, Edit]:
    """A room whose old PIN works on beside the new one, with the rules of the new and the old."""
    room = installation.live()
    service.rotate_pin(room, actor=Actor.system(), reason="", overlap=15)
    db.session.commit()
    reconcile.now(room)
    found = {rule["sip_dispatch_rule_id"]: rule for rule in installation.livekit.rules()}
    return room, found[str(room.sip_dispatch_rule_id)], found[str(room.old_sip_dispatch_rule_id)]


@pytest.mark.parametrize(
    "change",
    [
        {"rule": _direct(pin="0000")},
        {"rule": _direct()},
        {"rule": {"dispatch_rule_callee": {"room_prefix": "p", "pin": "1"}}},
        {"hide_phone_number": False},
        {"inbound_numbers": ["+1"]},
        {"numbers": ["+1"]},
        {"name": "mine now"},
        {"name": ""},
        {"name": wanted.GUARD_RULE + "ST_x"},
        {"trunk_ids": []},
        {"trunk_ids": [OTHER]},
        {"trunk_ids": ["the trunk", OTHER]},
        {"trunk_ids": [OTHER], "name": "moved away"},
    ],
    ids=str,
)
def test_a_room_s_rule_is_again_what_the_room_wants(installation: Installation, change: Edit):
    room = installation.live()
    before = installation.rule_of(room)
    assert before is not None
    ids = [installation.trunk_id if each == "the trunk" else each for each in change.get("trunk_ids", ())]
    _edit(installation, before, **(change | {"trunk_ids": ids} if "trunk_ids" in change else change))
    installation.sweep()
    after = installation.rule_of(room)
    assert after is not None
    assert len(installation.livekit.rules()) == 2  # with the guard
    assert after | {"sip_dispatch_rule_id": ""} == before | {"sip_dispatch_rule_id": ""}
    db.session.refresh(room)
    assert (room.sip_dispatch_rule_id, room.rule_problem) == (after["sip_dispatch_rule_id"], "")


@pytest.mark.parametrize(
    "change",
    [
        {"hide_phone_number": True},
        {"inbound_numbers": []},
        {"inbound_numbers": ["+1"]},
        {"numbers": ["+1"]},
        {"rule": _direct()},
        {"name": "mine now"},
        {"trunk_ids": []},
        {"trunk_ids": [OTHER]},
    ],
    ids=str,
)
def test_a_guard_guards_again(installation: Installation, change: Edit):
    installation.live()
    (before,) = installation.guards()
    _edit(installation, before, **change)
    installation.sweep()
    (after,) = installation.guards()
    assert len(installation.livekit.rules()) == 2
    assert after | {"sip_dispatch_rule_id": ""} == before | {"sip_dispatch_rule_id": ""}
    row = db.session.get_one(TrunkRow, installation.trunk_id)
    assert (row.guard_rule_id, row.guard_problem) == (after["sip_dispatch_rule_id"], "")


def test_a_guard_and_a_room_s_rule_that_got_each_other_s_names_stay_what_they_are(installation: Installation):
    room, quiet = installation.live(), installation.room()
    before = {rule["sip_dispatch_rule_id"]: rule for rule in installation.livekit.rules()}
    (guard,) = installation.guards()
    rule = installation.rule_of(room)
    assert rule is not None
    _edit(installation, guard, name=wanted.rule_name(quiet.id))
    _edit(installation, rule, name=guard["name"])
    installation.sweep()
    assert {rule["sip_dispatch_rule_id"]: rule for rule in installation.livekit.rules()} == before
    db.session.refresh(quiet)
    assert quiet.sip_dispatch_rule_id is None


def test_a_guard_whose_place_was_taken_meanwhile_names_the_trunk_s_numbers(installation: Installation):
    installation.live()
    (guard,) = installation.guards()
    _edit(installation, guard, rule=_direct(pin="9"), hide_phone_number=True)
    foreign = installation.foreign()
    installation.sweep()
    (guard,) = installation.guards()
    assert (guard["numbers"], guard["inbound_numbers"], guard["hide_phone_number"]) == ([NUMBER], [""], False)
    assert db.session.get_one(TrunkRow, installation.trunk_id).guard_problem == str(problems.GUARD_NARROW)
    assert foreign in {rule["sip_dispatch_rule_id"] for rule in installation.livekit.rules()}


def test_a_guard_that_somebody_moved_onto_a_trunk_is_not_moved_back_into_a_conflict(installation: Installation):
    installation.live()
    (guard,) = installation.guards()
    _edit(installation, guard, trunk_ids=[OTHER])
    installation.foreign()  # LiveKit would take the guard back, and refuse every call from then on
    installation.sweep()
    (guard,) = installation.guards()
    assert guard["numbers"] == [NUMBER]
    assert installation.livekit.dial("", to=NUMBER)["room"].startswith(wanted.GUARD_PREFIX)


@pytest.mark.parametrize("which", [0, 1])
def test_a_guard_that_somebody_gave_another_trunk_too_is_not_in_the_way_of_that_one_s(
    installation: Installation, which: int
):
    trunks = sorted([installation.trunk_id, installation.trunk("+15550002")])
    installation.trunk_id, other = trunks[which], trunks[1 - which]
    installation.live()
    installation.live(trunk_id=other)
    guard, lost = sorted(installation.guards(), key=lambda guard: guard["trunk_ids"] == [other])
    _delete(installation, lost)
    _edit(installation, guard, trunk_ids=trunks)
    installation.sweep()
    assert [guard["numbers"] for guard in installation.guards()] == [[], []]


def test_two_guards_on_each_other_s_trunk_are_both_whole_after_one_sweep(installation: Installation):
    other = installation.trunk("+15550002")
    trunks = sorted([installation.trunk_id, other])
    installation.live()
    installation.live(trunk_id=other)
    first, second = installation.guards()
    _store_instead(installation, {**first, "trunk_ids": trunks}, {**second, "trunk_ids": trunks})
    installation.sweep()
    assert sorted(guard["trunk_ids"] for guard in installation.guards()) == [[trunk] for trunk in trunks]
    assert [guard["numbers"] for guard in installation.guards()] == [[], []]


@pytest.mark.parametrize("trunk", ["there", "gone"])
def test_a_room_s_rule_that_somebody_opened_keeps_no_guard_from_its_place_longer_than_a_sweep(
    installation: Installation, trunk: str
):
    room = installation.live()
    rule, (guard,) = installation.rule_of(room), installation.guards()
    assert rule is not None
    _delete(installation, guard)
    _edit(installation, rule, rule=_direct(pin=""))
    if trunk == "gone":  # it lists no numbers by which the guard could stand beside the rule
        installation.livekit.call("SIP", "DeleteSIPTrunk", sip_trunk_id=installation.trunk_id)
    installation.sweep()
    (guard,) = installation.guards()
    assert guard["numbers"] == []
    assert db.session.get_one(TrunkRow, installation.trunk_id).guard_problem == ""
    again = installation.rule_of(room)
    assert again is not None
    assert again["rule"] == rule["rule"]


@pytest.mark.parametrize("everywhere", [True, False])
def test_doubles_of_a_rule_keep_no_guard_from_coming_back_longer_than_a_sweep(
    installation: Installation, everywhere: bool
):
    room = installation.live()
    rule, (guard,) = installation.rule_of(room), installation.guards()
    assert rule is not None
    _delete(installation, guard)
    installation.store({**rule, "sip_dispatch_rule_id": "", **({"trunk_ids": []} if everywhere else {})})
    assert installation.sweep().failures == []
    assert len(installation.guards()) == 1
    assert installation.rule_of(room) == rule
    db.session.refresh(room)
    assert (room.rule_problem, room.reconcile_at) == ("", None)


@pytest.mark.parametrize("made", ["both old", "both new", "exchanged"])
def test_amid_a_rotation_the_rules_of_both_pins_that_were_confused_come_apart_again(
    installation: Installation, made: str
):
    room, new, old = _rotated(installation)
    before = installation.livekit.rules()
    new_says, old_says = {"both old": (old, old), "both new": (new, new), "exchanged": (old, new)}[made]
    _store_instead(installation, {**new, "rule": new_says["rule"]}, {**old, "rule": old_says["rule"]})
    assert installation.sweep().failures == []
    says = [rule["rule"] for rule in installation.livekit.rules()]
    assert sorted(map(str, says)) == sorted(str(rule["rule"]) for rule in before)
    db.session.refresh(room)
    assert (room.rule_problem, room.reconcile_at) == ("", None)


def test_a_rule_taken_from_the_old_pin_for_the_new_one_is_not_believed_to_be_of_both(installation: Installation):
    room, new, old = _rotated(installation)
    _delete(installation, new)
    _edit(installation, old, rule=new["rule"])
    installation.foreign(pin=str(room.old_pin))
    installation.sweep()
    db.session.refresh(room)
    assert (room.sip_dispatch_rule_id, room.old_sip_dispatch_rule_id) == (old["sip_dispatch_rule_id"], None)
    assert room.rule_problem.startswith("conflict")


def test_rules_of_both_pins_that_were_exchanged_leave_none_behind_when_the_pin_changes_too(installation: Installation):
    room, new, old = _rotated(installation)
    _store_instead(installation, {**new, "rule": old["rule"]}, {**old, "rule": new["rule"]})
    installation.give_pin(room, "4711")
    installation.sweep()
    direct = [rule["rule"].get("dispatch_rule_direct") for rule in installation.livekit.rules()]
    assert {says["pin"] for says in direct if says} == {"4711", room.old_pin}


@pytest.mark.parametrize("which", [0, 1])
def test_rules_of_ours_that_conflict_go_but_for_the_right_one_even_while_others_conflict_too(
    installation: Installation, which: int
):
    rooms = [installation.live(), installation.live()]
    found = [installation.rule_of(room) for room in rooms]
    right, wrong = found[which], found[1 - which]
    assert right is not None
    assert wrong is not None
    theirs = {"rule": _direct(pin="9"), "name": "theirs", "trunk_ids": [installation.trunk_id]}
    installation.store(theirs, theirs)
    _store_instead(installation, {**wrong, "rule": right["rule"]})
    installation.sweep()
    assert [installation.rule_of(room) for room in (rooms[which], rooms[1 - which])] == [right, None]
    db.session.refresh(rooms[1 - which])
    assert said(rooms[1 - which]).startswith("Rules SDR_")


def test_two_rooms_whose_pins_somebody_exchanged_have_their_own_again_after_one_sweep(installation: Installation):
    rooms = [installation.live(), installation.live()]
    first, second = (installation.rule_of(room) for room in rooms)
    assert first is not None
    assert second is not None
    _edit(installation, first, rule=_direct(pin="1234"))
    _edit(installation, second, rule=first["rule"])
    _edit(installation, first, rule=second["rule"])
    assert installation.sweep().failures == []
    for room, before in zip(rooms, (first, second), strict=True):
        after = installation.rule_of(room)
        assert after is not None
        assert after["rule"] == before["rule"]
        db.session.refresh(room)
        assert (room.rule_problem, room.reconcile_at) == ("", None)


def test_a_narrow_guard_that_was_left_half_made_is_finished(installation: Installation):
    installation.foreign()
    half = {**wanted.guard(installation.trunk_id), "inbound_numbers": ["frontdesk-guard"]}
    installation.store(half)
    room = installation.live()
    assert installation.rule_of(room) is not None
    (guard,) = installation.guards()
    assert (guard["numbers"], guard["inbound_numbers"]) == ([NUMBER], [""])


# trunks that go


def test_while_a_hiding_rule_stands_on_a_trunk_that_is_gone_so_does_its_guard(installation: Installation):
    room = installation.live()
    before = installation.livekit.rules()
    installation.livekit.call("SIP", "DeleteSIPTrunk", sip_trunk_id=installation.trunk_id)
    for _ in range(2):
        installation.sweep()
        assert installation.livekit.rules() == before
    installation.leave(room)
    installation.sweep()
    assert installation.livekit.rules() == []
