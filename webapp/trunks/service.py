"""What people change about trunks: the intents, and what follows in our rows once LiveKit has done them."""

from typing import Any

from webapp import audit
from webapp.audit import Actor, intents
from webapp.audit.models import AuditEntry
from webapp.core.db import db
from webapp.matching import Json
from webapp.rooms import trunk_rows
from webapp.rooms.models import TrunkRow

LISTS = ("numbers", "allowed_numbers", "allowed_addresses")


def create_trunk(wanted: Json, *, actor: Actor) -> AuditEntry:
    """Record that LiveKit is to have such a trunk."""
    return intents.record("trunk.create", "", actor, sought=trunk_rows.version(wanted), **_counts(wanted))


def trunk_created(entry: AuditEntry, stored: Json) -> None:
    """Remember the trunk that LiveKit has made; new rooms may be put there."""
    row = trunk_rows.remember(stored)
    row.assignable = True  # also where a sweep saw it first, as if somebody else had made it
    entry.target_id = row.sip_trunk_id


def update_trunk(stored: Json, wanted: Json, *, actor: Actor) -> AuditEntry:
    """Record that LiveKit's trunk, which is as stored, is to be as wanted."""
    told = {**_counts(wanted), **_changes(stored, wanted)}
    return intents.record("trunk.update", stored["sip_trunk_id"], actor, sought=trunk_rows.version(wanted), **told)


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
    changed = audit.changes({"assignable": row.assignable}, {"assignable": assignable})
    row.assignable = assignable
    audit.record("trunk.set_assignable", row.sip_trunk_id, actor, assignable=assignable, **changed)


def _counts(trunk: Json) -> dict[str, Any]:
    """What the trail keeps of a trunk: how many, never which."""
    return {**{name: len(trunk.get(name) or ()) for name in LISTS}, "password": bool(trunk.get("auth_password"))}


def _changes(stored: Json, wanted: Json) -> dict[str, Any]:
    """Which fields change; of the name old and new, of lists how many, of what lets callers in that it does."""
    before, after = ({"name": trunk.get("name") or "", **_counts(trunk)} for trunk in (stored, wanted))
    told = audit.changes(before, after)
    also = (*LISTS, "auth_username", "auth_password")
    hidden = [name for name in also if (stored.get(name) or None) != (wanted.get(name) or None)]
    return told | {"fields": list(dict.fromkeys([*told["fields"], *hidden]))}
