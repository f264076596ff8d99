"""Callers under pseudonyms: the same caller is known again while a key lives, and the number is not to be had back.

The key is made of the installation's secret and a random half in the database: neither alone leads back to a number,
and when the random half is deleted nothing does.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.calls.models import CallerKey
from webapp.core import names
from webapp.core.db import db, utcnow
from webapp.core.masking import impersonal
from webapp.core.settings import settings
from webapp.livekit import phones

DAY = timedelta(days=1)
PHONE = "Phone "  # what LiveKit puts before a caller's number, or the end of it, to make a name
NUMBER = re.compile(r"[+*#0-9][0-9()*#. -]{0,60}")  # or a code that phones dial
BY_NAME = "@"
WITHHELD = ("", "anonymous", "unavailable", "restricted", "private", "unknown", "withheld")


def digest(number: str) -> str:
    """What LiveKit puts into the identity of a caller whose number a rule hides (livekit/protocol sip/sip.go)."""
    return hashlib.sha256(number.encode()).hexdigest()[:16]


WRITINGS = (str.lower, str.capitalize, str.upper)  # a digest does not tell which, and exchanges write them all
NOBODYS = frozenset(digest(written(word)) for word in WITHHELD for written in WRITINGS)


def digest_of(identity: str, attributes: Mapping[str, str]) -> str:
    """The digest of a phone participant's number, the same whether its rule hides it; empty for withheld numbers."""
    shown = attributes.get("sip.phoneNumber")
    found = digest(shown) if shown is not None else identity.removeprefix("sip_")
    return "" if found in NOBODYS or not identity.startswith("sip_") or identity == "sip_" else found


def ending_of(name: str) -> str:
    """The last two digits that LiveKit shows of a caller's number; empty when it shows none, or a name."""
    shown = name.removeprefix(PHONE)
    return re.sub(r"[^0-9]", "", shown)[-2:] if NUMBER.fullmatch(shown) else ""


def shown_of(name: str, identity: str, attributes: Mapping[str, str]) -> str:
    """What hosts may see of a caller: two digits of the number, empty where it is withheld.

    Who calls without a number, by a name (as exchanges and SIP phones do), is that name, or BY_NAME where it is hidden.
    """
    ending = ending_of(name)
    if ending or not digest_of(identity, attributes):
        return ending
    user = names.printable(attributes.get("sip.phoneNumber", ""))
    return impersonal(user)[:100] or (BY_NAME if name.startswith(PHONE) or phones.is_numbered(name) else "")


def known_by(identity: str, name: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """What is kept of a phone participant in place of its number: `caller`, a pseudonym, and `ending`, two digits."""
    return {"caller": pseudonym(digest_of(identity, attributes)), "ending": ending_of(name)}


def pseudonym(found: str) -> str:
    """The pseudonym of a digest under the key of now; empty for an empty one. May begin a key, in a savepoint."""
    return _keyed(_current().secret, found) if found else ""


def pseudonyms(found: str, session: Session | None = None) -> list[str]:
    """All pseudonyms that a digest may be known by: under the key of now, and under one that has just been replaced."""
    return [_keyed(key.secret, found) for key in _keys(session or db.session)] if found else []


def all_of(found: Iterable[str]) -> set[str]:
    """The same of several digests."""
    digests = {each for each in found if each}
    return {_keyed(key.secret, each) for key in (_keys(db.session) if digests else ()) for each in digests}


def rotate(now: datetime) -> None:
    """Begin a key when the present one is old enough, and destroy those that were replaced a day ago."""
    keys = _keys(db.session)
    if keys and _day(now) - keys[0].id >= settings.caller_key_days:
        keys.insert(0, _begin(_day(now)))
    for newer, older in pairwise(keys):
        if newer.id < _day(now):
            db.session.delete(older)


def _current() -> CallerKey:
    keys = _keys(db.session)
    return keys[0] if keys else _begin(_day(utcnow()))


def _keys(session: Session) -> list[CallerKey]:
    return list(session.scalars(sa.select(CallerKey).order_by(CallerKey.id.desc())))


def _begin(day: int) -> CallerKey:
    try:
        with db.collision_safe():
            db.session.add(CallerKey(id=day, secret=secrets.token_hex(32)))
    except IntegrityError:  # another process began it first
        pass
    return db.session.get_one(CallerKey, day)


def _day(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // DAY


def _keyed(secret: str, found: str) -> str:
    key = settings.secret_key.get_secret_value().encode() + bytes.fromhex(secret)
    return hmac.new(key, found.encode(), hashlib.sha256).hexdigest()[:16]
