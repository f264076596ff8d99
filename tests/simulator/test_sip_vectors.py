"""Every recorded decision about creating and changing trunks and rules comes out of the simulated SIP service."""

from typing import Any

from google.protobuf.json_format import ParseDict

from simulator.sip import METHODS
from simulator.sip_objects import SipObjects
from simulator.tokens import Claims
from simulator.twirp import TwirpError
from simulator.world import Options, World
from tests.support.loops import complete
from tests.support.vectors import load

Case = dict[str, Any]
METHOD_OF = {
    "create_rule": "CreateSIPDispatchRule",
    "update_rule": "UpdateSIPDispatchRule",
    "create_trunk": "CreateSIPInboundTrunk",
    "update_trunk": "UpdateSIPInboundTrunk",
}
PREFIX = "twirp error unknown: "


def refusal(method: str, request: Case, *, trunks: list[Case], rules: list[Case]) -> tuple[str, str] | None:
    """Code and text of a refusal in a world that holds these objects, or None."""
    world = World(Options())
    for trunk in trunks:
        world.part(SipObjects).store_trunk(trunk)
    for rule in rules:
        world.part(SipObjects).store_rule(rule)
    asked = METHODS[method]
    try:
        complete(asked.handler(world, ParseDict(request, asked.request()), Claims(sip={"admin": True})))
    except TwirpError as error:
        return error.code, error.message.removeprefix(PREFIX)
    return None


def test_what_conflicts_is_refused_as_recorded_and_the_rest_is_stored():
    cases = [case for case in load("conflicts") if case["kind"] in METHOD_OF]
    assert len(cases) == 520
    for case in cases:
        stored = {"trunks": case.get("trunks", []), "rules": case.get("rules", [])}
        found = refusal(METHOD_OF[case["kind"]], case["request"], **stored)
        assert found == expected(case), case["id"]


def expected(case: Case) -> tuple[str, str] | None:
    """The HTTP API knows no "unknown": a plain error of the server is internal there."""
    if case["ok"]:
        return None
    error = case["error"]
    return {"unknown": "internal"}.get(error["code"], error["code"]), error["text"]


def test_what_is_malformed_is_refused_as_recorded():
    refused = [case for case in load("validation") if not case["ok"]]
    assert len(refused) > 50
    for case in refused:
        method, request = request_of(case)
        found = refusal(method, request, trunks=[], rules=[])
        assert found == ("invalid_argument", case["error"]), case["id"]


def request_of(case: Case) -> tuple[str, Case]:
    """The request that carries a recorded object, or is one."""
    kind, thing = case["type"], case["object"]
    if kind == "SIPInboundTrunkInfo":
        return "CreateSIPInboundTrunk", {"trunk": {**thing, "sip_trunk_id": ""}}
    if kind == "SIPDispatchRuleInfo":
        return "CreateSIPDispatchRule", {"dispatch_rule": {**thing, "sip_dispatch_rule_id": ""}}
    return kind.removesuffix("Request"), thing
