"""What a room's page says about joining by phone: number, dial link, and how LiveKit stands to it."""

import enum
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from webapp.core.settings import settings
from webapp.rooms.models import Room, TrunkRow


class RuleState(enum.Enum):
    """How a room's dispatch rule stands, worst first."""

    OFF = "off"  # phones may not join
    NO_PIN = "no_pin"
    BEHIND = "behind"  # LiveKit has not followed yet
    LIVE = "live"
    RESTING = "resting"  # nobody is inside, so no rule is wanted


@dataclass(frozen=True)
class Phone:
    """How a room is reached by phone."""

    number: str  # as people write it; empty when unknown
    dialled: str  # for tel: links
    trunk: str
    state: RuleState

    def one_tap(self, pin: str) -> str:
        """What a phone dials by itself: the number, pauses until the prompt (a comma is about 2 s), the PIN and #."""
        return f"{self.dialled},,,{pin}#"

    def link(self, pin: str) -> str:
        """The same as a tel: link."""
        return f"tel:{self.one_tap(pin)}".replace("#", "%23")


def describe(room: Room, trunk: TrunkRow | None) -> Phone:
    """How the room is reached by phone now."""
    number = (trunk.number if trunk else "") or settings.phone_number
    words, dialled = _written(number, settings.phone_country)
    return Phone(words, dialled, (trunk.name or trunk.sip_trunk_id) if trunk else "", rule_state(room))


def rule_state(room: Room) -> RuleState:
    """How the room's rule stands."""
    if room.rule_problem:
        return RuleState.BEHIND
    if not room.phone_enabled:
        return RuleState.OFF
    if room.pin is None:
        return RuleState.NO_PIN
    return RuleState.LIVE if room.sip_dispatch_rule_id else RuleState.RESTING


@lru_cache(maxsize=1024)
def _written(number: str, country: str) -> tuple[str, str]:
    """The number as people write it and as phones dial it; what is no number stays as it is."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return number, number
    international = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    e164 = phonenumbers.PhoneNumberFormat.E164
    return phonenumbers.format_number(parsed, international), phonenumbers.format_number(parsed, e164)
