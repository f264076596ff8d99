"""Write the trail."""

import enum
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from webapp.audit import origins
from webapp.audit.models import ActorKind, AuditEntry, Origin
from webapp.core.db import Model, db

if TYPE_CHECKING:
    from webapp.accounts.models import User


@dataclass(frozen=True)
class Actor:
    """Whoever does something: a person, a guest, LiveKit by a hook, or the system by a job."""

    kind: ActorKind
    user_id: uuid.UUID | None = None
    address: str = ""

    @classmethod
    def user(cls, user: "User", address: str = "") -> Self:
        """A signed-in person."""
        return cls(ActorKind.USER, user.id, address)

    @classmethod
    def guest(cls, address: str = "") -> Self:
        """Somebody without a sign-in."""
        return cls(ActorKind.GUEST, None, address)

    @classmethod
    def livekit(cls) -> Self:
        """LiveKit, by a hook."""
        return cls(ActorKind.LIVEKIT)

    @classmethod
    def system(cls) -> Self:
        """A job or a command."""
        return cls(ActorKind.SYSTEM)


def record(action: str, target: Model | str, actor: Actor, *, reason: str = "", **details: Any) -> AuditEntry:
    """Add an entry to the running transaction; `target` is a row with an id, or the id of a LiveKit object.

    The room is read off the target (`room_id`, or the room itself) so that each room can show its own trail.
    """
    target_id = target if isinstance(target, str) else str(target.id)  # type: ignore[attr-defined]
    kind = action.split(".", 1)[0]
    room_id = details.pop("room_id", None) or getattr(target, "room_id", None)
    if kind == "room" and not isinstance(target, str):
        room_id = target.id  # type: ignore[attr-defined]
    entry = AuditEntry(
        actor=actor.kind,
        user_id=actor.user_id,
        address=actor.address,
        action=action,
        target_kind=kind,
        target_id=target_id,
        room_id=room_id,
        reason=reason,
        details=details,
        origin=Origin.HOOK if actor.kind is ActorKind.LIVEKIT else origins.here(),
        request_id=origins.request_id(),
    )
    db.session.add(entry)
    return entry


def changes(before: Mapping[str, Any], after: Mapping[str, Any], withheld: Collection[str] = ()) -> dict[str, Any]:
    """What an entry tells of changed fields: their names, and old and new value of those that are not withheld.

    Withheld is what names or reaches somebody, such as numbers and links: of those the name alone is kept.
    """
    fields = [name for name in after if before[name] != after[name]]
    told = {
        name: {"before": _plain(before[name]), "after": _plain(after[name])} for name in fields if name not in withheld
    }
    return {"fields": fields, **({"changes": told} if told else {})}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value
