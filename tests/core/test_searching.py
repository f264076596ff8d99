"""A search stands in an address, in a history and in a proxy's log: no phone number and no PIN gets there."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from markupsafe import escape

from tests.support.personas import Browser
from webapp.core import searching

As = Callable[[str], Browser]
LISTS = ("/rooms/?q=", "/recordings/?q=", "/telephony/calls/?q=", "/telephony/rules/?q=", "/telephony/rules/read?find=")
NUMBERS = (
    "+49 151 234-5678",
    "4917012345",
    "(030) 123.456",
    "tel:+4930123456",
    "sip:+4930123456",
    "line +1 555 765 4321",
    "Anna 4915123456",
    "839201",
    " 83 92 01 ",
)
TEXTS = (
    "",
    "Housing",
    "2026-11-25",
    "83920",
    "hcm-rxqt-bdw",
    "Flat 123456",
    "line 555 765",
    "1f0e4c1a-0000",
    "frontdesk:01a27c43-9a96-7f0e-9a75-257781355c53",
    "SDR_123456789012",
    "٣٢²",
)


@pytest.mark.parametrize("text", NUMBERS)
def test_a_phone_number_or_a_pin_is_known_however_it_is_written(text: str):
    assert searching.is_number(text)


@pytest.mark.parametrize("text", TEXTS)
def test_a_name_a_date_or_an_id_is_searched_for(text: str):
    assert not searching.is_number(text)


@pytest.mark.parametrize("address", LISTS)
def test_a_search_for_a_number_leads_to_the_list_without_it_and_says_where_to_ask(client_as: As, address: str):
    admin = client_as("admin")
    answer = admin.get(f"{address}%2B49+151+2345678&verdict=held&show=ours&show=all")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{address.partition('?')[0]}?verdict=held&show=ours&show=all"
    assert "2345678" not in (page := admin.get(answer.headers["Location"], follow_redirects=True).text)
    assert "Call tracer" in page


def test_who_may_not_ask_which_rule_takes_a_call_is_not_sent_there(client_as: As):
    owner = client_as("owner")
    page = owner.get(owner.get("/rooms/?q=4915123456").headers["Location"], follow_redirects=True).text
    assert "be searched" in page
    assert "Call tracer" not in page


def test_a_live_search_for_a_number_is_sent_back_too(client_as: As):
    answer = client_as("admin").get("/rooms/?q=4915123456", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/rooms/")


def test_a_visitor_carries_no_number_through_the_sign_in(client: Browser):
    assert client.get("/telephony/calls/?q=4915123456").headers["Location"] == "/telephony/calls/"


@pytest.mark.parametrize("text", [*NUMBERS, *TEXTS])
def test_the_pattern_of_the_boxes_refuses_what_the_server_does(app: Flask, text: str):
    assert bool(re.fullmatch(app.jinja_env.globals["search_pattern"], text)) is not searching.is_number(text)


@pytest.mark.parametrize("address", ["/rooms/", "/recordings/", "/telephony/calls/"])
def test_every_box_has_the_pattern(app: Flask, client_as: As, address: str):
    boxes = re.findall(r'<input type="search"[^>]*>', client_as("admin").get(address).text)
    assert boxes and all(str(escape(app.jinja_env.globals["search_pattern"])) in box for box in boxes)


def test_the_boxes_tell_browsers_the_same(client_as: As):
    page = client_as("admin").get("/telephony/calls/").text
    assert 'pattern="(?!(?!' in page and "Numbers and PINs can't be searched" in page
