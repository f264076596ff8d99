"""`flask check`: each wrong, missing or unknown setting by its name, and what it should be."""

import difflib
import os
import shlex
from collections.abc import Iterator, Mapping

import click
from flask import Flask
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from webapp.accounts import problems
from webapp.core import files, refusals
from webapp.core.config import Settings
from webapp.core.production import NEEDED
from webapp.core.settings import settings
from webapp.rules import commands
from webapp.setup import connections

PREFIX = "FRONTDESK_"
EXPOSED = """
Warning: FRONTDESK_MEETING_URL has {token} in its query. Servers, proxies and browser histories keep the token
while it is valid. If the meeting page can read it from the fragment, put {token} behind a #, or leave it out."""
PIN_LOGS = """
Frontdesk can't check LiveKit's logs. Unless set otherwise, LiveKit logs the PIN of every room, and livekit-sip every
PIN that callers dial. In livekit.yaml:
    logging: {component_levels: {api: warn}}
and in livekit-sip's configuration:
    logging: {level: warn}
Callers' numbers stay in livekit-sip's log even so, when a call ends badly: treat that log as personal data."""


def explain(error: ValidationError, environment: Mapping[str, str]) -> str:
    """The refusal in words, one line per setting, never with the value: it may be a secret."""
    problems = error.errors()
    lines = [line for problem in problems for line in _lines(str(problem["msg"]), problem["loc"])]
    if all(problem["loc"] for problem in problems):  # then what production needs was not looked at yet
        lines += _missing(environment)
    lines += unknown(environment)
    return "\n".join(["Frontdesk does not start with these settings:", *(f"- {line}" for line in lines)])


def _lines(message: str, place: tuple[str | int, ...]) -> Iterator[str]:
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    if not place:  # several settings judged together; each sentence names its own
        yield from message.split("; ")
        return
    name = str(place[0]).lower().removeprefix(PREFIX.lower())
    field = Settings.model_fields.get(name)
    yield f"{PREFIX}{name.upper()} {message}" + (f" ({field.description})" if field is not None else "")


def _missing(environment: Mapping[str, str]) -> Iterator[str]:
    if environment.get("FRONTDESK_ENVIRONMENT", "production") == "production":
        needed = [PREFIX + name.upper() for name in ("secret_key", "public_url", *NEEDED)]
        yield from (f"{name} should be set" for name in needed if not environment.get(name))


def unknown(environment: Mapping[str, str]) -> Iterator[str]:
    """Variables that look like settings and are none: each would be ignored in silence."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known and not name.startswith("FRONTDESK_TEST_"):
            close = difflib.get_close_matches(name, known, 1)
            yield f"{name} is not a setting" + (f"; {close[0]} is" if close else "")


@click.command("check")
@click.option(
    "--connect",
    is_flag=True,
    help="Open what the settings name: database, Redis, LiveKit, provider, folder; mail the sender's own address.",
)
@click.option("--ask-provider", is_flag=True, help="Ask the sign-in provider whether it knows the client's secret.")
def check(connect: bool, ask_provider: bool) -> None:
    """Say whether the settings are right; exit 1 and name each that is not."""
    wrong = list(unknown(os.environ))
    for line in wrong:
        click.echo(f"- {line}")
    if wrong:
        raise SystemExit(1)
    for line in warnings(settings):
        click.echo(f"- {line}", err=True)
    tried = [*(connections.connect() if connect else ()), *(connections.ask_provider() if ask_provider else ())]
    for one in tried:
        click.echo(f"- {one.words}")
    if any(one.problem for one in tried):
        raise SystemExit(1)
    click.echo("The settings are right.")
    if settings.token_in_query:
        click.echo(EXPOSED)
    click.echo(PIN_LOGS)
    for line in _remembered():
        click.echo(line)


def _remembered() -> list[str]:
    """What the database tells: what sign-ins lacked, and whose rules are ours; nothing while it is away or behind."""
    file = files.database_file(settings.database_url)
    if file is not None and not file.exists():  # to connect would make it, perhaps for another user than the server's
        return []
    try:
        return [*_refused(), *commands.lines()]
    except SQLAlchemyError:
        return []


def _refused() -> list[str]:
    counts = refusals.recent(refusals.SIGN_IN)
    return [f"Sign-ins of the last hour: {cure}" for cure in problems.cures(counts)]


def warnings(configured: Settings) -> Iterator[str]:
    """What works, but not well."""
    workers = os.environ.get("WEB_CONCURRENCY", "1")
    if configured.several_processes_lose and workers.isdecimal() and int(workers) > 1:
        yield "WEB_CONCURRENCY should be 1 with SQLite or without FRONTDESK_REDIS_URL"
    if configured.redis_open_to_others:
        yield (
            "FRONTDESK_REDIS_URL names a Redis on another host without a password. Whoever reaches it can empty the "
            "rate limits and wake or silence the workers. Set one there (requirepass, or a user by ACL) and name it "
            "here: redis://:PASSWORD@…, or rediss://USER:PASSWORD@… where others could listen"
        )
    yield from _exposed(configured)


def _exposed(configured: Settings) -> Iterator[str]:
    """Our files that others may read although Frontdesk takes that from them at each start: they are not its own."""
    allowed = [(file, files.FILE) for file in files.database_files(configured.database_url)]
    allowed += [(files.own_folder(), files.FOLDER | 0o011)]  # those may pass who come for recordings
    for path, mode in allowed:
        if (exposed := files.exposed(path, mode)) is not None:
            user, quoted = files.user_name(os.geteuid()), shlex.quote(str(path))
            cure = f"chown {user} {quoted} && chmod {mode & files.FOLDER:o} {quoted}"
            yield f"{exposed.words}: others may read it, and Frontdesk, as {user}, may not change that. As root: {cure}"


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(check)
