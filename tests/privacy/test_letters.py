"""Mails of every kind: each reader's own may hold what it must, and nobody's address, number or PIN beyond that."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.privacy.planted import Planted
from webapp.accounts.models import User
from webapp.core.db import db, new_id, utcnow
from webapp.core.mail import message
from webapp.core.mail_values import mailbox
from webapp.invitations.models import Errand, InvitationMail
from webapp.mails import kinds
from webapp.mails.kinds import Occasion
from webapp.mails.models import Mail
from webapp.mails.sending import written_for
from webapp.recordings.models import Recording
from webapp.reviews.models import AtEnd, Campaign
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Access, Room

INVITED = "email.invitee name.owner email.owner room.name"  # answers go to whoever invites
DIAL_IN = "number.trunk pin.current"
# What each mail holds, no less and no more, and who reads it.
MAILS = {
    "recording_saved": ("owner", "email.owner room.name"),
    "recording_week_left": ("owner", "email.owner room.name"),
    "recording_day_left": ("owner", "email.owner room.name"),
    "review_asked": ("owner", "email.owner name.admin"),
    "review_reminder": ("owner", "email.owner name.admin"),
    "review_ending": ("owner", "email.owner name.admin"),
    "review_access_ends": ("member", "email.member room.name"),
    "role_granted": ("member", "email.member room.name name.owner"),
    "role_accepted": ("member", "email.member room.name name.member name.owner"),
    "role_changed": ("member", "email.member room.name name.owner"),
    "role_removed": ("member", "email.member room.name name.owner"),
    "role_transferred": ("member", "email.member room.name name.owner"),
    "invitation invite": ("invitee", f"{INVITED} {DIAL_IN} message.invitation"),
    "invitation move": ("invitee", f"{INVITED} {DIAL_IN} message.invitation"),
    "invitation update": ("invitee", f"{INVITED} {DIAL_IN} message.invitation"),
    "invitation cancel": ("invitee", INVITED),
}


def _user(who: str) -> User:
    return db.session.scalars(sa.select(User).where(User.email.startswith(f"zqmail{who}@"))).one()


def _occasion(planted: Planted, kind: str, who: str) -> Occasion:
    """As when the mail is wanted: the recording expires, the review removes, the invitation has an errand."""
    soon, parts = utcnow() + timedelta(days=6), planted.estate.parts
    if kind.startswith("recording"):
        about = db.session.get_one(Recording, parts["recording_id"])
        about.held_at, about.retention_days, about.expires_at = None, 7, soon
        return Occasion(_user(who), about.id, soon, "https://desk.example/off")
    if kind.startswith("review"):
        campaign = db.session.get_one(Campaign, parts["campaign_id"])
        campaign.at_end, campaign.started_by_id = AtEnd.REMOVE, _user("admin").id
        return Occasion(_user(who), campaign.id, campaign.ends_at, "https://desk.example/off")
    room = db.session.get_one(Room, planted.rooms["here"].id)
    if kind.startswith("role"):
        theirs = sa.select(Access).where(Access.room_id == room.id, Access.user_id == _user(who).id)
        row = db.session.scalars(theirs).one()
        row.granted_by_id = _user("owner").id
        db.session.flush()
        return Occasion(_user(who), row.id, None, "https://desk.example/off")
    asked = InvitationMail(id=new_id(), invitee_id=parts["invitee_id"], room_id=room.id)
    asked.errand, asked.asked_by_id = Errand(kind.split()[1]), _user("owner").id
    asked.pin_version = room_queries.pin_times(room).version
    mail = Mail(kind="invitation", about_id=asked.id, key=f"invitation:{asked.id}")
    db.session.add_all([asked, mail])
    db.session.flush()
    find = kinds.all_kinds()["invitation"].find
    assert find is not None
    return find(mail)


def test_every_kind_of_mail_and_every_errand_stands_in_the_table(app: Flask):
    errands = {f"invitation {errand.value}" for errand in Errand}
    assert {*kinds.all_kinds()} - {"invitation"} | errands == set(MAILS)


@pytest.mark.parametrize("kind", MAILS)
def test_a_mail_holds_what_its_reader_needs_and_nothing_of_others(planted: Planted, kind: str):
    who, expected = MAILS[kind]
    occasion = _occasion(planted, kind, who)
    db.session.commit()
    meant = kinds.all_kinds()[kind.split(maxsplit=1)[0]]
    if kind.startswith("role"):  # who did what to whom with these rows, whatever they have come to
        meant = replace(meant, write=meant.sample)
    letter = written_for(meant, occasion)
    made = message(letter, mailbox(occasion.reader.email), "id", occasion.off_url)
    db.session.commit()
    found: dict[str, str] = {}
    for part in made.walk():
        pieces = [f"{name}: {value}" for name, value in part.items()]
        pieces += [] if part.is_multipart() else [part.get_payload(decode=True)]
        for piece in pieces:
            found |= planted.canaries.within(piece)
    assert set(found) == set(expected.split()), found
