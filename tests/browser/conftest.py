"""Chromium against what `make demo` starts: gunicorn, jobs, the simulated LiveKit and the OpenID provider."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage

from tests.browser.desk import Desk
from tests.plugins.demo import demo, three_free_ports, welcome

VIEWPORT = {"width": 1280, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that is here drives a browser, and comes last: Playwright's event loop stays in its worker."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def demo_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The running demo's first port: Frontdesk's."""
    port = three_free_ports()
    with demo(tmp_path_factory.mktemp("demo"), port) as process:
        assert "Ctrl-C" in welcome(process)
        yield port


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Every journey is made twice: the pages are whole without a script."""
    return bool(request.param == "with JavaScript")


@pytest.fixture
def people(browser: Browser, demo_port: int, scripts: bool) -> Iterator[Callable[[str], Desk]]:
    """Opens a browser for a persona, signed in; an empty name stays a stranger to the site.

    Fails the test on anything that a policy blocked or a script threw.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def open_for(persona: str) -> Desk:
        context = browser.new_context(java_script_enabled=scripts, viewport=VIEWPORT, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        desk = Desk(page, f"http://127.0.0.1:{demo_port}", f"http://127.0.0.1:{demo_port + 1}", scripts=scripts)
        if persona:
            desk.sign_in(persona)
        return desk

    yield open_for
    for context in contexts:
        context.close()
    assert complaints == []
