"""What `flask check --connect` opens: all that the settings name, at once, each for some seconds at most."""

import os
import shlex
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import Flask
from markupsafe import escape
from sqlalchemy.exc import SQLAlchemyError

from migrations import grants
from webapp.accounts import metadata, oidc
from webapp.accounts.problems import CURES, SignInError
from webapp.core import files, mail, redis_client
from webapp.core.app import this_app
from webapp.core.db import db, new_id
from webapp.core.mail import Letter
from webapp.core.settings import settings
from webapp.livekit import probe
from webapp.marketing import services as marketing
from webapp.recordings.storage import storage

Wanted = tuple[str, str, Callable[[], str | None]]  # the setting, what it names, what opens that
PATIENCE = 5.0  # seconds
LIVEKIT = {
    "unauthenticated": "it does not know FRONTDESK_LIVEKIT_API_KEY with FRONTDESK_LIVEKIT_API_SECRET",
    "not_livekit": "what answers there is not LiveKit",
    "no_connection": "nothing answers there",
    "certificate": "its certificate is not trusted, or of another name: put the certificate of whoever signed it into "
    "the file that FRONTDESK_LIVEKIT_CA_FILE names (in development FRONTDESK_LIVEKIT_VERIFY_TLS=false skips the check)",
    "no_tls": "what answers there does not speak https: see whether its address should begin with http:// or ws://",
    "timeout": "it did not answer in time",
}
PROVIDER = {
    "slow": "it did not answer in time",
    "confused": "what answers there is no OpenID provider, or one of another issuer's name",
    "unreachable": "nothing answers there",
    "client_refused": CURES["client_refused"],
}
MAIL = {
    "no_connection": "nothing answers there",
    "timeout": "it did not answer in time",
    "closed": "it ended the connection",
    "not_smtp": "what answers there is no mail server, or wants TLS from the first byte (smtps://)",
    "certificate": "its certificate is not trusted, or of another name: put the certificate of whoever signed it into "
    "the file that FRONTDESK_SMTP_CA_FILE names",
    "no_tls": "it offers no STARTTLS (smtps:// asks for TLS from the first byte, ?starttls=no for none)",
    "greeting_refused": "it takes no mail from this machine",
    "sign_in_refused": "it does not know this user with this password, or takes no sign-in",
    "sender_refused": "it refuses the sender in FRONTDESK_MAIL_FROM",
    "address_refused": "it refuses a mail to the address in FRONTDESK_MAIL_FROM, and may refuse those to people, too",
    "mail_refused": "it refuses what the mail says",
    "busy": "it asks to try again later",
}
FOLDER = {
    "otherwise": "The settings ask for something else, and only its owner in that group, or root, can change it",
    "sticky": "Its sticky bit lets no one but the egress worker delete what the worker wrote",
    "public": "Everyone on this machine can read or write there (FRONTDESK_RECORDINGS_MODE)",
}
NEWSLETTERS = {
    "no_connection": "nothing answers at FRONTDESK_BREVO_URL",
    "timeout": "it did not answer in time",
    "key_refused": "Brevo does not know this key, or does not take it from this machine",
    "broken": "it answered with an error of its own",
}
WHO_WRITES = {
    "group": "An egress worker whose user is in that group may write there",
    "alone": "An egress worker of another user may not write there: name a group of both in FRONTDESK_RECORDINGS_GROUP",
}


class NotOpened(Exception):
    """What a setting names cannot be opened; the text says why, and never repeats the setting, which may be secret."""


@dataclass
class Opened:
    """How one of them went; without a problem it is open."""

    setting: str
    what: str
    problem: str = "it did not answer in time"
    remark: str = ""  # what is worth knowing of one that is open
    thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def words(self) -> str:
        """The sentence for the terminal."""
        if self.problem:
            return f"{self.setting}: {self.problem}."
        return f"{self.what}: open. {self.remark}".rstrip()


def connect() -> list[Opened]:
    """Open the database, Redis, LiveKit, the provider, the folder or bucket of recordings; send a mail to ourselves."""
    wanted: list[Wanted] = [
        ("DATABASE_URL", "Database", database),
        ("LIVEKIT_URL", "LiveKit", livekit),
    ]
    if settings.redis_url:
        wanted.append(("REDIS_URL", "Redis", redis))
    wanted.append(("OIDC_ISSUER", "Sign-in provider", provider))
    setting, kind = ("RECORDINGS_DIR", "folder") if settings.bucket is None else ("STORAGE_URL", "bucket")
    wanted.append((setting, f"Recordings' {kind}", recordings))
    if settings.smtp is not None:
        wanted.append(("SMTP_URL", "Mail server", mail_server))
    if settings.marketing:
        wanted.append(("BREVO_API_KEY", "Brevo", newsletters))
    return _all(wanted)


def ask_provider() -> list[Opened]:
    """Ask the provider whether it knows us by our secret, with a code that nobody has."""
    return _all([("OIDC_CLIENT_SECRET", "Client at the sign-in provider", client)])


def database() -> str:
    """Connect and ask the simplest of questions, over a connection of its own; returns what is odd about the role."""
    patience = {} if db.engine.dialect.name == "sqlite" else {"connect_timeout": int(PATIENCE)}
    engine = sa.create_engine(settings.database_url, connect_args=patience, poolclass=sa.NullPool, hide_parameters=True)
    files.keep_private(engine)
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
            role = _role(connection)
    except SQLAlchemyError as error:
        raise NotOpened(_owned("it cannot be opened: see its address, user, password and folder")) from error
    file = files.database_file(settings.database_url)
    if file is not None and not all(os.access(path, os.R_OK | os.W_OK) for path in (file, file.parent)):
        raise NotOpened(_owned("it cannot be written"))
    return role


def _role(connection: sa.Connection) -> str:
    """What is odd about the role, where one is meant to be kept from changing the audit log."""
    meant = settings.database_application_role
    if not meant or connection.dialect.name != "postgresql":
        return ""
    if connection.scalar(sa.text("SELECT current_user")) != meant:
        return (
            f"This is not the role {meant} of FRONTDESK_DATABASE_APPLICATION_ROLE: servers should connect as that one."
        )
    if grants.is_too_much(connection):
        raise NotOpened(
            "its role may change or delete entries of the audit log: run `flask db upgrade` as the role that owns the "
            "tables"
        )
    return ""


def _owned(problem: str) -> str:
    """The problem of an SQLite database with who owns the file, or the folder where it is to lie."""
    file = files.database_file(settings.database_url)
    owned = file and (files.standing(file) or files.standing(file.parent))
    if not owned or owned.ours:
        return problem
    user = files.user_name(os.geteuid())
    cure = f"chown -R {user} {shlex.quote(str(owned.path))}"
    return f"{problem}. {owned.words}, and Frontdesk runs as {user}. As root: {cure}"


def redis() -> None:
    """Ping it."""
    library = redis_client.library()
    times = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    try:
        with library.Redis.from_url(settings.redis_url, **times) as server:
            server.ping()
    except library.RedisError as error:
        raise NotOpened("it does not answer, or not with this password") from error


def livekit() -> None:
    """Ask for its rooms, which needs the right key and secret."""
    code = probe.rooms(PATIENCE).code
    if code:
        raise NotOpened(LIVEKIT.get(code, f"it answered {code}"))


def provider() -> None:
    """Read what it says of itself, and its keys."""
    try:
        metadata.signing_keys()
    except SignInError as problem:
        raise NotOpened(PROVIDER.get(problem.code, problem.code)) from problem


def recordings() -> str:
    """Write something where the egress worker writes, and remove it; returns who else may write to a folder."""
    problem = ""
    try:
        storage().try_out()
    except OSError as error:
        problem = f"it cannot be written: {error.strerror or type(error).__name__}"
    place = storage().place()
    if place is None:
        if problem:
            raise NotOpened(problem)
        return ""
    words = [place.standing.words] if place.standing is not None else []
    words += [FOLDER[place.fault]] if place.fault else []
    if problem or place.fault == "otherwise":
        words = [*filter(None, [problem]), *words, f"Frontdesk runs as {place.user}", f"As root: {place.cure}"]
        raise NotOpened(". ".join(words))
    if not place.fault:
        words += [WHO_WRITES["group" if place.shared else "alone"]]
    return ". ".join(words) + "."


def mail_server() -> str:
    """Send a mail to the sender's own address."""
    name = settings.brand
    words = f"{name} can send mail. `flask check --connect` sent this one to the address that its mails come from."
    letter = Letter(f"{name}: mail works", f"{words}\n", f"<p>{escape(words)}</p>")
    to = mail.sender()
    try:
        mail.hand_over(mail.message(letter, to, f"check.{new_id()}"), to, lambda: True)
    except mail.NotTaken as refusal:
        raise NotOpened(MAIL.get(refusal.code, refusal.code)) from refusal
    return "It took a mail to the address in FRONTDESK_MAIL_FROM: see whether it arrives."


def newsletters() -> None:
    """Ask the newsletter service for our account there."""
    try:
        marketing.chosen().try_out()
    except marketing.NotAdded as refusal:
        raise NotOpened(
            NEWSLETTERS.get(refusal.code, f"it answered otherwise than expected ({refusal.code})")
        ) from None


def client() -> None:
    """Prove who we are."""
    problem = oidc.try_client()
    if problem:
        raise NotOpened(PROVIDER.get(problem, f"it answered otherwise than expected ({problem})"))


def _all(wanted: list[Wanted]) -> list[Opened]:
    """The outcomes in order; what hangs is left behind in a thread that does not keep the command from ending."""
    app = this_app()
    outcomes = [Opened(f"FRONTDESK_{setting}", what) for setting, what, _open in wanted]
    for outcome, (_setting, _what, open_it) in zip(outcomes, wanted, strict=True):
        outcome.thread = threading.Thread(target=_try, args=(app, outcome, open_it), daemon=True)
        outcome.thread.start()
    end = time.monotonic() + PATIENCE + 1
    for thread in _threads(outcomes):
        thread.join(max(0, end - time.monotonic()))
    return outcomes


def _threads(outcomes: list[Opened]) -> Iterator[threading.Thread]:
    yield from (outcome.thread for outcome in outcomes if outcome.thread is not None)


def _try(app: Flask, outcome: Opened, open_it: Callable[[], str | None]) -> None:
    with app.app_context():
        try:
            outcome.remark = open_it() or ""
        except NotOpened as refusal:
            outcome.problem = str(refusal)
        except Exception as error:
            outcome.problem = f"it failed with {type(error).__name__}"
        else:
            outcome.problem = ""
