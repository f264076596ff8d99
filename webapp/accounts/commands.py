"""Commands: `flask users …` shows people by their exact address and sets what they may do."""

import click
from flask import Flask
from flask.cli import AppGroup

from webapp.access import queries as access_queries
from webapp.accounts import queries, service
from webapp.accounts.models import Staff, User
from webapp.audit import Actor
from webapp.core.db import db

users = AppGroup("users", help="People, by their exact e-mail address: there is no directory.")


def _account(email: str) -> User:
    """The one account with the address. Raises ClickException when there is none, or the choice is unclear."""
    accounts = queries.by_email(email)
    if len(accounts) != 1:
        raise click.ClickException("Several accounts have this address." if accounts else "Nobody has this address.")
    return accounts[0]


def _line(user: User) -> str:
    state = "disabled" if user.disabled_at else "pending" if user.pending else "active"
    last = f"{user.last_sign_in_at:%Y-%m-%d}" if user.last_sign_in_at else "never"
    return f"{user.email}\t{user.staff.value}\t{state}\tlast sign-in {last}"


@users.command("list")
def list_() -> None:
    """List staff and disabled people (nobody else is listed)."""
    for user in queries.staff():
        click.echo(_line(user))


@users.command()
@click.argument("email")
def show(email: str) -> None:
    """Show one person."""
    user = _account(email)
    click.echo(_line(user))
    click.echo(f"id {user.id}\nsign-ins {len(queries.sessions_of(user))}")


@users.command("set-role")
@click.argument("email")
@click.argument("role", type=click.Choice([staff.value for staff in Staff]))
def set_role(email: str, role: str) -> None:
    """Make somebody staff, or nothing more than everybody else."""
    user = _account(email)
    service.set_staff(user, Staff(role), actor=Actor.system(), reason="command line")
    _commit(user)


@users.command()
@click.argument("email")
def disable(email: str) -> None:
    """Shut somebody out; their sign-ins end at once. Says how many rooms nobody can manage from then on."""
    user = _account(email)
    service.disable(user, actor=Actor.system())
    _commit(user)
    if rooms := access_queries.owned_alone(user):
        click.echo(
            f"Warning: {rooms} {'room has' if rooms == 1 else 'rooms have'} no other owner who can sign in. "
            f"An admin can transfer them: /rooms/?owner={user.id}",
            err=True,
        )


@users.command()
@click.argument("email")
def enable(email: str) -> None:
    """Let somebody sign in again."""
    user = _account(email)
    service.enable(user, actor=Actor.system())
    _commit(user)


@users.command()
@click.argument("email")
def release(email: str) -> None:
    """Hand an account to whoever signs in next with its verified address (the provider's identifiers changed)."""
    user = _account(email)
    service.release(user, actor=Actor.system())
    _commit(user)
    click.echo(
        "Warning: whoever signs in next with this address gets the account, its rooms and its role. It may be another"
        " person: addresses are given again to somebody new.",
        err=True,
    )


def _commit(user: User) -> None:
    db.session.commit()
    click.echo(_line(user))


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(users)
