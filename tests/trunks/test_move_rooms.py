"""Rooms go to another trunk: previewed, one by one, on after failures and crashes, followed by LiveKit."""

import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.queries import Counted
from tests.support.database import failing
from tests.support.factories import trail
from tests.support.installation import Installation
from tests.support.meanwhile import waiting_for_livekit
from tests.support.personas import SWAP, Browser, persona
from tests.support.waiting import until
from webapp.audit import Actor
from webapp.audit.models import ActorKind, AuditEntry
from webapp.core import leases
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.jobs import register, work
from webapp.rooms.models import PhonePin, Room, TrunkRow
from webapp.trunks import moves
from webapp.trunks.models import Moved, MovedRoom, MoveState, TrunkMove
from webapp.trunks.spread import EVEN, EVERY, quotas

As = Callable[[str], Browser]


@pytest.fixture
def other(installation: Installation) -> str:
    """A second trunk, empty."""
    return installation.trunk(number="+15550002")


def rooms_of(trunk_id: str) -> list[Room]:
    db.session.expire_all()
    found = list(db.session.scalars(sa.select(Room).where(Room.trunk_id == trunk_id).order_by(Room.id)))
    db.session.commit()
    return found


def counted(installation: Installation) -> None:
    """Rooms made by hand are counted on their trunk as those made by people are."""
    db.session.query(TrunkRow).filter_by(sip_trunk_id=installation.trunk_id).update(
        {"room_count": len(rooms_of(installation.trunk_id))}
    )
    db.session.commit()


def gone(trunk_id: str) -> None:
    db.session.execute(sa.update(TrunkRow).where(TrunkRow.sip_trunk_id == trunk_id).values(gone_at=utcnow()))
    db.session.commit()


def begin(source: str, target: str) -> TrunkMove:
    move = moves.move_rooms(moves.plan(source, target), actor=Actor.user(persona("admin")))
    db.session.commit()
    return move


def run(move: TrunkMove) -> TrunkMove:
    """Work on it to its end, in as many pieces as a busy machine makes of it; not past one that moved nothing."""
    before = -1
    while move.state is MoveState.RUNNING and move.done > before:
        before = move.done
        moves.work_on(str(move.id))
        move = again(move)
    return move


def again(move: TrunkMove) -> TrunkMove:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(TrunkMove, move.id)


# how many go


@pytest.mark.parametrize(
    ("counts", "sources", "target", "opened", "expected"),
    [
        ({"A": 5, "B": 2}, ["A"], "B", ["A", "B"], {"A": 5}),
        ({"A": 5, "B": 2}, ["A"], "A", ["A", "B"], {}),
        ({"A": 9, "B": 0, "C": 0}, ["A", "B", "C"], EVEN, ["A", "B", "C"], {"A": 6}),
        ({"A": 4, "B": 3, "C": 3}, ["A", "B", "C"], EVEN, ["A", "B", "C"], {}),
        ({"A": 10, "B": 2, "C": 9}, ["A"], EVEN, ["A", "B", "C"], {"A": 4}),
        ({"A": 10}, ["A"], EVEN, ["B", "C"], {"A": 10}),
        ({"A": 10}, ["A"], EVEN, ["A"], {}),
        ({"A": 10}, ["A"], EVEN, [], {}),
        ({"": 3, "A": 1}, [""], EVEN, ["A"], {"": 3}),
    ],
)
def test_so_many_rooms_go_as_make_it_even(
    counts: dict[str, int], sources: list[str], target: str, opened: list[str], expected: dict[str, int]
):
    assert quotas(counts, sources, target, opened) == expected


@given(st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 60), min_size=1))
def test_after_an_even_spread_of_every_trunk_they_differ_by_at_most_one(counts: dict[str, int]):
    given_away = quotas(counts, list(counts), EVEN, list(counts))
    after = {trunk: counts[trunk] - given_away.get(trunk, 0) for trunk in counts}
    for _ in range(sum(given_away.values())):
        after[min(after, key=lambda trunk: after[trunk])] += 1
    assert max(after.values()) - min(after.values()) <= 1


# the preview


def test_the_preview_says_how_many_go_keep_their_pin_and_are_live_and_changes_nothing(
    client_as: As, installation: Installation, other: str
):
    taken = installation.room(pin="73000777")
    installation.room()
    installation.live()
    db.session.add(PhonePin(trunk_id=other, pin=taken.pin, room_id=taken.id))
    db.session.commit()
    page = client_as("admin").get(f"/telephony/moves/new?source={installation.trunk_id}&target={other}").text
    found = [int(number) for number in re.findall(r"<dd>\s*(\d+)", page)]
    assert found == [3, 2, 1, 1]
    assert "No mail goes out" in page
    assert rooms_of(other) == []


def test_a_move_to_where_the_rooms_are_asks_for_another_trunk(client_as: As, installation: Installation):
    installation.room()
    admin, here = client_as("admin"), installation.trunk_id
    assert "Choose another one." in admin.get(f"/telephony/moves/new?source={here}&target={here}").text
    assert "spread evenly already" in admin.get(f"/telephony/moves/new?source=*&target={EVEN}").text


def test_choosing_shows_the_trunks_and_how_many_rooms_they_have(client_as: As, installation: Installation, other: str):
    installation.room()
    page = client_as("admin").get("/telephony/moves/new").text
    assert (
        "Harbour · +15550001 (1)" in page
        and "Spread evenly" in page
        and "What would happen" not in page.split("<form")[0]
    )


@pytest.mark.parametrize(("source", "target"), [("ST_none", EVEN), (EVERY, "ST_none"), ("", EVEN)])
def test_a_trunk_that_is_none_is_refused(client_as: As, installation: Installation, source: str, target: str):
    answer = client_as("admin").post("/telephony/moves/", data={"source": source, "target": target})
    assert answer.status_code == 422
    assert moves.newest() is None


def test_a_move_of_no_room_is_not_begun(client_as: As, installation: Installation):
    installation.room()
    answer = client_as("admin").post("/telephony/moves/", data={"source": EVERY, "target": EVEN})
    assert answer.status_code == 422 and "No room would move" in answer.text


# the run


def test_all_rooms_go_with_their_pins_and_the_trunks_count_them(installation: Installation, other: str):
    before = {installation.room().id: None for _ in range(5)}
    counted(installation)
    pins_before = {room.id: room.pin for room in rooms_of(installation.trunk_id)}
    move = run(begin(installation.trunk_id, other))
    assert (move.state, move.kept, move.renewed, move.failed) == (MoveState.DONE, 5, 0, 0)
    assert {room.id: room.pin for room in rooms_of(other)} == pins_before and len(before) == 5
    assert db.session.get_one(TrunkRow, installation.trunk_id).room_count == 0
    assert db.session.get_one(TrunkRow, other).room_count == 5


def test_an_even_spread_leaves_as_many_on_each(installation: Installation, other: str):
    third = installation.trunk(number="+15550003")
    for _ in range(10):
        installation.room()
    counted(installation)
    move = run(begin(EVERY, EVEN))
    assert move.state is MoveState.DONE and move.done == move.total == 6
    assert sorted(len(rooms_of(trunk)) for trunk in (installation.trunk_id, other, third)) == [3, 3, 4]


def test_the_rule_of_a_live_room_moves_and_callers_inside_stay(installation: Installation, other: str):
    room = installation.live()
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    run(begin(installation.trunk_id, other))
    rule = installation.rule_of(room)
    assert rule is not None and rule["trunk_ids"] == [other]
    assert installation.phone(phone)["room"] == str(room.id)


def test_a_room_for_which_no_pin_is_free_stays_and_the_others_go(
    installation: Installation,
    other: str,
    monkeypatch: pytest.MonkeyPatch,
    change_settings: Callable[..., None],
):
    rooms = [installation.room(pin=f"88{number:04}") for number in range(3)]
    db.session.add(PhonePin(trunk_id=other, pin=rooms[1].pin, room_id=rooms[1].id))
    db.session.add(PhonePin(trunk_id=other, pin="735294", room_id=rooms[1].id))
    db.session.commit()
    change_settings(pin_length=6)
    monkeypatch.setattr("secrets.randbelow", lambda _size: 635_294)
    move = run(begin(installation.trunk_id, other))
    assert (move.state, move.kept, move.renewed, move.failed) == (MoveState.DONE, 2, 0, 1)
    assert [room.id for room in rooms_of(installation.trunk_id)] == [rooms[1].id]
    assert rooms_of(installation.trunk_id)[0].pin == "880001"
    (failed,) = db.session.scalars(sa.select(MovedRoom).where(MovedRoom.result == Moved.FAILED))
    assert failed.problem == "no_free_pin"


def test_a_run_that_was_cut_off_goes_on_where_it_was(installation: Installation, other: str):
    for _ in range(7):
        installation.room()
    move = begin(installation.trunk_id, other)

    class Killed(BaseException):
        """As kill -9 would."""

    with failing("INSERT INTO phone_pins", Killed(), after=3), pytest.raises(Killed):
        moves.work_on(str(move.id))
    assert (again(move).done, again(move).state) == (3, MoveState.RUNNING)
    move = run(move)
    assert (move.state, move.kept, len(rooms_of(other))) == (MoveState.DONE, 7, 7)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(MovedRoom)) == 7


def test_a_long_run_is_done_in_pieces_of_due_work(
    installation: Installation, other: str, monkeypatch: pytest.MonkeyPatch
):
    for _ in range(4):
        installation.room()
    move = begin(installation.trunk_id, other)
    minutes = itertools.count(step=61)
    with monkeypatch.context() as slow:
        slow.setattr(moves, "time", SimpleNamespace(monotonic=lambda: next(minutes)))
        work.run_due(register.HANDLERS)
    assert again(move).done == 0 and again(move).state is MoveState.RUNNING
    work.run_due(register.HANDLERS)
    assert again(move).state is MoveState.DONE
    assert db.session.scalar(sa.select(sa.func.count()).where(DueWork.done_at.is_not(None))) == 2


def test_two_workers_do_not_move_at_the_same_time(installation: Installation, other: str):
    installation.room()
    move = begin(installation.trunk_id, other)
    assert leases.claim(f"move:{move.id}") is not None
    with pytest.raises(moves.MoveRunning):
        moves.work_on(str(move.id))
    assert rooms_of(other) == []


def test_a_stopped_move_leaves_the_others_where_they_are(client_as: As, installation: Installation, other: str):
    installation.room()
    move = begin(installation.trunk_id, other)
    answer = client_as("admin").post(f"/telephony/moves/{move.id}/stop")
    assert answer.status_code == 303
    assert run(move).state is MoveState.STOPPED and rooms_of(other) == []
    assert len(trail("trunk.stop_move")) == 1
    assert "Stopped" in client_as("support").get(f"/telephony/moves/{move.id}/").text


def test_a_room_deleted_meanwhile_is_passed_over(installation: Installation, other: str):
    gone, stays = installation.room(), installation.room()
    move = begin(installation.trunk_id, other)
    db.session.execute(sa.update(Room).where(Room.id == gone.id).values(deleted_at=Room.created_at))
    db.session.commit()
    assert run(move).state is MoveState.DONE
    assert [room.id for room in rooms_of(other)] == [stays.id]


@pytest.mark.parametrize("target", ["one", EVEN])
def test_when_the_trunk_went_away_meanwhile_the_move_stops_and_the_rooms_stay(
    client_as: As, installation: Installation, other: str, target: str
):
    installation.room()
    installation.room()
    move = begin(installation.trunk_id, EVEN if target == EVEN else other)
    gone(other)
    over = run(move)
    assert (over.state, over.done, rooms_of(other)) == (MoveState.NOWHERE, 0, [])
    assert len(rooms_of(installation.trunk_id)) == 2
    assert [entry.actor for entry in trail("trunk.stop_move")] == [ActorKind.SYSTEM]
    assert "There is no trunk any more" in client_as("support").get(f"/telephony/moves/{move.id}/").text


def test_no_room_goes_to_a_trunk_that_went_away_in_the_midst(installation: Installation, other: str):
    installation.live()
    for _ in range(2):
        installation.room()
    move_id = begin(installation.trunk_id, other).id
    with waiting_for_livekit(installation.livekit, "ListParticipants", lambda: moves.work_on(str(move_id))):
        gone(other)
    db.session.expire_all()
    over = db.session.get_one(TrunkMove, move_id)
    assert (over.state, over.done, len(rooms_of(other))) == (MoveState.NOWHERE, 1, 1)


def test_rooms_that_can_go_somewhere_go_although_those_of_another_trunk_cannot(installation: Installation, other: str):
    third = installation.trunk(number="+15550003")
    for _ in range(12):
        installation.room()
    for _ in range(6):
        installation.room(trunk_id=other)
    counted(installation)
    db.session.execute(sa.update(TrunkRow).where(TrunkRow.sip_trunk_id == other).values(assignable=False, room_count=6))
    db.session.commit()
    move = begin(EVERY, EVEN)
    gone(third)
    over = run(move)
    assert (rooms_of(third), over.failed) == ([], 0)
    assert rooms_of(other) == [], "the closed trunk's rooms go to the one that is open"


def test_a_move_is_forgotten_long_after_its_end_with_what_it_did_to_each_room(installation: Installation, other: str):
    installation.room()
    over, newer = run(begin(installation.trunk_id, other)), run(begin(other, installation.trunk_id))
    over.ended_at = utcnow() - moves.KEPT - timedelta(minutes=1)
    db.session.commit()
    assert moves.purge() == 1
    assert [row.move_id for row in db.session.scalars(sa.select(MovedRoom))] == [newer.id]


# the pages


def test_an_admin_begins_it_and_its_page_shows_how_far_it_is(client_as: As, installation: Installation, other: str):
    installation.room(name="Housing committee")
    admin = client_as("admin")
    answer = admin.post("/telephony/moves/", data={"source": installation.trunk_id, "target": other})
    assert answer.status_code == 303
    page = admin.get(answer.location).text
    assert "0 of 1" in page and "every 2s" in page and "Stop" in page
    assert "Rooms are being moved" in client_as("support").get("/telephony/pins").text
    second = admin.post("/telephony/moves/", data={"source": installation.trunk_id, "target": other})
    assert second.status_code == 409 and "Another move is still running" in second.text
    work.run_due(register.HANDLERS)
    page = client_as("support").get(answer.location).text
    assert "Done" in page and "Housing committee" in page and "every 2s" not in page and "PIN kept" in page
    assert admin.get(answer.location, headers=SWAP).text.lstrip().startswith('<section id="move"')


def test_each_room_is_in_the_trail_by_whoever_began(client_as: As, installation: Installation, other: str):
    room = installation.room()
    client_as("admin").post("/telephony/moves/", data={"source": installation.trunk_id, "target": other})
    work.run_due(register.HANDLERS)
    (entry,) = trail("room.move_trunk")
    assert (entry.room_id, entry.user_id) == (room.id, persona("admin").id)
    (begun,) = trail("trunk.move_rooms")
    assert begun.details == {"rooms": 1, "to": other}
    assert str(room.pin) not in str([entry.details for entry in db.session.query(AuditEntry)])


def test_results_are_filtered_and_paged_with_as_many_questions_for_many_rooms_as_for_one(
    client_as: As, installation: Installation, other: str, count_queries: Counted
):
    support, asked = client_as("support"), []
    for source, target in ((installation.trunk_id, other), (other, installation.trunk_id)):
        for _ in range(1 if source == installation.trunk_id else 60):
            installation.room(trunk_id=source)
        move = run(begin(source, target))
        with count_queries() as sent:
            page = support.get(f"/telephony/moves/{move.id}/").text
        asked.append(len(sent))
    assert asked[0] == asked[1]
    assert page.count('<th role="rowheader"') == 50 and 'rel="next"' in page
    assert "rowheader" not in support.get(f"/telephony/moves/{move.id}/?result=failed").text


def test_only_admins_begin_and_stop(client_as: As, installation: Installation, other: str):
    move = begin(EVERY, other) if installation.room() else None
    assert move is not None
    for who in ("support", "owner"):
        assert client_as(who).post("/telephony/moves/", data={"source": EVERY, "target": EVEN}).status_code == 403
        assert client_as(who).post(f"/telephony/moves/{move.id}/stop").status_code == 403
    assert client_as("owner").get(f"/telephony/moves/{move.id}/").status_code == 403
    assert again(move).state is MoveState.RUNNING
