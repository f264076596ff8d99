"""The access review tells who could get into what at any moment, and what is different from another one."""

import hashlib
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask

from tests.plugins.queries import Counted
from tests.support import spreadsheets
from tests.support.factories import make_room
from tests.support.personas import PERSONAS, Browser, persona
from webapp.access import as_of, review
from webapp.access import service as access_service
from webapp.access.review import Cut, Moments, ReviewCheck, ReviewedRole, ReviewFilters, ReviewShow
from webapp.accounts import service as account_service
from webapp.accounts.models import Staff
from webapp.audit import Actor
from webapp.audit.models import Beginning
from webapp.core import paging
from webapp.core.counting import Tally
from webapp.core.db import db, new_id, utcnow
from webapp.rooms import service as room_service
from webapp.rooms.models import Access, AccessLevel, Role, Room

ClientAs = Callable[[str], Browser]
URL = "/audit/access"
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
Pair = tuple[Any, Any]


def past(*, days: float) -> datetime:
    return NOW - timedelta(days=days)


def grant(room: Room, who: str, role: Role, begin: datetime, end: datetime | None = None) -> Access:
    """A role as it was from when to when."""
    access = Access(id=new_id(), room_id=room.id, user_id=persona(who).id, role=role, granted_at=begin, revoked_at=end)
    db.session.add(access)
    return access


def everything(filters: ReviewFilters, moments: Moments, size: int = 3) -> list[ReviewedRole]:
    """All rows, page by page."""
    return [row for rows in paging.parts(lambda at: review.page(filters, moments, at), size) for row in rows]


def turned_back(filters: ReviewFilters, moments: Moments, size: int = 3) -> list[ReviewedRole]:
    """All rows, from the last page to the first."""
    at, last = paging.Place(size=size), None
    while last is None or last.older:
        at = paging.Place(after=last.older or "", size=size) if last else at
        last = review.page(filters, moments, at)
    rows = list(last.rows)
    while last.newer:
        last = review.page(filters, moments, paging.Place(before=last.newer, size=size))
        rows = [*last.rows, *rows]
    return rows


@pytest.fixture
def history(app: Flask) -> list[Access]:
    """Roles that came, changed and ended on odd days, of all personas in four rooms that nobody else is in."""
    rooms = [make_room() for _number in range(4)]
    db.session.query(Access).delete()
    chance = random.Random(7)
    rows = []
    for room in rooms:
        for who in PERSONAS:
            at = chance.uniform(0, 60)
            for _span in range(chance.randrange(4)):
                begin, at = at, at + chance.uniform(0.5, 40)
                gap, end = chance.choice((0, 0, 5)), past(days=100 - at) if at < 95 else None
                rows.append(grant(room, who, chance.choice(list(Role)), past(days=100 - begin), end))
                if end is None:
                    break
                at += gap
    for room, days in zip(rooms, (20, 55), strict=False):
        room.deleted_at = past(days=days)
    db.session.commit()
    return rows


def roles(history: list[Access], at: datetime) -> dict[Pair, Role]:
    """Who had which role then, by looking at every row."""
    gone = {room.id for room in db.session.query(Room) if room.deleted_at is not None and room.deleted_at <= at}
    held = [each for each in history if each.granted_at <= at and (each.revoked_at is None or each.revoked_at > at)]
    return {(each.room_id, each.user_id): each.role for each in held if each.room_id not in gone}


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("days", [0, 7, 31, 60, 99, 200])
def test_at_any_moment_everyone_is_there_once_with_the_role_of_then(history: list[Access], cut: Cut, days: int):
    moments = Moments(past(days=days), None)
    rows = everything(ReviewFilters(cut=cut), moments)
    found = {(row.room.id, row.person.id): row.now.role for row in rows if row.now}
    assert found == roles(history, moments.at) and len(rows) == len(found)
    heads = [row.room.id if cut is Cut.ROOM else row.person.id for row in rows]
    assert heads == sorted(heads, reverse=True), "each group in one piece"


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize(("days", "since"), [(0, 30), (0, 99), (20, 60), (50, 51), (60, 20), (5, 5)])
def test_between_any_two_moments_the_difference_is_what_both_lists_say(
    history: list[Access], cut: Cut, days: int, since: int
):
    moments = Moments(past(days=min(days, since)), past(days=max(days, since)))
    days, since = min(days, since), max(days, since)
    now, before = roles(history, past(days=days)), roles(history, past(days=since))
    different = {pair for pair in now.keys() | before.keys() if now.get(pair) != before.get(pair)}
    day = past(days=since).date()
    kinds = {
        ReviewShow.CHANGES: different,
        ReviewShow.ADDED: different - before.keys(),
        ReviewShow.REMOVED: different - now.keys(),
        ReviewShow.CHANGED: different & now.keys() & before.keys(),
    }
    counted = review.counts(ReviewFilters(since=day), moments)
    for show, pairs in kinds.items():
        rows = everything(ReviewFilters(cut=cut, since=day, show=show), moments)
        assert {(row.room.id, row.person.id) for row in rows} == pairs and len(rows) == len(pairs), show
        assert counted.shows[show] == Tally(len(pairs), True), show
        assert turned_back(ReviewFilters(cut=cut, since=day, show=show), moments) == rows
        for row in rows:
            pair = row.room.id, row.person.id
            assert (row.now and row.now.role, row.before and row.before.role) == (now.get(pair), before.get(pair))


def test_checks_find_what_deserves_a_look_and_count_it(room: Room):
    owner = Actor.user(persona("owner"))
    access_service.grant(room, actor=owner, email="nobody.yet@example.org", role=Role.MEMBER)
    account_service.disable(persona("member"), actor=owner)
    persona("owner").last_sign_in_at = utcnow() - timedelta(days=91)
    db.session.commit()
    moments = Moments(utcnow(), None)
    expected = {
        ReviewCheck.PENDING: {"nobody.yet@example.org"},
        ReviewCheck.DISABLED: {persona("member").email},
        ReviewCheck.ONE_OWNER: {persona("owner").email},
        ReviewCheck.ABSENT: {persona("owner").email},
        ReviewCheck.OWNERS: {persona("owner").email},
    }
    counted = review.counts(ReviewFilters(), moments).checks
    for check, people in expected.items():
        rows = everything(ReviewFilters(check=check, room_id=room.id), moments)
        assert {row.person.email for row in rows} == people, check
        assert counted[check].number == len(everything(ReviewFilters(check=check), moments)), check


def test_levels_staff_roles_and_disabled_accounts_are_those_of_the_date(room: Room):
    admin, member = Actor.user(persona("admin")), persona("member")
    level, before = room.access_level, utcnow()
    room_service.edit(room, actor=admin, name=room.name, slug=room.slug, access_level=AccessLevel.PUBLIC)
    account_service.set_staff(member, Staff.ADMIN, actor=admin)
    account_service.disable(persona("admin"), actor=admin)
    db.session.commit()
    between = utcnow()
    room_service.edit(room, actor=admin, name=room.name, slug=room.slug, access_level=AccessLevel.TRUSTED)
    account_service.set_staff(member, Staff.NONE, actor=admin)
    account_service.enable(persona("admin"), actor=admin)
    db.session.commit()
    now = utcnow()
    said = {
        at: (as_of.levels([room], at)[room.id], as_of.accounts([member], at)[member.id].staff)
        for at in (before, between, now)
    }
    assert said == {
        before: (level, Staff.NONE),
        between: (AccessLevel.PUBLIC, Staff.ADMIN),
        now: (AccessLevel.TRUSTED, Staff.NONE),
    }
    assert [
        as_of.accounts([persona("admin")], at)[persona("admin").id].is_disabled for at in (before, between, now)
    ] == [
        False,
        True,
        False,
    ]
    assert as_of.doors(between).rooms == {AccessLevel.PUBLIC: Tally(1, True), AccessLevel.TRUSTED: Tally(0, True)}
    assert as_of.doors(now).rooms == {AccessLevel.PUBLIC: Tally(0, True), AccessLevel.TRUSTED: Tally(1, True)}
    assert member in as_of.doors(between).admins and persona("admin") not in as_of.doors(between).admins
    assert persona("admin") in as_of.doors(now).admins and member not in as_of.doors(now).admins


@pytest.mark.parametrize("who", ["owner", "support", "stranger"])
def test_only_admins_read_it(client_as: ClientAs, room: Room, who: str):
    for path in (URL, f"{URL}.csv"):
        assert client_as(who).get(path).status_code == 403
    assert client_as(who).post(f"{URL}/find", data={"find": "x"}).status_code == 403


def test_a_page_says_who_has_what_since_when_by_whom_and_leads_on(client_as: ClientAs, room: Room):
    access_service.grant(room, actor=Actor.user(persona("owner")), email="new@example.org", role=Role.MEMBER)
    db.session.commit()
    page = client_as("admin").get(URL).text
    for said in (room.name, room.slug, "new@example.org", "Hasn't signed in yet", "Member, pending", "Owner Person"):
        assert said in page, said
    assert f'href="/rooms/{room.slug}/access/"' in page and "Who gets in without a role" in page
    by_person = client_as("admin").get(f"{URL}?by=person").text
    assert by_person.index("new@example.org") and 'aria-current="true">By person' in by_person


def test_what_was_removed_raised_and_added_is_said_as_such(client_as: ClientAs, room: Room):
    owner = Actor.user(persona("owner"))
    since = (utcnow() - timedelta(days=3)).date()
    grant(room, "member", Role.MEMBER, utcnow() - timedelta(days=9), utcnow())
    grant(room, "stranger", Role.MEMBER, utcnow() - timedelta(days=9), utcnow() - timedelta(days=1))
    grant(room, "stranger", Role.OWNER, utcnow() - timedelta(days=1))
    access_service.grant(room, actor=owner, email="new@example.org", role=Role.MEMBER)
    db.session.commit()
    page = client_as("admin").get(f"{URL}?since={since}&room={room.id}").text
    for said in ("Removed", "Raised", "Added", "<del>Member</del>", "<ins>Owner</ins>"):
        assert said in page, said


def test_an_address_is_looked_for_without_standing_in_the_link(client_as: ClientAs, room: Room):
    admin = client_as("admin")
    found = admin.post(f"{URL}/find", data={"find": persona("owner").email})
    assert found.location == f"{URL}?person={persona('owner').id}"
    assert room.name in admin.get(found.location).text
    named = admin.post(f"{URL}/find?by=person", data={"find": room.slug})
    assert "by=person" in named.location and f"q={room.slug}" in named.location
    missing = admin.post(f"{URL}/find", data={"find": "nobody@example.org"}, follow_redirects=True).text
    assert "No one has this address." in missing


def test_the_file_says_what_was_asked_and_proves_what_stands_below(client_as: ClientAs, room: Room):
    answer = client_as("admin").get(f"{URL}.csv?check=owners")
    head, table, proof = answer.data.split(b"\r\n\r\n")
    lines = spreadsheets.cells(head.decode("utf-8-sig").splitlines()[0] + "\r\n")
    assert lines == ["query", "check=owners"]
    assert hashlib.sha256(table + b"\r\n").hexdigest() in proof.decode()
    assert room.slug in table.decode() and answer.headers["Content-Disposition"].endswith('"access-review.csv"')


def test_the_file_of_everyone_says_nothing_of_changes(client_as: ClientAs, room: Room):
    answer = client_as("admin").get(f"{URL}.csv?since=2026-01-01&show=everyone")
    assert room.slug in answer.text and ReviewShow.ADDED.value not in answer.text


def test_an_owner_of_a_room_that_was_deleted_since_is_said_to_have_lost_it(client_as: ClientAs, room: Room):
    db.session.query(Access).update({Access.granted_at: utcnow() - timedelta(days=9)})
    room.deleted_at = utcnow()
    db.session.commit()
    since = (utcnow() - timedelta(days=3)).date()
    page = client_as("admin").get(f"{URL}?since={since}&show=removed&room={room.id}").text
    assert "Owner Person" in page and "Room deleted" in page


def test_every_choice_leads_to_as_many_rows_as_it_says(client_as: ClientAs, room: Room):
    make_room("stranger", member="member")
    admin, since = client_as("admin"), (utcnow() - timedelta(days=3)).date()
    page = admin.get(f"{URL}?since={since}&check=owners").text
    links = re.findall(r'<a href="(/audit/access\?[^"]*)"[^>]*>[^<]*<small>([\d,+]+)</small>', page)
    assert len(links) == len(ReviewShow) + len(ReviewCheck)
    for url, number in links:
        if "check=owners" in url or "check" in url or "show" in url:
            assert admin.get(unescape(url)).text.count('scope="row"') == int(number), url


def test_a_number_is_not_looked_for(client_as: ClientAs, room: Room):
    answer = client_as("admin").post(f"{URL}/find", data={"find": "06 12 34 56 78"})
    assert "78" not in (answer.location or "")


def test_what_is_older_than_the_dated_rows_is_said_to_be_unknown(client_as: ClientAs, room: Room):
    db.session.add(Beginning(what=as_of.KIND, at=utcnow() - timedelta(days=10)))
    db.session.commit()
    admin, long_ago = client_as("admin"), (utcnow() - timedelta(days=20)).date()
    assert "aren't known before" in admin.get(f"{URL}?day={long_ago}").text
    assert "aren't known before" not in admin.get(URL).text


@pytest.mark.parametrize(
    "query", ["", "by=person", "since=2026-01-01", "check=one_owner", "since=2026-01-01&by=person"]
)
def test_a_page_costs_the_same_questions_at_any_size(client_as: ClientAs, count_queries: Counted, query: str):
    admin, asked = client_as("admin"), []
    for more in (2, 30):
        for _number in range(more):
            make_room(member="member")
        with count_queries() as sent:
            assert admin.get(f"{URL}?{query}").status_code == 200
        asked.append(len([each for each in sent if each.startswith("SELECT")]))
    assert asked[0] == asked[1] <= 12, asked


@pytest.mark.parametrize("query", ["day=soon", "since=9999-99-99", "by=x&show=y&check=z", "person=1"])
def test_odd_questions_ask_for_nothing(client_as: ClientAs, room: Room, query: str):
    assert room.name in client_as("admin").get(f"{URL}?{query}").text


@pytest.mark.parametrize("typed", ["Mars/Olympus", "europe-paris", "+02:00"])
def test_a_time_zone_that_is_none_is_refused_at_its_field_and_in_the_file(client_as: ClientAs, room: Room, typed: str):
    admin, asked = client_as("admin"), {"zone": typed, "day": "2026-03-03"}
    answer = admin.get(URL, query_string=asked)
    assert answer.status_code == 422
    field = re.search(r'<input name="zone"[^>]*>', answer.text)
    assert field and f'value="{typed}"' in field[0] and 'aria-describedby="zone-error"' in field[0]
    assert "Enter a time zone such as Europe/Paris or UTC. Until then, days end as they do in" in answer.text
    file = admin.get("/audit/access.csv", query_string=asked)
    assert file.status_code == 422 and "Enter a time zone such as Europe/Paris or UTC." in file.text


def test_blanks_around_a_time_zone_are_no_mistake(client_as: ClientAs, room: Room):
    answer = client_as("admin").get(URL, query_string={"zone": " Europe/Paris "})
    assert answer.status_code == 200 and 'value="Europe/Paris"' in answer.text and "zone-error" not in answer.text
