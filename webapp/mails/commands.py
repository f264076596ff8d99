"""`flask mail preview`: a mail as it would be sent, to look at before anybody gets one."""

import uuid
from typing import IO

import click
from flask import Flask
from flask.cli import AppGroup

from webapp.accounts.models import User
from webapp.core.hosts import public_address
from webapp.core.settings import settings
from webapp.mails import kinds
from webapp.mails.kinds import Occasion, Unwanted
from webapp.mails.sending import written_for

NOBODY = "nobody"  # whose link it is
mail = AppGroup("mail", help="Mails: what they look like.")


@mail.command()
@click.argument("kind")
@click.option("--language", default="en", show_default=True, help="Language of the reader.")
@click.option("--html/--text", "as_html", default=True, show_default=True, help="Which of its two parts.")
@click.option("--about", type=click.UUID, help="Id of a recording or a review; without one the data are invented.")
@click.option("--output", type=click.File("w", encoding="utf-8"), default="-", help="File to write.")
def preview(kind: str, language: str, as_html: bool, about: uuid.UUID | None, output: IO[str]) -> None:
    """Write one part of a mail of KIND. Nothing is sent; its reader is nobody, and its link turns nothing off."""
    known = kinds.all_kinds()
    if kind not in known:
        raise click.ClickException(f"There is no such kind of mail. There are: {', '.join(known)}.")
    if language not in settings.languages:
        raise click.ClickException(f"This language isn't offered. There are: {', '.join(settings.languages)}.")
    reader = User(email="reader@example.org", language=language, timezone="")
    occasion = Occasion(reader, about, None, public_address("mails.turn_off", token=NOBODY))
    try:
        letter = written_for(known[kind], occasion, sample=True)
    except Unwanted as reason:
        raise click.ClickException(f"There is nothing to write about ({reason.code}).") from reason
    if about is None:
        click.echo("A sample: the names and numbers in it are invented.", err=True)
    click.echo(f"Subject: {letter.subject}", err=True)
    output.write(letter.html if as_html else letter.text)


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(mail)
