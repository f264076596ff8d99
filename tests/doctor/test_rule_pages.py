"""Support sees every rule, what is wrong, and repairs ours; PINs stay masked."""

import html
import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests.support.installation import Installation
from tests.support.personas import SWAP, Browser
from webapp.audit.models import AuditEntry
from webapp.core import leases
from webapp.core.config import Settings
from webapp.core.db import db, utcnow
from webapp.jobs import periodic, register
from webapp.jobs.models import PeriodicJob
from webapp.jobs.periodic import Job
from webapp.rooms.models import Room

As = Callable[[str], Browser]
PAGE = "/telephony/rules/read"


def _support(room: Room, *rest: str) -> str:
    return "/".join((f"/rooms/{room.slug}/support", *rest))


def test_every_rule_is_listed_ours_and_foreign_with_masked_pins(installation: Installation, client_as: As):
    room = installation.live()
    foreign = installation.foreign(pin="998877", name="Night line", hide_phone_number=True)
    page = client_as("support").get(PAGE).text
    for text in (str(room.sip_dispatch_rule_id), foreign, "Night line", room.name, "Guard", "External", "Frontdesk"):
        assert text in page
    assert "998877" not in page
    assert str(room.pin) not in page
    assert "Nothing is wrong" in page


def test_a_rule_with_an_empty_trunk_id_is_not_listed_as_one_for_every_trunk(installation: Installation, client_as: As):
    direct = {"dispatch_rule_direct": {"room_name": "support", "pin": ""}}
    (rule_id,) = installation.store(
        {"sip_dispatch_rule_id": "SDR_x", "rule": direct, "trunk_ids": [""], "name": "desk"}
    )
    page = client_as("support").get(PAGE).text
    (row,) = [row for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if rule_id in row]
    assert "an empty id" in row and "anyone who reaches LiveKit" not in row
    assert "names a trunk with an empty id" in page


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_people_without_a_staff_role_see_no_rule(installation: Installation, client_as: As, who: str):
    room = installation.room()
    browser = client_as(who)
    assert browser.get(PAGE).status_code == 403
    assert browser.get(_support(room)).status_code == 403
    assert browser.post(_support(room, "reconcile")).status_code == 403
    assert browser.post("/telephony/rules/sweep").status_code == 403


def test_a_missing_rule_is_a_finding_that_the_button_repairs(installation: Installation, client_as: As):
    room = installation.live()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=str(room.sip_dispatch_rule_id))
    support = client_as("support")
    assert f"“{room.name}” is live, but no rule lets phones in" in support.get(PAGE).text
    assert support.post("/telephony/rules/sweep").status_code == 303
    assert installation.rule_of(room) is not None
    assert "Nothing is wrong" in support.get(PAGE).text
    assert db.session.query(AuditEntry).filter_by(action="telephony.sweep").count() == 1


def test_while_rooms_are_compared_the_page_waits_and_then_says_when_it_was(installation: Installation, client_as: As):
    support = client_as("support")
    assert "Last sync of every room" not in support.get(PAGE).text
    with leases.held("job:rules") as mine:
        assert mine
        for address in ("/telephony/rules/?show=ours&comparing=y", "/telephony/rules/awaited?show=ours&comparing=y"):
            waits = support.get(address).text
            assert "Syncing every room with LiveKit" in waits
            assert 'hx-get="/telephony/rules/awaited?comparing=y&amp;show=ours" hx-trigger="every 2s"' in waits
        others = support.get("/telephony/rules/?show=ours").text
        assert "Comparing" not in others, "who did not begin it does not wait for it"
    over = support.get("/telephony/rules/awaited?show=ours&comparing=y").text
    assert 'hx-get="/telephony/rules/read?show=ours" hx-trigger="load"' in over
    answer = support.post("/telephony/rules/sweep")
    assert answer.headers["Location"] == "/telephony/rules/?comparing=y"
    assert "Last sync of every room" in support.get(PAGE).text


@pytest.mark.parametrize(
    ("method", "why"),
    [("ListRooms", "LiveKit didn&#39;t answer."), ("ListParticipants", "Not everything could be repaired")],
)
def test_a_comparison_that_failed_says_so_once_livekit_answers_again(
    installation: Installation, client_as: As, method: str, why: str
):
    installation.live()
    support = client_as("support")
    installation.livekit.fail(method, "unavailable", times=5)
    assert support.post("/telephony/rules/sweep").status_code == 303
    installation.livekit.heal()
    page = support.get(PAGE).text
    assert why in page
    assert "Last sync of every room" not in page


def test_a_comparison_is_awaited_from_the_press_of_the_button_to_its_end(app: Flask):
    db.session.add(PeriodicJob(name="rules", next_at=utcnow() + timedelta(minutes=1)))
    db.session.commit()
    assert not periodic.is_awaited("rules")
    periodic.wake(register.by_name()["rules"])
    assert periodic.is_awaited("rules"), "nobody has begun it yet"
    assert periodic.run_due(Job("rules", timedelta(minutes=1), lambda: None))
    assert not periodic.is_awaited("rules")


def test_the_rules_as_read_bring_the_sidebar_s_count_along(installation: Installation, client_as: As):
    support = client_as("support")
    installation.store(*[{"rule": {"dispatch_rule_direct": {"room_name": "x", "pin": "1"}}}] * 2)
    swapped = support.get(PAGE, headers=SWAP).text
    assert re.search(r'id="finding-count" hx-swap-oob="true" class="count red"', swapped)
    whole = support.get(PAGE).text
    assert whole.count("finding-count") == 1


def test_a_rule_that_only_bears_a_name_like_ours_is_counted_and_shown_as_foreign(
    installation: Installation, client_as: As
):
    (impostor,) = installation.store(
        {"rule": {"dispatch_rule_direct": {"room_name": "x", "pin": "1"}}, "name": f"frontdesk:{uuid.uuid4()}"}
    )
    support = client_as("support")
    assert impostor in support.get(f"{PAGE}?show=foreign").text
    ours = support.get(f"{PAGE}?show=ours").text
    assert f"<code>{impostor}</code>" not in ours[ours.index("every-rule") :]


def test_an_orphan_and_a_changed_rule_are_findings(installation: Installation, client_as: As):
    orphan, changed = installation.live(), installation.live()
    db.session.query(Room).filter_by(id=orphan.id).update({"web_count": 0})
    db.session.query(Room).filter_by(id=changed.id).update({"hide_phone_number": False})
    db.session.commit()
    page = client_as("support").get(PAGE).text
    assert f"No phone should reach “{orphan.name}” now" in page
    assert f"The rule of “{changed.name}” differs from the room" in page


def test_a_conflicting_pair_stands_first_as_an_outage(installation: Installation, client_as: As):
    room = installation.live()
    installation.leave(room)
    direct = {"dispatch_rule_direct": {"room_name": "x", "pin": "1"}}
    pair = installation.store(*[{"rule": direct, "trunk_ids": [installation.trunk_id]}] * 2)
    page = client_as("support").get(PAGE).text
    found = page[page.index("<article") :]
    assert found.startswith('<article class="finding outage"')
    assert all(rule_id in found for rule_id in pair)


def test_a_trunk_without_its_guard_is_a_finding_that_the_sweep_repairs(installation: Installation, client_as: As):
    installation.live()
    (guard,) = installation.guards()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=guard["sip_dispatch_rule_id"])
    support = client_as("support")
    assert "no guard beside them" in support.get(PAGE).text
    support.post("/telephony/rules/sweep")
    assert len(installation.guards()) == 1


def test_without_livekit_the_page_says_so(installation: Installation, client_as: As):
    installation.livekit.go_away()
    answer = client_as("support").get(PAGE)
    assert answer.status_code == 200
    assert "This page shows only what Frontdesk knows" in answer.text
    assert "Nothing is wrong" not in answer.text
    installation.livekit.heal()


def test_without_redis_the_page_says_that_there_is_no_sip(installation: Installation, client_as: As):
    installation.livekit.switch(redis=False)
    assert "runs without Redis" in client_as("support").get(PAGE).text


def test_many_rules_are_shown_page_by_page_and_none_twice(installation: Installation, client_as: As):
    trunk = {"trunk_ids": [installation.trunk_id], "hide_phone_number": True}
    installation.store(*[{"rule": _direct(f"{n:06}"), "name": f"rule {n}", **trunk} for n in range(120)])
    support, seen = client_as("support"), []
    url: str | None = PAGE
    for _page in range(5):
        if url is None:
            break
        page = support.get(url).text
        seen += re.findall(r'scope="row"><code>(SDR_\w+)', page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        url = html.unescape(older[1]) if older else None
    assert sorted(seen) == sorted(rule["sip_dispatch_rule_id"] for rule in installation.livekit.rules())
    assert len(seen) == len(set(seen)) == 120


def _direct(pin: str) -> dict[str, dict[str, str]]:
    return {"dispatch_rule_direct": {"room_name": "x", "pin": pin}}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("show=ours", {"ours"}),
        ("show=foreign", {"foreign"}),
        ("show=guards", {"guard"}),
        ("show=found", set()),
        ("show=nonsense", {"ours", "foreign", "guard"}),
        ("q=NIGHT", {"foreign"}),
        ("q=harbour", {"ours", "foreign", "guard"}),
        ("q=nowhere", set()),
        ("trunk=ST_other", set()),
    ],
)
def test_rules_are_filtered_and_found(installation: Installation, client_as: As, query: str, shown: set[str]):
    room = installation.live()
    (guard,) = installation.guards()
    ids = {
        "ours": str(room.sip_dispatch_rule_id),
        "foreign": installation.foreign(pin="998877", name="Night line", hide_phone_number=True),
        "guard": str(guard["sip_dispatch_rule_id"]),
    }
    page = client_as("support").get(f"{PAGE}?{query}").text
    assert {name for name, rule_id in ids.items() if f'scope="row"><code>{rule_id}' in page} == shown
    assert ("No matching rules" in page) == (not shown)


@pytest.mark.parametrize("how", ["refuse", "hang", "html"])
def test_a_livekit_that_is_down_slow_or_html_is_said_on_the_lists(
    installation: Installation, client_as: As, how: str, change_settings: Callable[..., None], settings: Settings
):
    change_settings(livekit_timeout=0.5)
    installation.live()
    installation.livekit.html(times=50) if how == "html" else installation.livekit.go_away(how)
    trunk = f"/telephony/trunks/{installation.trunk_id}"
    admin = client_as("admin")
    for url in (PAGE, "/telephony/trunks/", f"{trunk}/", f"{trunk}/delete"):
        answer = admin.get(url)
        assert answer.status_code == 200, url
        assert "This page shows only what Frontdesk knows" in answer.text
        assert "0 rules" not in answer.text
        assert "None now" not in answer.text
    assert admin.get(f"{trunk}/edit").status_code == 502  # what LiveKit has cannot be shown, so it cannot be changed
    assert admin.post("/telephony/rules/sweep").status_code == 303
    assert db.session.get_one(PeriodicJob, "rules").problem
    assert admin.post(f"{trunk}/delete", data={"sure": "y"}).status_code == 502
    installation.livekit.heal()
    assert len(installation.livekit.trunks()) == 1
