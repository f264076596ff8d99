"""Answers of LiveKit's own code in corners that the recorded vectors do not reach."""

from typing import Any

import pytest

from webapp import matching

Json = dict[str, Any]
PCMU, OPUS = [{"name": "PCMU"}], [{"name": "opus"}]


def media_of_answer(rule: Json, trunk: Json | None = None) -> Json:
    """The media a call gets over a trunk of this media, from a rule of that."""
    trunks = [] if trunk is None else [{"sip_trunk_id": "ST_a", "media": trunk}]
    rules = [{"sip_dispatch_rule_id": "SDR_a", "rule": {"dispatch_rule_direct": {"room_name": "r"}}, "media": rule}]
    told = matching.evaluate_case({"id": "", "trunks": trunks, "rules": rules, "call": {}})
    return told["steps"][-1]["media"]


@pytest.mark.parametrize(
    ("trunk", "rule", "answer"),
    [
        ({"codecs": PCMU}, {"only_listed_codecs": True}, {"codecs": PCMU}),
        ({"only_listed_codecs": True, "codecs": PCMU}, {"codecs": OPUS}, {"codecs": OPUS}),
        ({"only_listed_codecs": True}, {}, {"only_listed_codecs": True}),
        ({}, {"only_listed_codecs": True}, {}),
        (None, {"only_listed_codecs": True}, {"only_listed_codecs": True}),
        ({"media_timeout": "5s"}, {"media_timeout": "0s"}, {"media_timeout": "0s"}),
    ],
)
def test_only_listed_codecs_counts_where_the_codecs_come_from(trunk, rule, answer):
    assert media_of_answer(rule, trunk) == answer


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        ({"numbers": ["1"], "media": {"media_timeout": "601s"}}, "unknown"),
        ({"numbers": ["1"], "headers_to_attributes": {"X Y": "a"}}, "unknown"),
        ({}, "invalid_argument"),
    ],
)
def test_what_was_stored_wrong_is_refused_without_a_code_except_a_missing_guard(stored, code):
    trunk = matching.Trunk.parse({"sip_trunk_id": "ST_a", **stored})
    with pytest.raises(matching.MatchingError) as refusal:
        matching.update_trunk([trunk], {"sip_trunk_id": "ST_a", "update": {"name": "n"}})
    assert (refusal.value.code, refusal.value.wrapped) == (code, code == "invalid_argument")


def test_trunk_ids_beside_a_nested_rule_narrow_what_it_is_checked_against():
    broken = matching.Rule.parse({"sip_dispatch_rule_id": "SDR_a", "rule": {}, "trunk_ids": ["ST_a"]})
    nested = {"dispatch_rule": {"rule": {"dispatch_rule_direct": {}}, "trunk_ids": ["ST_b"]}}
    with pytest.raises(matching.MatchingError):
        matching.create_rule([broken], nested)
    assert matching.create_rule([broken], {**nested, "trunk_ids": ["ST_b"]}) == nested["dispatch_rule"]


def test_a_tie_goes_to_the_rule_that_is_listed_first():
    kind = {"dispatch_rule_direct": {"room_name": "r"}}
    ids = ("SDR_b", "SDR_a")
    rules = [matching.Rule.parse({"sip_dispatch_rule_id": each, "rule": kind, "trunk_ids": [each]}) for each in ids]
    assert matching.best_rule(rules) == rules[0]
    assert matching.best_rule(rules[::-1]) == rules[1]


def test_texts_are_quoted_by_unicode_15_whichever_edition_python_knows():
    assert matching.quoted("\U0001faf8 \U00031350") == '"\U0001faf8 \U00031350"'  # new in 15.0
    assert matching.quoted("\u2ffc\U0002ebf0") == r'"\u2ffc\U0002ebf0"'  # new in 15.1
    assert matching.quoted("\u00a0\u0378\ue000\x7f") == r'"\u00a0\u0378\ue000\x7f"'


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("sip:a@b;user=phone", ""),
        ("sip:a, sip:b", "bare URI with special characters"),
        ("<sip:a", "mismatched angle brackets"),
        (">sip:a<", "malformed angle brackets"),
        ("<sip:a><", "multiple opening brackets"),
        ("<sip:a>>", "multiple closing brackets"),
        ("<sip:a b>", "uri: contains spaces"),
        ("<http://a>", "uri: scheme not one of sip, sips, or tel"),
        ("Alice B. <sip:a>", ""),
        ("Alice: <sip:a>", "display name: char 58 not allowed"),
        ("Zo\u00e9 <sip:a>", "display name: char 233 out of range, consider explicilty adding utf8 characters"),
        (r'"Zo\u00e9, \"Z\"" <sip:a>', ""),
        (r'"\ud800" <sip:a>', "display name: invalid syntax"),
        (r'"it\'s" <sip:a>', "display name: invalid syntax"),
        ('" <sip:a>', "display name: invalid syntax"),
    ],
)
def test_an_address_header_is_complained_about_in_livekits_words(value, fault):
    told = [f"header To: value: {fault}"] if fault else []
    assert matching.header_warnings({"To": value}) == told
