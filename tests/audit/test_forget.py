"""What a forgotten person typed is gone from the trail, the chain still holds, and nobody can pass a change off so."""

import json
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.chain import PUBLIC, entries, seals, sign, verdict, write
from tests.support.personas import persona
from tools import verify_audit
from webapp.accounts import service as accounts
from webapp.accounts.models import Staff, User
from webapp.audit import Actor, encoding, exporting, forgetting, intents, record, sealing, verifying
from webapp.audit.chain_models import AuditSeal, ChainState
from webapp.audit.models import ActorKind, AuditEntry, DeedOutcome
from webapp.core.db import db
from webapp.rooms import service as rooms
from webapp.rooms.models import Room

ADDRESS = "192.0.2.7"


@pytest.fixture(autouse=True)
def signed(change_settings) -> None:
    sign(change_settings)


@pytest.fixture
def person(room: Room) -> User:
    """Somebody who typed reasons, and about whom one was typed."""
    user, admin = persona("owner"), persona("admin")
    db.session.execute(sa.delete(AuditEntry))  # of how the room was made
    rooms.rotate_pin(room, actor=Actor.user(user, ADDRESS), reason="Lotte leaked it")
    rooms.reveal_pin(room, actor=Actor.user(user, ADDRESS))
    accounts.set_staff(user, Staff.SUPPORT, actor=Actor.user(admin, ADDRESS), reason="Lotte's new job")
    rooms.rotate_pin(room, actor=Actor.user(admin, ADDRESS), reason="of mine")
    db.session.commit()
    return user


def forget(user_id: uuid.UUID, piece: int = 100) -> int:
    record("user.forget", str(user_id), Actor.system(), reason="asked for it")
    count = forgetting.forget(user_id, piece)
    db.session.commit()
    return count


def reasons() -> list[str]:
    return [entry.reason for entry in entries()]


def test_what_the_person_typed_and_what_was_typed_about_them_is_gone_and_the_chain_holds(person: User):
    sealing.seal()
    assert forget(person.id) == 2
    assert reasons() == ["", "", "", "of mine", "asked for it"]
    assert [entry.address for entry in entries()] == ["", "", ADDRESS, ADDRESS, ""]
    sealing.seal()
    assert verdict().state is ChainState.INTACT
    assert verdict().checked == 5


def test_nothing_is_left_by_which_the_text_could_be_guessed(person: User):
    sealing.seal()
    forget(person.id)
    emptied = [seal for seal in seals() if seal.forgotten]
    assert [(seal.entry_id, seal.salt) for seal in emptied] == [(entries()[0].id, ""), (entries()[2].id, "")]
    for seal in emptied:
        assert len(seal.reason_commitment) == len(seal.details_commitment) == 64
        assert seal.reason_commitment != encoding.commitment("", "reason", "Lotte leaked it")
    assert all(seal.salt for seal in seals() if not seal.forgotten)


def test_entries_in_which_nothing_was_typed_keep_what_they_say(person: User):
    record("room.invite", "room", Actor.user(person), role="member", invitation=str(person.id), count=3)
    record("room.move_trunk", "room", Actor.user(person), trunk_id="ST_9fVq2", kept_pin=True)
    record("room.reveal_pin", "room", Actor.user(person), purpose="card")
    record("room.edit", "room", Actor.user(person), fields=["name", "slug"])
    record("room.edit", "room", Actor.user(person), fields={"name": ["Lotte's room", "Room"]})
    record("room.edit", "room", Actor.user(person), names=["Lotte"])
    db.session.commit()
    sealing.seal()
    assert forget(person.id) == 4
    kept = [entry.details for entry in entries()[4:10]]
    assert kept[0]["role"] == "member" and kept[1]["kept_pin"] is True and kept[2] == {"purpose": "card"}
    assert kept[3] == {"fields": ["name", "slug"]} and kept[4:] == [{}, {}]


def test_an_entry_without_a_seal_loses_its_texts_too_and_is_sealed_without_them(person: User):
    assert forget(person.id) == 2
    assert seals() == []
    sealing.seal()
    assert reasons() == ["", "", "", "of mine", "asked for it"]
    assert verdict().state is ChainState.INTACT
    assert all(seal.salt and not seal.forgotten for seal in seals())


def test_a_deed_whose_outcome_is_open_can_be_forgotten(person: User):
    entry = intents.record("trunk.create", "", Actor.user(person), sought="1", reason="for Lotte")
    db.session.commit()
    sealing.seal()
    assert forget(person.id) == 3
    db.session.refresh(entry)
    intents.settle(entry, DeedOutcome.FAILED, "unavailable")
    db.session.commit()
    sealing.seal()
    assert verdict().state is ChainState.INTACT
    assert verdict().checked == 7


def test_whoever_was_forgotten_is_forgotten_again(person: User):
    sealing.seal()
    forget(person.id)
    sealing.seal()
    record("room.rotate_pin", "room", Actor.user(person), reason="again")
    db.session.commit()
    sealing.seal()
    assert forget(person.id) == 1
    sealing.seal()
    assert verdict().state is ChainState.INTACT
    assert [seal.forgotten for seal in seals()] == [person.id, None, person.id, None, None, person.id, None]


def test_the_entry_that_accounts_keeps_what_it_says_when_its_author_is_forgotten(person: User):
    record("user.forget", person, Actor.user(persona("admin"), ADDRESS), reason="asked for it")
    forgetting.forget(person.id)
    db.session.commit()
    sealing.seal()
    assert forget(persona("admin").id) == 1
    sealing.seal()
    assert [entry.reason for entry in entries() if entry.action == "user.forget"] == ["asked for it", "asked for it"]
    assert [entry.address for entry in entries() if entry.user_id == persona("admin").id] == ["", "", ""]
    assert verdict().state is ChainState.INTACT


@pytest.mark.parametrize("who", ["no one", "someone else", "the same long ago"])
def test_without_an_entry_that_accounts_for_it_nothing_is_forgotten(person: User, who: str):
    if who == "the same long ago":
        forget(person.id)
        sealing.seal()
    if who == "someone else":
        record("user.forget", str(uuid.uuid4()), Actor.system())
    with pytest.raises(forgetting.NotRecorded):
        forgetting.forget(person.id)


def test_more_than_a_piece_is_forgotten(app: Flask):
    user_id = uuid.uuid4()
    for number in range(8):
        record("room.reveal_pin", "room", Actor(ActorKind.USER, user_id, ADDRESS), reason=f"call {number}")
    db.session.commit()
    sealing.seal()
    assert forget(user_id, piece=3) == 8
    sealing.seal()
    assert set(reasons()) == {"", "asked for it"}
    assert verdict().state is ChainState.INTACT


def pass_off(victim: AuditEntry, forgotten: uuid.UUID) -> AuditSeal:
    """Empty an entry as forgetting would."""
    seal = db.session.scalars(sa.select(AuditSeal).where(AuditSeal.entry_id == victim.id)).one()
    for name in encoding.TYPED:
        setattr(seal, f"{name}_commitment", encoding.commitment(seal.salt, name, getattr(victim, name)))
    seal.salt, seal.forgotten, victim.reason, victim.details = "", forgotten, "", {}
    db.session.commit()
    return seal


CASES = {
    "an entry of another person": "changed",
    "an entry of a person whom nobody forgot": "not_forgotten",
    "an entry that was made later": "not_forgotten",
}


@pytest.mark.parametrize("case", CASES)
def test_a_change_that_is_passed_off_as_forgotten_is_caught(person: User, case: str):
    sealing.seal()
    forget(person.id)
    sealing.seal()
    later = record("room.rotate_pin", "room", Actor.user(person), reason="new")
    db.session.commit()
    sealing.seal()
    assert verdict().state is ChainState.INTACT
    victim = later if case == "an entry that was made later" else entries()[3]
    whose = persona("admin") if case == "an entry of a person whom nobody forgot" else person
    seal = pass_off(victim, whose.id)
    said = verdict()
    assert (said.problem, said.seq, said.entry) == (CASES[case], seal.seq, victim.id)


def test_the_entry_that_accounts_for_texts_cannot_be_emptied_itself(person: User):
    sealing.seal()
    forget(person.id)
    sealing.seal()
    pass_off(entries()[-1], person.id)
    assert (verdict().problem, verdict().entry) == ("not_forgotten", entries()[0].id)


def test_whoever_is_forgotten_while_the_chain_is_followed_breaks_nothing(person: User):
    write(3)
    sealing.seal()
    begun: list[int] = []

    def tell(_checked: int, total: int) -> None:
        if not begun:
            begun.append(total)
            assert forget(person.id) == 2

    assert verifying.look(tell).state is ChainState.INTACT
    assert begun == [7]


def test_whoever_is_forgotten_while_the_log_is_exported_is_accounted_for_in_it(person: User, tmp_path: Path):
    write(3)
    sealing.seal()
    lines = exporting.lines()
    told = [next(lines)]
    assert forget(person.id) == 2
    told += lines
    assert [line["what"] for line in told] == ["head", *7 * ["seal"], "head", "seal"]
    raw = {verify_audit.hashlib.sha256(key).hexdigest()[:16]: key for key in [verify_audit.base64.b64decode(PUBLIC)]}
    assert verify_audit.follow(map(json.loads, map(json.dumps, told)), raw, []) == "intact: 8 seals, the last is 8"


def test_the_log_and_the_pages_that_read_it_stand_without_the_texts(person: User, client_as, room: Room):
    rooms.move_trunk(room, "another trunk", actor=Actor.user(person))
    db.session.commit()
    forget(person.id)
    admin = client_as("admin")
    for page in (
        "/audit/log",
        "/audit/log.csv",
        "/audit/reveals",
        f"/rooms/{room.slug}/",
        f"/rooms/{room.slug}/activity",
    ):
        answer = admin.get(page)
        assert answer.status_code == 200 and "Lotte" not in answer.text, page


def test_a_rollback_forgets_nothing(person: User):
    record("user.forget", person, Actor.system())
    forgetting.forget(person.id)
    db.session.rollback()
    assert reasons()[0] == "Lotte leaked it"
    assert not db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "user.forget")).all()
