"""Short questions that tell whether LiveKit is there, what it can do, and what time it has."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livekit.protocol.egress import ListEgressRequest
from livekit.protocol.room import ListRoomsRequest
from livekit.protocol.sip import ListSIPInboundTrunkRequest

from webapp.core import tls
from webapp.core.dates import skew
from webapp.core.settings import settings
from webapp.livekit.client import call
from webapp.livekit.errors import LiveKitError

if TYPE_CHECKING:
    from livekit.api import LiveKitAPI


@dataclass(frozen=True)
class Heard:
    """What came back: how many things there are, or the code of what went wrong (`no_redis` among them)."""

    count: int = 0
    code: str = ""


def rooms(timeout: float) -> Heard:
    """Whether LiveKit answers and knows our key."""
    return _hear(lambda livekit: livekit.room.list_rooms(ListRoomsRequest()), "rooms", timeout)


def trunks(timeout: float) -> Heard:
    """Whether LiveKit has SIP; whether livekit-sip itself runs cannot be asked."""
    return _hear(lambda livekit: livekit.sip.list_inbound_trunk(ListSIPInboundTrunkRequest()), "items", timeout)


def egresses(timeout: float) -> Heard:
    """Whether LiveKit has egress; whether a worker waits cannot be asked without starting one."""
    return _hear(lambda livekit: livekit.egress.list_egress(ListEgressRequest(active=True)), "items", timeout)


def clock(timeout: float) -> float | None:
    """How many seconds LiveKit's clock is ahead of ours, to about a second; None when it does not say."""
    try:
        answer = tls.get(settings.livekit_url, lambda: settings.livekit_tls, timeout)
    except tls.NoAnswer:
        return None
    return skew(answer.date, answer.elapsed)


def _hear(ask: Callable[["LiveKitAPI"], Awaitable[Any]], name: str, timeout: float) -> Heard:
    try:
        return Heard(count=len(getattr(call(ask, timeout), name)))
    except LiveKitError as error:
        return Heard(code="no_redis" if error.without_redis else error.code)
