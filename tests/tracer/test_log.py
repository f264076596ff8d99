"""Pasted log lines of livekit-sip: the call in them, what they mean, and no PIN."""

import json

import pytest
from flask import Flask

from tests.support.vectors import load
from webapp.tracer import log as pasted
from webapp.tracer import log_words

RECORDED = {each["name"]: each["log"] for each in load("sip_logs")}
INVITE = {
    "level": "info",
    "logger": "sip",
    "caller": "sip/inbound.go:414",
    "msg": "processing invite",
    "callID": "SCL_1",
    "fromIP": "198.51.100.24",
    "fromHost": "sip.example",
    "fromUser": "+447700900321",
    "toUser": "+442079460188",
}


def text(name: str) -> str:
    """The lines of a recorded call as JSON."""
    return "\n".join(json.dumps(line, separators=(",", ":")) for line in RECORDED[name])


def console(name: str, separator: str = "\t") -> str:
    """The same lines as livekit-sip writes them to a console."""
    lines = []
    for line in RECORDED[name]:
        fields = {key: value for key, value in line.items() if key not in {"level", "logger", "caller", "msg"}}
        head = ("2026-11-21T09:08:41.344Z", line["level"].upper(), "sip", line.get("caller", ""), line["msg"])
        lines.append(separator.join((*head, json.dumps(fields))))
    return "\n".join(lines)


@pytest.mark.parametrize("form", [text, console, lambda name: console(name, "  ")])
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("nothing_configured", {"invite", "flood"}),
        ("wrong_pin", {"pin-asked", "pin-typed", "wrong-pin"}),
        ("only_hash", {"pin-asked", "only-hash"}),
        ("right_pin", {"joining", "joined", "hangup"}),
        ("rule_pair_call_initial", {"dispatch-error"}),
        ("trunk_pair_call", {"several-trunks"}),
        ("auth_wrong_password", {"digest", "wrong-password"}),
        ("room_full", {"participant-failed"}),
        ("no_rtp_from_caller", {"media-timeout"}),
        ("pin_by_sip_info", {"sip-info"}),
    ],
)
def test_recorded_calls_are_read_in_every_form(form, name: str, codes: set[str]):
    question = pasted.read(form(name))
    assert question is not None
    assert codes <= set(question.lines)
    assert (question.from_user, question.source_ip) == ("+15551234", "127.0.0.1")


def test_every_line_that_is_read_has_a_meaning(app: Flask):
    with app.test_request_context():
        for name in RECORDED:
            question = pasted.read(text(name))
            assert question is not None
            assert all(log_words.meaning(code) for code in question.lines), name


def test_no_pin_of_any_recorded_call_is_in_what_is_kept():
    for name, log in RECORDED.items():
        pins = {line["pin"] for line in log if line.get("pin")}
        question = pasted.read(text(name))
        assert question is not None
        assert question.pin == ""
        assert question.pin_dropped == bool(pins), name
        kept = json.dumps({**question.as_json(), "to_user": "", "from_user": ""})
        assert not any(f'"{pin}"' in kept for pin in pins), name


def test_only_a_hash_key_is_filled_in_and_a_pin_never():
    hashed, typed = pasted.read(text("only_hash")), pasted.read(text("right_pin"))
    assert hashed is not None and typed is not None
    assert (hashed.typed, typed.typed) == ("hash", "nothing")


def test_of_repeated_keys_the_one_that_says_something_counts():
    line = json.dumps(INVITE)[:-1] + ',"sipTrunk":"ST_1","toUser":"","fromUser":"+447700900321","sipTrunk":"ST_1"}'
    question = pasted.read(line)
    assert question is not None
    assert (question.to_user, question.from_user, question.from_host) == (
        "+442079460188",
        "+447700900321",
        "sip.example",
    )


def test_a_line_that_was_cut_off_gives_what_it_has():
    question = pasted.read(json.dumps(INVITE)[:-12])
    assert question is not None
    assert (question.from_user, question.source_ip, question.to_user) == ("+447700900321", "198.51.100.24", "")


def test_a_pin_in_a_line_that_was_cut_off_is_dropped_too():
    cut = json.dumps({**INVITE, "msg": "Checking Pin for SIP call", "pin": "4711"})[:-1] + ',"noPin":fal'
    question = pasted.read(cut)
    assert question is not None
    assert question.pin_dropped
    assert "4711" not in json.dumps(question.as_json())


def test_a_collectors_envelope_is_opened():
    envelope = json.dumps({"log": json.dumps(INVITE) + "\n", "stream": "stderr"})
    question = pasted.read(envelope)
    assert question is not None
    assert question.to_user == "+442079460188"


def test_of_several_calls_the_last_one_is_read_and_the_others_are_counted():
    other = {**INVITE, "callID": "SCL_2", "toUser": "+442079460199"}
    question = pasted.read("\n".join(map(json.dumps, (INVITE, other))))
    assert question is not None
    assert (question.to_user, question.calls) == ("+442079460199", 2)


@pytest.mark.parametrize("field", ["toUser", "fromUser", "fromHost", "fromIP"])
@pytest.mark.parametrize("value", ["\ud800", "+1555\u202e0001", "\x00", ["+15550001"], 15550001])
def test_what_no_telephone_sends_is_refused_in_the_call_that_is_asked_about_and_in_no_other(field: str, value: object):
    odd = json.dumps({**INVITE, field: value})
    with pytest.raises(pasted.UnreadableCallError):
        pasted.read(odd)
    question = pasted.read(odd + "\n" + json.dumps({**INVITE, "callID": "SCL_2"}))
    assert question is not None
    assert question.to_user == "+442079460188"


@pytest.mark.parametrize(
    "junk", ["", "hello", "2026", "{", "{}", "[1,2]", '{"a":' * 3000, "{" * 50_000, '{"fromUser":{}}']
)
def test_what_says_nothing_of_calls_is_nothing(junk: str):
    assert pasted.read(junk) is None
