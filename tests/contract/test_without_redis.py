"""What we believe of a LiveKit without Redis: rooms work, and everything else says what is missing."""

import pytest

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("without_redis")]


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("ListSIPInboundTrunk", {}),
        ("ListSIPOutboundTrunk", {}),
        ("ListSIPDispatchRule", {}),
        ("CreateSIPInboundTrunk", {"trunk": {}}),
        ("DeleteSIPTrunk", {"sip_trunk_id": "ST_contractNone"}),
    ],
)
def test_every_method_about_telephones_says_that_redis_is_missing(server, method, body):
    answer = server.sip(method, body)
    assert (answer.status, answer.code) == (500, "internal")
    assert answer.msg == "sip not connected (redis required)"


@pytest.mark.parametrize("method", ["ListEgress", "StopEgress"])
def test_recordings_cannot_be_listed_or_stopped(server, method):
    answer = server.egress(method, {"egress_id": "EG_contractNone"} if method == "StopEgress" else {})
    assert (answer.status, answer.code) == (500, "internal")
    assert answer.msg == "egress not connected (redis required)"


def test_rooms_are_made_and_deleted_all_the_same(server, make_room):
    name = make_room()["name"]
    assert [room["name"] for room in server.rooms("ListRooms", {"names": [name]}).body["rooms"]] == [name]
    assert server.rooms("DeleteRoom", {"room": name}).status == 200
