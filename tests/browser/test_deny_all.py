"""A host denies all who wait, after one question, and takes it back, with JavaScript and without."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.desk import Desk

People = Callable[[str], Desk]


def test_a_host_denies_all_after_one_question_and_takes_it_back(people: People):
    host, guests = people("owner"), {name: people("") for name in ("Lotte Brandvold", "Rasmus Holt")}
    room = host.make_room("Tenants' evening")
    for name, guest in guests.items():
        guest.go(room.replace("/rooms/", "/join/").rstrip("/"))
        guest.fill("Your name", name)
        guest.press("Ask to join")
        guest.sees("Waiting to be let in")
    host.go("/lobby/")
    head = host.page.locator(".group-head", has=host.page.locator(f'a[href="{room}queue"]'))
    expect(head.get_by_role("link", name="Deny all…")).to_be_hidden()
    head.locator("summary", has_text="More").click()
    host.accessible()
    host.fits()
    host.follow("Deny all…", head)
    host.sees("Deny 2 people waiting for “Tenants' evening”?")
    host.sees("2 guests are told after 10 s. Until then you can undo it.")
    host.accessible()
    host.press("Deny 2 people")
    host.sees("Denied 2 people")
    host.accessible()
    host.go("/rooms/")
    host.press("Undo the denial of 2 guests")
    host.sees("2 guests are waiting again.")
    host.go(f"{room}queue")
    host.press("Deny Lotte Brandvold")
    host.follow("Undo… Lotte Brandvold")
    host.sees("Let 1 guest wait again for “Tenants' evening”?")
    host.press("Undo the denial")
    host.sees("1 guest is waiting again.")
    for guest in guests.values():
        guest.sees("Waiting to be let in")
