"""A transfer is taken back, and leaving a room from another page; with JavaScript and without."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.desk import Desk

People = Callable[[str], Desk]


def test_an_owner_hands_a_room_over_by_its_name_and_takes_it_back(people: People):
    owner, administrator = people("owner"), people("administrator")
    administrator.go("/account/")
    room = owner.make_room("Quay hearing")
    owner.go(f"{room}access/")
    owner.fill("Add a person by e-mail", "aurele@frontdesk.example")
    owner.press("Add person")
    row = owner.page.locator("#access tbody tr").nth(1)
    row.locator("summary", has_text="Change…").click()
    row.locator("summary", has_text="Transfer ownership…").click()
    owner.accessible()
    owner.fits()
    field = owner.page.get_by_label("Room name, to confirm").locator("visible=true")
    field.fill("Quay")
    owner.press("Transfer ownership", row)
    owner.sees("Enter the name exactly as shown: Quay hearing. Nothing was changed.")
    expect(field).to_have_value("Quay")
    field.fill("Quay hearing")
    owner.press("Transfer ownership", owner.page.locator("#access tbody tr").nth(1))
    owner.sees("Ownership transferred")
    owner.accessible()
    owner.press("Undo the transfer")
    owner.sees("The transfer is undone. Everyone has the role they had before.")
    expect(owner.page.locator("#access tbody tr").first).to_contain_text("You")


def test_who_leaves_a_room_and_its_page_takes_that_back_from_another_page(people: People):
    owner, administrator = people("owner"), people("administrator")
    administrator.go("/account/")
    room = owner.make_room("Quay rehearsal")
    owner.go(f"{room}access/")
    owner.fill("Add a person by e-mail", "aurele@frontdesk.example")
    owner.press("Add person")
    expect(owner.page.locator("#access tbody tr")).to_have_count(2)
    administrator.go(room)
    administrator.press("Leave")
    administrator.sees("You left Quay rehearsal.")
    administrator.go("/account/")
    administrator.sees("You can undo this for 10 s.")
    administrator.press("Undo leaving Quay rehearsal")
    administrator.sees("You have access to Quay rehearsal again.")
    administrator.at(room)
    administrator.accessible()
    administrator.fits()
