"""`flask audit …`: the key that signs the chain over the audit log."""

import click
from flask import Flask
from flask.cli import AppGroup

from webapp.audit import keys

audit = AppGroup("audit", help="The audit log's chain: its key, whether it holds.")


@audit.command()
def key() -> None:
    """Make a key pair. The private key is for the setting alone; it is stored nowhere."""
    private, public = keys.generate()
    click.echo(f"FRONTDESK_AUDIT_KEY={private}")
    click.echo(f"Public key, for those who verify: {public}", err=True)
    click.echo("Keep the private key where the database's administrators cannot read it.", err=True)


@audit.command()
def public_key() -> None:
    """Print the public key of the private one in the settings. Exits 1 when there is none."""
    signer = keys.signer()
    if signer is None:
        raise click.ClickException("FRONTDESK_AUDIT_KEY isn't set. `flask audit key` makes one.")
    click.echo(signer.public)


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(audit)
