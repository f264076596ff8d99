"""Pages name static files with the version of their content."""

import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask, url_for

from tests.support.personas import Browser


def test_the_address_of_a_static_file_changes_with_its_content_alone(app: Flask):
    script = Path(app.static_folder or "") / "app.js"
    version = hashlib.sha256(script.read_bytes()).hexdigest()
    with app.test_request_context():
        named = url_for("static", filename="app.js")
        assert url_for("static", filename="none.js") == "/static/none.js"
    path, _mark, found = named.partition("?v=")
    assert path == "/static/app.js" and len(found) >= 10 and version.startswith(found)


def test_all_that_a_page_loads_bears_its_version_and_is_there(client: Browser):
    loaded = re.findall(r'(?:src|href)="(/static/[^"#]+)"', client.get("/signed-out").text)
    assert len(loaded) > 10
    assert [path for path in loaded if not re.search(r"\?v=[0-9a-f.]+$", path)] == []
    for path in loaded:
        with client.get(path) as answer:
            assert answer.status_code == 200, path


@pytest.mark.parametrize(
    ("name", "version", "kept"),
    [
        ("app.js", "its own", True),
        ("app.js", "0123456789ab", False),
        ("app.js", "", False),
        ("vendor/inter-5.3.0-latin.woff2", "5.3.0", True),
        ("none.js", "0123456789ab", False),
    ],
)
def test_browsers_keep_a_static_file_by_the_version_that_it_has(
    app: Flask, client: Browser, name: str, version: str, kept: bool
):
    with app.test_request_context():
        address = url_for("static", filename=name) if version == "its own" else f"/static/{name}?v={version}"
    with client.get(address) as answer:
        assert ("immutable" in answer.headers["Cache-Control"]) is kept
