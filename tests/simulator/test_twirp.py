"""The simulated LiveKit over real HTTP: routes, encodings, tokens and faults."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from livekit.protocol.room import ListRoomsRequest, ListRoomsResponse

from simulator.tokens import sign
from tests.support.livekit import LiveKit
from tests.support.waiting import PATIENCE, until

LIST_ROOMS = "/twirp/livekit.RoomService/ListRooms"
CREATE_ROOM = "/twirp/livekit.RoomService/CreateRoom"


def ask(livekit: LiveKit, timeout: float = 10) -> requests.Response:
    """Post to LiveKit as one who may list rooms."""
    headers = {"Authorization": f"Bearer {livekit.token({'roomList': True})}"}
    return livekit.session.post(livekit.url + LIST_ROOMS, json={}, headers=headers, timeout=timeout)


def test_protobuf_requests_are_answered_in_protobuf(livekit: LiveKit) -> None:
    livekit.join("meeting")
    headers = {"Authorization": f"Bearer {livekit.token({'roomList': True})}", "Content-Type": "application/protobuf"}
    body = ListRoomsRequest(names=["meeting"]).SerializeToString()
    answer = livekit.session.post(livekit.url + LIST_ROOMS, data=body, headers=headers, timeout=PATIENCE)
    assert answer.headers["Content-Type"] == "application/protobuf"
    assert [room.name for room in ListRoomsResponse.FromString(answer.content).rooms] == ["meeting"]


def test_a_forged_token_is_refused_as_text_before_any_method(livekit: LiveKit) -> None:
    token = sign({"iss": livekit.key, "exp": time.time() + 60}, "another secret of thirty-two bytes!!")
    answer = requests.post(
        livekit.url + LIST_ROOMS, json={}, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE
    )
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert livekit.calls("ListRooms") == 0


def test_a_missing_grant_is_401_in_twirp_json(livekit: LiveKit) -> None:
    answer = requests.post(livekit.url + LIST_ROOMS, json={}, timeout=PATIENCE)
    assert (answer.status_code, answer.json()) == (401, {"code": "unauthenticated", "msg": "permissions denied"})


def test_the_next_calls_fail_as_ordered_and_are_counted(livekit: LiveKit) -> None:
    livekit.fail("ListRooms", "internal", times=2)
    assert [ask(livekit).status_code for _ in range(3)] == [500, 500, 200]
    assert livekit.calls("ListRooms") == 3


def test_an_applied_failure_hides_a_success(livekit: LiveKit) -> None:
    livekit.fail("CreateRoom", applied=True)
    headers = {"Authorization": f"Bearer {livekit.token({'roomCreate': True})}"}
    path = "/twirp/livekit.RoomService/CreateRoom"
    answer = livekit.session.post(livekit.url + path, json={"name": "made"}, headers=headers, timeout=PATIENCE)
    assert answer.status_code == 503
    assert livekit.rooms() == ["made"]


def test_html_comes_instead_of_json(livekit: LiveKit) -> None:
    livekit.html("ListRooms", status=200)
    assert ask(livekit).headers["Content-Type"].startswith("text/html")
    assert ask(livekit).json() == {"rooms": []}


def test_a_delayed_call_takes_that_much_longer(livekit: LiveKit) -> None:
    livekit.delay("ListRooms", 0.2)
    start = time.monotonic()
    assert ask(livekit).status_code == 200
    assert time.monotonic() - start >= 0.2


def test_a_delay_may_come_after_the_work(livekit: LiveKit) -> None:
    livekit.delay("CreateRoom", 0.5, applied=True)
    headers = {"Authorization": f"Bearer {livekit.token({'roomCreate': True})}"}
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(
            livekit.session.post, f"{livekit.url}{CREATE_ROOM}", json={"name": "early"}, headers=headers
        )
        until(lambda: "early" in livekit.rooms())
        assert not answer.done()
        assert answer.result().status_code == 200


def test_when_away_connections_break_until_it_is_healed(livekit: LiveKit) -> None:
    livekit.go_away()
    with pytest.raises(requests.ConnectionError):
        ask(livekit)
    livekit.heal()
    assert ask(livekit).status_code == 200


def test_when_hanging_nothing_is_answered_until_it_is_healed(livekit: LiveKit) -> None:
    livekit.go_away("hang")
    with pytest.raises(requests.Timeout):
        ask(livekit, timeout=0.2)
    livekit.heal()
    assert ask(livekit).status_code == 200


def test_a_call_that_waited_through_a_reset_changes_nothing_in_the_new_world(livekit: LiveKit) -> None:
    livekit.delay("CreateRoom", 1)
    headers = {"Authorization": f"Bearer {livekit.token({'roomCreate': True})}"}
    url = f"{livekit.url}/twirp/livekit.RoomService/CreateRoom"
    with pytest.raises(requests.ReadTimeout):
        requests.post(url, json={"name": "late"}, headers=headers, timeout=0.5)
    assert livekit.calls("CreateRoom") == 1
    livekit.reset()
    time.sleep(1)
    assert livekit.rooms() == []
