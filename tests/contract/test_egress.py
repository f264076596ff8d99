"""What we believe of LiveKit's egress service, as far as nothing is recorded for it."""

import pytest
from livekit.api import VideoGrants

from tests.support.contract import unique_name

pytestmark = pytest.mark.contract


@pytest.mark.usefixtures("with_redis")
def test_an_unknown_egress_is_not_found_but_a_room_without_one_has_an_empty_list(server):
    assert server.egress("ListEgress", {"egress_id": "EG_contractNone"}).status == 404
    answer = server.egress("ListEgress", {"room_name": unique_name()})
    assert (answer.status, answer.body["items"]) == (200, [])


@pytest.mark.usefixtures("with_redis")
@pytest.mark.parametrize("method", ["StopEgress", "UpdateLayout", "UpdateStream"])
def test_an_unknown_egress_cannot_be_stopped_or_changed(server, method):
    answer = server.egress(method, {"egress_id": "EG_contractNone"})
    assert (answer.status, answer.code) == (404, "not_found")
    assert answer.msg == "egress does not exist"


@pytest.mark.parametrize("method", ["ListEgress", "StopEgress", "StartWebEgress"])
def test_recording_needs_its_own_grant(server, method):
    token = server.token(video=VideoGrants(room_admin=True, room_create=True))
    answer = server.post(f"livekit.Egress/{method}", {}, token)
    assert (answer.status, answer.code) == (401, "unauthenticated")


def test_an_absent_room_cannot_be_recorded(server):
    asked = {"room_name": unique_name(), "file_outputs": [{"filepath": "contract.mp4"}]}
    answer = server.egress("StartRoomCompositeEgress", asked)
    assert (answer.status, answer.code) == (404, "not_found")
