"""Two who change our row of a trunk at the same moment: the second sees what the first did."""

import threading
from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask

from tests.support.installation import Installation
from tests.support.personas import Browser
from webapp.core.db import db, utcnow
from webapp.rooms.models import TrunkRow


def test_a_trunk_that_is_found_gone_while_somebody_closes_it_is_no_longer_there_to_close(
    app: Flask, installation: Installation, client_as: Callable[[str], Browser]
):
    admin = client_as("admin")
    url = f"/telephony/trunks/{installation.trunk_id}/assignable"
    with db.engine.connect() as other:
        gone = sa.update(TrunkRow).where(TrunkRow.sip_trunk_id == installation.trunk_id)
        other.execute(gone.values(gone_at=utcnow(), assignable=False))
        timer = threading.Timer(0.5, other.commit)
        timer.start()
        assert admin.post(url).status_code == 404
        timer.join()
    assert db.session.get_one(TrunkRow, installation.trunk_id, populate_existing=True).assignable is False
