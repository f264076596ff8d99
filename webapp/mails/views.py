"""Which mails somebody gets: chosen on the account page, or turned off by the link in one, without a sign-in."""

from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.audit.actors import current_actor
from webapp.core import htmx, i18n
from webapp.core.db import READING, db
from webapp.core.security import csrf, limiter, require
from webapp.core.settings import settings
from webapp.mails import kinds, links, policy, queries, service
from webapp.mails.forms import MailChoicesForm

bp = Blueprint("mails", __name__)


@bp.post("/account/mails")
def choose() -> ResponseReturnValue:
    """Keep which mails I want."""
    require(policy.choose)
    form = MailChoicesForm()
    if not form.validate():
        return htmx.respond("mails/choices.html", "mails/_choices.html", 422, mail_choices=form)
    service.choose(current_user, form.wanted.data or [], actor=current_actor())
    db.session.commit()
    return htmx.done(url_for("accounts.show") + "#mails", "mails/_choices.html", mail_choices=form, saved=True)


def _is_unknown(response: Response) -> bool:
    return response.status_code == 404


@bp.route("/mails/off/<token>", methods=["GET", "POST"])
@csrf.exempt  # mail programs post without a page of ours (RFC 8058); the signature shows that the link is from our mail
@limiter.limit("600 per minute")
@limiter.limit(lambda: settings.unknown_link_limit, deduct_when=_is_unknown)
def turn_off(token: str) -> ResponseReturnValue:
    """Say what the link turns off, and do it when the button, or the mail program, asks; never redirected."""
    named = links.read(token)
    topic = kinds.topics().get(named[1]) if named else None
    user = queries.person(named[0]) if named and topic else None
    if user is None or topic is None:
        return render_template("mails/unknown_link.html"), 404
    i18n.speak(user.language)
    if request.method in READING:
        done = topic.name in queries.turned_off(user)
    else:
        service.turn_off(user, topic.name, actor=current_actor())
        db.session.commit()
        done = True
    return render_template("mails/turn_off.html", topic=topic, done=done)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
