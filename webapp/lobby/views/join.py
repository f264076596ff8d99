"""A guest's way in: ask, wait, go in or hear a polite no. Nobody needs a sign-in here."""

from typing import NoReturn, cast

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.accounts.models import User
from webapp.core import htmx
from webapp.core.db import READING, db
from webapp.core.security import allow_form_target, limiter
from webapp.core.settings import settings
from webapp.invitations import queries as invitation_queries
from webapp.invitations import service as invitations
from webapp.livekit import tokens
from webapp.lobby import bearers, meeting, policy, queries, service, sources
from webapp.lobby.forms import AskForm
from webapp.lobby.models import Entry, Status
from webapp.lobby.sources import Source
from webapp.lobby.views.blueprint import bp
from webapp.rooms import queries as room_queries
from webapp.rooms.door import lead_on
from webapp.rooms.models import Room

RELOAD = 5  # seconds between two looks of a page without scripts


def _is_known() -> bool:
    """Whether the visitor is signed in or waits somewhere: whoever guesses links is neither."""
    return bool(bearers.read(request.cookies)) or current_user.is_authenticated


# Only what leads nowhere is counted, but then the right link is refused too, or guessing would go on unhindered.
limit_guessing = limiter.shared_limit(
    lambda: settings.unknown_link_limit,
    scope="unknown links",
    deduct_when=lambda response: response.status_code == 404,
    exempt_when=_is_known,
)


@bp.get("/join/<slug>")
@limit_guessing
def join(slug: str) -> ResponseReturnValue:
    """Ask for a name, or let those straight in who are known and need no host."""
    user, room = _user(), _room(slug)
    if user and _known_name(user) and policy.may_enter(user, room):
        return redirect(_own_way_in(room, user, _known_name(user)), 303)
    if _asked(room, user):
        return redirect(url_for(".wait", slug=room.slug), 303)
    return _ask_page(room, AskForm(formdata=None))


@bp.post("/join/<slug>")
@limit_guessing
def ask(slug: str) -> ResponseReturnValue:
    """Take the guest into the queue; who waits already keeps the place, who needs no host goes in."""
    user, room, form = _user(), _room(slug), AskForm()
    if _asked(room, user):
        return htmx.go(url_for(".wait", slug=room.slug))
    if not _known_name(user) and not form.validate():
        return _ask_page(room, form, 422)
    name = _known_name(user) or str(form.name.data)
    if user and policy.may_enter(user, room):
        return htmx.go(_own_way_in(room, user, name))
    try:
        entry, bearer = _first_contact(room, name, user, str(form.nonce.data or ""))
    except service.LobbyFull:
        db.session.rollback()
        return _polite("lobby/full.html", 429, room=room)
    except service.ShareSpent:
        db.session.rollback()
        service.refuse(room.id, _source(room))
        db.session.commit()
        return _polite("lobby/full.html", 429, room=room)
    db.session.commit()
    return _begin(entry, room, bearer)


@bp.get("/join/<path:typed>")
@limit_guessing
def join_typed(typed: str) -> ResponseReturnValue:
    """A link with a slash at its end, and whatever else came behind the room's name but no words."""
    slug, _slash, more = typed.strip("/ ").partition("/")
    room = None if any(letter.isalnum() for letter in more) else _meant(slug)
    if room is None:
        abort(_polite("lobby/unknown.html", 404))
    return redirect(url_for(".join", slug=room.slug), 308)


@bp.get("/join/<slug>/wait")
@limit_guessing
def wait(slug: str) -> ResponseReturnValue:
    """Show that the guest waits, or where that led; every look keeps the place in the queue."""
    held = bearers.read(request.cookies)
    user = _user()
    entry = queries.of_guest(slug, held, user)
    if entry is not None and service.poll_changes(entry, user):
        db.begin_writing()
        service.poll(entry, user)
        db.session.commit()
        entry = queries.of_guest(slug, held, user)
    if entry is None:
        return htmx.go(url_for(".join", slug=_room(slug).slug))
    return _outcome(entry)


@bp.post("/join/<slug>/leave")
@limit_guessing
def leave(slug: str) -> ResponseReturnValue:
    """Stop waiting."""
    room = _room(slug)
    entry = queries.of_guest(room.slug, bearers.read(request.cookies), None)
    if entry is not None:
        service.leave(entry)
        db.session.commit()
    response = htmx.go(url_for(".join", slug=room.slug))
    bearers.forget(response, room.id)
    return response


@limiter.limit(lambda: settings.join_limit, exempt_when=lambda: bool(current_user.is_authenticated))
def _first_contact(room: Room, name: str, user: User | None, nonce: str) -> tuple[Entry, str]:
    """A new request; who waits already or is signed in is never limited, however many share an address."""
    return service.ask(room, name, user, _source(room), nonce)


def _source(room: Room) -> Source:
    return sources.of(request.remote_addr or "", room.id)


def _begin(entry: Entry, room: Room, bearer: str) -> Response:
    """Hand the bearer out. Forms sent without a script come back to a page that reloads itself."""
    inside = entry.status is Status.ACCEPTED
    reload = None if htmx.is_swap() else RELOAD
    response = htmx.go(_way_in(entry, room) if inside else url_for(".wait", slug=room.slug, reload=reload))
    bearers.write(response, room.id, bearer)
    return response


def _outcome(entry: Entry) -> ResponseReturnValue:
    status = service.status_for_guest(entry)
    if status is Status.ACCEPTED:
        return htmx.go(_way_in(entry, entry.room))
    if status is Status.WAITING and htmx.is_swap():
        return htmx.unchanged()  # the page's clock runs by itself
    _allow_way_in()
    form = AskForm(formdata=None, name=entry.name)
    response = htmx.respond("lobby/wait.html", "lobby/_wait.html", 200, entry=entry, status=status.value, form=form)
    if status is Status.WAITING and "reload" in request.args:
        response.headers["Refresh"] = str(RELOAD)
    return response


def _ask_page(room: Room, form: AskForm, status: int = 200) -> Response:
    _allow_way_in()
    context = {"room": room, "form": form, "known_name": _known_name(_user())}
    context["straight_in"] = policy.may_enter(_user(), room)
    return htmx.respond("lobby/join.html", "lobby/_ask.html", status, **context)


def _allow_way_in() -> None:
    """Let the page's form end on the meeting page, where that is another site's."""
    if settings.meeting_url:
        allow_form_target(settings.meeting_url)


def _polite(template: str, status: int, **context: object) -> Response:
    return htmx.respond(template, template, status, **context)


def _user() -> User | None:
    return cast(User, current_user) if current_user.is_authenticated else None


def _known_name(user: User | None) -> str:
    """The name of a signed-in person as the provider vouches for it; their address is no name to show to others."""
    return (user.full_name or user.short_name) if user else ""


def _room(slug: str) -> Room:
    """The room of a link that anybody may open; a link that the room had before leads on, others are explained."""
    user = _user()
    room = room_queries.by_slug(slug, user, lock=request.method not in READING)
    if room is None:
        _by_another_link(slug)
    return _with_offered_role(room, user) if user is not None and room.role_of(user) is None else room


def _with_offered_role(room: Room, user: User) -> Room:
    """The room as it is for the person once they have the role that came with an invitation to their address."""
    if not invitation_queries.offers(user, room.id):
        return room
    if request.method in READING:
        db.begin_writing()
    invitations.take_up(user, room)
    db.session.commit()
    return room_queries.by_slug(room.slug, user, lock=request.method not in READING) or room


def _by_another_link(slug: str) -> NoReturn:
    """To the room that had this link, or that this link means as somebody typed it."""
    renamed = room_queries.by_old_slug(slug)
    room = renamed or room_queries.by_typed_slug(slug)
    if room is None:
        abort(_polite("lobby/unknown.html", 404))
    lead_on(room, renamed=renamed is not None)


def _meant(slug: str) -> Room | None:
    return room_queries.by_slug(slug) or room_queries.by_old_slug(slug) or room_queries.by_typed_slug(slug)


def _asked(room: Room, user: User | None) -> bool:
    """The browser has a request for the room that still stands."""
    entry = queries.of_guest(room.slug, bearers.read(request.cookies), user)
    return entry is not None and service.status_for_guest(entry) in {Status.WAITING, Status.ACCEPTED}


def _own_way_in(room: Room, user: User, name: str) -> str:
    mint = tokens.guest_token if room.role_of(user) is None else tokens.member_token
    return meeting.address(room, mint(str(room.id), str(user.id), name))


def _way_in(entry: Entry, room: Room) -> str:
    return meeting.address(room, tokens.guest_token(str(room.id), entry.identity, entry.name))
