"""Which of LiveKit's rules are ours: those whose id stands on a row of ours, and those that carry a name of ours.

A rule that somebody renamed is ours still. One that is named after a room we never had is another Frontdesk's, or
somebody's own: foreign, so that nothing but a person changes it. So is one that is named like a guard and is none.
"""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from webapp.core.db import db, pieces
from webapp.matching import Rule
from webapp.rooms.models import Room
from webapp.rooms.models import Trunk as TrunkRow
from webapp.rules import wanted as rules

KEPT = (Room.sip_dispatch_rule_id, Room.old_sip_dispatch_rule_id)


def rooms(stored: Sequence[Rule]) -> dict[str, uuid.UUID]:
    """The room of each rule of ours, deleted rooms too, by the rule's id. Ends the transaction."""
    recorded, guarding = _recorded()
    named = {rule.id: room_id for rule in stored if (room_id := rules.room_id_of(rule)) and rule.id not in guarding}
    known = _known(set(named.values()))
    db.session.commit()
    owners = {rule_id: room_id for rule_id, room_id in named.items() if room_id in known} | recorded
    return {rule.id: owners[rule.id] for rule in stored if rule.id in owners}


def guards(stored: Sequence[Rule]) -> dict[str, str]:
    """The trunk of each guard, by the rule's id. Ends the transaction."""
    taken, recorded = _recorded()
    named = {rule.id: trunk_id for rule in stored if (trunk_id := rules.shaped_guard(rule)) and rule.id not in taken}
    owners = named | recorded
    db.session.commit()
    return {rule.id: owners[rule.id] for rule in stored if rule.id in owners}


def recorded() -> set[str]:
    """The ids of rules that stand on our rows. Ends the transaction."""
    of_rooms, of_trunks = _recorded()
    db.session.commit()
    return {*of_rooms, *of_trunks}


def _recorded() -> tuple[dict[str, uuid.UUID], dict[str, str]]:
    """The room and the trunk of each rule id that stands on a row: whatever its name says now."""
    of_rooms = (sa.select(column, Room.id).where(column.is_not(None)) for column in KEPT)
    of_trunks = sa.select(TrunkRow.guard_rule_id, TrunkRow.sip_trunk_id).where(TrunkRow.guard_rule_id.is_not(None))
    return (
        {rule_id: room_id for found in of_rooms for rule_id, room_id in db.session.execute(found) if rule_id},
        {rule_id: trunk_id for rule_id, trunk_id in db.session.execute(of_trunks) if rule_id},
    )


def _known(room_ids: set[uuid.UUID]) -> set[uuid.UUID]:
    wanted = (sa.select(Room.id).where(Room.id.in_(piece)) for piece in pieces(room_ids))
    return {room_id for found in wanted for room_id in db.session.scalars(found)}
