"""One of everything a URL may name: a room with its people, a guest, a recording, a hook, due work, a trunk."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from tests.support.films import FILM
from tests.support.installation import Installation
from tests.support.livekit import LiveKit
from tests.support.personas import persona
from webapp.accounts import sessions
from webapp.accounts.models import UserSession
from webapp.audit import Actor, record
from webapp.audit.chain_models import ChainState, Verification
from webapp.calls.models import Call
from webapp.core import due
from webapp.core.db import db, new_id, utcnow
from webapp.core.due import DueWork
from webapp.core.settings import settings
from webapp.deliveries.models import Delivery, Result
from webapp.invitations import stopping
from webapp.invitations.models import Errand, Invitation, InvitationMail, Invitee
from webapp.lobby import denials
from webapp.lobby.models import Entry
from webapp.mails import links
from webapp.mails.models import Mail
from webapp.recordings import deletions
from webapp.recordings.models import Recording, Transition
from webapp.recordings.modes import Mode
from webapp.recordings.states import ReportedBy, State
from webapp.repairs.models import RepairRun
from webapp.reviews.models import (
    Campaign,
    CampaignDuty,
    CampaignLine,
    CampaignOwner,
    CampaignPerson,
    CampaignRoom,
    CampaignState,
)
from webapp.rooms.models import Access, OldSlug, PhonePin, Role, Room, TrunkRow
from webapp.trunks.models import TrunkMove

ROLES = {"owner": Role.OWNER, "administrator": Role.ADMINISTRATOR, "member": Role.MEMBER}


@dataclass(frozen=True)
class Estate:
    """What there is, by the names that URLs give to their parts."""

    parts: dict[str, Any]

    def url(self, app: Flask, rule: Rule, **parts: Any) -> str:
        """The address of a rule with these objects in it, or with other parts. Raises KeyError for a part unknown."""
        known = self.parts | {"filename": "css/none.css", "typed": "hcm-rxqt-bdw/"} | parts
        values = {name: known[name] for name in rule.arguments}
        return str(app.url_map.bind("localhost").build(rule.endpoint, values, method=min(rule.methods or {"GET"})))


def furnish(livekit: LiveKit) -> Estate:
    """Make one of everything, in our rows and in LiveKit."""
    livekit.reset()
    _clear()
    installation = Installation(livekit, "")
    installation.trunk_id = installation.trunk()
    room = installation.room(name="Housing committee", slug="hcm-rxqt-bdw", pin="7300000001")
    accesses = {name: Access(room_id=room.id, user_id=persona(name).id, role=role) for name, role in ROLES.items()}
    entry = Entry(room_id=room.id, bearer_hash="x", identity="guest-1", name="Lotte Brandvold")
    work = due.add("recordings.delete", recording_id=str(new_id()))
    work.gave_up_at = utcnow()
    delivery = Delivery(event_id="EV_1", event="room_started", room_id=room.id, body={}, created_at=utcnow())
    delivery.result = Result.PROCESSED
    recording = _recording(room)
    call = Call(
        sip_call_id="SCL_1", room_id=room.id, trunk_id=installation.trunk_id, caller="0123456789abcdef", ending="21"
    )
    move = TrunkMove(source=installation.trunk_id, target="=", total=0, quota={})
    run = RepairRun(scope="all")
    begun = Transition(recording_id=recording.id, to_state=State.STARTING, reported_by=ReportedBy.PERSON)
    verified = Verification(state=ChainState.BROKEN, ended_at=utcnow(), problem="changed", seq=7, entry_id=8)
    db.session.add_all([*accesses.values(), entry, delivery, recording, begun, call, move, run, verified])
    db.session.add(
        Mail(kind="recording_saved", user_id=persona("owner").id, about_id=recording.id, key=str(recording.id))
    )
    invitee = _invitee(room)
    campaign = _campaign(room, accesses["member"])
    sessions.start(persona("owner"), browser="Firefox")
    told = record("job.run_now", "purge_sessions", Actor.user(persona("owner")))
    db.session.commit()
    here = next(iter(_sessions(persona("owner").id)))
    return Estate(
        {
            "slug": room.slug,
            "audit_id": told.id,
            "access_id": accesses["member"].id,
            "person_id": persona("owner").id,
            "campaign_id": campaign.id,
            "entry_id": entry.id,
            "denial": denials.token(entry.id),
            "recording_id": recording.id,
            "deletion": deletions.token(recording),
            "suffix": "mp4",
            "work_id": work.id,
            "delivery_id": delivery.id,
            "question_id": new_id(),
            "trunk_id": installation.trunk_id,
            "call_id": call.id,
            "move_id": move.id,
            "key": "orphan~SDR_none",
            "run_id": run.id,
            "name": "purge_sessions",
            "session_id": here,
            "token": links.token(persona("owner").id, "recordings"),
            "invitation_id": invitee.invitation_id,
            "invitee_id": invitee.id,
            "stop_token": stopping.url(invitee.id).rpartition("/")[2],
        }
    )


def _clear() -> None:
    """Let go of the estate of before; its people stay."""
    db.session.query(Room).update({"pin": None, "deleted_at": utcnow()})
    rows = (
        Entry,
        Recording,
        Mail,
        Call,
        TrunkMove,
        Access,
        PhonePin,
        Verification,
        DueWork,
        Delivery,
        OldSlug,
        RepairRun,
        Campaign,
        Room,
        TrunkRow,
    )
    for table in rows:
        db.session.query(table).delete()
    db.session.commit()


def _invitee(room: Room) -> Invitee:
    """Somebody who was invited for tomorrow, with a mail."""
    begins_at = utcnow() + timedelta(days=1)
    invitation = Invitation(
        id=new_id(),
        room_id=room.id,
        inviter_id=persona("owner").id,
        language="en",
        timezone="Europe/Oslo",
        role=Role.MEMBER,
        begins_at=begins_at,
        ends_at=begins_at + timedelta(hours=1),
    )
    invitee = Invitee(id=new_id(), invitation_id=invitation.id, room_id=room.id, email="lotte@guests.example")
    asked = InvitationMail(id=new_id(), invitee_id=invitee.id, room_id=room.id, errand=Errand.INVITE)
    for row in (invitation, invitee, asked, Mail(kind="invitation", about_id=asked.id, key=f"invitation:{asked.id}")):
        db.session.add(row)
        db.session.flush()
    return invitee


def _sessions(user_id: uuid.UUID) -> list[uuid.UUID]:
    found = db.session.query(UserSession.id).filter_by(user_id=user_id).all()
    db.session.commit()
    return [row.id for row in found]


def _campaign(room: Room, access: Access) -> Campaign:
    """A review in which the owner is asked about the member."""
    ends_at = utcnow() + timedelta(days=20)
    made = Campaign(id=new_id(), name="Autumn review", everywhere=True, ends_at=ends_at, state=CampaignState.OPEN)
    made.rooms = made.owners = made.total = 1
    access.id = new_id()
    owner, granted = persona("owner"), utcnow()
    room_id, key = room.id, {"campaign_id": made.id}
    db.session.add(made)
    db.session.flush()
    people = [persona("owner"), persona("member")]
    db.session.add_all(
        [
            CampaignRoom(room_id=room_id, name=room.name, slug=room.slug, total=1, open=1, **key),
            CampaignLine(
                room_id=room_id, access_id=access.id, user_id=people[1].id, role=access.role, granted_at=granted, **key
            ),
            CampaignDuty(room_id=room_id, user_id=owner.id, **key),
            CampaignOwner(user_id=owner.id, rooms=1, total=1, open=1, **key),
            *(CampaignPerson(user_id=each.id, name=each.name, email=each.email, **key) for each in people),
        ]
    )
    return made


def _recording(room: Room) -> Recording:
    key = new_id()
    made = Recording(id=key, room_id=room.id, mode=Mode.VIDEO, state=State.SAVED, key=f"recordings/{key}.mp4")
    made.stored_at, made.egress_id, made.size, made.duration_ms = utcnow(), f"EG_{key.hex[-8:]}", len(FILM), 61_000
    path = settings.recordings_dir / made.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(FILM)
    return made
