"""A proxy is told who may have an object, and gets what opens exactly that one; nginx as we ship it hands it out."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from tests.plugins.bucket import TestBucket
from tests.support.films import FILM
from tests.support.nginx import running, written
from tests.support.personas import PERSONAS, Browser, cookies, persona
from tests.support.waiting import PATIENCE
from webapp.accounts import sessions
from webapp.core.db import db, utcnow
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]

CLOSED: list[dict[str, Any]] = [
    {"expires_at": utcnow() - timedelta(seconds=1)},
    {"deleting_at": utcnow()},
    {"state": State.FAILED},
    {"state": State.ACTIVE},
]


@pytest.fixture
def kept(make_recording: Make, in_bucket: TestBucket) -> Recording:
    """A saved recording, in the bucket."""
    recording = make_recording()
    in_bucket.put(f"desk/{recording.key}", FILM)
    return recording


def asked(browser: Browser, path: str, method: str = "GET") -> Any:
    """What the proxy hears for a path and a method."""
    return browser.get("/hooks/media-auth", headers={"X-Original-URI": path, "X-Original-Method": method})


def opening(answer: Any) -> dict[str, str]:
    """The headers for the bucket."""
    names = ("Authorization", "X-Amz-Date", "X-Amz-Content-SHA256")
    return {name: answer.headers[name] for name in names}


def test_who_may_have_it_gets_headers_that_open_exactly_that_object_for_that_method(
    client_as: ClientAs, kept: Recording, in_bucket: TestBucket
):
    answer = asked(client_as("owner"), f"/media/{kept.key}")
    assert answer.status_code == 200 and answer.headers["X-Media-Path"] == f"/{in_bucket.name}/desk/{kept.key}"
    url, headers = in_bucket.s3.url + answer.headers["X-Media-Path"], opening(answer)
    assert requests.get(url, headers=headers, timeout=PATIENCE).content == FILM
    part = requests.get(url, headers={**headers, "Range": "bytes=3-7"}, timeout=PATIENCE)
    assert (part.status_code, part.content) == (206, FILM[3:8])
    in_bucket.put("desk/recordings/other.mp4", b"other")
    other = f"{in_bucket.s3.url}/{in_bucket.name}/desk/recordings/other.mp4"
    assert requests.get(other, headers=headers, timeout=PATIENCE).status_code == 403
    assert requests.delete(url, headers=headers, timeout=PATIENCE).status_code == 403
    assert requests.head(url, headers=headers, timeout=PATIENCE).status_code == 403
    head = asked(client_as("owner"), f"/media/{kept.key}", "HEAD")
    assert requests.head(url, headers=opening(head), timeout=PATIENCE).headers["Content-Length"] == str(len(FILM))


@pytest.mark.parametrize(("who", "status"), [("member", 403), ("support", 403), ("stranger", 403), ("admin", 403)])
def test_other_people_are_refused(client_as: ClientAs, kept: Recording, who: str, status: int):
    assert asked(client_as(who), f"/media/{kept.key}").status_code == status


def test_nobody_is_401_and_so_is_somebody_who_was_disabled(client: Browser, client_as: ClientAs, kept: Recording):
    assert asked(client, f"/media/{kept.key}").status_code == 401
    owner = client_as("owner")
    persona("owner").disabled_at = utcnow()
    db.session.commit()
    assert asked(owner, f"/media/{kept.key}").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/media/recordings/{id}",
        "/media/recordings/{id}.ogg",
        "/media/recordings/{id}.mp4.mp4",
        "/media/recordings/{id}.mp4?versionId=1",
        "/media/recordings/{id}.mp4#x",
        "/media/recordings//{id}.mp4",
        "/media//recordings/{id}.mp4",
        "/media/recordings/./{id}.mp4",
        "/media/recordings/x/../{id}.mp4",
        "/media/recordings%2F{id}.mp4",
        "/media/recordings/%2e%2e/{id}.mp4",
        "/media/recordings/{id}.mp4%00",
        "/media/recordings/{id}.mp4\t",
        "/media/recordings/{upper}.mp4",
        "/media/other/{id}.mp4",
        "/other/recordings/{id}.mp4",
        "/media/recordings/00000000-0000-7000-8000-000000000000.mp4",
        "https://desk.example.org/media/recordings/{id}.mp4",
    ],
)
def test_any_other_path_is_refused(client_as: ClientAs, kept: Recording, path: str):
    answer = asked(client_as("owner"), path.format(id=kept.id, upper=str(kept.id).upper()))
    assert answer.status_code == 403 and "Authorization" not in answer.headers


@pytest.mark.parametrize("method", ["", "POST", "PUT", "DELETE", "get", "OPTIONS"])
def test_any_other_method_is_refused(client_as: ClientAs, kept: Recording, method: str):
    assert asked(client_as("owner"), f"/media/{kept.key}", method).status_code == 403


@pytest.mark.parametrize("values", CLOSED)
def test_what_is_expired_deleted_or_not_saved_is_refused(client_as: ClientAs, kept: Recording, values: dict[str, Any]):
    db.session.execute(sa.update(Recording).values(**values))
    db.session.commit()
    assert asked(client_as("owner"), f"/media/{kept.key}").status_code == 403


def test_in_a_folder_there_is_nothing_for_a_proxy(client_as: ClientAs, make_recording: Make):
    assert asked(client_as("owner"), f"/media/{make_recording().key}").status_code == 403


def test_traefik_tells_it_by_other_headers(client_as: ClientAs, kept: Recording, change_settings: Callable[..., None]):
    change_settings(media_auth_headers="traefik")
    owner = client_as("owner")
    told = {"X-Forwarded-Uri": f"/media/{kept.key}", "X-Forwarded-Method": "GET"}
    assert owner.get("/hooks/media-auth", headers=told).status_code == 200
    assert asked(owner, f"/media/{kept.key}").status_code == 403, "what clients may send themselves"


def test_nginx_hands_out_what_frontdesk_signed_for_whole_and_in_parts(proxy: str, client_as: ClientAs, kept: Recording):
    signed_in = cookies(client_as("owner"))
    url = f"{proxy}/media/{kept.key}"
    whole = requests.get(url, cookies=signed_in, timeout=PATIENCE)
    assert (whole.status_code, whole.content) == (200, FILM)
    assert "no-store" in whole.headers["Cache-Control"] and "Authorization" not in whole.headers
    part = requests.get(url, cookies=signed_in, headers={"Range": "bytes=-5"}, timeout=PATIENCE)
    assert (part.status_code, part.content) == (206, FILM[-5:])
    head = requests.head(url, cookies=signed_in, timeout=PATIENCE)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(FILM)))


def test_through_nginx_refusals_are_frontdesks_words_and_the_signature_is_asked_by_nobody_else(
    proxy: str, client_as: ClientAs, kept: Recording, in_bucket: TestBucket
):
    url, signed_in = f"{proxy}/media/{kept.key}", cookies(client_as("owner"))
    away = {"allow_redirects": False, "timeout": PATIENCE}
    assert requests.get(url, **away).status_code in {302, 303}, "to the sign-in"
    assert requests.get(url, cookies=cookies(client_as("stranger")), **away).status_code == 404
    assert requests.get(f"{proxy}/hooks/media-auth", cookies=signed_in, **away).status_code == 404
    db.session.execute(sa.update(Recording).values(expires_at=utcnow() - timedelta(seconds=1)))
    db.session.commit()
    expired = requests.get(url, cookies=signed_in, **away)
    assert expired.status_code == 410 and "expired" in expired.text
    in_bucket.s3.client().delete_object(Bucket=in_bucket.name, Key=f"desk/{kept.key}")
    db.session.execute(sa.update(Recording).values(expires_at=None))
    db.session.commit()
    assert requests.get(url, cookies=signed_in, **away).status_code == 404


def test_what_lies_in_a_folder_comes_through_the_same_nginx(
    nginx: str, served: str, tmp_path: Path, client_as: ClientAs, make_recording: Make
):
    recording, signed_in = make_recording(), cookies(client_as("owner"))
    site = written(tmp_path, [served.removeprefix("http://")], secure=False)
    with running(nginx, site):
        url = f"http://127.0.0.1:{site.secure}/media/{recording.key}"
        part = requests.get(url, cookies=signed_in, headers={"Range": "bytes=3-7"}, timeout=PATIENCE)
        stranger = requests.get(url, cookies=cookies(client_as("stranger")), timeout=PATIENCE)
    assert (part.status_code, part.content) == (206, FILM[3:8])
    assert stranger.status_code == 404


def test_one_question_to_the_database_for_who_may_and_at_most_three_for_who_may_not(
    client_as: ClientAs, kept: Recording, count_queries: Any
):
    owner, member, path = client_as("owner"), client_as("member"), f"/media/{kept.key}"
    db.session.commit()
    with count_queries() as counted:
        asked(owner, path)
    assert len([each for each in counted if each.startswith("SELECT")]) == 1, counted
    with count_queries() as counted:
        asked(member, path)
    assert len([each for each in counted if each.startswith("SELECT")]) <= 3, counted


@pytest.mark.parametrize("who", [*PERSONAS, ""])
@pytest.mark.parametrize("values", [{"size": 1}, *CLOSED, {"mode": Mode.TRANSCRIPT}])
def test_what_is_answered_before_flask_is_what_its_view_answers(
    client: Browser, client_as: ClientAs, kept: Recording, room: Room, who: str, values: dict[str, Any]
):
    room.members_may_watch = True
    db.session.execute(sa.update(Recording).values(**values))
    db.session.commit()
    browser, headers = client_as(who) if who else client, {"X-Original-URI": f"/media/{kept.key}"}
    headers |= {"X-Original-Method": "GET"}
    before = browser.get("/hooks/media-auth", headers=headers)
    view = browser.head("/hooks/media-auth", headers=headers)  # HEAD is left to the view
    assert before.status_code == view.status_code
    changing = {"X-Request-ID", "X-Amz-Date", "Authorization", "Content-Length"}
    assert {(k, v) for k, v in before.headers if k not in changing} == {
        (k, v) for k, v in view.headers if k not in changing
    }


def test_a_sign_in_that_is_over_or_unreadable_opens_nothing(client_as: ClientAs, kept: Recording):
    owner = client_as("owner")
    assert asked(owner, f"/media/{kept.key}").status_code == 200
    sessions.end_all(persona("owner"))
    db.session.commit()
    assert asked(owner, f"/media/{kept.key}").status_code == 401
    owner.set_cookie(owner.application.config["SESSION_COOKIE_NAME"], "not.signed.by-us")
    assert asked(owner, f"/media/{kept.key}").status_code == 401
