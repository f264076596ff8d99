"""While a conflicting pair is stored LiveKit refuses every change on its trunk: Frontdesk says so, and resumes."""

import pytest

from tests.support.installation import CALLER, NUMBER, Installation, said
from tests.support.personas import Browser
from tests.support.repairs import As, begin, ids, press, shown, twin, url
from webapp.core.db import db
from webapp.live import reconcile
from webapp.rooms.models import Room
from webapp.rules import problems

PAGES = ("/telephony/rules/", "/telephony/rules/read", "/telephony/trunks/", "/telephony/repairs/new", "/")


def waiting(installation: Installation) -> Room:
    """A room whose rule LiveKit refuses, because of a pair of others."""
    room = installation.room()
    installation.join(room)
    reconcile.now(room)
    assert installation.rule_of(room) is None
    return room


def test_pages_work_and_the_room_says_why_it_waits_and_where_that_ends(installation: Installation, client_as: As):
    first, second = sorted(twin(installation))
    room = waiting(installation)
    support = client_as("support")
    for page in PAGES:
        assert support.get(page).status_code == 200, page
    assert "LiveKit refuses every call on this trunk until one of them is gone" in said(room)
    page = support.get(f"/rooms/{room.slug}/support").text
    assert f'href="/telephony/repairs/of/conflict~{first}~{second}"' in page
    assert client_as("admin").get(f"/rooms/{room.slug}/").status_code == 200
    assert "LiveKit refuses every call" in client_as("admin").get(f"/rooms/{room.slug}/").text


def test_the_deletion_ends_the_outage_and_the_rooms_get_their_rules_at_once(installation: Installation, client_as: As):
    twin(installation)
    rooms = [waiting(installation) for _ in range(3)]
    assert installation.livekit.dial(CALLER, to=NUMBER)["answers"][-1] == "503 Try again later"
    page = client_as("support").get(url("conflict"))
    assert "are answered again at once" in page.text
    name = "Night line" if "type its name: <code>Night" in " ".join(page.text.split()) else "Day line"
    press(client_as("support"), url("conflict"), name=name, ticket="INC1")
    assert all(installation.rule_of(room) for room in rooms)
    phone = installation.livekit.dial(CALLER, to=NUMBER, keys=f"{rooms[0].pin}#")
    assert phone["room"] == str(rooms[0].id)


def test_whoever_ends_it_elsewhere_the_rooms_get_their_rules_with_the_next_sweep(installation: Installation):
    pair = twin(installation)
    room = waiting(installation)
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=pair[0])
    installation.sweep()
    assert installation.rule_of(room) is not None
    db.session.refresh(room)
    assert room.rule_problem == ""


def test_of_three_rules_with_one_key_the_dry_run_says_that_one_deletion_is_not_enough(
    installation: Installation, client_as: As
):
    direct = {"dispatch_rule_direct": {"room_name": "elsewhere", "pin": "4711"}}
    rule = {"rule": direct, "trunk_ids": [installation.trunk_id]}
    installation.store(*[{**rule, "name": f"line {letter}"} for letter in "abc"])
    support = client_as("support")
    first = support.get(url("conflict"))
    assert "Another rule keeps calls on “Harbour” refused" in first.text
    for _ in range(2):
        _delete_first(support, url("conflict"))
    assert len(ids(installation)) == 1


def test_a_foreign_rule_in_a_rooms_way_is_deleted_by_name_and_the_room_gets_its_rule(
    installation: Installation, client_as: As
):
    room = installation.room(pin="73999999")
    foreign = installation.foreign(pin="73999999", name="Night line")
    installation.join(room)
    reconcile.now(room)
    support = client_as("support")
    page = f"/telephony/repairs/of/missing~{room.id}"
    assert f'href="{page}"' in support.get(f"/rooms/{room.slug}/support").text
    assert "73999999" not in support.get(page).text
    assert press(support, page, name="wrong", ticket="INC1").status_code == 422
    assert foreign in ids(installation)
    assert begin(support).failed == 1
    assert foreign in ids(installation), "a run touches nothing foreign"
    assert press(support, page, name="Night line", ticket="INC1").status_code == 303
    assert foreign not in ids(installation)
    assert installation.rule_of(room) is not None


def test_a_pair_on_one_trunk_does_not_stop_the_rooms_of_another(installation: Installation):
    twin(installation)
    other = installation.room(trunk_id=installation.trunk("+15550002"))
    installation.join(other)
    reconcile.now(other)
    assert installation.rule_of(other) is not None


@pytest.mark.parametrize("broken", [{"rule": {}}, {"trunk_ids": [], "numbers": ["+331", "331"]}])
def test_a_rule_that_refuses_calls_alone_is_an_outage_that_ends_the_same_way(
    installation: Installation, client_as: As, broken: dict[str, object]
):
    direct = {"dispatch_rule_direct": {"room_name": "elsewhere", "pin": "4711"}}
    installation.store({"rule": direct, "name": "Old script", "trunk_ids": [installation.trunk_id], **broken})
    room = waiting(installation)
    kind = "no-kind" if "rule" in broken else "self-conflict"
    _delete_first(client_as("support"), url(kind), "Old script")
    assert installation.rule_of(room) is not None


def test_a_room_that_a_rule_of_no_kind_keeps_out_links_to_its_deletion(installation: Installation, client_as: As):
    (rule_id,) = installation.store({"rule": {}, "name": "Old script", "trunk_ids": [installation.trunk_id]})
    room = waiting(installation)
    assert room.rule_problem == str(problems.bad_rule(rule_id))
    support, page = client_as("support"), f"/telephony/repairs/of/no-kind~{rule_id}"
    assert f'href="{page}"' in support.get(f"/rooms/{room.slug}/support").text
    _delete_first(support, page, "Old script")
    assert installation.rule_of(room) is not None


def test_a_room_whose_trunk_has_no_place_for_a_guard_links_to_the_rule_that_has_it(
    installation: Installation, client_as: As
):
    installation.trunk_id = installation.trunk("", auth_username="pbx", auth_password="secret")
    foreign = installation.foreign(name="Night line")
    room = waiting(installation)
    support, page = client_as("support"), f"/telephony/repairs/of/missing~{room.id}"
    assert f"External rule {foreign} on this trunk leaves no place" in said(room)
    assert f'href="{page}"' in support.get(f"/rooms/{room.slug}/support").text
    assert press(support, page, name="Night line", ticket="INC1").status_code == 303
    assert foreign not in ids(installation)
    assert installation.rule_of(room) is not None and len(installation.guards()) == 1


def test_a_conflicting_pair_of_trunks_stops_calls_but_no_rule(installation: Installation, client_as: As):
    installation.livekit.store_twin(installation.trunk_id)
    room = installation.live()
    assert installation.livekit.dial(CALLER, to=NUMBER)["answers"][-1] == "503 Try again later"
    for page in PAGES:
        assert client_as("admin").get(page).status_code == 200, page
    twin_id = next(
        each["sip_trunk_id"] for each in installation.livekit.trunks() if each["sip_trunk_id"] != room.trunk_id
    )
    gone = client_as("admin").post(f"/telephony/trunks/{twin_id}/delete", data={"sure": "y"})
    assert gone.status_code == 303
    assert installation.livekit.dial(CALLER, to=NUMBER, keys=f"{room.pin}#")["room"] == str(room.id)


def test_a_run_during_an_outage_repairs_what_it_can_and_says_what_it_cannot(installation: Installation, client_as: As):
    orphan = installation.live()
    installation.leave(orphan)
    db.session.query(Room).filter_by(id=orphan.id).update({"web_count": 0})
    lacking = installation.live()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=str(lacking.sip_dispatch_rule_id))
    twin(installation)
    run = begin(client_as("support"))
    assert (run.done, run.failed) == (1, 1)
    assert installation.rule_of(orphan) is None
    page = client_as("support").get(f"/telephony/repairs/{run.id}/?show=failed").text
    assert "LiveKit refuses every change there until one is gone" in page


def _delete_first(browser: Browser, page: str, name: str = "") -> None:
    """Delete the first rule that the page offers to delete."""
    key = page.rpartition("/")[2]
    chosen = f"{page}?choice=delete~{key.split('~')[1]}"
    told = browser.get(chosen)
    typed = " ".join(told.text.split()).partition("type its name: <code>")[2].partition("<")[0]
    answer = browser.post(page, data={**shown(told), "name": name or typed, "ticket": "INC1"})
    assert answer.status_code == 303
