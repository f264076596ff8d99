"""The list of recordings by mouse, with JavaScript and without: ticked, kept, deleted."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.desk import Desk
from tests.support.meeting import Meeting

People = Callable[[str], Desk]
Enter = Callable[[Desk], Meeting]


def test_an_owner_ticks_recordings_and_keeps_and_deletes_them_together(people: People, enter: Enter):
    host, door = people("owner"), people("owner")
    room = host.make_room("Ferry timetable")
    door.go(room.replace("/rooms/", "/join/").rstrip("/"))
    enter(door).is_inside_as("Ottilie Vandermeer")
    host.go(f"{room}recordings")
    host.press("Start recording")
    host.go(f"{room}recordings")
    host.sees_after_a_while(re.compile("^Recording$"))
    host.press("Stop recording")
    host.go(f"{room}recordings")
    host.sees_after_a_while("Saved")

    tick(host)
    host.press("Change retention…")
    host.page.get_by_text("7 days", exact=True).click()
    host.press("Show what happens")
    host.sees("Nothing has been changed yet.")
    looks_well(host)
    host.press("Save retention")
    host.sees("Retention of 1 recording changed")
    host.accessible()

    tick(host)
    host.press("Delete…")
    host.sees("Will be deleted.")
    looks_well(host)
    host.press("Delete 1 recording")
    host.sees("1 recording deleted")
    host.go("/recordings/?q=Ferry")
    host.sees("No matching recordings")


def tick(host: Desk) -> None:
    """Find the recording in the list and tick it; the bar says so where a script can."""
    host.go("/recordings/?q=Ferry")
    looks_well(host)
    box = host.page.locator("tbody").get_by_role("checkbox").first
    if host.scripts:
        expect(host.page.get_by_role("button", name="Delete…")).to_be_hidden()
        host.page.get_by_label("Select all on this page").check()
        host.sees("1 selected")
        host.press("Clear the selection")
        expect(box).not_to_be_checked()
    box.check()


def looks_well(host: Desk) -> None:
    """Nothing is wrong with the page, on a desk and on a phone."""
    host.accessible()
    for width in (390, 1280):
        host.page.set_viewport_size({"width": width, "height": 900})
        host.fits()
