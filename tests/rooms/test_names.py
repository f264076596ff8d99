"""Names people type."""

import pytest
from flask import Flask

from tests.support.factories import stored
from tests.support.personas import SWAP
from webapp.core import names
from webapp.rooms.models import Room

FORM = {"access_level": "restricted", "phone_enabled": "y"}


@pytest.fixture
def words(app: Flask):
    """The language of a request."""
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "Enter a name"),
        ("  \u200b ", "Enter a name"),
        ("x" * 501, "this has 501"),
        ("Board\x07", "control character"),
        ("Board\nroom", "control character"),
        ("Board\u2028room", "control character"),
        ("Board \u202egnp.exe", "reverses text"),
        ("\u2066Board", "reverses text"),
    ],
)
def test_a_name_that_deceives_or_does_not_fit_is_refused_with_the_reason(client_as, name: str, why: str):
    answer = client_as("owner").post("/rooms/new", data={**FORM, "name": name}, headers=SWAP)
    assert answer.status_code == 422
    assert why in answer.text


@pytest.mark.parametrize("name", ["x" * 500, "Conseil d’été", "会議室", "غرفة الاجتماعات", "👩‍👩‍👧 family", "C++ <b>"])
def test_names_of_every_script_are_fine(words, name: str):
    assert names.problem(names.normalised(name), 500) is None


def test_a_name_is_composed_and_stripped(client_as, room: Room):
    client_as("owner").post(f"/rooms/{room.slug}/edit", data={**FORM, "name": " E\u0301cole ", "slug": room.slug})
    assert stored(room).name == "École"


def test_markup_in_a_name_is_shown_as_it_was_typed(client_as):
    owner = client_as("owner")
    url = owner.post("/rooms/new", data={**FORM, "name": "<script>x</script>"}).location
    assert "&lt;script&gt;x" in owner.get(url).text and "<script>x" not in owner.get(url).text
