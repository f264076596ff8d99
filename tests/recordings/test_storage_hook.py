"""The bucket's notifications move recordings, in whatever order they come and however often."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from tests.plugins.bucket import ChangeStore, TestBucket
from tests.support.films import FILM
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from tests.support.waiting import until
from webapp.core.db import db, new_id
from webapp.jobs import register, work
from webapp.livekit import egress
from webapp.recordings import follow, lifecycle
from webapp.recordings.models import Recording, Transition
from webapp.recordings.states import ReportedBy, State
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]
TOKEN = "a token of the bucket's, long enough"
Notify = Callable[..., Any]


@pytest.fixture
def notify(app: Flask, in_bucket: TestBucket, change_settings: Callable[..., None]) -> Notify:
    """The bucket calls; each argument is a record."""
    change_settings(storage_hook_token=SecretStr(TOKEN))

    def _notify(*records: Any, token: str = f"Bearer {TOKEN}") -> Any:
        body = {"EventName": "s3:ObjectCreated:Put", "Key": "desk/x", "Records": list(records)}
        return app.test_client().post("/hooks/storage", json=body, headers={"Authorization": token})

    return _notify


def minio(bucket: TestBucket, key: str, event: str = "s3:ObjectCreated:Put") -> dict[str, Any]:
    """A record as MinIO writes it: the whole key encoded, its slashes too."""
    stored = {"key": quote_plus(f"desk/{key}"), "size": len(FILM), "contentType": "video/mp4", "sequencer": "14E1"}
    return {
        "eventVersion": "2.0",
        "eventSource": "minio:s3",
        "eventName": event,
        "s3": {"bucket": {"name": bucket.name}, "object": stored},
    }


def amazon(bucket: TestBucket, key: str, event: str = "ObjectCreated:CompleteMultipartUpload") -> dict[str, Any]:
    """A record as Amazon S3 writes it."""
    stored = {"key": f"desk/{key}", "size": len(FILM), "sequencer": "0055AED6DCD90281E5"}
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": event,
        "s3": {"bucket": {"name": bucket.name}, "object": stored},
    }


def fresh(recording: Recording) -> Recording:
    db.session.refresh(recording)
    db.session.commit()
    return recording


@pytest.mark.parametrize("shape", [minio, amazon])
@pytest.mark.parametrize("state", [State.STARTING, State.ACTIVE, State.STOPPING, State.FAILED, State.ABORTED])
def test_a_file_that_is_there_is_kept_whatever_was_known_of_it(
    make_recording: Make, in_bucket: TestBucket, notify: Notify, shape: Callable[..., Any], state: State
):
    recording = make_recording(state, days=30)
    in_bucket.put(f"desk/{recording.key}", FILM)
    answer = notify(shape(in_bucket, recording.key))
    assert answer.status_code == 200 and answer.json["results"] == ["saved"]
    kept = fresh(recording)
    assert (kept.state, kept.size, kept.problem) == (State.SAVED, len(FILM), "")
    assert kept.expires_at is not None and kept.stored_at is not None
    source = db.session.scalar(sa.select(Transition.reported_by))
    assert source is ReportedBy.STORAGE_HOOK


def test_a_repeat_changes_nothing_and_says_so(make_recording: Make, in_bucket: TestBucket, notify: Notify):
    recording = make_recording(State.STOPPING)
    in_bucket.put(f"desk/{recording.key}", FILM)
    record = minio(in_bucket, recording.key)
    assert notify(record, record).json["results"] == ["saved", "unchanged"]
    assert notify(record).json["results"] == ["unchanged"]
    assert db.session.scalar(sa.select(sa.func.count(Transition.id))) == 1


def test_each_record_of_a_body_has_its_own_result(make_recording: Make, in_bucket: TestBucket, notify: Notify):
    there, lost, absent = make_recording(State.FAILED), make_recording(), make_recording(State.ACTIVE)
    in_bucket.put(f"desk/{there.key}", FILM)
    other = TestBucket(in_bucket.s3, "somebody-else")
    answer = notify(
        minio(in_bucket, there.key),
        minio(in_bucket, lost.key, "s3:ObjectRemoved:Delete"),
        minio(in_bucket, absent.key),
        minio(other, there.key),
        minio(in_bucket, f"recordings/{new_id()}.mp4"),
        minio(in_bucket, "holiday.jpg"),
        minio(in_bucket, there.key.replace(".mp4", ".ogg")),
        minio(in_bucket, there.key, "s3:ObjectAccessed:Get"),
        {"eventName": "s3:ObjectCreated:Put"},
        "nonsense",
        None,
    )
    assert answer.status_code == 200
    assert answer.json["results"] == [
        "saved", "gone", "missing", "other_bucket", "other_object", "other_object", "other_object", "other_event",
        "unreadable", "unreadable", "unreadable",
    ]  # fmt: skip
    assert [fresh(row).state for row in (there, lost, absent)] == [State.SAVED, State.GONE, State.ACTIVE]


def test_in_the_wrong_order_the_store_s_own_word_decides(make_recording: Make, in_bucket: TestBucket, notify: Notify):
    recording = make_recording(State.STOPPING)
    in_bucket.put(f"desk/{recording.key}", FILM)
    removed_first = notify(minio(in_bucket, recording.key, "s3:ObjectRemoved:Delete"), minio(in_bucket, recording.key))
    assert removed_first.json["results"] == ["saved", "unchanged"]
    in_bucket.s3.client().delete_object(Bucket=in_bucket.name, Key=f"desk/{recording.key}")
    assert notify(minio(in_bucket, recording.key)).json["results"] == ["gone"], "told of its making, after its end"


def test_a_file_that_the_bucket_removed_after_its_time_is_not_missed(
    make_recording: Make, in_bucket: TestBucket, notify: Notify
):
    recording = make_recording(days=1, age=2)
    record = amazon(in_bucket, recording.key, "LifecycleExpiration:Delete")
    assert notify(record).json["results"] == ["removed"]
    kept = fresh(recording)
    assert kept.state is State.SAVED and kept.removed_at is not None


def test_before_the_egress_has_ended_the_file_is_kept_and_its_length_comes_later(
    client_as: ClientAs, room: Room, live: LiveKit, in_bucket: TestBucket, notify: Notify
):
    client_as("owner").post(f"/rooms/{room.slug}/recordings", data={"mode": "video"})

    def active() -> bool:
        follow.sweep()
        state = db.session.scalar(sa.select(Recording.state))
        db.session.commit()
        return state is State.ACTIVE

    until(active)
    recording = db.session.scalars(sa.select(Recording)).one()
    db.session.commit()
    in_bucket.put(f"desk/{recording.key}", FILM)
    assert notify(minio(in_bucket, recording.key)).json["results"] == ["saved"]
    assert fresh(recording).duration_ms is None
    live.control("end-egress", egress_id=recording.egress_id, status="LIMIT_REACHED")
    follow.take(recording, live_egress(recording), ReportedBy.WEBHOOK)
    kept = fresh(recording)
    assert kept.state is State.SAVED and kept.duration_ms is not None
    assert kept.problem == "limit_reached"


def live_egress(recording: Recording) -> Any:
    assert recording.egress_id is not None
    found: list[Any] = []

    def ended() -> bool:
        found[:] = [egress.find(recording.egress_id)]
        return found[0] is not None and found[0].status in {"complete", "limit_reached"}

    until(ended)
    return found[0]


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \xe9"])
def test_whoever_has_not_the_token_is_refused_and_nothing_moves(
    make_recording: Make, in_bucket: TestBucket, notify: Notify, token: str
):
    recording = make_recording(State.STOPPING)
    in_bucket.put(f"desk/{recording.key}", FILM)
    answer = notify(minio(in_bucket, recording.key), token=token)
    assert answer.status_code == 401 and TOKEN not in answer.text
    assert fresh(recording).state is State.STOPPING


def test_the_set_up_page_says_that_notifications_are_refused(
    in_bucket: TestBucket, notify: Notify, client_as: ClientAs
):
    rules = lifecycle.wanted("desk/recordings/")
    in_bucket.s3.client().put_bucket_lifecycle_configuration(
        Bucket=in_bucket.name, LifecycleConfiguration={"Rules": rules}
    )
    assert "notifications are refused" not in client_as("support").get("/system/setup").text
    assert notify(token="Bearer other").status_code == 401
    assert "notifications are refused" in client_as("support").get("/system/setup").text


def test_without_a_token_in_the_settings_nobody_is_let_in(app: Flask, in_bucket: TestBucket):
    for token in ("", "Bearer", "Bearer "):
        answer = app.test_client().post("/hooks/storage", json={"Records": []}, headers={"Authorization": token})
        assert answer.status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'"x"', b'{"Records": 3}', b'{"Records": NaN}', b"\xff"])
def test_a_body_that_is_no_notification_is_400(app: Flask, notify: Notify, body: bytes):
    headers = {"Authorization": f"bearer {TOKEN}"}
    assert app.test_client().post("/hooks/storage", data=body, headers=headers).status_code == 400


def test_the_test_event_of_a_new_configuration_is_taken(app: Flask, notify: Notify):
    body = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "desk"}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = app.test_client().post("/hooks/storage", data=json.dumps(body), headers=headers)
    assert answer.status_code == 200 and answer.json is not None and answer.json["results"] == []


def test_while_the_bucket_does_not_answer_the_record_is_kept_and_looked_for_later(
    make_recording: Make, in_bucket: TestBucket, notify: Notify, change_store: ChangeStore
):
    recording = make_recording(State.STOPPING)
    in_bucket.put(f"desk/{recording.key}", FILM)
    change_store(storage_url=f"s3://{in_bucket.name}/desk?endpoint=http://127.0.0.1:9")
    answer = notify(minio(in_bucket, recording.key))
    assert answer.status_code == 200 and answer.json["results"] == ["later"]
    change_store(**in_bucket.settings)
    work.run_due(register.HANDLERS)
    assert fresh(recording).state is State.SAVED


def test_recordings_in_a_folder_take_no_bucket_s_word(
    app: Flask, make_recording: Make, change_settings: Callable[..., None]
):
    change_settings(storage_hook_token=SecretStr(TOKEN))
    recording = make_recording(State.STOPPING)
    client: FlaskClient = app.test_client()
    for name in ("", "desk"):
        stored = {"bucket": {"name": name}, "object": {"key": recording.key}}
        body = {"Records": [{"eventName": "ObjectCreated:Put", "s3": stored}]}
        answer = client.post("/hooks/storage", json=body, headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.json is not None and answer.json["results"] == ["other_object" if not name else "other_bucket"]
    assert fresh(recording).state is State.STOPPING
