"""A file is streamed whole, in ranges or by its headers, and only to those who may have it."""

from collections.abc import Callable
from urllib.request import Request, urlopen

import pytest

from tests.support.films import FILM
from tests.support.personas import Browser
from tests.support.waiting import PATIENCE
from webapp.core.settings import settings
from webapp.recordings.models import Recording
from webapp.recordings.sharing import SharedFolder
from webapp.recordings.states import State
from webapp.recordings.storage import Folder

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]


def test_an_owner_downloads_the_whole_file(client_as: ClientAs, make_recording: Make):
    answer = client_as("owner").get(f"/media/{make_recording().key}")
    assert (answer.status_code, answer.data) == (200, FILM)
    assert answer.headers["Content-Length"] == str(len(FILM))
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_real_server_streams_it(served: str, client_as: ClientAs, make_recording: Make):
    key = make_recording().key
    cookie = client_as("owner").get_cookie("frontdesk")
    assert cookie is not None
    asked = Request(f"{served}/media/{key}", headers={"Cookie": f"frontdesk={cookie.value}", "Range": "bytes=5-"})
    with urlopen(asked, timeout=PATIENCE) as answer:
        assert (answer.status, answer.read()) == (206, FILM[5:])


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, len(FILM)),
        ("bytes=-10", len(FILM) - 10, len(FILM)),
        ("bytes=0-99999999", 0, len(FILM)),
        ("bytes=-99999999", 0, len(FILM)),  # a suffix longer than the file (RFC 9110 14.1.2)
        (f"bytes=-{len(FILM)}", 0, len(FILM)),
    ],
)
def test_a_range_is_a_part(client_as: ClientAs, make_recording: Make, asked: str, start: int, end: int):
    answer = client_as("owner").get(f"/media/{make_recording().key}", headers={"Range": asked})
    assert (answer.status_code, answer.data) == (206, FILM[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(FILM)}"


def test_a_range_beyond_the_end_is_416(client_as: ClientAs, make_recording: Make):
    answer = client_as("owner").get(f"/media/{make_recording().key}", headers={"Range": f"bytes={len(FILM)}-"})
    assert answer.status_code == 416 and answer.headers["Content-Range"] == f"bytes */{len(FILM)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=x", "bytes=9-3"])
def test_a_range_that_is_none_of_these_gives_the_whole(client_as: ClientAs, make_recording: Make, asked: str):
    answer = client_as("owner").get(f"/media/{make_recording().key}", headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, FILM)


def test_head_tells_the_size_and_sends_nothing(client_as: ClientAs, make_recording: Make):
    answer = client_as("owner").head(f"/media/{make_recording().key}")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(FILM))


def test_a_part_of_a_file_that_has_changed_since_is_not_mixed_with_the_old(client_as: ClientAs, make_recording: Make):
    key = make_recording().key
    owner = client_as("owner")
    etag = owner.head(f"/media/{key}").headers["ETag"]
    assert owner.get(f"/media/{key}", headers={"Range": "bytes=0-1", "If-Range": etag}).status_code == 206
    assert owner.get(f"/media/{key}", headers={"Range": "bytes=0-1", "If-Range": '"other"'}).status_code == 200


@pytest.mark.parametrize("state", [State.ACTIVE, State.FAILED])
def test_what_is_not_saved_is_not_there(client_as: ClientAs, make_recording: Make, state: State):
    assert client_as("owner").get(f"/media/{make_recording(state).key}").status_code == 404


def test_a_file_that_is_gone_is_404_and_no_bug(client_as: ClientAs, make_recording: Make):
    recording = make_recording()
    (settings.recordings_dir / recording.key).unlink()
    assert client_as("owner").get(f"/media/{recording.key}").status_code == 404


def test_anonymous_people_are_sent_to_sign_in(client: Browser, make_recording: Make):
    assert client.get(f"/media/{make_recording().key}").status_code == 302


def test_a_full_disk_does_not_stop_a_reader(client_as: ClientAs, make_recording: Make, monkeypatch: pytest.MonkeyPatch):
    recording = make_recording()
    owner = client_as("owner")

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    assert owner.get(f"/media/{recording.key}").data == FILM


def test_a_key_cannot_leave_the_folder(tmp_path):
    (tmp_path / "secret").write_text("x")
    folder = Folder(SharedFolder(tmp_path / "recordings"))
    for key in ("../secret", "/etc/passwd", "a/../../secret"):
        with pytest.raises(ValueError, match="left the folder"):
            folder.find(key)
