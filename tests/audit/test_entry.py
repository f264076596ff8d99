"""An entry has a page of its own: all that is kept of a deed, as fields, with what led there and what holds it."""

import re
import uuid
from collections.abc import Callable, Iterator
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.chain import sign
from tests.support.factories import make_room, stored
from tests.support.personas import SWAP, Browser, persona
from webapp.audit import Actor, fields, intents, record, sealing
from webapp.audit.chain_models import AuditSeal
from webapp.audit.models import AuditEntry, DeedOutcome, Origin
from webapp.core.db import db
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]


def newest(action: str) -> AuditEntry:
    return db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id.desc())
    ).first()


def facts(text: str) -> dict[str, str]:
    """What the list of facts says, by its names."""
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", text, re.DOTALL)
    return {name: " ".join(unescape(re.sub(r"<[^>]+>", " ", told)).split()) for name, told in found}


def rows(text: str) -> Iterator[list[str]]:
    """The rows of the tables of fields."""
    for row in re.findall(r"<tr><th scope=.row.>(.*?)</tr>", text, re.DOTALL):
        yield [unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in re.split(r"</t[hd]>", row) if cell.strip()]


@pytest.mark.parametrize("who", ["owner", "support", "stranger"])
def test_only_admins_read_it(client_as: ClientAs, room: Room, who: str):
    assert client_as(who).get(f"/audit/log/{newest('room.create').id}").status_code == 403


@pytest.mark.parametrize("number", ["999999", "99999999999999999999999", "-1", "x"])
def test_a_number_that_no_entry_has_is_no_page(client_as: ClientAs, room: Room, number: str):
    assert client_as("admin").get(f"/audit/log/{number}").status_code == 404


def test_who_when_what_why_from_where_and_by_which_request(client_as: ClientAs, room: Room):
    owner = client_as("owner")
    owner.post(f"/rooms/{room.slug}/pin", data={"reason": "printed on a poster"})
    entry = newest("room.rotate_pin")
    text = client_as("admin").get(f"/audit/log/{entry.id}").text
    told = facts(text)
    assert told["Who"] == "Owner Person" and f'href="/people/{persona("owner").id}/"' in text
    assert entry.at.strftime("%Y-%m-%d %H:%M:%S UTC") in told["When"]
    assert told["Object"] == f"{room.name} All entries of this room" and f'href="/rooms/{room.slug}/"' in text
    assert (told["Reason"], told["Outcome"], told["From"]) == ("“printed on a poster”", "Done", "Page, 127.0.0.1")
    assert told["Request"].startswith(entry.request_id) and f'href="/audit/log?request={entry.request_id}"' in text
    assert told["Action"] == "room.rotate_pin" and "Not sealed yet" in text and room.pin not in text


def test_entries_of_one_request_are_listed_together(client_as: ClientAs, room: Room):
    client_as("owner").post(f"/rooms/{room.slug}/pin")
    client_as("owner").post(f"/rooms/{room.slug}/pin")
    entry = newest("room.rotate_pin")
    text = client_as("admin").get(f"/audit/log?request={entry.request_id}").text
    assert text.count('class="moment"') == 1 and f"<b>{entry.request_id}</b>" in text


def test_old_and_new_value_stand_side_by_side_in_words(client_as: ClientAs, room: Room):
    data = {"name": "Housing <board>", "slug": "housing", "access_level": "public"}
    level = room.access_level.value.title()
    client_as("owner").post(f"/rooms/{room.slug}/edit", data=data)
    text = client_as("admin").get(f"/audit/log/{newest('room.edit').id}").text
    assert list(rows(text)) == [
        ["Name", "Housing committee", "Housing <board>"],
        ["Access level", level, "Public"],
        ["Link", "Changed; its values aren't kept"],
    ]
    assert "<board>" not in text


def test_a_role_and_a_retention_that_were_kept_before_are_changes_too(app: Flask):
    told = {
        "access.change": {"person": "1", "role": "administrator", "before": "member"},
        "user.set_staff": {"person": "1", "before": "none", "after": "admin"},
        "recording.set_retention": {"before": "permanent", "after": 30},
        "review.reassign": {"person": "1", "before": "2"},
    }
    with app.test_request_context():
        first = [
            fields.of(AuditEntry(action=action, details=details), {"1": "Mirela", "2": "Noor"})[0]
            for action, details in told.items()
        ]
    assert [(field.label, field.before, field.after) for field in first] == [
        ("Role", "member", "administrator"),
        ("Staff role", "none", "admin"),
        ("Days kept", "permanently", "30"),
        ("Owner", "Noor", "Mirela"),
    ]


def test_an_entry_from_before_values_were_kept_names_the_fields(app: Flask):
    entry = AuditEntry(action="room.set_phone", details={"fields": ["phone_enabled"], "phone": False, "hidden": True})
    with app.test_request_context():
        told = fields.of(entry, {})
    assert [(field.label, field.after, field.is_kept) for field in told] == [
        ("Dial-in", "", False),
        ("Dial-in", "no", True),
        ("Callers' numbers shortened", "yes", True),
    ]


def test_what_another_version_wrote_is_shown_as_it_stands(client_as: ClientAs, room: Room):
    entry = record(
        "room.of_the_future", stored(room), Actor.user(persona("owner")), surprise=["a", {"b": None}], gone=None
    )
    db.session.commit()
    text = client_as("admin").get(f"/audit/log/{entry.id}").text
    assert ["surprise", "a, {'b': None}"] in list(rows(text)) and ["gone", "none"] in list(rows(text))


def test_what_is_gone_is_said_to_be_deleted_with_its_id(client_as: ClientAs, room: Room):
    gone = make_room("stranger", name="Gone")
    client_as("stranger").post(f"/rooms/{gone.slug}/delete")
    admin = client_as("admin")
    assert facts(admin.get(f"/audit/log/{newest('room.delete').id}").text)["Object"].startswith("Gone (deleted)")
    key = str(uuid.uuid4())
    entries = [
        record("recording.delete", key, Actor.user(persona("owner")), room_id=room.id),
        record("user.enable", key, Actor.user(persona("owner")), person=key),
        record("trunk.delete", "ST_none", Actor.user(persona("owner")), rooms=0),
    ]
    db.session.commit()
    told = [facts(admin.get(f"/audit/log/{entry.id}").text)["Object"] for entry in entries]
    assert told == [f"recording {key} (deleted)", f"user {key} (deleted)", "trunk ST_none (deleted)"]


def test_what_livekit_has_not_done_says_so(client_as: ClientAs, room: Room):
    entry = record("room.end_meeting", stored(room), Actor.user(persona("owner")), web=1, phones=0)
    entry.outcome, entry.problem = DeedOutcome.FAILED, "unavailable"
    db.session.commit()
    assert facts(client_as("admin").get(f"/audit/log/{entry.id}").text)["Outcome"].startswith("Failed: ")


def test_every_origin_has_a_word(client_as: ClientAs, room: Room):
    entry = newest("room.create")
    for origin, word in zip([*Origin, None], ("Page", "Command", "Job", "Webhook", "Not recorded"), strict=True):
        entry.origin = origin
        db.session.commit()
        assert facts(client_as("admin").get(f"/audit/log/{entry.id}").text)["From"].partition(",")[0] == word


def test_the_seal_that_holds_it_stands_between_its_neighbours_under_a_head(
    client_as: ClientAs, room: Room, change_settings
):
    sign(change_settings)
    entry = intents.record("trunk.create", "", Actor.system(), sought="1", name="North")
    db.session.commit()
    sealing.seal()
    intents.settle(entry, DeedOutcome.DONE)
    db.session.commit()
    sealing.seal()
    opened, settled = db.session.scalars(
        sa.select(AuditSeal).where(AuditSeal.entry_id == entry.id).order_by(AuditSeal.seq)
    )
    text = client_as("admin").get(f"/audit/log/{entry.id}").text
    for seal in (opened, settled):
        assert f"{seal.hash[:6]}…{seal.hash[-4:]}" in text and f"{seal.seq}, this entry" in text
    assert "before its outcome was known" in text and "Holds the outcome." in text
    assert f"Covered by the head at seal {settled.seq}, signed." in text


def test_a_swap_gets_the_drawer_alone_and_steps_stay_within_the_filters(client_as: ClientAs, room: Room):
    for _ in range(3):
        client_as("owner").post(f"/rooms/{room.slug}/pin")
        record("job.retry", "x", Actor.system())
        db.session.commit()
    first, middle, last = db.session.scalars(
        sa.select(AuditEntry.id).where(AuditEntry.action == "room.rotate_pin").order_by(AuditEntry.id)
    )
    answer = client_as("admin").get(f"/audit/log/{middle}?action=room.rotate_pin", headers=SWAP)
    assert answer.text.lstrip().startswith('<section class="drawer" id="entry"')
    assert "HX-Request" in answer.headers["Vary"]
    links = re.findall(r'<a class="button quiet small" href="([^"]+)"', answer.text)
    assert links == [f"/audit/log/{number}?action=room.rotate_pin" for number in (last, first)]
    ends = client_as("admin").get(f"/audit/log/{last}?action=room.rotate_pin").text
    assert ends.count("disabled") == 1 and f"/audit/log/{middle}?action=room.rotate_pin" in ends
    assert 'href="/audit/log?action=room.rotate_pin"' in ends


def test_a_long_log_costs_an_entry_no_more(client_as: ClientAs, room: Room, count_queries):
    admin, entry = client_as("admin"), newest("room.create").id
    with count_queries() as few:
        admin.get(f"/audit/log/{entry}")
    for number in range(60):
        record("job.retry", str(number), Actor.system())
    db.session.commit()
    sealing.seal()
    with count_queries() as many:
        admin.get(f"/audit/log/{entry}")
    assert len(many) - len(few) == 2 and len(many) <= 14, many  # its seal now, and the head over it
