"""What a setting's value may be: each kind accepts what can be meant, and says of anything else what it should be.

No refusal repeats the value, which may be a secret.
"""

import grp
import re
import ssl
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import available_timezones

import phonenumbers
from limits import parse_many as parse_limits
from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from webapp.core import redis_client

MEETING_FIELDS = {"{room}", "{token}", "{livekit_url}"}
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")  # as Amazon names them
PREFIX = re.compile(r"(\w[\w.-]*(/\w[\w.-]*)*)?", re.ASCII)
LANGUAGES = {"en", "fr"}  # those that have a catalogue


def _http_url(value: str) -> str:
    """Accept http(s) addresses only, without the trailing slash."""
    wrong = ValueError("should be an address such as https://desk.example.org")
    try:
        parts = urlsplit(value)
        known = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError as error:  # a port that is no number, a bracket that is not closed
        raise wrong from error
    if parts.scheme not in {"http", "https"} or not known:
        raise wrong
    return value.rstrip("/")


def _livekit_url(value: str) -> str:
    """Accept LiveKit's address as its clients have it, too: ws(s) and http(s) are two ways to one server."""
    if value.startswith(("ws://", "wss://")):
        value = "http" + value.removeprefix("ws")
    return _http_url(value)


def _optional_livekit_url(value: str) -> str:
    """Accept no address, or LiveKit's."""
    return _livekit_url(value) if value else ""


def _meeting_url(value: str) -> str:
    """Accept no address, or one with known place holders only: a slip would be sent to every guest as it stands."""
    if not value:
        return ""
    if set(re.findall(r"\{[^}]*\}?", value)) - MEETING_FIELDS:
        raise ValueError(f"should hold no other place holders than {', '.join(sorted(MEETING_FIELDS))}")
    return _http_url(value)


def _issuer(value: str) -> str:
    """Accept an http(s) issuer exactly as written: a trailing slash is part of its name (OIDC Discovery 4.3)."""
    _http_url(value)
    return value


def _words(value: object) -> object:
    """Split a comma separated text: an environment variable holds no JSON here."""
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def _zone(value: str) -> str:
    """Accept names of the IANA time zone database only."""
    if value not in available_timezones():
        raise ValueError("should be a time zone such as Europe/Paris")
    return value


def _country(value: str) -> str:
    """Accept countries that have telephone numbers."""
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("should be a country's two capital letters, such as FR")
    return value


def _database(value: str) -> str:
    """Accept the two databases that the migrations are tested on."""
    if not value.startswith(("sqlite://", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("should begin with sqlite:/// or postgresql://")
    wrong = ValueError(
        "should be an address such as sqlite:///var/desk.sqlite3 or postgresql://USER:PASSWORD@HOST/NAME"
    )
    try:
        made = make_url(value)
    except (ValueError, ArgumentError) as error:  # a port that is no number
        raise wrong from error
    if made.get_backend_name() == "sqlite" and made.host:  # two slashes, where a file's name needs three
        raise wrong
    return value


def _folder(value: object) -> object:
    """Refuse the empty name, which would be the working directory."""
    if not str(value).strip():
        raise ValueError("should name a folder")
    return value


def _host_names(value: list[str]) -> list[str]:
    """Accept bare names, perhaps with a port: anything else would match no request."""
    if not all(re.fullmatch(r"[\w.-]+(:[0-9]+)?|\[[0-9a-fA-F:.]+\](:[0-9]+)?", name) for name in value):
        raise ValueError("should be host names such as desk.example.org, separated by commas")
    return value


def _scopes(value: str) -> str:
    """Accept what makes OpenID Connect of OAuth (Core 3.1.2.1)."""
    if "openid" not in value.split():
        raise ValueError("should hold openid, and be separated by blanks")
    return value


def _claims(value: list[str]) -> list[str]:
    """Accept at least one claim."""
    if not value:
        raise ValueError("should name at least one claim")
    return value


@dataclass(frozen=True)
class BucketAddress:
    """A bucket of an S3 API: names of objects begin with `prefix`, if there is one; no `endpoint` means Amazon's."""

    name: str
    prefix: str
    endpoint: str
    region: str


def bucket_address(value: str) -> BucketAddress:
    """Take s3://BUCKET/PREFIX?endpoint=…&region=… apart. Raises ValueError."""
    wrong = ValueError("should be an address such as s3://BUCKET?endpoint=https://s3.example.org&region=eu-west-3")
    try:
        parts = urlsplit(value)
        told = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise wrong from error
    if "@" in parts.netloc:
        raise ValueError("should hold no key: FRONTDESK_STORAGE_ACCESS_KEY and FRONTDESK_STORAGE_SECRET_KEY do")
    prefix = parts.path.strip("/")
    known = parts.scheme == "s3" and BUCKET.fullmatch(parts.netloc) and PREFIX.fullmatch(prefix)
    if not known or parts.fragment or set(told) - {"endpoint", "region"}:
        raise wrong
    endpoint = _http_url(told["endpoint"]) if told.get("endpoint") else ""
    if not endpoint and not told.get("region"):
        raise ValueError("should name the bucket's region (&region=…), or the endpoint of another S3 API")
    return BucketAddress(parts.netloc, prefix, endpoint, told.get("region") or "us-east-1")


def _storage(value: str) -> str:
    """Accept a bucket of an S3 API, and nothing at all."""
    if value:
        bucket_address(value)
    return value


def _endpoint(value: str) -> str:
    return _http_url(value) if value else value


def _redis(value: str) -> str:
    """Accept Redis addresses, and nothing at all."""
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("should begin with redis://, rediss:// or unix://, or be empty")
    try:
        if value:
            redis_client.parse(value)
    except ValueError as error:
        raise ValueError("should be an address such as redis://:PASSWORD@redis.example.org:6379/0") from error
    return value


def _limit(value: str) -> str:
    """Accept what the rate limiter reads, so that a slip is refused at the start and not at the first request."""
    try:
        parse_limits(value)
    except ValueError as error:
        raise ValueError("should be a rate such as 20 per minute") from error
    return value


def _ca_file(value: str) -> str:
    """Accept files of certificates, and nothing at all."""
    if value:
        try:
            ssl.create_default_context(cafile=value)
        except (OSError, ValueError) as error:
            raise ValueError("should be a file of certificates (PEM) that this user can read") from error
    return value


def _folder_mode(value: str) -> str:
    """Accept what chmod takes as a number, with all rights for Frontdesk's own user, and nothing at all."""
    if value and not re.fullmatch(r"(0o)?0*[0-3]?[0-7]{3}", value):
        raise ValueError("should be a folder's mode in octal digits, such as 2770")
    if value and int(value, 8) & 0o700 != 0o700:
        raise ValueError("should let Frontdesk's own user read, write and enter: 7 as the third digit from the right")
    return value


def group_id(value: str) -> int:
    """The number of a group that is named or numbered. Raises KeyError for a name that this machine does not know."""
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else grp.getgrnam(value).gr_gid


def _group(value: str) -> str:
    """Accept groups of this machine, numbers (a container may know no name for one), and nothing at all."""
    try:
        if value:
            group_id(value)
    except (KeyError, ValueError) as error:  # ValueError: a zero byte
        raise ValueError("should be a group that this machine knows (getent group), or its number") from error
    return value


def _languages(value: list[str]) -> list[str]:
    """Accept languages that have a catalogue."""
    if not value or set(value) - LANGUAGES:
        raise ValueError(f"should be one or more of {', '.join(sorted(LANGUAGES))}, separated by commas")
    return value


def _networks(value: list[str]) -> list[str]:
    """Accept networks and single addresses of both families."""
    try:
        return [str(ip_network(each)) for each in value]
    except ValueError as error:
        raise ValueError("should be networks such as 10.0.0.0/8, separated by commas") from error


def is_loopback(host: str) -> bool:
    """Only this machine is reached under that name or address: what is said to it passes no network."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_weak(secret: str, least: int) -> bool:
    """Short, of few letters, or one piece again and again: what random characters never are."""
    again = (secret + secret).find(secret, 1)  # the length of what is repeated
    return len(secret) < least or len(set(secret)) < min(8, least // 2) or again * 4 <= len(secret)


def is_dialled(number: str) -> bool:
    """The number is one in international form, of a length that its country has."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False


HttpUrl = Annotated[str, AfterValidator(_http_url)]
LiveKitUrl = Annotated[str, AfterValidator(_livekit_url)]
OptionalLiveKitUrl = Annotated[str, AfterValidator(_optional_livekit_url)]
MeetingUrl = Annotated[str, AfterValidator(_meeting_url)]
Issuer = Annotated[str, AfterValidator(_issuer)]
Words = Annotated[list[str], NoDecode, BeforeValidator(_words)]
Languages = Annotated[list[str], NoDecode, BeforeValidator(_words), AfterValidator(_languages)]
Networks = Annotated[list[str], NoDecode, BeforeValidator(_words), AfterValidator(_networks)]
Zone = Annotated[str, AfterValidator(_zone)]
Country = Annotated[str, AfterValidator(_country)]
HostNames = Annotated[list[str], NoDecode, BeforeValidator(_words), AfterValidator(_host_names)]
Claims = Annotated[list[str], NoDecode, BeforeValidator(_words), AfterValidator(_claims)]
Scopes = Annotated[str, AfterValidator(_scopes)]
Folder = Annotated[Path, BeforeValidator(_folder)]
DatabaseUrl = Annotated[str, AfterValidator(_database)]
StorageUrl = Annotated[str, AfterValidator(_storage)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
RedisUrl = Annotated[str, AfterValidator(_redis)]
FolderMode = Annotated[str, AfterValidator(_folder_mode)]
Group = Annotated[str, AfterValidator(_group)]
CaFile = Annotated[str, AfterValidator(_ca_file)]
Limit = Annotated[str, AfterValidator(_limit)]
LogLevel = Literal["debug", "info", "warning", "error"]
