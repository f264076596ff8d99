"""Calling out and transferring: a SIP participant made by the API, and the transfer that never succeeds here."""

from simulator import calls, calls_room
from simulator.calls_model import Caller, PhoneCall, Phones, State
from simulator.sip_objects import SipObjects, no_trunk
from simulator.world import World
from webapp.matching import Answer, Json, MatchingError, check_headers

DIAL_SECONDS = 0.5
TRANSFER_SECONDS = 30.0


async def create_participant(world: World, request: Json) -> Json:
    """Dial a number from a room; the number answers soon after."""
    _check(request)
    if not request.get("trunk") and request["sip_trunk_id"] not in world.part(SipObjects).outbound:
        raise no_trunk()
    call = PhoneCall(Caller.parse({"from": request["sip_call_to"], "to": request.get("sip_number", "")}))
    world.part(Phones).add(call)
    call.trunk_id = request.get("sip_trunk_id", "")
    if not await calls.join(world, call, _answer(call, request), "dialing"):
        raise MatchingError("other", "unavailable", "could not establish signal connection", wrapped=True)
    sid = call.participant.info.sid if call.participant else ""
    call.task = world.spawn(_pick_up(world, call))
    if request.get("wait_until_answered"):
        await call.task
    identity = _identity(request)
    return {
        "participant_id": sid,
        "participant_identity": identity,
        "room_name": request["room_name"],
        "sip_call_id": call.id,
    }


async def transfer_participant(world: World, request: Json) -> Json:
    """Send a REFER: whoever is asked here rings until LiveKit gives up."""
    _check_transfer(request)
    person = calls_room.find(world, request["room_name"], request["participant_identity"])
    if person is None:
        raise MatchingError("other", "not_found", "participant does not exist", wrapped=True)
    if "sip.callID" not in person.info.attributes:
        raise _behind_psrpc("no SIP session associated with participant")
    timeout = float(str(request.get("ringing_timeout") or f"{TRANSFER_SECONDS}s").removesuffix("s"))
    await world.wait(timeout)
    raise MatchingError("other", "deadline_exceeded", "request timed out", wrapped=True)


async def _pick_up(world: World, call: PhoneCall) -> None:
    await world.wait(DIAL_SECONDS)
    call.answered = True
    call.state = State.INSIDE
    calls_room.set_status(call, "active")


def _check(request: Json) -> None:
    if not request.get("sip_trunk_id") and not request.get("trunk"):
        raise _invalid("missing sip trunk id and sip number")
    if not request.get("sip_call_to"):
        raise _invalid("missing sip callee number")
    if "@" in request["sip_call_to"]:
        raise _invalid("SipCallTo should be a phone number or SIP user, not a full SIP URI")
    if not request.get("room_name"):
        raise _invalid("missing room name")
    check_headers(request.get("headers") or {})


def _check_transfer(request: Json) -> None:
    """LiveKit asks for the room and the person before it looks at the rest."""
    if not request.get("room_name"):
        raise _behind_psrpc("Missing room name")
    if not request.get("participant_identity"):
        raise _behind_psrpc("Missing participant identity")
    if not request.get("transfer_to"):
        raise _invalid("missing transfer to")
    if not request["transfer_to"].removeprefix("<").startswith(("sip:", "sips:", "tel:")):
        raise _invalid("transfer_to must be a valid SIP(s) or TEL URI (sip:, sips: or tel:)")
    check_headers(request.get("headers") or {})


def _identity(request: Json) -> str:
    return str(request.get("participant_identity") or f"sip_{request['sip_call_to']}")


def _answer(call: PhoneCall, request: Json) -> Answer:
    number = request["sip_call_to"]
    attributes = {**(request.get("participant_attributes") or {}), "sip.callID": call.id, "sip.trunkID": call.trunk_id}
    if not request.get("hide_phone_number"):
        attributes |= {"sip.phoneNumber": number, "sip.trunkPhoneNumber": request.get("sip_number", "")}
    fields = {
        "participant_identity": _identity(request),
        "participant_name": request.get("participant_name") or f"Phone {number}",
        "participant_metadata": request.get("participant_metadata", ""),
        "participant_attributes": attributes,
    }
    return Answer("ACCEPT", call.trunk_id, room=request["room_name"], fields=fields)


def _behind_psrpc(text: str) -> MatchingError:
    return MatchingError("other", "invalid_argument", text, wrapped=True)


def _invalid(text: str) -> MatchingError:
    return MatchingError("other", "invalid_argument", text)
