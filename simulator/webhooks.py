"""Webhooks as LiveKit sends them: signed, in order per room, tried again on some failures only, and then lost."""

import asyncio
import base64
import hashlib
import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from livekit.protocol.egress import EgressInfo
from livekit.protocol.models import ParticipantInfo, Room, TrackInfo
from livekit.protocol.webhook import WebhookEvent

from simulator import ids, jsonform
from simulator.faults import HookFault
from simulator.tokens import sign
from simulator.world import World

WAITS = (0.0, 1.0, 2.0, 4.0, 8.0)  # so at 0, 1, 3, 7 and 15 seconds
MAX_AGE_SECONDS = 30.0
MAX_QUEUE = 200
VALID_SECONDS = 300
REPEATED_STATUS = 429


@dataclass(eq=False)
class Delivery:
    """One event on its way to one address. `queue` is the room's name, or the egress' id."""

    event: WebhookEvent
    queue: str
    url: str
    body: bytes
    token: str
    stored: float
    answers: list[int | None] = field(default_factory=list)
    outcome: str = "waiting"
    sent_at: float | None = None

    def described(self) -> dict[str, Any]:
        """The delivery as JSON; `answers` are statuses, null for a connection that failed; `sent_at` in Unix time."""
        return {
            "id": self.event.id,
            "event": self.event.event,
            "queue": self.queue,
            "url": self.url,
            "answers": self.answers,
            "outcome": self.outcome,
            "sent_at": self.sent_at,
            "body": json.loads(self.body),
        }


@dataclass
class Outbox:
    """What is on its way, and what was."""

    queues: dict[tuple[str, str], deque[Delivery]] = field(default_factory=dict)
    late: int = 0
    reversing: dict[int, list[tuple[HookFault, WebhookEvent, str]]] = field(default_factory=dict)
    log: deque[Delivery] = field(default_factory=lambda: deque(maxlen=2000))

    @property
    def idle(self) -> bool:
        """Nothing waits to be sent."""
        return not self.late and not any(self.queues.values())


def send_room(
    world: World, event: str, room: Room, participant: ParticipantInfo | None = None, track: TrackInfo | None = None
) -> None:
    """Tell of a room, somebody in it, or their track; of a track's room and owner LiveKit only gives ids and names."""
    webhook = WebhookEvent(event=event)
    webhook.room.CopyFrom(Room(sid=room.sid, name=room.name) if track else room)
    if participant:
        brief = ParticipantInfo(sid=participant.sid, identity=participant.identity)
        webhook.participant.CopyFrom(brief if track else participant)
    if track:
        webhook.track.CopyFrom(track)
    send(world, webhook, room.name)


def send_egress(world: World, event: str, info: EgressInfo) -> None:
    """Tell of an egress; its events keep their own order, apart from the room's."""
    webhook = WebhookEvent(event=event)
    webhook.egress_info.CopyFrom(info)
    send(world, webhook, info.egress_id)


def send(world: World, event: WebhookEvent, queue: str) -> None:
    """Give an event its id and time and send it to every address, unless a fault has other plans."""
    event.id = ids.new("EV_")
    event.created_at = int(time.time())
    fault = world.faults.due_hook(event.event, event.room.name or event.egress_info.room_name)
    if fault is None:
        _enqueue(world, event, queue)
    elif fault.kind == "drop":
        _log_dropped(world, event, queue)
    elif fault.kind == "delay":
        _delay(world, event, queue, fault.seconds)
    elif fault.kind == "duplicate":
        _enqueue(world, event, queue)
        _enqueue(world, event, queue)
    else:
        _reverse(world, event, queue, fault)


def release(world: World) -> None:
    """Send what a reversal still keeps, last first."""
    outbox = world.part(Outbox)
    reversed_events, outbox.reversing = outbox.reversing, {}
    for events in reversed_events.values():
        for _, event, queue in reversed(events):
            _enqueue(world, event, queue)


async def settle(world: World, seconds: float = 10.0) -> bool:
    """Wait until nothing is on its way any more; False when it took too long."""
    outbox = world.part(Outbox)
    end = time.monotonic() + seconds
    while not outbox.idle and time.monotonic() < end:
        await asyncio.sleep(0.005)
    return outbox.idle


def _enqueue(world: World, event: WebhookEvent, queue: str) -> None:
    outbox = world.part(Outbox)
    for url in world.webhook_urls:
        delivery = _delivery(world, event, queue, url)
        outbox.log.append(delivery)
        waiting = outbox.queues.get((url, queue))
        if waiting is None:
            outbox.queues[url, queue] = deque([delivery])
            world.spawn(_work_off(world, outbox, url, queue))
        elif len(waiting) >= MAX_QUEUE:
            delivery.outcome = "dropped: queue full"
        else:
            waiting.append(delivery)


def _delivery(world: World, event: WebhookEvent, queue: str, url: str) -> Delivery:
    body = jsonform.webhook(event)
    now = int(time.time())
    claims = {
        "iss": world.options.api_key,
        "exp": now + VALID_SECONDS,
        "nbf": now,
        "iat": now,
        "sha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
    }
    return Delivery(event, queue, url, body, sign(claims, world.options.api_secret), time.monotonic())


async def _work_off(world: World, outbox: Outbox, url: str, queue: str) -> None:
    waiting = outbox.queues[url, queue]
    while waiting:
        await _deliver(world, waiting[0])
        waiting.popleft()
    del outbox.queues[url, queue]


async def _deliver(world: World, delivery: Delivery) -> None:
    if time.monotonic() - delivery.stored > MAX_AGE_SECONDS * world.timing.webhook_age:
        delivery.outcome = "dropped: age"
        return
    for wait in WAITS:
        await asyncio.sleep(wait * world.timing.webhooks)
        delivery.sent_at = delivery.sent_at or time.time()
        status = await _post(world, delivery)
        delivery.answers.append(status)
        # LiveKit takes every other answer, 401 and 404 too, for a delivery.
        if status is not None and status < 500 and status != REPEATED_STATUS:
            delivery.outcome = "sent"
            return
    delivery.outcome = "lost"


async def _post(world: World, delivery: Delivery) -> int | None:
    headers = {
        "Authorization": delivery.token,
        "Content-Type": "application/webhook+json",
        "User-Agent": "Go-http-client/1.1",
    }
    if world.http is None:
        raise RuntimeError("the simulator is not running")
    try:
        # No time-out, as in LiveKit: a receiver that sleeps holds this room's queue.
        async with world.http.post(delivery.url, data=delivery.body, headers=headers, allow_redirects=False) as answer:
            await answer.read()
            return answer.status
    except (aiohttp.ClientError, OSError):
        return None


def _log_dropped(world: World, event: WebhookEvent, queue: str) -> None:
    for url in world.webhook_urls:
        delivery = _delivery(world, event, queue, url)
        delivery.outcome = "dropped: fault"
        world.part(Outbox).log.append(delivery)


def _delay(world: World, event: WebhookEvent, queue: str, seconds: float) -> None:
    outbox = world.part(Outbox)
    outbox.late += 1

    def arrive() -> None:
        outbox.late -= 1
        _enqueue(world, event, queue)

    world.later(seconds, arrive)


def _reverse(world: World, event: WebhookEvent, queue: str, fault: HookFault) -> None:
    outbox = world.part(Outbox)
    waiting = outbox.reversing.setdefault(id(fault), [])
    waiting.append((fault, event, queue))  # keeps the fault alive too, so that its id stays its own
    if fault.times == 0:
        for _, earlier, name in reversed(outbox.reversing.pop(id(fault))):
            _enqueue(world, earlier, name)
