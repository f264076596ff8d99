"""Sign in and out in a real browser, by click and without scripts: no policy of ours stands in the way."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.support.oidc_server import serve
from tests.support.waiting import PATIENCE
from webapp import create_app
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.models import metadata as tables

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app and a provider that know each other."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    folder: Path = tmp_path_factory.mktemp("site")
    with serve(redirect_uris=(f"{url}/oidc/callback",), post_logout_redirect_uris=(f"{url}/signed-out",)) as provider:
        app = create_app(
            Settings(
                environment="testing",
                database_url=f"sqlite:///{folder / 'site.sqlite3'}",
                public_url=url,
                oidc_issuer=provider.issuer,
                oidc_name="the development provider",
                oidc_client_secret=provider.options.client_secret,
            )
        )
        with app.app_context():
            tables.create_all(db.engine)
        server = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield url
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()
        with app.app_context():
            db.dispose()


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page that fails the test on anything a policy blocked or a script threw."""
    context = browser.new_context(java_script_enabled=request.param, locale="en-GB")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def test_one_signs_in_keeps_a_choice_and_signs_out_everywhere(page: Page, site: str):
    page.goto(f"{site}/account/")
    page.get_by_role("link", name="Sign in with the development provider").click()
    page.get_by_role("button", name="Ottilie Vandermeer").click()
    page.wait_for_url(f"{site}/account/")
    expect(page.get_by_role("heading", name="My account")).to_be_visible()

    page.get_by_label("Time zone").select_option("America/Lima")
    with page.expect_navigation(url=f"{site}/account/"):  # to the same address, so that its name alone tells nothing
        page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Time zone")).to_have_value("America/Lima")

    page.locator("details.account summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{site}/signed-out?state=*")
    assert "signed out of" in page.inner_text("main")
    page.goto(f"{site}/account/")
    assert page.url.startswith(f"{site}/login")
