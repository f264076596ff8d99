"""What LiveKit's SIP service refuses beyond the recordings: outbound trunks, calls out, transfers."""

from typing import Any

import pytest

from tests.support.livekit import LiveKit, Refused

PREFIX = "twirp error unknown: "
OUTBOUND = {"numbers": ["+15550009"], "address": "sip.example.com"}
TRANSFER = {"room_name": "meeting", "participant_identity": "web", "transfer_to": "tel:+15557777"}


def refusal(livekit: LiveKit, method: str, **request: Any) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    with pytest.raises(Refused) as refused:
        livekit.call("SIP", method, **request)
    return refused.value.status, refused.value.body["code"], refused.value.body["msg"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"numbers": []}, "no trunk numbers specified"),
        ({"address": ""}, "no outbound address specified"),
        ({"address": "sip:a.example"}, "trunk address should be a hostname or IP, not SIP URI"),
        ({"address": "user@a.example"}, "trunk address should be a hostname or IP, not SIP URI"),
        ({"address": "a.example;transport=tcp"}, "trunk address should not contain transport parameter"),
        ({"from_host": "sip:a.example"}, "from_host should be a hostname or IP, not SIP URI"),
        ({"headers": {"Call-ID": "x"}}, "invalid header name: header name Call-ID not supported"),
        ({"sip_trunk_id": "ST_x"}, "trunk id must not be set"),
    ],
)
def test_a_malformed_outbound_trunk_is_refused(livekit: LiveKit, fields: dict[str, Any], text: str) -> None:
    trunk = {**OUTBOUND, **fields}
    assert refusal(livekit, "CreateSIPOutboundTrunk", trunk=trunk) == (400, "invalid_argument", text)


def test_an_outbound_trunk_is_changed_field_by_field_or_replaced_and_deleted(livekit: LiveKit) -> None:
    trunk = livekit.call("SIP", "CreateSIPOutboundTrunk", trunk={**OUTBOUND, "name": "first", "metadata": "m"})
    named = {"sip_trunk_id": trunk["sip_trunk_id"]}
    update = {"name": "second", "numbers": {"add": ["+15550010"], "remove": ["+15550009"]}, "metadata": ""}
    updated = livekit.call("SIP", "UpdateSIPOutboundTrunk", **named, update=update)
    assert (updated["name"], updated["numbers"], updated["metadata"]) == ("second", ["+15550010"], "")
    replaced = livekit.call("SIP", "UpdateSIPOutboundTrunk", **named, replace=OUTBOUND)
    assert (replaced["name"], replaced["numbers"]) == ("", ["+15550009"])
    for action, text in [
        ({}, "missing or unsupported update action"),
        ({"replace": {**OUTBOUND, "sip_trunk_id": "ST_other"}}, "trunk id in the info must be empty or match the id"),
        ({"update": {"numbers": {"clear": True, "add": ["+1"]}}}, "cannot clear and change the list at the same time"),
    ]:
        assert refusal(livekit, "UpdateSIPOutboundTrunk", **named, **action)[2].startswith(text)
    livekit.call("SIP", "DeleteSIPTrunk", **named)
    assert livekit.call("SIP", "ListSIPOutboundTrunk")["items"] == []


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"sip_trunk_id": ""}, 400, "missing sip trunk id and sip number"),
        ({"sip_call_to": ""}, 400, "missing sip callee number"),
        ({"sip_call_to": "a@b"}, 400, "SipCallTo should be a phone number or SIP user, not a full SIP URI"),
        ({"room_name": ""}, 400, "missing room name"),
        ({"sip_trunk_id": "ST_nope"}, 404, "requested sip trunk does not exist"),
    ],
)
def test_a_call_out_that_cannot_be_made_is_refused(
    livekit: LiveKit, fields: dict[str, str], status: int, text: str
) -> None:
    trunk = livekit.call("SIP", "CreateSIPOutboundTrunk", trunk=OUTBOUND)
    asked = {"sip_trunk_id": trunk["sip_trunk_id"], "sip_call_to": "+15551111", "room_name": "r", **fields}
    found = refusal(livekit, "CreateSIPParticipant", **asked)
    assert (found[0], found[2]) == (status, text)


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"room_name": ""}, 400, f"{PREFIX}Missing room name"),
        ({"participant_identity": ""}, 400, f"{PREFIX}Missing participant identity"),
        ({"transfer_to": ""}, 400, "missing transfer to"),
        ({"transfer_to": "+1555"}, 400, "transfer_to must be a valid SIP(s) or TEL URI (sip:, sips: or tel:)"),
        ({"participant_identity": "no one"}, 404, f"{PREFIX}participant does not exist"),
        ({}, 400, f"{PREFIX}no SIP session associated with participant"),
    ],
)
def test_a_transfer_that_cannot_be_made_is_refused(
    livekit: LiveKit, fields: dict[str, str], status: int, text: str
) -> None:
    livekit.join("meeting")
    found = refusal(livekit, "TransferSIPParticipant", **{**TRANSFER, **fields})
    assert (found[0], found[2]) == (status, text)


def test_a_transfer_rings_until_livekit_gives_up_and_the_phone_stays(livekit: LiveKit) -> None:
    trunk = {"sip_trunk_id": "ST_main", "numbers": ["+15550001"]}
    rule = {"trunk_ids": ["ST_main"], "rule": {"dispatch_rule_direct": {"room_name": "meeting", "pin": "1"}}}
    livekit.store_sip(trunks=[trunk], rules=[rule])
    call = livekit.dial(to="+15550001", keys="1#")
    asked = {**TRANSFER, "participant_identity": call["identity"], "ringing_timeout": "2s"}
    timeout = (408, "deadline_exceeded", f"{PREFIX}request timed out")
    assert refusal(livekit, "TransferSIPParticipant", **asked) == timeout
    assert livekit.phone(call["id"])["state"] == "inside"
