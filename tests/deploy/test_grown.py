"""A walk through Frontdesk as it grows, started from the files that we ship."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import requests

from simulator.recorder import SAMPLES
from tests.plugins.bucket import TestBucket
from tests.plugins.mail_server import MailServer
from tests.plugins.servers import fresh_database
from tests.support.grown import HOOK_TOKEN, PUBLIC, Grown, Visitor, grown
from tests.support.mails import part
from tests.support.waiting import PATIENCE, until

OWNER = "ottilie@frontdesk.example"  # the provider's persona
FILM = (SAMPLES / "pattern.mp4").read_bytes()
PAGES = ("/", "/rooms/", "/recordings/", "/account/")


@pytest.fixture
def site(
    nginx: str,
    tmp_path: Path,
    bucket: TestBucket,
    mails: MailServer,
    postgresql_url: str,
    redis_url: str,
    worker_id: str,
) -> Iterator[Grown]:
    """nginx, two web processes, a worker; PostgreSQL, Redis, a bucket, mail, LiveKit and a provider behind them."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    with (
        fresh_database(postgresql_url, f"grown_{worker_id}") as database,
        grown(nginx, tmp_path, bucket, mails, database, redis_url) as site,
    ):
        yield site


def state(site: Grown, recording: str) -> str | None:
    """How the recording stands."""
    found: str | None = site.stored("SELECT state FROM recordings WHERE id = CAST(:id AS uuid)", id=recording)
    return found


def record(site: Grown, owner: Visitor, slug: str) -> str:
    """Begin a recording of the live room; returns its id once it runs."""
    owner.send(f"/rooms/{slug}/recordings", f"/rooms/{slug}/", mode="video")
    recording = str(site.stored("SELECT id FROM recordings"))
    until(lambda: state(site, recording) == "active")
    return recording


def watch(owner: Visitor, media: str) -> None:
    """A player sees the whole, seeks, and asks for what is left; the bytes come from the bucket."""
    whole = owner.ask("GET", media)
    assert (whole.status_code, whole.content) == (200, FILM)
    assert "X-Request-ID" not in whole.headers and "Authorization" not in whole.headers
    for asked, content in (("0-99", FILM[:100]), ("1000-1999", FILM[1000:2000]), ("-50", FILM[-50:])):
        part = owner.ask("GET", media, headers={"Range": f"bytes={asked}"})
        assert (part.status_code, part.content) == (206, content), asked
    head = owner.ask("HEAD", media)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(FILM)))


def test_a_recording_is_made_told_of_watched_expired_refused_and_deleted_though_a_web_process_dies_on_the_way(
    site: Grown, bucket: TestBucket, mails: MailServer
):
    assert "The settings are right." in site.flask("check", "--connect", "--ask-provider")
    worker = site.work()
    owner, stranger = Visitor(site.site), Visitor(site.site)
    owner.sign_in("owner")
    stranger.sign_in("stranger")
    location = owner.send("/rooms/new", "/rooms/new", name="Housing committee", slug="", access_level="restricted")
    slug = location.split("/")[2]
    site.livekit.join(str(site.stored("SELECT id FROM rooms WHERE slug = :slug", slug=slug)))

    recording = record(site, owner, slug)
    site.webs[0].kill()
    for path in PAGES * 3:
        owner.page(path)
    owner.send(f"/recordings/{recording}/stop", f"/recordings/{recording}/")
    until(lambda: state(site, recording) == "saved")
    (key,) = bucket.keys()
    assert notified(site, bucket, key) == ["unchanged"], "LiveKit's word came first"

    until(lambda: OWNER in mails.recipients)
    mail = mails.mail_to(OWNER)
    assert mail["Subject"].startswith("Recording saved: Housing committee, ")
    assert f"{PUBLIC}/recordings/{recording}/" in part(mail, "plain")

    (media,) = set(re.findall(r'src="(/media/recordings/[^"]+)"', owner.page(f"/recordings/{recording}/")))
    assert key.endswith(media.removeprefix("/media"))
    watch(owner, media)
    assert stranger.ask("GET", media).status_code == 404
    assert stranger.ask("GET", "/hooks/media-auth").status_code == 404
    assert Visitor(site.site).ask("GET", media).status_code in {302, 303}, "to the sign-in"

    site.stored("UPDATE recordings SET expires_at = now() - interval '1 second'")
    for asked in ({}, {"Range": "bytes=0-99"}):
        refused = owner.ask("GET", media, headers=asked)
        assert refused.status_code == 410 and "expired" in refused.text and FILM[:100] not in refused.content
    owner.send(f"/recordings/{recording}/delete", f"/recordings/{recording}/delete")
    assert owner.ask("GET", media).status_code in {404, 410}
    until(lambda: state(site, recording) is None)
    assert bucket.keys() == set()

    assert "Traceback" not in site.written()
    assert 'frontdesk_due_work_total{kind="recordings.delete",result="done"} 1.0' in metrics(worker)
    assert 'frontdesk_requests_total{endpoint="recordings.media_auth"' in metrics(site.webs[1].port)


def notified(site: Grown, bucket: TestBucket, key: str) -> list[str]:
    """What becomes of the bucket's word that there is a file, in the form that MinIO gives it."""
    record = {"eventName": "s3:ObjectCreated:Put", "s3": {"bucket": {"name": bucket.name}, "object": {"key": key}}}
    told = {"json": {"EventName": "s3:ObjectCreated:Put", "Records": [record]}}
    answer = Visitor(site.site).ask("POST", "/hooks/storage", headers={"Authorization": f"Bearer {HOOK_TOKEN}"}, **told)
    assert answer.status_code == 200, answer.text
    results: list[str] = answer.json()["results"]
    return results


def metrics(port: int) -> str:
    """What a process tells Prometheus."""
    return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE).text
