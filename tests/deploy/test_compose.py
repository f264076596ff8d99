"""The Compose file, as far as it can be tried where no image can be pulled."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import compose
from tests.support.installed import ROOT
from tests.support.nginx import CONF, NAME
from tests.support.units import PROGRAMS, assignments, unit
from tests.support.waiting import PATIENCE
from webapp.core.release import VERSION
from webapp.core.values import bucket_address

OURS = ("migrate", "web", "worker")
SERVICES = sorted(compose.whole()["services"])
TEXT = compose.FILE.read_text()


def test_the_file_is_one_of_compose_by_the_schema_of_its_specification(tmp_path: Path):
    file = tmp_path / "compose.yaml"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    for text, well in ((TEXT, True), (TEXT.replace("depends_on:", "depends:"), False)):
        file.write_text(text)
        tried = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert (tried.returncode == 0) is well, tried.stdout


def test_what_it_asks_for_is_in_the_example_and_nothing_else():
    assert set(re.findall(r"\$\{(\w+)", TEXT)) == set(assignments(compose.EXAMPLE.read_text()))
    assert set(re.findall(r"\$\{[^}]*\}", TEXT)) == {f"${{{name}:?}}" for name in re.findall(r"\$\{(\w+)", TEXT)}


@pytest.mark.parametrize("name", SERVICES)
def test_each_image_has_a_version_and_each_service_begins_again_by_itself(name: str):
    told = compose.service(name)
    _image, _colon, tag = told["image"].partition(":")
    assert tag and tag != "latest"
    if "build" in told:
        assert tag == VERSION
    once = name in {"migrate", "bucket"}
    assert told["restart"] == ("no" if once else "unless-stopped")
    assert ("no-new-privileges:true" in told["security_opt"]) is ("SYS_ADMIN" not in told.get("cap_add", ()))


def test_who_waits_for_another_to_be_well_waits_for_one_that_says_so():
    checked = {name for name in SERVICES if "test" in compose.service(name).get("healthcheck", {})}
    checked |= {"web"}  # by its Dockerfile
    for name in SERVICES:
        for other, how in compose.service(name).get("depends_on", {}).items():
            assert other in SERVICES
            if how["condition"] == "service_healthy":
                assert other in checked, (name, other)
            if how["condition"] == "service_completed_successfully":
                assert compose.service(other)["restart"] == "no"


@pytest.mark.parametrize("name", OURS)
def test_frontdesk_writes_nothing_but_to_memory_and_has_no_privilege(name: str):
    told = compose.service(name)
    assert told["read_only"] is True and told["cap_drop"] == ["ALL"] and "cap_add" not in told
    assert "volumes" not in told and told["tmpfs"]


@pytest.mark.parametrize(("name", "service"), [("frontdesk-web", "web"), ("frontdesk-worker", "worker")])
def test_the_processes_are_those_of_the_units(name: str, service: str):
    of_unit = [word.replace(f"{PROGRAMS}/", ".venv/bin/") for word in unit(name).command]
    listens = {"127.0.0.1:8000": "0.0.0.0:8000"}
    assert compose.service(service)["command"] == [listens.get(word, word) for word in of_unit]
    theirs = set(unit(name).environment)
    assert theirs <= set(compose.service(service)["environment"])


@pytest.mark.parametrize("name", OURS)
def test_frontdesk_takes_the_settings(name: str, tmp_path: Path):
    settings = compose.service(name)["environment"]
    flask = [str(Path(sys.executable).parent / "flask"), "--app", f"{ROOT / 'wsgi'}", "check"]
    plain = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **settings, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    said = subprocess.run(flask, cwd=tmp_path, env=plain, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (said.returncode, said.stderr) == (0, ""), said.stdout + said.stderr


def test_its_parts_find_one_another():
    settings = compose.service("web")["environment"]
    secret, password = settings["FRONTDESK_LIVEKIT_API_SECRET"], compose.variables()["REDIS_PASSWORD"]
    livekit, sip, egress = (compose.config(name) for name in ("livekit", "sip", "egress"))
    assert livekit["keys"] == {settings["FRONTDESK_LIVEKIT_API_KEY"]: secret}
    assert settings["FRONTDESK_LIVEKIT_URL"] == f"http://livekit:{livekit['port']}"
    for each in (sip, egress):
        assert (each["api_key"], each["api_secret"]) == (settings["FRONTDESK_LIVEKIT_API_KEY"], secret)
        assert each["ws_url"] == f"ws://livekit:{livekit['port']}"
        assert each["redis"] == livekit["redis"] == {"address": "redis:6379", "password": password}
    assert f"requirepass {password}" in compose.whole()["configs"]["redis"]["content"]
    assert settings["FRONTDESK_REDIS_URL"].startswith(f"redis://:{password}@redis:6379/")
    bucket = bucket_address(settings["FRONTDESK_STORAGE_URL"])
    assert bucket.endpoint == "http://minio:9000"
    assert f"desk/{bucket.name}" in compose.service("bucket")["command"][0]
    named = {each for statement in compose.config("bucket")["Statement"] for each in statement["Resource"]}
    assert named == {f"arn:aws:s3:::{bucket.name}", f"arn:aws:s3:::{bucket.name}/*"}


def test_minio_tells_frontdesk_of_each_file():
    minio, token = compose.service("minio")["environment"], compose.variables()["STORAGE_HOOK_TOKEN"]
    assert compose.service("web")["environment"]["FRONTDESK_STORAGE_HOOK_TOKEN"] == token
    told = {name.split("_WEBHOOK_")[1]: value for name, value in minio.items() if "_WEBHOOK_" in name}
    assert told["ENDPOINT_frontdesk"] == "http://web:8000/hooks/storage"
    assert (told["ENABLE_frontdesk"], told["AUTH_TOKEN_frontdesk"]) == ("on", f"Bearer {token}")
    assert "arn:minio:sqs::frontdesk:webhook" in compose.service("bucket")["command"][0]


def test_livekit_is_set_up_as_frontdesk_needs_it():
    livekit, sip = compose.config("livekit"), compose.config("sip")
    assert livekit["room"] == {"auto_create": True, "enable_remote_unmute": True}
    assert livekit["webhook"]["urls"] == ["http://web:8000/hooks/livekit"]
    assert livekit["webhook"]["api_key"] in livekit["keys"]
    assert livekit["logging"]["component_levels"] == {"api": "warn"}, "else every PIN is in its log"
    assert sip["logging"]["level"] == "warn", "else typed PINs are in its log"
    assert f"{sip['rtp_port']}:{sip['rtp_port']}/udp" in compose.service("sip")["ports"]
    rtc = {f"{livekit['rtc']['tcp_port']}", f"{livekit['rtc']['udp_port']}"}
    assert rtc <= {port.partition(":")[0] for port in compose.service("livekit")["ports"]}


def test_what_must_not_be_lost_is_in_a_volume():
    assert "appendonly yes" in compose.whole()["configs"]["redis"]["content"]
    kept = {name: each["volumes"] for name in ("postgres", "redis", "minio") if (each := compose.service(name))}
    assert {name: len(volumes) for name, volumes in kept.items()} == {"postgres": 1, "redis": 1, "minio": 1}
    assert {volumes[0].partition(":")[0] for volumes in kept.values()} == set(compose.whole()["volumes"])


def test_nginx_gets_our_configuration_with_the_names_of_this_network(tmp_path: Path):
    told = compose.service("nginx")
    (script,) = told["command"]
    script = script.replace("/etc/nginx/frontdesk.conf", shlex.quote(str(CONF)))
    script = script.replace("/tmp/nginx.conf", shlex.quote(str(tmp_path / "nginx.conf"))).replace("exec nginx", "echo")
    subprocess.run([*told["entrypoint"], script], env={"PATH": "/usr/bin:/bin", "DESK_HOST": "a.test"}, check=True)
    found = (tmp_path / "nginx.conf").read_text()
    assert not re.search(r"example\.org|127\.0\.0\.1", re.sub(r"#.*", "", found))
    assert found == CONF.read_text().replace(NAME, "a.test").replace("127.0.0.1:8000", "web:8000").replace(
        "127.0.0.1:9000", "minio:9000"
    )
    (host,) = {mount.split(":")[1] for mount in told["volumes"] if mount.endswith(".pem:ro")}
    assert host == f"/etc/ssl/{compose.variables()['DESK_HOST']}.pem"
