"""Why a recording failed is told as LiveKit told it: to owners in plain words, to staff in the recorder's own."""

import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from tests.support.shown import text_of
from tests.support.waiting import until
from webapp.core.db import db
from webapp.core.masking import QUOTED, quoted
from webapp.recordings import reasons
from webapp.recordings.models import Recording
from webapp.recordings.states import State
from webapp.rooms.models import Room

As = Callable[[str], Browser]
DENIED = "mkdir /mnt/egress_output/backup: permission denied"
OURS = "/out/recordings/01a22915-678e-70a0-9fb6-61e76764160a.mp4"


def only() -> Recording:
    recording = db.session.scalars(sa.select(Recording).execution_options(populate_existing=True)).one()
    db.session.commit()
    return recording


@pytest.fixture
def fail_with(client_as: As, room: Room, live: LiveKit, hooked: LiveKit) -> Callable[..., Recording]:
    """Lets a recording end as the worker says, told by a hook."""

    def _fail(error: str, status: str = "FAILED") -> Recording:
        client_as("owner").post(f"/rooms/{room.slug}/recordings", data={"mode": "video"})
        until(lambda: only().state is State.ACTIVE)
        live.control("end-egress", egress_id=only().egress_id, status=status, error=error)
        until(lambda: only().state.terminal)
        return only()

    return _fail


def test_staff_read_the_workers_own_reason_and_the_owner_a_plain_sentence(
    client_as: As, room: Room, fail_with: Callable[..., Recording]
):
    recording = fail_with(DENIED)
    assert recording.problem == "not_writable"
    page = text_of(client_as("owner").get(f"/recordings/{recording.id}/").text)
    assert "isn't allowed to write to the folder" in page and "permission denied" not in page
    for who, url in {"admin": f"/recordings/{recording.id}/", "support": f"/rooms/{room.slug}/support"}.items():
        page = text_of(client_as(who).get(url).text)
        assert "mkdir /mnt/egress_output/…: permission denied" in page, who
    assert "permission denied" in client_as("support").get(f"/rooms/{room.slug}/support.json").text


def test_the_fix_on_the_set_up_page_fits_the_reason(client_as: As, fail_with: Callable[..., Recording]):
    fail_with(DENIED)
    page = text_of(client_as("support").get("/system/setup").text)
    assert "permission denied" in page and "write to the folder" in page
    assert "Make sure that an egress worker runs" not in page


def test_an_abort_with_its_reason_is_told_by_the_reason(client_as: As, fail_with: Callable[..., Recording]):
    assert fail_with("Start signal not received", "ABORTED").problem == "worker_alone"
    page = text_of(client_as("support").get("/system/setup").text)
    assert "reaches LiveKit" in page and "Start signal not received" in page


def test_an_empty_room_is_no_fault_of_the_recorder(client_as: As, room: Room, livekit: LiveKit):
    room.web_count = 1  # who was inside left a moment ago
    db.session.commit()
    client_as("owner").post(f"/rooms/{room.slug}/recordings", data={"mode": "video"})
    assert only().problem == "room_not_live"
    assert "The last recording failed" not in text_of(client_as("support").get("/system/setup").text)


def test_what_livekit_says_when_it_refuses_is_kept(client_as: As, room: Room, live: LiveKit):
    live.fail("StartRoomCompositeEgress", "invalid_argument", message="twirp error unknown: bad layout")
    client_as("owner").post(f"/rooms/{room.slug}/recordings", data={"mode": "video"})
    assert (only().problem, only().reason) == ("refused", "bad layout")
    assert "LiveKit's log says why" in text_of(client_as("support").get("/system/setup").text)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (DENIED, "not_writable"),
        ("open /out/recordings/x.mp4: read-only file system", "not_writable"),
        ("write /out/recordings/x.mp4: no space left on device", "disk_full"),
        ("open /out/recordings/x.mp4: no such file or directory", "folder_missing"),
        ("S3 upload failed: operation error S3: PutObject, StatusCode: 403, api error AccessDenied", "upload_failed"),
        ('exec: "google-chrome": executable file not found in $PATH', "worker_incomplete"),
        ("could not create element: faac", "worker_incomplete"),
        ("failed to link capsfilter0 to avenc_aac0", "worker_incomplete"),
        ("CPU exhausted: 4.00 cores used", "worker_overloaded"),
        ("OOM: 4011 MB in use", "worker_overloaded"),
        ("Start signal not received", "worker_alone"),
        ("could not establish signal connection", "worker_alone"),
        ("Session limit reached", "egress_failed"),
        ("", "egress_failed"),
    ],
)
def test_each_cause_that_a_worker_names_is_told_as_itself(said: str, code: str):
    assert reasons.code_of(said, "egress_failed") == code


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"open {OURS}: denied", f"open {OURS}: denied"),
        ("mkdir /out/recordings: denied", "mkdir /out/recordings: denied"),
        ("open /out/recordings/the-boards-meeting.mp4: denied", "open /out/recordings/…: denied"),
        ("open /home/mirela/x.mp4: denied", "open /home/…: denied"),
        ('Post "https://minio.example.org/b?X-Amz-Signature=abc": dial tcp 10.1.2.3:443', 'Post "…": dial tcp …'),
        ("lookup minio.example.org: no such host", "lookup …: no such host"),
        ("dial tcp [2001:db8::7]:9000: refused", "dial tcp …: refused"),
        ("The Access Key Id AKIAIOSFODNN7EXAMPLE is unknown", "The Access Key Id … is unknown"),
        ("secret: hunter2, refused", "secret=…, refused"),
        ("caller +15550100177 of mirela@example.org", "caller ••77 of ••@••"),
    ],
)
def test_addresses_keys_and_paths_of_others_are_cut(said: str, shown: str):
    assert quoted(said, OURS) == shown


def test_a_reason_of_any_length_is_cut_in_no_time():
    begun = time.monotonic()
    for odd in ("a", "/", "1.", "a.b", "key=", "A1", "://", "é"):
        assert len(quoted(odd * 50_000, OURS)) <= QUOTED
    assert time.monotonic() - begun < 2
