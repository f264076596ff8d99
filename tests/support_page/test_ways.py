"""Support gets to a room's page from wherever a room is named."""

from collections.abc import Callable

from tests.support.calls_made import made
from tests.support.findings import RECIPES
from tests.support.installation import Installation
from tests.support.personas import Browser
from webapp.core.db import db
from webapp.doctor.kinds import Kind
from webapp.rooms.models import Room

As = Callable[[str], Browser]


def leads(page: str, room: Room) -> bool:
    """There is a link to the room's support page."""
    return f'href="/rooms/{room.slug}/support"' in page


def test_lists_of_rules_trunks_and_rooms_lead_to_it(installation: Installation, client_as: As):
    room, support = installation.live(), client_as("support")
    trunk = f"/telephony/trunks/{installation.trunk_id}/"
    for path in ("/telephony/rules/read", trunk, "/telephony/rooms/"):
        assert leads(support.get(path).text, room), path
    assert f'href="/telephony/rooms/?trunk={installation.trunk_id}"' in support.get(trunk).text


def test_a_finding_about_two_rooms_leads_to_both(installation: Installation, client_as: As):
    first, second = installation.live(), installation.live()
    rule = installation.rule_of(second)
    assert rule is not None
    direct = {"room_name": str(second.id), "pin": str(first.pin)}
    installation.store({**rule, "rule": {"dispatch_rule_direct": direct}})
    page = client_as("support").get("/telephony/rules/read?kind=conflict").text
    finding = page.partition("<article")[2].partition("</article>")[0]
    assert leads(finding, first) and leads(finding, second)


def test_a_finding_about_one_room_leads_to_it_once(installation: Installation, client_as: As):
    RECIPES[Kind.WRONG_PIN](installation)
    (room,) = db.session.query(Room)
    page = client_as("support").get("/telephony/rules/read?kind=wrong-pin").text
    finding = page.partition("<article")[2].partition("</article>")[0]
    assert finding.count(f'href="/rooms/{room.slug}/support"') == 1


def test_calls_lead_to_it(client_as: As, room: Room):
    call = made(room)
    support = client_as("support")
    for path in ("/telephony/calls/", f"/telephony/calls/{call.id}/"):
        assert leads(support.get(path).text, room), path


def test_a_search_of_ones_own_rooms_that_finds_nothing_leads_on_to_every_room(client_as: As, room: Room):
    page = client_as("support").get(f"/rooms/?q={room.slug}").text
    assert f'href="/telephony/rooms/?q={room.slug}"' in page
    assert leads(client_as("support").get(f"/telephony/rooms/?q={room.slug}").text, room)
    assert "/telephony/rooms/" not in client_as("stranger").get(f"/rooms/?q={room.slug}").text
