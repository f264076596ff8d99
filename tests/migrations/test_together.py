"""Upgrades of one database at the same time."""

import os
import subprocess
import sys
from pathlib import Path

from tests.plugins.servers import fresh_database

ROOT = Path(__file__).parent.parent.parent


def test_servers_that_start_together_migrate_one_after_the_other(postgresql_url: str, worker_id: str):
    with fresh_database(postgresql_url, f"together_{worker_id}") as url:
        environment = os.environ | {"FRONTDESK_ENVIRONMENT": "testing", "FRONTDESK_DATABASE_URL": url}
        command_line = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
        servers = [subprocess.Popen(command_line, env=environment, cwd=ROOT) for _ in range(3)]
        assert [server.wait(60) for server in servers] == [0, 0, 0]
