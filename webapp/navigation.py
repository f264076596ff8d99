"""The sidebar: one list of all pages, of which people see what their role opens."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Flask, current_app, render_template, request
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup

from webapp.accounts.hits import Hit, SearchSource
from webapp.accounts.models import Staff, User

EXTENSION = "frontdesk.navigation"
Opens = Callable[[User], bool]
Key = tuple[str, str, Staff]


def everyone(_user: User) -> bool:
    """Everybody signed in."""
    return True


def staff(user: User) -> bool:
    """Support and admins."""
    return user.is_staff


def admin(user: User) -> bool:
    """Admins."""
    return user.is_admin


@dataclass(frozen=True)
class Link:
    """One entry of the sidebar."""

    endpoint: str
    text: object
    icon: str
    opens: Opens = everyone
    below: tuple[str, ...] = ()

    @property
    def current(self) -> bool:
        """The page shown is this one, or below it."""
        here = request.endpoint or ""
        if here in CLAIMED:
            return here in (self.endpoint, *self.below)
        return self.endpoint.endswith(".index") and here.split(".")[0] == self.endpoint.split(".")[0]


MOVES = ("trunks.move", "trunks.new_move", "trunks.move_rooms")
REVIEWS = ("reviews.index", "reviews.new", "reviews.start", "reviews.show", "reviews.lines", "reviews.confirm_reassign")
REPAIRS = ("repairs.index", "repairs.show", "repairs.new", "repairs.run")
GROUPS: list[tuple[str, object, list[Link]]] = [
    (
        "main",
        "",
        [
            Link("desk.index", _l("Desk"), "desk"),
            Link("rooms.index", _l("Rooms"), "rooms"),
            Link("lobby.index", _l("Lobby"), "lobby"),
            Link("recordings.index", _l("Recordings"), "recordings"),
        ],
    ),
    (
        "telephony",
        _l("Telephony"),
        [
            Link("support.index", _l("All rooms"), "rooms", staff),
            Link("doctor.index", _l("Rules"), "rules", staff, REPAIRS),
            Link("trunks.index", _l("Trunks"), "trunks", staff),
            Link("calls.index", _l("Calls"), "calls", staff),
            Link("trunks.pins", _l("PINs"), "pins", staff, MOVES),
            Link("tracer.index", _l("Call tracer"), "explain", staff),
        ],
    ),
    (
        "audit",
        _l("Audit"),
        [
            Link("access.review_page", _l("Access review"), "access", admin, REVIEWS),
            Link("people.index", _l("People"), "user", admin),
            Link("audit.log", _l("Log"), "log", admin),
            Link("audit.reveals_page", _l("Reveals"), "reveal", admin),
        ],
    ),
    (
        "system",
        _l("System"),
        [
            Link("hooks.index", _l("Hooks"), "hooks", staff),
            Link("jobs.index", _l("Jobs"), "jobs", staff),
            Link("setup.index", _l("Set-up"), "setup", staff),
        ],
    ),
]
# Pages that belong to one entry by name, whatever their blueprint.
CLAIMED = {name for _group, _title, links in GROUPS for link in links for name in (link.endpoint, *link.below)}


def groups() -> list[tuple[str, object, list[Link]]]:
    """The groups with the entries that the reader may open; empty groups are left out."""
    shown = [(name, title, [link for link in links if link.opens(current_user)]) for name, title, links in GROUPS]
    return [group for group in shown if group[2]]


def drawn() -> Markup:
    """The list as it stands in the sidebar; it is the same for all readers of a page who share language and role."""
    kept: dict[Key, Markup] = current_app.extensions[EXTENSION]
    key = (str(get_locale()), str(request.endpoint), current_user.staff)
    if key not in kept or current_app.debug:
        kept[key] = Markup(render_template("_navigation.html", groups=groups()))  # noqa: S704 - a template escaped it
    return kept[key]


# What one can begin from anywhere.
DEEDS = (
    Link("rooms.new", _l("Create a room"), "plus"),
    Link("tracer.index", _l("Trace a call"), "explain", staff),
    Link("repairs.index", _l("Repair rules"), "wrench", staff),
    Link("trunks.new", _l("Create a trunk"), "plus", admin),
    Link("people.index", _l("Find a person"), "user", admin),
    Link("reviews.new", _l("Start an access review"), "access", admin),
)


def _answering(links: Iterable[Link], words: str, user: User, limit: int) -> list[Hit]:
    texts = [(str(link.text), link) for link in links if link.opens(user)]
    hits = [Hit(link.endpoint, text, icon=link.icon) for text, link in texts if words.lower() in text.lower()]
    return hits[:limit]


def _find_pages(words: str, user: User, limit: int) -> list[Hit]:
    links = [link for _name, _title, links in GROUPS for link in links]
    return _answering(links, words, user, limit)


def _find_deeds(words: str, user: User, limit: int) -> list[Hit]:
    return _answering(DEEDS, words, user, limit)


PAGE_HITS = SearchSource("pages", _l("Pages"), "desk", _find_pages, offers=True)
DEED_HITS = SearchSource("deeds", _l("Do something"), "plus", _find_deeds, offers=True)


def init_app(app: Flask) -> None:
    """Give the sidebar to the templates."""
    app.extensions[EXTENSION] = {}
    app.jinja_env.globals["navigation"] = drawn
