"""Support finds any room: one list with what is wrong, worst first, without a number, a PIN, an address or a person."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.plugins.queries import Counted
from tests.support import plans, spreadsheets
from tests.support.factories import make_room, make_trunk
from tests.support.installation import CALLER, Installation
from tests.support.personas import SWAP, Browser, persona
from tests.support.repairs import missing
from tests.support.waiting import until
from webapp.core.db import db, new_id, utcnow
from webapp.doctor import diagnosis, room_findings
from webapp.doctor.kinds import ORDER, SEVERITY, Kind
from webapp.doctor.models import Diagnosis, RoomFinding
from webapp.jobs import periodic, register
from webapp.rooms.models import OldSlug, Room
from webapp.support import room_list
from webapp.support.room_list import RoomListFilters, RoomShow

As = Callable[[str], Browser]
URL = "/telephony/rooms/"


def names(page: str) -> list[str]:
    """The rooms of a page, in order."""
    return re.findall(r'<th role="rowheader" scope="row"><a [^>]*>([^<]*)</a>', page)


def row(page: str, room: Room) -> str:
    """What stands beside a room."""
    return page.partition(f'href="/rooms/{room.slug}/support"')[2].partition("</tr>")[0]


def found(room: Room, kind: Kind) -> None:
    """As when the doctor found something of a room."""
    db.session.add(RoomFinding(room_id=room.id, kind=kind.value, place=ORDER[kind]))
    db.session.commit()


def read_now() -> None:
    """As when LiveKit was just read."""
    db.session.merge(Diagnosis(id=diagnosis.ROW, read_at=utcnow()))
    db.session.commit()


def many(rooms: int) -> None:
    """So many rooms."""
    at = {"created_at": utcnow(), "last_used_at": utcnow()}
    named = ({"id": new_id(), "name": f"Room {number}", "slug": f"room-{number}"} for number in range(rooms))
    plans.fill(Room, ({**row, **at} for row in named))


@pytest.mark.parametrize("who", ["owner", "member", "stranger"])
def test_only_support_and_admins_find_any_room(client_as: As, room: Room, who: str):
    for path in (URL, "/telephony/rooms.csv"):
        assert client_as(who).get(path).status_code == 403
    assert f'href="{URL}"' not in client_as(who).get("/account/").text
    assert f'href="{URL}"' in client_as("support").get("/account/").text
    assert names(client_as("support").get(URL).text) == names(client_as("admin").get(URL).text) == [room.name]


def test_the_worst_stands_first_and_then_what_was_used_last(client_as: As):
    for position, (name, kind) in enumerate(
        [("note", Kind.STALE), ("old", None), ("outage", Kind.CONFLICT), ("new", None), ("error", Kind.MISSING)]
    ):
        room = make_room(name=name, last_used_at=utcnow() - timedelta(days=9 - position))
        if kind:
            found(room, kind)
    assert names(client_as("support").get(URL).text) == ["outage", "error", "note", "new", "old"]


def test_pages_lead_through_all_rooms_and_back_whatever_is_wrong_with_them(app: object):
    for number in range(11):
        room = make_room(name=f"{number}")
        if number % 2:
            found(room, Kind.STALE if number % 3 else Kind.MISSING)
    filters, place = RoomListFilters(), room_list.paging.Place
    whole = [line.Room.name for line in room_list.page(filters, place(size=20)).rows]
    turned, at, last = [], place(size=3), None
    while at:
        last = room_list.page(filters, at)
        turned += [line.Room.name for line in last.rows]
        at = place(after=last.older, size=3) if last.older else None
    assert turned == whole and len(whole) == 11
    back = room_list.page(filters, place(before=str(last and last.newer), size=9))
    assert [line.Room.name for line in back.rows] == whole[:9]


def test_a_cursor_that_is_none_of_ours_begins_at_the_start(client_as: As, room: Room):
    found(room, Kind.MISSING)
    for query in ("", "show=found&"):
        assert names(client_as("support").get(f"{URL}?{query}older=-x").text) == [room.name]
    for cursor in ("x", "-", "-x", "1-x", "9" * 30 + "-x", "1--1"):
        assert names(client_as("support").get(f"{URL}?older={cursor}").text) == [room.name]


@pytest.mark.parametrize("words", ["ferry", "COUNCIL", "room-of-", "https://x.example/join/room-of-ferries", "before"])
def test_part_of_the_name_a_link_an_old_link_and_the_id_find_a_room(client_as: As, words: str):
    room = make_room(name="Ferry council", slug="room-of-ferries")
    make_room(name="Other", slug="elsewhere")
    db.session.add(OldSlug(slug="before", room_id=room.id))
    db.session.commit()
    support = client_as("support")
    assert names(support.get(URL, query_string={"q": words}).text) == ["Ferry council"]
    assert names(support.get(URL, query_string={"q": str(room.id)}).text) == ["Ferry council"]
    assert "No matching rooms" in support.get(URL, query_string={"q": "nowhere"}).text


def test_a_deleted_room_is_not_listed_whatever_was_found_of_it(client_as: As, room: Room):
    found(room, Kind.MISSING)
    room.deleted_at = utcnow()
    db.session.commit()
    assert "No rooms yet" in client_as("support").get(URL).text
    assert room_list.counts(RoomListFilters())[RoomShow.FOUND].number == 0


def test_each_filter_shows_as_many_as_it_says(client_as: As):
    make_trunk("ST_a", name="Harbour")
    live = {"live_since": utcnow(), "web_count": 2, "phone_count": 1}
    quiet = make_room(name="quiet")
    made = make_room(name="live", sip_dispatch_rule_id="SDR_1", **live)
    closed = make_room(name="closed", rule_problem="refused\tx", reconcile_at=utcnow() + timedelta(minutes=1), **live)
    make_room(name="off", phone_enabled=False, **live)
    found(made, Kind.DIFFERS)
    support = client_as("support")
    shown = {"": 4, "found": 1, "live": 3, "closed": 1, "behind": 1}
    page = support.get(URL).text
    for show, number in shown.items():
        assert len(names(support.get(f"{URL}?show={show}").text)) == number, show
        link = re.escape(f"{URL}?show={show}" if show else URL)
        assert re.search(rf'href="{link}" [^>]*>[^<]*<small>{number}</small>', page), show
    assert names(support.get(f"{URL}?show=closed").text) == names(support.get(f"{URL}?show=behind").text) == ["closed"]
    assert "2 online, 1 call" in " ".join(row(page, made).split()) and "online" not in row(page, quiet)
    assert names(support.get(f"{URL}?show=live&q=losed").text) == ["closed"]
    assert room_list.counts(RoomListFilters(search="losed"))[RoomShow.LIVE].number == 1
    assert names(support.get(f"{URL}?trunk=ST_a").text) and "Harbour" in support.get(f"{URL}?trunk=ST_a").text
    assert closed.trunk_id == "ST_a"


def test_no_more_are_counted_than_people_read(app: object):
    for _ in range(4):
        make_room()
    counted = room_list.counts(RoomListFilters(), most=3)[RoomShow.ALL]
    assert (counted.number, counted.is_all) == (3, False)


def test_the_state_of_the_rule_is_what_the_row_wants_beside_what_livekit_took(
    installation: Installation, client_as: As
):
    wanted, idle, off = installation.live(), installation.room(), installation.room(phone_enabled=False)
    gone = installation.live()
    gone.sip_dispatch_rule_id = None
    changed = installation.live()
    changed.rule_fingerprint = "another"
    refused = installation.room(web_count=1, live_since=utcnow(), rule_problem="refused\tinternal")
    unheard = installation.room(web_count=1, live_since=utcnow(), rule_problem="unavailable\tx")
    db.session.commit()
    read_now()
    page = client_as("support").get(URL).text
    said = {
        wanted: "As wanted",
        idle: "Opens when the first person joins online",
        off: "Dial-in is off",
        gone: "Missing",
        changed: "Differs",
        refused: "LiveKit refused the rule (internal)",
        unheard: "Unknown",
    }
    for room, words in said.items():
        assert words in row(page, room), words
    assert all("None needed" in row(page, room) for room in (idle, off))


def test_what_the_doctor_found_of_a_rule_counts_until_the_rule_is_changed(installation: Installation, client_as: As):
    room = missing(installation)
    diagnosis.diagnose()
    page = client_as("support").get(URL).text
    assert ">Missing" in row(page, room).partition("Dispatch rule")[2]
    assert "Callers with the right PIN hear “wrong PIN”" in row(page, room)
    assert "/telephony/rules/?kind=missing" in row(page, room)
    installation.sweep()
    assert "As wanted" in row(client_as("support").get(URL).text, room)
    diagnosis.diagnose()
    assert "wrong PIN" not in client_as("support").get(URL).text


def test_while_livekit_is_away_the_state_is_unknown_and_the_last_findings_stay(
    installation: Installation, client_as: As
):
    room = missing(installation)
    job = register.by_name()[diagnosis.DIAGNOSE_JOB]
    periodic.run_now(job)
    assert "isn't answering" not in client_as("support").get(URL).text.replace("&#39;", "'")
    installation.livekit.go_away()
    periodic.run_now(job)
    page = client_as("support").get(URL).text.replace("&#39;", "'")
    installation.livekit.heal()
    assert "LiveKit isn't answering" in page and "Findings are those of the last reading" in page
    assert "Unknown" in row(page, room) and "wrong PIN" in row(page, room)


def test_a_reading_of_long_ago_tells_no_state(client_as: As, room: Room):
    support = client_as("support")
    assert "The rules haven't been read yet." in support.get(URL).text
    read_now()
    assert "Unknown" not in row(support.get(URL).text, room)
    db.session.query(Diagnosis).update({"read_at": utcnow() - timedelta(hours=1)})
    db.session.commit()
    assert "Unknown" in row(support.get(URL).text, room)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_finding_of_every_kind_can_be_listed(client_as: As, room: Room, kind: Kind):
    found(room, kind)
    page = client_as("support").get(URL, headers=SWAP).text
    assert page.startswith('<section id="all-rooms">') and f"kind={kind.value}" in row(page, room)
    assert SEVERITY[kind].value in spreadsheets.rows(client_as("support").get("/telephony/rooms.csv"))[1]


def test_a_kind_that_only_another_version_knows_is_left_out(client_as: As, room: Room):
    db.session.add(RoomFinding(room_id=room.id, kind="of-tomorrow", place=3))
    db.session.commit()
    assert names(client_as("support").get(URL).text) == [room.name]
    room_findings.keep({})
    assert db.session.query(RoomFinding).count() == 0


def test_nothing_personal_stands_in_the_list_or_its_file(installation: Installation, client_as: As):
    room = installation.live(name="Housing", hide_phone_number=False)
    installation.trunk("+15550077")  # of the same name: its number would tell the two apart
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    make_room("owner", name="Owned")
    diagnosis.diagnose()
    for path in (URL, "/telephony/rooms.csv"):
        text = client_as("support").get(path).text
        assert "Housing" in text and "Owned" in text
        text = text.partition("<main")[2].partition("</main>")[0] or text  # a file has none of these
        for secret in (str(room.pin), CALLER[1:], "15550001", "15550077", "Owner", persona("owner").email, "@"):
            assert secret not in text, secret


def test_the_file_has_the_rooms_that_were_asked_for_in_the_order_of_the_list(client_as: As):
    for number in range(5):
        room = make_room(name=f"Room {number}", last_used_at=utcnow() - timedelta(hours=number))
    found(room, Kind.MISSING)
    read_now()
    read = spreadsheets.rows(client_as("support").get("/telephony/rooms.csv"))
    assert read[0][:6] == ["room_id", "room", "link", "finding", "severity", "rule"]
    assert [line[1] for line in read[1:]] == ["Room 4", "Room 0", "Room 1", "Room 2", "Room 3"]
    assert read[1] == [str(room.id), "Room 4", room.slug, "missing", "error", "missing", "", "", "", "0", "0"]
    assert len(spreadsheets.rows(client_as("support").get("/telephony/rooms.csv?q=Room+4"))) == 2


def test_the_file_has_all_rooms_however_many_there_are(client_as: As):
    many(1_005)
    found(db.session.query(Room).filter_by(slug="room-7").one(), Kind.MISSING)
    read = spreadsheets.rows(client_as("support").get("/telephony/rooms.csv"))
    assert read[1][1] == "Room 7" and len({line[0] for line in read[1:]}) == len(read[1:]) == 1_005


def test_pages_and_counts_are_found_by_indexes_and_not_in_all_rooms(app: object):
    many(3_000)
    some = [room_id for (room_id,) in db.session.query(Room.id).limit(20)]
    db.session.commit()
    plans.fill(RoomFinding, ({"room_id": room_id, "kind": "missing", "place": 9} for room_id in some))
    with db.engine.connect() as connection:
        postgresql = connection.dialect.name == "postgresql"
        for show in (RoomShow.FOUND, RoomShow.LIVE, RoomShow.CLOSED, RoomShow.BEHIND):
            asked = room_list.counted(RoomListFilters(), show)
            plan = plans.explain(connection, str(asked.compile(connection, compile_kwargs={"literal_binds": True})))
            assert ("Seq Scan on rooms" if postgresql else "SCAN rooms ") not in plan.replace("'", ""), (show, plan)


def test_it_costs_the_same_for_one_and_for_many_and_asks_livekit_nothing(
    installation: Installation, client_as: As, count_queries: Counted
):
    support, asked = client_as("support"), []
    for more in (1, 8):
        for _ in range(more):
            installation.live(hide_phone_number=False)
        diagnosis.diagnose()
        before = sum(installation.livekit.reading("counts").values())
        with count_queries() as sent:
            page = support.get(URL).text
        asked.append(len(sent))
        assert sum(installation.livekit.reading("counts").values()) == before
    assert len(names(page)) == 9 and asked[0] == asked[1]
