"""A participant's attributes, as those see them who may: of those that are not on the list the name alone."""

from dataclasses import dataclass

from webapp.core import names
from webapp.core.masking import impersonal
from webapp.core.settings import settings
from webapp.livekit.rooms import Participant

NUMBER = "sip.phoneNumber"  # the caller's
NUMBERS = (NUMBER, "sip.trunkPhoneNumber")  # and the one that was called
LONGEST = 200


@dataclass(frozen=True)
class Attribute:
    """One attribute; `value` is None where it is not shown."""

    name: str
    value: str | None


def shown(participant: Participant) -> list[Attribute]:
    """The attributes by name, those with a value first."""
    allowed = set(settings.shown_attributes)
    there = sorted(participant.attributes.items())
    first = [Attribute(name, _clean(value)) for name, value in there if name in allowed]
    return first + [Attribute(impersonal(_clean(name)), None) for name, _value in there if name not in allowed]


def has_number(participant: Participant) -> bool:
    """LiveKit has the caller's number, and the installation lets it be shown."""
    return bool(participant.attributes.get(NUMBER)) and NUMBER in settings.shown_attributes


def tells_number(attributes: list[Attribute]) -> bool:
    """Somebody's number is among the values."""
    return any(attribute.value for attribute in attributes if attribute.name in NUMBERS)


def _clean(text: str) -> str:
    """Others may write what they like."""
    return names.printable(text)[:LONGEST]
