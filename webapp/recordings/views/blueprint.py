"""The blueprint that all pages of recordings hang on, and the door to one."""

import uuid
from collections.abc import Callable

from flask import Blueprint, abort, request
from flask_login import current_user

from webapp.accounts.models import User
from webapp.core.db import READING
from webapp.recordings import policy, queries
from webapp.recordings.models import Recording

bp = Blueprint("recordings", __name__)


def load_recording(
    recording_id: uuid.UUID, may: Callable[[User, Recording], bool], *, deleted: bool = False
) -> Recording:
    """The recording for a verb of a policy: 404 to those who may not know of it, 403 to those who may not do this.

    One that is being deleted is there for the verbs alone that ask for it.
    """
    recording = queries.by_id(current_user, recording_id, lock=request.method not in READING, deleted=deleted)
    if recording is None or not policy.view(current_user, recording):
        abort(404)
    if not may(current_user, recording):
        abort(403)
    return recording
