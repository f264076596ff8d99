"""A rule is a room's, a guard or external: by the id on our row, or by all that it says, never by its name alone."""

import uuid
from dataclasses import replace

import pytest

from tests.support.worlds import guard, old, own, room, rule
from webapp.matching import Rule
from webapp.rules import marks
from webapp.rules.marks import OwnIds
from webapp.rules.owners import External, GuardOf, Known, OfRoom, owner_of, shown_name
from webapp.rules.wanted import NOBODY

NAMED = External(named_like_ours=True)
OURS = room()
NOTHING = Known({}, [OURS.id])


def test_the_id_on_a_row_makes_a_rule_ours_whatever_it_says():
    known = Known.of([(OURS.id, "SDR_new", "SDR_old")], [("ST_a", "SDR_guard")])
    changed = rule(kind="individual", room="elsewhere", name="mine")
    owners = [owner_of(replace(changed, id=f"SDR_{which}"), known) for which in ("new", "old", "guard", "other")]
    assert owners == [OfRoom(OURS.id), OfRoom(OURS.id, old=True), GuardOf("ST_a"), External(named_like_ours=False)]


def test_a_name_of_ours_with_what_our_rules_say_makes_a_rule_ours():
    assert owner_of(own(OURS), NOTHING) == OfRoom(OURS.id)
    assert owner_of(old(OURS), NOTHING) == OfRoom(OURS.id, old=True)
    assert owner_of(guard(), NOTHING) == owner_of(guard(inbound_numbers=[NOBODY]), NOTHING) == GuardOf("ST_a")


@pytest.mark.parametrize(
    "named",
    [
        own(room()),  # of a room that is none of ours
        own(OURS, rule={"dispatch_rule_direct": {"room_name": "elsewhere"}}),
        own(OURS, rule={"dispatch_rule_individual": {"room_prefix": str(OURS.id)}}),
        own(OURS, name=f"frontdesk-old:{uuid.UUID(int=7)}"),
        own(OURS, name=f"frontdesk:{OURS.id} "),
        guard(inbound_numbers=[]),
        guard(trunk_ids=["ST_b"]),
        guard(rule={"dispatch_rule_direct": {"room_name": "no-caller-id"}}),
        rule(name="frontdesk-guard:x", pin=""),
        rule(name="frontdesk-guard:"),
    ],
)
def test_a_name_alone_proves_nothing(named: Rule):
    assert owner_of(named, NOTHING) == NAMED


def test_a_rule_that_says_what_ours_say_under_another_name_is_external():
    assert owner_of(own(OURS, name="night line"), NOTHING) == External(named_like_ours=False)


def test_a_name_that_frontdesk_did_not_give_is_cut_whoever_owns_the_rule():
    assert shown_name(own(OURS), OfRoom(OURS.id)) == f"frontdesk:{OURS.id}"
    assert shown_name(guard(), GuardOf("ST_a")) == "frontdesk-guard:ST_a"
    for name in ("frontdesk-guard:+33612345678", "+33612345678"):
        assert "336" not in shown_name(rule(name=name), NAMED)
        assert "336" not in shown_name(own(OURS, name=name), OfRoom(OURS.id))


MINE, EARLIER, THEIRS = "id-of-mine", "id-of-before", "id-of-theirs"
HERE = OwnIds((MINE, EARLIER))
COPY = OwnIds((MINE,), is_copy=True)
THEIR_RULE = External(named_like_ours=True, by_another=True)


def marked(named: Rule, installation: str) -> Rule:
    return Rule.parse(marks.marked(named.info, installation))


def test_a_rule_with_another_installations_id_is_not_ours_by_name_by_content_or_by_our_row():
    known = Known.of([(OURS.id, "SDR_own", "SDR_old")], [("ST_a", "SDR_guard_ST_a")], HERE)
    for each in (own(OURS), old(OURS), guard(), own(OURS, "SDR_copy")):
        assert owner_of(marked(each, THEIRS), known) == THEIR_RULE
        assert not isinstance(owner_of(marked(each, MINE), known), External)
        assert not isinstance(owner_of(marked(each, EARLIER), known), External)
    assert owner_of(marked(rule(), THEIRS), known) == External(named_like_ours=False, by_another=True)


def test_a_rule_without_an_id_is_judged_as_before_there_were_any():
    known = Known.of([(OURS.id, "SDR_changed", None)], [], HERE)
    assert owner_of(own(OURS, "SDR_changed", name="theirs"), known) == OfRoom(OURS.id)
    assert owner_of(own(OURS), known) == OfRoom(OURS.id)
    assert owner_of(own(room()), known) == NAMED
    assert owner_of(rule(), known) == External(named_like_ours=False)


def test_for_a_copy_what_has_no_id_is_the_originals():
    known = Known.of([(OURS.id, "SDR_changed", None)], [("ST_a", "SDR_guard_ST_a")], COPY)
    assert {owner_of(each, known) for each in (own(OURS), guard(), old(OURS))} == {THEIR_RULE}
    changed = owner_of(rule("SDR_changed"), known)
    assert changed == External(named_like_ours=False, by_another=True), "the original's, as our row has it"
    assert owner_of(own(room()), known) == NAMED
    assert owner_of(rule(), known) == External(named_like_ours=False)
    assert owner_of(marked(own(OURS), MINE), known) == OfRoom(OURS.id)


@pytest.mark.parametrize(
    "metadata",
    ["", "text", "[]", '{"frontdesk": 7}', '{"frontdesk": null}', "{" * 5000, '{"frontdesk": "x"', "[" * 100_000, "{}"],
)
def test_metadata_that_says_nothing_of_an_installation_has_no_id(metadata: str):
    assert marks.mark_of(own(OURS, metadata=metadata)) == ""
