"""Canaries: personal data unlike anything else, and how each is found again in whatever form it was written."""

import base64
import binascii
import hashlib
import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

PEOPLE = (
    *("owner", "administrator", "member", "stranger", "support", "admin"),
    "colleague",  # a second member of the room
    "former",  # had a role in it
    "pending",  # was given one, and never signed in
    "invitee",  # was invited by mail, and has no account
    "contact",  # whose address goes to the marketing service
    "elsewhere",  # owns another room, in which no persona has a role
)
# Letters alone: they stay as they are in HTML, in JSON, in an address and in quoted-printable.
TEXTS = {
    **{f"name.{who}": f"zqname{who}" for who in PEOPLE},
    **{f"email.{who}": f"zqmail{who}" for who in PEOPLE},
    **{f"id_token.{who}": f"zqidtoken{who}" for who in PEOPLE},
    **{f"browser.{who}": f"zqbrowser{who}" for who in PEOPLE},
    "name.guest": "zqguestwaiting",  # somebody else who waits
    "name.denied": "zqguestdenied",
    "name.self_guest": "zqguestself",  # the persona
    "name.guest_elsewhere": "zqguestelsewhere",
    "name.inside": "zqinsideweb",  # came by web
    "identity.inside": "zqidentityweb",
    "attribute.unknown": "zqattribute",
    "attribute.metadata": "zqmetadata",
    "attribute.sip_header": "zqsipheader",
    "reason.rotate": "zqreasonrotate",
    "reason.reveal": "zqreasonreveal",
    "reason.reveal_participant": "zqreasonparticipant",
    "reason.hold": "zqreasonhold",
    "reason.staff": "zqreasonstaff",
    "message.invitation": "zqmessage",
    "room.name": "zqroomhere",
    "room.name_elsewhere": "zqroomelsewhere",
    "trunk.password": "zqtrunkpassword",
    "trunk.user": "zqtrunkuser",
    "storage.key": "zqobjectkey",
    "secret.smtp": "zqsmtppassword",
    "secret.storage_hook": "zqstoragehook",
    "secret.metrics": "zqmetricstoken",
    "secret.marketing": "zqmarketingkey",
    "secret.livekit": "development-livekit-secret",  # that of the simulator
    "secret.oidc": "zqoidcsecret",
    "typed.name": "zqtypedname",
    "typed.email": "zqtypedmail",
    "typed.reason": "zqtypedreason",
    "typed.header": "zqtypedheader",
    "typed.cookie": "zqtypedcookie",
    "typed.path": "zqtypedpath",
}
# Without the country's code, which is left out where people write for their own country.
DIGITS = {
    "number.caller": "691847101",  # of a room that shows numbers
    "number.hidden_caller": "691847202",  # of one that hides them
    "number.trunk": "691847303",
    "number.allowed": "691847404",
    "number.attribute": "691847505",  # under a name that nobody has heard of
    "number.rule": "691847606",  # in the name of somebody else's rule
    "pin.current": "6918481015",
    "pin.old": "6918482026",
    "pin.quiet": "6918483037",  # of the room that hides numbers
    "pin.elsewhere": "6918484048",
    "pin.rule": "6918485059",  # of somebody else's rule
    "typed.number": "691847909",
    "typed.pin": "6918489091",
}
ADDRESSES = {f"address.{who}": f"198.51.100.{number}" for number, who in enumerate(PEOPLE, 11)}
LITERAL = {core: label for label, core in (TEXTS | ADDRESSES).items()}
NUMBER = {core: label for label, core in DIGITS.items()}


def _any(cores: dict[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(cores, key=len, reverse=True))))


_LITERAL = _any(LITERAL)
_NUMBER = _any(NUMBER)
_BETWEEN = re.compile(r"(?<=[0-9])(?:[\s().,_\-/\u00a0\u202f·]|\\u00a0|\\u202f|</?[a-z][^<>]*>){1,6}(?=[0-9])")
_RUN = re.compile(r"[A-Za-z0-9_+-]{20,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}")
_MEETING = re.compile(r"eyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]+")


def email(who: str) -> str:
    """Somebody's address."""
    return f"{TEXTS[f'email.{who}']}@canary.example"


def name(who: str) -> str:
    """Somebody's full name."""
    return f"{TEXTS[f'name.{who}'].title()} O'Canary"


def number(label: str) -> str:
    """A telephone number in international form."""
    return f"+33{DIGITS[label]}"


@dataclass
class Canaries:
    """All of them; `runs` are tokens, hashes and codes that are drawn anew each time."""

    runs: dict[str, str] = field(default_factory=dict)
    drawings: dict[str, str] = field(default_factory=dict)  # of a code's modules

    def __post_init__(self) -> None:
        people = {email(who): f"email.{who}" for who in PEOPLE}
        numbers = {form: label for label in DIGITS for form in (number(label), DIGITS[label], f"0{DIGITS[label]}")}
        for text, label in (people | numbers).items():  # a hash without a key is undone by trying all numbers
            for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
                self.runs[digest(text.encode()).hexdigest()] = label

    def within(self, content: bytes | str) -> dict[str, str]:
        """What is in an answer, a header, a line or a file, with the letters around it."""
        found: dict[str, str] = {}
        for text in _texts(content):
            for label, around in self._found(text):
                found.setdefault(label, around)
        return found

    def plain(self, content: bytes | str) -> Iterator[str]:
        """The same without marks and blanks between digits."""
        for text in _texts(content):
            yield _BETWEEN.sub("", unquote(html.unescape(text)))

    def _found(self, text: str) -> Iterator[tuple[str, str]]:
        plain = unquote(html.unescape(text))
        for hit in _LITERAL.finditer(plain.lower()):
            yield LITERAL[hit[0]], _around(plain, hit.start(), hit.end())
        digits = _BETWEEN.sub("", plain)
        for hit in _NUMBER.finditer(digits):
            yield NUMBER[hit[0]], _around(digits, hit.start(), hit.end())
        yield from self._tokens(plain)
        yield from ((label, "(drawn)") for drawing, label in self.drawings.items() if drawing in text)
        for piece in _decoded(plain):
            yield from ((label, f"(encoded) {around}") for label, around in self._found(piece))

    def _tokens(self, plain: str) -> Iterator[tuple[str, str]]:
        for hit in _RUN.finditer(plain):
            if hit[0] in self.runs:
                yield self.runs[hit[0]], _around(plain, hit.start(), hit.end())
        for hit in _MEETING.finditer(plain):
            if "video" in _claims(hit[1]):
                yield "token.meeting", _around(plain, hit.start(), hit.end())


def _around(text: str, start: int, end: int) -> str:
    return " ".join(text[max(0, start - 40) : end + 40].split())


def _texts(content: bytes | str) -> Iterator[str]:
    """The content as text; of a zip each of its files."""
    if isinstance(content, str):
        yield content
        return
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for file in archive.namelist():
                yield file
                yield from _texts(archive.read(file))
        return
    yield content.decode("utf-8", "replace")


def _decoded(text: str) -> Iterator[str]:
    """What is behind Base64 in it, also compressed: cookies, tokens, attachments."""
    for hit in _BASE64.finditer(text):
        run = hit[0].translate(str.maketrans("-_", "+/"))
        try:
            raw = base64.b64decode(run + "=" * (-len(run) % 4))
        except binascii.Error:
            continue
        if raw[:1] == b"x":
            try:
                raw = zlib.decompress(raw)
            except zlib.error:
                continue
        if (piece := raw.decode("utf-8", "replace")).count("\ufffd") * 4 < len(piece):
            yield piece


def _claims(part: str) -> dict[str, object]:
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}
