"""Who is inside a live room, as its members may see it: web participants by name, callers by their last two digits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from webapp.calls import book
from webapp.calls.pseudonyms import ending_of, shown_of
from webapp.live.attributes import has_number
from webapp.livekit import phones
from webapp.livekit.rooms import Participant


@dataclass(frozen=True)
class Person:
    """Somebody inside; known by LiveKit's sid, because a caller's identity is their number."""

    sid: str
    name: str  # of a caller: that of one who has a name in place of a number; empty where the number is withheld
    ending: str  # of a caller's number; empty when there is none to show
    shown_as: str  # what the others see of a caller whose number is hidden; empty where that is the number's end
    phone: bool
    held: bool  # waits in the lobby: hears nobody and is not heard
    joined_at: datetime
    number: bool  # LiveKit has the caller's number, to be shown on request
    attributes: bool  # LiveKit has some of them


def inside(participants: list[Participant]) -> list[Person]:
    """The people among the participants, in the order they came."""
    endings = book.endings([one.call_id for one in participants if one.is_phone])
    people = [_person(one, endings) for one in participants if one.is_web or one.is_phone]
    return sorted(people, key=lambda person: (person.joined_at, person.sid))


def _person(one: Participant, endings: Mapping[str, str]) -> Person:
    if not one.is_phone:
        name = one.name or one.identity
        return Person(one.sid, name, "", "", False, False, one.joined_at, False, bool(one.attributes))
    ending = endings.get(one.call_id) or ending_of(one.name)
    return Person(
        sid=one.sid,
        name="" if ending else shown_of(one.name, one.identity, one.attributes),
        ending=ending,
        shown_as=one.name if phones.is_numbered(one.name) else "",
        phone=True,
        held=phones.HELD in one.attributes,
        joined_at=one.joined_at,
        number=has_number(one),
        attributes=bool(one.attributes),
    )
