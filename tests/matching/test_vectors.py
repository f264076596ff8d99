"""The matching agrees with every answer LiveKit's own code gave."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.vectors import load
from webapp import matching

Case = dict[str, Any]
WORDS_OF_GO = {"bad_source_ip", "panic", "invalid_utf8"}
CREATE_OR_UPDATE = {
    "create_rule": (matching.create_rule, "rules", matching.Rule),
    "update_rule": (matching.update_rule, "rules", matching.Rule),
    "create_trunk": (matching.create_trunk, "trunks", matching.Trunk),
    "update_trunk": (matching.update_trunk, "trunks", matching.Trunk),
}
VALIDATE: dict[str, Callable[[Case], object]] = {
    "SIPInboundTrunkInfo": matching.check_trunk,
    "SIPDispatchRuleInfo": matching.check_rule,
    "CreateSIPInboundTrunkRequest": matching.check_create_trunk,
    "CreateSIPDispatchRuleRequest": matching.check_create_rule,
    "UpdateSIPInboundTrunkRequest": matching.check_update_trunk,
    "UpdateSIPDispatchRuleRequest": matching.check_update_rule,
}


def comparable(steps: list[Case]) -> list[Case]:
    """Steps without the words that are Go's and not LiveKit's."""
    return [{**step, "error": without_gos_words(step["error"])} if "error" in step else step for step in steps]


def without_gos_words(error: Case) -> Case:
    return {**error, "text": ""} if error["kind"] in WORDS_OF_GO else error


def error_of(act: Callable[[], object]) -> matching.MatchingError | None:
    try:
        act()
    except matching.MatchingError as error:
        return error
    return None


def id_of(rule: matching.Rule | None) -> str:
    return rule.id if rule else ""


def test_normalised_numbers_are_livekits():
    cases = load("normalize")
    assert len(cases) == 150
    assert {case["id"]: matching.normalise(case["input"]) for case in cases} == {
        case["id"]: case["output"] for case in cases
    }


def test_priorities_and_the_best_rule_are_livekits():
    cases = load("priority")
    assert len(cases) == 100
    for case in cases:
        rules = matching.parse_rules(case["rules"])
        assert {rule.id: matching.priority(rule) for rule in rules} == case["priorities"], case["id"]
        if "error" in case:
            assert any(not rule.kind for rule in rules), case["id"]
            assert matching.bad_rule().as_json() == case["error"], case["id"]
        else:
            assert id_of(matching.best_rule(rules)) == case["best"], case["id"]


def test_every_whole_call_ends_as_livekit_ends_it():
    cases = load("evaluate")
    assert len(cases) == 5315
    for case in cases:
        asked = {name: case[name] for name in ("id", "trunks", "rules", "call", "typed") if name in case}
        told = matching.evaluate_case(asked)
        assert comparable(told["steps"]) == comparable(case["steps"]), case["id"]
        assert told["verdict"] == case["verdict"], case["id"]


def test_every_trunk_is_explained_as_livekit_treats_it():
    for case in load("evaluate"):
        trunks = matching.parse_trunks(case["trunks"])
        assert matching.trunk_reasons(trunks, matching.SipCall.parse(case["call"])) == case["trunk_reasons"], case["id"]


def test_every_single_lookup_is_answered_as_livekit_answers_it():
    cases = load("evaluate_raw")
    assert len(cases) == 550
    for case in cases:
        told = matching.evaluate_lookup(case)
        assert comparable(told["steps"]) == comparable(case["steps"]), case["id"]
        assert told["verdict"] == case["verdict"], case["id"]


@pytest.mark.parametrize("kind", ["rule_list", "trunk_list"])
def test_lists_conflict_exactly_where_livekit_says(kind: str):
    for case in (case for case in load("conflicts") if case["kind"] == kind):
        rules = [matching.Rule.parse(info) for info in case.get("rules", ())]
        trunks = [matching.Trunk.parse(info) for info in case.get("trunks", ())]
        error = error_of(lambda: matching.check_rules(rules) or matching.check_trunks(trunks))  # noqa: B023
        assert (error is None) == case["ok"], case["id"]
        assert (error and error.as_json()) == case.get("error"), case["id"]
        if isinstance(error, matching.ConflictError):
            assert list(error.pair) == case["pair"], case["id"]
            assert error.reason == case.get("reason", ""), case["id"]
        if case["ok"] and "best" in case:
            assert id_of(matching.best_rule(rules)) == case["best"], case["id"]


@pytest.mark.parametrize("kind", sorted(CREATE_OR_UPDATE))
def test_requests_are_refused_in_livekits_words_and_accepted_where_livekit_does(kind: str):
    check, world, parsed = CREATE_OR_UPDATE[kind]
    cases = [case for case in load("conflicts") if case["kind"] == kind]
    assert len(cases) >= 100
    for case in cases:
        stored: list[Case] = []
        before = [parsed.parse(info) for info in case.get(world, [])]
        error = error_of(lambda: stored.append(check(before, case["request"])))  # noqa: B023
        assert (error and error.as_json()) == case.get("error"), case["id"]
        if "world_ok_after" in case:
            assert world_is_ok(case[world], stored[0], world) == case["world_ok_after"], case["id"]


def world_is_ok(before: list[Case], changed: Case, world: str) -> bool:
    identifier = "sip_dispatch_rule_id" if world == "rules" else "sip_trunk_id"
    after = [changed if info[identifier] == changed[identifier] else info for info in before]
    if world == "rules":
        return error_of(lambda: matching.check_rules(matching.parse_rules(after))) is None
    return error_of(lambda: matching.check_trunks(matching.parse_trunks(after))) is None


def test_objects_are_well_formed_exactly_where_livekit_says():
    cases = load("validation")
    assert len(cases) == 250
    for case in cases:
        error = error_of(lambda: VALIDATE[case["type"]](case["object"]))  # noqa: B023
        assert (error is None) == case["ok"], case["id"]
        assert (error.text if error else None) == case.get("error"), case["id"]
        if case["ok"]:
            headers = (case["object"].get("trunk") or case["object"]).get("headers") or {}
            assert matching.header_warnings(headers) == case.get("warnings", []), case["id"]
