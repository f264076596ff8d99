"""What only reads ends no transaction: what the caller has begun, the caller commits or takes back."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.factories import make_room
from webapp.core.db import db
from webapp.rooms import trunk_rows
from webapp.rooms.models import Room
from webapp.rules import observed, owners

READS: list[Callable[[Room], object]] = [
    lambda _room: owners.known([]),
    lambda _room: observed.compare([], owners.known([])),
    lambda room: observed.believed([room.id]),
    lambda room: trunk_rows.gone(room.trunk_id),
]


@pytest.mark.parametrize("read", READS)
def test_a_read_leaves_what_the_caller_has_begun_to_the_caller(app: Flask, read: Callable[[Room], object]):
    room = make_room(name="Before", phone_enabled=False)
    room.name = "Begun"
    db.session.flush()
    read(room)
    db.session.rollback()
    assert room.name == "Before"
