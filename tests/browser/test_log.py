"""The log by mouse and keys: filtered in one form, an entry opened over the list, closed, and found by its link."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.desk import Desk

People = Callable[[str], Desk]
WIDTHS = (1280, 768, 390)


def looks_well(desk: Desk) -> None:
    """Nothing scrolls sideways, and axe finds nothing."""
    desk.accessible()
    for width in WIDTHS:
        desk.page.set_viewport_size({"width": width, "height": 900})
        desk.fits()
    desk.page.set_viewport_size({"width": 1280, "height": 900})


def test_an_admin_filters_the_log_in_one_form_and_removes_filters_alone(people: People):
    admin = people("admin")
    admin.go("/audit/log")
    admin.page.get_by_label("Action").select_option("people")
    admin.fill("Person's e-mail", "nobody@nowhere.example")
    admin.press("Apply")
    admin.sees("No one has this address.")
    expect(admin.page.get_by_label("Person's e-mail")).to_have_value("nobody@nowhere.example")
    expect(admin.page.get_by_label("Action")).to_have_value("people")
    looks_well(admin)
    admin.fill("Person's e-mail", "")
    admin.fill("Room", "")
    admin.press("Apply")
    admin.sees("All: People")
    assert "nowhere" not in admin.page.url
    looks_well(admin)
    admin.follow("Remove this filter")
    expect(admin.page.locator(".narrowed")).to_have_count(0)


def test_an_entry_opens_over_the_list_and_the_keys_lead_back(people: People):
    admin = people("admin")
    admin.go("/audit/log?action=people")
    page, line = admin.page, admin.page.locator("#log .moment").first
    line.click()
    page.wait_for_url(re.compile(r"/audit/log/\d+\?action=people"))
    expect(page.get_by_role("heading", name="Signed in").last).to_be_visible()
    looks_well(admin)
    if not admin.scripts:
        admin.follow("Log", page.get_by_label("Breadcrumb"))
        page.wait_for_url("**/audit/log?action=people")
        return
    expect(page.locator("#entry-head")).to_be_focused()
    expect(page.locator(".log li[aria-current]")).to_have_count(1)
    first = page.url
    page.locator(".drawer").get_by_role("link", name="Older").click()
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("Escape")
    page.wait_for_url("**/audit/log?action=people")
    expect(page.locator(".drawer")).to_have_count(0)
    expect(line).to_be_focused()
    line.click()
    page.locator(".drawer").get_by_role("link", name="Close").click()
    page.wait_for_url("**/audit/log?action=people")
    expect(page.locator(".drawer")).to_have_count(0)
    page.goto(first)
    expect(page.get_by_role("heading", level=1, name="Entry")).to_be_visible()
    looks_well(admin)
