"""What changes rooms. Nothing here commits; LiveKit follows after the commit."""

import hashlib
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from webapp import audit
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core import due
from webapp.core.db import db, new_id, utcnow
from webapp.rooms import assignment, pins, slugs
from webapp.rooms.models import Access, AccessLevel, LevelChange, OldSlug, Role, Room, RoomCallback, is_open

CALLBACK_LIFETIME = timedelta(minutes=10)
SLUG_TRIES = 5
# what moves a room's version on, once each
CHANGES = ("room.edit", "room.set_phone", "room.let_members_watch", "access.transfer", "access.undo_transfer")


class SlugTaken(Exception):
    """Another room has this link, or had it before."""


def create(
    owner: User,
    *,
    actor: Actor,
    name: str,
    slug: str = "",
    access_level: AccessLevel = AccessLevel.RESTRICTED,
    phone_enabled: bool = True,
    hide_phone_number: bool = True,
    callback_id: str = "",
) -> Room:
    """Make a room with its owner and, when phones may join, with a PIN; without a slug it gets a random one.

    A room for which no PIN was free has none, and says so. Raises SlugTaken.
    """
    room = Room(
        id=new_id(),
        name=name,
        access_level=access_level,
        phone_enabled=phone_enabled,
        hide_phone_number=hide_phone_number,
        created_by_id=owner.id,
    )
    if phone_enabled:
        _give_phone(room)
    _insert(room, slug)
    db.session.add(Access(room_id=room.id, user_id=owner.id, role=Role.OWNER, granted_by_id=actor.user_id))
    audit.record("room.create", room, actor, phone=phone_enabled, pin=room.pin is not None)
    if callback_id:
        _remember_callback(callback_id, room)
    return room


def _give_phone(room: Room) -> None:
    """Put the room on a trunk and try for a PIN; without one the room stands and its page offers another try."""
    room.trunk_id = room.trunk_id or assignment.join_emptiest()
    try:
        pins.assign(room)
    except pins.PinsExhausted:
        room.pin = None


def _insert(room: Room, chosen: str) -> None:
    """Store the room under the chosen slug, or under the first random one that is free."""
    for _try in range(1 if chosen else SLUG_TRIES):
        room.slug = chosen or slugs.draw()
        slugs.hold(room.slug)
        if _had_before(room.slug, room):
            continue
        try:
            with db.collision_safe():
                db.session.add(room)
                db.session.flush()
        except IntegrityError:
            continue
        return
    raise SlugTaken


def _had_before(slug: str, room: Room) -> bool:
    had = sa.select(OldSlug.slug).where(OldSlug.slug == slug, OldSlug.room_id != room.id)
    return db.session.scalar(had) is not None


def edit(room: Room, *, actor: Actor, name: str, slug: str, access_level: AccessLevel) -> None:
    """Change what people read and who skips the lobby; the link that the room had leads on. Raises SlugTaken."""
    if slug != room.slug:
        slugs.hold(room.slug, slug)  # before the row changes: who makes a room waits for a changed row, holding a slug
    wanted = {"name": name, "access_level": access_level}
    before = {"name": room.name, "access_level": room.access_level, "slug": room.slug}
    changed = audit.changes(before, {**wanted, "slug": slug}, withheld=["slug"])  # the link still leads into the room
    fields = changed["fields"]
    if "access_level" in fields:
        change = {"before": room.access_level, "after": access_level, "changed_by_id": actor.user_id}
        db.session.add(LevelChange(room_id=room.id, **change))
    for field, value in wanted.items():
        setattr(room, field, value)
    if slug != room.slug:
        _rename(room, slug)
    if "access_level" in fields and access_level is AccessLevel.PUBLIC:
        _let_livekit_follow(room)  # callers who wait go in
    if fields:
        room.version += 1
        audit.record("room.edit", room, actor, **changed)


def _rename(room: Room, slug: str) -> None:
    if _had_before(slug, room):
        raise SlugTaken
    before = room.slug
    try:
        with db.collision_safe():
            room.slug = slug
            db.session.flush()
    except IntegrityError as error:
        raise SlugTaken from error
    db.session.execute(sa.delete(OldSlug).where(OldSlug.slug == slug))
    db.session.add(OldSlug(slug=before, room_id=room.id))


def rotate_pin(room: Room, *, actor: Actor, reason: str, overlap: int = 0) -> None:
    """Give the room a new phone PIN; the old one works for `overlap` minutes more, else stops when LiveKit follows.

    One that still worked from a rotation before stops; a room without a PIN has none to keep working. Raises
    PinsExhausted when five tries all collided: roll back, and the old PIN stays.
    """
    overlap = overlap if room.pin is not None else 0
    pins.end_old(room)
    pins.retire(room, after=timedelta(minutes=overlap))
    pins.assign(room)  # the unique key must agree before anybody hears of the PIN
    if overlap:
        _keep_rule(room)
        due.add("telephony.end_old_pin", after=timedelta(minutes=overlap), room_id=str(room.id))
    _let_livekit_follow(room)
    audit.record("room.rotate_pin", room, actor, reason=reason, overlap=overlap)  # never the PIN itself


def _keep_rule(room: Room) -> None:
    """The rule goes on for the old PIN; one that a still older PIN had serves the new one, and so that PIN stops."""
    older_id, older_says = room.old_sip_dispatch_rule_id, room.old_rule_fingerprint
    room.old_sip_dispatch_rule_id, room.old_rule_fingerprint = room.sip_dispatch_rule_id, room.rule_fingerprint
    room.sip_dispatch_rule_id, room.rule_fingerprint = older_id, older_says


def stop_old_pin(room: Room, *, actor: Actor) -> bool:
    """Let the PIN before the present one stop at once; False when none works any more."""
    if room.old_pin is None:
        return False
    pins.end_old(room)
    _let_livekit_follow(room)
    audit.record("room.stop_old_pin", room, actor)
    return True


def generate_pin(room: Room, *, actor: Actor) -> bool:
    """Give a PIN to a room that has none; False when it has one by now.

    Raises PinsExhausted when five tries all collided.
    """
    if room.pin is not None:
        return False
    room.trunk_id = room.trunk_id or assignment.join_emptiest()
    pins.assign(room)
    _let_livekit_follow(room)
    audit.record("room.generate_pin", room, actor)
    return True


def reveal_pin(room: Room, *, actor: Actor, reason: str = "", purpose: str = "") -> str:
    """The room's PIN, "" when it has none; that it was shown, to whom, why and for what (a code), is kept."""
    audit.record("room.reveal_pin", room, actor, reason=reason, **({"purpose": purpose} if purpose else {}))
    return room.pin or ""


def set_phone(room: Room, *, actor: Actor, phone_enabled: bool, hide_phone_number: bool) -> None:
    """Switch phones on or off and callers' numbers hidden or shown; a room keeps its PIN while phones are off."""
    wanted = {"phone_enabled": phone_enabled, "hide_phone_number": hide_phone_number}
    changed = audit.changes({field: getattr(room, field) for field in wanted}, wanted)
    if not changed["fields"]:
        return
    for field in changed["fields"]:
        setattr(room, field, wanted[field])
    room.version += 1
    if phone_enabled and room.pin is None:
        _give_phone(room)
    if not phone_enabled:
        pins.end_old(room)
    _let_livekit_follow(room)
    audit.record("room.set_phone", room, actor, phone=phone_enabled, hidden=hide_phone_number, **changed)


def let_members_watch(room: Room, members_may_watch: bool, *, actor: Actor) -> None:
    """Let members watch the room's recordings, those that are there too, or from the next request on no longer."""
    if room.members_may_watch is members_may_watch:
        return
    room.members_may_watch = members_may_watch
    room.version += 1
    watchers = [Role.OWNER, Role.ADMINISTRATOR, *([Role.MEMBER] if members_may_watch else [])]
    audit.record("room.let_members_watch", room, actor, watchers=[role.value for role in watchers])


def move_trunk(room: Room, trunk_id: str, *, actor: Actor) -> None:
    """Put the room on another trunk, with the PIN it has when that is free there, else with a new one.

    Raises PinsExhausted when no new one was found: roll back, and the room stays where it was.
    """
    before, pin = room.trunk_id, room.pin
    if before == trunk_id:
        return
    pins.end_old(room)
    if pin is not None:
        pins.retire(room)
    room.trunk_id = trunk_id
    if pin is not None and pins.take(trunk_id, pin, room.id):
        room.pin = pin
    elif pin is not None or room.phone_enabled:
        pins.assign(room)
    assignment.leave(before)
    assignment.join(trunk_id)
    _let_livekit_follow(room)
    audit.record("room.move_trunk", room, actor, trunk_id=trunk_id, kept_pin=room.pin == pin)


def delete(room: Room, *, actor: Actor) -> None:
    """End the room for good: its PIN reaches nobody, and its link goes to no other room.

    Owners keep their role: it is what opens the recordings that the room leaves. All others lose theirs.
    """
    now = utcnow()
    closed = sa.update(Access).where(Access.room_id == room.id, is_open(Access), Access.role != Role.OWNER)
    count = db.changed(closed.values(revoked_at=now, revoked_by_id=actor.user_id))
    pins.end_old(room)
    if room.pin is not None:
        pins.retire(room)
    assignment.leave(room.trunk_id)
    room.deleted_at = now
    due.add("invitations.withdraw_of_room", room_id=str(room.id))  # a date in a calendar would lead nowhere
    room.phone_enabled = False
    _let_livekit_follow(room)
    audit.record("room.delete", room, actor, people=count)


def _let_livekit_follow(room: Room) -> None:
    """Mark the room for the sweep in the same transaction: a crash before the call to LiveKit loses nothing."""
    if room.live or room.sip_dispatch_rule_id or room.old_sip_dispatch_rule_id:
        room.reconcile_at = utcnow()


def _hashed(callback_id: str) -> str:
    return hashlib.sha256(callback_id.encode()).hexdigest()


def _remember_callback(callback_id: str, room: Room) -> None:
    """Let whoever knows the id fetch the room; an id that is in use already keeps its first room."""
    key, now = _hashed(callback_id), utcnow()
    db.session.execute(sa.delete(RoomCallback).where(RoomCallback.callback_hash == key, RoomCallback.expires_at <= now))
    values = {"callback_hash": key, "room_id": room.id, "expires_at": now + CALLBACK_LIFETIME}
    try:
        with db.collision_safe():
            db.session.execute(sa.insert(RoomCallback).values(values))
    except IntegrityError:
        return


def take_callback(callback_id: str) -> Room | None:
    """The room that was made for this id, once and within ten minutes; None otherwise."""
    key = _hashed(callback_id)
    taken = sa.delete(RoomCallback).where(RoomCallback.callback_hash == key)
    row = db.session.execute(taken.returning(RoomCallback.room_id, RoomCallback.expires_at)).one_or_none()
    if row is None or row.expires_at <= utcnow():
        return None
    room = db.session.get(Room, row.room_id)
    return room if room is not None and room.deleted_at is None else None
