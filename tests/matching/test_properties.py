"""What must hold of the matching for any world, beyond the recorded answers; a busy machine is no counterexample."""

from ast import literal_eval

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.vectors import load
from webapp import matching

NUMBERS = st.sampled_from(["+331", "331", "(33) 1", "+442", "", "anonymous"])
PINS = st.sampled_from(["", "1234", "42"])
CASES = [case for case in load("evaluate") if not case["verdict"].startswith("error_")][:300]
CODECS = st.lists(st.sampled_from([{"name": "PCMU"}, {"name": "opus"}]), min_size=1, max_size=2)
MEDIA = st.fixed_dictionaries({}, optional={"only_listed_codecs": st.just(True), "codecs": CODECS})
IDS = st.sampled_from([f"SDR_{letter}" for letter in "abcdefgh"])


@st.composite
def rules(draw: st.DrawFn) -> dict[str, object]:
    kind = draw(st.sampled_from(["direct", "individual", "callee"]))
    return {
        "sip_dispatch_rule_id": draw(IDS),
        "rule": {f"dispatch_rule_{kind}": {"pin": draw(PINS)}},
        "trunk_ids": draw(st.lists(st.sampled_from(["ST_a", "ST_b", ""]), max_size=2)),
        "numbers": draw(st.lists(NUMBERS, max_size=2)),
    }


@settings(deadline=None)
@given(case=st.sampled_from(CASES), chance=st.randoms(use_true_random=False))
def test_the_order_in_which_the_world_is_listed_changes_no_answer(case, chance):
    shuffled = {**case, "trunks": chance.sample(case["trunks"], len(case["trunks"]))}
    shuffled["rules"] = chance.sample(case["rules"], len(case["rules"]))
    assert matching.evaluate_case(shuffled) == matching.evaluate_case(case)


@settings(deadline=None)
@given(case=st.sampled_from([case for case in CASES if case["steps"][0]["trunk_id"]]))
def test_a_rule_of_another_trunk_changes_nothing_even_when_it_is_broken(case):
    foreign = {"sip_dispatch_rule_id": "SDR_0", "rule": {}, "trunk_ids": ["ST_of_somebody_else"]}
    assert matching.evaluate_case({**case, "rules": [foreign, *case["rules"]]}) == matching.evaluate_case(case)


@settings(deadline=None)
@given(st.text())
def test_normalising_twice_is_normalising_once(number):
    assert matching.normalise(matching.normalise(number)) == matching.normalise(number)


@settings(deadline=None)
@given(st.lists(rules(), max_size=6, unique_by=lambda rule: rule["sip_dispatch_rule_id"]), rules())
def test_a_nested_create_is_accepted_exactly_when_the_world_stays_free_of_conflicts(stored, new):
    del new["sip_dispatch_rule_id"]
    after = [*stored, {**new, "sip_dispatch_rule_id": "SDR_new"}]
    assert refuses(lambda: matching.create_rule(matching.parse_rules(stored), {"dispatch_rule": new})) == refuses(
        lambda: matching.check_rules(matching.parse_rules(after))
    )


@settings(deadline=None)
@given(st.text())
def test_a_quoted_text_reads_back_as_it_was(text):
    assert literal_eval(matching.quoted(text)) == text


@settings(deadline=None)
@given(st.text().filter(lambda text: not set(text) & {"<", ">"}))
def test_no_quoted_name_in_front_of_an_address_is_complained_about(name):
    assert matching.header_warnings({"To": f"{matching.quoted(name)} <sip:alice>"}) == []


@settings(deadline=None)
@given(trunk=MEDIA, rule=MEDIA)
def test_codecs_and_whether_others_may_be_used_are_never_mixed_from_two_sides(trunk, rule):
    kind = {"dispatch_rule_direct": {"room_name": "r"}}
    rules = matching.parse_rules([{"sip_dispatch_rule_id": "SDR_a", "rule": kind, "media": rule}])
    trunks = matching.parse_trunks([{"sip_trunk_id": "ST_a", "media": trunk}])
    answer = matching.look_up(trunks, rules, matching.SipCall())
    assert answer.fields["media"] == (rule if "codecs" in rule else trunk)


def refuses(act) -> bool:
    try:
        act()
    except matching.MatchingError:
        return True
    return False
