"""The simulator answers recorded room requests as livekit-server v1.13.5 did, in the order they were asked."""

import time

from tests.support.livekit import LiveKit
from tests.support.replay import Exchange, Replay, recorded

OTHER_SECRET = "another secret of thirty-two bytes!!"


def replayed(replay: Replay, exchanges: list[Exchange]) -> dict[str, list[str]]:
    """Ask all of them in order; the differences by name of the exchange."""
    answers = {f"{number} {each['name']}": replay.differences(each) for number, each in enumerate(exchanges)}
    return {name: lines for name, lines in answers.items() if lines}


def tokens(replay: Replay) -> dict[str, dict[str, str]]:
    """What the recorded requests about tokens carried."""
    now = int(time.time())
    lists = {"roomList": True}

    def bearing(**claims: object) -> dict[str, str]:
        return replay.almighty({}, **{"video": lists, **claims})

    forger = LiveKit(replay.livekit.url, replay.livekit.key, OTHER_SECRET)
    good = replay.livekit.token(lists)
    return {
        "move_no_dest_grant": bearing(video={"roomAdmin": True, "room": "r-full"}),
        "auth_missing": {},
        "auth_not_bearer": {"Authorization": f"Token {good}"},
        "auth_garbage_token": {"Authorization": "Bearer garbage"},
        "auth_unknown_key": bearing(iss="otherkey"),
        "auth_wrong_secret": {"Authorization": f"Bearer {forger.token(lists)}"},
        "auth_expired": bearing(nbf=now - 600, exp=now - 120),
        "auth_expired_30s": bearing(nbf=now - 600, exp=now - 30),
        "auth_nbf_future": bearing(nbf=now + 300),
        "auth_nbf_future_30": bearing(nbf=now + 30),
        "auth_no_video_grant": bearing(video={}),
        "auth_lacks_roomList": bearing(video={"roomCreate": True}),
        "auth_lacks_roomCreate": bearing(),
        "auth_admin_other_room": bearing(video={"roomAdmin": True, "room": "r-other"}),
        "auth_admin_no_room": bearing(video={"roomAdmin": True}),
        "auth_sip_missing_grant": bearing(sip={}),
        "auth_egress_missing_grant": bearing(),
        "auth_token_query_param": {},
        "ct_proto_no_auth": {},
        "root": {},
    }


def prepared(exchange: Exchange, token: str) -> Exchange:
    """The exchange with what the recording abbreviated written out."""
    request = dict(exchange["request"])
    request["path"] = request["path"].replace("<token>", token)
    if exchange["name"] == "update_meta_70k":
        request["body"] = {"room": "r-full", "metadata": "x" * 70000}
        exchange["response"]["body"]["metadata"] = "x" * 70000
    if exchange["name"] == "upd_attr_huge":
        request["body"] = {"room": "wroom", "identity": "alice", "attributes": {"k": "v" * 70000}}
    return {**exchange, "request": request}


def test_every_recorded_room_request_is_answered_as_livekit_answered_it(livekit: LiveKit) -> None:
    replay = Replay(livekit)
    replay.headers = tokens(replay)
    token = livekit.token({"roomList": True})
    exchanges = recorded("rooms")
    assert len(exchanges) == 83
    assert replayed(replay, [prepared(each, token) for each in exchanges]) == {}


def test_every_recorded_participant_request_is_answered_as_livekit_answered_it(livekit: LiveKit) -> None:
    livekit.join("wroom", "alice", name="Alice", attributes={"role": "host"})
    livekit.control("publish", room="wroom", identity="alice", name="mic")
    livekit.join("wroom", "bob", name="Bob")
    exchanges = [prepared(each, "") for each in recorded("participants") if "request" in each]
    assert replayed(Replay(livekit), exchanges) == {}


def test_without_redis_rooms_work_and_the_rest_says_what_is_missing(livekit: LiveKit) -> None:
    livekit.switch(redis=False)
    exchanges = [each for each in recorded("no-redis") if "RoomService" in each["request"]["path"]]
    assert len(exchanges) == 7
    assert replayed(Replay(livekit), exchanges) == {}


def test_a_room_no_node_runs_is_a_ghost_until_it_is_created_again(livekit: LiveKit) -> None:
    livekit.call("RoomService", "CreateRoom", name="eg", empty_timeout=120)
    livekit.restart(ghosts=True)
    exchanges = recorded("ghost-rooms") + recorded("ghost-rooms-recovery")
    assert replayed(Replay(livekit), exchanges) == {}
