"""What we believe of LiveKit's inbound trunks."""

import pytest
from livekit.api import SIPGrants, VideoGrants

from tests.support.contract import unique_number

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("with_redis")]
NO_GUARD = "for security, one of the fields must be set: AuthUsername+AuthPassword, AllowedAddresses or Numbers"
FIELDS = {
    "sip_trunk_id", "name", "metadata", "numbers", "allowed_addresses", "allowed_numbers", "auth_username",
    "auth_password", "auth_realm", "headers", "headers_to_attributes", "attributes_to_headers", "include_headers",
    "ringing_timeout", "max_call_duration", "krisp_enabled", "media_encryption", "media", "created_at", "updated_at",
}  # fmt: skip


def test_a_trunk_is_answered_with_all_its_fields_and_an_id(make_trunk):
    trunk = make_trunk(auth_username="u", auth_password="secret")
    assert set(trunk) >= FIELDS  # newer servers may answer more
    assert trunk["sip_trunk_id"].startswith("ST_") and len(trunk["sip_trunk_id"]) == 15
    assert trunk["auth_password"] == "secret"  # in clear: whoever may list trunks may read it


@pytest.mark.parametrize(
    ("request_body", "msg"),
    [
        ({}, "missing trunk"),
        ({"trunk": {"name": "x"}}, NO_GUARD),
        ({"trunk": {"sip_trunk_id": "ST_x", "numbers": ["+9991"]}}, "trunk id must not be set"),
    ],
)
def test_a_malformed_trunk_is_refused(server, request_body, msg):
    answer = server.sip("CreateSIPInboundTrunk", request_body)
    assert (answer.status, answer.code, answer.msg) == (400, "invalid_argument", msg)


def test_a_number_belongs_to_one_trunk_however_it_is_written(server, make_trunk):
    number = make_trunk()["numbers"][0]
    formatted = f"{number[1:4]} ({number[4:7]}) {number[7:]}"
    answer = server.sip("CreateSIPInboundTrunk", {"trunk": {"numbers": [formatted]}})
    assert (answer.status, answer.code) == (400, "invalid_argument")
    # Whether the new or the stored one is looked at second depends on the other trunks of the server.
    assert answer.msg.startswith("Conflicting inbound SIP Trunks: ") and '"<new>"' in answer.msg
    assert f'["{formatted}"]' in answer.msg or f'["{number}"]' in answer.msg


def test_addresses_do_not_tell_trunks_of_one_number_apart_but_callers_do(server, make_trunk):
    numbers = make_trunk(allowed_addresses=["192.0.2.1"])["numbers"]
    other = server.sip("CreateSIPInboundTrunk", {"trunk": {"numbers": numbers, "allowed_addresses": ["192.0.2.2"]}})
    assert other.status == 400
    assert make_trunk(numbers=numbers, allowed_numbers=[unique_number()])["numbers"] == numbers


def test_an_unknown_trunk_cannot_be_read_or_changed_but_deleted(server):
    unknown = {"sip_trunk_id": "ST_contractNone"}
    for method, body in [
        ("GetSIPInboundTrunk", unknown),
        ("UpdateSIPInboundTrunk", {**unknown, "update": {"name": "x"}}),
    ]:
        answer = server.sip(method, body)
        assert (answer.status, answer.code, answer.msg) == (404, "not_found", "requested sip trunk does not exist")
    answer = server.sip("DeleteSIPTrunk", unknown)
    assert (answer.status, answer.body["sip_trunk_id"]) == (200, "ST_contractNone")


def test_lists_leave_unknown_ids_out_and_are_sorted_by_id(server, make_trunk):
    ids = [make_trunk()["sip_trunk_id"] for _ in range(3)]
    answer = server.sip("ListSIPInboundTrunk", {"trunk_ids": [*ids, "ST_contractNone"]})
    assert [trunk["sip_trunk_id"] for trunk in answer.body["items"]] == sorted(ids)


def test_a_list_by_number_finds_it_however_it_is_written(server, make_trunk):
    trunk, other = make_trunk(), make_trunk()
    answer = server.sip("ListSIPInboundTrunk", {"numbers": [trunk["numbers"][0].removeprefix("+")]})
    found = [each["sip_trunk_id"] for each in answer.body["items"] if each["numbers"]]
    assert found == [trunk["sip_trunk_id"]] and other["sip_trunk_id"] not in found


def test_a_page_limit_limits_nothing_and_after_id_does(server, make_trunk):
    ids = sorted(make_trunk()["sip_trunk_id"] for _ in range(3))
    asked = {"trunk_ids": ids, "page": {"limit": 1, "after_id": ids[0]}}
    answer = server.sip("ListSIPInboundTrunk", asked)
    assert [trunk["sip_trunk_id"] for trunk in answer.body["items"]] == ids[1:]


def test_replacing_wipes_what_is_not_sent_and_updating_keeps_it(server, make_trunk):
    trunk = make_trunk(metadata="kept")
    named = {"sip_trunk_id": trunk["sip_trunk_id"]}
    updated = server.sip("UpdateSIPInboundTrunk", {**named, "update": {"name": "new"}}).body
    assert (updated["name"], updated["metadata"]) == ("new", "kept")
    replaced = server.sip("UpdateSIPInboundTrunk", {**named, "replace": {"numbers": trunk["numbers"]}}).body
    assert (replaced["name"], replaced["metadata"]) == ("", "")


def test_the_last_guard_of_a_trunk_cannot_be_taken_away(server, make_trunk):
    trunk = make_trunk()
    update = {"numbers": {"remove": trunk["numbers"]}}
    answer = server.sip("UpdateSIPInboundTrunk", {"sip_trunk_id": trunk["sip_trunk_id"], "update": update})
    assert (answer.status, answer.msg) == (400, NO_GUARD)


def test_a_list_is_set_or_changed_but_not_both(server, make_trunk):
    update = {"numbers": {"set": [unique_number()], "add": [unique_number()]}}
    answer = server.sip("UpdateSIPInboundTrunk", {"sip_trunk_id": make_trunk()["sip_trunk_id"], "update": update})
    assert (answer.status, answer.msg) == (400, "cannot set and change the list at the same time")


def test_a_call_without_the_right_grant_is_unauthenticated(server):
    for token in [None, server.token(sip=SIPGrants(call=True)), server.token(video=VideoGrants(room_admin=True))]:
        answer = server.post("livekit.SIP/ListSIPInboundTrunk", {}, token)
        assert (answer.status, answer.code, answer.msg) == (401, "unauthenticated", "permissions denied")


def test_a_bad_token_is_refused_in_plain_text(server):
    """Which may repeat the token, as that of v1.13.5 does: Frontdesk shows and logs none of it."""
    token = server.token(sip=SIPGrants(admin=True))[:-4] + "AAAA"
    answer = server.post("livekit.SIP/ListSIPInboundTrunk", {}, token)
    assert (answer.status, answer.content_type) == (401, "text/plain")
