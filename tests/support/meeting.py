"""The simulated LiveKit in a browser of its own, which always runs scripts: the meeting, and phones that call in."""

from playwright.sync_api import Page, expect

from tests.support.waiting import PATIENCE


class Meeting:
    """One person inside a meeting, on the page that stands in for the installation's own."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.goto(address)

    def is_inside_as(self, name: str) -> None:
        """LiveKit let them in, under that name."""
        expect(self.page.get_by_role("status")).to_have_text(
            f"You are in the meeting as {name}.", timeout=PATIENCE * 1000
        )

    def leave(self) -> None:
        """Leave by one's own wish."""
        self.page.get_by_role("button", name="Leave").click()
        self.page.get_by_role("button", name="Join again").wait_for()


class Phone:
    """A phone, on the playground."""

    def __init__(self, page: Page, livekit_url: str) -> None:
        self.page = page
        page.goto(f"{livekit_url}/playground/")

    def call(self, number: str, pin: str, *, caller: str) -> None:
        """Dial, type the PIN and #, and come in."""
        self.page.get_by_label("From").fill(caller)
        self.page.get_by_label("To", exact=True).fill(number)
        self.page.get_by_role("button", name="Call").click()
        self.page.get_by_label("Keys to press").fill(f"{pin}#")
        self.page.get_by_role("button", name="Press").click()
        self.states("inside")

    def states(self, state: str) -> None:
        """The call stands like that."""
        expect(self.page.locator("#phones article").first).to_contain_text(state, timeout=PATIENCE * 1000)
