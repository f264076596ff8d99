"""Everybody gets all that is kept about them as one file, and an admin who says why gets that of somebody else."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask

from tests.support.factories import make_room, trail
from tests.support.personas import Browser, browser, persona
from webapp.access import service as access
from webapp.accounts import personal, sessions
from webapp.audit import Actor, record
from webapp.core import paging
from webapp.core.db import db, new_id
from webapp.invitations import service as invitations
from webapp.invitations.service import Meeting
from webapp.lobby import service as lobby
from webapp.lobby.sources import Source
from webapp.models import metadata
from webapp.rooms.models import AccessLevel, Role

ClientAs = Callable[[str], Browser]
# What a person did to something that is not theirs: the log has it, in `audit_log`.
IN_THE_LOG = {
    "accesses.granted_by_id",
    "accesses.revoked_by_id",
    "account_changes.changed_by_id",
    "calls.decided_by_id",
    "campaigns.ended_by_id",
    "campaigns.started_by_id",
    "invitation_mails.asked_by_id",
    "level_changes.changed_by_id",
    "lobby_entries.decided_by_id",
    "recording_transitions.user_id",
    "repair_runs.started_by_id",
    "trunk_moves.started_by_id",
}
EXPORTED = {
    "accesses.user_id": "roles",
    "account_changes.user_id": "account_changes",
    "invitations.inviter_id": "invitations_sent",
    "lobby_entries.user_id": "lobby",
    "mail_choices.user_id": "mails_turned_off",
    "mails.user_id": "mails",
    "marketing_contacts.user_id": "news",
    "recordings.started_by_id": "recordings_started",
    "rooms.created_by_id": "rooms_created",
    "user_sessions.user_id": "sessions",
}


def exported(client: Browser, url: str = "/account/export", **data: str) -> dict[str, Any]:
    answer = client.post(url, data=data)
    assert (answer.status_code, answer.mimetype) == (200, "application/json"), answer.text
    said: dict[str, Any] = json.loads(answer.text)
    return said


def test_every_column_that_names_an_account_is_exported_or_stands_in_the_log():
    columns = {
        f"{table.name}.{key.parent.name}"
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "users"
    }
    assert columns == EXPORTED.keys() | IN_THE_LOG


def test_my_data_holds_my_account_sessions_roles_invitations_places_and_deeds(app: Flask):
    member = persona("member")
    client = browser(app, member)
    sessions.start(member, browser="Firefox", address="192.0.2.7")
    room = make_room("owner", name="Town hall", member="member", access_level=AccessLevel.RESTRICTED)
    host = persona("owner")
    meeting = Meeting("en", "UTC", message="Do come.")
    invitations.send(room, new_id(), [member.email], meeting, inviter=host, actor=Actor.user(host))
    elsewhere = make_room("owner")
    elsewhere.remember_role(member, None)
    lobby.ask(elsewhere, "Member P.", member, Source("", ""))
    db.session.commit()
    said = exported(client)
    assert said["format"] == personal.FORMAT and said["exported_at"].endswith("Z")
    (account,) = said["account"]
    assert (account["id"], account["email"], account["staff"]) == (str(member.id), member.email, "none")
    assert "192.0.2.7" in [each["address"] for each in said["sessions"]]
    (role,) = said["roles"]
    assert (role["room"], role["role"], role["revoked_at"]) == ("Town hall", "member", None)
    (received,) = said["invitations_received"]
    assert (received["message"], received["room_id"]) == ("Do come.", str(room.id))
    assert [each["name"] for each in said["lobby"]] == ["Member P."]
    assert said["audit_log"][0]["action"] == "user.export"


def test_the_file_has_every_section_of_every_feature_and_says_when_there_is_nothing(app: Flask):
    said = exported(browser(app, persona("stranger")))
    sections = [name for kept in app.extensions[personal.EXTENSION] for name in kept.sections]
    assert list(said) == ["format", "exported_at", *sections] and len(sections) == len(set(sections))
    assert said["roles"] == [] and said["news"] == []


def test_my_data_names_nobody_else(app: Flask):
    owner = persona("owner")
    room = make_room(owner, member="member")
    invitations.send(
        room, new_id(), ["guest@elsewhere.example"], Meeting("en", "UTC"), inviter=owner, actor=Actor.user(owner)
    )
    db.session.commit()
    answer = browser(app, owner).post("/account/export").text
    assert '"invited": 1' in answer
    for other in ("guest@elsewhere.example", "member@frontdesk.example", "Member Person"):
        assert other not in answer


def test_an_admin_says_why_and_the_log_tells_of_it(client_as: ClientAs):
    person, admin = persona("member"), client_as("admin")
    url = f"/people/{person.id}/export"
    refused = admin.post(url, data={"reason": ""})
    assert refused.status_code == 422 and "Enter a reason: the log keeps it." in refused.text
    assert trail("user.export") == []
    said = exported(admin, url, reason="request of 12 May")
    assert said["account"][0]["email"] == person.email
    (entry,) = trail("user.export")
    assert (entry.user_id, entry.reason) == (persona("admin").id, "request of 12 May")
    assert entry.details == {"person": str(person.id)}


def test_a_long_log_is_read_in_parts_and_all_of_it_is_there(app: Flask):
    owner, count = persona("owner"), 2 * paging.PART + 1
    for number in range(count):
        record("room.edit", f"room-{number}", Actor.user(owner), fields=["name"])
    db.session.commit()
    said = exported(browser(app, owner))
    targets = [each["target_id"] for each in said["audit_log"] if each["action"] == "room.edit"]
    assert targets == [f"room-{number}" for number in reversed(range(count))]


def test_downloading_holds_no_write_lock(app: Flask):
    client = browser(app, persona("owner"))
    access.grant(make_room("owner"), actor=Actor.system(), email="new@frontdesk.example", role=Role.MEMBER)
    db.session.commit()
    answer = client.post("/account/export", buffered=False)
    pieces = iter(answer.response)
    next(pieces)
    with db.engine.begin() as other:  # SQLite has one writer
        other.execute(sa.text("UPDATE users SET theme = 'dark'"))
    rest = b"".join(pieces)
    answer.close()
    assert rest.endswith(b"}\n")
