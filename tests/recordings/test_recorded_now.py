"""The room's head says that it is being recorded, without a reload."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support.personas import SWAP, Browser
from webapp.core.db import db
from webapp.recordings.models import Recording
from webapp.recordings.states import State
from webapp.rooms.models import Room

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]


def badge(page: str) -> tuple[str, str]:
    """What it says, and the address that it asks next."""
    found = re.search(r'<span id="recorded-now"[^>]*hx-get="([^"]*)"[^>]*>(.*?)</span>\s*(?:</span>)?', page, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[2]).split()), found[1]


@pytest.mark.parametrize("who", ["owner", "member"])
def test_the_badge_comes_changes_and_goes(client_as: ClientAs, room: Room, make_recording: Make, who: str):
    reader = client_as(who)
    words, ask = badge(reader.get(f"/rooms/{room.slug}/").text)
    assert words == "" and reader.get(ask, headers=SWAP).status_code == 204, "nothing new"
    make_recording(State.ACTIVE)
    words, ask = badge(reader.get(ask, headers=SWAP).text)
    assert words == "Recording" and reader.get(ask, headers=SWAP).status_code == 204
    assert badge(reader.get(f"/rooms/{room.slug}/").text)[0] == "Recording", "without a script, too"
    db.session.execute(sa.update(Recording).values(state=State.STOPPING))
    db.session.commit()
    words, ask = badge(reader.get(ask, headers=SWAP).text)
    assert words == "Stopping"
    db.session.execute(sa.update(Recording).values(state=State.SAVED))
    db.session.commit()
    assert badge(reader.get(ask, headers=SWAP).text)[0] == ""
