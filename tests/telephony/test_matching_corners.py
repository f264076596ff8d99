"""Answers of LiveKit's own code in corners that the recorded vectors do not reach."""

from typing import Any

import pytest

from webapp.telephony import matching

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
