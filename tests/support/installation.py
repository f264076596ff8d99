"""A small installation: a trunk in LiveKit and in our rows, rooms on it, phones that dial."""

import itertools
from dataclasses import dataclass
from typing import Any

from flask import current_app

from tests.support.livekit import LiveKit
from tests.support.waiting import until
from webapp.core.db import db
from webapp.live import reconcile
from webapp.live import sweep as sweeping
from webapp.rooms.models import PhonePin, Room, TrunkRow
from webapp.rules import problems, wanted
from webapp.rules.problems import Problem

NUMBER = "+15550001"
CALLER = "+15551234"
_serial = itertools.count(1)


@dataclass
class Installation:
    """LiveKit and our rows beside each other."""

    livekit: LiveKit
    trunk_id: str

    def trunk(self, number: str = NUMBER, **fields: Any) -> str:
        """A trunk in LiveKit and among our rows; returns its id."""
        asked = {"name": "Harbour", "numbers": [number] if number else [], **fields}
        stored = self.livekit.call("SIP", "CreateSIPInboundTrunk", trunk=asked)
        trunk_id = str(stored["sip_trunk_id"])
        db.session.add(TrunkRow(sip_trunk_id=trunk_id, name="Harbour", number=number))
        db.session.commit()
        return trunk_id

    def room(self, **fields: Any) -> Room:
        """A room of ours with a PIN on the trunk."""
        serial = next(_serial)
        values = {"name": f"Room {serial}", "slug": f"room-{serial}", "trunk_id": self.trunk_id, **fields}
        pin = values.pop("pin", f"73{serial:06}")
        room = Room(**values)
        db.session.add(room)
        db.session.flush()
        if pin is not None:
            self.give_pin(room, pin)
        db.session.commit()
        return room

    def give_pin(self, room: Room, pin: str) -> None:
        """Another PIN for the room."""
        db.session.add(PhonePin(trunk_id=room.trunk_id, pin=pin, room_id=room.id))
        db.session.flush()
        room.pin = pin
        db.session.commit()

    def join(self, room: Room, identity: str = "web", **told: Any) -> None:
        """Somebody comes by web."""
        self.livekit.join(str(room.id), identity, **told)

    def leave(self, room: Room, identity: str = "web") -> None:
        """They go."""
        self.livekit.leave(str(room.id), identity)

    def live(self, **fields: Any) -> Room:
        """A room with somebody inside, and its rule in LiveKit."""
        room = self.room(**fields)
        self.join(room)
        reconcile.now(room)
        assert room.sip_dispatch_rule_id is not None
        return room

    def rule_of(self, room: Room) -> dict[str, Any] | None:
        """The one rule LiveKit has for the room."""
        found = [rule for rule in self.livekit.rules() if rule["name"] == wanted.rule_name(room.id)]
        assert len(found) <= 1, "LiveKit has two rules for one room"
        return found[0] if found else None

    def guards(self) -> list[dict[str, Any]]:
        """The guards LiveKit has."""
        return [rule for rule in self.livekit.rules() if rule["name"].startswith(wanted.GUARD_RULE)]

    def foreign(self, pin: str = "", room: str = "elsewhere", name: str = "theirs", **fields: Any) -> str:
        """A rule that is not ours; returns its id."""
        direct = {"dispatch_rule_direct": {"room_name": room, "pin": pin}}
        asked = {"rule": direct, "name": name, "trunk_ids": [self.trunk_id], **fields}
        return str(self.livekit.call("SIP", "CreateSIPDispatchRule", **asked)["sip_dispatch_rule_id"])

    def store(self, *stored: dict[str, Any]) -> list[str]:
        """Rules put into LiveKit unchecked, as lost races do."""
        told = self.livekit.control("store-sip", rules=list(stored))["rules"]
        return [rule["sip_dispatch_rule_id"] for rule in told]

    def changes(self) -> int:
        """How many changes of rules LiveKit was asked for."""
        methods = ("CreateSIPDispatchRule", "UpdateSIPDispatchRule", "DeleteSIPDispatchRule")
        return sum(self.livekit.calls(method) for method in methods)

    def dial(self, caller: str = CALLER, to: str = NUMBER, pin: str = "") -> str:
        """A phone calls and types the PIN; returns the phone's id."""
        phone = str(self.livekit.control("dial", **{"from": caller, "to": to})["id"])
        if pin:
            until(lambda: self.phone(phone)["prompts"])
            self.livekit.control("press", id=phone, keys=f"{pin}#")
        return phone

    def phone(self, phone: str) -> dict[str, Any]:
        """How the call stands."""
        return dict(self.livekit.reading("phone", id=phone))

    def sweep(self) -> sweeping.Swept:
        """One minute later: what was put off is due."""
        db.session.query(Room).filter(Room.reconcile_at.is_not(None)).update({"reconcile_at": Room.created_at})
        db.session.commit()
        return sweeping.sweep()


def said(room: Room) -> str:
    """What the page says of the room's rule."""
    with current_app.test_request_context():
        return problems.sentence(Problem.parse(room.rule_problem))
