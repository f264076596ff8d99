"""Ask now how a recording stands that seems stuck, instead of waiting for the sweep or the daily comparison."""

from webapp.core.db import db
from webapp.recordings import comparing, follow, service
from webapp.recordings.models import Recording


def heal(recording: Recording) -> None:
    """Ask LiveKit of one that is not over, and the storage of one that is; only legal moves follow. Commits.

    Raises LiveKitError or OSError where neither can say: the row stays as it is.
    """
    db.session.commit()
    if recording.state.terminal:
        comparing.check(recording)
    elif follow.look(recording):
        service.let_stop(recording)
        db.session.commit()
