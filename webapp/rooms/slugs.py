"""Slugs: the part of a room's link that names it, random unless an owner chooses one."""

import re
import secrets
import string
import unicodedata
from urllib.parse import unquote

from flask_babel import gettext as _

from webapp.core.db import db

SHORTEST, LONGEST = 3, 100
FORM = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
UUID_LIKE = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}")
# Words that are addresses of ours or of a meeting front end, below /rooms/, /join/ and the root.
RESERVED = frozenset(
    {
        "access",
        "account",
        "activity",
        "admin",
        "api",
        "app",
        "assets",
        "audit",
        "auth",
        "callback",
        "creation-callback",
        "delete",
        "desk",
        "edit",
        "find-owner",
        "guest",
        "health",
        "healthz",
        "help",
        "home",
        "hooks",
        "index",
        "invite",
        "join",
        "language",
        "livekit",
        "lobby",
        "login",
        "logout",
        "media",
        "meet",
        "metrics",
        "new",
        "people",
        "phone",
        "pin",
        "pins",
        "playground",
        "privacy",
        "readyz",
        "recording",
        "recordings",
        "room",
        "rooms",
        "rules",
        "settings",
        "setup",
        "sign-in",
        "sign-out",
        "sip",
        "static",
        "support",
        "system",
        "telephony",
        "terms",
        "trunks",
        "user",
        "users",
        "waiting",
        "www",
    }
)


def draw() -> str:
    """A random slug such as abc-defg-hij: it carries no name and cannot be guessed."""
    return "-".join("".join(secrets.choice(string.ascii_lowercase) for _letter in range(size)) for size in (3, 4, 3))


def hold(*names: str) -> None:
    """Keep everybody else from taking or leaving these slugs until the commit; what is read from then on holds.

    A slug is one room's, as its link or as one it had before: no unique key spans both tables.
    """
    db.hold(*(f"slug:{name}" for name in names))


def normalised(text: str | None) -> str:
    """A typed slug in small letters, without blanks at its ends."""
    return (text or "").strip().lower()


def as_meant(typed: str) -> list[str]:
    """What a link may mean that a person retyped or a mail program set anew: capitals, dashes of other lengths, the
    marks of a sentence around it, blanks, invisible signs, signs written as codes; likelier ones first.

    A soft hyphen is where a line may break, or what became of a hyphen. Nothing for what no link can be.
    """
    if len(typed) > 4 * LONGEST:
        return []
    plain = unicodedata.normalize("NFKC", unquote(unquote(typed))).replace("\u2212", "-")
    plain = "".join("-" if unicodedata.category(letter) == "Pd" else letter for letter in plain)
    meanings = (_bare(plain.replace("\u00ad", soft)) for soft in ("", "-"))
    return [slug for slug in dict.fromkeys(meanings) if slug != typed and FORM.fullmatch(slug)]


def _bare(text: str) -> str:
    """Without what is invisible, and without marks around it; blanks between two parts stand for a hyphen."""
    visible = "".join(letter for letter in text.casefold() if unicodedata.category(letter) not in {"Cf", "Cc"})
    return re.sub(r"[\s_-]+", "-", re.sub(r"^[^a-z0-9]+|[^a-z0-9]+$", "", visible))


def problem(slug: str) -> str | None:
    """What is wrong with a chosen slug, in words; None when nothing is."""
    if not SHORTEST <= len(slug) <= LONGEST:
        return str(_("Enter %(shortest)d to %(longest)d characters.", shortest=SHORTEST, longest=LONGEST))
    if not FORM.fullmatch(slug):
        return str(_("Use the letters a to z, digits, and single hyphens between them."))
    if UUID_LIKE.fullmatch(slug):
        return str(_("Choose a link that doesn't look like an identifier (a UUID)."))
    if slug.replace("-", "").isdigit():
        return str(_("Use at least one letter: digits alone look like a phone number."))
    if slug in RESERVED:
        return str(_("“%(slug)s” is an address of this site. Choose another.", slug=slug))
    return None
