"""One entry: all that is kept of a deed, on a page of its own and in a drawer over the log."""

from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue

from webapp.accounts import queries as account_queries
from webapp.audit import actions, fields, policy, queries, seals, sentences
from webapp.audit.models import AuditEntry
from webapp.audit.origin_words import ORIGINS
from webapp.audit.views import things
from webapp.audit.views.blueprint import bp
from webapp.core import htmx, paging
from webapp.core.security import require
from webapp.core.times import reader_zone
from webapp.rooms import queries as room_queries


@bp.get("/audit/log/<int:audit_id>")
def entry(audit_id: int) -> ResponseReturnValue:
    """Who did it, to what, what changed, why, from where, in which request, and which seal holds it."""
    require(policy.log)
    found = queries.one(audit_id)
    if found is None:
        abort(404)
    filters = queries.LogFilters.of(request.args)
    newer, older = queries.beside(filters, reader_zone(), audit_id)
    around = {"filters": filters, "newer": newer, "older": older}
    return htmx.respond("audit/entry.html", "audit/_entry.html", entry=found, **around, **_told(found))


def _told(found: AuditEntry) -> dict[str, Any]:
    rooms = room_queries.names(queries.rooms([found]))
    target = things.of([found])
    titles = {key: room[0] for key, room in rooms.items()}
    (deed,) = account_queries.deeds([found], titles, things.names(target))
    mentioned = {key for value in found.details.values() if isinstance(value, str) and (key := paging.key(value))}
    return {
        "deed": deed,
        "room": rooms.get(found.room_id) if found.room_id else None,
        "thing": target.get((found.target_kind, found.target_id)),
        "is_deleted": things.is_deleted(found, target),
        "nobody": sentences.who(found),
        "outcome": sentences.outcome(found),
        "fields": fields.of(found, account_queries.names(mentioned)),
        "links": seals.of(found.id),
        "action_word": actions.label(found.action),
        "origin_words": ORIGINS,
    }
