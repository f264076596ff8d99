"""What support does to a room."""

from webapp import audit
from webapp.audit import Actor
from webapp.rooms.models import Room


def reconcile_room(room: Room, *, actor: Actor) -> None:
    """Record that somebody makes LiveKit follow the room now."""
    audit.record("room.reconcile", room, actor)
