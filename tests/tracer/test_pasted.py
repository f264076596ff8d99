"""Whatever people paste: each line is said to be understood or not, and nothing contradicts what the lines prove."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.support.installation import CALLER, NUMBER, Installation
from tests.support.personas import Browser
from tests.support.shown import text_of
from webapp.core.logs import redact
from webapp.core.masking import impersonal
from webapp.tracer import log as pasted
from webapp.tracer import log_words
from webapp.tracer.masks import is_masked
from webapp.tracer.question import Question

As = Callable[[str], Browser]
PAGE = "/telephony/explain"
OUTBOUND = [
    {
        "logger": "livekit.api",
        "caller": "service/twirp.go:149",
        "msg": "API SIP.CreateSIPParticipant",
        "request": {"sipTrunkId": "ST_out1", "sipCallTo": "+15550100188", "roomName": "callback-17"},
        "status": "200",
    },
    {
        "logger": "sip",
        "caller": "sip/outbound.go:301",
        "msg": "Creating SIP participant",
        "callID": "SCL_out1",
        "fromUser": "+15550100112",
        "toUser": "+15550100188",
        "direction": "outbound",
    },
    {
        "logger": "sip",
        "caller": "sip/outbound.go:355",
        "msg": "Closing outbound call with error",
        "callID": "SCL_out1",
        "fromUser": "+15550100112",
        "toUser": "+15550100188",
        "direction": "outbound",
        "status": 480,
        "reason": "invite-failed",
        "error": "sip status: 480: Temporarily Unavailable",
    },
]
INVITE = {
    "logger": "sip",
    "msg": "processing invite",
    "callID": "SCL_1",
    "fromIP": "198.51.100.24",
    "fromUser": CALLER,
    "toUser": NUMBER,
}
ATTRIBUTES = {"sip.callID": "SCL_9", "sip.phoneNumber": CALLER, "sip.trunkPhoneNumber": NUMBER, "sip.ruleID": "SDR_x"}
SIP = f"""2026/11/29 21:00:00.123456 192.0.2.77:5060 -> 192.0.2.10:5060
INVITE sip:{NUMBER}@sip.example SIP/2.0
Via: SIP/2.0/UDP 10.0.0.4:5060;branch=z9hG4bK1;received=198.51.100.24;rport=5060
Via: SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bK2;received=203.0.113.9
Max-Forwards: 70
From: "Harbour" <sip:{CALLER}@pbx.example>;tag=7
To: <sip:{NUMBER}@sip.example>
Call-ID: 7a1@pbx.example
CSeq: 1 INVITE
Content-Type: application/sdp

v=0
o=- 1 1 IN IP4 10.0.0.4
m=audio 4000 RTP/AVP 0"""
WRITINGS: dict[str, str] = {
    "one line": json.dumps(INVITE),
    "many lines": json.dumps(INVITE, indent=2),
    "many lines of compose": "\n".join(
        f"livekit-sip-1  | {line}" for line in json.dumps(INVITE, indent=4).splitlines()
    ),
    "compose": "sip-1 | " + json.dumps(INVITE),
    "coloured": f"\x1b[36mstack_livekit-sip_1  |\x1b[0m {json.dumps(INVITE)}",
    "console": f"2026-11-29T21:08:41.344Z\tINFO\tsip\tsip/inbound.go:414\tprocessing invite\t{json.dumps(INVITE)}",
    "pairs": f'level=info msg="processing invite" callID=SCL_1 fromIP=198.51.100.24 fromUser={CALLER} toUser={NUMBER}',
    "Python": repr({**INVITE, "more": {"deep": [None, True]}}),
    "envelope": json.dumps({"log": json.dumps(INVITE) + "\n", "stream": "stdout"}),
    "cut off at its end": json.dumps({**INVITE, "zz": "x" * 40})[:-20],
    "capture": SIP,
    "capture with ends of lines": SIP.replace("\n", "\r\n"),
    "ngrep": "\n".join(f"{line}." if number else line for number, line in enumerate(SIP.split("\n"))),
    "headers alone": "\n".join(SIP.split("\n")[2:8]),
    "compact headers": SIP.replace("From:", "f:").replace("To:", "t:").replace("Via:", "v:"),
}


def read(text: str) -> Question:
    found = pasted.read(text)
    assert found is not None, "nothing was understood"
    return found


def lines(*objects: dict[str, Any]) -> str:
    return "\n".join(map(json.dumps, objects))


def page(browser: Browser, text: str) -> str:
    """Paste, and read the words of the answer, without the form."""
    answer = browser.post(f"{PAGE}/log", data={"log": text})
    assert answer.status_code == 303, answer.text
    shown = browser.get(answer.location.partition("#")[0]).text.partition("<aside>")[0]
    return text_of(shown)


@pytest.mark.parametrize("writing", WRITINGS)
def test_a_call_is_read_in_every_form_in_which_people_copy_it(writing: str):
    question = read(WRITINGS[writing])
    assert (question.from_user, question.to_user, question.source_ip) == (CALLER, NUMBER, "198.51.100.24")
    assert "invite" in question.lines and not question.outbound
    assert [reading.codes for reading in question.readings] == [("invite",)]


@pytest.mark.parametrize("writing", [repr(ATTRIBUTES), json.dumps(ATTRIBUTES), json.dumps(ATTRIBUTES, indent=1)])
def test_the_attributes_of_a_webhook_are_a_call(writing: str):
    question = read(writing)
    assert (question.from_user, question.to_user, question.rule_id) == (CALLER, NUMBER, "SDR_x")


def test_a_capture_without_received_goes_by_where_it_was_seen_from():
    without = SIP.replace(";received=198.51.100.24", "")
    assert read(without).source_ip == "192.0.2.77"
    assert read(without.partition("\n")[2]).source_ip == "10.0.0.4"


def test_a_message_and_the_lines_of_its_call_are_one_call():
    question = read(
        SIP + "\n\n" + lines({**INVITE, "sipCallID": "7a1@pbx.example"}, {"callID": "SCL_1", "reason": "flood"})
    )
    assert question.calls == 1 and "flood" in question.lines


def test_outgoing_calls_are_never_read_as_incoming_ones(installation: Installation, client_as: As):
    said = page(client_as("support"), lines(*OUTBOUND))
    assert "This is an outgoing call: inbound trunks and dispatch rules play no part" in said
    assert "SIP 480: the called phone can't be reached now" in said
    assert not any(words in said for words in ("The same call now", "What to change", "Add the called number"))


@pytest.mark.parametrize("some", [OUTBOUND[:1], OUTBOUND[1:2], OUTBOUND[2:]])
def test_each_line_of_an_outgoing_call_is_enough_to_see_its_direction(some: list[dict[str, Any]]):
    assert read(lines(*some)).outbound
    assert not read(lines(*some)).traceable


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("486 Busy Here", "status-486"),
        ("SIP/2.0 503 Service Unavailable", "status-503"),
        ("sip status: 480: Temporarily Unavailable", "status-480"),
        ("INVITE failed, status code 488", "status-488"),
        ("status 486 flood", "flood"),
        ("reason=flood", "flood"),
        ('twirp error failed_precondition: Multiple SIP Trunks matched for "+15550100111"', "several-trunks"),
        ('Multiple default SIP Trunks matched for "123"', "several-default-trunks"),
        (
            "Dispatch rule for the same trunk, inbound number, number, and PIN combination already exists in dispatch "
            'rule "<new>" "Night"',
            "rule-conflict",
        ),
        ("404 No trunk found", "elsewhere-404"),
        ("twirp error invalid_argument: missing rule", "missing-rule"),
        ("no-rule", "no-rule"),
        ("reason: no-trunk", "no-trunk"),
        ('{"msg":"Closing inbound call","reason":"no-dispatch"}', "no-dispatch"),
        ("unauthorized", "unauthorized"),
        ('{"reason":"auth-error"}', "auth-error"),
        ("closed, quota-exceeded", "quota-exceeded"),
        ("Created digest challenge", "digest"),
        ('sip-1 | 2026-11-29T21:00:00Z DEBUG sip Created digest challenge {"realm": "livekit"}', "digest"),
    ],
)
def test_a_lone_phrase_is_explained_without_any_number(app: Flask, text: str, code: str):
    question = read(text)
    assert code in question.lines and not question.traceable
    with app.test_request_context():
        assert log_words.headline(question) and all(map(log_words.meaning, question.lines))


def test_a_lone_phrase_gets_its_page_without_a_verdict(installation: Installation, client_as: As):
    said = page(client_as("support"), "404 No trunk found")
    assert "it comes from LiveKit Cloud or from your provider" in said
    assert "These lines don't name the called number" in said
    assert "The same call now" not in said


def test_every_line_is_said_to_be_understood_or_not(installation: Installation, client_as: As):
    text = lines(INVITE) + "\nthe phone at the door rang\n\n" + lines({"callID": "SCL_1", "reason": "flood"})
    assert [(each.first, each.last, each.codes) for each in read(text).readings] == [
        (1, 1, ("invite",)),
        (2, 2, ()),
        (4, 4, ("flood",)),
    ]
    said = page(client_as("support"), text)
    assert "Line 1 The call arrived." in said and "Line 2 Not understood." in said and "Line 4 “flood” is no" in said


def test_lines_of_other_programs_are_named_and_not_taken_for_a_call():
    question = read(
        lines(
            {"logger": "livekit", "msg": "participant active", "participant": "x"},
            {"logger": "egress", "msg": "egress_updated", "egressID": "EG_1", "status": "EGRESS_ACTIVE"},
            {"logger": "livekit.api", "msg": "API SIP.CreateSIPDispatchRule", "request": {"pin": "48151623"}},
            INVITE,
        )
    )
    assert [each.codes for each in question.readings] == [("server",), ("egress",), ("server",), ("invite",)]
    assert question.pin_dropped and "48151623" not in json.dumps(question.as_json())


@pytest.mark.parametrize(
    "value", ["06****12", "[PHONE]", "<redacted>", "+1555XXX0177", "••12", "+33…12", "06*12", "xxx"]
)
def test_a_masked_number_is_said_to_be_masked_and_never_compared(installation: Installation, client_as: As, value: str):
    support = client_as("support")
    said = page(support, lines({**INVITE, "toUser": value}))
    assert "The called number is masked" in said and "The same call now" not in said
    said = page(support, lines({**INVITE, "fromUser": value}))
    assert "The caller is masked" in said and "The same call now" in said  # nothing asks who calls
    installation.foreign(inbound_numbers=["+15550100177"], pin="9876")
    said = page(support, lines({**INVITE, "fromUser": value}))
    assert "some trunk or rule lists callers" in said and "The same call now" not in said


@pytest.mark.parametrize(
    "value", ["*600", "*31#", "agent", "anonymous", "+15550100177", "2044", "", "alex", "+33 1 99 00"]
)
def test_what_people_and_exchanges_dial_is_not_taken_for_masked(value: str):
    assert not is_masked(value)


def test_what_the_lines_prove_stands_beside_what_would_happen_now(installation: Installation, client_as: As):
    rule = installation.foreign(name="Interpreter desk", room="desk-772")
    taken = {"callID": "SCL_1", "msg": "Joining room", "sipTrunk": installation.trunk_id}
    support = client_as("support")
    said = page(support, lines(INVITE, {**taken, "sipRule": rule, "room": "desk-8"}))
    assert "A rule took the call" in said
    assert "Interpreter desk Interpreter desk" in said and "desk-8 desk-772" in said
    said = page(support, lines(INVITE, {**taken, "sipTrunk": "ST_old", "sipRule": "SDR_old", "room": "desk-772"}))
    assert "ST_old no longer in LiveKit Harbour" in said and "SDR_old no longer in LiveKit Interpreter desk" in said


def test_the_headline_is_what_the_lines_say_and_today_comes_second(installation: Installation, client_as: As):
    said = page(
        client_as("support"), lines(INVITE, {"callID": "SCL_1", "msg": "SIP participant joined room", "room": "x"})
    )
    assert said.index("The caller is in the room") < said.index("The same call now: No rule takes this call")


def test_no_number_of_a_pasted_room_is_shown(installation: Installation, client_as: As):
    line = {"callID": "SCL_1", "msg": "Joining room", "room": f"call_{CALLER}_HuNShp5iKFrH"}
    assert CALLER not in page(client_as("support"), lines(INVITE, line))


def test_pasting_is_limited(installation: Installation, client_as: As):
    support = client_as("support")
    assert {support.post(f"{PAGE}/log", data={"log": "no-rule"}).status_code for _ in range(40)} == {303, 429}


def blotted(text: str) -> object:
    return redact(None, "", {"event": text})


HOSTILE = {
    "brackets": "(1-",
    "tokens": "eyJ",
    "dots": "a.",
    "braces": "{",
    "nested": '{"a":',
    "lines of braces": "{\n",
    "quotes": '"',
    "escaped quotes": '"\\',
    "apostrophes": "'a'",
    "one word": "a",
    "short lines": "a\n",
    "objects": '{"a":1}',
    "pairs": "toUser=1 ",
    "stars": "*",
    "runs of digits": "1----",
    "requests": "INVITE sip:a SIP/2.0\n",
    "headers": "From: <sip:x\n",
    "open fields": '{"toUser":\n',
    "colons": "a:",
    "statuses": "status ",
    "addresses": "1.2.3.4 ",
    "at signs": '"@',
    "names": "a_",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("reads", [pasted.read, impersonal, blotted], ids=["paste box", "names", "logs"])
def test_the_time_of_reading_grows_with_the_text_and_no_faster(reads: Callable[[str], object], unit: str):
    def seconds(length: int) -> float:
        text, best = (unit * length)[:length], 10.0
        for _ in range(3):
            begun = time.process_time()
            reads(text)
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(100_000) < 30 * seconds(10_000) + 0.05
