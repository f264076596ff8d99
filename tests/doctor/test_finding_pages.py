"""The page of rules shows first and reads then; findings worst first, filtered, by key, without a number or a PIN."""

import html
import re
from collections.abc import Callable

import pytest

from tests.support.installation import Installation
from tests.support.personas import Browser
from webapp.core.db import db
from webapp.doctor import diagnosis
from webapp.doctor.kinds import Kind
from webapp.doctor.models import Diagnosis
from webapp.rooms.models import Room

As = Callable[[str], Browser]
PAGE = "/telephony/rules/"
READ = "/telephony/rules/read"
COUNT = "/telephony/rules/count"
SWAP = {"HX-Request": "true"}


def _kinds(page: str) -> list[str]:
    """The kinds of the findings of a page that have a repair, in order."""
    return re.findall(r'href="/telephony/repairs/of/([a-z-]+)~', page)


def _wrong(installation: Installation) -> None:
    """An outage, errors, warnings and a note, with numbers in every place where LiveKit may have one."""
    trunk = installation.trunk_id
    direct = {"dispatch_rule_direct": {"room_name": "call-+15557654321", "pin": "44556677"}}
    spoken = {"dispatch_rule_individual": {"room_prefix": "+15557654321"}}
    named = {"name": "line +1 555 765 4321", "trunk_ids": [trunk]}
    installation.store(
        {"rule": direct, **named},
        {"rule": direct, **named},
        {"rule": spoken, **named, "numbers": ["1555 7654321"], "inbound_numbers": ["+15550001"]},
        {"rule": {"dispatch_rule_direct": {"room_name": "", "pin": "12 34"}}, **named, "trunk_ids": ["ST_gone", trunk]},
        {"rule": spoken, "name": "15557654321", "hide_phone_number": True},
    )


def test_the_page_shows_at_once_what_was_found_last_and_asks_livekit_nothing(installation: Installation, client_as: As):
    _wrong(installation)
    diagnosis.diagnose()
    asked = sum(installation.livekit.reading("counts").values())
    page = client_as("support").get(f"{PAGE}?kind=wildcard&show=foreign").text
    assert sum(installation.livekit.reading("counts").values()) == asked
    assert "1 outage," in page
    assert 'hx-trigger="load"' in page
    (told,) = re.findall(r'hx-get="(/telephony/rules/read[^"]*)"', page)
    assert html.unescape(told) == f"{READ}?kind=wildcard&show=foreign"
    assert f'<noscript><p><a class="button" href="{told}">' in page


def test_the_fragment_links_to_the_page_and_the_page_without_javascript_to_itself(
    installation: Installation, client_as: As
):
    _wrong(installation)
    support = client_as("support")
    fragment, whole = support.get(READ, headers=SWAP).text, support.get(READ).text
    assert fragment.startswith('<div id="rules">')
    assert f'href="{PAGE}?severity=error"' in fragment
    assert f'href="{READ}?severity=error"' in whole
    assert "<title>Rules" in whole


def test_the_outage_stands_first_in_its_frame_and_the_others_follow_worst_first(
    installation: Installation, client_as: As
):
    _wrong(installation)
    page = client_as("support").get(READ).text
    assert page[page.index("<article") :].startswith('<article class="finding outage"')
    order = [kind.value for kind in Kind]
    shown = [order.index(kind) for kind in _kinds(page)]
    assert shown[0] == 0
    assert shown == sorted(shown)


def test_names_stand_in_quotation_marks_and_ids_do_not(installation: Installation, client_as: As):
    direct = {"dispatch_rule_direct": {"room_name": "x", "pin": "12 34"}}
    here = {"rule": direct, "trunk_ids": [installation.trunk_id]}
    names = ("for +1 555 765 4321", "", "  ")
    _named, *bare = installation.store(*[{**here, "name": name, "numbers": [name]} for name in names])
    page = client_as("support").get(READ).text
    assert "The PIN of “for ••21” can&#39;t be dialled on a phone" in page
    assert all(f"The PIN of {rule} can&#39;t be dialled on a phone" in page for rule in bare)


@pytest.mark.parametrize("who", ["support", "admin"])
def test_no_number_and_no_pin_stands_anywhere_on_the_pages(installation: Installation, client_as: As, who: str):
    room = installation.live()
    _wrong(installation)
    browser = client_as(who)
    for url in (PAGE, READ, f"{READ}?severity=warning", f"{READ}?show=foreign", "/desk/findings", COUNT):
        page = browser.get(url).text
        for secret in ("7654321", "765 4321", "44556677", "12 34", str(room.pin), "5550001"):
            assert secret not in page, url


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("severity=outage", {"conflict"}),
        ("kind=wildcard", {"wildcard"}),
        ("kind=missing", set()),
        ("severity=error&kind=conflict", set()),
        ("find=no+room", {"empty-room"}),
        ("find=line+%2B1+555", set()),  # what is not shown is not found
        ("severity=nonsense&kind=conflict", {"conflict"}),
    ],
)
def test_findings_are_filtered_and_found(installation: Installation, client_as: As, query: str, shown: set[str]):
    _wrong(installation)
    page = client_as("support").get(f"{READ}?{query}").text
    assert set(_kinds(page)) == shown
    assert ("No matching findings" in page) == (not shown)


def test_many_findings_are_shown_page_by_page_and_none_twice(installation: Installation, client_as: As):
    told = {"trunk_ids": [installation.trunk_id], "hide_phone_number": True}
    rules = [{"dispatch_rule_direct": {"room_name": "", "pin": f"{n:04}"}} for n in range(45)]
    installation.store(*[{"rule": rule, **told} for rule in rules])
    support, seen, url = client_as("support"), [], f"{READ}?kind=empty-room"
    for _page in range(4):
        page = support.get(url).text
        seen += re.findall(r'href="/telephony/repairs/of/(empty-room~[^"]+)"', page)
        older = re.search(r'rel="next" href="([^"]+)"', page[: page.index('id="every-rule"')])
        if older is None:
            break
        url = html.unescape(older[1])
    assert len(seen) == len(set(seen)) == 45


def test_each_finding_leads_to_its_repair_or_to_the_trunk_that_an_admin_changes(
    installation: Installation, client_as: As
):
    room = installation.live()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=str(room.sip_dispatch_rule_id))
    trunk = installation.trunk("+15550002", allowed_addresses=["a b"])
    support, admin = client_as("support").get(READ).text, client_as("admin").get(READ).text
    assert f'href="/telephony/repairs/of/missing~{room.id}"' in support
    assert "Dry run…" in support
    assert f'href="/telephony/trunks/{trunk}/edit"' in admin
    assert f'href="/telephony/trunks/{trunk}/edit"' not in support
    assert "An admin can change the trunk." in support


def test_with_livekit_away_the_page_says_so_and_shows_what_was_found_last(installation: Installation, client_as: As):
    _wrong(installation)
    diagnosis.diagnose()
    installation.livekit.go_away()
    page = client_as("support").get(READ).text
    installation.livekit.heal()
    assert "This page shows only what Frontdesk knows" in page
    assert "Try again" in page
    assert "1 outage," in page
    assert "Nothing is wrong" not in page


def test_the_reference_names_every_kind_with_a_link_of_its_own(client_as: As):
    page = client_as("support").get("/telephony/rules/findings").text
    assert all(f'id="{kind.value}"' in page for kind in Kind)
    assert client_as("owner").get("/telephony/rules/findings").status_code == 403


def test_the_sidebar_counts_what_the_job_found_and_is_red_only_in_an_outage(installation: Installation, client_as: As):
    support = client_as("support")
    assert COUNT in support.get("/").text
    assert not re.search(r">\s*\d", support.get(COUNT).text)
    room = installation.live()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=str(room.sip_dispatch_rule_id))
    diagnosis.diagnose()
    assert 'class="count grey"' in support.get(COUNT).text
    assert "1 finding" in re.sub(r"<[^>]+>", "", support.get(COUNT).text)
    _wrong(installation)
    diagnosis.diagnose()
    assert 'class="count red"' in support.get(COUNT).text
    assert "calls are refused" in support.get(COUNT).text


def test_what_was_found_is_kept_in_one_row_and_stays_while_livekit_is_away(installation: Installation):
    _wrong(installation)
    diagnosis.diagnose()
    diagnosis.diagnose()
    before = db.session.query(Diagnosis).one()
    counts, read_at = before.outages, before.read_at
    assert counts == 1
    installation.livekit.go_away()
    with pytest.raises(Exception, match="LiveKit answered"):
        diagnosis.diagnose()
    installation.livekit.heal()
    after = db.session.query(Diagnosis).populate_existing().one()
    assert (after.outages, after.read_at) == (counts, read_at)


def test_a_room_that_waits_for_livekit_says_why_on_its_finding(installation: Installation, client_as: As):
    room = installation.live()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=str(room.sip_dispatch_rule_id))
    problem = "conflict\tSDR_x\tline +1 555 765 4321"
    db.session.query(Room).filter_by(id=room.id).update({"rule_problem": problem})
    db.session.commit()
    page = client_as("support").get(READ).text
    assert "has the same trunk and PIN" in page
    assert "765 4321" not in page


def test_the_desk_puts_the_outage_before_the_other_findings(installation: Installation, client_as: As):
    _wrong(installation)
    shown = client_as("support").get("/desk/findings").text
    assert shown.index("match the same calls") < shown.index("<h2>Findings")
