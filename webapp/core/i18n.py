"""Languages and time zones: of the person, else of the browser, else of the installation."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Blueprint, Flask, g, has_request_context, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_locale, refresh
from flask_login import current_user

from webapp.core.db import db
from webapp.core.security import local_url
from webapp.core.settings import settings

bp = Blueprint("i18n", __name__)
babel = Babel()


@bp.post("/language")
def set_language() -> ResponseReturnValue:
    """Remember a language: on the person, or in the cookie of somebody who is not signed in."""
    session["language"] = request.form.get("language", "")[:5]
    if current_user.is_authenticated and session["language"] in settings.languages:
        current_user.language = session["language"]
        db.session.commit()
    return redirect(local_url(request.form.get("next")) or "/", 303)


def offered(language: str | None) -> str:
    """The language if it is one of the installation's, else the reader's own: a word in an address is no refusal."""
    own = str(get_locale())
    wanted = language if language in settings.languages else own
    return wanted if wanted in settings.languages else settings.languages[0]


def speak(language: str) -> None:
    """Answer in the language that a mail was written in, until the reader says otherwise."""
    if language in settings.languages and "language" not in session:
        g.language = language
        refresh()


@contextmanager
def spoken_to(language: str, timezone: str) -> Iterator[None]:
    """Inside the block texts and times are for somebody else than whoever asks; empty means the installation's own."""
    chosen = {
        "language": language if language in settings.languages else settings.languages[0],
        "timezone": timezone or settings.timezone,
    }
    before = {name: g.get(name) for name in chosen}
    try:
        _choose(chosen)
        yield
    finally:
        _choose(before)


def _choose(chosen: Mapping[str, str | None]) -> None:
    for name, value in chosen.items():
        setattr(g, name, value)
    refresh()


def init_app(app: Flask) -> None:
    """Choose language and zone per request."""

    def locale() -> str:
        if not has_request_context():
            return str(g.get("language") or "en")
        chosen = g.get("language") or getattr(current_user, "language", "") or session.get("language", "")
        return (
            chosen if chosen in settings.languages else request.accept_languages.best_match(settings.languages) or "en"
        )

    def timezone() -> str:
        return g.get("timezone") or getattr(current_user, "timezone", "") or settings.timezone

    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    babel.init_app(app, locale_selector=locale, timezone_selector=timezone)
    app.register_blueprint(bp)
