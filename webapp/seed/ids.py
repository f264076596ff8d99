"""Keys and times of the past: a key tells its row's age, as the keys of real rows do."""

import uuid
from datetime import datetime, timedelta
from random import Random


def moment(random: Random, now: datetime, days: float) -> datetime:
    """A time within the last so many days."""
    return now - timedelta(seconds=random.random() * days * 86_400)


def id_at(when: datetime, random: Random) -> uuid.UUID:
    """A version 7 UUID (RFC 9562) of a row made then."""
    milliseconds = int(when.timestamp() * 1000)
    bits = random.getrandbits(74)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & (1 << 62) - 1)
