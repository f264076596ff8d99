"""What people change about trunks: the intents, and what follows in our rows once LiveKit has done them."""

from typing import Any

from webapp import audit
from webapp.audit import Actor, intents
from webapp.audit.models import AuditEntry
from webapp.core.db import db
from webapp.matching import Json
from webapp.rooms import trunk_rows
from webapp.rooms.models import TrunkRow


def create_trunk(wanted: Json, *, actor: Actor) -> AuditEntry:
    """Record that LiveKit is to have such a trunk."""
    return intents.record("trunk.create", "", actor, sought=trunk_rows.version(wanted), **_counts(wanted))


def trunk_created(entry: AuditEntry, stored: Json) -> None:
    """Remember the trunk that LiveKit has made; new rooms may be put there."""
    row = trunk_rows.remember(stored)
    row.assignable = True  # also where a sweep saw it first, as if somebody else had made it
    entry.target_id = row.sip_trunk_id


def update_trunk(trunk_id: str, wanted: Json, *, actor: Actor) -> AuditEntry:
    """Record that LiveKit's trunk is to be as wanted."""
    return intents.record("trunk.update", trunk_id, actor, sought=trunk_rows.version(wanted), **_counts(wanted))


def trunk_updated(trunk_id: str, wanted: Json, stored: Json) -> None:
    """Remember what the trunk has become."""
    trunk_rows.remember({**wanted, **stored, "sip_trunk_id": trunk_id})


def delete_trunk(trunk_id: str, *, actor: Actor) -> AuditEntry:
    """Record that LiveKit is to forget the trunk."""
    row = db.session.get(TrunkRow, trunk_id)
    return intents.record("trunk.delete", trunk_id, actor, sought="", rooms=row.room_count if row else 0)


def trunk_deleted(trunk_id: str) -> None:
    """Keep in mind that it is gone; its rooms keep their PINs, which reach nobody."""
    trunk_rows.forget(trunk_id)


def set_assignable(row: TrunkRow, assignable: bool, *, actor: Actor) -> None:
    """Open the trunk for new rooms, or close it."""
    row.assignable = assignable
    audit.record("trunk.set_assignable", row.sip_trunk_id, actor, assignable=assignable)


def _counts(wanted: Json) -> dict[str, Any]:
    """What the trail keeps of a trunk: how many, never which."""
    lists = ("numbers", "allowed_numbers", "allowed_addresses")
    return {**{name: len(wanted.get(name) or ()) for name in lists}, "password": bool(wanted.get("auth_password"))}
