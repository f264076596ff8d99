"""Hosts watch, and members where hosts let them: on every page, at the media address, and for the proxy alike."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from tests.plugins.bucket import TestBucket
from tests.support.factories import make_room
from tests.support.films import FILM
from tests.support.personas import PERSONAS, SWAP, Browser, persona
from webapp.audit.models import AuditEntry
from webapp.core.db import db, new_id, utcnow
from webapp.recordings import policy, queries
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.rooms.models import Access, Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]
ON = {"members_may_watch": "y"}


def switch(browser: Browser, room: Room, form: dict[str, str], **headers: str) -> Any:
    """Press the switch."""
    return browser.post(f"/rooms/{room.slug}/watching", data=form, headers=headers)


def section(page: str) -> str:
    """ "Who can watch" as text."""
    found = re.search(r'<section id="recording-who".*?</section>', page, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def entry() -> AuditEntry | None:
    return db.session.query(AuditEntry).filter_by(action="room.let_members_watch").one_or_none()


def test_members_watch_where_a_host_lets_them_and_from_the_next_request_on_no_longer(
    client_as: ClientAs, room: Room, make_recording: Make
):
    recording, member, owner = make_recording(), client_as("member"), client_as("owner")
    page, media = f"/recordings/{recording.id}/", f"/media/{recording.key}"
    assert "<video" not in member.get(page).text and member.get(media).status_code == 403
    assert switch(client_as("administrator"), room, ON).location == f"/rooms/{room.slug}/"
    assert "<video" in member.get(page).text
    part = member.get(media, headers={"Range": "bytes=3-7"})
    assert (part.status_code, part.data) == (206, FILM[3:8])
    switch(owner, room, {})
    assert member.get(media, headers={"Range": "bytes=8-9"}).status_code == 403, "a player that runs"


def test_the_proxy_is_told_the_same(client_as: ClientAs, room: Room, make_recording: Make, in_bucket: TestBucket):
    recording = make_recording()
    asked = {"X-Original-URI": f"/media/{recording.key}", "X-Original-Method": "GET"}
    statuses = []
    for form in (ON, {}):
        switch(client_as("owner"), room, form)
        statuses.append([client_as(who).get("/hooks/media-auth", headers=asked).status_code for who in PERSONAS])
    may = [{"owner", "administrator", "member"}, {"owner", "administrator"}]
    assert statuses == [[200 if who in let else 403 for who in PERSONAS] for let in may]


def test_the_switch_is_recorded_once_and_said_in_words(client_as: ClientAs, room: Room):
    owner = client_as("owner")
    switch(owner, room, {})
    assert entry() is None and not db.session.get_one(Room, room.id).members_may_watch, "off from the beginning"
    switch(owner, room, ON)
    switch(owner, room, ON)
    found = entry()
    assert found is not None and found.details == {"watchers": ["owner", "administrator", "member"]}
    words = "</b> changed who can watch recordings of this room: owner, administrator, member"
    assert words in owner.get(f"/rooms/{room.slug}/activity").text


@pytest.mark.parametrize("headers", [SWAP, {}])
def test_the_second_of_two_who_switch_hears_who_was_first(client_as: ClientAs, room: Room, headers: dict[str, str]):
    url = f"/rooms/{room.slug}/watching"
    owner, administrator = client_as("owner"), client_as("administrator")
    seen = re.findall(r'name="seen"[^>]*value="(\d+)"', owner.get(url).text)[0]
    owner.post(url, data={**ON, "seen": seen})
    late = administrator.post(url, data={"seen": seen}, headers=headers)
    assert late.status_code == 409 and ("<html" in late.text) is not bool(headers)
    assert "<b>Owner Person</b> changed who can watch" in late.text
    assert " checked" not in re.findall(r'<input[^>]*type="checkbox"[^>]*>', late.text)[0], "as it was chosen"
    now = re.findall(r'name="seen"[^>]*value="(\d+)"', late.text)[0]
    assert administrator.post(url, data={"seen": now}, headers=SWAP).status_code == 204
    db.session.expire_all()
    assert not db.session.get_one(Room, room.id).members_may_watch


def test_the_page_of_the_switch_counts_and_leads_back_to_the_recording(
    client_as: ClientAs, room: Room, make_recording: Make
):
    recording, owner = make_recording(), client_as("owner")
    url = f"/rooms/{room.slug}/watching"
    link = f"{url}?recording={recording.id}"
    assert link in owner.get(f"/recordings/{recording.id}/").text
    assert "1 member and 1 recording in this room." in owner.get(link).text
    assert owner.post(link, data=ON).location == f"/recordings/{recording.id}/"
    assert owner.post(f"{url}?recording=//evil.example", data=ON).location == f"/rooms/{room.slug}/"


def test_the_rooms_own_section_leads_hosts_to_the_switch(client_as: ClientAs, room: Room):
    section_of = f"/rooms/{room.slug}/recordings"
    link, owner = f'href="/rooms/{room.slug}/watching"', client_as("owner")
    page = owner.get(section_of).text
    assert link in page and "Only owners and administrators can watch." in page
    switch(owner, room, ON)
    assert "Members can watch, too." in owner.get(section_of).text
    assert link not in client_as("member").get(section_of).text


def test_the_page_says_who_can_watch_with_names_for_those_who_see_the_access_list(
    client_as: ClientAs, room: Room, make_recording: Make
):
    page = f"/recordings/{make_recording().id}/"
    told = section(client_as("owner").get(page).text)
    assert "Owner Person Owners of the room Watch, download, delete" in told
    assert "Administrator Person Administrators of the room Watch, download 1 member" in told
    assert "1 member Members see that it exists. Let members watch… No" in told
    assert "Member Person" not in told
    switch(client_as("owner"), room, ON)
    as_member = client_as("member").get(page).text
    told = section(as_member)
    assert "1 owner Owners of the room Watch, download, delete 1 administrator" in told
    assert "1 member Members see that it exists. Watch, download" in told and "Change" not in told
    assert "Owner Person" not in as_member and "Administrator Person" not in as_member


def test_while_a_legal_hold_keeps_it_the_page_promises_nobody_to_delete_it(client_as: ClientAs, make_recording: Make):
    page = f"/recordings/{make_recording().id}/"
    db.session.execute(sa.update(Recording).values(held_at=utcnow(), hold_reason="a case"))
    db.session.commit()
    told = section(client_as("owner").get(page).text)
    assert "Watch, download" in told and "Watch, download, delete" not in told and told.endswith("No")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": State.ACTIVE}, "No one can watch it yet: it isn't saved."),
        ({"state": State.FAILED}, "No one can watch it: there is no file."),
        ({"state": State.GONE}, "No one can watch it: there is no file."),
        ({"mode": Mode.TRANSCRIPT}, "No one can watch it here: it's meant for a transcriber."),
        ({"expires_at": utcnow() - timedelta(seconds=1)}, "No one can watch it any more: it has expired."),
    ],
)
def test_where_no_one_can_watch_the_page_says_why(
    client_as: ClientAs, room: Room, make_recording: Make, values: dict[str, Any], words: str
):
    recording = make_recording()
    db.session.execute(sa.update(Recording).values(**values))
    db.session.commit()
    told = section(client_as("owner").get(f"/recordings/{recording.id}/").text).replace("&#39;", "'")
    assert words in told and "Watch," not in told


def test_members_are_offered_nothing_that_they_may_not_do(client_as: ClientAs, room: Room, make_recording: Make):
    running = make_recording(State.ACTIVE)
    saved = make_recording()
    member = client_as("member")
    assert "See what was recorded" in member.get(f"/rooms/{room.slug}/").text
    pages = [
        member.get(path).text
        for path in (
            f"/rooms/{room.slug}/recordings",
            "/recordings/",
            f"/recordings/{running.id}/",
            f"/recordings/{saved.id}/",
        )
    ]
    assert all(str(saved.id) in page for page in pages[:2])
    for page in pages:
        main = page[page.index("<main") :]
        assert 'method="post"' not in main and "/media/" not in main and "/delete" not in main
        assert "Person" not in main and "/retention" not in main


@pytest.mark.parametrize("may", [True, False])
@pytest.mark.parametrize("who", PERSONAS)
def test_lists_show_exactly_what_the_policy_shows_row_by_row(client_as: ClientAs, who: str, may: bool):
    rooms = [
        make_room(owner, **{role: other}, members_may_watch=may) if role else make_room(owner)
        for owner, role, other in (
            ("owner", "member", "stranger"),
            ("owner", "administrator", "member"),
            ("stranger", "member", "support"),
            ("admin", "", ""),
            ("support", "", ""),
        )
    ]
    for room in rooms:
        for state in (State.SAVED, State.FAILED):
            db.session.add(Recording(room_id=room.id, mode=Mode.VIDEO, state=state, key=f"{new_id()}.mp4"))
    db.session.commit()
    user = persona(who)
    roles = {access.room_id: access.role for access in db.session.query(Access).filter_by(user_id=user.id)}
    everything = db.session.scalars(sa.select(Recording).options(joinedload(Recording.room))).all()
    for recording in everything:
        recording.room.remember_role(user, roles.get(recording.room_id))
    seen = {recording.id for recording in everything if policy.view(user, recording)}
    watched = {recording.id for recording in everything if policy.download(user, recording)}
    watched &= {recording.id for recording in everything if recording.state is State.SAVED}
    visible = {row.Recording.id for row in db.session.execute(queries.visible_to(user))}
    keys = [recording.id for recording in everything]
    client = client_as(who)
    answers = {key: client.get(f"/recordings/{key}/") for key in keys}
    listed = client.get("/recordings/").text
    assert visible == seen
    assert {key for key in keys if answers[key].status_code == 200} == seen
    assert {key for key in keys if str(key) in listed} == seen
    assert {key for key in keys if "<video" in answers[key].text} == watched
