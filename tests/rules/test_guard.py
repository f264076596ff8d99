"""A rule that hides numbers is placed beside a guard that was seen, whatever our rows believe."""

from typing import Any

import pytest

from tests.support.installation import NUMBER, Installation
from tests.support.waiting import until
from webapp.live import reconcile
from webapp.rules import wanted

LIST = "ListSIPDispatchRule"
DELETE = "DeleteSIPDispatchRule"


def _edit(installation: Installation, rule: dict[str, Any], **fields: Any) -> None:
    kept = {name: rule[name] for name in ("rule", "name", "trunk_ids", "inbound_numbers", "hide_phone_number")}
    told = {"sip_dispatch_rule_id": rule["sip_dispatch_rule_id"], "replace": {**kept, **fields}}
    installation.livekit.call("SIP", "UpdateSIPDispatchRule", **told)


def _delete(installation: Installation, rule: dict[str, Any]) -> None:
    told = {"sip_dispatch_rule_id": rule["sip_dispatch_rule_id"]}
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", **told)


def _comes_alive(installation: Installation) -> None:
    """Another room on the trunk gets its rule."""
    room = installation.room()
    installation.join(room)
    reconcile.now(room)
    assert installation.rule_of(room) is not None


def test_a_guard_that_somebody_deleted_is_back_before_the_next_hiding_rule_though_others_stand_there(
    installation: Installation,
):
    installation.live()
    (guard,) = installation.guards()
    _delete(installation, guard)
    installation.livekit.fail("CreateSIPDispatchRule")
    room = installation.room()
    installation.join(room)
    reconcile.now(room)
    assert installation.rule_of(room) is None, "no guard, no rule"
    _comes_alive(installation)
    assert len(installation.guards()) == 1


@pytest.mark.parametrize(
    "change", [{"hide_phone_number": True}, {"numbers": ["+999"]}, {"inbound_numbers": ["+1555"]}, {"name": "theirs"}]
)
def test_a_guard_that_somebody_changed_guards_again_before_the_next_hiding_rule(
    installation: Installation, change: dict[str, Any]
):
    installation.live()
    (guard,) = installation.guards()
    _edit(installation, guard, **change)
    _comes_alive(installation)
    assert installation.guards() == [guard]
    phone = installation.dial(caller="")
    until(lambda: installation.phone(phone)["room"])
    assert installation.phone(phone)["room"].startswith(wanted.GUARD_PREFIX)
    assert installation.livekit.outages == 0


def test_to_see_the_guard_costs_one_list_by_its_id_and_never_a_list_of_everything(installation: Installation):
    installation.live()
    (guard,) = installation.guards()
    before = installation.livekit.calls(LIST)
    _comes_alive(installation)
    asked = installation.livekit.asked(LIST)[before:]
    assert [each.get("dispatch_rule_ids") for each in asked] == [[guard["sip_dispatch_rule_id"]]]


def test_a_narrow_guard_that_stands_as_it_was_left_costs_one_list_as_well(installation: Installation):
    installation.foreign()
    installation.live()
    (guard,) = installation.guards()
    assert guard["numbers"] == [NUMBER]
    before, changes = installation.livekit.calls(LIST), installation.changes()
    _comes_alive(installation)
    asked = installation.livekit.asked(LIST)[before:]
    assert [each.get("dispatch_rule_ids") for each in asked] == [[guard["sip_dispatch_rule_id"]]]
    assert installation.changes() - changes == 1, "the room's own rule"
    assert installation.guards() == [guard]


def test_a_room_whose_numbers_are_shown_asks_for_no_guard(installation: Installation):
    installation.live()
    before = installation.livekit.calls(LIST)
    room = installation.room(hide_phone_number=False)
    installation.join(room)
    reconcile.now(room)
    assert installation.livekit.calls(LIST) == before


def test_the_look_at_the_guard_costs_as_many_questions_whether_few_rooms_stand_there_or_many(
    installation: Installation, count_queries: Any
):
    counts = []
    for others in (1, 6):
        for _ in range(others):
            installation.live()
        room = installation.room()
        installation.join(room)
        with count_queries() as sent:
            reconcile.now(room)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def _doubles(installation: Installation, count: int) -> list[str]:
    """More guards on the trunk, as lost races leave them."""
    return installation.store(*[wanted.guard(installation.trunk_id) for _ in range(count)])


def _ids(installation: Installation) -> set[str]:
    return {guard["sip_dispatch_rule_id"] for guard in installation.guards()}


def test_of_the_guards_that_are_too_many_one_that_stays_keeps_no_other_from_going_and_is_logged(
    installation: Installation, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    installation.live()
    (kept,) = _ids(installation)
    doubles = _doubles(installation, 3)
    installation.livekit.fail(DELETE)
    assert installation.sweep().failures == ["unavailable"]
    (left,) = _ids(installation) - {kept}
    (line,) = [line for line in ("".join(capsys.readouterr()) + caplog.text).splitlines() if "left_behind" in line]
    assert left in doubles and left in line and "unavailable" in line
    assert installation.sweep().failures == []
    assert _ids(installation) == {kept}


def test_doubles_of_a_guard_that_stay_keep_nobody_from_putting_it_right(installation: Installation):
    installation.live()
    (guard,) = installation.guards()
    _edit(installation, guard, hide_phone_number=True)
    installation.store({**wanted.guard(installation.trunk_id), "inbound_numbers": [wanted.NOBODY]})
    installation.livekit.fail(DELETE)
    assert installation.sweep().failures == ["unavailable"]
    assert guard in installation.guards()


def test_a_guard_that_neither_can_be_put_right_nor_goes_keeps_no_other_from_guarding(installation: Installation):
    installation.live()
    (guard,) = installation.guards()
    _edit(installation, guard, hide_phone_number=True, inbound_numbers=[wanted.NOBODY])
    (double,) = _doubles(installation, 1)
    installation.livekit.fail(DELETE, times=2)
    assert set(installation.sweep().failures) == {"unavailable"}
    phone = installation.dial(caller="")
    until(lambda: installation.phone(phone)["room"])
    assert installation.phone(phone)["room"].startswith(wanted.GUARD_PREFIX)
    assert double in _ids(installation)
    assert installation.sweep().failures == []
    assert len(_ids(installation)) == 1
