"""What is measured: each scenario prepares its data, the requests that wrk sends, and what proves the answers right."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import sqlalchemy as sa
from markupsafe import escape

from bench.load import raw
from bench.world import WAITING, World, hook
from webapp.deliveries.models import Delivery
from webapp.lobby import queues
from webapp.rooms.models import Room

SWAP = {"HX-Request": "true"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
EVENTS = ("participant_joined", "track_published", "track_published", "participant_left")


@dataclass(frozen=True)
class Proof:
    """A request that is asked once, and how often its answer says something when it is the right one."""

    request: bytes
    says: str
    times: int = 1
    status: int = 200


@dataclass(frozen=True)
class Plan:
    """The requests, what proves them right, and what their work must have added to when all are through."""

    requests: Iterable[bytes]
    proof: Proof
    made: sa.Select[int] | None = None


@dataclass(frozen=True)
class Scenario:
    """One line of the report."""

    key: str
    prepare: Callable[[World], Plan]
    expects: int = 200
    connections: int = 16
    in_bucket: bool = False  # of a Frontdesk whose recordings lie in a bucket


def room_list(world: World) -> Plan:
    """The first page of one's rooms, for somebody who owns twenty."""
    request = raw("GET", "/rooms/", world.browser(world.owner_of_few()))
    return Plan([request], Proof(request, '<th scope="row"', 20))


def room_list_of_many(world: World) -> Plan:
    """The same for somebody who owns very many."""
    request = raw("GET", "/rooms/", world.browser(world.owner_of_many()))
    return Plan([request], Proof(request, '<th scope="row"', 20))


def room_page(world: World) -> Plan:
    """Everything about one room."""
    owner = world.owner_of_few()
    room = world.room_of(owner)
    request = raw("GET", f"/rooms/{room.slug}/", world.browser(owner))
    return Plan([request], Proof(request, f"<title>{escape(room.name)}"))


def guest_poll(world: World) -> Plan:
    """A hundred guests ask whether they may come in."""
    url, guests = f"/join/{world.busy_room().slug}/wait", world.guests()
    proof = Proof(raw("GET", url, guests[0]), "The host knows you're waiting")
    return Plan([raw("GET", url, guest | SWAP) for guest in guests], proof)


def host_poll(world: World) -> Plan:
    """A host asks for news of a queue of a hundred, and there is none."""
    return _host_poll(world, 1_000)


def host_poll_large(world: World) -> Plan:
    """The same in an installation that has seen many guests."""
    return _host_poll(world, world.size.entries)


def _host_poll(world: World, entries: int) -> Plan:
    world.guests()
    world.entries(entries)
    room, host = world.busy_room(), world.browser(world.owner_of_few())
    url = f"/rooms/{room.slug}/queue"
    request = raw("GET", f"{url}?v={queues.of_room(room).version}", host | SWAP)
    return Plan([request], Proof(raw("GET", url, host), world.GUEST, WAITING))


def hook_intake(world: World) -> Plan:
    """LiveKit tells of tracks and arrivals in two hundred rooms."""
    start = world.random.getrandbits(48)
    rooms = world.rooms(200)

    def request(number: int) -> bytes:
        event = EVENTS[number // len(rooms) % len(EVENTS)]
        return raw("POST", "/hooks/livekit", *hook(rooms[number % len(rooms)], event, start + number))

    def requests() -> Iterator[bytes]:
        return (request(number) for number in range(1, world.size.hooks))

    return Plan(requests(), Proof(request(0), '"stored"'), sa.select(sa.func.count(Delivery.id)))


def room_create(world: World) -> Plan:
    """One person makes rooms with PINs, one after the other, through the form."""
    world.pins(world.size.pins)
    headers = world.browser(world.owner_of_few()) | FORM
    form = {"name": "Budget round, harbour", "slug": "", "access_level": "restricted", "phone_enabled": "y"}
    request = raw("POST", "/rooms/new", headers, urlencode(form).encode())
    made = sa.select(sa.func.count(Room.id)).where(Room.pin.is_not(None))
    return Plan([request], Proof(request, "/rooms/", status=303), made)


def recording_list(world: World) -> Plan:
    """The first page of a thousand recordings, for whoever owns their rooms."""
    return _recording_list(world, 1_000)


def recording_list_large(world: World) -> Plan:
    """The same of a thousand times as many."""
    return _recording_list(world, world.size.recordings)


def _recording_list(world: World, count: int) -> Plan:
    world.recordings(count)
    request = raw("GET", "/recordings/", world.browser(world.owner_of_many()))
    return Plan([request], Proof(request, '<th scope="row"', 20))


def media_auth(world: World) -> Plan:
    """A proxy asks whether somebody may have the bytes of a recording, as it does for each range of a player."""
    owner = world.owner_of_few()
    asked = {"X-Original-Method": "GET", "X-Original-URI": f"/media/{world.recording_of(owner).key}"}
    request = raw("GET", "/hooks/media-auth", world.browser(owner) | asked)
    return Plan([request], Proof(request, ""))


SCENARIOS = (
    Scenario("room_list", room_list),
    Scenario("room_list_owner_of_10000", room_list_of_many),
    Scenario("room_page", room_page),
    Scenario("guest_poll", guest_poll, expects=204),
    Scenario("host_poll", host_poll, expects=204),
    Scenario("host_poll_100000_entries", host_poll_large, expects=204),
    Scenario("room_create", room_create, expects=303, connections=1),
    Scenario("hook_intake", hook_intake),
    Scenario("hook_intake_10000_rules", hook_intake),
    Scenario("recording_list", recording_list, in_bucket=True),
    Scenario("recording_list_1000000", recording_list_large, in_bucket=True),
    Scenario("media_auth", media_auth, in_bucket=True),
)
