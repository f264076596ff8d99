"""A host hands a room out by one press, with JavaScript and without."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.desk import Desk

People = Callable[[str], Desk]


def test_a_host_copies_the_invitation_shows_the_code_and_opens_the_card(people: People):
    desk = people("owner")
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.go("/rooms/")
    desk.follow("Housing committee")
    pin = desk.pin()
    desk.follow("Invite")
    desk.sees("Share the invitation")
    desk.accessible()
    desk.press("Copy invitation")
    shown = desk.page.locator("#invitation-text")
    expect(shown).to_contain_text(f"{pin}#")
    if desk.scripts:
        expect(desk.page.get_by_role("button", name="Copied")).to_be_visible()
        assert desk.page.evaluate("navigator.clipboard.readText()") == (shown.text_content() or "").strip()
    desk.accessible()
    desk.press("Hide the PIN")
    expect(shown).to_have_count(0)
    desk.press("Show code")
    expect(desk.page.locator("#dial-in-code svg[aria-hidden]")).to_be_visible()
    desk.accessible()
    with desk.page.expect_popup() as opened:
        desk.press("Print card")
    card = Desk(opened.value, desk.url, scripts=desk.scripts)
    card.sees("Cut here for A5")
    card.accessible()
