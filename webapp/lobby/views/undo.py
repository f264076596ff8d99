"""What offers to undo a denial: the toast, which follows whoever denied from page to page for ten seconds."""

from flask import Flask, session
from flask_login import current_user

from webapp.core.db import utcnow
from webapp.lobby import denials
from webapp.lobby.denials import Denial
from webapp.lobby.models import UNDO, Entry

KEY = "denied"  # of the cookie, which lasts longer than what it names: the token, and until when it is of use


def remember(denial: Denial) -> None:
    """Offer it on the pages that come."""
    session[KEY] = [denial.token, int((utcnow() + UNDO).timestamp())]


def forget() -> None:
    """There is nothing to undo any more."""
    session.pop(KEY, None)


def offered() -> Denial | None:
    """The reader's denial of a moment ago, for a whole page; None where there is none to undo."""
    token, until = session.get(KEY) or ("", 0)
    if not current_user.is_authenticated or until < utcnow().timestamp():
        return None
    key = denials.read(token)
    return denials.of_key(key, current_user.id) if key else None


def token_of(entry: Entry) -> str:
    """What a guest's row leads to; "" where the reader has nothing to undo."""
    mine = entry.undoable and entry.decided_by_id == current_user.id
    return denials.token(entry.id) if mine else ""


def init_app(app: Flask) -> None:
    """Let every page ask."""
    app.jinja_env.globals |= {"denial_offered": offered, "denial_token": token_of}
