"""A phone call as LiveKit's SIP bridge takes it: trunk, password, ringing, rule, PIN, room, and how it ends.

Observed on livekit-sip v1.10 call by call; the waits are its own, scaled by the world's latency.
"""

import asyncio
from collections.abc import Mapping

from simulator import calls_room
from simulator.calls_checks import ASK_PASSWORD, Refused, ask_rule, authenticate, find_trunk
from simulator.calls_model import NO_SUCH_KEY, Caller, Keys, PhoneCall, Phones, State
from simulator.ids import letters
from simulator.world import World
from webapp.matching import KEYPAD, LONGEST_PIN, Answer

JOINING_SECONDS = 1.3  # the "joining" prompt
WRONG_PIN_SECONDS = 2.0  # the "wrong PIN" prompt
PUBLISH_SECONDS = 0.033
MEDIA_TIMEOUT = 15.0
RINGING_TIMEOUT = 180.0


def place(world: World, caller: Caller) -> PhoneCall:
    """Send the INVITE; the call goes on by itself from here."""
    call = PhoneCall(caller)
    world.part(Phones).add(call)
    call.hear("INVITE")
    call.task = world.spawn(_live(world, call))
    return call


def press(world: World, call: PhoneCall, keys: str) -> None:
    """Press keys one after the other; the bridge hears them at its PIN prompt only.

    Raises ValueError for what no phone has.
    """
    if not set(keys) <= KEYPAD:
        raise ValueError(NO_SUCH_KEY)
    if call.caller.keys_by != Keys.AUDIO:
        _press_unheard(call, keys)
        return
    for key in keys:
        if call.state is not State.PROMPT:
            return
        _pressed(world, call, key)


def _press_unheard(call: PhoneCall, keys: str) -> None:
    """Keys by SIP INFO are refused one by one and logged once; a phone without telephone events sends none."""
    if call.caller.keys_by == Keys.NONE or not call.answered or call.state is State.ENDED:
        return
    for _ in keys:
        call.hear("INFO")
        call.send("405 Method Not Allowed")
    if not call.log.says("Inbound SIP request not handled"):
        call.log.write("inbound.go:1320", "Inbound SIP request not handled", method="INFO")


def hang_up(world: World, call: PhoneCall) -> None:
    """The caller puts the receiver down: BYE, or CANCEL while it still rings."""
    if call.state is State.ENDED:
        return
    if call.task:
        call.task.cancel()
    call.hear("BYE" if call.answered else "CANCEL")
    if call.state is State.SILENT:  # not even this is answered
        call.end("flood")
        return
    call.send("200 OK")
    if call.answered:
        call.log.write("inbound.go:1300", "BYE from remote")
    else:
        call.send("487 Request Terminated")
    calls_room.leave(world, call)
    _close(call, "hangup" if call.answered else "cancelled")


def go_silent(world: World, call: PhoneCall) -> None:
    """The phone's audio stops coming: after its time-out the bridge hangs up."""

    async def time_out() -> None:
        await world.wait(MEDIA_TIMEOUT)
        if call.state is State.INSIDE:
            calls_room.leave(world, call)
            _bye(call, "media-timeout")

    world.spawn(time_out())


async def _live(world: World, call: PhoneCall) -> None:
    try:
        await _arrive(world, call)
    except Refused as refusal:
        _refuse(world, call, refusal)


async def _arrive(world: World, call: PhoneCall) -> None:
    call.send("100 Processing")
    call.log.write("inbound.go:414", "processing invite")
    before = world.part(Phones).remembered(call.caller)
    if before:
        _repeat(call, before)
        return
    trunk = await find_trunk(world, call)
    authenticate(call, trunk)
    call.send("180 Ringing")
    call.state = State.RINGING
    await _answer(world, call, await ask_rule(world, call))


def _repeat(call: PhoneCall, before: list[str]) -> None:
    for answer in before[1:]:
        call.send(answer)
    if before[-1] == "180 Ringing":
        call.state = State.SILENT
    else:
        call.end("rejected-before")


async def _answer(world: World, call: PhoneCall, answer: Answer) -> None:
    if answer.result == "DROP":
        call.state = State.SILENT
        world.part(Phones).remember(call)
        call.log.write("inbound.go:890", "Rejecting inbound flood", "debug")
        call.log.close("flood")
    elif answer.result == "ACCEPT":
        await _ring_in(world, call, answer)
    else:
        _accept(call)
        call.state = State.PROMPT
        call.prompts.append("enter-pin")
        call.log.write("inbound.go:1239", "Requesting Pin for SIP call")
        press(world, call, call.caller.keys)


def _accept(call: PhoneCall) -> None:
    call.answered = True
    call.send("200 OK")
    call.hear("ACK")
    call.log.write("inbound.go:953", "Accepting the call")
    call.log.write("inbound.go:595", "ACK from remote")


async def _ring_in(world: World, call: PhoneCall, answer: Answer) -> None:
    """An open rule: the phone is in the room at once, and rings until it hears somebody."""
    if not await join(world, call, answer, "ringing"):
        raise Refused("486 Rejected", "participant-failed")
    call.log.write("inbound.go:1039", "Waiting for track subscription(s)")
    if not await _somebody_speaks(call, _seconds(answer.fields) or RINGING_TIMEOUT):
        calls_room.leave(world, call)
        raise Refused("486 Rejected", "no-answer")
    _accept(call)
    call.state = State.INSIDE
    calls_room.set_status(call, "active")


async def _somebody_speaks(call: PhoneCall, timeout: float) -> bool:
    waited = 0.0
    step = 0.02
    while not calls_room.subscribed_to_audio(call):
        if waited >= timeout:
            return False
        await asyncio.sleep(step)
        if int(waited + step) > int(waited):
            call.send("180 Ringing")
        waited += step
    return True


def _pressed(world: World, call: PhoneCall, key: str) -> None:
    if key != "#":
        call.pin += key
        if len(call.pin) <= LONGEST_PIN:
            return
        call.task = world.spawn(_reject_pin(world, call))
        call.state = State.JOINING
        return
    call.state = State.JOINING
    call.task = world.spawn(_check_pin(world, call, call.pin))


async def _check_pin(world: World, call: PhoneCall, pin: str) -> None:
    call.log.write("inbound.go:1266", "Checking Pin for SIP call", pin=pin, noPin=not pin)
    try:
        answer = await ask_rule(world, call, pin, no_pin=not pin)
    except Refused as refusal:
        _refuse(world, call, refusal)
        return
    if answer.result != "ACCEPT" or not answer.room:
        call.log.write("inbound.go:1280", "Rejecting call", pin=pin, noPin=not pin)
        await _reject_pin(world, call)
        return
    call.prompts.append("joining")
    await world.wait(JOINING_SECONDS)
    if await join(world, call, answer, "active"):
        call.state = State.INSIDE
    else:
        _bye(call, "participant-failed")


async def _reject_pin(world: World, call: PhoneCall) -> None:
    call.prompts.append("wrong-pin")
    await world.wait(WRONG_PIN_SECONDS)
    _bye(call, "wrong-pin")


async def join(world: World, call: PhoneCall, answer: Answer, status: str) -> bool:
    """Take the phone into a room and let it speak there; False when LiveKit does not have it."""
    room = answer.room + letters(12) if answer.room_random else answer.room
    call.rule_id, call.room = answer.rule_id, room
    who = {"participant": answer.fields["participant_identity"], "participantName": answer.fields["participant_name"]}
    call.log.context |= {"sipRule": answer.rule_id, "room": room, **who}
    call.log.write("inbound.go:1599", "Joining room")
    try:
        calls_room.enter(world, call, answer, status, _thrown_out)
    except calls_room.CannotEnter:
        error = "could not establish signal connection"
        call.log.write("inbound.go:1000", "Cannot create LiveKit participant", "error", error=error)
        return False
    call.log.write("room.go:466", "SIP participant joined room")
    await world.wait(PUBLISH_SECONDS)
    calls_room.publish(world, call)
    call.log.write("localparticipant.go:214", "published track")
    return True


def _thrown_out(call: PhoneCall, reason: str) -> None:
    """LiveKit ended the participant: the bridge hangs up at once."""
    if call.task and call.state is not State.INSIDE:
        call.task.cancel()
    if call.answered:
        _bye(call, reason)
    else:
        call.send("486 Rejected")
        _close(call, reason)


def _bye(call: PhoneCall, reason: str) -> None:
    call.send("BYE")
    _close(call, reason)


def _close(call: PhoneCall, reason: str) -> None:
    call.end(reason)
    call.log.close(reason)


def _refuse(world: World, call: PhoneCall, refusal: Refused) -> None:
    if call.answered:
        _bye(call, refusal.reason)
        return
    call.send(refusal.answer)
    if refusal.answer != ASK_PASSWORD:  # the same INVITE comes again with the password
        world.part(Phones).remember(call)
    rang = call.state is not State.TRYING
    call.end(refusal.reason)
    if rang:  # of a call refused before it rang the bridge logs no end
        call.log.close(refusal.reason)


def _seconds(fields: Mapping[str, object]) -> float:
    return float(str(fields.get("ringing_timeout") or "0s").removesuffix("s"))
