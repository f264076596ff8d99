"""Metrics of several processes are counted together when a folder for them is named."""

from pathlib import Path

import requests

from simulator.server import Addresses
from tests.support.installed import installed
from tests.support.waiting import PATIENCE

REFUSED = 'frontdesk_hooks_total{event="other",result="bad_signature"} 12.0'


def test_whichever_worker_is_asked_tells_the_counts_of_all(tmp_path: Path, simulator: Addresses):
    folder = tmp_path / "metrics"
    folder.mkdir()
    with installed(tmp_path, livekit_url=simulator.livekit, oidc_issuer=simulator.issuer) as site:
        site.settings["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        site.serve("--workers", "2")
        for _ in range(12):
            assert requests.post(f"{site.url}/hooks/livekit", data=b"{}", timeout=PATIENCE).status_code == 401
        for _ in range(6):
            assert REFUSED in requests.get(f"{site.url}/metrics", timeout=PATIENCE).text
