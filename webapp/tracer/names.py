"""What trunks, rules and rooms of a story are called on a page, and where their own page is."""

from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.calls import pseudonyms
from webapp.core.masking import impersonal
from webapp.doctor.reading import Reading
from webapp.matching import Rule
from webapp.rooms.models import AccessLevel
from webapp.rules.facts import RoomFacts
from webapp.rules.wanted import as_room_id
from webapp.tracer.story import Story


@dataclass(frozen=True)
class Name:
    """A trunk or a rule, ours by its room; `slug` is that of the room.

    `owner` is trunk, room, guard, foreign or other (another Frontdesk's).
    """

    id: str
    text: str
    owner: str
    slug: str = ""


class Names:
    """The names of everything in a reading."""

    def __init__(self, reading: Reading) -> None:
        self._trunks = {trunk_id: Name(trunk_id, name, "trunk") for trunk_id, name in reading.trunk_names.items()}
        self._rules = {rule.id: _rule(rule, reading) for rule in reading.rules}
        self._rooms = reading.rooms

    def trunk(self, trunk_id: str) -> Name:
        """A trunk; one that LiveKit does not have goes by its id."""
        return self._trunks.get(trunk_id) or Name(trunk_id, trunk_id or _("an empty id"), "trunk")

    def rule(self, rule_id: str) -> Name:
        """A rule."""
        return self._rules.get(rule_id) or Name(rule_id, rule_id, "foreign")

    def live_room(self, story: Story) -> str:
        """The live room of a story: ours by its own name, and never with the caller's number in it."""
        return self.room(story.room, story.question.from_user)

    def room(self, name: str, caller: str) -> str:
        """A live room by its name in LiveKit."""
        room_id = as_room_id(name)
        if room := self._rooms.get(room_id) if room_id else None:
            return room.name
        text = name.replace(caller, f"…{pseudonyms.ending_of(caller)}") if len(caller) > 2 else name
        return impersonal(text)

    def has_trunk(self, trunk_id: str) -> bool:
        """LiveKit has the trunk."""
        return trunk_id in self._trunks

    def has_rule(self, rule_id: str) -> bool:
        """LiveKit has the rule."""
        return rule_id in self._rules

    def has_lobby(self, story: Story) -> bool:
        """The room is ours, and not everybody who calls may simply enter."""
        room = self._room(story)
        return room is not None and room.access_level is not AccessLevel.PUBLIC

    def _room(self, story: Story) -> RoomFacts | None:
        room_id = as_room_id(story.room)
        return self._rooms.get(room_id) if room_id else None


def _rule(rule: Rule, reading: Reading) -> Name:
    room, owner = reading.room_of(rule), reading.owner_word(rule)
    if room:
        text = room.name
    elif owner == "guard":
        text = _("Guard against calls without a number")
    else:
        text = impersonal(rule.name) or rule.id
    slug = room.slug if room and room.deleted_at is None else ""
    return Name(rule.id, text, owner, slug)
