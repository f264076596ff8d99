"""The queue of waiting guests, as hosts see it and decide."""

import uuid
from collections.abc import Callable, Collection

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.accounts.models import User
from webapp.audit.actors import current_actor
from webapp.core import htmx
from webapp.core.db import db
from webapp.core.security import require
from webapp.holds import hold
from webapp.live import reconcile
from webapp.lobby import denials, policy, queries, queues, service
from webapp.lobby.denials import Denial
from webapp.lobby.models import Entry, EntryKind
from webapp.lobby.queues import Queue, Version
from webapp.lobby.views import undo
from webapp.lobby.views.blueprint import bp
from webapp.rooms import policy as room_policy
from webapp.rooms.door import load_room
from webapp.rooms.models import Room

GIVE_UP = 3  # rooms where LiveKit failed: the host does not wait for its silence about each of many
LEFT = "left_to_the_sweep"
LONGEST_VIEW = 4


@bp.get("/lobby/")
def index() -> ResponseReturnValue:
    """Show who waits in all of one's rooms; a poll that names the version that still holds renders nothing."""
    require(policy.index)
    number = queues.version_of(current_user)
    if _unchanged(number):
        return htmx.unchanged()
    return _show(queues.of_user(current_user, _kind(), number, _page()))


@bp.get("/lobby/waiting")
def waiting() -> ResponseReturnValue:
    """Show who waits longest, for the desk; whoever asks for a page is sent there."""
    require(policy.index)
    if not htmx.is_swap():
        return htmx.go(url_for("desk.index"))
    if _unchanged(queues.version_of(current_user)):
        return htmx.unchanged()
    return _show(queues.of_desk(current_user))


@bp.get("/rooms/<slug>/queue")
def queue(slug: str) -> ResponseReturnValue:
    """Show who waits in one room."""
    room = load_room(slug, policy.queue)
    if _unchanged(queues.version_of_room(room)):
        return htmx.unchanged()
    return _show(queues.of_room(room, _kind()))


@bp.get("/lobby/count")
def count() -> ResponseReturnValue:
    """Say how many wait, for the sidebar."""
    require(policy.index)
    return render_template("lobby/_count.html", count=queries.waiting_count(current_user))


@bp.post("/lobby/<uuid:entry_id>/admit")
def admit(entry_id: uuid.UUID) -> ResponseReturnValue:
    """Let one guest in."""
    return _decide(_load_entry(entry_id, policy.admit), service.admit)


@bp.post("/lobby/<uuid:entry_id>/deny")
def deny(entry_id: uuid.UUID) -> ResponseReturnValue:
    """Turn one guest away."""
    return _decide(_load_entry(entry_id, policy.deny), service.deny)


@bp.get("/lobby/undo/<denial>")
def confirm_undo_deny(denial: str) -> ResponseReturnValue:
    """Ask once whether a denial is taken back: for whoever comes by the link, as browsers without scripts do."""
    entry = _load_denied(denial)
    mine = denials.of_key(entry.id, current_user.id)
    return render_template("lobby/undo_deny.html", room=entry.room, denial=mine)


@bp.post("/lobby/<uuid:entry_id>/undo")  # where pages of an earlier version send it
@bp.post("/lobby/undo/<denial>")
def undo_deny(denial: str = "", entry_id: uuid.UUID | None = None) -> ResponseReturnValue:
    """Take a denial of my own back, with all who were denied at once."""
    entry = _load_entry(entry_id, policy.undo_deny) if entry_id else _load_denied(denial)
    room = entry.room
    try:
        count = denials.undo_deny(entry, actor=current_actor())
    except denials.DenialStands:
        db.session.rollback()
        return _not_undone(room)
    undo.forget()
    if not htmx.is_swap():
        flash(ngettext("%(num)d guest is waiting again.", "%(num)d guests are waiting again.", count))
    return _done(room)


@bp.post("/rooms/<slug>/queue/admit-all")
def admit_all(slug: str) -> ResponseReturnValue:
    """Let everybody in who waits for one room and was on the host's page."""
    room = load_room(slug, policy.admit)
    return _done(room, service.admit_all([room], actor=current_actor(), last=_last(), kind=_kind()))


@bp.post("/rooms/<slug>/queue/deny-all")
def deny_all(slug: str) -> ResponseReturnValue:
    """Turn everybody away who waits for one room and was on the page that asked."""
    room = load_room(slug, policy.deny)
    denied = service.deny_all(room, actor=current_actor(), last=_last(), kind=_kind())
    return _done_denying(room, denied=denied)


@bp.get("/rooms/<slug>/queue/deny-all")
def confirm_deny_all(slug: str) -> ResponseReturnValue:
    """Ask once before everybody is turned away who waits for one room."""
    room = load_room(slug, policy.deny)
    shown, view = queues.of_room(room, _kind()), request.args.get("view", "")
    back = _page_of(room)
    return render_template("lobby/deny_all.html", room=room, queue=shown, view=view[:LONGEST_VIEW], back=back)


@bp.post("/rooms/<slug>/queue/clear-refused")
def clear_refused(slug: str) -> ResponseReturnValue:
    """Clear the line about an address that asked too often; with `deny`, turn away who waits from there."""
    room = load_room(slug, policy.deny)
    deny = request.form.get("deny") == "yes"
    denied = service.clear_refused(room, request.form.get("asked_from", ""), actor=current_actor(), deny=deny)
    return _done_denying(room, denied=denied)


@bp.get("/lobby/admit-all")
def confirm_admit_everywhere() -> ResponseReturnValue:
    """Ask once before everybody is let in everywhere."""
    require(policy.index)
    return render_template("lobby/admit_all.html", queue=queues.all_of_user(current_user, _kind()))


@bp.post("/lobby/admit-all")
def admit_everywhere() -> ResponseReturnValue:
    """Let everybody in who waits for any of one's rooms and was on the page that asked."""
    require(policy.index)
    rooms = [group.room for group in queues.all_of_user(current_user).groups]
    with_callers = service.admit_all(rooms, actor=current_actor(), last=_last(), kind=_kind())
    db.session.commit()
    _flash(_follow(with_callers))
    return htmx.go(url_for(".index", kind=_kind_name()))


def _load_entry(entry_id: uuid.UUID, may: Callable[[User, Room], bool]) -> Entry:
    """The guest's request, for a verb: 404 to those who may not know of the room, 403 to those who may not decide."""
    entry = queries.of_host(entry_id, current_user)
    if entry is None or not room_policy.view(current_user, entry.room):
        abort(404)
    if not may(current_user, entry.room):
        abort(403)
    return entry


def _load_denied(token: str) -> Entry:
    """One of the guests of the denial that is meant; 404 for a token that is not ours."""
    key = denials.read(token)
    if key is None:
        abort(404)
    return _load_entry(key, policy.undo_deny)


def _decide(entry: Entry, verb: Callable[..., None]) -> ResponseReturnValue:
    """Do it and show the queue, where a guest's denial can be taken back; that of a caller has hung up."""
    try:
        verb(entry, actor=current_actor())
    except service.AlreadyDecided:
        db.session.rollback()
        return _too_late(entry)
    if verb is service.deny:
        return _done_denying(entry.room, denied=True)
    return _done(entry.room, [entry.room] if entry.kind is EntryKind.PHONE else [])


def _done_denying(room: Room, *, denied: bool) -> ResponseReturnValue:
    """Show the queue, and offer to whoever denied somebody to take it back."""
    denial = denials.newest(room.id, current_user.id) if denied else None
    if denial is not None:
        undo.remember(denial)
    return _done(room, [room] if denial and denial.calls else [], denial)


def _done(room: Room, with_callers: Collection[Room] = (), denial: Denial | None = None) -> ResponseReturnValue:
    """Commit, let LiveKit follow where callers were decided, and show the queue as it is then."""
    db.session.commit()
    problem = _follow(with_callers)
    if not htmx.is_swap():
        _flash(problem)
        return htmx.go(_page_of(room))
    shown = _same_queue(room)
    shown.answers, shown.denial, shown.problem = True, denial, problem
    return _show(shown)


def _follow(with_callers: Collection[Room]) -> str:
    """Callers hear of a decision at once; what LiveKit did not do is said, and tried again by the sweep."""
    failures, rooms_failed = set(), 0
    for room in with_callers:
        failed = hold.now(room.id) if rooms_failed < GIVE_UP else [LEFT]
        failures.update(failed)
        if failed:
            rooms_failed += 1
            reconcile.mark(room)
            hold.try_again(room.id)
            db.session.commit()
    if hold.STAYS_MUTE in failures:
        what = _("LiveKit doesn't unmute the caller: they hear the meeting but can't be heard.")
        remedy = _("Ask them to call again; they'll join at once.")
        return f"{what} {remedy}"
    return str(_("Not applied yet. Your decision is kept. Retrying.")) if failures else ""


def _flash(problem: str) -> None:
    if problem:
        flash(problem)


def _too_late(entry: Entry) -> ResponseReturnValue:
    decided = queries.of_host(entry.id, current_user)
    shown = _same_queue(entry.room)
    shown.answers, shown.too_late = True, decided
    return _show(shown, 409)


def _not_undone(room: Room) -> ResponseReturnValue:
    shown = _same_queue(room)
    shown.answers = True
    shown.problem = _(
        "Not undone: more than 10 seconds have passed, the guests have left, or someone else denied them."
    )
    return _show(shown, 409)


def _same_queue(room: Room) -> Queue:
    """The queue that the decision was taken in: the form says whether that was one room's."""
    if request.form.get("view") == "room":
        return queues.of_room(room, _kind())
    if request.form.get("view") == "desk" and htmx.is_swap():
        return queues.of_desk(current_user)
    return queues.of_user(current_user, _kind(), page=_page())


def _page_of(room: Room) -> str:
    view = request.values.get("view")
    if view == "room":
        return url_for(".queue", slug=room.slug, kind=_kind_name())
    if view == "desk":
        return url_for("desk.index")
    return url_for(".index", kind=_kind_name(), page=_page() if _page() > 1 else None)


def _show(shown: Queue, status: int = 200) -> Response:
    fragment = "lobby/_waiting.html" if shown.desk else "lobby/_queue.html"
    return htmx.respond("lobby/index.html", fragment, status, queue=shown)


def _unchanged(number: str) -> bool:
    return htmx.is_swap() and Version.holds(request.args.get("v", ""), number)


def _kind() -> EntryKind | None:
    name = request.values.get("kind")
    return EntryKind(name) if name in {kind.value for kind in EntryKind} else None


def _page() -> int:
    number = request.values.get("page", "")
    return min(max(1, int(number[:9])), queues.MOST_PAGES) if number.isascii() and number.isdecimal() else 1


def _kind_name() -> str | None:
    kind = _kind()
    return kind.value if kind else None


def _last() -> uuid.UUID:
    try:
        return uuid.UUID(request.form.get("last", ""))
    except ValueError:
        abort(400, _("The page didn't say who was shown."))
