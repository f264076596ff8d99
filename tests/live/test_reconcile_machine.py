"""Whatever happens, in any order: after each sweep over a LiveKit that is well, exactly the rules that are wanted.

A few examples, always the same, take half a minute; `FRONTDESK_TEST_MACHINE=500` tries so many, others each
time, and prints how to repeat one that fails. `FRONTDESK_TEST_MACHINE_SHRINK=1` looks for the shortest that fails, for
minutes.
"""

import json
import os
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from simulator import ids
from tests.support.database import empty
from tests.support.installation import Installation
from tests.support.livekit import LiveKit, Refused
from tests.support.oracle import OTHERS, Json, Seen
from tests.support.personas import Browser, browser
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.live import reconcile
from webapp.live import sweep as sweeping
from webapp.livekit.errors import LiveKitError
from webapp.rooms import service
from webapp.rooms.models import Room, TrunkRow

MANY = int(os.environ.get("FRONTDESK_TEST_MACHINE", "0"))
SHORTEST = bool(os.environ.get("FRONTDESK_TEST_MACHINE_SHRINK"))
PROFILE = hypothesis_settings(
    max_examples=MANY or 10,
    stateful_step_count=60 if MANY else 30,
    derandomize=not MANY,
    database=None,
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    phases=[Phase.generate, *([Phase.shrink] if SHORTEST else [])],
    suppress_health_check=list(HealthCheck),
)
PATIENCE = 2.0  # seconds; a LiveKit that is slower is given up
LATE = 0.3  # seconds after that
METHODS = [
    *("ListRooms", "ListParticipants", "CreateRoom", "ListSIPInboundTrunk", "ListSIPDispatchRule"),
    *("CreateSIPDispatchRule", "UpdateSIPDispatchRule", "DeleteSIPDispatchRule"),
]
some = st.integers(0, 11)  # which of those that are there
flag = st.booleans()


class Machine(RuleBasedStateMachine):
    """Rooms, trunks, people, rules of others, faults."""

    place: Installation
    client: Browser
    later: Callable[[timedelta], None]
    random: Random

    @initialize()
    def begin(self) -> None:
        self.random.seed(0)  # LiveKit's ids: they decide what it looks at first
        db.session.rollback()
        empty()
        db.session.expunge_all()
        self.livekit = self.place.livekit
        self.livekit.reset()
        self.livekit.hooks_to("http://127.0.0.1:1/")
        self.foreign: dict[str, Json] = {}
        self.trunks: list[str] = []
        self.events: list[Json] = []
        self.told = self.pins = self.minutes = 0
        self.troubled = False
        self.slow = False
        self._be_well()
        for hide in (True, False):  # something to change from the first step on
            self.make_trunk(number=True)
            self.make_room(len(self.trunks) - 1, hide=hide)
            self.place.join(self._rooms()[-1], "ann")
        self.sweep()

    # our rooms

    @precondition(lambda self: len(self._rooms()) < 4)
    @rule(which=some, hide=flag)
    def make_room(self, which: int, hide: bool) -> None:
        self.place.room(trunk_id=self._of(self.trunks, which), pin=self._new_pin(), hide_phone_number=hide)

    @rule(which=some, hide=st.none() | flag, phone=st.none() | flag, pin=flag, move=st.none() | some, followed=flag)
    def change_room(
        self, which: int, hide: bool | None, phone: bool | None, pin: bool, move: int | None, followed: bool
    ) -> None:
        """Unless it is followed, our process ends between the commit and the look."""
        room = self._of(self._rooms(), which)
        room.hide_phone_number = room.hide_phone_number if hide is None else hide
        room.phone_enabled = room.phone_enabled if phone is None else phone
        if pin or move is not None:
            room.pin = None
            room.trunk_id = room.trunk_id if move is None else self._of(self.trunks, move)
            self.place.give_pin(room, self._new_pin())
        self._commit(room, followed)

    @rule(which=some, overlap=st.sampled_from([0, 15]), followed=flag)
    def rotate_pin(self, which: int, overlap: int, followed: bool) -> None:
        """With overlap the old PIN works on beside the new one."""
        room = self._of(self._rooms(), which)
        if room.pin and not room.deleted_at:
            service.rotate_pin(room, actor=Actor.system(), reason="", overlap=overlap)
            self._commit(room, followed)

    @rule(which=some)
    def let_the_old_pin_run_out(self, which: int) -> None:
        room = self._of(self._rooms(), which)
        if room.old_pin_until:
            room.old_pin_until = utcnow() - timedelta(seconds=1)
            db.session.commit()

    @rule(which=some, followed=flag)
    def delete_room(self, which: int, followed: bool) -> None:
        room = self._of(self._rooms(), which)
        room.deleted_at = room.deleted_at or utcnow()
        self._commit(room, followed)

    def _commit(self, room: Room, followed: bool) -> None:
        db.session.commit()
        if followed:
            reconcile.now(room)

    # people

    @rule(which=some, who=st.sampled_from(["ann", "bob"]))
    def come(self, which: int, who: str) -> None:
        self.place.join(self._of(self._rooms(), which), who)

    @rule(which=some)
    def go(self, which: int) -> None:
        people = [(room, who) for room in self.livekit.rooms() for who in self.livekit.participants(room)]
        if people:
            self._try(self.livekit.leave, *self._of(people, which))

    @rule(which=some, who=some)
    def dial(self, which: int, who: int) -> None:
        room = self._of(self._rooms(), which)
        trunk = next((trunk for trunk in self.livekit.trunks() if trunk["sip_trunk_id"] == room.trunk_id), None)
        if trunk and trunk["numbers"]:
            call = self.livekit.dial(f"+1555000{who}", to=trunk["numbers"][0])
            if call["prompts"]:
                self.livekit.press(call["id"], f"{room.pin}#")

    # hooks: those that are not delivered yet are late

    @rule(count=st.integers(1, 6), how=st.sampled_from(["in order", "reversed", "twice", "lost"]))
    def tell(self, count: int, how: str) -> None:
        log = self.livekit.deliveries()
        self.events += [each["body"] for each in log[self.told :]]
        self.told = len(log)
        now, self.events = self.events[:count], self.events[count:]
        for event in {"in order": now, "reversed": now[::-1], "twice": now + now, "lost": []}[how]:
            raw = json.dumps(event).encode()
            with self.client.post("/hooks/livekit", data=raw, headers=self.livekit.signed(raw)) as answer:
                answer.get_data()
                assert answer.status_code == 200

    # trunks and rules of others

    @precondition(lambda self: len(self.trunks) < 3)
    @rule(number=flag)
    def make_trunk(self, number: bool) -> None:
        count = len(self.trunks)
        login = {"auth_username": f"pbx{count}", "auth_password": "secret"}
        try:
            self.trunks.append(self.place.trunk(f"+1800{count}" if number else "", **login))
        except Refused:  # two trunks without numbers
            db.session.rollback()

    @rule(which=some)
    def delete_trunk(self, which: int) -> None:
        self.livekit.call("SIP", "DeleteSIPTrunk", sip_trunk_id=self._of(self.trunks, which))

    @rule(
        which=some,
        pin=st.sampled_from(["", "1", "a room's"]),
        on=st.sampled_from(["trunk", "both", "none"]),
        name=st.sampled_from(["theirs", "", "frontdesk:not-a-room", f"frontdesk:{uuid.UUID(int=7)}"]),
        checked=flag,
    )
    def add_foreign(self, which: int, pin: str, on: str, name: str, checked: bool) -> None:
        """Unchecked: as two creations at once do."""
        known = self._of(self._rooms(), which).pin if pin == "a room's" else pin
        ids = {"trunk": [self._of(self.trunks, which)], "both": list(self.trunks), "none": []}[on]
        direct = {"dispatch_rule_direct": {"room_name": f"x{which}", "pin": known}}
        asked = {"rule": direct, "name": name, "trunk_ids": ids, "hide_phone_number": which % 2 == 0}
        if checked:
            self._try(self.place.foreign, **asked)
        else:
            self.place.store(asked)
        self._see_foreign()

    @rule(which=some, on=some, copy=flag)
    def another_frontdesk_takes(self, which: int, on: int, copy: bool) -> None:
        """A rule of ours says that it is another Frontdesk's: a copy of it, which is stored unchecked, or it itself."""
        if not self._ours():
            return
        told = self._replacement(self._of(self._ours(), which), metadata=OTHERS)
        if copy:
            del told["sip_dispatch_rule_id"]
            self.place.store({**told, "trunk_ids": [self._of(self.trunks, on)]})
        else:
            self._replace(told)
        self._see_foreign()

    @rule(which=some)
    def forget_whose(self, which: int) -> None:
        """As an older version left its rules."""
        if self._ours():
            self._replace(self._replacement(self._of(self._ours(), which), metadata=""))

    def _replacement(self, found: Json, **changed: Any) -> Json:
        return {name: value for name, value in {**found, **changed}.items() if value is not None}

    def _replace(self, told: Json) -> None:
        rule_id = told["sip_dispatch_rule_id"]
        self._try(self.livekit.call, "SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=rule_id, replace=told)

    @rule(which=some, on=some)
    def move_foreign(self, which: int, on: int) -> None:
        """LiveKit looks for no conflict where it moves to."""
        if self.foreign:
            rule_id = self._of(sorted(self.foreign), which)
            update = {"trunk_ids": {"set": [self._of(self.trunks, on)]}}
            self._try(self.livekit.call, "SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=rule_id, update=update)
            self._see_foreign(rule_id)

    @rule(which=some)
    def delete_foreign(self, which: int) -> None:
        if self.foreign:
            rule_id = self._of(sorted(self.foreign), which)
            del self.foreign[rule_id]
            self.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=rule_id)

    # our rules in the hands of others

    @rule(
        which=some,
        changed=st.sampled_from(
            ["pin", "room", "hide_phone_number", "inbound_numbers", "numbers", "nowhere", "elsewhere", "also elsewhere"]
        ),
    )
    def edit_ours(self, which: int, changed: str) -> None:
        if not self._ours():
            return
        found = self._of(self._ours(), which)
        told: Json = {"hide_phone_number": not found["hide_phone_number"]}
        direct = {"room_name": f"{which}", "pin": f"9{which}"}
        other = self._of(self.trunks, which)
        told |= {"pin": {"dispatch_rule_direct": direct}, "room": {"dispatch_rule_direct": {**direct, "pin": ""}}}
        told |= {"inbound_numbers": ["+1"], "numbers": ["+2"], "nowhere": [], "elsewhere": [other]}
        told |= {"also elsewhere": sorted({*found["trunk_ids"], other})}
        fields = {"pin": "rule", "room": "rule"}
        field = "trunk_ids" if "where" in changed else fields.get(changed, changed)
        kept = {name: found[name] for name in ("rule", "name", "trunk_ids", "inbound_numbers", "hide_phone_number")}
        rule_id = found["sip_dispatch_rule_id"]
        replace = {**kept, field: told[changed]}
        self._try(self.livekit.call, "SIP", "UpdateSIPDispatchRule", sip_dispatch_rule_id=rule_id, replace=replace)

    @rule(which=some, name=st.sampled_from(["mine", "", "a room's"]))
    def rename_ours(self, which: int, name: str) -> None:
        """What is renamed and forgotten before a sweep sees it is nobody's any more, so that one follows at once."""
        known = self._recorded()
        found = [each for each in self._ours() if each["sip_dispatch_rule_id"] in known]
        if found and self._well():
            self.sweep()
            new = f"frontdesk:{self._of(self._rooms(), which).id}" if name == "a room's" else name
            told = {"sip_dispatch_rule_id": self._of(found, which)["sip_dispatch_rule_id"], "update": {"name": new}}
            self._try(self.livekit.call, "SIP", "UpdateSIPDispatchRule", **told)
            self.sweep()

    @rule(which=some)
    def delete_ours(self, which: int) -> None:
        if self._ours():
            rule_id = self._of(self._ours(), which)["sip_dispatch_rule_id"]
            self.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=rule_id)

    @rule(which=some, other=some)
    def exchange_ours(self, which: int, other: int) -> None:
        """Each of the two says what the other said."""
        if not self._ours():
            return
        first, second = self._of(self._ours(), which), self._of(self._ours(), other)
        for found, says in ((first, second), (second, first)):
            self.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=found["sip_dispatch_rule_id"])
            self.place.store({**found, "rule": says["rule"]})

    @rule(which=some)
    def double_ours(self, which: int) -> None:
        if self._ours():
            found = dict(self._of(self._ours(), which))
            del found["sip_dispatch_rule_id"]
            self.place.store({name: value for name, value in found.items() if value})

    # what goes wrong

    @rule(method=st.sampled_from(METHODS), how=st.sampled_from(["fail", "applied", "html", "html 200", "refused"]))
    def break_a_call(self, method: str, how: str) -> None:
        self.troubled = True
        if how.startswith("html"):
            self.livekit.html(method, status=200 if "200" in how else 502)
        else:
            code = "internal" if how == "refused" else "unavailable"
            self.livekit.fail(method, code, applied=how == "applied")

    @rule(method=st.sampled_from(METHODS[-3:]))
    def slow_down_a_call(self, method: str) -> None:
        """It lands after we have given it up."""
        self.troubled = self.slow = True
        self.livekit.delay(method, PATIENCE + LATE)

    @rule()
    def go_away(self) -> None:
        self.troubled = True
        self.livekit.go_away()

    @rule(which=some)
    def lose_redis_for_a_while(self, which: int) -> None:
        self.livekit.switch(redis=False)
        reconcile.now(self._of(self._rooms(), which))
        if not self.troubled:
            assert self.place.sweep().failures == ["no_sip"]
        self.livekit.switch(redis=True)

    @rule(ghosts=flag)
    def crash(self, ghosts: bool) -> None:
        self.livekit.restart(ghosts=ghosts)

    @rule()
    def get_well(self) -> None:
        self._be_well()

    # the sweep

    @precondition(lambda self: self.troubled)
    @rule()
    def sweep_in_vain(self) -> None:
        try:
            self.place.sweep()
        except LiveKitError:
            db.session.rollback()
        self._check_foreign()

    @rule()
    def sweep(self) -> None:
        self._be_well()
        done = self.place.sweep()
        assert done.failures == []
        self._check_foreign()
        Seen.now(self.place, self.foreign).check()

    @rule(ours=st.sampled_from(["edited", "doubled", "deleted", "changed"]), which=some, told=flag)
    def change_and_sweep(self, ours: str, which: int, told: bool) -> None:
        """What is common, so that it is tried often."""
        if ours == "edited":
            self.edit_ours(which=which, changed="hide_phone_number" if told else "pin")
        elif ours == "doubled":
            self.double_ours(which=which)
        elif ours == "deleted":
            self.delete_ours(which=which)
        else:
            self.change_room(which=which, hide=told, phone=None, pin=which % 2 == 0, move=None, followed=told)
        self.sweep()

    @rule()
    def wait_and_sweep(self) -> None:
        """Ten minutes: what a crash left behind is gone."""
        for _ in range(sweeping.TURNS):
            self.minutes += 1
            self.later(timedelta(hours=1, minutes=self.minutes))
            self.sweep()
        ghosts = [room["name"] for room in self.livekit.reading("state")["rooms"] if room["ghost"]]
        assert not ghosts

    def teardown(self) -> None:
        if hasattr(self, "foreign"):
            self._be_well()
            for rule_id in self.foreign:
                self.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=rule_id)
            self.foreign.clear()
            self.wait_and_sweep()

    def _be_well(self) -> None:
        self.livekit.heal()
        if self.slow:
            time.sleep(LATE + 0.3)  # what we gave up lands
        self.livekit.hook_fault("drop", times=1_000_000)  # they are kept by LiveKit's log until the machine tells them
        self.troubled = self.slow = False

    def _well(self) -> bool:
        return not self.troubled

    def _check_foreign(self) -> None:
        stored = {each["sip_dispatch_rule_id"]: each for each in self.livekit.rules()}
        assert {rule_id: stored.get(rule_id) for rule_id in self.foreign} == self.foreign

    def _see_foreign(self, changed: str = "") -> None:
        """Keep what others left, as they left it."""
        theirs = {f"frontdesk:{uuid.UUID(int=7)}", "theirs", "", "frontdesk:not-a-room"}
        for each in self.livekit.rules():
            rule_id = each["sip_dispatch_rule_id"]
            named = each["name"] in theirs or each["metadata"] == OTHERS
            if rule_id == changed or (rule_id not in self.foreign and named):
                self.foreign[rule_id] = each

    def _ours(self) -> list[Json]:
        return [each for each in self.livekit.rules() if each["sip_dispatch_rule_id"] not in self.foreign]

    def _recorded(self) -> set[str]:
        found = {
            *db.session.scalars(sa.select(Room.sip_dispatch_rule_id)),
            *db.session.scalars(sa.select(Room.old_sip_dispatch_rule_id)),
            *db.session.scalars(sa.select(TrunkRow.guard_rule_id)),
        }
        db.session.commit()
        return {each for each in found if each}

    def _rooms(self) -> list[Room]:
        found = list(db.session.scalars(sa.select(Room).order_by(Room.id).execution_options(populate_existing=True)))
        db.session.commit()
        return found

    def _new_pin(self) -> str:
        self.pins += 1
        return f"7{self.pins:05}"

    def _of(self, things: list[Any], which: int) -> Any:
        return things[which % len(things)]

    def _try(self, work: Callable[..., Any], *arguments: Any, **told: Any) -> None:
        with suppress(Refused):  # LiveKit refuses what conflicts, and people who are not there
            work(*arguments, **told)


def test_whatever_happens_the_next_sweep_makes_it_right(
    app: Flask,
    livekit: LiveKit,
    monkeypatch: pytest.MonkeyPatch,
    change_settings: Callable[..., None],
):
    change_settings(livekit_url=livekit.url)
    change_settings(livekit_timeout=PATIENCE)

    class Here(Machine):
        place = Installation(livekit, "")
        client = browser(app)
        random = Random()
        later = staticmethod(lambda ahead: monkeypatch.setattr(sweeping, "utcnow", lambda: utcnow() + ahead))

    monkeypatch.setattr(ids, "secrets", Here.random)
    run_state_machine_as_test(Here, settings=PROFILE)
