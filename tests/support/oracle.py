"""What must hold after a sweep over a LiveKit that is well, written down without a line of what is under test."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tests.support.installation import Installation
from webapp.calls.models import Call
from webapp.core.db import db, utcnow
from webapp.matching import MatchingError, Rule, check_rules, evaluate_case, parse_rules
from webapp.rooms.models import Room, TrunkRow

Json = dict[str, Any]
OTHERS = '{"frontdesk": "another"}'  # what the rules of another Frontdesk say of themselves
TOLD = ("name", "trunk_ids", "inbound_numbers", "numbers", "hide_phone_number", "rule")


def room_rule(room: Room, *, old: bool = False) -> Json:
    """The one rule of a room that phones may enter; `old`: that of the PIN before."""
    direct = {"room_name": str(room.id), "pin": room.old_pin if old else room.pin}
    return {
        "name": f"frontdesk-old:{room.id}" if old else f"frontdesk:{room.id}",
        "trunk_ids": [room.trunk_id],
        "inbound_numbers": [],
        "numbers": [],
        "hide_phone_number": room.hide_phone_number,
        "rule": {"dispatch_rule_direct": direct},
    }


def guard_rule(trunk_id: str, numbers: list[str]) -> Json:
    """The guard of a trunk."""
    individual = {"room_prefix": "no-caller-id", "pin": "", "no_randomness": False}
    return {
        "name": f"frontdesk-guard:{trunk_id}",
        "trunk_ids": [trunk_id],
        "inbound_numbers": [""],
        "numbers": numbers,
        "hide_phone_number": False,
        "rule": {"dispatch_rule_individual": individual},
    }


@dataclass
class Seen:
    """LiveKit and our rows beside each other; `foreign` are the rules of others as they left them."""

    foreign: dict[str, Json]
    rules: list[Json]
    trunks: dict[str, Json]
    inside: dict[str, list[Json]]
    rooms: list[Room]
    rows: dict[str, TrunkRow] = field(default_factory=dict)

    @classmethod
    def now(cls, installation: Installation, foreign: dict[str, Json]) -> "Seen":
        """Look."""
        db.session.expire_all()
        trunks = {trunk["sip_trunk_id"]: trunk for trunk in installation.livekit.trunks()}
        state = installation.livekit.reading("state")["rooms"]
        inside = {room["name"]: room["participants"] for room in state}
        rows = {row.sip_trunk_id: row for row in db.session.scalars(sa.select(TrunkRow))}
        rooms = list(db.session.scalars(sa.select(Room).order_by(Room.id)))
        rules = installation.livekit.rules()
        known = {room.sip_dispatch_rule_id for room in rooms} | {room.old_sip_dispatch_rule_id for room in rooms}
        known |= {row.guard_rule_id for row in rows.values()}
        alone = [rule for rule in rules if _is_named_guard_alone(rule) or _is_named_room_rule_alone(rule)]
        others = {rule["sip_dispatch_rule_id"]: rule for rule in rules if rule["metadata"] == OTHERS}
        nobodys = {rule["sip_dispatch_rule_id"]: rule for rule in alone}
        nobodys = {rule_id: rule for rule_id, rule in nobodys.items() if rule_id not in known}
        return cls({**foreign, **nobodys, **others}, rules, trunks, inside, rooms, rows)

    def check(self) -> None:
        """Everything that a sweep promises; what fails says all that was seen, since ids are new in every run."""
        try:
            self._check()
        except AssertionError as error:
            columns = Room.__table__.columns.keys()
            error.add_note(f"Rooms: {[{name: getattr(room, name) for name in columns} for room in self.rooms]}")
            guards = [(row.sip_trunk_id, row.guard_rule_id, row.guard_problem) for row in self.rows.values()]
            error.add_note(f"Guards: {guards}")
            error.add_note(f"LiveKit: {self.rules}, {self.trunks}, foreign: {list(self.foreign)}")
            raise
        finally:
            db.session.rollback()  # on SQLite whoever reads in a transaction keeps all others from writing

    def _check(self) -> None:
        by_id = {rule["sip_dispatch_rule_id"]: rule for rule in self.rules}
        for rule_id, left in self.foreign.items():
            assert by_id.get(rule_id) == left, "a foreign rule was touched"
        for room in self.rooms:
            self._check_room(room)
        for trunk_id in {trunk for rule in self._ours() for trunk in rule["trunk_ids"]} | set(self.trunks):
            self._check_guard(trunk_id)
        prefixes = ("frontdesk", "frontdesk-old")
        names = {f"{prefix}:{room.id}" for room in self.rooms for prefix in prefixes}
        names |= {f"frontdesk-guard:{each}" for each in self.rows}
        assert {rule["name"] for rule in self._ours()} <= names, "a rule of ours belongs to nobody"
        assert {rule["metadata"] for rule in self._ours()} <= {_our_mark()}, "a rule of ours does not say so"
        db.session.commit()

    def _ours(self) -> list[Json]:
        return [rule for rule in self.rules if rule["sip_dispatch_rule_id"] not in self.foreign]

    def _check_room(self, room: Room) -> None:
        inside = self.inside.get(str(room.id), [])
        web = [person for person in inside if person["kind"] == "STANDARD"]
        phones = {person["attributes"]["sip.callID"] for person in inside if person["kind"] == "SIP"}
        assert (room.web_count, room.phone_count) == (len(web), len(phones)), "who is inside"
        visits = sa.select(Call.sip_call_id).where(Call.room_id == room.id, Call.left_at.is_(None))
        assert set(db.session.scalars(visits)) == phones, "the book of calls"
        found = [rule for rule in self._ours() if rule["name"] == f"frontdesk:{room.id}"]
        assert len(found) <= 1, "two rules for one room"
        wished = room.phone_enabled and room.pin and room.trunk_id and not room.deleted_at and web
        ids = [rule["sip_dispatch_rule_id"] for rule in found]
        assert [room.sip_dispatch_rule_id] == (ids or [None]), "our row and LiveKit"
        behind = self._check_old(room, wished=bool(wished))
        if not wished:
            assert (found, room.rule_problem, room.reconcile_at) == ([], "", None), "a rule that nobody wants"
        elif not self._stands(room, found) and self._blocked(room):
            assert room.rule_problem, "the page must say what is in the way"
        else:
            self._check_fulfilled(room, found, behind=behind)

    def _check_old(self, room: Room, *, wished: bool) -> bool:
        """The PIN before works on for its time beside the new one; tells whether something is in its way."""
        found = [rule for rule in self._ours() if rule["name"] == f"frontdesk-old:{room.id}"]
        ids = [rule["sip_dispatch_rule_id"] for rule in found]
        assert [room.old_sip_dispatch_rule_id] == (ids or [None]), "our row and LiveKit, of the PIN before"
        if not (wished and room.old_pin and room.old_pin_until and room.old_pin_until > utcnow()):
            assert found == [], "a PIN that should have stopped"
            return False
        if not self._stands(room, found, old=True) and self._blocked(room, old=True):
            assert room.rule_problem, "the page must say what is in the old PIN's way"
            return True
        assert self._stands(room, found, old=True), f"the PIN before should work on: {found}, {room.rule_problem!r}"
        return False

    def _check_fulfilled(self, room: Room, found: list[Json], *, behind: bool) -> None:
        assert self._stands(room, found), f"not as the room wants it: {found}, {room.rule_problem!r}"
        gone = room.trunk_id not in self.trunks
        if not behind:
            assert (room.rule_problem, room.reconcile_at) == ("trunk_gone" if gone else "", None)

    def _stands(self, room: Room, found: list[Json], *, old: bool = False) -> bool:
        return [_told(rule) for rule in found] == [room_rule(room, old=old)]

    def _blocked(self, room: Room, *, old: bool = False) -> bool:
        """Rules of others leave no place for the room's."""
        others = self._foreign_on(room.trunk_id)
        taken = {key for rule in others for key in rule.keys}
        wanted = Rule.parse(room_rule(room, old=old))
        unguarded = room.hide_phone_number and not self._has_guard(room.trunk_id) and not self._places(room.trunk_id)
        return self._outage(room.trunk_id) or bool(set(wanted.keys) & taken) or unguarded

    def _outage(self, trunk_id: str) -> bool:
        try:
            check_rules(self._on(trunk_id, self.rules))
        except MatchingError:
            return True
        return False

    def _on(self, trunk_id: str, stored: list[Json]) -> list[Rule]:
        return [rule for rule in parse_rules(stored) if not rule.trunk_ids or trunk_id in rule.trunk_ids]

    def _foreign_on(self, trunk_id: str) -> list[Rule]:
        return self._on(trunk_id, list(self.foreign.values()))

    def _guards(self, trunk_id: str) -> list[Json]:
        return [rule for rule in self._ours() if rule["name"] == f"frontdesk-guard:{trunk_id}"]

    def _has_guard(self, trunk_id: str) -> bool:
        return bool(self._guards(trunk_id))

    def _places(self, trunk_id: str) -> list[Json]:
        """The forms of a guard that rules of others leave a place for, the best first."""
        taken = {key for rule in self._foreign_on(trunk_id) for key in rule.keys}
        numbers = list(self.trunks.get(trunk_id, {}).get("numbers", []))
        forms = [guard_rule(trunk_id, []), *([guard_rule(trunk_id, numbers)] if numbers else [])]
        return [form for form in forms if not set(Rule.parse(form).keys) & taken]

    def _check_guard(self, trunk_id: str) -> None:
        found = self._guards(trunk_id)
        assert len(found) <= 1, "two guards on one trunk"
        guarded = [rule for rule in self._ours() if trunk_id in rule["trunk_ids"] and rule not in found]
        hiding = [rule for rule in guarded if rule["hide_phone_number"]]
        assert found == [] or guarded or trunk_id in self.trunks, "the guard of a trunk that is gone"
        places = self._places(trunk_id)
        if self._outage(trunk_id) or not places or not (found or hiding):
            return
        if not found and self._is_shared(trunk_id):
            self._check_call_without_number(trunk_id)
            return
        assert [_told(rule) for rule in found] == places[:1], "the guard"
        row = self.rows[trunk_id]
        assert row.guard_rule_id == found[0]["sip_dispatch_rule_id"], "our row of the guard"
        assert row.guard_problem == ("guard_narrow" if found[0]["numbers"] else ""), "what is said of the guard"
        self._check_call_without_number(trunk_id)

    def _is_shared(self, trunk_id: str) -> bool:
        """Another Frontdesk keeps a guard there, which is enough for both."""
        stored = self.foreign.values()
        theirs = [rule for rule in stored if "frontdesk" in rule["metadata"] and rule["metadata"] != _our_mark()]
        return any(_told(rule) == guard_rule(trunk_id, rule["numbers"]) for rule in theirs)

    def _check_call_without_number(self, trunk_id: str) -> None:
        """Over this trunk a call without a caller number ends no LiveKit because of a rule of ours."""
        if trunk_id not in self.trunks or any(rule.hides_caller for rule in self._foreign_on(trunk_id)):
            return
        called = next(iter(self.trunks[trunk_id]["numbers"]), "+1")
        call = {"from_user": "", "to_user": called, "source_ip": "", "from_host": ""}
        told = {"trunks": [self.trunks[trunk_id]], "rules": self.rules, "call": call, "typed": None}
        assert evaluate_case(told)["verdict"] != "error_panic", "a call without a number ends LiveKit"


def _our_mark() -> str:
    """What every rule of ours says of itself: the oldest id of the only addresses there are."""
    found = db.session.execute(sa.text("SELECT id FROM installations ORDER BY created_at, id")).scalars().first()
    return json.dumps({"frontdesk": str(uuid.UUID(str(found)))}) if found else ""


def _is_named_guard_alone(rule: Json) -> bool:
    """It has a guard's name and does not say what one says: a copy that somebody made of a changed one is nobody's."""
    if not rule["name"].startswith("frontdesk-guard:"):
        return False
    wanted = guard_rule(rule["name"].removeprefix("frontdesk-guard:"), rule["numbers"])
    half_made = {**wanted, "inbound_numbers": ["frontdesk-guard"]}
    return {**_told(rule), "hide_phone_number": False} not in (wanted, half_made)


def _is_named_room_rule_alone(rule: Json) -> bool:
    """It has the name of a room's rule and does not lead into that room."""
    prefix, _colon, named = rule["name"].partition(":")
    direct = rule["rule"].get("dispatch_rule_direct") or {}
    return prefix in {"frontdesk", "frontdesk-old"} and direct.get("room_name") != named


def _told(rule: Json) -> Json:
    return {name: rule[name] for name in TOLD}
