"""The search from everywhere: the palette by keys, and the same as a page where there is no script."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.desk import Desk

People = Callable[[str], Desk]


def test_somebody_finds_a_room_from_another_page_and_opens_it(people: People):
    owner = people("owner")
    owner.go("/account/")
    page = owner.page
    if not owner.scripts:
        page.get_by_role("link", name="Search").last.click()
        page.locator("main").get_by_role("searchbox").fill("housing")
        page.locator("main").get_by_role("button", name="Search").click()
        page.locator(".hits").get_by_role("link", name="Housing committee").first.click()
        page.wait_for_url("**/rooms/*/")
        return
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    box = palette.get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    expect(palette.get_by_role("option", name="Create a room")).to_be_visible()
    box.fill("housing")
    first = palette.get_by_role("option").first
    expect(first).to_contain_text("Housing committee")
    expect(first).to_have_attribute("aria-selected", "true")
    owner.accessible()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(first).to_contain_text("Housing committee")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rooms/*/")


def test_a_number_and_an_address_are_not_sent(people: People):
    admin = people("admin")
    page = admin.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    for typed, said in (("48213", "Numbers and PINs"), ("owner@frontdesk.example", "E-mail addresses")):
        if not admin.scripts:
            admin.go("/search")
            page.locator("main").get_by_role("searchbox").fill(typed)
            page.keyboard.press("Enter")
            continue
        admin.go("/account/")
        page.keyboard.press("Control+k")
        palette = page.locator("#palette")
        palette.get_by_role("combobox", name="Search").fill(typed)
        expect(palette.get_by_text(said).locator("visible=true").first).to_be_visible()
        expect(palette.get_by_role("option")).to_have_count(0)
        page.keyboard.press("Enter")
    assert [url for url in sent if "48213" in url or "owner" in url] == []
    if admin.scripts:
        expect(palette.get_by_role("button", name="Find person")).to_be_visible()
