"""Everything the simulated LiveKit knows: state in memory, changed by one event loop only, so without locks."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from livekit.protocol.models import DisconnectReason, ParticipantInfo, Room

from simulator.faults import Faults

Part = TypeVar("Part")
Left = Callable[["Participant", DisconnectReason], None]
Back = Callable[["Participant"], None]
FEW_TIMERS = 100


@dataclass(frozen=True)
class Options:
    """What the simulator is told at its start. Port 0 takes a free one."""

    port: int = 7880
    host: str = "127.0.0.1"
    api_key: str = "devkey"
    api_secret: str = "development-livekit-secret-of-32-characters"  # noqa: S105 (for development only)
    webhook_urls: tuple[str, ...] = ()
    recordings_dir: Path = Path("var/recordings")
    sip_file: Path | None = None


@dataclass
class Switches:
    """How this LiveKit is configured, and which of its weaknesses show."""

    racy_creates: bool = False
    enable_remote_unmute: bool = False
    redis: bool = True
    egress_worker: bool = True


@dataclass
class Timing:
    """Factors on LiveKit's own times, 1.0 being as slow as the real one.

    `latency`: what LiveKit waits for before it answers, and how late its counts are; `rooms`: empty and departure
    timeouts; `webhooks`: the waits between tries; `webhook_age`: the age at which an event is dropped.
    """

    latency: float = 1.0
    rooms: float = 1.0
    webhooks: float = 1.0
    webhook_age: float = 1.0


@dataclass(eq=False)
class LiveRoom:
    """A room while people are in it, or shortly before and after. A ghost is stored, but no node runs it."""

    info: Room
    participants: dict[str, "Participant"] = field(default_factory=dict)
    entered: bool = False
    ghost: bool = False
    unlisted: bool = False  # Redis was emptied: a node runs it, but nothing is stored of it
    closing: asyncio.TimerHandle | None = None
    counting: asyncio.TimerHandle | None = None


@dataclass(eq=False)
class Participant:
    """Somebody in a room. `subscribed` holds the sids of the tracks LiveKit sends here, if `can_subscribe` lets it.

    `left` hears of the end with LiveKit's disconnect reason; `back` of a new participant with the same connection,
    after LiveKit restarted under it.
    """

    info: ParticipantInfo
    room: LiveRoom
    subscribed: set[str] = field(default_factory=set)
    left: Left | None = None
    back: Back | None = None


@dataclass(frozen=True)
class Asked:
    """A request LiveKit has been sent, as JSON, and when, in Unix time."""

    service: str
    method: str
    body: dict[str, Any]
    at: float


class World:
    """One simulated LiveKit installation."""

    def __init__(self, options: Options, switches: Switches | None = None, timing: Timing | None = None) -> None:
        self.options = options
        self._switches = switches or Switches()
        self._timing = timing or Timing()
        self.webhook_urls: tuple[str, ...] = ()
        self.methods: frozenset[str] = frozenset()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._timers_to_sweep = FEW_TIMERS
        self.http: aiohttp.ClientSession | None = None
        self.resets = 0
        self._forget()

    def _forget(self) -> None:
        self.resets += 1
        self.switches = Switches(**vars(self._switches))
        self.timing = Timing(**vars(self._timing))
        self.webhook_urls = self.options.webhook_urls
        self.faults = Faults()
        self.rooms: dict[str, LiveRoom] = {}
        self.asked: deque[Asked] = deque(maxlen=5000)
        self.counts: Counter[str] = Counter()
        self.outages = 0
        self.messages: deque[tuple[str, str, bytes]] = deque(maxlen=5000)
        self._parts: dict[type[Any], Any] = {}

    def reset(self) -> None:
        """Be as on the first day: nothing stored, nothing under way, every switch as at the start."""
        for task in self._tasks:
            task.cancel()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._forget()

    def part(self, kind: type[Part]) -> Part:
        """The state another module keeps in this world, made by `kind()` on first use and forgotten at a reset."""
        if kind not in self._parts:
            self._parts[kind] = kind()
        part: Part = self._parts[kind]
        return part

    async def wait(self, seconds: float) -> None:
        """Let LiveKit take its time."""
        await asyncio.sleep(seconds * self.timing.latency)

    def later(self, seconds: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        """Do something in so many real seconds, unless the world is reset before."""

        def act() -> None:
            self._timers.discard(handle)
            action()

        handle = asyncio.get_running_loop().call_later(seconds, act)
        self._timers.add(handle)
        if len(self._timers) > self._timers_to_sweep:
            self._timers = {timer for timer in self._timers if not timer.cancelled()}
            self._timers_to_sweep = max(FEW_TIMERS, 2 * len(self._timers))
        return handle

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Run something beside the requests, until it ends or the world is reset."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
