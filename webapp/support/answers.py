"""What the proxy would be told now of a recording's file: by role, never by person, and without what opens it."""

from dataclasses import dataclass

from webapp.core.db import utcnow
from webapp.recordings import verdicts
from webapp.recordings.models import Recording
from webapp.recordings.storage import storage
from webapp.recordings.verdicts import WatchVerdict
from webapp.rooms.models import Role

ROLES = (*Role, None)


@dataclass(frozen=True)
class ProxyAnswer:
    """The status that somebody's request would get from `/hooks/media-auth`, and the code of the reason."""

    who: str
    status: int
    why: str


def of(recording: Recording) -> list[ProxyAnswer]:
    """The answers to the file's own address, asked as players do."""
    return [ProxyAnswer("signed_out", 401, "signed_out"), *(_to(recording, role) for role in ROLES)]


def _to(recording: Recording, role: Role | None) -> ProxyAnswer:
    who, verdict = role.value if role else "none", verdicts.of_role(recording, role, utcnow())
    if verdict is not WatchVerdict.OPEN:
        return ProxyAnswer(who, 403, verdict.value)
    return ProxyAnswer(who, 200, "open") if storage().bucket else ProxyAnswer(who, 403, "folder")
