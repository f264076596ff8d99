"""Who saw which PIN or number, and why, on one page: found, counted, and as a file; many at once are pointed out."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.plugins.queries import Counted
from tests.support import plans, spreadsheets
from tests.support.factories import make_room
from tests.support.personas import Browser, persona
from webapp.audit import Actor, record, reveals
from webapp.audit.models import REVEALED, ActorKind, AuditEntry
from webapp.audit.reveals import Burst, bursts
from webapp.core.db import db, utcnow
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]
URL = "/audit/reveals"


def reveal(room: Room, who: str = "owner", *, reason: str = "", what: str = "", purpose: str = "") -> None:
    """As when somebody saw a PIN, or what a participant brought."""
    details = {name: value for name, value in {"what": what, "purpose": purpose}.items() if value}
    action = reveals.PARTICIPANT if what else reveals.PIN
    record(action, room, Actor.user(persona(who)), reason=reason, room_id=room.id, **details)
    db.session.commit()


def lines(page: str) -> int:
    return page.count('<th scope="row"')


@pytest.mark.parametrize("who", ["owner", "support", "stranger"])
def test_only_admins_read_it(client_as: ClientAs, room: Room, who: str):
    for path in (URL, f"{URL}.csv"):
        assert client_as(who).get(path).status_code == 403
    assert client_as(who).post(f"{URL}/find", data={"email": "x@y.example"}).status_code == 403
    assert f'href="{URL}"' not in client_as(who).get("/account/").text


def test_each_look_says_who_saw_what_where_why_and_how(client_as: ClientAs, room: Room):
    client_as("owner").post(f"/rooms/{room.slug}/pin/reveal")
    client_as("admin").post(f"/rooms/{room.slug}/pin/reveal", data={"reason": "ticket 4711"})
    reveal(room, what="caller_number")
    reveal(room, purpose="card")
    page = client_as("admin").get(URL).text
    assert lines(page) == 4
    for said in ("Owner Person", "Admin Person", "“ticket 4711”", "Not needed", room.name, "A caller's number"):
        assert said in page, said
    assert "Print card" in page and (room.pin or "") not in page and "127.0.0.1" in page


def test_an_invitation_that_was_copied_is_a_reveal_of_its_own_kind(
    client_as: ClientAs, room: Room, change_settings: Callable[..., None]
):
    change_settings(phone_number="+33170189900")
    for way in ("invitation", "invite/dial-in-code", "invite/card"):
        client_as("owner").post(f"/rooms/{room.slug}/{way}")
    page = client_as("admin").get(URL).text
    assert all(how in page for how in ("Copied invitation", "Dial-in code", "Print card"))


def test_what_is_asked_for_is_shown_and_nothing_else(client_as: ClientAs, room: Room):
    other = make_room("stranger")
    reveal(room)
    reveal(room, "admin", reason="a call back", what="caller_number")
    reveal(other, "stranger")
    admin = client_as("admin")
    assert [lines(admin.get(URL + query).text) for query in ("", "?filter=pins", "?filter=numbers")] == [3, 2, 1]
    assert (
        "a call back" in admin.get(f"{URL}?filter=reason").text and lines(admin.get(f"{URL}?filter=reason").text) == 1
    )
    assert lines(admin.get(f"{URL}?room={other.id}").text) == 1
    found = admin.post(f"{URL}/find", data={"email": "OWNER@frontdesk.example"})
    assert found.location == f"{URL}?person={persona('owner').id}" and lines(admin.get(found.location).text) == 1
    assert lines(admin.get(f"{URL}?filter=nonsense&person=x&older=y").text) == 3
    assert "No reveal matches the filter." in admin.get(f"{URL}?room={uuid.uuid4()}").text


def test_before_anything_was_revealed_the_page_says_what_will_appear(client_as: ClientAs, room: Room):
    assert "Nothing was revealed yet" in client_as("admin").get(URL).text


def test_the_file_has_all_that_was_asked_for(client_as: ClientAs, room: Room):
    for number in range(60):
        reveal(room, reason=f"call {number}")
    read = spreadsheets.rows(client_as("admin").get(f"{URL}.csv"))
    assert len(read) == 61 and read[0][:3] == ["at", "seen_by", "what"]
    assert read[1][1:3] == ["Owner Person", "pin"] and read[1][4] == "call 59"


def test_only_the_last_thirty_days_are_counted_and_people_once(app: object, room: Room):
    for who in ("owner", "owner", "administrator"):
        reveal(room, who)
    reveal(room, "admin", reason="ticket", what="caller_number")
    reveal(room, "member")
    newest = sa.select(sa.func.max(AuditEntry.id)).scalar_subquery()
    old = utcnow() - timedelta(days=31)
    db.session.execute(sa.update(AuditEntry).where(AuditEntry.id == newest).values(at=old))
    found = reveals.counts()
    assert [found.shows[show] for show in reveals.RevealShow] == [4, 3, 1, 1]
    assert (found.people, found.is_all) == (3, True)


@pytest.mark.parametrize(
    ("minutes", "found"),
    [
        (range(9), 0),
        (range(10), 10),
        (range(0, 30, 2), 0),  # eight within a quarter of an hour
        ([*range(0, 120, 20), *range(200, 212)], 12),
        ([15] * 11 + [0], 12),
    ],
)
def test_many_by_one_person_within_a_quarter_of_an_hour_are_a_burst(minutes: range | list[int], found: int):
    who, other, now = uuid.uuid4(), uuid.uuid4(), utcnow()
    seen = [(who, now + timedelta(minutes=minute)) for minute in minutes] + [(other, now)] * 5
    assert [burst.count for burst in bursts(seen)] == ([found] if found else [])
    assert all(isinstance(burst, Burst) and burst.user_id == who for burst in bursts(seen))


def test_a_burst_is_pointed_out_on_top(client_as: ClientAs, room: Room):
    for _ in range(12):
        reveal(room)
    page = client_as("admin").get(URL).text
    assert "Owner Person revealed 12 within" in page and f"{URL}?person={persona('owner').id}" in page
    db.session.execute(sa.update(AuditEntry).values(at=utcnow() - timedelta(days=8)))
    db.session.commit()
    assert "revealed 12 within" not in client_as("admin").get(URL).text


def test_it_costs_the_same_for_one_and_for_many(client_as: ClientAs, room: Room, count_queries: Counted):
    for _ in range(reveals.MANY):
        reveal(room)
    admin = client_as("admin")
    admin.get(URL)
    with count_queries() as few:
        admin.get(URL)
    for number in range(40):
        reveal(make_room("owner") if number % 10 == 0 else room, ("owner", "administrator", "member")[number % 3])
    with count_queries() as many:
        admin.get(URL)
    assert len(few) == len(many)


def test_they_are_found_by_an_index_and_not_in_the_whole_trail(room: Room):
    reveal(room)
    entry = {"at": utcnow(), "actor": ActorKind.SYSTEM, "action": "room.create", "target_kind": "room"}
    plans.fill(AuditEntry, ({**entry, "target_id": str(number)} for number in range(2_000)))
    asked = sa.select(AuditEntry.at).where(sa.text(REVEALED)).order_by(AuditEntry.id.desc()).limit(50)
    with db.engine.connect() as connection:
        plan = plans.explain(connection, str(asked.compile(connection, compile_kwargs={"literal_binds": True})))
        postgresql = connection.dialect.name == "postgresql"
    assert ("ix_audit_entries_revealed" if postgresql else "ix_audit_entries_action_id") in plan
