"""Another window fetches the room that was made for it."""

import time_machine

from webapp.core.db import utcnow
from webapp.rooms import jobs

FORM = {"name": "Rowing club", "access_level": "trusted", "callback_id": "0f9a-addin"}
URL = "/rooms/creation-callback/"


def test_the_window_that_asked_gets_the_room_once(client, client_as):
    made = client_as("owner").post("/rooms/new", data=FORM).location
    client.csrf = False
    slug = made.split("/")[2]
    assert client.post(URL, json={"callback_id": "0f9a-addin"}).json == {"status": "success", "room": {"slug": slug}}
    assert client.post(URL, json={"callback_id": "0f9a-addin"}).json == {"status": "success", "room": {}}


def test_a_form_may_ask_too(client, client_as):
    client_as("owner").post("/rooms/new", data=FORM)
    assert client.post(URL, data={"callback_id": "0f9a-addin"}).json["room"]


def test_the_form_carries_the_id_it_was_opened_with(client_as):
    assert 'value="0f9a-addin"' in client_as("owner").get("/rooms/new?callback_id=0f9a-addin").text


def test_an_id_nobody_used_has_no_room(client):
    assert client.post(URL, json={"callback_id": "unknown"}).json == {"status": "success", "room": {}}


def test_after_ten_minutes_there_is_no_room(client, client_as):
    client_as("owner").post("/rooms/new", data=FORM)
    with time_machine.travel(utcnow().timestamp() + 601, tick=False):
        assert client.post(URL, json={"callback_id": "0f9a-addin"}).json["room"] == {}


def test_what_nobody_fetched_is_forgotten(client_as):
    client_as("owner").post("/rooms/new", data=FORM)
    assert jobs.purge_callbacks() == 0
    with time_machine.travel(utcnow().timestamp() + 601, tick=False):
        assert jobs.purge_callbacks() == 1


def test_a_request_without_an_id_cannot_be_read(client):
    assert client.post(URL, json=["x"]).status_code == 400
    assert client.post(URL, json={"callback_id": 7}).status_code == 400
    assert client.post(URL, data="{", content_type="application/json").status_code == 400


def test_a_second_room_under_one_id_does_not_replace_the_first(client, client_as):
    first = client_as("owner").post("/rooms/new", data=FORM).location
    client_as("stranger").post("/rooms/new", data=FORM)
    assert client.post(URL, json={"callback_id": "0f9a-addin"}).json["room"]["slug"] in first


def test_a_deleted_room_is_not_handed_out(client, client_as):
    owner = client_as("owner")
    made = owner.post("/rooms/new", data=FORM).location
    owner.post(f"{made.removesuffix('invite')}delete")
    assert client.post(URL, json={"callback_id": "0f9a-addin"}).json["room"] == {}
