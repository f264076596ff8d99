"""One installation for each kind of finding: what has to be so in LiveKit and in our rows that the doctor finds it."""

import uuid
from collections.abc import Callable
from typing import Any

from tests.support.installation import NUMBER, Installation
from tests.support.repairs import missing, orphan
from tests.support.waiting import until
from webapp.doctor.kinds import Kind
from webapp.rules import wanted

DIRECT = {"dispatch_rule_direct": {"room_name": "elsewhere", "pin": "4711"}}
OPEN = {"dispatch_rule_direct": {"room_name": "elsewhere"}}
ELSEWHERE = "+15550999"


def _rule(**fields: Any) -> Callable[[Installation], object]:
    """A rule of somebody else on the trunk."""

    def make(installation: Installation) -> object:
        told = {"rule": DIRECT, "name": "night line", "trunk_ids": [installation.trunk_id], **fields}
        return installation.store({name: value for name, value in told.items() if value is not None})

    return make


def _trunk(**fields: Any) -> Callable[[Installation], object]:
    """A second trunk, with a password unless told otherwise."""

    def make(installation: Installation) -> object:
        told = {"name": "Second", "numbers": [ELSEWHERE], "auth_username": "u", "auth_password": "p", **fields}
        installation.livekit.store_sip(trunks=[told])
        return told

    return make


def _other(**fields: Any) -> Callable[[Installation], object]:
    """A live room whose rule somebody changed."""

    def make(installation: Installation) -> object:
        rule = installation.rule_of(installation.live())
        assert rule is not None
        changed = {"sip_dispatch_rule_id": rule["sip_dispatch_rule_id"], "replace": {**rule, **fields}}
        return installation.livekit.call("SIP", "UpdateSIPDispatchRule", **changed)

    return make


def _twice(make: Callable[[Installation], object]) -> Callable[[Installation], object]:
    return lambda installation: (make(installation), make(installation))


def _behind_guard(**fields: Any) -> Callable[[Installation], object]:
    """A rule of somebody else on a trunk that has a guard."""
    return lambda installation: (installation.live(), _rule(**fields)(installation))


def _narrow(installation: Installation) -> None:
    installation.foreign()
    installation.live()


def _duplicate(installation: Installation) -> None:
    installation.livekit.store_twin(str(installation.live().sip_dispatch_rule_id))


def _gone(installation: Installation) -> None:
    installation.live()
    installation.livekit.call("SIP", "DeleteSIPTrunk", sip_trunk_id=installation.trunk_id)


def _unheard(installation: Installation) -> None:
    installation.join(installation.room())
    until(lambda: any(room.get("num_participants") for room in _listed(installation)))  # LiveKit counts late


def _listed(installation: Installation) -> list[dict[str, Any]]:
    return list(installation.livekit.call("RoomService", "ListRooms").get("rooms", ()))


RECIPES: dict[Kind, Callable[[Installation], object]] = {
    Kind.CONFLICT: _twice(_rule()),
    Kind.SELF_CONFLICT: _rule(numbers=["+15550001", "15550001"]),
    Kind.NO_KIND: _rule(rule=None),
    Kind.SAME_NUMBER: _trunk(numbers=[NUMBER]),
    Kind.TWO_DEFAULTS: _twice(_trunk(numbers=[])),
    Kind.UNGUARDED: _rule(hide_phone_number=True),
    Kind.DEFEATED: _behind_guard(rule=OPEN, numbers=[NUMBER], hide_phone_number=True),
    Kind.NARROW: _narrow,
    Kind.HIDING_WILDCARD: _rule(trunk_ids=[], hide_phone_number=True),
    Kind.MISSING: missing,
    Kind.WRONG_PIN: _other(rule=DIRECT),
    Kind.WRONG_TRUNK: _other(trunk_ids=["ST_other"]),
    Kind.WILDCARD: _rule(trunk_ids=[]),
    Kind.EVERYBODY: _trunk(allowed_addresses=["sip://x"]),
    Kind.HALF_CREDENTIALS: _trunk(auth_password=""),
    Kind.EMPTY_ROOM: _rule(rule={"dispatch_rule_direct": {"pin": "4711"}}),
    Kind.UNTYPABLE_PIN: _rule(rule={"dispatch_rule_direct": {"room_name": "x", "pin": "12 34"}}),
    Kind.CALLED_AS_CALLER: _rule(inbound_numbers=[NUMBER]),
    Kind.DIFFERS: _other(numbers=[NUMBER]),
    Kind.DUPLICATE: _duplicate,
    Kind.ORPHAN: orphan,
    Kind.IMPOSTOR: _rule(name=wanted.rule_name(uuid.uuid4())),
    Kind.NO_TRUNK: _gone,
    Kind.DANGLING: _rule(trunk_ids=["ST_gone"]),
    Kind.OPEN_BESIDE_PIN: lambda installation: (_rule()(installation), _rule(rule=OPEN)(installation)),
    Kind.RULE_NUMBER: _rule(numbers=["+1555 0001"]),
    Kind.TRUNK_NUMBER: _trunk(numbers=["+33\u00a01 99"]),
    Kind.RULE_FORM: _rule(inbound_numbers=["0015551234"]),
    Kind.TRUNK_FORM: _trunk(numbers=["0033199001133"]),
    Kind.CALLER_IN_ROOM: _rule(rule={"dispatch_rule_individual": {"room_prefix": "call", "pin": "4711"}}),
    Kind.CALLER_VISIBLE: _rule(),
    Kind.FORGEABLE: _trunk(allowed_addresses=["192.0.2.0/24"], auth_username="", auth_password=""),
    Kind.OPEN_TRUNK: _trunk(numbers=[]),
    Kind.OTHER_FRONTDESK: _rule(metadata='{"frontdesk": "another"}'),
    Kind.STALE: lambda installation: installation.room(sip_dispatch_rule_id="SDR_gone"),
    Kind.UNHEARD: _unheard,
    Kind.CALLED_IN_ROOM: _rule(rule={"dispatch_rule_callee": {"room_prefix": "call", "pin": "4711"}}),
    Kind.VISIBLE_BY_CHOICE: lambda installation: installation.live(hide_phone_number=False),
}
