"""What we believe of LiveKit's dispatch rules: which stand beside each other, and what is not checked at all."""

import pytest

from tests.support.contract import rule_on, unique_name

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("with_redis")]
CLASH = "Dispatch rule for the same trunk, inbound number, number, and PIN combination already exists in dispatch rule "


def test_a_pin_clash_on_a_trunk_is_an_invalid_argument_whatever_the_kind(server, make_trunk, make_rule):
    trunk = make_trunk()
    make_rule(trunk, pin="4711")
    individual = {"dispatch_rule_individual": {"room_prefix": "p", "pin": "4711"}}
    for rule in [rule_on(trunk, pin="4711", room="other"), rule_on(trunk, rule=individual)]:
        for request in [{"dispatch_rule": rule}, rule]:
            answer = server.sip("CreateSIPDispatchRule", request)
            assert (answer.status, answer.code) == (400, "invalid_argument")
            assert answer.msg.startswith(CLASH)


def test_the_same_pin_on_another_trunk_and_an_open_rule_beside_it_are_fine(make_trunk, make_rule):
    trunk = make_trunk()
    make_rule(trunk, pin="4711")
    make_rule(trunk)
    assert make_rule(make_trunk(), pin="4711")["rule"]["dispatch_rule_direct"]["pin"] == "4711"


def test_an_open_rule_for_callers_without_number_stands_beside_an_open_rule_only_with_numbers_called(
    server, make_trunk, make_rule
):
    trunk = make_trunk()
    make_rule(trunk)
    guard = {"rule": {"dispatch_rule_individual": {"room_prefix": "no-caller-id"}}, "inbound_numbers": [""]}
    assert server.sip("CreateSIPDispatchRule", {"dispatch_rule": rule_on(trunk, **guard)}).status == 400
    make_rule(trunk, **guard, numbers=trunk["numbers"])


def test_nothing_a_rule_names_is_checked(make_trunk, make_rule):
    make_rule({"sip_trunk_id": f"ST_{unique_name()}"}, pin="1")
    trunk = make_trunk()
    for pin in ("12ab", "12#4", "1" * 17):
        assert make_rule(trunk, pin=pin, room="")["rule"]["dispatch_rule_direct"]["pin"] == pin


@pytest.mark.parametrize(
    ("rule", "msg"),
    [
        ({"name": "x"}, "missing rule"),
        ({"rule": {}}, "unsupported SIP Dispatch Rule: <nil>"),
        ({"sip_dispatch_rule_id": "SDR_x", "rule": {"dispatch_rule_direct": {}}}, "rule id must not be set"),
    ],
)
def test_a_malformed_rule_is_refused(server, rule, msg):
    answer = server.sip("CreateSIPDispatchRule", {"dispatch_rule": rule})
    assert (answer.status, answer.code, answer.msg) == (400, "invalid_argument", msg)


def test_an_unknown_rule_cannot_be_changed_or_deleted(server):
    unknown = {"sip_dispatch_rule_id": "SDR_contractNone"}
    for method, body in [
        ("UpdateSIPDispatchRule", {**unknown, "update": {"name": "x"}}),
        ("DeleteSIPDispatchRule", unknown),
    ]:
        answer = server.sip(method, body)
        assert (answer.status, answer.msg) == (404, "requested sip dispatch rule does not exist")


def test_an_update_that_clashes_names_the_other_rule(server, make_trunk, make_rule):
    trunk = make_trunk()
    holder = make_rule(trunk, pin="1", name="holder")
    mover = make_rule(trunk, pin="2", name="mover")
    update = {"rule": {"dispatch_rule_direct": {"room_name": "contract", "pin": "1"}}}
    answer = server.sip(
        "UpdateSIPDispatchRule", {"sip_dispatch_rule_id": mover["sip_dispatch_rule_id"], "update": update}
    )
    first, second = sorted([holder, mover], key=lambda rule: rule["sip_dispatch_rule_id"])
    assert (answer.status, answer.msg) == (400, f'{CLASH}"{first["sip_dispatch_rule_id"]}" "{first["name"]}"')
    assert second["name"] not in answer.msg


def test_an_update_merges_attributes_and_cannot_change_what_only_replace_can(server, make_trunk, make_rule):
    rule = make_rule(make_trunk(), attributes={"a": "1", "b": "1"}, hide_phone_number=True)
    named = {"sip_dispatch_rule_id": rule["sip_dispatch_rule_id"]}
    update = {"attributes": {"a": "", "c": "1"}, "hide_phone_number": False}
    updated = server.sip("UpdateSIPDispatchRule", {**named, "update": update}).body
    assert updated["attributes"] == {"b": "1", "c": "1"} and updated["hide_phone_number"] is True
    replaced = server.sip(
        "UpdateSIPDispatchRule", {**named, "replace": {"rule": rule["rule"], "trunk_ids": rule["trunk_ids"]}}
    ).body
    assert replaced["attributes"] == {} and replaced["hide_phone_number"] is False


def test_deleting_a_rule_answers_the_whole_rule_and_frees_its_pin(server, make_trunk, make_rule):
    trunk = make_trunk()
    rule = make_rule(trunk, pin="4711")
    answer = server.sip("DeleteSIPDispatchRule", {"sip_dispatch_rule_id": rule["sip_dispatch_rule_id"]})
    assert (answer.status, answer.body) == (200, rule)
    make_rule(trunk, pin="4711")


def test_a_deleted_trunk_leaves_its_rules_dangling(server, make_trunk, make_rule):
    trunk = make_trunk()
    rule = make_rule(trunk, pin="4711")
    server.sip("DeleteSIPTrunk", {"sip_trunk_id": trunk["sip_trunk_id"]})
    listed = server.sip("ListSIPDispatchRule", {"trunk_ids": [trunk["sip_trunk_id"]]}).body["items"]
    assert rule in listed


def test_lists_by_trunk_hold_its_rules_and_leave_others_out(server, make_trunk, make_rule):
    trunk, other = make_trunk(), make_trunk()
    mine, theirs = make_rule(trunk, pin="1"), make_rule(other, pin="1")
    listed = server.sip("ListSIPDispatchRule", {"trunk_ids": [trunk["sip_trunk_id"]]}).body["items"]
    assert mine in listed and theirs not in listed
    ids = [mine["sip_dispatch_rule_id"], theirs["sip_dispatch_rule_id"], "SDR_contractNone"]
    listed = server.sip("ListSIPDispatchRule", {"dispatch_rule_ids": ids}).body["items"]
    assert [rule["sip_dispatch_rule_id"] for rule in listed] == sorted(ids[:2])
