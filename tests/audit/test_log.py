"""The trail as a page: who did what, found, paged and as a file; admins read all, hosts their room's."""

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tests.support import spreadsheets
from tests.support.factories import make_room, stored
from tests.support.personas import SWAP, persona
from webapp.accounts.models import User
from webapp.audit import Actor, queries, record
from webapp.audit.models import AuditEntry
from webapp.core import paging
from webapp.core.db import db, utcnow
from webapp.rooms.models import Room


def rows(text: str) -> int:
    return text.count('<th scope="row"')


def sentences(text: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", found) for found in re.findall(r'data-label="What">(.*?)</td>', text)]


def fill(room: Room, count: int) -> None:
    """More deeds, by several people to several rooms."""
    for number in range(count):
        other = make_room("stranger") if number % 10 == 0 else room
        who = ("owner", "administrator", "member")[number % 3]
        person = str(persona(("stranger", "support", "admin")[number % 3]).id)
        record("access.grant", other, Actor.user(persona(who)), room_id=other.id, person=person, role="member")
    db.session.commit()


@pytest.mark.parametrize("who", ["owner", "support", "stranger"])
def test_only_admins_read_all_of_it(client_as, room: Room, who: str):
    for path in ("/audit/log", "/audit/log.csv"):
        assert client_as(who).get(path).status_code == 403
    assert client_as(who).post("/audit/log/find", data={"email": "x@y.example"}).status_code == 403


def test_the_newest_deed_stands_first_and_leads_to_its_room(client_as, room: Room):
    client_as("owner").post(f"/rooms/{room.slug}/pin", data={"reason": "printed on a poster"})
    text = client_as("admin").get("/audit/log").text
    assert sentences(text)[0] == "Owner Person changed the PIN of Housing committee: “printed on a poster”"
    assert f'href="/audit/log?room={room.id}"' in text and "127.0.0.1" in text


def test_what_is_asked_for_is_shown_and_nothing_else(client_as, room: Room):
    other = make_room("stranger")
    client_as("stranger").post(f"/rooms/{other.slug}/pin")
    client_as("owner").post(f"/rooms/{room.slug}/pin")
    admin = client_as("admin")
    assert sentences(admin.get("/audit/log?action=room.rotate_pin").text) == [
        "Owner Person changed the PIN of Housing committee",
        f"Stranger Person changed the PIN of {other.name}",
    ]
    theirs = admin.get(f"/audit/log?room={other.id}&action=room.rotate_pin").text
    assert sentences(theirs) == [f"Stranger Person changed the PIN of {other.name}"]
    assert "Nothing was done that fits." in admin.get("/audit/log?action=room.rotate").text


def test_a_persons_deeds_are_found_by_the_exact_address_which_stays_out_of_the_link(client_as, room: Room):
    client_as("administrator").post(f"/rooms/{room.slug}/pin")
    admin = client_as("admin")
    answer = admin.post("/audit/log/find", data={"email": " Administrator@frontdesk.example"})
    assert answer.status_code == 303 and "@" not in answer.location and "frontdesk.example" not in answer.location
    assert sentences(admin.get(answer.location).text) == ["Administrator Person changed the PIN of Housing committee"]
    unknown = admin.post("/audit/log/find", data={"email": "administrator"}, follow_redirects=True)
    assert "Nobody is known under this address." in unknown.text


def test_days_are_the_readers_own(app, room: Room):
    (entry,) = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "room.create"))
    zone = ZoneInfo("Pacific/Auckland")
    entry.at = utcnow().replace(year=2026, month=3, day=3, hour=11, minute=30)  # past midnight there
    db.session.commit()

    def found(since: date, until: date) -> int:
        filters = queries.LogFilters(action="room.create", since=since, until=until)
        return len(db.session.scalars(queries.select(filters, zone)).all())

    assert found(date(2026, 3, 4), date(2026, 3, 4)) == 1
    assert found(date(2026, 3, 3), date(2026, 3, 3)) == 0
    db.session.commit()


def test_a_day_begins_at_midnight_by_the_clock_of_the_readers_zone_today(client_as, room: Room):
    (entry,) = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "room.create"))
    entry.at = utcnow().replace(year=2026, month=11, day=2, hour=23, minute=15)  # 00:15 in Paris
    db.session.execute(sa.update(User).where(User.email == "admin@frontdesk.example").values(timezone="Europe/Paris"))
    db.session.commit()
    admin = client_as("admin")
    on = "/audit/log?action=room.create&since={0}&until={0}"
    assert len(sentences(admin.get(on.format("2026-11-03")).text)) == 1
    assert "Nothing was done that fits." in admin.get(on.format("2026-11-02")).text


@pytest.mark.parametrize("query", ["since=yesterday", "until=0001-01-01", "person=x", "room=1", "older=x", "newer=-"])
def test_words_that_are_none_of_ours_ask_for_nothing(client_as, room: Room, query: str):
    assert rows(client_as("admin").get(f"/audit/log?{query}").text) == 3


def test_the_pages_hold_every_deed_once_also_while_more_are_done(client_as, room: Room):
    fill(room, 120)
    admin = client_as("admin")
    before = db.session.scalar(sa.select(sa.func.max(AuditEntry.id)))
    count = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    seen, address = 0, "/audit/log"
    while address:
        text = admin.get(address).text
        seen += rows(text)
        fill(room, 1) if seen == 50 else None
        step = re.search(r'rel="next" href="([^"]+)"', text)
        address = step[1].replace("&amp;", "&") if step else ""
    assert seen == count and db.session.scalar(sa.select(sa.func.max(AuditEntry.id))) > before
    db.session.commit()


def test_the_page_asks_the_database_as_often_for_fifty_deeds_as_for_three(client_as, room: Room, count_queries):
    admin = client_as("admin")
    with count_queries() as few:
        admin.get("/audit/log")
    fill(room, 60)
    with count_queries() as many:
        assert rows(admin.get("/audit/log").text) == 50
    assert len(few) == len(many) <= 7, many


def test_the_file_holds_every_line_and_defuses_formulas(client_as, room: Room):
    fill(room, 2 * paging.PART)
    record("room.rotate_pin", stored(room), Actor.user(persona("owner")), reason="=1+1")
    db.session.commit()
    count = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    answer = client_as("admin").get("/audit/log.csv")
    assert answer.mimetype == "text/csv" and 'filename="audit.csv"' in answer.headers["Content-Disposition"]
    lines = spreadsheets.entries(answer)
    assert len(lines) == count
    assert (lines[0]["actor"], lines[0]["action"], lines[0]["reason"]) == ("Owner Person", "room.rotate_pin", "'=1+1")
    assert lines[0]["at"] >= lines[-1]["at"] and room.pin not in answer.text
    filtered = client_as("admin").get("/audit/log.csv?action=room.rotate_pin").text
    assert len(filtered.splitlines()) == 2


def test_hosts_read_their_rooms_trail_and_members_do_not(client_as, room: Room):
    make_room("stranger", name="Elsewhere")
    for who in ("owner", "administrator", "admin"):
        text = client_as(who).get(f"/rooms/{room.slug}/activity").text
        assert "created this room" in text and "added <b>Member Person</b> (member) to this room" in text
        assert "Stranger" not in text
    assert client_as("member").get(f"/rooms/{room.slug}/activity").status_code == 403
    assert client_as("stranger").get(f"/rooms/{room.slug}/activity").status_code == 404


def test_a_rooms_trail_is_paged_and_asks_as_often_for_many_deeds(client_as, room: Room, count_queries):
    owner = client_as("owner")
    with count_queries() as few:
        owner.get(f"/rooms/{room.slug}/activity")
    fill(room, 70)
    address = f"/rooms/{room.slug}/activity"
    db.session.commit()
    with count_queries() as many:
        text = owner.get(address).text
    assert text.count("<li><time") == 50 and 'rel="next"' in text
    assert len(few) - 1 <= len(many) <= len(few), many


def test_somebody_who_is_gone_is_said_to_be_gone(client_as, room: Room):
    entry = record("room.rotate_pin", stored(room), Actor.user(persona("owner")))
    entry.user_id = None
    db.session.commit()
    text = client_as("admin").get("/audit/log", headers=SWAP).text
    assert sentences(text)[0] == "Somebody who is no longer here changed the PIN of Housing committee"


def test_old_deeds_show_their_day(client_as, room: Room):
    db.session.execute(sa.update(AuditEntry).values(at=utcnow() - timedelta(days=400)))
    db.session.commit()
    assert str((utcnow() - timedelta(days=400)).year) in client_as("owner").get(f"/rooms/{room.slug}/activity").text
