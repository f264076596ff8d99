"""One sweep heals whatever lost, late, doubled or reversed events, crashes and other people left behind."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask

from tests.support.installation import Installation, said
from tests.support.waiting import until
from webapp.calls import book
from webapp.calls.models import Call, Outcome
from webapp.core.db import db, utcnow
from webapp.doctor import reading
from webapp.doctor.kinds import Kind
from webapp.live import sweep
from webapp.livekit.errors import LiveKitError
from webapp.rooms.models import Room, TrunkRow
from webapp.rules import problems, wanted


def _again(room: Room) -> Room:
    db.session.refresh(room)
    db.session.commit()
    return room


def test_people_whose_coming_nobody_told_of_get_their_rule(installation: Installation):
    room = installation.room()
    installation.join(room)
    installation.sweep()
    assert installation.rule_of(room) is not None
    assert _again(room).web_count == 1


def test_a_rule_for_a_room_that_emptied_unheard_goes(installation: Installation):
    room = installation.live()
    installation.leave(room)
    installation.sweep()
    assert installation.rule_of(room) is None
    assert (_again(room).live_since, room.sip_dispatch_rule_id) == (None, None)


def test_a_web_participant_replaced_by_a_caller_unheard_closes_the_phones(installation: Installation):
    room = installation.live()
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    installation.leave(room)  # as many people inside as at the last look: one
    installation.sweep()
    assert installation.rule_of(room) is None


def test_a_room_that_livekit_no_longer_has_is_not_live(installation: Installation):
    room = installation.live()
    installation.livekit.restart(ghosts=False)
    installation.sweep()
    assert not _again(room).live
    assert installation.rule_of(room) is None


def test_a_room_that_a_crash_of_livekit_left_behind_is_not_taken_for_live_for_ever(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
):
    room = installation.live()
    installation.livekit.restart(ghosts=True)
    installation.sweep()
    assert _again(room).live  # as LiveKit says, which lists those who were inside
    _ten_sweeps_later(installation, monkeypatch)
    assert (_again(room).live, installation.rule_of(room)) == (False, None)


def test_to_a_room_that_lives_nothing_happens_however_long(installation: Installation, monkeypatch: pytest.MonkeyPatch):
    room = installation.live()
    before = (installation.livekit.participants(str(room.id)), installation.livekit.rules())
    _ten_sweeps_later(installation, monkeypatch)
    assert (installation.livekit.participants(str(room.id)), installation.livekit.rules()) == before
    assert installation.livekit.calls("CreateRoom") == 1  # of ten sweeps one asked


def _ten_sweeps_later(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = utcnow()  # once: a test in which the clock goes on to the next minute would leave one out
    for minutes in range(60, 70):
        monkeypatch.setattr(sweep, "utcnow", lambda later=timedelta(minutes=minutes): begun + later)
        installation.sweep()


def test_a_rule_that_somebody_deleted_comes_back(installation: Installation):
    room = installation.live()
    rule_id = room.sip_dispatch_rule_id
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=rule_id)
    installation.sweep()
    rule = installation.rule_of(room)
    assert rule is not None
    assert _again(room).sip_dispatch_rule_id == rule["sip_dispatch_rule_id"]


@pytest.mark.parametrize("change", [{"hide_phone_number": False}, {"inbound_numbers": ["+1"]}, {"numbers": ["+1"]}])
def test_a_rule_that_somebody_changed_is_put_right(installation: Installation, change: dict[str, object]):
    room = installation.live()
    before = installation.rule_of(room)
    assert before is not None
    changed = {name: before[name] for name in ("rule", "name", "trunk_ids", "hide_phone_number")} | change
    installation.livekit.call(
        "SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=before["sip_dispatch_rule_id"], replace=changed
    )
    assert installation.rule_of(room) != before
    installation.sweep()
    assert installation.rule_of(room) == before


def test_doubles_of_a_rule_are_deleted_but_for_the_one_we_know(installation: Installation):
    room = installation.live()
    direct = {"dispatch_rule_direct": {"room_name": str(room.id), "pin": room.pin}}
    double = {"rule": direct, "name": wanted.rule_name(room.id), "trunk_ids": [installation.trunk_id]}
    installation.store(double, double)
    installation.sweep()
    rule = installation.rule_of(room)
    assert rule is not None
    assert rule["sip_dispatch_rule_id"] == room.sip_dispatch_rule_id


def test_a_rule_of_a_deleted_room_is_deleted(installation: Installation):
    room = installation.live()
    room.deleted_at = utcnow()
    db.session.commit()
    installation.sweep()
    assert [rule["name"] for rule in installation.livekit.rules()] == [wanted.GUARD_RULE + installation.trunk_id]


def test_rules_of_another_frontdesk_are_left_alone_doubles_too(installation: Installation):
    theirs = {"name": wanted.rule_name(uuid.uuid4()), "trunk_ids": [installation.trunk_id]}
    says = [{"dispatch_rule_direct": {"room_name": "x", "pin": pin}} for pin in ("31", "32")]
    stored = installation.store(*[{**theirs, "rule": rule} for rule in says])
    before = installation.livekit.rules()
    room = installation.room(hide_phone_number=False)
    direct = {"dispatch_rule_direct": {"room_name": str(room.id), "pin": room.pin}}
    installation.store({"rule": direct, "hide_phone_number": True, **_named(room)})
    installation.join(room)
    installation.sweep()  # the conflict with the room's own old rule makes placing look at every rule there
    assert [rule for rule in installation.livekit.rules() if rule["sip_dispatch_rule_id"] in stored] == before


@pytest.mark.parametrize("of", ["live", "deleted", "quiet"])
def test_a_rule_that_has_only_the_name_of_a_rooms_and_leads_elsewhere_is_never_touched(
    installation: Installation, of: str
):
    room = installation.room() if of == "quiet" else installation.live()
    if of == "deleted":
        room.deleted_at = utcnow()
        db.session.commit()
    says = {"dispatch_rule_individual": {"room_prefix": "elsewhere", "pin": "4711"}}
    (stored,) = installation.store({**_named(room), "rule": says})
    before = [rule for rule in installation.livekit.rules() if rule["sip_dispatch_rule_id"] == stored]
    installation.sweep()
    assert [rule for rule in installation.livekit.rules() if rule["sip_dispatch_rule_id"] == stored] == before
    assert reading.read().foreign_ids == {stored}


def test_a_pin_that_another_frontdesk_uses_is_named_as_a_conflict(installation: Installation):
    room = installation.room()
    name = wanted.rule_name(uuid.uuid4())
    foreign = installation.foreign(pin=str(room.pin), name=name)
    installation.join(room)
    installation.sweep()
    assert _again(room).rule_problem == str(problems.conflict(foreign, name))


def test_a_rule_that_somebody_renamed_is_ours_still(installation: Installation):
    room = installation.live()
    before = installation.livekit.rules()
    for rule in before:
        installation.livekit.call(
            "SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=rule["sip_dispatch_rule_id"], update={"name": "mine"}
        )
    assert installation.rule_of(room) is None
    installation.sweep()
    assert [_told(rule) for rule in installation.livekit.rules()] == [_told(rule) for rule in before]


def _named(room: Room) -> dict[str, object]:
    return {"name": wanted.rule_name(room.id), "trunk_ids": [room.trunk_id]}


def _told(rule: dict[str, object]) -> tuple[object, ...]:
    names = ("sip_dispatch_rule_id", "name", "rule", "trunk_ids", "inbound_numbers", "hide_phone_number")
    return tuple(rule[name] for name in names)


def test_foreign_rules_are_never_touched(installation: Installation):
    for name in ("theirs", "frontdesk:not-a-room", "frontdesk", ""):
        installation.foreign(pin=f"1{len(name)}", name=name)
    before = installation.livekit.rules()
    installation.sweep()
    assert installation.livekit.rules() == before


def test_one_room_that_fails_does_not_keep_the_others_from_healing(installation: Installation):
    first, second = installation.room(), installation.room()
    for room in (first, second):
        installation.join(room)
    installation.livekit.fail("ListParticipants")
    done = installation.sweep()
    assert len(done.failures) == 1
    healed = [room for room in (first, second) if installation.rule_of(room)]
    assert len(healed) == 1
    installation.sweep()
    assert installation.rule_of(first)
    assert installation.rule_of(second)


def test_a_sweep_without_livekit_fails_and_changes_nothing(installation: Installation):
    room = installation.live()
    installation.livekit.go_away()
    with pytest.raises(LiveKitError):
        installation.sweep()
    assert _again(room).live
    installation.livekit.heal()


def test_a_livekit_without_redis_still_tells_who_is_inside(installation: Installation):
    room = installation.room()
    installation.join(room)
    installation.livekit.switch(redis=False)
    done = installation.sweep()
    assert "no_sip" in done.failures
    assert _again(room).web_count == 1


def test_a_sweep_of_a_quiet_installation_asks_for_each_list_once(installation: Installation):
    for _ in range(3):
        installation.room()
    installation.sweep()
    lists = ("ListRooms", "ListSIPDispatchRule", "ListSIPInboundTrunk", "ListParticipants")
    assert [installation.livekit.calls(method) for method in lists] == [1, 1, 1, 0]


def test_what_rules_of_others_keep_out_for_good_is_looked_at_once_per_sweep(installation: Installation):
    kept_out = [installation.room(), installation.room()]
    for room in kept_out:
        installation.foreign(pin=str(room.pin))
        installation.join(room)
    installation.foreign(name="open")  # the guard is narrow for good
    installation.sweep()
    before = installation.livekit.calls("ListParticipants")
    installation.sweep()
    assert installation.livekit.calls("ListParticipants") - before == len(kept_out)
    changed = installation.live()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=str(changed.sip_dispatch_rule_id))
    before = installation.livekit.calls("ListParticipants")
    installation.sweep()
    assert installation.livekit.calls("ListParticipants") - before == 2 * len(kept_out) + 1


# trunks


def test_trunks_are_found_named_and_missed(installation: Installation):
    found = installation.livekit.call("SIP", "CreateSIPInboundTrunk", trunk={"name": "New", "numbers": ["+33100"]})
    installation.sweep()
    row = db.session.get_one(TrunkRow, found["sip_trunk_id"])
    assert (row.name, row.number, row.gone_at) == ("New", "+33100", None)
    db.session.commit()
    installation.livekit.call("SIP", "DeleteSIPTrunk", sip_trunk_id=found["sip_trunk_id"])
    installation.sweep()
    db.session.refresh(row)
    assert row.gone_at is not None


@pytest.mark.parametrize("numbers", [["+33100"], ["2044"], []])
def test_a_trunk_that_was_only_found_takes_no_room_until_an_admin_opens_it(
    installation: Installation, numbers: list[str]
):
    asked = {"name": "Theirs", "numbers": numbers, "auth_username": "pbx", "auth_password": "secret"}
    found = installation.livekit.call("SIP", "CreateSIPInboundTrunk", trunk=asked)
    installation.sweep()
    assert db.session.get_one(TrunkRow, found["sip_trunk_id"]).assignable is False


def test_a_trunk_that_was_open_stays_so(installation: Installation):
    installation.sweep()
    assert db.session.get_one(TrunkRow, installation.trunk_id).assignable is True


def test_a_room_on_a_trunk_that_is_gone_says_so_until_the_trunk_is_back(installation: Installation):
    room = installation.live()
    (trunk,) = installation.livekit.trunks()
    installation.livekit.call("SIP", "DeleteSIPTrunk", sip_trunk_id=installation.trunk_id)
    installation.sweep()
    assert "no longer has the room's trunk" in said(_again(room))
    assert room.reconcile_at is None
    installation.livekit.store_sip(trunks=[trunk])
    installation.sweep()
    assert _again(room).rule_problem == ""


# guards


def test_a_guard_that_somebody_deleted_or_changed_comes_back(installation: Installation):
    installation.live()
    (before,) = installation.guards()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=before["sip_dispatch_rule_id"])
    installation.sweep()
    (again,) = installation.guards()
    assert (again["inbound_numbers"], again["rule"]) == (before["inbound_numbers"], before["rule"])
    changed = {"rule": again["rule"], "name": again["name"], "trunk_ids": again["trunk_ids"]}
    changed |= {"inbound_numbers": ["", "+1"], "hide_phone_number": True}
    installation.livekit.call(
        "SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=again["sip_dispatch_rule_id"], replace=changed
    )
    installation.sweep()
    assert installation.guards() == [again]


def test_a_rule_that_is_only_named_like_a_guard_is_left_alone_and_found(installation: Installation):
    direct = {"dispatch_rule_direct": {"room_name": "boss", "pin": "4711"}}
    named = {
        "rule": direct,
        "name": f"{wanted.GUARD_RULE}{installation.trunk_id}",
        "trunk_ids": [installation.trunk_id],
    }
    other = {**named, "name": f"{wanted.GUARD_RULE}ST_gone", "trunk_ids": []}
    kept = set(installation.store(named, other))
    installation.live()
    installation.sweep()
    stored = {rule["sip_dispatch_rule_id"]: rule for rule in installation.livekit.rules()}
    assert kept <= set(stored) and len(stored) == 4  # with the room's rule and the guard
    assert {stored[rule_id]["rule"]["dispatch_rule_direct"]["room_name"] for rule_id in kept} == {"boss"}
    now = reading.read()
    assert {entry.owner for entry in now.rule_entries if entry.rule.id in kept} == {"foreign"}
    assert {rule.id for each in now.findings if each.kind is Kind.IMPOSTOR for rule in each.rules} == kept


def test_a_guard_that_is_not_there_any_more_is_not_believed_in(installation: Installation):
    room = installation.live()
    installation.leave(room)
    installation.sweep()
    (guard,) = installation.guards()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=guard["sip_dispatch_rule_id"])
    installation.sweep()
    assert installation.guards() == []  # nothing hides numbers there now
    assert db.session.get_one(TrunkRow, installation.trunk_id).guard_rule_id is None


def test_a_narrow_guard_follows_the_numbers_of_its_trunk(installation: Installation):
    installation.foreign()
    installation.live()
    more = {"numbers": {"set": ["+15550001", "+15550003"]}}
    installation.livekit.call("SIP", "UpdateSIPInboundTrunk", sip_trunk_id=installation.trunk_id, update=more)
    installation.sweep()
    (guard,) = installation.guards()
    assert guard["numbers"] == ["+15550001", "+15550003"]


def test_the_guard_of_a_trunk_that_is_gone_goes_too(installation: Installation):
    room = installation.live()
    installation.leave(room)
    installation.livekit.call("SIP", "DeleteSIPTrunk", sip_trunk_id=installation.trunk_id)
    installation.sweep()
    assert installation.livekit.rules() == []


def test_a_narrow_guard_widens_when_the_foreign_open_rule_is_gone(installation: Installation):
    foreign = installation.foreign()
    installation.live()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=foreign)
    installation.sweep()
    (guard,) = installation.guards()
    assert guard["numbers"] == []
    assert db.session.get_one(TrunkRow, installation.trunk_id).guard_problem == ""


def test_a_caller_without_a_number_whose_hook_was_lost_is_removed_and_counted(installation: Installation):
    installation.live()
    phone = installation.dial(caller="")
    until(lambda: installation.phone(phone)["room"])
    before = _refused()
    installation.sweep()
    until(lambda: installation.phone(phone)["state"] == "ended")
    (call,) = db.session.query(Call).all()
    assert (call.outcome, call.room_id) == (Outcome.NO_CALLER_NUMBER, None)
    assert _refused() == before + 1


def test_callers_without_a_number_in_rooms_that_a_crash_left_behind_do_not_keep_the_sweep_from_its_work(
    installation: Installation,
):
    room = installation.live()
    for _ in range(3):
        phone = installation.dial(caller="")
        until(lambda phone=phone: installation.phone(phone)["room"])
    installation.livekit.restart(ghosts=True)
    installation.livekit.join(str(room.id))
    done = installation.sweep()
    assert (done.failures, installation.livekit.rooms()) == ([], [str(room.id)])


def test_somebody_by_web_in_a_room_called_like_a_guard_s_is_left_there(installation: Installation):
    installation.livekit.join("no-caller-id_team", "web")
    installation.sweep()
    assert list(installation.livekit.participants("no-caller-id_team")) == ["web"]


def _refused() -> float:
    return book.REFUSED.labels("no_caller_number")._value.get()


# calls


def test_visits_that_nobody_told_of_begin_and_end_with_the_sweep(app: Flask, installation: Installation):
    room = installation.live()
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    installation.sweep()
    (call,) = db.session.query(Call).all()
    assert (call.outcome, call.room_id, call.trunk_id) == (Outcome.INSIDE, room.id, installation.trunk_id)
    db.session.commit()
    installation.livekit.control("hang-up", id=phone)
    installation.sweep()
    db.session.refresh(call)
    assert (call.outcome, call.end_reason) == (Outcome.ENDED, book.LOST)
    assert call.left_at is not None
