"""What the call tracer advises: the cause that decides, and nothing that the form or LiveKit would refuse."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from tests.support.installation import CALLER, NUMBER, Installation
from tests.support.personas import Browser
from tests.support.shown import text_of
from webapp.matching import Rule, Trunk
from webapp.tracer import advice
from webapp.tracer.changes import FieldChange, proposed
from webapp.tracer.lookalikes import covers
from webapp.tracer.question import Question
from webapp.tracer.story import Story, tell
from webapp.trunks.forms import TrunkForm

As = Callable[[str], Browser]
CALLED, FROM, SOURCE = "+15550100111", "+15550100177", "192.0.2.10"


def trunk(trunk_id: str = "ST_a", **fields: Any) -> Trunk:
    return Trunk.parse({"sip_trunk_id": trunk_id, "name": "Door", "numbers": [CALLED], **fields})


def rule(rule_id: str = "SDR_a", pin: str = "", **fields: Any) -> Rule:
    direct = {"dispatch_rule_direct": {"room_name": "support", "pin": pin}}
    return Rule.parse({"sip_dispatch_rule_id": rule_id, "trunk_ids": ["ST_a"], "rule": direct, **fields})


def asked(trunks: list[Trunk], rules: list[Rule], **fields: Any) -> tuple[Story, list[FieldChange]]:
    story = tell(trunks, rules, Question(**{"to_user": CALLED, "from_user": FROM, "source_ip": SOURCE, **fields}))
    return story, proposed(story, trunks, rules)


def traced(browser: Browser, **fields: str) -> str:
    answer = browser.post(
        "/telephony/explain", data={"to_user": NUMBER, "from_user": CALLER, "typed": "nothing", **fields}
    )
    shown = browser.get(answer.location.partition("#")[0]).text.partition("<aside>")[0]
    return text_of(shown)


@pytest.mark.parametrize(
    ("named", "code", "old"),
    [
        ([""], "trunk_empty", '""'),
        (["ST_deleted"], "trunk_stale", "ST_deleted"),
        (["", "ST_deleted"], "trunk_stale", "ST_deleted"),
        (["ST_b"], "other_trunk", "ST_b"),
    ],
)
def test_a_rule_that_only_its_trunks_keep_from_the_call_is_named_as_the_cause(named: list[str], code: str, old: str):
    trunks = [trunk(allowed_addresses=["192.0.2.0/24"]), trunk("ST_b", numbers=["+15550100199"])]
    story, changes = asked(trunks, [rule(trunk_ids=named)])
    assert story.verdict == "drop_no_rule"
    assert changes == [FieldChange("rule", "SDR_a", "trunk_ids", code, old, "ST_a")]
    assert asked(trunks, [rule(trunk_ids=["ST_a"])])[0].verdict == "accept_direct"


def test_rules_of_another_pin_or_number_are_no_cause_for_their_trunks():
    others = [rule(trunk_ids=[""], numbers=["+15550100122"]), rule("SDR_b", pin="1", trunk_ids=["ST_x"])]
    assert asked([trunk()], others[:1])[1] == []
    assert asked([trunk()], [rule(pin="5"), *others], typed="pin", pin="77")[1] == []


def test_an_empty_trunk_id_is_told_and_no_catch_all(installation: Installation, client_as: As):
    direct = {"dispatch_rule_direct": {"room_name": "support"}}
    installation.store({"name": "Night", "trunk_ids": [""], "rule": direct})
    said = traced(client_as("support"))
    assert "There is no rule at all" not in said and "Night" in said
    assert "Names a trunk with an empty id, which is no trunk" in said
    assert "Put the trunk's id there, or leave the list empty" in said and installation.trunk_id in said


@pytest.mark.parametrize(
    ("trunks", "rules", "words"),
    [
        ([], [], "no inbound trunk at all"),
        ([trunk()], [], "no dispatch rule at all"),
        (
            [trunk(), trunk("ST_b", numbers=["+1999"])],
            [rule(trunk_ids=["ST_b"], numbers=["x"])],
            "is for another trunk",
        ),
    ],
)
def test_what_is_missing_altogether_is_said_first(app: Flask, trunks: list[Trunk], rules: list[Rule], words: str):
    with app.test_request_context():
        assert words in advice.without_change(asked(trunks, rules)[0])


@pytest.mark.parametrize(("listed", "called"), [("2044", "2044"), ("600", "600"), ("0044", "+44"), (CALLED, CALLED)])
def test_a_called_number_however_short_among_the_callers_is_the_mistake(listed: str, called: str):
    _story, changes = asked([trunk(numbers=[called])], [rule(inbound_numbers=[listed])], to_user=called)
    assert changes == [FieldChange("rule", "SDR_a", "inbound_numbers", "callers_only", listed)]


def test_every_reason_of_a_trunk_is_told_and_mended_together():
    refusing = trunk(allowed_numbers=["+33100"], allowed_addresses=["203.0.113.0/24"])
    story, changes = asked([refusing], [rule()])
    assert {change.field for change in changes} == {"allowed_numbers", "allowed_addresses"}
    assert story.trunks[0].also == ("address_not_allowed",)


@pytest.mark.parametrize(
    ("listed", "number", "meant"),
    [
        ("+1555010*", CALLED, True),
        ("+1555010xxxx", CALLED, True),
        ("^\\+1555.*$", CALLED, True),
        ("*", CALLED, True),
        ("+15550100100-+15550100199", CALLED, True),
        ("+15550100100-199", CALLED, True),
        ("2000-2099", "2044", True),
        ("2000-2039", "2044", False),
        ("*600", "600", True),
        ("*600", CALLED, False),
        ("agent", CALLED, False),
        ("+1555010", CALLED, False),
        ("+44*", CALLED, False),
    ],
)
def test_patterns_and_ranges_are_seen(listed: str, number: str, meant: bool):
    assert covers(listed, number) is meant


def test_a_pattern_is_said_to_be_letters(installation: Installation, client_as: As):
    direct = {"dispatch_rule_direct": {"room_name": "support"}}
    stored = {"name": "all", "trunk_ids": [installation.trunk_id], "numbers": ["+1555*"], "rule": direct}
    installation.store(stored)
    said = traced(client_as("support"))
    assert "Its numbers hold +1555*: to LiveKit that is text" in said
    assert "LiveKit knows no patterns and no ranges" in said
    assert "Needs livekit-server 1.9.11 or newer" in said


def test_a_rule_that_takes_every_number_of_a_trunk_with_several_is_said(installation: Installation, client_as: As):
    installation.foreign()
    assert "takes calls to every number of this trunk" not in traced(client_as("support"))
    trunk_id = installation.trunk("+15550002", name="Two")
    replaced = {"name": "Two", "numbers": ["+15550002", "+15550003"]}
    installation.livekit.call("SIP", "UpdateSIPInboundTrunk", sip_trunk_id=trunk_id, replace=replaced)
    installation.foreign(trunk_ids=[trunk_id], name="both")
    assert "takes calls to every number of this trunk" in traced(client_as("support"), to_user="+15550003")


def test_silence_is_said_to_be_that_of_self_hosted_livekit(installation: Installation, client_as: As):
    said = traced(client_as("support"), to_user="+1999")
    assert (
        "Self-hosted LiveKit from 1.12 on does it this way" in said
        and "404 No trunk found” comes from elsewhere" in said
    )


@pytest.mark.parametrize("called", ["0015550001", "+0015550001", "(0)015550001", "+1 555 0001 ", "15550001"])
def test_what_is_proposed_for_a_trunk_is_what_its_form_takes(installation: Installation, called: str):
    listed = Trunk.parse({"sip_trunk_id": "ST_a", "name": "Door", "numbers": ["020 15550001"]})
    _story, changes = asked([listed], [], to_user=called.strip())
    for change in changes:
        typed = {"name": "Door", "numbers": "\n".join([*listed.numbers, change.new])}
        form = TrunkForm(MultiDict(typed), trunk=listed.info, trunks=[listed.info], meta={"csrf": False})
        assert form.validate(), form.errors
        after = Trunk.parse({**listed.info, "numbers": [*listed.numbers, change.new]})
        assert asked([after], [], to_user=called.strip())[0].trunk is not None


def test_what_a_form_would_refuse_is_not_proposed_and_the_refusal_is_told(installation: Installation, client_as: As):
    installation.trunk("+15550009", name="Other")
    replaced = {
        "name": "Harbour",
        "numbers": ["+15550007"],
        "allowed_numbers": ["agent"],
        "allowed_addresses": ["192.0.2.1"],
    }
    installation.livekit.call("SIP", "UpdateSIPInboundTrunk", sip_trunk_id=installation.trunk_id, replace=replaced)
    said = traced(client_as("support"), to_user="+15550007", from_user="nobody@home", source_ip="192.0.2.1")
    assert "would be refused" in said and "Add the caller, or empty the list" not in said


def test_a_rule_is_not_moved_where_it_would_stop_every_call(installation: Installation, client_as: As):
    other = installation.trunk("+15550002", name="Two")
    direct = {"dispatch_rule_direct": {"room_name": "support"}}
    stays = {"name": "stays", "trunk_ids": [installation.trunk_id], "numbers": [NUMBER.removeprefix("+")]}
    fits = {"name": "fits", "trunk_ids": [other], "numbers": [NUMBER]}
    installation.store({**stays, "rule": direct}, {**fits, "rule": direct})
    said = traced(client_as("support"))
    assert "Another trunk_ids for fits would be refused" in said
    assert "add this trunk to the rule" not in said
