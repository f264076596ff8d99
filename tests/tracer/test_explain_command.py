"""`flask telephony explain`: the same answer in a terminal."""

import pytest
from click.testing import Result
from flask import Flask

from tests.support.installation import CALLER, NUMBER, Installation
from tests.support.livekit import LiveKit
from webapp.rooms.models import AccessLevel


def explain(app: Flask, *arguments: str, typed: str = "") -> Result:
    return app.test_cli_runner().invoke(args=["telephony", "explain", "--to", NUMBER, *arguments], input=typed)


def test_the_steps_and_the_end_are_printed(app: Flask, installation: Installation):
    room = installation.live(name="Harbour meeting")
    result = explain(app, "--from", CALLER, "--source", "198.51.100.24", "--pin", str(room.pin))
    assert result.exit_code == 0
    assert result.output.startswith("This call goes into Harbour meeting")
    assert "[ok] Trunk: Harbour" in result.output
    assert str(room.pin) not in result.output


def test_of_a_call_without_a_number_it_is_said_that_frontdesk_ends_it(app: Flask, installation: Installation):
    installation.live()
    output = explain(app).output
    assert output.startswith("Frontdesk ends this call: it has no caller number")
    assert "[STOP] Room: the guard's" in output and "no caller number." in output
    assert "not reached" not in output and "Ask the provider to send the caller's number." in output


def test_only_a_room_with_a_lobby_is_said_to_make_callers_wait(app: Flask, installation: Installation):
    closed, public = installation.live(), installation.live(access_level=AccessLevel.PUBLIC)
    assert "wait in the lobby" in explain(app, "--from", CALLER, "--pin", str(closed.pin)).output
    assert "wait in the lobby" not in explain(app, "--from", CALLER, "--pin", str(public.pin)).output


def test_a_caller_without_digits_is_one_who_withholds_the_number(app: Flask, installation: Installation):
    installation.live()
    withheld, known = explain(app, "--from", "Anonymous").output, explain(app, "--from", "+1 555 12 (34)").output
    assert "Called +15550001, number withheld, from anywhere." in withheld
    assert "Called +15550001, caller ending in 34, from anywhere." in known


def test_what_to_add_is_printed_with_the_form_to_ask_again_with(app: Flask, installation: Installation):
    result = app.test_cli_runner().invoke(args=["telephony", "explain", "--to", "0015550001"])
    assert "[STOP] Rule: no match" in result.output
    assert f"trunk {installation.trunk_id} (Harbour), numbers:" in result.output
    assert "+ '0015550001'" in result.output and f"- '{NUMBER}'" not in result.output
    assert f"Ask again with {NUMBER}" in result.output


def test_a_pin_may_be_asked_for_so_that_no_history_has_it(app: Flask, installation: Installation):
    room = installation.live()
    result = explain(app, "--from", CALLER, "--pin", "-", typed=f"{room.pin}\n")
    assert room.name in result.output
    assert str(room.pin) not in result.output


def test_only_a_hash_key_finds_no_open_rule(app: Flask, installation: Installation):
    installation.live()
    assert "No open rule takes a call with only #" in explain(app, "--from", CALLER, "--hash").output


@pytest.mark.parametrize("missing", [[], ["--from", CALLER]])
def test_a_call_needs_a_called_number(app: Flask, missing: list[str]):
    assert app.test_cli_runner().invoke(args=["telephony", "explain", *missing]).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "option", "refusal"),
    [
        (["--to="], "--to", "Enter the number that was called"),
        (["--to", "  "], "--to", "Enter the number that was called"),
        (["--to", "5" * 3000], "--to", "200"),
        (["--to", "+1555\udcff0001"], "--to", "invisible marks"),
        (["--from", "+1555\u202e1234"], "--from", "invisible marks"),
        (["--source", "1" * 101], "--source", "100"),
        (["--host", "\x1b[31m"], "--host", "invisible marks"),
        (["--pin="], "--pin", "Enter the keys"),
        (["--pin", "48z1"], "--pin", "digits, *, or a to d"),
        (["--pin", "1", "--hash"], "--pin", "leave out --hash or --pin"),
    ],
)
def test_what_the_form_refuses_is_refused_by_its_option_and_not_repeated(
    app: Flask, installation: Installation, arguments: list[str], option: str, refusal: str
):
    result = explain(app, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert option in result.stderr and refusal in result.stderr
    assert "48z1" not in result.stderr and "5" * 201 not in result.stderr


def test_while_livekit_is_away_the_command_says_so_and_fails(app: Flask, installation: Installation, livekit: LiveKit):
    livekit.fail("ListSIPInboundTrunk", "unavailable", times=100)
    result = explain(app, "--from", CALLER)
    assert result.exit_code == 1
    assert result.stderr == "LiveKit isn't answering, so nothing can be said about the call now.\n"
    livekit.heal()
