"""What a proxy asks before it hands out an object of the bucket: may this person have exactly that, now?

nginx asks by auth_request (ngx_http_auth_request_module), Traefik by forwardAuth. Only 200, 401, 403 and, while the
database is away, 503 are answers to them: with any other nginx would say 500. The proxy must not let browsers ask this
address, since who may have an object gets the headers that open it.
"""

import re
import uuid

from flask import Response, request
from flask_login import current_user

from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.recordings import queries, verdicts
from webapp.recordings.downloads import disposition
from webapp.recordings.storage import storage
from webapp.recordings.verdicts import WatchVerdict

HEX = "[0-9a-f]"
PATH = re.compile(rf"/media/recordings/({HEX}{{8}}(?:-{HEX}{{4}}){{3}}-{HEX}{{12}})\.([a-z0-9]+)", re.ASCII)
ASKED = {"nginx": ("X-Original-Method", "X-Original-URI"), "traefik": ("X-Forwarded-Method", "X-Forwarded-Uri")}
METHODS = ("GET", "HEAD")


def answer() -> Response:
    """200 with the headers that open the object for that method alone, and what the file is called where it is saved.

    401 and 403 have nothing to tell.
    """
    of_method, of_path = ASKED[settings.media_auth_headers]
    method, found = request.headers.get(of_method, ""), PATH.fullmatch(request.headers.get(of_path, ""))
    if not current_user.is_authenticated:
        return Response(status=401)
    if found is None or method not in METHODS:
        return Response(status=403)
    recording = queries.by_id(current_user, uuid.UUID(found[1]))
    if recording is None or found[2] != recording.extension:
        return Response(status=403)
    if verdicts.of_role(recording, recording.room.role_of(current_user), utcnow()) is not WatchVerdict.OPEN:
        return Response(status=403)
    key, name = recording.key, disposition(recording)
    db.session.commit()
    opening = storage().signed(method, key)
    if opening is None:  # in a folder: Frontdesk streams it itself
        return Response(status=403)
    return Response(status=200, headers={**opening, "X-Media-Name": name, "Cache-Control": "no-store"})
