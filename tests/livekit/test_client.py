"""LiveKit is asked from any thread and any process, and each of its failures has one meaning."""

import contextlib
import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.room import ListParticipantsResponse, ListRoomsResponse
from prometheus_client import REGISTRY, generate_latest

from tests.support.waiting import PATIENCE
from webapp.core.db import db
from webapp.livekit import rooms, sip
from webapp.livekit.errors import LiveKitError, LiveKitUnavailable

PROTOBUF = "application/protobuf"


@dataclass
class Server:
    """A server on a real port that says what it is told, and remembers what it was asked."""

    url: str = ""
    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    slow: float = 0
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)

    def say(self, method: str, status: int = 200, kind: str = PROTOBUF, body: bytes = b"") -> None:
        self.answers[method] = (status, kind, body)

    def refuse(self, method: str, status: int, code: str, message: str) -> None:
        self.say(method, status, "application/json", json.dumps({"code": code, "msg": message}).encode())


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            method = self.path.rpartition("/")[2]
            server.asked.append((method, self.rfile.read(int(self.headers["Content-Length"]))))
            server.connections.add(self.client_address)
            time.sleep(server.slow)
            status, kind, body = server.answers.get(method, (200, PROTOBUF, b""))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # a client that gave up
                self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    return Handler


@pytest.fixture
def server(app: Flask, change_settings: Callable[..., None]) -> Iterator[Server]:
    answering = Server()
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answering))
    listening.daemon_threads = True
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    answering.url = f"http://127.0.0.1:{listening.server_port}"
    change_settings(livekit_url=answering.url)
    yield answering
    listening.shutdown()
    listening.server_close()
    thread.join()


def _code(ask: Callable[[], object]) -> tuple[type[LiveKitError], str]:
    with pytest.raises(LiveKitError) as caught:
        ask()
    return type(caught.value), caught.value.code


def test_participants_are_told_apart_by_kind_and_by_their_sound(server: Server):
    info = ParticipantInfo(sid="PA_1", identity="sip_1", kind=ParticipantInfo.SIP, attributes={"sip.callID": "SCL_1"})
    info.tracks.add(sid="TR_1", muted=True)
    web = ParticipantInfo(sid="PA_2", identity="w", tracks=[{"sid": "TR_2"}])
    gone = ParticipantInfo(sid="PA_3", state=ParticipantInfo.DISCONNECTED)
    answer = ListParticipantsResponse(participants=[info, web, gone])
    server.say("ListParticipants", body=answer.SerializeToString())
    phone, person = rooms.list_participants("r")
    assert (phone.is_phone, phone.is_web, phone.call_id, bool(phone.sounding)) == (True, False, "SCL_1", False)
    assert (person.is_phone, person.is_web, bool(person.sounding)) == (False, True, True)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>maintenance</html>"])
def test_a_page_in_place_of_livekit_is_not_an_empty_list(server: Server, body: bytes):
    server.say("ListRooms", kind="text/html", body=body)
    assert _code(rooms.list_rooms) == (LiveKitUnavailable, "not_livekit")


def test_a_protobuf_answer_that_cannot_be_read_is_not_livekit(server: Server):
    server.say("ListRooms", body=b"<html>")
    assert _code(rooms.list_rooms) == (LiveKitUnavailable, "not_livekit")


@pytest.mark.parametrize("status", [404, 500, 502, 503])
def test_an_error_page_of_a_proxy_is_an_outage(server: Server, status: int):
    server.say("ListRooms", status, "text/html", b"<h1>Bad gateway</h1>")
    assert _code(rooms.list_rooms) == (LiveKitUnavailable, "not_livekit")


def test_livekit_that_nobody_runs_is_an_outage(app: Flask, change_settings: Callable[..., None]):
    with socket.socket() as held:  # bound, so that nobody else takes the port, and not listening
        held.bind(("127.0.0.1", 0))
        change_settings(livekit_url=f"http://127.0.0.1:{held.getsockname()[1]}")
        assert _code(rooms.list_rooms) == (LiveKitUnavailable, "no_connection")


def test_a_slow_livekit_is_given_up_after_the_set_time(server: Server, change_settings: Callable[..., None]):
    change_settings(livekit_timeout=0.2)
    server.slow = 60
    begun = time.monotonic()
    assert _code(rooms.list_rooms) == (LiveKitUnavailable, "timeout")
    assert time.monotonic() - begun < 20  # sooner than LiveKit's answer, however busy the machine is


def _counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"frontdesk_livekit_{name}", labels) or 0


def test_each_question_is_timed_under_livekits_name_for_it_whether_it_is_answered_or_not(
    server: Server, change_settings: Callable[..., None]
):
    names = ("ListRooms", "DeleteSIPTrunk")
    before = [_counted("call_seconds_count", method=name) for name in names]
    rooms.list_rooms()
    change_settings(livekit_timeout=0.2)
    server.slow = 2
    _code(rooms.list_rooms)
    _code(lambda: sip.delete_trunk("ST_1"))
    assert [_counted("call_seconds_count", method=name) for name in names] == [before[0] + 2, before[1] + 1]


def test_failures_are_counted_by_method_and_code_and_odd_codes_under_one_word(server: Server):
    codes = {"not_found": "not_found", "unavailable": "unavailable", "+33612345678": "other", "": "not_livekit"}
    for said, counted in codes.items():
        before = _counted("errors_total", method="ListRooms", code=counted)
        server.refuse("ListRooms", 404, said, "no one")
        if not said:
            server.say("ListRooms", 502, "text/html", b"<h1>Bad gateway</h1>")
        _code(rooms.list_rooms)
        assert _counted("errors_total", method="ListRooms", code=counted) == before + 1
    assert "33612345678" not in generate_latest().decode()


def test_a_refusal_keeps_livekits_words_out_of_the_exceptions_text(server: Server):
    server.refuse("CreateSIPDispatchRule", 400, "invalid_argument", 'twirp error unknown: rule "+15550001" exists')
    with pytest.raises(LiveKitError) as caught:
        sip.create_rule({"name": "x"})
    assert caught.value.message == 'rule "+15550001" exists'
    assert "15550001" not in str(caught.value) + repr(caught.value)
    assert not isinstance(caught.value, LiveKitUnavailable)


def test_a_refused_token_is_not_repeated(server: Server):
    server.say("ListRooms", 401, "text/plain", b"invalid token: eyJhbGciOi.eyJpc3Mi.c2ln, error: no")
    with pytest.raises(LiveKitError) as caught:
        rooms.list_rooms()
    assert (caught.value.code, caught.value.message) == ("unauthenticated", "")


def test_a_server_without_redis_is_recognised(server: Server):
    message = "twirp error unknown: sip not connected (redis required)"
    server.refuse("ListSIPInboundTrunk", 500, "internal", message)
    with pytest.raises(LiveKitError) as caught:
        sip.list_trunks()
    assert caught.value.without_redis


def test_no_question_is_asked_under_a_writing_transaction(server: Server):
    db.session.connection()
    with pytest.raises(RuntimeError, match="commit before"):
        rooms.list_rooms()
    db.session.rollback()
    assert server.asked == []


def test_a_room_that_a_crash_left_behind_is_made_again_and_ended(server: Server):
    server.refuse("DeleteRoom", 503, "unavailable", "twirp error unknown: no response from servers")
    with pytest.raises(LiveKitUnavailable):
        rooms.delete_room("ghost")
    assert [method for method, _ in server.asked] == ["DeleteRoom", "CreateRoom", "DeleteRoom"]


def test_ending_or_removing_what_is_gone_is_no_error(server: Server):
    server.refuse("DeleteRoom", 404, "not_found", "twirp error unknown: requested room does not exist")
    server.refuse("RemoveParticipant", 404, "not_found", "twirp error unknown: participant does not exist")
    assert rooms.delete_room("r") is False
    assert rooms.remove_participant("r", "who") is False


def test_nothing_is_sent_to_a_room_that_is_not_live(server: Server):
    server.say("ListRooms", body=ListRoomsResponse().SerializeToString())
    assert rooms.send_data("r", b"{}", "lobby") is False
    assert [method for method, _ in server.asked] == ["ListRooms"]


def test_calls_of_many_threads_share_few_connections(server: Server, app: Flask):
    def ask(_number: int) -> None:
        with app.app_context():
            rooms.list_rooms()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(40)))
    assert len(server.asked) == 40
    assert len(server.connections) <= 5


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_asks_over_a_connection_of_its_own(server: Server):
    rooms.list_rooms()
    child = multiprocessing.get_context("fork").Process(target=rooms.list_rooms)
    child.start()
    child.join(PATIENCE)
    rooms.list_rooms()
    assert child.exitcode == 0
    assert len(server.asked) == 3
    assert len(server.connections) == 2


@pytest.mark.parametrize("error", [LiveKitUnavailable("timeout"), LiveKitError("invalid_argument", "+15550001")])
def test_an_outage_in_the_middle_of_an_answer_is_a_502_that_says_what_holds(app: Flask, error: LiveKitError):
    with app.test_request_context("/api/v1.0/rooms/"):
        answer = app.make_response(app.handle_user_exception(error))
    assert answer.status_code == 502
    assert "What you saved is kept" in answer.get_data(as_text=True)
    assert "15550001" not in answer.get_data(as_text=True)
