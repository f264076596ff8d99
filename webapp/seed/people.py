"""Fictional people."""

from datetime import datetime
from random import Random

from webapp.seed.bulk import Row
from webapp.seed.ids import id_at, moment
from webapp.seed.words import FIRST, LAST

DOMAIN = "seeded.example"


def person(random: Random, number: int, now: datetime) -> Row:
    """One person, known by a number so that no two share an address."""
    first, last = random.choice(FIRST), random.choice(LAST)
    joined = moment(random, now, 720)
    return {
        "id": id_at(joined, random),
        "sub": f"seed|{number}",
        "email": f"person{number}@{DOMAIN}",
        "full_name": f"{first} {last}",
        "short_name": first,
        "language": random.choice(("", "en", "fr")),
        "created_at": joined,
        "last_sign_in_at": moment(random, now, 60),
    }


def pending(email: str, now: datetime, random: Random) -> Row:
    """Somebody who has not signed in yet and will find everything there."""
    return {"id": id_at(now, random), "email": email.lower(), "created_at": now}
