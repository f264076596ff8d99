"""The people of the tests, and browsers for them."""

from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from webapp.accounts import sessions
from webapp.accounts.models import Staff, User
from webapp.core.db import db

PERSONAS = ("owner", "administrator", "member", "stranger", "support", "admin")
CSRF = "0123456789abcdef0123456789abcdef01234567"
SWAP = {"HX-Request": "true"}


def make_user(name: str, *, staff: Staff = Staff.NONE, pending: bool = False) -> User:
    """A stored user called `name`, signed in before unless pending."""
    user = User(
        sub=None if pending else f"sub-{name}",
        email=f"{name}@frontdesk.example",
        full_name=f"{name.title()} Person",
        short_name=name.title(),
        staff=staff,
        language="en",
    )
    db.session.add(user)
    db.session.commit()
    return user


def persona(name: str) -> User:
    """The one user of a persona; made when first asked for."""
    found = db.session.query(User).filter_by(email=f"{name}@frontdesk.example").one_or_none()
    if found is not None:
        return found
    staff = {"support": Staff.SUPPORT, "admin": Staff.ADMIN}.get(name, Staff.NONE)
    return make_user(name, staff=staff)


class Browser(FlaskClient):
    """A test client that sends the CSRF token like the pages' forms do; `csrf = False` leaves it out."""

    csrf = True

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send the request."""
        if self.csrf and kwargs.get("method", "GET") not in {"GET", "HEAD", "OPTIONS"}:
            kwargs["headers"] = {**dict(kwargs.get("headers") or {}), "X-CSRFToken": self._token()}
        if here := has_app_context():  # not in a thread of its own
            db.session.commit()  # the request has a session of its own, and must not wait for ours
        with self.application.app_context():  # and a `g` of its own: nobody stays signed in from one to the next
            answer = super().open(*args, **kwargs)
        if here:
            db.session.expire_all()
        return answer

    def _token(self) -> str:
        with self.session_transaction() as cookie:
            cookie["csrf_token"] = CSRF
        return URLSafeTimedSerializer(str(self.application.secret_key), salt="wtf-csrf-token").dumps(CSRF)


def browser(app: Flask, user: User | None = None) -> Browser:
    """A browser, signed in as the user if one is given."""
    app.test_client_class = Browser
    client = app.test_client()
    assert isinstance(client, Browser)
    if user is not None:
        token = sessions.start(user)
        db.session.commit()
        with client.session_transaction() as cookie:
            cookie[sessions.COOKIE_KEY] = token
    return client


def cookies(browser: Browser) -> dict[str, str]:
    """What the browser is signed in by."""
    cookie = browser.get_cookie("frontdesk")
    return {"frontdesk": cookie.value} if cookie is not None else {}
