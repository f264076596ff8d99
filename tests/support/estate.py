"""One of everything a URL may name: a room with its people, a guest, a recording, a hook, due work, a trunk."""

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from tests.support.films import FILM
from tests.support.installation import Installation
from tests.support.livekit import LiveKit
from tests.support.personas import persona
from webapp.accounts import sessions
from webapp.accounts.models import UserSession
from webapp.audit.chain_models import ChainState, Verification
from webapp.calls.models import Call
from webapp.core import due
from webapp.core.db import db, new_id, utcnow
from webapp.core.due import DueWork
from webapp.core.settings import settings
from webapp.deliveries.models import Delivery, Result
from webapp.lobby.models import Entry
from webapp.mails import links
from webapp.mails.models import Mail
from webapp.recordings.models import Recording, Transition
from webapp.recordings.modes import Mode
from webapp.recordings.states import ReportedBy, State
from webapp.repairs.models import RepairRun
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
    sessions.start(persona("owner"), browser="Firefox")
    db.session.commit()
    here = next(iter(_sessions(persona("owner").id)))
    return Estate(
        {
            "slug": room.slug,
            "access_id": accesses["member"].id,
            "person_id": persona("member").id,
            "entry_id": entry.id,
            "recording_id": recording.id,
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
        Room,
        TrunkRow,
    )
    for table in rows:
        db.session.query(table).delete()
    db.session.commit()


def _sessions(user_id: uuid.UUID) -> list[uuid.UUID]:
    found = db.session.query(UserSession.id).filter_by(user_id=user_id).all()
    db.session.commit()
    return [row.id for row in found]


def _recording(room: Room) -> Recording:
    key = new_id()
    made = Recording(id=key, room_id=room.id, mode=Mode.VIDEO, state=State.SAVED, key=f"recordings/{key}.mp4")
    made.stored_at, made.egress_id, made.size, made.duration_ms = utcnow(), f"EG_{key.hex[-8:]}", len(FILM), 61_000
    path = settings.recordings_dir / made.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(FILM)
    return made
