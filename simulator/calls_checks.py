"""The questions the SIP bridge asks before it lets a call ring or enter: which trunk, whose password, which rule."""

from simulator.calls_model import PhoneCall
from simulator.sip_objects import SipObjects
from simulator.world import World
from webapp.matching import Answer, MatchingError, Trunk, choose_trunk, look_up

LATER = "503 Try again later"
ASK_PASSWORD = "407 Unauthorized"  # noqa: S105
AWAY_SECONDS = 1.0
CRASH_SECONDS = 3.0


class Refused(Exception):
    """The call ends here: what is answered in SIP, if anything, and the bridge's reason."""

    def __init__(self, answer: str, reason: str) -> None:
        super().__init__(reason)
        self.answer = answer
        self.reason = reason


async def find_trunk(world: World, call: PhoneCall) -> Trunk | None:
    """Ask LiveKit over which trunk the call comes; None is no refusal. Raises Refused."""
    try:
        if not world.switches.redis or world.faults.away:
            await world.wait(AWAY_SECONDS)
            raise MatchingError("other", "unavailable", "no response from servers")
        trunk = choose_trunk(world.part(SipObjects).trunks_by_id(), call.asked())
    except MatchingError as error:
        refusal = f"twirp error {error.code}: {error.text}"
        call.log.write("inbound.go:700", "Rejecting inbound, auth check failed", "warn", error=refusal)
        raise Refused(LATER, "auth-failed") from error
    call.trunk_id = trunk.id if trunk else ""
    call.log.context |= {"sipTrunk": call.trunk_id} if trunk else {}
    return trunk


def authenticate(call: PhoneCall, trunk: Trunk | None) -> None:
    """Ask for the trunk's password, if it has one, and check what comes. Raises Refused."""
    if trunk is None or not trunk.asks_password:
        return
    expected = trunk.info["auth_username"]
    call.log.write("inbound.go:200", "Starting SIP invite authentication", username=expected)
    sending = "No Proxy header found. Sending 407 Unauthorized response with Proxy-Authenticate header"
    call.log.write("inbound.go:238", sending, username=expected)
    if not call.caller.username:
        raise Refused(ASK_PASSWORD, "auth-required")
    call.send(ASK_PASSWORD)
    call.hear("INVITE")
    call.send("100 Processing")
    if call.caller.username != expected:
        call.log.write("inbound.go:280", "Authentication failed - username mismatch", "warn", expectedUsername=expected)
        raise Refused("401 Unauthorized", "auth-failed")
    if call.caller.password != trunk.info["auth_password"]:
        call.log.write("inbound.go:300", "Authentication failed - response mismatch", "warn", username=expected)
        raise Refused("401 Unauthorized", "auth-failed")
    call.log.write("inbound.go:311", "SIP invite authentication successful", username=expected)


async def ask_rule(world: World, call: PhoneCall, pin: str = "", no_pin: bool = False) -> Answer:
    """Ask LiveKit which rule takes the call. Raises Refused, after an outage if the real process would have ended."""
    objects = world.part(SipObjects)
    asked = call.asked()
    try:
        return look_up(
            objects.trunks_by_id(), objects.rules_by_id(), asked, named=call.trunk_id, pin=pin, no_pin=no_pin
        )
    except MatchingError as error:
        await _failed(world, call, error)
        raise Refused(LATER, "dispatch-error") from error


async def _failed(world: World, call: PhoneCall, error: MatchingError) -> None:
    if error.kind == "panic":
        world.outages += 1  # the real server process has ended, and everybody's meetings with it
        await world.wait(CRASH_SECONDS)
        return
    refusal = f"twirp error {error.code}: {error.text}"
    call.log.write("psrpc.go:98", "SIP handle dispatch rule error", "warn", error=refusal)
    call.log.write("inbound.go:880", "Rejecting inbound call, dispatch evaluation failed", "warn")
