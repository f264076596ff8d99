"""Phones on the simulator get what they get from LiveKit: answers, prompts, silence, and a place in the room."""

import pytest
from livekit.protocol.models import DisconnectReason

from simulator import calls, participants, rooms
from simulator.calls_model import PhoneCall, State
from simulator.world import World
from tests.support.simulated_calls import dial, rule, run, settle, store, type_keys, web
from tests.support.waiting import async_until

ASKED = ["100 Processing", "407 Unauthorized"]
PROMPTED = ["100 Processing", "180 Ringing", "200 OK"]


def messages(call: PhoneCall) -> list[str]:
    return [line["msg"] for line in call.log.lines]


def test_the_right_pin_leads_into_the_room_with_livekits_identity_and_attributes():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1234", metadata="m", attributes={"rule.attr": "yes"}))
        call = await type_keys(world, await dial(world, call_id="c1@phone", tag="t1"), "1234#")
        assert (call.answers(), call.prompts, call.state) == (PROMPTED, ["enter-pin", "joining"], State.INSIDE)
        info = call.participant.info
        assert (info.identity, info.name, info.metadata) == ("sip_+15551234", "Phone +15551234", "m")
        assert (info.kind, info.permission.can_update_metadata) == (participants.KIND.SIP, True)
        assert dict(info.attributes) == {
            "rule.attr": "yes",
            "sip.callID": call.id,
            "sip.callIDFull": "c1@phone",
            "sip.callStatus": "active",
            "sip.callTag": "t1",
            "sip.hostname": "127.0.0.1",
            "sip.phoneNumber": "+15551234",
            "sip.ruleID": "SDR_1",
            "sip.trunkID": "ST_main",
            "sip.trunkPhoneNumber": "+15550001",
        }
        assert [(track.name, track.mime_type) for track in info.tracks] == [("sip_+15551234", "audio/opus")]

    run(scenario)


@pytest.mark.parametrize("keys", ["9999#", "#", "1234567890123456" + "7"])
def test_a_pin_is_tried_once_and_then_the_bridge_hangs_up(keys: str):
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1234"))
        call = await type_keys(world, await dial(world), keys)
        assert (call.answers(), call.reason) == ([*PROMPTED, "BYE"], "wrong-pin")
        assert ("Checking Pin for SIP call" in messages(call)) == ("#" in keys)
        assert await type_keys(world, call, "1234#") is call and call.state is State.ENDED
        assert not world.rooms

    run(scenario)


def test_keys_without_a_hash_leave_the_call_at_the_prompt():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1234"))
        call = await type_keys(world, await dial(world), "1234")
        assert (call.answers(), call.state) == (PROMPTED, State.PROMPT)
        assert (await type_keys(world, call, "#")).state is State.INSIDE

    run(scenario)


def test_a_hash_alone_leads_to_the_open_rule_beside_a_pin_rule():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1234"), rule("SDR_2", "lobby"))
        call = await type_keys(world, await dial(world), "#")
        assert (call.state, call.room, call.rule_id) == (State.INSIDE, "lobby", "SDR_2")

    run(scenario)


def test_an_open_rule_rings_in_the_room_until_somebody_there_speaks():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet"))
        listener = web(world, "meet", audio=False)
        call = await dial(world)
        assert (call.answers(), call.state) == (["100 Processing", "180 Ringing"], State.RINGING)
        assert call.participant.info.attributes["sip.callStatus"] == "ringing"
        participants.publish(world, listener)
        await settle_inside(call)
        assert call.answers()[-1] == "200 OK"
        assert call.participant.info.attributes["sip.callStatus"] == "active"

    run(scenario)


async def settle_inside(call: PhoneCall) -> None:
    await async_until(lambda: call.state is State.INSIDE)


def test_an_open_rule_gives_up_after_the_ringing_timeout():
    async def scenario(world: World) -> None:
        trunk = {"sip_trunk_id": "ST_main", "numbers": ["+15550001"], "ringing_timeout": "0.1s"}
        store(world, rule("SDR_1", "meet"), trunk=trunk)
        call = await dial(world)
        await async_until(lambda: call.state is State.ENDED)
        assert call.answers()[-1] == "486 Rejected" and not world.rooms["meet"].participants

    run(scenario)


def test_a_call_that_nothing_takes_rings_for_ever_and_not_even_its_end_is_answered():
    async def scenario(world: World) -> None:
        store(world)
        call = await dial(world)
        assert (call.answers(), call.state) == (["100 Processing", "180 Ringing"], State.SILENT)
        calls.hang_up(world, call)
        assert (call.answers(), call.reason) == (["100 Processing", "180 Ringing"], "flood")

    run(scenario)


def test_a_stored_pair_of_rules_ends_every_call_of_its_trunk_and_no_other():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "a", pin="1"), rule("SDR_2", "b", pin="1"))
        other = {"sip_trunk_id": "ST_other", "numbers": ["+15550002"]}
        store(world, rule("SDR_3", "c", pin="1", trunk_ids=["ST_other"]), trunk=other)
        assert (await dial(world)).answers() == ["100 Processing", "180 Ringing", "503 Try again later"]
        assert (await dial(world, to="+19998887777")).answers()[-1] == "503 Try again later"
        assert (await dial(world, to="+15550002")).answers() == PROMPTED

    run(scenario)


def test_a_stored_pair_of_trunks_ends_every_call_before_it_rings():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "a"))
        store(world, trunk={"sip_trunk_id": "ST_twin", "numbers": ["15550001"]})
        call = await dial(world)
        assert call.answers() == ["100 Processing", "503 Try again later"]
        assert 'Multiple SIP Trunks matched for "+15550001"' in call.log.lines[1]["error"]

    run(scenario)


@pytest.mark.parametrize(
    ("credentials", "answers"),
    [
        ({}, ASKED),
        ({"username": "u", "password": "x"}, [*ASKED, "100 Processing", "401 Unauthorized"]),
        ({"username": "x", "password": "p"}, [*ASKED, "100 Processing", "401 Unauthorized"]),
        ({"username": "u", "password": "p"}, [*ASKED, *PROMPTED]),
    ],
)
def test_a_trunk_with_a_password_asks_for_it_before_any_rule(credentials: dict[str, str], answers: list[str]):
    async def scenario(world: World) -> None:
        trunk = {"sip_trunk_id": "ST_main", "numbers": ["+15550001"], "auth_username": "u", "auth_password": "p"}
        store(world, rule("SDR_1", "meet", pin="1"), trunk=trunk)
        assert (await dial(world, **credentials)).answers() == answers

    run(scenario)


def test_a_second_call_of_the_same_number_throws_the_first_one_out():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1"))
        first = await type_keys(world, await dial(world), "1#")
        second = await type_keys(world, await dial(world), "1#")
        assert (first.answers()[-1], first.reason) == ("BYE", "duplicate-identity")
        assert second.state is State.INSIDE and len(world.rooms["meet"].participants) == 1

    run(scenario)


def test_removing_a_phone_or_deleting_its_room_hangs_up():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1"))
        removed = await type_keys(world, await dial(world), "1#")
        participants.leave(world, removed.participant, DisconnectReason.PARTICIPANT_REMOVED)
        assert (removed.answers()[-1], removed.reason) == ("BYE", "removed")
        deleted = await type_keys(world, await dial(world), "1#")
        rooms.close(world, world.rooms["meet"], DisconnectReason.ROOM_DELETED)
        assert (deleted.answers()[-1], deleted.state) == ("BYE", State.ENDED)

    run(scenario)


def test_hanging_up_leaves_the_room_and_says_so_first():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1"))
        call = await type_keys(world, await dial(world), "1#")
        info = call.participant.info
        calls.hang_up(world, call)
        assert info.attributes["sip.callStatus"] == "hangup" and not world.rooms["meet"].participants
        assert (call.reason, messages(call)[-1]) == ("hangup", "SIP call ended")

    run(scenario)


@pytest.mark.parametrize("fields", [{"room_preset": "no one knows"}, {"room_config": {"max_participants": 1}}])
def test_a_room_that_does_not_have_the_phone_costs_an_answered_call(fields: dict[str, object]):
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1", **fields), rule("SDR_2", "meet", pin="2", **fields))
        if "room_config" in fields:
            await type_keys(world, await dial(world, **{"from": "+1"}), "2#")
        call = await type_keys(world, await dial(world), "1#")
        assert (call.answers(), call.reason) == ([*PROMPTED, "BYE"], "participant-failed")

    run(scenario)


def test_a_phone_that_may_not_publish_loses_its_voice_for_good():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1"))
        web(world, "meet")
        call = await type_keys(world, await dial(world), "1#")
        phone = call.participant
        assert heard(world, phone) == (True, True)
        participants.allow(world, phone, participants.ParticipantPermission(can_subscribe=True))
        assert heard(world, phone) == (False, True)
        participants.allow(world, phone, participants.everything(can_update_metadata=True))
        assert heard(world, phone) == (False, True)
        participants.allow(world, phone, participants.ParticipantPermission(can_publish=True))
        assert heard(world, phone) == (False, False)

    run(scenario)


def heard(world: World, phone: participants.Participant) -> tuple[bool, bool]:
    """The room hears the phone, the phone hears the room."""
    somebody = world.rooms["meet"].participants["web"]
    return participants.hears(somebody, phone), participants.hears(phone, somebody)


def test_a_call_without_a_number_that_reaches_a_hiding_rule_is_an_outage():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1", hide_phone_number=True))
        call = await dial(world, **{"from": ""})
        assert (call.answers()[-1], world.outages) == ("503 Try again later", 1)

    run(scenario)


def test_a_guard_rule_takes_calls_without_a_number_away_from_hiding_rules():
    async def scenario(world: World) -> None:
        hiding = rule("SDR_1", "meet", pin="1", hide_phone_number=True)
        individual = {"dispatch_rule_individual": {"room_prefix": "no-caller-id"}}
        store(world, hiding, rule("SDR_2", "", rule=individual, inbound_numbers=[""]))
        call = await dial(world, **{"from": ""})
        assert (call.participant.info.identity, world.outages) == ("sip_", 0)
        assert call.room.startswith("no-caller-id_")
        assert (await dial(world)).answers() == PROMPTED

    run(scenario)


def test_a_rejected_invite_repeated_within_a_minute_gets_the_same_answer_though_the_world_is_mended():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "a", pin="1"), rule("SDR_2", "b", pin="1"))
        same = {"call_id": "again@phone", "tag": "t"}
        rejected = await dial(world, **same)
        store(world, rule("SDR_2", "b", pin="2"))
        assert (await dial(world, **same)).answers() == rejected.answers()
        assert (await dial(world)).answers() == PROMPTED

    run(scenario)


def test_the_bridges_log_holds_pins_in_clear_as_livekits_does():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1"))
        call = await type_keys(world, await dial(world), "77#")
        checked = next(line for line in call.log.lines if line["msg"] == "Checking Pin for SIP call")
        assert (checked["pin"], checked["noPin"], checked["sipTrunk"]) == ("77", False, "ST_main")
        assert call.log.lines[-1]["reason"] == "wrong-pin"

    run(scenario)


def test_a_phone_without_audio_is_hung_up_after_a_while():
    async def scenario(world: World) -> None:
        store(world, rule("SDR_1", "meet", pin="1"))
        call = await settle(await type_keys(world, await dial(world), "1#"))
        calls.go_silent(world, call)
        await async_until(lambda: call.state is State.ENDED)
        assert (call.answers()[-1], call.reason) == ("BYE", "media-timeout")

    run(scenario)
