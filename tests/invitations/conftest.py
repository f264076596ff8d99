"""A room that phones can join, and forms as its page sends them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.plugins.mail_server import MailServer
from tests.support.factories import make_room, stored
from webapp.accounts import service as accounts
from webapp.accounts.identity import Identity
from webapp.accounts.models import User
from webapp.core.db import db, new_id, utcnow
from webapp.invitations import service as invitations
from webapp.rooms.models import AccessLevel, Room

Form = Callable[..., dict[str, Any]]


@pytest.fixture
def room(change_settings: Callable[..., None], mailing: MailServer) -> Room:
    """A restricted room with a number and a PIN; its owner is in Oslo."""
    change_settings(phone_number="+33170189900", public_url="https://desk.frontdesk.example", timezone="Europe/Oslo")
    made = make_room("owner", administrator="administrator", member="member", name="Housing committee")
    made.access_level = AccessLevel.RESTRICTED
    return stored(made)


@pytest.fixture
def sign_in(app: Flask) -> Callable[[str], User]:
    """Signs a persona in as the provider's answer does, with an account or without."""

    def come(who: str) -> User:
        identity = Identity(
            sub=f"sub-{who}",
            email=f"{who}@frontdesk.example",
            email_verified=True,
            full_name=who,
            short_name=who,
            staff=None,
            id_token="",
        )
        user = accounts.sign_in(identity, address="", browser="").user
        invitations.welcome(user)
        db.session.commit()
        return user

    return come


@pytest.fixture
def tomorrow() -> datetime:
    """A day to come."""
    return utcnow() + timedelta(days=1)


@pytest.fixture
def form(tomorrow: datetime) -> Form:
    """What the page sends for some addresses; `at` is from when to when, tomorrow."""

    def filled(*emails: str, at: tuple[str, str] | None = None, **fields: Any) -> dict[str, Any]:
        times = {"day": f"{tomorrow:%Y-%m-%d}", "begins": at[0], "ends": at[1]} if at else {}
        return {"key": new_id().hex, "emails": "\n".join(emails), "language": "en", **times, **fields}

    return filled
