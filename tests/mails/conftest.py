"""A recording that was saved, with a mail to its room's owner on its way."""

import pytest

from tests.plugins.mail_server import MailServer
from webapp.core.db import db, new_id, utcnow
from webapp.mails.models import Mail
from webapp.recordings import announcing
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.rooms.models import Room


@pytest.fixture
def recording(room: Room) -> Recording:
    """A saved recording."""
    key = new_id()
    made = Recording(id=key, room_id=room.id, mode=Mode.VIDEO, state=State.SAVED, key=f"recordings/{key}.mp4")
    made.stored_at = utcnow()
    db.session.add(made)
    db.session.commit()
    return made


@pytest.fixture
def planned(recording: Recording, mailing: MailServer) -> Mail:
    """The mail that tells of it, due."""
    announcing.saved(recording)
    db.session.commit()
    made = db.session.query(Mail).one()
    db.session.commit()  # nothing stays open: others write, too
    return made
