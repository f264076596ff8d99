"""The evidence of a review: complete, provable, and the same bytes whenever and by whomever it is built."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta

import time_machine
from flask import Flask

from tests.plugins.mail_server import MailServer
from tests.support.personas import Browser, make_user, persona
from tests.support.reviews import go_on, many_rooms, start_review, stored_campaign, url_of
from webapp.access import service as access
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core import archive
from webapp.core.db import db, utcnow
from webapp.mails import sending
from webapp.reviews import evidence
from webapp.reviews.models import AtEnd, Campaign
from webapp.rooms import service as rooms
from webapp.rooms.models import Role, Room

As = Callable[[str | User], Browser]
FILES = [
    "about.txt",
    "review.json",
    "access-at-start.csv",
    "access-at-end.csv",
    "decisions.csv",
    "not-checked.csv",
    "owners.csv",
    "manifest.json",
]


def download(client: Browser, campaign: Campaign) -> bytes:
    """The pack."""
    answer = client.get(f"/audit/reviews/{campaign.id}/evidence.zip")
    assert answer.status_code == 200 and answer.mimetype == "application/zip"
    return answer.data


def table(pack: bytes, name: str) -> list[dict[str, str]]:
    """One list of it."""
    with zipfile.ZipFile(io.BytesIO(pack)) as files:
        return list(csv.DictReader(io.StringIO(files.read(name).decode("utf-8-sig"))))


def run_through(client_as: As, room: Room) -> Campaign:
    """A review with one of each: confirmed, undone, removed, came, left unchecked and removed for that."""
    for name in ("first", "second", "third"):
        access.grant(room, actor=Actor.user(persona("owner")), email=make_user(name).email, role=Role.MEMBER)
    db.session.commit()
    campaign = start_review(at_end=AtEnd.REMOVE)
    owner = client_as("owner")
    for verb in ("confirm", "undo", "confirm"):
        owner.post(url_of(campaign, room, "member", verb))
    owner.post(url_of(campaign, room, "administrator", "remove"))
    access.grant(room, actor=Actor.system(), email=persona("stranger").email, role=Role.MEMBER)
    db.session.commit()
    go_on(campaign.ends_at - timedelta(days=8))
    go_on(campaign.ends_at)
    return stored_campaign(campaign)


def test_a_second_run_gives_the_same_bytes_and_the_page_their_hash(client_as: As, room: Room, mailing: MailServer):
    campaign = run_through(client_as, room)
    first = download(client_as("admin"), campaign)
    page = client_as("admin").get(f"/audit/reviews/{campaign.id}/").text
    assert hashlib.sha256(first).hexdigest() in page and "same bytes" in page
    assert len(first) == campaign.evidence_size
    # years later, in another language, when names, addresses, rooms, roles and mails have changed or are gone
    persona("member").full_name, persona("owner").email = "Somebody Else", "new@frontdesk.example"
    admin = persona("admin")
    admin.language, admin.timezone = "fr", "Asia/Tokyo"
    room.name = "Renamed"
    access.grant(room, actor=Actor.system(), email="late@frontdesk.example", role=Role.OWNER)
    db.session.commit()
    rooms.delete(room, actor=Actor.system())
    db.session.commit()
    with time_machine.travel(utcnow() + timedelta(days=1000)):
        sending.purge()
        second = download(client_as("admin"), campaign)
    assert first == second


def test_the_pack_holds_what_was_what_was_decided_and_what_is(client_as: As, room: Room, mailing: MailServer):
    campaign = run_through(client_as, room)
    pack = download(client_as("admin"), campaign)
    with zipfile.ZipFile(io.BytesIO(pack)) as files:
        assert files.testzip() is None and files.namelist() == FILES
        facts = json.loads(files.read("review.json"))
    assert (facts["name"], facts["state"], facts["unchecked_roles"]) == ("Autumn review", "final", "remove")
    assert facts["started_by"]["email"] == "admin@frontdesk.example" and facts["ended_by"] is None
    assert facts["counts"] == {
        "rooms": 1, "owners": 1, "total": 5, "confirmed": 1, "removed": 1, "gone": 0, "expired": 3, "unchecked": 0,
    }  # fmt: skip
    start = {row["email"].split("@")[0]: row for row in table(pack, "access-at-start.csv")}
    assert set(start) == {"owner", "administrator", "member", "first", "second", "third"}
    assert (start["member"]["outcome"], start["member"]["decided_by"]) == ("confirmed", "Owner Person")
    assert start["first"]["granted_by"] == "Owner Person" and start["first"]["outcome"] == "expired"
    end = {row["email"].split("@")[0]: row["role_at_start"] for row in table(pack, "access-at-end.csv")}
    assert end == {"owner": "owner", "member": "member", "stranger": ""}
    made = [(row["decision"], row["email"].split("@")[0]) for row in table(pack, "decisions.csv")]
    member = "member"
    assert made == [("confirm", member), ("undo", member), ("confirm", member), ("remove", "administrator")]
    assert {row["decided_by_email"] for row in table(pack, "decisions.csv")} == {"owner@frontdesk.example"}
    assert len(table(pack, "not-checked.csv")) == 3 and all(row["told_at"] for row in table(pack, "not-checked.csv"))
    (owner,) = table(pack, "owners.csv")
    assert (owner["roles"], owner["checked"], owner["removed"], owner["mail"]) == ("5", "2", "1", "sent")


def test_the_manifest_proves_every_file(client_as: As, room: Room):
    campaign = start_review()
    go_on(campaign.ends_at)
    pack = download(client_as("admin"), campaign)
    with zipfile.ZipFile(io.BytesIO(pack)) as files:
        manifest = json.loads(files.read("manifest.json"))
        assert [entry["name"] for entry in manifest["files"]] == FILES[:-1]
        for entry in manifest["files"]:
            content = files.read(entry["name"])
            assert (entry["sha256"], entry["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
            info = files.getinfo(entry["name"])
            assert (info.compress_type, info.date_time) == (zipfile.ZIP_STORED, archive.FIRST)


def test_before_the_end_it_is_interim_and_lists_who_has_a_role_now(client_as: As, room: Room):
    campaign = start_review()
    client_as("owner").post(url_of(campaign, room, "member", "remove"))
    pack = download(client_as("admin"), campaign)
    with zipfile.ZipFile(io.BytesIO(pack)) as files:
        assert json.loads(files.read("review.json"))["state"] == "interim"
    assert {row["email"].split("@")[0] for row in table(pack, "access-at-end.csv")} == {"owner", "administrator"}
    page = client_as("admin").get(f"/audit/reviews/{campaign.id}/").text
    assert "Interim, final after" in page and "Calculated once the review is closed" in page


def test_nothing_in_it_is_run_by_a_spreadsheet(client_as: As, room: Room):
    persona("member").full_name = "=1+1"
    db.session.commit()
    campaign = start_review()
    assert {row["person"] for row in table(download(client_as("admin"), campaign), "access-at-start.csv")} >= {"'=1+1"}


def test_long_lists_are_read_in_parts_and_are_whole(app: Flask, client_as: As):
    many_rooms(persona("owner"), [persona("member")], evidence.PART)
    campaign = start_review()
    pack = download(client_as("admin"), campaign)
    found = table(pack, "access-at-start.csv")
    assert len(found) == 2 * evidence.PART == len({(row["room_id"], row["person_id"]) for row in found})
    assert evidence.measure(campaign) == evidence.measure(campaign)


def test_only_admins_get_it(client_as: As, room: Room):
    campaign = start_review()
    for who in ("owner", "support", "stranger"):
        assert client_as(who).get(f"/audit/reviews/{campaign.id}/evidence.zip").status_code == 403
