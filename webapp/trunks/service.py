"""What people change about trunks. LiveKit's answer is the fact here: it is asked first, and our row follows."""

from typing import Any

from webapp.audit import service as audit
from webapp.audit.service import Actor
from webapp.core.db import db, utcnow
from webapp.livekit import sip
from webapp.matching import Json
from webapp.rooms import trunk_rows
from webapp.rooms.models import Trunk


def create_trunk(wanted: Json, *, actor: Actor) -> str:
    """Make the trunk in LiveKit and remember it; returns its id. Commits.

    Raises LiveKitError when LiveKit refuses or does not answer; nothing is kept then.
    """
    stored = sip.create_trunk(dict(wanted))
    trunk_id = str(stored["sip_trunk_id"])
    trunk_rows.remember(stored)
    audit.record("trunk.create", trunk_id, actor, **_counts(wanted))
    db.session.commit()
    return trunk_id


def update_trunk(trunk_id: str, wanted: Json, *, actor: Actor) -> None:
    """Make LiveKit's trunk as wanted, field for field. Commits. Raises LiveKitError."""
    stored = sip.replace_trunk(trunk_id, dict(wanted))
    trunk_rows.remember({**wanted, **stored, "sip_trunk_id": trunk_id})
    audit.record("trunk.update", trunk_id, actor, **_counts(wanted))
    db.session.commit()


def delete_trunk(trunk_id: str, *, actor: Actor) -> None:
    """Delete the trunk in LiveKit; its rooms keep their PINs, which reach nobody. Commits. Raises LiveKitError."""
    sip.delete_trunk(trunk_id)
    row = db.session.get(Trunk, trunk_id)
    if row is not None:
        row.gone_at, row.assignable = utcnow(), False
    audit.record("trunk.delete", trunk_id, actor, rooms=row.room_count if row else 0)
    db.session.commit()


def set_assignable(row: Trunk, assignable: bool, *, actor: Actor) -> None:
    """Open the trunk for new rooms, or close it."""
    row.assignable = assignable
    audit.record("trunk.set_assignable", row.sip_trunk_id, actor, assignable=assignable)


def _counts(wanted: Json) -> dict[str, Any]:
    """What the trail keeps of a trunk: how many, never which."""
    lists = ("numbers", "allowed_numbers", "allowed_addresses")
    return {**{name: len(wanted.get(name) or ()) for name in lists}, "password": bool(wanted.get("auth_password"))}
