"""LiveKit's own Python client, in protobuf, is understood in every method Frontdesk or its users may call."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from livekit import api

from tests.support.livekit import LiveKit
from tests.support.loops import complete

NUMBER, OTHER = "+15550001", "+15550002"
Story = Callable[[api.LiveKitAPI], Awaitable[None]]


@pytest.fixture
def play(livekit: LiveKit) -> Callable[[Story], None]:
    """Runs a story with a client of this LiveKit."""

    async def told(story: Story) -> None:
        async with api.LiveKitAPI(livekit.url, livekit.key, livekit.secret) as client:
            await story(client)

    return lambda story: complete(asyncio.wait_for(told(story), 20))


def direct(room: str, pin: str = "") -> api.SIPDispatchRule:
    return api.SIPDispatchRule(dispatch_rule_direct=api.SIPDispatchRuleDirect(room_name=room, pin=pin))


def test_rooms_and_those_inside(livekit: LiveKit, play: Callable[[Story], None]) -> None:
    async def story(client: api.LiveKitAPI) -> None:
        rooms = client.room
        made = await rooms.create_room(api.CreateRoomRequest(name="meeting", metadata="m"))
        track = livekit.join("meeting", "web", publish=["microphone"])["tracks"][0]["sid"]
        assert [room.sid for room in (await rooms.list_rooms(api.ListRoomsRequest())).rooms] == [made.sid]
        changed = await rooms.update_room_metadata(api.UpdateRoomMetadataRequest(room="meeting", metadata="n"))
        assert changed.metadata == "n"
        who = api.RoomParticipantIdentity(room="meeting", identity="web")
        listed = await rooms.list_participants(api.ListParticipantsRequest(room="meeting"))
        assert [person.identity for person in listed.participants] == ["web"]
        muted = await rooms.mute_published_track(
            api.MuteRoomTrackRequest(room="meeting", identity="web", track_sid=track, muted=True)
        )
        assert muted.track.muted
        renamed = await rooms.update_participant(
            api.UpdateParticipantRequest(room="meeting", identity="web", name="Ada", attributes={"a": "1"})
        )
        assert (renamed.name, dict(renamed.attributes)) == ("Ada", {"a": "1"})
        await rooms.update_subscriptions(
            api.UpdateSubscriptionsRequest(room="meeting", identity="web", track_sids=["TR_x"], subscribe=False)
        )
        await rooms.send_data(api.SendDataRequest(room="meeting", data=b"hello", topic="t"))
        assert (await rooms.get_participant(who)).name == "Ada"
        await rooms.remove_participant(who)
        with pytest.raises(api.TwirpError) as refused:
            await rooms.get_participant(who)
        assert (refused.value.code, refused.value.status) == ("not_found", 404)
        await rooms.delete_room(api.DeleteRoomRequest(room="meeting"))

    play(story)
    assert [message["data"] for message in livekit.messages("meeting")] == ["hello"]
    assert livekit.rooms() == []


def test_inbound_trunks(livekit: LiveKit, play: Callable[[Story], None]) -> None:
    async def story(client: api.LiveKitAPI) -> None:
        sip = client.sip
        info = api.SIPInboundTrunkInfo(name="one", numbers=[NUMBER], metadata="kept")
        trunk = await sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=info))
        changed = await sip.update_inbound_trunk_fields(
            trunk.sip_trunk_id, name="two", numbers=api.ListUpdate(add=[OTHER]), allowed_addresses=["10.0.0.0/8"]
        )
        assert (changed.name, changed.metadata) == ("two", "kept")
        assert (list(changed.numbers), list(changed.allowed_addresses)) == ([NUMBER, OTHER], ["10.0.0.0/8"])
        with pytest.raises(api.TwirpError, match="Conflicting inbound SIP Trunks"):
            await sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=info))
        replaced = await sip.update_inbound_trunk(trunk.sip_trunk_id, api.SIPInboundTrunkInfo(numbers=[NUMBER]))
        assert (replaced.name, list(replaced.numbers)) == ("", [NUMBER])
        listed = await sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest(numbers=["1555 0001"]))
        assert list(listed.items) == [replaced]
        await sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=trunk.sip_trunk_id))

    play(story)
    assert livekit.trunks() == []


def test_dispatch_rules(livekit: LiveKit, play: Callable[[Story], None]) -> None:
    async def story(client: api.LiveKitAPI) -> None:
        sip = client.sip
        asked = api.CreateSIPDispatchRuleRequest(rule=direct("meeting", "1"), trunk_ids=["ST_x"], name="one")
        rule = await sip.create_dispatch_rule(asked)
        with pytest.raises(api.TwirpError) as refused:
            await sip.create_dispatch_rule(asked)
        assert (refused.value.code, refused.value.status) == ("invalid_argument", 400)
        assert "already exists in dispatch rule" in refused.value.message
        changed = await sip.update_dispatch_rule_fields(
            rule.sip_dispatch_rule_id,
            rule=direct("meeting", "2"),
            trunk_ids=api.ListUpdate(remove=["ST_x"], add=["ST_y"]),
            attributes={"a": "1"},
        )
        assert (changed.name, list(changed.trunk_ids)) == ("one", ["ST_y"])
        assert changed.rule.dispatch_rule_direct.pin == "2"
        listed = await sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest(trunk_ids=["ST_y"]))
        assert list(listed.items) == [changed]
        bare = api.SIPDispatchRuleInfo(rule=direct("meeting"), hide_phone_number=True)
        replaced = await sip.update_dispatch_rule(rule.sip_dispatch_rule_id, bare)
        assert replaced.hide_phone_number and not replaced.attributes and not replaced.trunk_ids
        gone = api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=rule.sip_dispatch_rule_id)
        assert await sip.delete_dispatch_rule(gone) == replaced

    play(story)
    assert livekit.rules() == []


def test_calls_out(livekit: LiveKit, play: Callable[[Story], None]) -> None:
    async def story(client: api.LiveKitAPI) -> None:
        sip = client.sip
        info = api.SIPOutboundTrunkInfo(name="out", address="sip.example.com", numbers=[NUMBER])
        trunk = await sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=info))
        changed = await sip.update_outbound_trunk_fields(trunk.sip_trunk_id, address="other.example.com")
        assert (await sip.list_outbound_trunk(api.ListSIPOutboundTrunkRequest())).items[0] == changed
        call = await sip.create_sip_participant(
            api.CreateSIPParticipantRequest(
                sip_trunk_id=trunk.sip_trunk_id,
                sip_call_to=OTHER,
                room_name="meeting",
                participant_identity="callee",
                wait_until_answered=True,
            )
        )
        assert (call.participant_identity, call.room_name) == ("callee", "meeting")

    play(story)
    assert livekit.participants("meeting")["callee"]["kind"] == "SIP"


def test_recordings(livekit: LiveKit, play: Callable[[Story], None], tmp_path: Path) -> None:
    async def story(client: api.LiveKitAPI) -> None:
        egress = client.egress
        film = api.EncodedFileOutput(filepath=str(tmp_path / "film.mp4"))
        started = await egress.start_room_composite_egress(
            api.RoomCompositeEgressRequest(room_name="meeting", file_outputs=[film])
        )
        assert started.status == api.EgressStatus.EGRESS_STARTING
        ended = await egress.stop_egress(api.StopEgressRequest(egress_id=started.egress_id))
        assert ended.status == api.EgressStatus.EGRESS_ENDING
        listed = await egress.list_egress(api.ListEgressRequest(egress_id=started.egress_id))
        assert [item.egress_id for item in listed.items] == [started.egress_id]
        with pytest.raises(api.TwirpError, match="requested room does not exist"):
            await egress.start_participant_egress(api.ParticipantEgressRequest(room_name="absent", identity="web"))

    livekit.join("meeting")
    play(story)


def test_a_refused_token_is_an_error_of_the_client_too(livekit: LiveKit) -> None:
    async def story() -> None:
        async with api.LiveKitAPI(livekit.url, livekit.key, "another secret of thirty-two bytes!!") as client:
            with pytest.raises(api.TwirpError) as refused:
                await client.room.list_rooms(api.ListRoomsRequest())
            assert refused.value.status == 401  # in plain text, of which the client makes no message

    complete(asyncio.wait_for(story(), 20))
