"""The main journeys, each by mouse and keyboard in Chromium, with JavaScript and without."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.support.desk import Desk
from tests.support.meeting import Meeting, Phone

People = Callable[[str], Desk]
Enter = Callable[[Desk], Meeting]


def test_somebody_signs_in_and_out_again(people: People):
    desk = people("owner")
    desk.sees("Ottilie")
    desk.accessible()
    desk.page.locator("details.account summary").click()
    desk.press("Sign out")
    desk.sees("signed out of")
    desk.accessible()
    desk.go("/rooms/")
    assert desk.path == "/login"
    desk.accessible()


def test_an_owner_makes_a_room_and_replaces_its_pin(people: People):
    desk = people("owner")
    desk.go("/rooms/new")
    desk.accessible()
    desk.press("Create room")  # without a name
    expect(desk.page.get_by_label("Name").first).to_have_attribute("aria-invalid", "true")
    desk.accessible()
    desk.make_room("Harbour hearing")
    desk.accessible()
    before = desk.pin()
    desk.unfold("Change PIN…")
    desk.fill("Reason", "It was read out in public.")
    desk.press("Change PIN")
    desk.sees("The previous PIN can't be reused until")
    desk.accessible()
    after = desk.pin()
    assert re.fullmatch(r"\d{10}", before) and re.fullmatch(r"\d{10}", after) and before != after
    desk.go("/rooms/")
    desk.sees("Harbour hearing")
    desk.accessible()


def test_a_guest_waits_and_is_let_in(people: People, enter: Enter):
    host, guest = people("owner"), people("")
    room = host.make_room("Budget hearing")
    guest.go(room.replace("/rooms/", "/join/").rstrip("/"))
    guest.sees("Budget hearing")
    guest.accessible()
    guest.fill("name", "Lotte Brandvold")
    guest.press("Ask to join")
    guest.sees("The host knows you're waiting, Lotte Brandvold")
    guest.accessible()
    host.go("/lobby/")
    host.sees("Lotte Brandvold")
    host.accessible()
    host.press("Admit Lotte Brandvold")
    host.sees("Admitted by Ottilie Vandermeer")
    host.accessible()
    enter(guest).is_inside_as("Lotte Brandvold")


def test_the_rule_comes_with_the_first_web_participant_and_goes_with_the_last(people: People, enter: Enter):
    host, door = people("owner"), people("owner")
    room = host.make_room("Rent board")
    host.sees("Opens when the first person joins online.")
    door.go(room.replace("/rooms/", "/join/").rstrip("/"))
    meeting = enter(door)
    meeting.is_inside_as("Ottilie Vandermeer")
    host.sees_after_a_while("Open: callers who enter the PIN get through.")
    host.accessible()
    meeting.leave()
    host.sees_after_a_while("Opens when the first person joins online.")


def test_a_caller_types_the_pin_and_the_host_sees_who_is_inside(people: People, enter: Enter, phone: Phone):
    host, door = people("owner"), people("owner")
    room = host.make_room("Harbour noise", "Public")
    number, pin = host.number(), host.pin()
    door.go(room.replace("/rooms/", "/join/").rstrip("/"))
    enter(door).is_inside_as("Ottilie Vandermeer")
    host.sees_after_a_while("Open: callers who enter the PIN get through.")
    phone.call(number, pin, caller="+33612345621")
    host.go(f"{room}inside")
    host.sees_after_a_while("Caller")
    host.sees("21")
    assert "33612345621" not in host.page.content()
    host.accessible()
    host.follow("Remove… Caller ··21")
    host.sees("Remove Caller ··21 from the meeting in “Harbour noise”?")
    host.accessible()
    host.press("Remove from the meeting")
    phone.states("ended")
    host.go(f"{room}inside")
    host.sees_after_a_while("Caller", gone=True)


def test_a_caller_waits_with_the_guests_and_a_host_lets_them_in_by_keyboard(people: People, enter: Enter, phone: Phone):
    host, door, guest = people("owner"), people("owner"), people("")
    room = host.make_room("School board")
    number, pin, link = host.number(), host.pin(), room.replace("/rooms/", "/join/").rstrip("/")
    door.go(link)
    enter(door).is_inside_as("Ottilie Vandermeer")
    host.sees_after_a_while("Open: callers who enter the PIN get through.")
    phone.call(number, pin, caller="+33612345657")
    guest.go(link)
    guest.fill("name", "Noor van Eyck")
    guest.press("Ask to join")
    host.go(f"{room}queue")
    host.sees_after_a_while("On hold")
    host.sees_after_a_while("Noor van Eyck")
    host.accessible()
    for name in ("Admit Caller ··57", "Admit Noor van Eyck"):
        button = host.page.get_by_role("button", name=name)
        if host.scripts and "Noor" in name:
            expect(button).to_be_focused()  # so that a queue is worked off by one key
        button.focus()
        host.page.keyboard.press("Enter")
        button.wait_for(state="detached")
    expect(host.page.get_by_text("Admitted by Ottilie Vandermeer")).to_have_count(2)
    enter(guest).is_inside_as("Noor van Eyck")


def test_a_host_records_watches_and_sets_how_long_it_is_kept(people: People, enter: Enter, tmp_path: Path):
    host, door = people("owner"), people("owner")
    room = host.make_room("Interpreter briefing")
    door.go(room.replace("/rooms/", "/join/").rstrip("/"))
    enter(door).is_inside_as("Ottilie Vandermeer")
    host.go(f"{room}recordings")
    host.accessible()
    host.press("Start recording")
    host.go(f"{room}recordings")
    host.sees_after_a_while(re.compile("^Recording$"))
    host.accessible()
    host.press("Stop recording")
    host.go(f"{room}recordings")
    host.sees_after_a_while("Saved")
    host.accessible()
    host.page.locator("#room-recordings tbody a").first.click()
    host.page.wait_for_url("**/recordings/*/")
    watch(host, tmp_path)
    host.page.get_by_text("90 days").click()
    if not host.scripts:
        host.press("Save retention")
    host.sees(re.compile("Kept until"))
    host.accessible()
    host.press("Save retention")
    host.sees_after_a_while("History")
    expect(host.page.get_by_label("90 days")).to_be_checked()
    host.accessible()


def watch(host: Desk, folder: Path) -> None:
    """Play the recording on its page where the browser can, and fetch its file."""
    host.accessible()
    if host.scripts:
        video = host.page.locator("video")
        video.evaluate("async video => { video.muted = true; await video.play() }")
        expect(video).to_have_js_property("paused", False)
    with host.page.expect_download() as downloading:
        host.follow("Download")
    downloading.value.save_as(folder / "recording")
    assert (folder / "recording").read_bytes()[4:8] == b"ftyp"


def test_an_admin_makes_a_trunk(people: People):
    desk = people("admin")
    desk.go("/telephony/trunks/")
    desk.accessible()
    desk.follow("New trunk")
    desk.accessible()
    name = f"Harbour line {'with' if desk.scripts else 'without'} scripts"
    desk.fill("Name", name)
    desk.fill("Called numbers", "+33 1 99 00 55 5x")
    desk.press("Save in LiveKit")
    desk.sees("Enter a phone number such as")
    desk.accessible()
    desk.fill("Called numbers", "+33 1 99 00 55 51" if desk.scripts else "+33 1 99 00 55 52")
    desk.press("Save in LiveKit")
    desk.page.get_by_role("heading", name=name, level=1).wait_for()
    desk.accessible()
    desk.go("/telephony/trunks/")
    desk.sees(name)


def test_support_sees_what_livekit_has_and_what_the_installation_lacks(people: People, enter: Enter):
    host, door, desk = people("owner"), people("owner"), people("support")
    room = host.make_room("Ferry timetable")
    door.go(room.replace("/rooms/", "/join/").rstrip("/"))
    enter(door).is_inside_as("Ottilie Vandermeer")
    host.sees_after_a_while("Open: callers who enter the PIN get through.")
    desk.go("/telephony/rules/")
    if not desk.scripts:
        desk.follow("Show the rules")
    desk.sees("Every rule")
    desk.accessible()
    desk.follow("Ferry timetable")
    desk.sees("Line by line")
    desk.accessible()
    desk.press("Sync this room")
    desk.sees("LiveKit agrees with the room.")
    assert "Ottilie" not in desk.page.content()
    desk.go("/system/setup")
    desk.sees("Storage")
    desk.accessible()
