"""What we believe of rules in conflict: how a pair gets past LiveKit, what it stops, what still works, what ends it.

No race is needed for a pair: a rule that is moved to another trunk is not compared to the rules there. It lasts for
some milliseconds, on trunks of our own.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.contract import Answer, Info, Server, rule_on

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("with_redis")]
CLASH = "Dispatch rule for the same trunk, inbound number, number, and PIN combination already exists in dispatch rule "
Make = Callable[..., Info]


def _update(server: Server, rule: Info, **action: Any) -> Answer:
    return server.sip("UpdateSIPDispatchRule", {"sip_dispatch_rule_id": rule["sip_dispatch_rule_id"], **action})


def _moved(server: Server, rule: Info, *trunks: Info) -> Answer:
    return _update(server, rule, update={"trunk_ids": {"set": [trunk["sip_trunk_id"] for trunk in trunks]}})


def _direct(pin: str) -> Info:
    return {"rule": {"dispatch_rule_direct": {"room_name": "contract", "pin": pin}}}


def test_a_rule_moved_to_another_trunk_is_not_compared_to_the_rules_there(
    server: Server, make_trunk: Make, make_rule: Make
):
    here, there = make_trunk(), make_trunk()
    make_rule(here, pin="4711")
    mover = make_rule(there, pin="4711")
    assert _moved(server, mover, here).status == 200
    server.sip("DeleteSIPDispatchRule", {"sip_dispatch_rule_id": mover["sip_dispatch_rule_id"]})


def test_a_rule_that_stands_on_the_trunk_already_is_compared(server: Server, make_trunk: Make, make_rule: Make):
    here, there = make_trunk(), make_trunk()
    make_rule(here, pin="4711")
    both = make_rule({"sip_trunk_id": here["sip_trunk_id"]}, pin="1")
    assert _moved(server, both, here, there).status == 200
    replace = rule_on(here, pin="4711")
    answer = _update(server, both, replace=replace)
    assert (answer.status, answer.msg.startswith(CLASH)) == (400, True)
    assert _update(server, both, replace={**replace, **_direct("1")}).status == 200


def test_a_stored_pair_stops_creations_in_the_nested_form_everywhere_and_in_the_flat_form_on_its_trunk(
    server: Server, make_trunk: Make, make_rule: Make
):
    here, there = make_trunk(), make_trunk()
    make_rule(here, pin="4711")
    mover = make_rule(there, pin="4711")
    assert _moved(server, mover, here).status == 200
    nested = server.sip("CreateSIPDispatchRule", {"dispatch_rule": rule_on(there, pin="2")})
    assert (nested.status, nested.code, nested.msg.startswith(CLASH)) == (400, "invalid_argument", True)
    flat = server.sip("CreateSIPDispatchRule", rule_on(here, pin="3"))
    assert (flat.status, flat.msg.startswith(CLASH)) == (400, True)
    assert server.sip("CreateSIPDispatchRule", rule_on(there, pin="4")).status == 200
    assert _update(server, mover, update={"name": "x"}).status == 400
    listed = server.sip("ListSIPDispatchRule", {"trunk_ids": [here["sip_trunk_id"]]})
    assert mover["sip_dispatch_rule_id"] in [rule["sip_dispatch_rule_id"] for rule in listed.body["items"]]
    gone = server.sip("DeleteSIPDispatchRule", {"sip_dispatch_rule_id": mover["sip_dispatch_rule_id"]})
    assert gone.status == 200


def test_another_pin_for_one_of_a_pair_ends_the_conflict(server: Server, make_trunk: Make, make_rule: Make):
    here, there = make_trunk(), make_trunk()
    make_rule(here, pin="4711")
    mover = make_rule(there, pin="4711")
    assert _moved(server, mover, here).status == 200
    assert _update(server, mover, update=_direct("5")).status == 200
    assert server.sip("CreateSIPDispatchRule", rule_on(here, pin="6")).status == 200


def test_the_message_of_a_refused_creation_names_the_new_rule_itself(server: Server, make_trunk: Make, make_rule: Make):
    trunk = make_trunk()
    rules = [make_rule(trunk, pin=pin, name=f"holder of {pin}") for pin in ("1", "2")]
    last = max(rules, key=lambda rule: rule["sip_dispatch_rule_id"])
    pin = last["rule"]["dispatch_rule_direct"]["pin"]
    answer = server.sip("CreateSIPDispatchRule", rule_on(trunk, pin=pin, name="newcomer"))
    assert answer.msg == f'{CLASH}"<new>" "newcomer"'


def test_replacing_a_rule_sets_its_filters_and_wipes_what_is_not_sent(
    server: Server, make_trunk: Make, make_rule: Make
):
    trunk = make_trunk()
    rule = make_rule(trunk, pin="1", hide_phone_number=True, metadata="m")
    filters = {"numbers": trunk["numbers"], "inbound_numbers": [""]}
    narrow = _update(server, rule, replace=rule_on(trunk, pin="1", **filters)).body
    assert {name: narrow[name] for name in filters} == filters
    assert (narrow["hide_phone_number"], narrow["metadata"]) == (False, "")
    wide = _update(server, rule, replace=rule_on(trunk, pin="1", hide_phone_number=True)).body
    assert (wide["numbers"], wide["inbound_numbers"], wide["hide_phone_number"]) == ([], [], True)
    assert wide["sip_dispatch_rule_id"] == rule["sip_dispatch_rule_id"]
