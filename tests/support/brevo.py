"""“Create a contact” and “Delete a contact” of Brevo's API, version 3, on a real port: as strict as its documentation.

Fields, types and answers are those of the public reference (POST /v3/contacts, DELETE /v3/contacts/{identifier}).
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "xkeysib-of-tests"
Answer = tuple[int, dict[str, Any] | None]
IS_NUMBER: Callable[[object], bool] = lambda value: type(value) is int  # noqa: E731 - one of several below
FIELDS: dict[str, Callable[[Any], bool]] = {
    "email": lambda value: isinstance(value, str) and value.count("@") == 1,
    "ext_id": lambda value: isinstance(value, str),
    "attributes": lambda value: isinstance(value, dict),
    "emailBlacklisted": lambda value: isinstance(value, bool),
    "smsBlacklisted": lambda value: isinstance(value, bool),
    "listIds": lambda value: isinstance(value, list) and bool(value) and all(map(IS_NUMBER, value)),
    "updateEnabled": lambda value: isinstance(value, bool),
    "smtpBlacklistSender": lambda value: isinstance(value, list),
}
UNAUTHORIZED: Answer = (401, {"code": "unauthorized", "message": "Key not found"})
DUPLICATE: Answer = (400, {"code": "duplicate_parameter", "message": "Contact already exist"})
NOT_THERE: Answer = (404, {"code": "document_not_found", "message": "Contact does not exist"})
NO_CREDITS: Answer = (402, {"code": "not_enough_credits", "message": "You don't have enough credit"})
TOO_MANY: Answer = (429, {"code": "too_many_requests", "message": "The expected rate limit is exceeded."})


def invalid(name: str) -> Answer:
    """What it says of a field that is none, or not of its type."""
    return 400, {"code": "invalid_parameter", "message": f"Invalid {name}"}


@dataclass
class Brevo:
    """An account: its contacts with their lists, and what it was asked. `answers` come before its own."""

    url: str = ""
    contacts: dict[str, list[int]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of contacts, by the ext_id that they were given
    asked: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    slow: float = 0.0  # seconds before it says anything
    meanwhile: Callable[[], object] = lambda: None  # what happens before it answers
    lists: tuple[int, ...] = (7, 36)

    def about_us(self, path: str, key: str) -> Answer:
        """Tell whose key it is."""
        if path != "/v3/account":
            return 404, {"code": "document_not_found", "message": "Invalid route/method passed"}
        return (200, {"companyName": "Tests"}) if key == KEY else UNAUTHORIZED

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer one request."""
        if path != "/v3/contacts":
            return 404, {"code": "document_not_found", "message": "Invalid route/method passed"}
        if headers.get("api-key") != KEY:
            return UNAUTHORIZED
        if headers.get("content-type") != "application/json":
            return invalid("content type")
        wish = json.loads(body)
        self.asked.append(wish)
        time.sleep(self.slow)
        self.meanwhile()
        return self.answers.pop(0) if self.answers else self._own(wish)

    def delete(self, path: str, query: dict[str, list[str]], key: str) -> Answer:
        """Answer one request to delete."""
        if key != KEY:
            return UNAUTHORIZED
        time.sleep(self.slow)
        if self.answers:
            return self.answers.pop(0)
        name = path.removeprefix("/v3/contacts/")
        if query.get("identifierType") != ["ext_id"] or name not in self.names:
            return NOT_THERE
        self.contacts.pop(self.names.pop(name), None)
        return 204, None

    def _own(self, wish: dict[str, Any]) -> Answer:
        for name, value in wish.items():
            if name not in FIELDS or not FIELDS[name](value):
                return invalid(name)
        wanted = wish.get("listIds", [])
        if set(wanted) - set(self.lists):
            return invalid("listIds")
        if "email" not in wish:
            return 400, {"code": "missing_parameter", "message": "email is missing"}
        if wish["email"] in self.contacts:
            return (204, None) if wish.get("updateEnabled") else DUPLICATE
        if "ext_id" in wish:
            if wish["ext_id"] in self.names:
                return DUPLICATE
            self.names[wish["ext_id"]] = wish["email"]
        self.contacts[wish["email"]] = wanted
        return 201, {"id": 20 + len(self.contacts)}


@contextmanager
def brevo() -> Iterator[Brevo]:
    """Serve an account until the block ends."""
    account = Brevo()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.say(*account.about_us(self.path, self.headers.get("api-key", "")))

        def do_DELETE(self) -> None:
            asked = urlsplit(self.path)
            self.say(*account.delete(asked.path, parse_qs(asked.query), self.headers.get("api-key", "")))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.say(*account.answer(self.path, headers, body))

        def say(self, status: int, said: dict[str, Any] | None) -> None:
            text = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_words: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    account.url = f"http://127.0.0.1:{server.server_port}/v3"
    try:
        yield account
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
