"""The provider may answer slowly, without end, or anything at all: whoever signs in reads so soon, never a 500."""

import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import requests
from flask import Flask

from tests.support.oidc_server import RunningProvider
from tests.support.sign_in import Person
from tests.support.waiting import PATIENCE
from webapp.accounts import metadata, transport
from webapp.accounts.problems import SignInError

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Write = Callable[[socket.socket], None]


def drip(text: bytes) -> Write:
    """A byte every twentieth of a second, for a minute."""

    def write(client: socket.socket) -> None:
        for at in range(1200):
            client.sendall(text[at % len(text) :][:1])
            time.sleep(0.05)

    return write


def after(head: bytes, write: Write) -> Write:
    """First the head, then the rest."""

    def both(client: socket.socket) -> None:
        client.sendall(head)
        write(client)

    return both


def without_end(client: socket.socket) -> None:
    """As much as it takes."""
    for _ in range(2000):
        client.sendall(b"[" * 65536)


@contextmanager
def answering(write: Write) -> Iterator[str]:
    """The address of a server that answers like that."""
    ended = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            while not ended.is_set():
                client, _address = listener.accept()
                with client, suppress(OSError):
                    client.recv(65536)
                    write(client)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        ended.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


SOONER = 20.0  # seconds: the answers below take a minute, one second is allowed them, and the machine may be busy
SLOW = {
    "nothing": lambda _client: time.sleep(60),
    "a status line that drips": drip(b"H"),
    "headers that drip": after(HEAD, drip(b"X-A: b\r\n")),
    "a body that drips": after(HEAD + b"Content-Length: 5000\r\n\r\n", drip(b"a")),
    "a body of no known length that drips": after(HEAD + b"\r\n", drip(b" ")),
    "chunks that drip": after(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", drip(b"1\r\na\r\n")),
}


@pytest.mark.parametrize("how", SLOW)
def test_the_time_out_counts_the_whole_answer_however_slowly_it_comes(how: str):
    with answering(SLOW[how]) as url:
        begun = time.monotonic()
        with pytest.raises(SignInError) as raised:
            transport.get(url, 1.0)
        assert time.monotonic() - begun < SOONER
        assert raised.value.code == "slow"


def test_redirects_share_one_time_out():
    def redirect(client: socket.socket) -> None:
        time.sleep(0.3)
        client.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with answering(redirect) as url:
        with pytest.raises(SignInError) as raised:
            transport.get(url, 1.0)
        assert raised.value.code == "slow", "else it would go on until there are too many"


def test_an_answer_without_end_is_let_go_before_it_fills_the_memory():
    with answering(after(HEAD + b"\r\n", without_end)) as url:
        with pytest.raises(SignInError) as raised:
            transport.get(url, PATIENCE)
        assert (raised.value.code, raised.value.hint) == ("confused", "size")


def test_a_whole_answer_comes_through(app: Flask):
    body = json.dumps({"a": "é" * 1000}).encode()
    with answering(lambda client: client.sendall(HEAD + b"Connection: close\r\n\r\n" + body)) as url:
        assert transport.document(transport.get(url, PATIENCE), "json") == {"a": "é" * 1000}


def test_a_token_endpoint_that_drips_is_not_waited_for(
    person: Person, provider: RunningProvider, configure: Callable[..., None]
):
    known = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=PATIENCE).json()
    with answering(SLOW["a body that drips"]) as url:
        answer = person.begin(persona="owner")
        configure(oidc_timeout=2.0)
        provider.fail("discovery", "json", body={**known, "token_endpoint": url})
        begun = time.monotonic()
        assert person.back(answer).status_code == 504
        assert time.monotonic() - begun < 3 * 2 * 2.0  # the metadata and the token, each within its time


TEXTS = [
    "[" * 100_000,
    '{"a":' * 50_000,
    '{"access_token": NaN, "id_token": Infinity, "keys": -Infinity}',
    '{"access_token": "\\ud800", "id_token": "\\udfff.\\ud800.a", "keys": [{"kty": "\\ud800"}], "sub": "\\ud800"}',
    '{"access_token": "\\u0000", "id_token": "\\u0000", "sub": "\\u0000"}',
    '{"error": ["x"], "error_description": {"a": 1}}',
    '{"error": {"x": 1}}',
    '{"error": null, "keys": null, "access_token": null}',
    "9" * 5000,
    '{"expires_in": ' + "9" * 5000 + "}",
    '{"expires_in": "soon", "access_token": "a", "id_token": "b", "token_type": 7}',
    '{"expires_at": "soon", "access_token": "a", "id_token": "b"}',
    "\ufeff{}",
    "",
    '"id_token"',
    "true",
]
SEED = 20261130


def made_up(draw: random.Random, depth: int = 0) -> Any:
    """Some JSON value."""
    plain = [None, True, -1, 1e308, 2**70, "", "x" * 50, "\ud800", "\0", "http://[::1", "http://a b/", "a.b.c"]
    if depth > 2 or draw.random() < 0.5:
        return draw.choice(plain)
    values = [made_up(draw, depth + 1) for _ in range(draw.randrange(3))]
    return values if draw.random() < 0.5 else {f"{at}": value for at, value in enumerate(values)}


def spoilt(draw: random.Random, whole: dict[str, Any]) -> str:
    """The object with a few of its fields replaced by anything."""
    names = draw.sample(sorted(whole), min(len(whole), 1 + draw.randrange(3)))
    return json.dumps({**whole, **{name: made_up(draw) for name in names}})


def whole(provider: RunningProvider, endpoint: str) -> dict[str, Any]:
    """An answer of the kind that the endpoint gives."""
    if endpoint == "discovery":
        return dict(requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=PATIENCE).json())
    if endpoint == "jwks":
        keys = requests.get(f"{provider.issuer}/jwks", timeout=PATIENCE).json()["keys"]
        return {"keys": keys, **keys[0]}
    if endpoint == "token":
        return {"access_token": "a", "id_token": "a.b.c", "expires_in": 5, "token_type": "Bearer", "error": "x"}
    return {"sub": "x", "email": "a@b.example", "email_verified": True, "given_name": "A", "groups": [], "name": "A"}


@pytest.mark.parametrize("endpoint", ["discovery", "jwks", "token", "userinfo"])
def test_no_answer_of_a_provider_whatever_its_shape_is_an_error_of_ours(
    person: Person, provider: RunningProvider, endpoint: str
):
    draw = random.Random(f"{SEED} {endpoint}")
    sample = whole(provider, endpoint)
    for text in TEXTS + [spoilt(draw, sample) for _ in range(40)]:
        answer = person.begin(persona="owner")
        metadata.forget()
        provider.fail(endpoint, "text", body=text)
        came = person.back(answer)
        assert came.status_code in {303, 400, 403, 502, 504}, text[:200]
        provider.reset()
        metadata.forget()
        provider.fail("discovery", "text", body=text if endpoint == "discovery" else "{}")
        assert person.here.get("/sign-in").status_code in {303, 502}, text[:200]
        assert person.here.post("/logout").status_code < 500, text[:200]
        provider.reset()
        metadata.forget()
