"""The lines of our nginx configuration for a bucket that speaks https, which an operator uncomments."""

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from flask import Flask

from tests.plugins.bucket import TestBucket
from tests.support import certificates
from tests.support.films import FILM
from tests.support.installed import free_port
from tests.support.nginx import running, written
from tests.support.personas import Browser
from tests.support.waiting import PATIENCE
from webapp.core.config import Settings
from webapp.recordings import storage
from webapp.recordings.models import Recording

SECURE = """
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {shown};
        ssl_certificate_key {shown};
        location / {{ proxy_pass {s3}; proxy_set_header Host $http_host; }}
    }}
"""


@pytest.mark.parametrize(("trusted", "status"), [("authority", 206), ("other_authority", 503)])
def test_nginx_asks_a_bucket_by_https_and_checks_whose_certificate_it_shows(
    app: Flask,
    settings: Settings,
    change_settings: Callable[..., None],
    nginx: str,
    served: str,
    in_bucket: TestBucket,
    tmp_path: Path,
    client_as: Callable[[str], Browser],
    make_recording: Callable[..., Recording],
    trusted: str,
    status: int,
):
    port, recording = free_port(), make_recording()
    in_bucket.put(f"desk/{recording.key}", FILM)
    change_settings(storage_url=f"s3://{in_bucket.name}/desk?endpoint=https://localhost:{port}")
    storage.init_app(app, settings)
    (tmp_path / "s3").mkdir()
    shown = certificates.make(tmp_path / "s3", "localhost")
    changes = {
        f"Host 127.0.0.1:{port};": f"Host localhost:{port};",
        "http://frontdesk_bucket": "https://frontdesk_bucket",
        "# proxy_ssl_": "proxy_ssl_",
        "s3.example.org": "localhost",
        "/etc/ssl/certs/ca-certificates.crt": str(getattr(shown, trusted)),
    }
    beside = SECURE.format(port=port, shown=shown.server, s3=in_bucket.s3.url)
    frontdesk, bucket = [served.removeprefix("http://")], f"127.0.0.1:{port}"
    site = written(tmp_path, frontdesk, bucket, secure=False, changes=changes, beside=beside)
    cookie = client_as("owner").get_cookie("frontdesk")
    with running(nginx, site):
        answer = requests.get(
            f"http://127.0.0.1:{site.secure}/media/{recording.key}",
            cookies={"frontdesk": cookie.value},
            headers={"Range": "bytes=3-7"},
            timeout=PATIENCE,
        )
    assert answer.status_code == status, site.errors
    assert (answer.content == FILM[3:8]) is (status == 206)
    assert ("upstream SSL certificate verify error" in site.errors) is (status == 503)
