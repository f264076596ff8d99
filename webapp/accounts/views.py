"""Signing in and out, and everybody's own account page."""

import secrets
import uuid
from datetime import UTC, datetime, timedelta

import structlog
from flask import Blueprint, Flask, abort, flash, g, redirect, render_template, request, session, url_for
from flask.sessions import SessionMixin
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from webapp.access import queries as access_queries
from webapp.access import service as access_service
from webapp.accounts import browsers, downloads, oidc, pending, policy, queries, service, sessions, tokens
from webapp.accounts.forms import ProfileForm
from webapp.accounts.models import User
from webapp.accounts.problems import CURES, SignInError
from webapp.audit import queries as audit_queries
from webapp.audit.actors import current_actor
from webapp.core import htmx, refusals
from webapp.core.db import db
from webapp.core.security import csrf, limiter, local_url, require
from webapp.core.settings import settings
from webapp.invitations import service as invitations
from webapp.mails import choices as mail_choices
from webapp.marketing import choices as marketing_choices
from webapp.marketing import service as marketing_service
from webapp.rooms import queries as room_queries

bp = Blueprint("accounts", __name__)
log = structlog.get_logger()
SIGN_OUT_STATE = "sign_out_state"
ROOMS_SHOWN = 200
sign_in_limit = limiter.limit(lambda: settings.sign_in_limit)


@bp.get("/login")
def login() -> ResponseReturnValue:
    """Offer to sign in, and remember where to go then."""
    target = local_url(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target or "/", 303)
    return render_template("accounts/login.html", next=target, provider=settings.provider_name)


@bp.get("/sign-in")
@sign_in_limit
def sign_in() -> ResponseReturnValue:
    """Send the browser to the provider."""
    attempt = pending.begin(local_url(request.args.get("next")) or "/")
    return redirect(oidc.authorization_url(attempt, str(get_locale())), 303)


@bp.get("/oidc/callback")
@sign_in_limit
def callback() -> ResponseReturnValue:
    """Take the browser back from the provider and let the person in."""
    attempt = pending.take(request.args.get("state", ""))
    if attempt is None:
        raise SignInError("replayed")
    g.sign_in_target = attempt.next
    identity = oidc.finish(attempt, request.args)
    db.begin_writing()
    sessions.end_token(session.get(sessions.COOKIE_KEY))
    browser, address = request.user_agent.string, request.remote_addr or ""
    user, token, first = service.sign_in(identity, address=address, browser=browser)
    access_service.take_over_pending(user)
    if first:
        marketing_service.welcome(user)
    db.session.commit()
    _welcome(user)
    notice = _role_not_told(user, identity.role_problem) if identity.role_problem else ""
    others = pending.others()
    _fresh_cookie()[sessions.COOKIE_KEY] = token
    if notice:
        flash(notice)
    if others:
        session[pending.COOKIE_KEY] = others
    return redirect(attempt.next, 303)


def _welcome(user: User) -> None:
    """Give what waited for the address; where a room is held just now, opening its link gives it."""
    try:
        invitations.welcome(user)
        db.session.commit()
    except OperationalError as error:
        db.session.rollback()
        log.warning("sign_in.invitations_wait", user=str(user.id), code=type(error.orig).__name__)


def _role_not_told(user: User, problem: str) -> str:
    """What to tell a person whose role the provider did not answer for; empty for who has none.

    Whoever has a role keeps it; the log names nobody.
    """
    code = f"role_{problem}"
    log.warning("sign_in.role_not_told", problem=code, claim=settings.oidc_staff_claim, cure=CURES[code])
    refusals.count(refusals.SIGN_IN, code)
    if not user.is_staff:
        return ""
    return str(
        _(
            "The sign-in service didn't send your role (%(claim)s), so it's unchanged. Check the set-up page.",
            claim=settings.oidc_staff_claim,
        )
    )


@bp.app_errorhandler(SignInError)
def explain(problem: SignInError) -> ResponseReturnValue:
    """Say what happened and offer to try again."""
    db.session.rollback()
    refusals.count(refusals.SIGN_IN, problem.code)
    log.warning("sign_in.failed", problem=problem.code, hint=problem.hint, **problem.cure)
    context = {"words": problem.words, "next": g.get("sign_in_target") or local_url(request.args.get("next"))}
    return render_template("accounts/problem.html", **context), problem.status


@bp.post("/logout")
def sign_out() -> ResponseReturnValue:
    """End the sign-in here, whatever the provider says, and then there."""
    require(policy.sign_out)
    row = sessions.current()
    id_token = row.id_token if row else ""
    if row:
        service.sign_out(row, actor=current_actor())
    db.session.commit()
    state = secrets.token_urlsafe(18)
    _fresh_cookie()[SIGN_OUT_STATE] = state
    return _leave(_provider_logout(id_token, state))


@bp.post("/oidc/logout")
@csrf.exempt  # the provider calls, and proves it by its signature
def provider_logout() -> ResponseReturnValue:
    """End what the provider says is over (OpenID Connect Back-Channel Logout 1.0)."""
    try:
        claims = tokens.read_logout(request.form.get("logout_token", ""))
        until = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=settings.oidc_leeway)
        whom = {"sub": claims.get("sub", ""), "sid": claims.get("sid", "")}
        db.begin_writing()
        service.provider_logout(jti=claims["jti"], until=until, **whom)
    except SignInError as problem:
        db.session.rollback()
        refusals.count(refusals.SIGN_OUT, problem.code)
        log.warning("provider_logout.refused", problem=problem.code, hint=problem.hint)
        return {"error": "invalid_request", "error_description": f"{problem.code} {problem.hint}".strip()}, 400
    db.session.commit()
    return "", 200


@bp.get("/signed-out")
def signed_out() -> ResponseReturnValue:
    """Say what is over: the sign-in here, and the one at the provider when it sent the browser back."""
    expected = session.pop(SIGN_OUT_STATE, None)
    everywhere = bool(expected) and pending.same(expected, request.args.get("state", ""))
    return render_template("accounts/signed_out.html", everywhere=everywhere, provider=settings.provider_name)


@bp.get("/account/")
def show() -> ResponseReturnValue:
    """Show everybody their own data."""
    require(policy.account)
    return _account_page(ProfileForm(obj=current_user))


@bp.post("/account/")
def update_profile() -> ResponseReturnValue:
    """Keep language, time zone and theme."""
    require(policy.update_profile)
    form = ProfileForm()
    if not form.validate():
        return _account_page(form, 422)
    chosen = {name: str(form[name].data or "") for name in ("language", "timezone", "theme")}
    service.update_profile(current_user, **chosen, actor=current_actor())
    db.session.commit()
    return htmx.go(url_for(".show"))  # the whole page: every word of it may be in another language now


@bp.post("/account/export")
@downloads.limit_exports
def export() -> ResponseReturnValue:
    """Hand me all that is kept about me, as a file."""
    require(policy.export)
    return downloads.of(current_user, "my-data")


@bp.post("/account/sessions/<uuid:session_id>/end")
def end_session(session_id: uuid.UUID) -> ResponseReturnValue:
    """End one of my sign-ins."""
    row = queries.session(session_id)
    if row is None or not policy.end_session(current_user, row):
        abort(404)
    service.end_session(row.id, current_user, actor=current_actor())
    return _sessions_changed()


@bp.post("/account/sessions/end-others")
def end_other_sessions() -> ResponseReturnValue:
    """End all of my sign-ins but this one."""
    require(policy.end_other_sessions)
    here = sessions.current()
    service.end_other_sessions(current_user, keep=here.id if here else None, actor=current_actor())
    return _sessions_changed()


def _sessions_changed() -> Response:
    db.session.commit()
    return htmx.done(url_for(".show"), "accounts/_sessions.html", **_my_sessions())


def _my_sessions() -> dict[str, object]:
    return {"sign_ins": queries.sessions_of(current_user), "here": sessions.current(), "describe": browsers.describe}


def _account_page(form: ProfileForm, status: int = 200) -> Response:
    context = {
        "form": form,
        **_my_sessions(),
        "accesses": access_queries.rooms_of(current_user, limit=ROOMS_SHOWN),
        **_my_reveals(),
        "mail_choices": mail_choices.form_of(current_user),
        "news": marketing_choices.of(current_user),
    }
    return htmx.respond("accounts/show.html", "accounts/_profile.html", status, **context)


def _my_reveals() -> dict[str, object]:
    entries = queries.reveals_of(current_user)
    return {"reveals": queries.deeds(entries, room_queries.titles(audit_queries.rooms(entries)))}


def _provider_logout(id_token: str, state: str) -> str | None:
    """Where to end the provider's session; a provider that is down must not keep anybody signed in here."""
    try:
        return oidc.logout_url(id_token, state)
    except SignInError as problem:
        log.warning("sign_out.provider_failed", problem=problem.code, hint=problem.hint)
        return None


def _leave(provider_url: str | None) -> ResponseReturnValue:
    """Go to the provider by way of a page: form-action forbids a form to be redirected to another origin."""
    if provider_url is None or htmx.is_swap():
        return htmx.go(provider_url or url_for(".signed_out"))
    return render_template("accounts/leaving.html", url=provider_url, provider=settings.provider_name)


def _fresh_cookie() -> SessionMixin:
    """Empty the cookie of everything but the language, so that nothing of before survives a sign-in or sign-out."""
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    g.pop("_login_user", None)
    g.pop("user_session", None)
    return session


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
