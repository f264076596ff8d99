"""A caller whose exchange sends a name in place of a number is called by it, and is not one who withholds a number."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.personas import Browser
from tests.support.phones import Door, entries
from tests.support.shown import text_of
from webapp.calls import pseudonyms

As = Callable[[str], Browser]
WITHHELD = "withheld"
HIDDEN = pseudonyms.digest("agent")


def as_hosts_see(door: Door, client_as: As) -> list[str]:
    """The pages on which hosts see a caller."""
    owner, slug = client_as("owner"), door.room.slug
    pages = (f"/rooms/{slug}/", f"/rooms/{slug}/inside", "/lobby/", "/")
    return [text_of(owner.get(url).text) for url in pages]


def test_where_numbers_are_shown_hosts_read_the_name_everywhere(door: Door, client_as: As) -> None:
    door.again(hide_phone_number=False)
    door.installation.sweep()
    door.waiting("agent")
    assert entries()[-1].name == "agent"
    for page in as_hosts_see(door, client_as):
        assert "Caller “agent”" in page and WITHHELD not in page


def test_where_numbers_are_hidden_hosts_read_that_it_is_a_name(door: Door, client_as: As) -> None:
    door.waiting("agent")
    for page in as_hosts_see(door, client_as):
        assert "Caller with a name, no number" in page and WITHHELD not in page and "agent" not in page


def test_support_reads_neither_the_name_nor_that_a_number_is_withheld(door: Door, client_as: As) -> None:
    door.again(hide_phone_number=False)
    door.installation.sweep()
    phone = door.waiting("night-porter")
    support, call = client_as("support"), door.call(phone)
    assert call is not None and call.caller and not call.ending
    pages = [f"/telephony/calls/{call.id}/", "/telephony/calls/", "/telephony/calls.csv", "/system/hooks/"]
    for url in [*pages, f"/rooms/{door.room.slug}/support", f"/rooms/{door.room.slug}/support.json"]:
        assert "night-porter" not in support.get(url).text, url
    page = text_of(support.get(pages[0]).text)
    assert "a name, no number" in page and WITHHELD not in page.lower()


def test_who_withholds_the_number_is_still_told_so(door: Door, client_as: As) -> None:
    phone = door.waiting("anonymous")
    assert all("Caller, number withheld" in page for page in as_hosts_see(door, client_as))
    call = door.call(phone)
    assert call is not None
    assert "Number withheld" in client_as("support").get(f"/telephony/calls/{call.id}/").text


@pytest.mark.parametrize(
    ("identity", "name", "attributes", "shown"),
    [
        ("sip_+15551221", "Phone +15551221", {"sip.phoneNumber": "+15551221"}, "21"),
        (f"sip_{pseudonyms.digest('+15551221')}", "Phone 1221", {}, "21"),
        ("sip_2044", "Phone 2044", {"sip.phoneNumber": "2044"}, "44"),
        ("sip_*600", "Phone *600", {"sip.phoneNumber": "*600"}, "00"),
        ("sip_agent", "Phone agent", {"sip.phoneNumber": "agent"}, "agent"),
        ("sip_agent7", "Phone agent7", {"sip.phoneNumber": "agent7"}, "agent7"),
        ("sip_a-331990011", "Phone a-331990011", {"sip.phoneNumber": "a-331990011"}, "a-••11"),
        ("sip_a@b.example", "Phone a@b.example", {"sip.phoneNumber": "a@b.example"}, "••@••"),
        (f"sip_{HIDDEN}", "Phone gent", {}, "@"),
        ("sip_anonymous", "Phone anonymous", {"sip.phoneNumber": "anonymous"}, ""),
        (f"sip_{pseudonyms.digest('anonymous')}", "Phone mous", {}, ""),
        ("sip_", "Phone ", {"sip.phoneNumber": ""}, ""),
        (f"sip_{HIDDEN}", "", {}, ""),
    ],
)
def test_what_hosts_may_see_of_a_caller(
    app: Flask, identity: str, name: str, attributes: dict[str, str], shown: str
) -> None:
    assert pseudonyms.shown_of(name, identity, attributes) == shown
