"""What we believe of LiveKit's egress service, as far as nothing is recorded for it."""

import pytest

from tests.contract.server import unique_name

pytestmark = pytest.mark.contract


def test_an_unknown_egress_is_not_found_but_a_room_without_one_has_an_empty_list(server):
    assert server.egress("ListEgress", {"egress_id": "EG_contractNone"}).status == 404
    answer = server.egress("ListEgress", {"room_name": unique_name()})
    assert (answer.status, answer.body["items"]) == (200, [])


def test_an_unknown_egress_cannot_be_stopped(server):
    answer = server.egress("StopEgress", {"egress_id": "EG_contractNone"})
    assert (answer.status, answer.code) == (404, "not_found")


def test_an_absent_room_cannot_be_recorded(server):
    asked = {"room_name": unique_name(), "file_outputs": [{"filepath": "contract.mp4"}]}
    answer = server.egress("StartRoomCompositeEgress", asked)
    assert (answer.status, answer.code) == (404, "not_found")
