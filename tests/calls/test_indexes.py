"""Counting calls, and listing and forgetting hooks, reads no whole table: there may be a million."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support import plans
from webapp.calls import queries
from webapp.calls.models import Call
from webapp.core.db import db, utcnow
from webapp.deliveries.models import Delivery

MONTH = utcnow() - timedelta(days=30)
ASKED = {
    "ix_deliveries_received_at": sa.select(Delivery.id).where(Delivery.received_at < MONTH),
    "ix_deliveries_event_and_id": sa.select(Delivery)
    .where(Delivery.event == "room_started")
    .order_by(Delivery.id.desc()),
    "ix_calls_trunk_id_came_at": sa.select(sa.func.count()).where(Call.came_at > MONTH, Call.trunk_id == "ST_1"),
    "ix_calls_verdicts": sa.select(queries.VERDICT, sa.func.count())
    .where(Call.came_at > MONTH)
    .group_by(queries.VERDICT),
}


@pytest.mark.parametrize("index", ASKED)
def test_what_is_asked_of_many_rows_is_read_from_an_index(app: Flask, index: str):
    with db.engine.connect() as connection:
        postgresql = connection.dialect.name == "postgresql"
        if postgresql:  # tables are empty here, and cheap to read whole
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        text = ASKED[index].compile(connection, compile_kwargs={"literal_binds": True})
        plan = plans.explain(connection, str(text))
    assert index in plan or (index == "ix_calls_verdicts" and "ix_calls_came_at_id" in plan and postgresql)
