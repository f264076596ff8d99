"""The simulated egress goes through LiveKit's states with LiveKit's answers, and what it writes is there."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.receiver import Receiver
from tests.support.livekit import LiveKit, Refused
from tests.support.waiting import until

RECORDED = Path(__file__).parent / "recorded"
SERVICE = "Egress"


@pytest.fixture
def start(livekit: LiveKit, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    livekit.join("eg", "web")

    def _start(**request: Any) -> dict[str, Any]:
        outputs = [{"file_type": "MP4", "filepath": str(tmp_path / "film.mp4")}]
        told = {"room_name": "eg", "layout": "grid", "file_outputs": outputs, **request}
        return dict(livekit.call(SERVICE, "StartRoomCompositeEgress", **told))

    return _start


def status(livekit: LiveKit, egress_id: str) -> str:
    return str(livekit.call(SERVICE, "ListEgress", egress_id=egress_id)["items"][0]["status"])


def wait_for(livekit: LiveKit, egress_id: str, wanted: str) -> None:
    until(lambda: status(livekit, egress_id) == wanted)


def recorded(file: str) -> dict[str, Any]:
    with gzip.open(RECORDED / f"{file}.jsonl.gz", "rt") as lines:
        return {exchange["name"]: exchange for exchange in map(json.loads, lines)}


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value).__name__


def test_a_recording_starts_runs_ends_and_leaves_a_film(start: Any, livekit: LiveKit, tmp_path: Path):
    started = start()
    assert started["status"] == "EGRESS_STARTING"
    wait_for(livekit, started["egress_id"], "EGRESS_ACTIVE")
    assert livekit.call(SERVICE, "StopEgress", egress_id=started["egress_id"])["status"] == "EGRESS_ENDING"
    wait_for(livekit, started["egress_id"], "EGRESS_COMPLETE")
    assert (tmp_path / "film.mp4").read_bytes()[4:8] == b"ftyp"


def test_answers_have_the_shape_that_livekit_s_have(start: Any, livekit: LiveKit):
    known = recorded("egress")
    started = start()
    assert shape(started) == shape(known["start"]["response"]["body"])
    wait_for(livekit, started["egress_id"], "EGRESS_ACTIVE")
    livekit.call(SERVICE, "StopEgress", egress_id=started["egress_id"])
    wait_for(livekit, started["egress_id"], "EGRESS_COMPLETE")
    listed = livekit.call(SERVICE, "ListEgress", egress_id=started["egress_id"])
    assert shape(listed) == shape(known["list_complete"]["response"]["body"])


def test_without_a_worker_every_recorded_refusal_is_repeated(livekit: LiveKit):
    livekit.switch(egress_worker=False)
    livekit.call("RoomService", "CreateRoom", name="eg-room")
    checked = 0
    for exchange in recorded("egress-no-worker").values():
        service, method = exchange["request"]["path"].split("/")[-2:]
        if service != "livekit.Egress" or exchange["name"] == "no_grant":
            continue
        expected = exchange["response"]
        try:
            body = livekit.call("Egress", method, **exchange["request"]["body"])
            got = (200, body)
        except Refused as refused:
            got = (refused.status, refused.body)
        assert got == (expected["status"], expected["body"]), exchange["name"]
        checked += 1
    assert checked >= 15


def test_an_ended_recording_cannot_be_stopped_again(start: Any, livekit: LiveKit):
    egress_id = start()["egress_id"]
    livekit.control("end-egress", egress_id=egress_id)
    wait_for(livekit, egress_id, "EGRESS_COMPLETE")
    with pytest.raises(Refused, match="egress with status EGRESS_COMPLETE cannot be stopped"):
        livekit.call(SERVICE, "StopEgress", egress_id=egress_id)


@pytest.mark.parametrize("end", ["FAILED", "ABORTED", "LIMIT_REACHED"])
def test_a_recording_ends_as_ordered(start: Any, livekit: LiveKit, end: str):
    livekit.control("next-egress-end", status=end)
    egress_id = start()["egress_id"]
    livekit.call(SERVICE, "StopEgress", egress_id=egress_id)
    wait_for(livekit, egress_id, f"EGRESS_{end}")


def test_a_recording_ends_with_its_room(start: Any, livekit: LiveKit):
    egress_id = start()["egress_id"]
    livekit.call("RoomService", "DeleteRoom", room="eg")
    wait_for(livekit, egress_id, "EGRESS_COMPLETE")


def test_a_place_that_cannot_be_written_fails_the_recording(start: Any, livekit: LiveKit, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    outputs = [{"file_type": "MP4", "filepath": str(tmp_path / "file" / "film.mp4")}]
    egress_id = start(file_outputs=outputs)["egress_id"]
    livekit.call(SERVICE, "StopEgress", egress_id=egress_id)
    wait_for(livekit, egress_id, "EGRESS_FAILED")


@pytest.mark.parametrize(
    ("method", "request_body"),
    [
        ("StartEgress", {"template": {"layout": "grid"}, "outputs": [{"file": {"filepath": "FILE"}}]}),
        ("StartTrackEgress", {"track_id": "TR_x", "file": {"filepath": "FILE"}}),
        ("StartTrackCompositeEgress", {"audio_track_id": "TR_x", "file_outputs": [{"filepath": "FILE"}]}),
        ("StartParticipantEgress", {"identity": "web", "file_outputs": [{"filepath": "FILE"}]}),
        ("StartRoomCompositeEgress", {"file": {"filepath": "FILE"}}),
    ],
)
def test_every_kind_of_recording_leaves_its_file(livekit: LiveKit, tmp_path: Path, method: str, request_body: Any):
    livekit.join("eg", "web")
    film = tmp_path / "film.mp4"
    asked = json.loads(json.dumps(request_body).replace("FILE", str(film)))
    egress_id = livekit.call(SERVICE, method, room_name="eg", **asked)["egress_id"]
    livekit.call(SERVICE, "StopEgress", egress_id=egress_id)
    wait_for(livekit, egress_id, "EGRESS_COMPLETE")
    (listed,) = livekit.call(SERVICE, "ListEgress", egress_id=egress_id)["items"]
    assert [found["location"] for found in listed["file_results"]] == [str(film)]
    assert film.stat().st_size == int(listed["file_results"][0]["size"])


def test_a_stream_needs_no_file_and_what_goes_nowhere_is_refused(start: Any, livekit: LiveKit):
    egress_id = start(file_outputs=[], stream_outputs=[{"protocol": "RTMP", "urls": ["rtmp://x/y"]}])["egress_id"]
    livekit.call(SERVICE, "StopEgress", egress_id=egress_id)
    wait_for(livekit, egress_id, "EGRESS_COMPLETE")
    with pytest.raises(Refused, match="request has missing or invalid field: output"):
        start(file_outputs=[])


def test_a_forgotten_recording_is_as_if_it_had_never_been(start: Any, livekit: LiveKit):
    egress_id = start()["egress_id"]
    livekit.control("forget-egress", egress_id=egress_id)
    for method in ("ListEgress", "StopEgress", "UpdateLayout", "UpdateStream"):
        with pytest.raises(Refused, match="egress does not exist"):
            livekit.call(SERVICE, method, egress_id=egress_id)
    assert livekit.call(SERVICE, "ListEgress", room_name="eg")["items"] == []


def test_lists_are_filtered_by_room_and_by_what_still_runs(start: Any, livekit: LiveKit):
    ended, running = start()["egress_id"], start()["egress_id"]
    livekit.join("other")
    elsewhere = start(room_name="other")["egress_id"]
    livekit.call(SERVICE, "StopEgress", egress_id=ended)
    wait_for(livekit, ended, "EGRESS_COMPLETE")

    def listed(**filters: Any) -> set[str]:
        return {item["egress_id"] for item in livekit.call(SERVICE, "ListEgress", **filters)["items"]}

    assert listed() == {ended, running, elsewhere}
    assert listed(room_name="eg") == {ended, running}
    assert listed(room_name="eg", active=True) == {running}
    assert listed(active=True) == {running, elsewhere}


def test_a_recording_is_told_of_in_order_in_the_recorded_shape(start: Any, livekit: LiveKit, receiver: Receiver):
    livekit.hooks_to(receiver.url)
    egress_id = start()["egress_id"]
    wait_for(livekit, egress_id, "EGRESS_ACTIVE")
    livekit.call(SERVICE, "StopEgress", egress_id=egress_id)
    wait_for(livekit, egress_id, "EGRESS_COMPLETE")
    livekit.settle()
    told = [json.loads(hook.body) for hook in receiver.hooks]
    statuses = [(body["event"], body["egressInfo"].get("status")) for body in told]
    assert statuses == [
        ("egress_started", None),
        ("egress_updated", "EGRESS_ACTIVE"),
        ("egress_updated", "EGRESS_ENDING"),
        ("egress_ended", "EGRESS_COMPLETE"),
    ]
    real = [json.loads(hook["raw_body"]) for hook in recorded("egress")["webhooks"]["events"]]
    for body in told:
        state = (body["event"], body["egressInfo"].get("status"))
        same = next(each for each in real if (each["event"], each.get("egressInfo", {}).get("status")) == state)
        assert shape(body) == shape(same)


def test_when_the_worker_is_gone_what_runs_cannot_be_stopped_and_stays_in_the_lists(start: Any, livekit: LiveKit):
    known = recorded("egress-worker-gone")
    ended, running = start()["egress_id"], start()["egress_id"]
    wait_for(livekit, running, "EGRESS_ACTIVE")
    livekit.control("end-egress", egress_id=ended)
    wait_for(livekit, ended, "EGRESS_COMPLETE")
    livekit.switch(egress_worker=False)
    for name, method, egress_id in [
        ("stop_EGRESS_ACTIVE", "StopEgress", running),
        ("stop_EGRESS_COMPLETE", "StopEgress", ended),
        ("stream_active", "UpdateStream", running),
        ("stream_complete", "UpdateStream", ended),
    ]:
        with pytest.raises(Refused) as refused:
            livekit.call(SERVICE, method, egress_id=egress_id)
        expected = known[name]["response"]
        assert (refused.value.status, refused.value.body) == (expected["status"], expected["body"]), name
    (listed,) = livekit.call(SERVICE, "ListEgress", active=True)["items"]
    assert (listed["egress_id"], listed["status"]) == (running, "EGRESS_ACTIVE")


def test_what_a_killed_worker_recorded_stays_as_it_was_and_answers_no_stop(
    start: Any, livekit: LiveKit, receiver: Receiver
):
    livekit.hooks_to(receiver.url)
    egress_id = start()["egress_id"]
    wait_for(livekit, egress_id, "EGRESS_ACTIVE")
    livekit.control("kill-egress-worker")
    livekit.settle()
    before = len(livekit.deliveries())
    for _ in range(2):
        with pytest.raises(Refused, match="request timed out") as refused:
            livekit.call(SERVICE, "StopEgress", egress_id=egress_id)
        assert refused.value.status == 408 and refused.value.body["code"] == "deadline_exceeded"
    livekit.call("RoomService", "DeleteRoom", room="eg")
    livekit.settle()
    assert status(livekit, egress_id) == "EGRESS_ACTIVE"
    told = [each["event"] for each in livekit.deliveries()[before:]]
    assert "room_finished" in told and not [event for event in told if event.startswith("egress")]


def test_after_a_killed_worker_another_one_records(start: Any, livekit: LiveKit):
    first = start()["egress_id"]
    livekit.control("kill-egress-worker")
    second = start()["egress_id"]
    livekit.call(SERVICE, "StopEgress", egress_id=second)
    wait_for(livekit, second, "EGRESS_COMPLETE")
    assert status(livekit, first) in {"EGRESS_STARTING", "EGRESS_ACTIVE"}


def test_a_long_upload_stays_ending(start: Any, livekit: LiveKit):
    livekit.control("slow-egress-upload", seconds=10_000)
    egress_id = start()["egress_id"]
    livekit.call(SERVICE, "StopEgress", egress_id=egress_id)
    assert status(livekit, egress_id) == "EGRESS_ENDING"
