"""What we believe of LiveKit's HTTP: routes, content types, and where a token may stand."""

import pytest
import requests
from livekit.api import AccessToken, VideoGrants

from tests.support.contract import Server, unique_name
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.contract
LIST = "livekit.RoomService/ListRooms"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def bearer(server: Server) -> dict[str, str]:
    """The header of one who may list rooms."""
    return {"Authorization": f"Bearer {server.token(video=VideoGrants(room_list=True))}"}


def test_the_root_answers_ok_to_everybody(server):
    answer = requests.get(server.url, timeout=PATIENCE)
    assert (answer.status_code, answer.text) == (200, "OK")


def test_an_unknown_service_is_a_plain_404(server, bearer):
    answer = server.send("POST", "livekit.NobodyKnowsThis/List", bearer, json={})
    assert (answer.status, answer.content_type, answer.body) == (404, "text/plain", "404 page not found\n")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_a_bad_route(server, bearer, content_type):
    answer = server.send("POST", LIST, {**bearer, "Content-Type": content_type}, data="{}")
    assert (answer.status, answer.code) == (404, "bad_route")
    assert answer.msg == f'unexpected Content-Type: "{content_type}"'


def test_a_charset_and_a_doubled_slash_in_front_do_no_harm(server, bearer):
    headers = {**bearer, "Content-Type": "application/json; charset=utf-8"}
    body = f'{{"names": ["{unique_name()}"]}}'
    answer = requests.post(f"{server.url}//twirp/{LIST}", headers=headers, data=body, timeout=PATIENCE)
    assert (answer.status_code, answer.json()) == (200, {"rooms": []})


def test_a_refusal_of_protobuf_is_json(server, bearer):
    headers = {**bearer, "Content-Type": "application/protobuf"}
    answer = server.send("POST", LIST, headers, data=b"\xff\xff\xff")
    assert (answer.status, answer.content_type) == (400, "application/json")
    assert answer.body == {"code": "malformed", "msg": "the protobuf request could not be decoded"}


def test_a_token_may_stand_in_the_address(server):
    token = server.token(video=VideoGrants(room_list=True))
    answer = server.send("POST", f"{LIST}?access_token={token}", JSON, data=f'{{"names": ["{unique_name()}"]}}')
    assert (answer.status, answer.body) == (200, {"rooms": []})


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        ("Token abc", "invalid authorization header. Must start with Bearer "),
        ("Bearer garbage", "invalid authorization token"),
    ],
)
def test_what_is_no_token_is_refused_in_plain_text(server, authorization, words):
    answer = server.send("POST", LIST, {**JSON, "Authorization": authorization}, data="{}")
    assert (answer.status, answer.content_type, answer.body) == (401, "text/plain", words)


def test_an_unknown_key_is_said_to_be_one(server):
    token = AccessToken("nobodys-key", server.api_secret).with_grants(VideoGrants(room_list=True)).to_jwt()
    answer = server.post(LIST, {}, token)
    assert (answer.status, answer.body.partition(":")[0]) == (401, "invalid API key")  # v1.13.5 names it
