"""Rooms and their rules, one beside the other."""

import uuid
from datetime import timedelta

import pytest

from tests.support.worlds import NOW, found, guard, kinds, old, own, room, rule, trunk
from webapp.doctor.kinds import Kind, Remedy, Severity


def test_a_live_room_with_its_rule_and_an_empty_one_without_are_fine():
    live, empty = room(sip_dispatch_rule_id="SDR_own"), room(web_count=0, live_since=None)
    assert kinds(guard(), live, empty, own(live)) == []


@pytest.mark.parametrize("known", [None, "SDR_gone"])
def test_a_live_room_without_a_rule_misses_one(known: str | None):
    live = room(sip_dispatch_rule_id=known)
    (finding,) = found(live)
    assert (finding.kind, finding.key, finding.remedy) == (Kind.MISSING, f"missing~{live.id}", Remedy.OURS)


@pytest.mark.parametrize(
    "facts", [{"web_count": 0}, {"phone_enabled": False}, {"pin": None}, {"deleted_at": NOW}, {"live_since": None}]
)
def test_a_room_that_no_phone_should_reach_misses_nothing(facts: dict[str, object]):
    assert Kind.MISSING not in kinds(room(**{"web_count": 0, **facts}))


def test_a_rule_of_a_room_that_wants_none_is_an_orphan():
    empty = room(web_count=0, sip_dispatch_rule_id="SDR_own")
    (finding,) = found(guard(), empty, own(empty))
    assert (finding.kind, finding.key, finding.remedy) == (Kind.ORPHAN, "orphan~SDR_own", Remedy.OURS)


def test_a_room_that_livekit_does_not_have_wants_no_rule_whatever_our_row_believes():
    believed = room(sip_dispatch_rule_id="SDR_own")
    assert kinds(guard(), believed, own(believed), live={}) == [Kind.ORPHAN]
    assert kinds(guard(), believed, own(believed), live={believed.id: 0}) == []  # LiveKit's counts lag


def test_people_in_a_room_of_whom_no_hook_told_are_a_note():
    unheard = room(web_count=0, live_since=None)
    (finding,) = found(unheard, live={unheard.id: 2})
    assert (finding.kind, finding.severity, finding.remedy) == (Kind.UNHEARD, Severity.NOTE, Remedy.OURS)
    assert found(unheard, live={unheard.id: 0}) == []


@pytest.mark.parametrize(
    ("change", "kind", "detail"),
    [
        ({"trunk_ids": ["ST_b"]}, Kind.WRONG_TRUNK, ""),
        ({"trunk_ids": []}, Kind.WRONG_TRUNK, ""),
        ({"hide_phone_number": False}, Kind.DIFFERS, "hides_caller"),
        ({"numbers": ["+1"]}, Kind.DIFFERS, "numbers"),
        ({"inbound_numbers": ["+1"]}, Kind.DIFFERS, "inbound_numbers"),
        ({"rule": {"dispatch_rule_direct": {"room_name": "elsewhere", "pin": "7300000001"}}}, Kind.DIFFERS, "room"),
    ],
)
def test_a_rule_that_was_changed_by_hand_is_found_by_what_differs(change: dict[str, object], kind: Kind, detail: str):
    live = room(sip_dispatch_rule_id="SDR_own")
    trunks = trunk(), trunk("ST_b", "+1")
    finding = next(each for each in found(guard(), *trunks, live, own(live, **change)) if each.room)
    assert (finding.kind, finding.detail, finding.remedy) == (kind, detail, Remedy.OURS)


@pytest.mark.parametrize("name", ["mine", "", f"frontdesk:{uuid.UUID(int=7)}"])
def test_a_rule_that_somebody_renamed_is_ours_still_by_the_id_on_our_row(name: str):
    live = room(sip_dispatch_rule_id="SDR_own")
    (finding,) = found(guard(), live, own(live, name=name))
    assert (finding.kind, finding.detail, finding.remedy) == (Kind.DIFFERS, "name", Remedy.OURS)


def test_a_rule_that_asks_for_another_pin_is_found():
    live = room(sip_dispatch_rule_id="SDR_own")
    other = own(live, rule={"dispatch_rule_direct": {"room_name": str(live.id), "pin": "1"}})
    (finding,) = found(guard(), live, other)
    assert (finding.kind, finding.severity, finding.remedy) == (Kind.WRONG_PIN, Severity.ERROR, Remedy.OURS)


def test_two_rules_of_a_room_are_a_duplicate_and_an_old_pin_shows_nowhere_else():
    live = room(sip_dispatch_rule_id="SDR_a")
    other = own(live, "SDR_b", rule={"dispatch_rule_direct": {"room_name": str(live.id), "pin": "1"}})
    (finding,) = found(guard(), live, own(live, "SDR_a"), other)
    assert (finding.kind, finding.key) == (Kind.DUPLICATE, "duplicate~SDR_a~SDR_b")


def test_a_row_that_names_a_rule_livekit_does_not_have_is_stale_and_no_missing_rule():
    empty = room(web_count=0, live_since=None, sip_dispatch_rule_id="SDR_gone")
    (finding,) = found(empty)
    assert (finding.kind, finding.severity, finding.remedy) == (Kind.STALE, Severity.NOTE, Remedy.OURS)
    live = room(sip_dispatch_rule_id="SDR_gone")
    assert kinds(guard(), live, own(live, "SDR_new")) == [Kind.STALE]


def test_a_room_whose_rule_changed_after_livekit_was_asked_is_left_for_the_next_time():
    assert kinds(room(rule_changed_at=NOW)) == []
    assert kinds(room(rule_changed_at=NOW - timedelta(seconds=1))) == [Kind.MISSING]


def test_the_rule_of_an_old_pin_is_fine_while_it_runs_and_an_orphan_afterwards():
    known = {"sip_dispatch_rule_id": "SDR_own", "old_pin": "7300000009", "old_sip_dispatch_rule_id": "SDR_old"}
    running = room(old_pin_until=NOW + timedelta(minutes=5), **known)
    assert kinds(guard(), running, own(running), old(running)) == []
    over = room(old_pin_until=NOW - timedelta(seconds=1), **known)
    (finding,) = found(guard(), over, own(over), old(over))
    assert (finding.kind, finding.key, finding.remedy) == (Kind.ORPHAN, "orphan~SDR_old", Remedy.OURS)
    empty = room(**{**known, "old_pin_until": NOW + timedelta(minutes=5), "web_count": 0})
    assert kinds(guard(), empty, own(empty), old(empty)) == [Kind.ORPHAN, Kind.ORPHAN]


def test_the_rule_of_an_old_pin_that_asks_for_another_one_is_an_orphan():
    live = room(old_pin="7300000009", old_pin_until=NOW + timedelta(minutes=5), old_sip_dispatch_rule_id="SDR_old")
    assert Kind.ORPHAN in kinds(guard(), live, own(live), old(live, pin="12"))


def test_a_live_room_without_a_trunk_or_with_one_that_is_gone_is_found():
    assert kinds(room(trunk_id="")) == [Kind.NO_TRUNK]
    gone = room(trunk_id="ST_gone", sip_dispatch_rule_id="SDR_own")
    (finding,) = found(gone, own(gone))
    assert (finding.kind, finding.remedy) == (Kind.NO_TRUNK, Remedy.BY_HAND)


def test_a_room_whose_owner_shows_numbers_is_a_note_and_no_more():
    live = room(hide_phone_number=False, sip_dispatch_rule_id="SDR_own")
    (finding,) = found(live, own(live))
    assert (finding.kind, finding.severity, finding.remedy) == (Kind.VISIBLE_BY_CHOICE, Severity.NOTE, Remedy.BY_HAND)


@pytest.mark.parametrize(
    "name",
    [
        "frontdesk:5a1d4be0-0000-4000-8000-000000000000",
        "frontdesk:not-a-uuid",
        "frontdesk-old:x",
        "frontdesk-guard:ST_a",
        "frontdesk-guard:",
    ],
)
def test_a_rule_named_like_ours_of_no_room_of_ours_is_none_of_ours(name: str):
    (finding,) = found(guard(), rule(name=name))
    assert (finding.kind, finding.remedy) == (Kind.IMPOSTOR, Remedy.FOREIGN)


def test_a_rule_with_a_rooms_name_that_leads_elsewhere_is_none_of_ours_unless_our_row_knows_it():
    live = room()
    elsewhere = own(live, "SDR_x", rule={"dispatch_rule_individual": {"room_prefix": "x", "pin": "1"}})
    assert kinds(guard(), live, elsewhere) == [Kind.MISSING, Kind.IMPOSTOR]
    known = room(sip_dispatch_rule_id="SDR_x")
    changed = own(known, "SDR_x", rule={"dispatch_rule_individual": {"room_prefix": "x", "pin": "1"}})
    assert set(kinds(guard(), known, changed)) == {Kind.WRONG_PIN, Kind.DIFFERS}


@pytest.mark.parametrize("name", ["the frontdesk", "frontdesk", "Frontdesk reception", "frontdesk night"])
def test_other_rules_are_not_taken_for_ours(name: str):
    assert kinds(guard(), rule(name=name)) == []


def test_a_rule_of_no_room_that_conflicts_with_ours_is_for_a_person_to_end():
    live = room(sip_dispatch_rule_id="SDR_own")
    named = own(live, "SDR_b", name=f"frontdesk:{uuid.UUID(int=7)}")
    first = found(guard(), live, own(live), named)[0]
    assert (first.kind, first.remedy) == (Kind.CONFLICT, Remedy.FOREIGN)
