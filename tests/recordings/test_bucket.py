"""Recordings in a bucket: what holds for a folder holds there, refusals say what to mend, and no key gets out."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import SecretStr

from tests.plugins.bucket import ChangeStore, TestBucket
from tests.support.deleted import let_go
from tests.support.films import FILM
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from tests.support.waiting import until
from webapp.core.config import Settings
from webapp.core.db import db, new_id, utcnow
from webapp.deliveries.models import Delivery
from webapp.jobs import register, work
from webapp.recordings import bucket, follow, storage
from webapp.recordings.models import Recording
from webapp.recordings.sharing import SharedFolder
from webapp.recordings.states import State
from webapp.recordings.storage import Folder, Storage
from webapp.recordings.stored import CHUNK
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]
Put = Callable[[str, bytes], None]


def told_of() -> bool:
    """LiveKit told of an egress."""
    count = db.session.scalar(sa.select(sa.func.count(Delivery.id)).where(Delivery.event == "egress_started"))
    db.session.commit()
    return bool(count)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Storage, Put]:
    """A store of each kind, and the hand of whoever writes into it."""
    if request.param == "folder":

        def write(key: str, content: bytes) -> None:
            path = tmp_path / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

        return Folder(SharedFolder(tmp_path)), write
    empty: TestBucket = request.getfixturevalue("bucket")
    settings: Settings = request.getfixturevalue("settings")
    return storage.of(settings.model_copy(update=empty.settings)), lambda key, content: empty.put(
        f"desk/{key}", content
    )


def test_each_store_finds_reads_and_removes_alike(store: tuple[Storage, Put]):
    kept, put = store
    key, film = f"recordings/{new_id()}.mp4", FILM * 100
    assert len(film) > 2 * CHUNK, "read in pieces"
    assert kept.find(key) is None
    with pytest.raises(FileNotFoundError):
        list(kept.read(key, 0, 10))
    put(key, film)
    found = kept.find(key)
    assert found is not None and found.size == len(film)
    assert abs((utcnow() - found.written_at).total_seconds()) < 3600 and found.written_at.utcoffset() is not None
    for start, length in ((0, len(film)), (5, 10), (len(film) - 3, 3), (0, CHUNK + 1), (7, 0)):
        assert b"".join(kept.read(key, start, length)) == film[start : start + length]
    kept.delete(key)
    assert kept.find(key) is None
    kept.delete(key)  # gone already


def test_trying_a_store_out_leaves_nothing_behind(in_bucket: TestBucket, app: Flask):
    with app.app_context():
        assert storage.storage().try_out() is None, "nobody counts a bucket's free bytes"
    assert in_bucket.keys() == set()


def test_an_owner_records_into_the_bucket_watches_parts_of_it_and_deletes_it(
    client_as: ClientAs, room: Room, live: LiveKit, hooked: LiveKit, in_bucket: TestBucket
):
    owner = client_as("owner")
    assert owner.post(f"/rooms/{room.slug}/recordings", data={"mode": "video"}).status_code == 303

    def only() -> Recording:
        recording = db.session.scalars(sa.select(Recording).execution_options(populate_existing=True)).one()
        db.session.commit()
        return recording

    until(lambda: only().state is State.ACTIVE)
    owner.post(f"/recordings/{only().id}/stop")
    work.run_due(register.HANDLERS)
    until(lambda: only().state is State.SAVED)
    saved = only()
    assert in_bucket.keys() == {f"desk/recordings/{saved.id}.mp4"}
    whole = owner.get(f"/media/{saved.key}").data
    assert len(whole) == saved.size
    part = owner.get(f"/media/{saved.key}", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole[10:20])
    owner.post(f"/recordings/{saved.id}/delete")
    let_go()
    assert in_bucket.keys() == set()


def test_no_key_of_the_bucket_stands_in_a_stored_hook_a_page_or_a_log(
    client_as: ClientAs, room: Room, live: LiveKit, hooked: LiveKit, in_bucket: TestBucket, capfd: Any
):
    owner = client_as("owner")
    owner.post(f"/rooms/{room.slug}/recordings", data={"mode": "audio"})
    until(told_of)
    told = [str(row) for row in db.session.execute(sa.select(Delivery.body))]
    told += [client_as("admin").get("/system/hooks/").text, *capfd.readouterr()]
    told += [str(live.call("Egress", "ListEgress")), repr(storage.storage().upload())]
    for text in told:
        assert in_bucket.s3.access_key not in text and in_bucket.s3.secret not in text


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"storage_secret_key": SecretStr("x" * 40)}, "the secret key is not that of the access key"),
        ({"storage_access_key": "AKIAXXXXXXXXXXXXXXXX"}, "the access key is unknown"),
        ({"storage_url": "s3://not-there?endpoint={url}"}, "no such bucket"),
        ({"storage_url": "s3://desk?endpoint=http://127.0.0.1:9"}, "nobody answers"),
    ],
)
def test_a_bucket_that_cannot_be_used_says_why_in_check_and_on_the_page(
    app: Flask, in_bucket: TestBucket, change_store: ChangeStore, client_as: ClientAs, values: dict[str, Any], says: str
):
    told = {
        name: value.format(url=in_bucket.s3.url) if name == "storage_url" else value for name, value in values.items()
    }
    change_store(**told)
    assert says in client_as("admin").get("/system/setup").text
    said = app.test_cli_runner().invoke(args=["check", "--connect"]).output
    assert "FRONTDESK_STORAGE_URL" in said and says in " ".join(said.split())


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_bucket_that_never_answers_holds_a_page_for_some_seconds_only(
    make_recording: Make, client_as: ClientAs, change_store: ChangeStore, silent: str
):
    recording = make_recording()
    change_store(storage_url=f"s3://desk?endpoint={silent}")
    begun = time.monotonic()
    assert client_as("owner").get(f"/media/{recording.key}").status_code == 503
    promised = bucket.TRIES * (bucket.CONNECT_SECONDS + bucket.READ_SECONDS)
    assert time.monotonic() - begun < 3 * promised


def test_a_bucket_that_is_away_is_said_and_leaves_the_recording_as_it_is(
    make_recording: Make, client_as: ClientAs, change_store: ChangeStore
):
    recording = make_recording()
    change_store(storage_url="s3://desk?endpoint=http://127.0.0.1:9")
    owner = client_as("owner")
    answer = owner.get(f"/media/{recording.key}")
    assert answer.status_code == 503 and "storage" in answer.text
    assert owner.get(f"/recordings/{recording.id}/").status_code == 200
    owner.post(f"/recordings/{recording.id}/delete")
    let_go()
    follow.sweep()
    assert db.session.get(Recording, recording.id, populate_existing=True) is not None, "tried again later"
