"""The trail as a page: who did what, found, paged and as a file; admins read all, hosts their room's."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tests.support import spreadsheets
from tests.support.factories import make_room, stored
from tests.support.personas import SWAP, persona
from webapp.accounts.models import User
from webapp.audit import Actor, actions, queries, record
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.audit.sentences import SENTENCES
from webapp.core import paging
from webapp.core.db import db, utcnow
from webapp.rooms.models import Room


def rows(text: str) -> int:
    return text.count('class="moment"')


def sentences(text: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", found) for found in re.findall(r"<p>(.*?)</p>\n *<small class=.origin", text)]


def fill(room: Room, count: int) -> None:
    """More deeds, by several people to several rooms."""
    doers = [Actor.user(persona(who)) for who in ("owner", "administrator", "member")]
    people = [str(persona(who).id) for who in ("stranger", "support", "admin")]
    for number in range(count):
        other = make_room("stranger") if number % 50 == 0 else room
        person = people[number % 3]
        record("access.grant", other, doers[number % 3], room_id=other.id, person=person, role="member")
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
    assert f'href="/audit/log?room={room.id}"' in text and "<span>Page</span>" in text


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
    assert "No matching entries." in admin.get("/audit/log?action=room.rotate").text


def test_a_persons_deeds_are_found_by_the_exact_address_which_stays_out_of_the_link(client_as, room: Room):
    client_as("administrator").post(f"/rooms/{room.slug}/pin")
    admin = client_as("admin")
    answer = admin.post("/audit/log/find", data={"email": " Administrator@frontdesk.example"})
    assert answer.status_code == 303 and "@" not in answer.location and "frontdesk.example" not in answer.location
    assert sentences(admin.get(answer.location).text) == ["Administrator Person changed the PIN of Housing committee"]
    unknown = admin.post("/audit/log/find", data={"email": "administrator", "since": "2026-01-01"})
    assert unknown.status_code == 422 and "No one has this address." in unknown.text
    assert 'value="administrator"' in unknown.text and 'value="2026-01-01"' in unknown.text


def test_a_room_is_found_by_its_link_or_whole_name_also_a_former_or_deleted_one(client_as, room: Room):
    admin = client_as("admin")
    client_as("owner").post(
        f"/rooms/{room.slug}/edit", data={"name": "Board", "slug": "board", "access_level": "trusted"}
    )
    gone = make_room("stranger", name="Gone")
    client_as("stranger").post(f"/rooms/{gone.slug}/delete")
    for typed, wanted in (("board", room), (room.slug, room), ("Board", room), ("Gone", gone), (gone.slug, gone)):
        for words in (typed, f" https://desk.example.org/join/{typed}/" if typed.islower() else typed):
            answer = admin.post("/audit/log/find", data={"room": words, "action": "rooms"})
            assert (answer.status_code, answer.location) == (303, f"/audit/log?action=rooms&room={wanted.id}"), words


def test_what_is_no_room_or_the_name_of_several_is_said_beside_the_field(client_as, room: Room):
    make_room("stranger", name=room.name)
    admin = client_as("admin")
    for typed, words in (("Housing", "No room has this link or name."), (room.name, "Several rooms have this name.")):
        answer = admin.post("/audit/log/find", data={"room": typed, "action": "access"})
        assert answer.status_code == 422 and words in answer.text
        assert f'value="{typed}"' in answer.text and 'aria-describedby="room-error"' in answer.text
        assert '<option value="access" selected>' in answer.text


def test_one_form_keeps_the_person_and_forgets_a_room_that_was_cleared(client_as, room: Room):
    person = persona("owner").id
    data = {"person": str(person), "room": "", "action": "room.create", "since": "2026-01-01", "until": ""}
    answer = client_as("admin").post("/audit/log/find", data=data)
    assert answer.location == f"/audit/log?action=room.create&person={person}&since=2026-01-01"


def test_each_filter_is_named_and_can_be_removed_alone(client_as, room: Room):
    person = persona("owner").id
    query = f"action=rooms&person={person}&room={room.id}&since=2026-01-01&until=2027-12-31"
    text = client_as("admin").get(f"/audit/log?{query}").text
    chips = re.search(r'<ul class="narrowed".*?</ul>', text, re.DOTALL)[0]
    shown = [re.sub(r"<[^>]+>", "", chip) for chip in re.findall(r"<span>(.*?)</span>", chips)]
    assert shown == [
        "Person: Owner Person",
        "Room: Housing committee",
        "Action: All: Rooms",
        "From: 1 Jan 2026",
        "To: 31 Dec 2027",
    ]
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', chips)]
    assert links[0] == "/audit/log?" + query.replace(f"person={person}&", "") and links[-1] == "/audit/log"


def test_a_group_of_actions_is_one_choice_and_actions_are_told_in_words(client_as, room: Room):
    client_as("owner").post(f"/rooms/{room.slug}/pin")
    admin = client_as("admin")
    text = admin.get("/audit/log").text
    assert '<optgroup label="Rooms">' in text and '<option value="room.rotate_pin">PIN changed</option>' in text
    found = sentences(admin.get("/audit/log?action=access").text)
    assert found and all(" added " in sentence for sentence in found)


def test_every_action_is_in_one_group(app):
    actions_told = [action for group in actions.GROUPS for action in group.actions]
    assert sorted(actions_told) == sorted(SENTENCES)
    assert len({group.key for group in actions.GROUPS} - set(SENTENCES)) == len(actions.GROUPS)


def test_entries_stand_under_the_readers_days_with_times_to_the_second(client_as, room: Room):
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    for entry, at in zip(entries, ("2026-03-03 22:30:05", "2026-03-03 23:10:07", "2026-03-03 23:20:09"), strict=True):
        entry.at = datetime.fromisoformat(at).replace(tzinfo=UTC)
    db.session.execute(sa.update(User).where(User.email == "admin@frontdesk.example").values(timezone="Europe/Paris"))
    db.session.commit()
    text = client_as("admin").get("/audit/log").text
    assert re.findall(r"<h2>(\w{3} .*?)</h2>\s*<span>(.*?)</span>", text) == [
        ("Wed 4 Mar 2026", "2 entries"),
        ("Tue 3 Mar 2026", "1 entry"),
    ]
    assert '<time datetime="2026-03-03T23:20:09+00:00"' in text and ">00:20:09</time>" in text
    assert "Times are Europe/Paris." in text


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
    assert "No matching entries." in admin.get(on.format("2026-11-02")).text


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
    assert len(few) == len(many) <= 9, many


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


def test_the_file_names_objects_and_rooms_and_has_origin_request_and_outcome(client_as, room: Room):
    client_as("owner").post(f"/rooms/{room.slug}/pin", data={"reason": "leaked"})
    room = stored(room)
    failed = record("trunk.delete", "ST_none", Actor.system(), rooms=0)
    failed.outcome, failed.problem = DeedOutcome.FAILED, "too_late"
    record("access.grant", room, Actor.system(), room_id=room.id, person=str(persona("member").id), role="owner")
    db.session.commit()
    granted, deleted, rotated, *_ = spreadsheets.entries(client_as("admin").get("/audit/log.csv"))
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "room.rotate_pin")).one()
    wanted = {
        "at": entry.at.isoformat(timespec="seconds"),
        "target_name": room.name,
        "room": str(room.id),
        "room_name": room.name,
        "outcome": "done",
        "origin": "page",
        "request": entry.request_id,
        "entry": str(entry.id),
        "address": "127.0.0.1",
    }
    assert {name: rotated[name] for name in wanted} == wanted and rotated["at"].endswith("+00:00")
    assert (deleted["target_name"], deleted["outcome"], deleted["origin"]) == ("", "failed: too_late", "job")
    assert granted["target_name"] == "Member Person"


def test_the_file_asks_as_often_for_many_lines(client_as, room: Room, count_queries):
    admin = client_as("admin")
    with count_queries() as few:
        spreadsheets.entries(admin.get("/audit/log.csv"))
    fill(room, 60)
    with count_queries() as many:
        assert len(spreadsheets.entries(admin.get("/audit/log.csv"))) > 60
    assert len(few) == len(many) <= 7, many


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
    assert text.count("<li><time") == 50 and "<h2>Today, " in text and 'rel="next"' in text
    assert len(few) - 1 <= len(many) <= len(few), many


def test_somebody_who_is_gone_is_said_to_be_gone(client_as, room: Room):
    entry = record("room.rotate_pin", stored(room), Actor.user(persona("owner")))
    entry.user_id = None
    db.session.commit()
    text = client_as("admin").get("/audit/log", headers=SWAP).text
    assert sentences(text)[0] == "Someone who is no longer here changed the PIN of Housing committee"


def test_old_deeds_show_their_day(client_as, room: Room):
    db.session.execute(sa.update(AuditEntry).values(at=utcnow() - timedelta(days=400)))
    db.session.commit()
    assert str((utcnow() - timedelta(days=400)).year) in client_as("owner").get(f"/rooms/{room.slug}/activity").text
