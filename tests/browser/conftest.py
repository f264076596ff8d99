"""Chromium against what `make demo` starts: gunicorn, jobs, the simulated LiveKit and the OpenID provider."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.support.demo import Site, demo, three_free_ports, welcome
from tests.support.desk import Desk
from tests.support.meeting import Meeting, Phone
from tests.support.waiting import PATIENCE

REFUSED = re.compile(r"status of 4\d\d ")
VIEWPORT = {"width": 1280, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever drives a browser comes last, wherever it lies: Playwright's event loop stays in its worker.

    Of those the walk through all pages, which takes longest, comes first, so that at the end no worker waits for it.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents or "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, item.path.name != "test_pages.py"))


# Mails are on their way for ever: nothing listens there.
NO_MAIL_SERVER = {"FRONTDESK_SMTP_URL": "smtp://127.0.0.1:9", "FRONTDESK_MAIL_FROM": "desk@frontdesk.example"}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The running demo."""
    port = three_free_ports()
    with demo(tmp_path_factory.mktemp("demo"), port, NO_MAIL_SERVER) as process:
        assert "Ctrl-C" in welcome(process)
        yield Site(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}")


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Every journey is made twice: the pages are whole without a script."""
    return bool(request.param == "with JavaScript")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[bool], Page]]:
    """Opens a browser of its own, with scripts or without, and fails the test on what a policy or a script refused."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # A refusal is an answer that the page shows: Chromium calls every 4xx an error. A file that is missing is one.
        url = message.location.get("url", "")
        if message.type == "error" and ("/static/" in url or not REFUSED.search(message.text)):
            complaints.append(f"{message.text} {url}")

    def opened(scripts: bool) -> Page:
        context = browser.new_context(java_script_enabled=scripts, viewport=VIEWPORT, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def people(open_page: Callable[[bool], Page], site: Site, scripts: bool) -> Callable[[str], Desk]:
    """Opens a browser for a persona, signed in; an empty name stays a stranger to the site."""

    def opened(persona: str) -> Desk:
        desk = Desk(open_page(scripts), site.url, scripts=scripts)
        if persona:
            desk.sign_in(persona)
        return desk

    return opened


@pytest.fixture
def enter(open_page: Callable[[bool], Page], site: Site) -> Callable[[Desk], Meeting]:
    """Takes somebody whom the desk let in to the meeting, which needs scripts even where the desk has none."""

    def entered(desk: Desk) -> Meeting:
        desk.page.wait_for_url(f"{site.livekit_url}/playground/meet?room=*")
        address = desk.page.url
        desk.page.goto("about:blank")  # one token, one meeting
        return Meeting(open_page(True), address)

    return entered


@pytest.fixture
def phone(open_page: Callable[[bool], Page], site: Site) -> Phone:
    """A phone."""
    return Phone(open_page(True), site.livekit_url)
