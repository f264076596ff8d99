"""What we believe of LiveKit's outbound trunks and calls out, as far as nobody is dialled."""

import pytest

from tests.support.contract import Server, unique_name, unique_number

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("with_redis")]
UNKNOWN = (404, "not_found", "requested sip trunk does not exist")


@pytest.fixture
def outbound(server: Server) -> dict[str, object]:
    """An outbound trunk to nowhere."""
    trunk = {"name": "frontdesk contract", "address": "sip.example.invalid", "numbers": [unique_number()]}
    answer = server.sip("CreateSIPOutboundTrunk", {"trunk": trunk})
    assert answer.status == 200, answer
    return dict(answer.body)


@pytest.mark.parametrize(
    ("request_body", "msg"),
    [
        ({}, "missing trunk"),
        ({"trunk": {}}, "no trunk numbers specified"),
        ({"trunk": {"numbers": ["+9991"]}}, "no outbound address specified"),
        (
            {"trunk": {"numbers": ["+9991"], "address": "sip:a@b"}},
            "trunk address should be a hostname or IP, not SIP URI",
        ),
    ],
)
def test_a_malformed_outbound_trunk_is_refused(server, request_body, msg):
    answer = server.sip("CreateSIPOutboundTrunk", request_body)
    assert (answer.status, answer.code, answer.msg) == (400, "invalid_argument", msg)


def test_two_outbound_trunks_may_share_a_number(server, outbound):
    twin = {name: outbound[name] for name in ("name", "address", "numbers")}
    assert server.sip("CreateSIPOutboundTrunk", {"trunk": twin}).status == 200


def test_an_outbound_trunk_is_listed_by_id_and_changed_field_by_field(server, outbound):
    named = {"sip_trunk_id": outbound["sip_trunk_id"]}
    updated = server.sip("UpdateSIPOutboundTrunk", {**named, "update": {"name": "new"}}).body
    assert (updated["name"], updated["address"]) == ("new", outbound["address"])
    listed = server.sip("ListSIPOutboundTrunk", {"trunk_ids": [outbound["sip_trunk_id"], "ST_contractNone"]})
    assert listed.body["items"] == [updated]


def test_a_trunk_of_the_other_direction_is_unknown(server, outbound, make_trunk):
    for method, trunk in [("GetSIPInboundTrunk", outbound), ("GetSIPOutboundTrunk", make_trunk())]:
        answer = server.sip(method, {"sip_trunk_id": trunk["sip_trunk_id"]})
        assert (answer.status, answer.code, answer.msg) == UNKNOWN


def test_a_call_out_needs_a_room_and_a_trunk_that_exists(server, outbound):
    call = {"sip_call_to": unique_number(), "sip_trunk_id": outbound["sip_trunk_id"]}
    answer = server.sip("CreateSIPParticipant", call)
    assert (answer.status, answer.msg) == (400, "missing room name")
    answer = server.sip("CreateSIPParticipant", {**call, "room_name": unique_name(), "sip_trunk_id": "ST_contractNone"})
    assert (answer.status, answer.code, answer.msg) == UNKNOWN
