"""Commands: `flask installation …` tells under which id rules are ours, and says that a database has moved."""

import uuid

import click
from flask.cli import AppGroup

from webapp.core.db import db
from webapp.rules import installation as identities
from webapp.rules.models import Installation

installation = AppGroup("installation", help="Which rules in LiveKit are this installation's.")


def lines() -> list[str]:
    """The id, and those of other addresses that are not ours here."""
    own = identities.identity().own
    said = [f"This installation's rules in LiveKit have the id {own}." if own else "No rule was made yet."]
    for row in identities.others():
        said += [f"At {row.public_url} with LiveKit at {row.livekit_url} it was {row.id}: another Frontdesk's rules."]
    return said


@installation.command()
def show() -> None:
    """Show the id, and those that this database had at other addresses."""
    for line in lines():
        click.echo(line)


@installation.command()
@click.argument("installation_id", type=click.UUID, required=False)
def keep(installation_id: uuid.UUID | None) -> None:
    """Say that this is the same installation under new addresses: rules with INSTALLATION_ID are its own.

    Never in a copy of a database whose original is still used. The id may be left out where there is only one.
    """
    identities.keep(_chosen(identities.others(), installation_id))
    db.session.commit()
    identities.own_id()
    for line in lines():
        click.echo(line)


def _chosen(others: list[Installation], installation_id: uuid.UUID | None) -> uuid.UUID:
    ids = list(dict.fromkeys(row.id for row in others))
    if not ids:
        raise click.ClickException("This database was used at no other addresses.")
    if installation_id is None and len(ids) > 1:
        raise click.ClickException(f"Say which: {', '.join(map(str, ids))}.")
    if installation_id is not None and installation_id not in ids:
        raise click.ClickException("This database had no such id at other addresses.")
    return installation_id or ids[0]
