"""The page "Call tracer": a link without numbers, an answer with the field to change."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.installation import CALLER, NUMBER, Installation
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from tests.support.shown import text_of
from tests.support.vectors import load
from webapp.core.db import db
from webapp.tracer import sealing
from webapp.tracer.models import CallQuestion

As = Callable[[str], Browser]
PAGE = "/telephony/explain"


def ask(browser: Browser, **fields: Any) -> TestResponse:
    """Ask, and follow the link to the answer."""
    data = {"to_user": NUMBER, "from_user": CALLER, "source_ip": "", "typed": "nothing", **fields}
    answer = browser.post(PAGE, data=data)
    assert answer.status_code == 303, answer.text
    return browser.get(answer.location.partition("#")[0])


def body(answer: TestResponse) -> str:
    """The words of the answer, without the form that keeps what was typed."""
    return text_of(answer.text.partition("<aside>")[0])


def test_a_call_into_a_live_room_is_followed_to_its_pin_and_into_the_room(installation: Installation, client_as: As):
    room = installation.live(name="Harbour meeting")
    support = client_as("support")
    assert "LiveKit asks for a PIN" in body(ask(support))
    inside = body(ask(support, typed="pin", pin=room.pin))
    assert "This call goes into Harbour meeting" in inside
    assert "100 Processing, 180 Ringing, 200 OK" in inside


def test_the_answer_is_what_a_telephone_then_hears(installation: Installation, client_as: As):
    room = installation.live()
    assert room.pin is not None
    phone = installation.livekit.dial(CALLER, to=NUMBER, keys=f"{'9' * 8}#")
    assert phone["prompts"][-1] == "wrong-pin"
    assert "No rule takes this PIN" in body(ask(client_as("support"), typed="pin", pin="9" * 8))


def test_a_rule_with_blanks_in_its_number_shows_the_form_that_matches(installation: Installation, client_as: As):
    rule = installation.foreign(name="interpreter-line")
    replaced = {"sip_dispatch_rule_id": rule, "name": "interpreter-line", "trunk_ids": [installation.trunk_id]}
    direct = {"dispatch_rule_direct": {"room_name": "interpreters"}}
    installation.livekit.call(
        "SIP",
        "UpdateSIPDispatchRule",
        sip_dispatch_rule_id=rule,
        replace={**replaced, "rule": direct, "numbers": ["+1 555 0001"]},
    )
    page = ask(client_as("support"))
    assert "No rule takes this call" in body(page)
    assert "rules compare character by character" in body(page)
    assert re.search(r"<del>\+1.*?blank.*?555.*?0001</del>", page.text, re.DOTALL)
    assert f"<ins>{NUMBER}</ins>" in page.text
    assert rule in page.text


def test_a_number_that_a_trunk_writes_otherwise_leads_to_that_trunk(installation: Installation, client_as: As):
    page = ask(client_as("support"), to_user="0015550001")
    assert re.search(r'href="/telephony/explain"[^>]*aria-current="page"', page.text)
    assert "No trunk and no rule takes this call" in body(page)
    assert "<ins>0015550001</ins>" in page.text and "<del>" not in page.text
    assert f'href="/telephony/trunks/{installation.trunk_id}/"' in page.text


def test_a_form_that_the_trunk_does_not_take_is_asked_again_with_the_listed_one_at_one_press(
    installation: Installation, client_as: As
):
    installation.live()
    support = client_as("support")
    page = ask(support, to_user="0015550001", source_ip="198.51.100.24", typed="pin", pin="4711471147").text
    again = page.partition('id="changes"')[2].partition("</form>")[0]
    assert f"Ask again with {NUMBER}" in again
    fields = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', again))
    asked = {"to_user": NUMBER, "from_user": CALLER, "source_ip": "198.51.100.24", "from_host": "", "typed": "nothing"}
    assert fields.items() >= asked.items() and "pin" not in fields
    link = support.post(PAGE, data=fields).location.partition("#")[0]
    assert NUMBER[1:] not in link
    assert "LiveKit asks for a PIN" in body(support.get(link))


def test_of_the_form_in_a_pasted_line_no_other_is_asked_about(installation: Installation, client_as: As):
    line, support = {"msg": "processing invite", "fromUser": CALLER, "toUser": "0015550001"}, client_as("support")
    link = support.post(f"{PAGE}/log", data={"log": json.dumps(line)}).location.partition("#")[0]
    page = support.get(link).text
    assert "<ins>0015550001</ins>" in page and "Ask again with" not in page


def test_the_pin_of_a_room_where_nobody_is_names_the_room_and_why(installation: Installation, client_as: As):
    installation.live()
    quiet = installation.room(name="Quiet room")
    page = ask(client_as("support"), typed="pin", pin=quiet.pin)
    assert "This is the PIN of Quiet room, where no one has joined online" in body(page)
    assert f"/rooms/{quiet.slug}/support" in page.text


def test_a_conflicting_pair_stops_every_call_and_names_both(installation: Installation, client_as: As):
    stored = {"rule": {"dispatch_rule_direct": {"room_name": "x"}}, "trunk_ids": [installation.trunk_id]}
    pair = installation.store({**stored, "name": "one"}, {**stored, "name": "two"})
    page = ask(client_as("support"))
    assert "Two rules conflict" in body(page)
    assert all(rule in page.text for rule in pair)
    assert "503 Try again later" in page.text


def test_the_link_holds_no_number_and_the_same_link_answers_anew(installation: Installation, client_as: As):
    support = client_as("support")
    link = support.post(PAGE, data={"to_user": NUMBER, "from_user": CALLER, "typed": "nothing"}).location
    assert not {NUMBER, CALLER, NUMBER[1:], CALLER[1:]} & set(re.split(r"[/#?=&]", link))
    path = link.partition("#")[0]
    assert "No rule takes this call" in body(support.get(path))
    installation.foreign()
    assert "This call goes into elsewhere" in body(support.get(path))


def test_the_link_opens_for_nobody_but_the_sign_in_that_asked(installation: Installation, client_as: As):
    path = client_as("support").post(PAGE, data={"to_user": NUMBER, "from_user": CALLER, "typed": "nothing"}).location
    for who in ("admin", "support"):  # another person, and the same person in another browser
        other = client_as(who).get(path.partition("#")[0])
        assert other.status_code == 404
        assert "This question is gone" in other.text
        assert CALLER not in other.text


def test_what_is_stored_is_sealed_and_ends_with_the_sign_in(installation: Installation, client_as: As):
    support = client_as("support")
    ask(support, typed="pin", pin="4711471147")
    stored = db.session.query(CallQuestion).one()
    assert not any(secret in stored.sealed for secret in (NUMBER, CALLER, "4711471147"))
    db.session.commit()
    support.post("/logout")
    assert db.session.query(CallQuestion).count() == 0
    db.session.commit()


def test_only_the_newest_questions_of_a_sign_in_stay(installation: Installation, client_as: As):
    support = client_as("support")
    for _ in range(sealing.NEWEST + 2):
        page = ask(support)
    assert page.status_code == 200
    assert db.session.query(CallQuestion).count() == sealing.NEWEST
    db.session.commit()


def test_callers_and_pins_are_masked_in_the_answer(installation: Installation, client_as: As):
    installation.foreign(pin="998877", inbound_numbers=["+447700900999"], name="Night line")
    page = ask(client_as("support"), typed="pin", pin="4711471147")
    assert CALLER not in body(page)
    assert "ending in 34" in body(page)
    assert not any(secret in page.text for secret in ("4711471147", "998877", "7700900999"))


def test_no_number_or_pin_reaches_the_log(installation: Installation, client_as: As, capfd: pytest.CaptureFixture[str]):
    support = client_as("support")
    ask(support, typed="pin", pin="4711471147")
    support.post(f"{PAGE}/log", data={"log": json.dumps({"msg": "x", "fromUser": CALLER, "pin": "4711471147"})})
    said = "".join(capfd.readouterr())
    assert not any(secret in said for secret in (NUMBER, CALLER, "4711471147"))


def test_pasted_lines_fill_the_form_and_are_explained(installation: Installation, client_as: As):
    log = next(each["log"] for each in load("sip_logs") if each["name"] == "wrong_pin")
    support = client_as("support")
    answer = support.post(f"{PAGE}/log", data={"log": "\n".join(map(json.dumps, log))})
    assert answer.status_code == 303
    page = support.get(answer.location.partition("#")[0])
    assert f'value="{CALLER}"' in page.text and f'value="{NUMBER}"' in page.text
    assert "No rule took the PIN that was typed" in body(page)
    assert "It was dropped and is kept nowhere here" in body(page)


def paste(browser: Browser, *messages: dict[str, Any]) -> str:
    """Paste what livekit-sip wrote of a call; returns the link to the answer."""
    log = [{"msg": "processing invite", "fromUser": CALLER, "toUser": NUMBER}, *messages]
    answer = browser.post(f"{PAGE}/log", data={"log": "\n".join(map(json.dumps, log))})
    return str(answer.location.partition("#")[0])


def test_where_livekit_would_act_otherwise_now_than_the_lines_say_the_page_says_why(
    installation: Installation, client_as: As
):
    support = client_as("support")
    silent = paste(support, {"msg": "Closing inbound call", "reason": "flood"})
    prompted = paste(support, {"msg": "Requesting Pin for SIP call"})
    empty = "a rule took it; now LiveKit wouldn't take it: the rule is gone; a room's rule exists only while"
    assert empty in body(support.get(prompted))
    assert "When this call came" not in body(support.get(silent))
    installation.live()
    inside = (
        "didn't take it; now it would be asked for a PIN: a room's rule exists only while someone is in the meeting."
    )
    assert inside in body(support.get(silent))
    assert "When this call came" not in body(support.get(prompted))


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        (
            [{"msg": "Rejecting inbound call, dispatch evaluation failed"}],
            "let in: trunks or rules have changed since.",
        ),
        (
            [{"msg": "Rejecting inbound, auth check failed"}],
            "let in: LiveKit was away then, or its trunks have changed",
        ),
        ([{"msg": "Rejecting call", "noPin": True}], "let in: trunks or rules have changed since."),
        ([{"msg": "Closing inbound call", "reason": "flood"}], "let in: trunks or rules have changed since."),
        ([{"msg": "Authentication failed - response mismatch"}], "the provider failed at the password"),
        ([{"msg": "Joining room"}], ""),
        ([{"msg": "BYE from remote"}], ""),
        ([], ""),
    ],
)
def test_a_call_that_would_be_let_in_now_says_so_unless_it_was(
    installation: Installation, client_as: As, messages: list[dict[str, Any]], said: str
):
    installation.foreign()
    support = client_as("support")
    page = body(support.get(paste(support, *messages)))
    assert "This call goes into elsewhere" in page
    assert said in page and ("When this call came" in page) == bool(said)


@pytest.mark.parametrize("called", ["\ud800", "\x00", "+1555\u202e0001", ["+15550001"]])
def test_lines_with_a_number_that_is_no_text_are_refused_with_the_reason(
    installation: Installation, client_as: As, called: object
):
    line = json.dumps({"msg": "processing invite", "fromUser": "☎", "toUser": called})
    answer = client_as("support").post(f"{PAGE}/log", data={"log": line})
    assert answer.status_code == 422
    assert "is no text, or holds control characters or invisible marks" in answer.text
    assert db.session.query(CallQuestion).count() == 0
    db.session.commit()


def test_lines_without_a_call_are_refused_and_do_not_come_back(installation: Installation, client_as: As):
    answer = client_as("support").post(f"{PAGE}/log", data={"log": 'pin is 4711 {"pin":"4711"}'})
    assert answer.status_code == 422
    assert "None of this was understood" in answer.text
    assert "4711" not in answer.text


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"to_user": ""}, "Enter the number that was called"),
        ({"to_user": "  "}, "Enter the number that was called"),
        ({"to_user": "+1555\u202e0001"}, "invisible marks"),
        ({"to_user": "5" * 500}, "200"),
        ({"typed": "pin", "pin": ""}, "Enter the keys that were pressed"),
        ({"typed": "pin", "pin": "   "}, "Enter the keys that were pressed"),
        ({"typed": "pin", "pin": "4711 4711"}, "Enter the PIN without spaces"),
        ({"typed": "pin", "pin": "47114711 "}, "Enter the PIN without spaces"),
        ({"typed": "pin", "pin": "4711\u00a04711"}, "Enter the PIN without spaces"),
        ({"typed": "pin", "pin": "47-11"}, "digits, *, or a to d"),
        ({"typed": "pin", "pin": "12ab!"}, "digits, *, or a to d"),
        ({"typed": "perhaps"}, "Not a valid choice"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_its_reason(
    installation: Installation, client_as: As, fields: dict[str, str], refusal: str
):
    answer = client_as("support").post(PAGE, data={"to_user": NUMBER, "typed": "nothing", **fields})
    assert answer.status_code == 422
    assert refusal in answer.text
    assert db.session.query(CallQuestion).count() == 0
    db.session.commit()


def test_a_source_that_is_no_address_is_explained_and_not_refused(installation: Installation, client_as: As):
    page = body(ask(client_as("support"), source_ip="198.51.100.24:5060"))
    assert "The source address isn't an IP address" in page
    assert "without a port" in page


def test_while_livekit_is_away_the_page_says_so_and_keeps_the_question(
    installation: Installation, livekit: LiveKit, client_as: As
):
    livekit.fail("ListSIPInboundTrunk", "unavailable", times=100)
    support = client_as("support")
    page = ask(support)
    assert "so nothing can be said about the call now." in page.text
    assert f'value="{NUMBER}"' in page.text
    livekit.heal()
    again = re.search(r'href="([^"]+)">Try again', page.text)
    assert again and "No rule takes this call" in body(support.get(again[1]))


def test_a_key_that_livekit_does_not_take_is_named_in_words(
    installation: Installation, livekit: LiveKit, client_as: As
):
    livekit.fail("ListSIPInboundTrunk", "unauthenticated", times=100)
    page = body(ask(client_as("support")))
    assert "API key, so nothing can be said" in page and "unauthenticated" not in page
    livekit.heal()


def test_ten_thousand_rules_are_followed_and_only_a_few_are_shown(
    app: Flask, installation: Installation, client_as: As
):
    rules = [
        {
            "name": f"rule {number}",
            "trunk_ids": [installation.trunk_id],
            "rule": {"dispatch_rule_direct": {"room_name": f"r{number}", "pin": f"{number:06}"}},
        }
        for number in range(10_000)
    ]
    installation.store(*rules)
    page = ask(client_as("support"), typed="pin", pin="009999")
    assert "This call goes into r••99" in body(page)  # 9999, which might be a number
    assert len(page.data) < 60_000


@pytest.mark.parametrize("who", ["owner", "stranger", "member"])
def test_people_without_a_staff_role_may_not_ask(installation: Installation, client_as: As, who: str):
    browser = client_as(who)
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, data={"to_user": NUMBER}).status_code == 403
    assert browser.post(f"{PAGE}/log", data={"log": "x"}).status_code == 403


def test_pins_cannot_be_tried_one_after_the_other(installation: Installation, client_as: As):
    support = client_as("support")
    codes = {
        support.post(PAGE, data={"to_user": NUMBER, "typed": "pin", "pin": f"{n:04}"}).status_code for n in range(40)
    }
    assert codes == {303, 429}


def test_the_called_number_says_in_which_form_to_type_it(installation: Installation, client_as: As):
    form = client_as("support").get(PAGE).text
    assert "As the provider sends it, mostly international" in form.partition('name="from_user"')[0]


def test_a_number_in_the_name_or_the_room_of_a_foreign_rule_stays_masked(installation: Installation, client_as: As):
    installation.foreign(name="helpline +33186654321", room="line +33186654321")
    page = ask(client_as("support"))
    assert "33186654321" not in page.text
    assert "helpline ••21" in body(page)


def test_an_open_rule_that_is_only_named_like_a_guard_takes_the_call(installation: Installation, client_as: As):
    installation.foreign(name="frontdesk-guard:x", room="reception")
    told = body(ask(client_as("support")))
    assert "This call goes into reception" in told
    assert "Frontdesk ends this call" not in told


def test_a_call_without_a_number_ends_at_the_guard_whatever_somebody_called_it(
    installation: Installation, client_as: As
):
    installation.live()
    (guard,) = installation.guards()
    told = {"sip_dispatch_rule_id": guard["sip_dispatch_rule_id"], "update": {"name": "night line"}}
    installation.livekit.call("SIP", "UpdateSIPDispatchRule", **told)
    assert "Frontdesk ends this call: it has no caller number" in body(ask(client_as("support"), from_user=""))
