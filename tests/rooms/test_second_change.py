"""Two people change one room: the second is told who changed what and when, and loses nothing of what was typed."""

import html
import re
import threading
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from tests.support.factories import stored, trail
from tests.support.personas import SWAP, Browser
from tests.support.waiting import PATIENCE
from webapp.core.db import db
from webapp.rooms.models import AccessLevel, Room

As = Callable[[str], Browser]


def seen(text: str) -> str:
    """The room's version as a page carries it: in its last form, where there are several."""
    return html.unescape(re.findall(r'name="seen"[^>]* value="([^"]*)"', text)[-1])


BEFORE = {"name": "Housing committee", "access_level": "restricted"}


def edited(link: str, version: str, **fields: str) -> dict[str, str]:
    """The edit form as it was drawn before anybody changed the room, and what somebody typed into it."""
    return {**BEFORE, "slug": link, "seen": version, **fields}


@pytest.mark.parametrize("headers", [SWAP, {}])
def test_the_second_of_two_who_edit_hears_who_changed_what_and_keeps_what_was_typed(
    client_as: As, room: Room, headers: dict[str, str]
):
    slug = room.slug
    owner, administrator, url = client_as("owner"), client_as("administrator"), f"/rooms/{slug}/edit"
    version = seen(owner.get(url).text)
    owner.post(url, data=edited(slug, version, name="Housing board"))
    late = administrator.post(url, data=edited(slug, version, access_level="trusted"), headers=headers)
    assert late.status_code == 409 and ("<html" in late.text) is not bool(headers)
    assert "<b>Owner Person</b> changed this room: name" in late.text and "just now" in late.text
    assert "Housing board" in late.text, "what holds now"
    assert 'value="Housing committee"' in late.text and re.search('checked [^>]*value="trusted"', late.text)
    now = stored(room)
    assert (now.name, now.access_level) == ("Housing board", AccessLevel.RESTRICTED)
    assert len(trail("room.edit")) == 1


def test_a_client_that_names_no_version_asks_for_no_comparison(client_as: As, room: Room):
    owner, url = client_as("owner"), f"/rooms/{room.slug}/edit"
    for name in ("Housing board", "Housing office"):
        assert owner.post(url, data={**BEFORE, "name": name, "slug": room.slug}).status_code == 303
        assert stored(room).name == name


def test_whoever_has_read_it_may_save_over_it(client_as: As, room: Room):
    slug = room.slug
    owner, url = client_as("owner"), f"/rooms/{slug}/edit"
    version = seen(owner.get(url).text)
    owner.post(url, data=edited(slug, version, name="Housing board"))
    late = client_as("administrator").post(url, data=edited(slug, version, name="Housing council"))
    again = client_as("administrator").post(url, data=edited(slug, seen(late.text), name="Housing council"))
    assert (late.status_code, again.status_code) == (409, 303)
    assert stored(room).name == "Housing council"


def test_an_edit_that_changes_nothing_does_not_refuse_the_next(client_as: As, room: Room):
    slug = room.slug
    owner, url = client_as("owner"), f"/rooms/{slug}/edit"
    version = seen(owner.get(url).text)
    assert owner.post(url, data=edited(slug, version)).status_code == 303
    assert owner.post(url, data=edited(slug, version, name="Housing board")).status_code == 303


def test_a_page_under_the_link_before_is_no_way_around(client_as: As, room: Room):
    slug = room.slug
    owner, url = client_as("owner"), f"/rooms/{slug}/edit"
    version = seen(owner.get(url).text)
    owner.post(url, data=edited(slug, version, slug="housing"))
    led = client_as("administrator").post(url, data=edited(slug, version, name="Late"))
    assert led.status_code == 308
    late = client_as("administrator").post(led.location, data=edited(slug, version, name="Late"))
    assert late.status_code == 409 and "changed this room: link" in late.text and "<dd>housing</dd>" in late.text


def test_of_two_who_save_at_once_one_does(client_as: As, room: Room):
    slug = room.slug
    url, together = f"/rooms/{slug}/edit", threading.Barrier(2)
    version, answers = seen(client_as("owner").get(url).text), list[TestResponse]()

    def press(browser: Browser, form: dict[str, str]) -> None:
        together.wait(PATIENCE)
        answers.append(browser.post(url, data=form, headers=SWAP))

    presses = [(client_as(who), edited(slug, version, name=who)) for who in ("owner", "administrator")]
    threads = [threading.Thread(target=press, args=each) for each in presses]
    db.session.commit()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert len(trail("room.edit")) == 1


@pytest.mark.parametrize("headers", [SWAP, {}])
def test_the_second_of_two_who_switch_phones_hears_who_was_first_and_keeps_the_choice(
    client_as: As, room: Room, headers: dict[str, str]
):
    owner, administrator, url = client_as("owner"), client_as("administrator"), f"/rooms/{room.slug}/phone"
    version = seen(owner.get(f"/rooms/{room.slug}/pin", headers=SWAP).text)
    owner.post(url, data={"hide_phone_number": "y", "seen": version})
    late = administrator.post(url, data={"phone_enabled": "y", "seen": version}, headers=headers)
    assert late.status_code == 409 and ("<html" in late.text) is not bool(headers)
    assert "<b>Owner Person</b> changed the dial-in settings of this room: dial-in on or off" in late.text
    switches = re.findall(r'<input[^>]*type="checkbox"[^>]*>', late.text)
    checked = [re.findall(r'name="(\w+)"', switch)[0] for switch in switches if " checked" in switch]
    assert len(switches) == 2 and checked == ["phone_enabled"]
    now = stored(room)
    assert (now.phone_enabled, now.hide_phone_number) == (False, True)
    again = administrator.post(url, data={"phone_enabled": "y", "seen": seen(late.text)}, headers=SWAP)
    assert again.status_code == 200 and stored(room).phone_enabled


def test_a_room_that_was_changed_since_is_not_deleted_before_that_was_read(client_as: As, room: Room):
    slug = room.slug
    owner, url = client_as("owner"), f"/rooms/{slug}/delete"
    version = seen(owner.get(url).text)
    client_as("administrator").post(f"/rooms/{slug}/edit", data=edited(slug, version, access_level="public"))
    late = owner.post(url, data={"seen": version})
    assert late.status_code == 409 and "<b>Administrator Person</b> changed this room: access level" in late.text
    assert stored(room).deleted_at is None
    assert owner.post(url, data={"seen": seen(late.text)}).status_code == 303
    assert stored(room).deleted_at is not None


@pytest.mark.parametrize("version", ["9", "-1", "x", "9" * 40])
def test_a_version_that_no_page_showed_is_refused_without_an_error(client_as: As, room: Room, version: str):
    slug = room.slug
    answer = client_as("owner").post(f"/rooms/{slug}/edit", data=edited(slug, version, name="Late"), headers=SWAP)
    assert answer.status_code == 409 and "Not saved" in answer.text
    assert stored(room).name == "Housing committee"


def test_what_livekit_and_the_sweep_write_refuses_nobody(client_as: As, room: Room):
    slug = room.slug
    version = seen(client_as("owner").get(f"/rooms/{slug}/edit").text)
    room.web_count, room.rule_problem = 3, "unavailable"
    db.session.commit()
    saved = client_as("owner").post(f"/rooms/{slug}/edit", data=edited(slug, version, name="Housing board"))
    assert saved.status_code == 303
