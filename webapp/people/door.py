"""The one door to a person: load them for a verb, or refuse."""

import uuid
from collections.abc import Callable

from flask import abort, request
from flask_babel import gettext as _
from flask_login import current_user

from webapp.accounts import queries
from webapp.accounts.models import User
from webapp.core.db import READING
from webapp.core.security import require


def load_person(person_id: uuid.UUID, may: Callable[[User], bool]) -> User:
    """The person of the address, for a verb of the policy; 403 to all but admins, then 404 for nobody.

    An unsafe request holds both of them until the commit, and asks again who may: of two admins who take each other's
    role at once, the second is none any more.
    """
    require(may)
    if request.method in READING:
        person = queries.by_id(person_id)
    else:
        person = queries.by_id_for(person_id, current_user)
        require(may)
    if person is None:
        abort(404)
    if person.forgotten_at is not None and request.method not in READING:
        abort(409, _("This person was forgotten. Nothing about the account can be changed."))
    return person
