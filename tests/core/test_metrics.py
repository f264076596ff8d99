"""Metrics of several processes are counted together when a folder for them is named."""

import re
import tomllib
from pathlib import Path

import requests
from flask import Flask
from prometheus_client import REGISTRY

from simulator.server import Addresses
from tests.support.installed import ROOT, installed
from tests.support.waiting import PATIENCE
from webapp.core import health
from webapp.core.release import VERSION

REFUSED = {
    'frontdesk_hooks_total{event="other",result="bad_signature"} 12.0',
    'frontdesk_requests_total{endpoint="hooks.livekit",method="POST",status="4xx"} 12.0',
    'frontdesk_request_seconds_count{endpoint="hooks.livekit"} 12.0',
}


def test_whichever_worker_is_asked_tells_the_counts_of_all(tmp_path: Path, simulator: Addresses):
    folder = tmp_path / "metrics"
    folder.mkdir()
    with installed(tmp_path, livekit_url=simulator.livekit, oidc_issuer=simulator.issuer) as site:
        site.settings["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        site.serve("--workers", "2")
        for _ in range(12):
            assert requests.post(f"{site.url}/hooks/livekit", data=b"{}", timeout=PATIENCE).status_code == 401
        for _ in range(6):
            told = requests.get(f"{site.url}/metrics", timeout=PATIENCE).text
            assert set(told.splitlines()) >= REFUSED
            assert told.count("frontdesk_build_info{") == 1


def test_what_is_told_to_prometheus_is_in_the_documentation_and_nothing_else(app: Flask):
    families = [*REGISTRY.collect(), *(family for each in health.COLLECTORS for family in each.collect())]
    ours = [family for family in families if family.name.startswith("frontdesk_")]
    told = {family.name + ("_total" if family.type == "counter" else "") for family in ours}
    described = set(re.findall(r"^\| `(frontdesk_\w+)` \|", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE))
    assert described == told


def test_the_release_that_is_told_is_the_project_s():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
