"""The check list says what works, what does not and how to mend it; what it cannot find out it does not invent."""

import os
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from simulator.server import Addresses
from tests.support.livekit import LiveKit
from tests.support.modes import SHARED, WORKER, as_root, mode
from tests.support.personas import Browser
from tests.support.shown import text_of
from webapp.core import files
from webapp.core.config import Settings
from webapp.core.db import db, utcnow
from webapp.deliveries.models import Delivery
from webapp.doctor import diagnosis
from webapp.jobs.models import PeriodicJob
from webapp.recordings import storage
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.sharing import SharedFolder
from webapp.recordings.states import State
from webapp.rooms.models import Room, TrunkRow
from webapp.rules import installation

As = Callable[[str], Browser]
Look = Callable[..., dict[str, tuple[str, str]]]


@pytest.fixture
def look(client_as: As, livekit: LiveKit) -> Look:
    """Reads the page: each check's badge and its whole text, by key."""

    def _look(who: str = "support", **options: str) -> dict[str, tuple[str, str]]:
        page = client_as(who).get("/system/setup", **options).text
        found = re.findall(r'id="check-(\w+)">(.*?)</article>', page, re.DOTALL)
        texts = {key: text_of(html) for key, html in found}
        words = ("Fix", "Check", "Unknown", "OK")
        return {key: (next(word for word in words if text.startswith(word)), text) for key, text in texts.items()}

    return _look


@pytest.fixture
def change_folder(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """An empty folder for recordings, until the test ends."""
    before = app.extensions[storage.EXTENSION]
    app.extensions[storage.EXTENSION] = storage.Folder(SharedFolder(tmp_path))
    yield tmp_path
    app.extensions[storage.EXTENSION] = before


@pytest.mark.parametrize("who", ["owner", "member", "stranger"])
def test_only_support_and_admins_see_the_check_list(client_as: As, who: str):
    assert client_as(who).get("/system/setup").status_code == 403


def test_what_answers_is_fine_and_what_cannot_be_asked_is_not(look: Look):
    told = look()
    assert {told[key][0] for key in ("livekit", "sip", "storage")} == {"OK"}
    assert {told[key][0] for key in ("calls", "egress", "hooks", "pin_log")} == {"Unknown"}
    assert "level: warn" in told["pin_log"][1]


def test_the_worst_stands_first(look: Look):
    states = [state for state, _text in look().values()]
    order = ["Fix", "Check", "Unknown", "OK"]
    assert states == sorted(states, key=order.index)


def test_the_headline_counts_what_stands_below_it(look: Look, client_as: As):
    states = Counter(state for state, _text in look().values())
    page = client_as("support").get("/system/setup").text
    counts = [states["Fix"], states["Check"]]
    assert [int(number) for number in re.findall(r"(\d+) things? to (?:fix|check)\.", page)] == counts
    assert "Nothing is broken." not in page


def test_an_admin_is_told_the_address_for_webhooks(look: Look, settings: Settings):
    assert f"{settings.public_url}/hooks/livekit" in look("admin")["hooks"][1]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("refuse", "Nothing answers at its address"),
        ("hang", "It didn't answer in time"),
        ("html", "isn't LiveKit"),
    ],
)
def test_a_livekit_in_trouble_is_named_and_the_page_does_not_wait_long(
    look: Look, livekit: LiveKit, settings: Settings, how: str, words: str
):
    livekit.html(times=20) if how == "html" else livekit.go_away(how)
    begun = time.monotonic()
    told = look()
    assert time.monotonic() - begun < settings.livekit_timeout
    livekit.heal()
    assert told["livekit"][0] == "Fix"
    assert words in told["livekit"][1]
    assert "FRONTDESK_LIVEKIT_URL" in told["livekit"][1]
    assert told["sip"][0] == told["egress"][0] == "Unknown"
    assert told["storage"][0] == "OK"


def test_a_key_that_livekit_does_not_know_is_named(look: Look, change_settings: Callable[..., None]):
    change_settings(livekit_api_key="other")
    told = look()["livekit"]
    assert told[0] == "Fix"
    assert "FRONTDESK_LIVEKIT_API_SECRET" in told[1]


def test_a_livekit_without_redis_has_neither_sip_nor_egress(look: Look, livekit: LiveKit):
    livekit.switch(redis=False)
    told = look()
    assert told["livekit"][0] == "OK"
    assert told["sip"][0] == told["egress"][0] == "Fix"
    assert "redis:" in told["sip"][1]


def test_a_live_room_without_any_hook_is_a_fault(look: Look):
    room = Room(name="x", slug="x", live_since=utcnow() - timedelta(minutes=5))
    db.session.add(room)
    db.session.commit()
    assert look()["hooks"][0] == "Fix"
    db.session.add(Delivery(event_id="EV_1", event="room_started", room_id=room.id, body={}, created_at=utcnow()))
    db.session.commit()
    assert look()["hooks"][0] == "OK"


def test_a_folder_that_cannot_be_written_is_named_with_its_fix(look: Look, settings: Settings, tmp_path: Path):
    settings.recordings_dir.rename(tmp_path / "aside")
    settings.recordings_dir.write_text("no folder")
    told = look()["storage"]
    settings.recordings_dir.unlink()
    (tmp_path / "aside").rename(settings.recordings_dir)
    assert told[0] == "Fix"
    assert "FRONTDESK_RECORDINGS_DIR" in told[1]


def test_the_very_folder_that_the_worker_writes_is_tried(look: Look, change_folder: Path):
    (change_folder / "recordings").write_text("nobody can write into this")
    told = look()["storage"]
    assert told[0] == "Fix" and "install -d -o" in told[1] and "FRONTDESK_RECORDINGS_GROUP" in told[1]


def test_the_folder_is_made_before_the_worker_can_keep_it_for_itself_and_the_page_says_whose_it_is(
    look: Look, change_folder: Path
):
    state, said = look()["storage"]
    assert state == "OK" and mode(change_folder / "recordings") == "0700"
    me = files.user_name(os.geteuid())
    assert f"belongs to user {me} and group" in said and f"mode 0700; Frontdesk runs as {me}." in said


@as_root
def test_a_folder_in_which_only_the_worker_can_delete_is_warned_of(look: Look, change_folder: Path):
    folder = change_folder / "recordings"
    folder.mkdir()
    os.chown(folder, WORKER, SHARED)
    folder.chmod(0o3770)
    state, said = look()["storage"]
    assert state == "Check" and f"belongs to user {WORKER} and group {SHARED}, mode 3770" in said
    assert "no one but the egress worker delete" in said and "install -d -o root" in said


def test_a_token_in_the_query_of_the_meeting_page_is_warned_of(look: Look, change_settings: Callable[..., None]):
    assert look()["meeting"][0] == "OK"
    change_settings(meeting_url="https://meet.example.org/{room}?token={token}")
    told = look()["meeting"]
    assert told[0] == "Check" and "browser histories" in told[1]


def test_the_cure_for_pins_in_logs_covers_livekit_and_livekit_sip(look: Look):
    told = look()["pin_log"][1]
    assert "component_levels: api: warn" in told and "level: warn" in told and "numbers stay" in told


def test_trying_the_storage_leaves_nothing_behind(look: Look, settings: Settings):
    before = set(settings.recordings_dir.iterdir())
    look()
    assert set(settings.recordings_dir.iterdir()) == before


def test_clocks_are_compared_with_livekit(look: Look, monkeypatch: pytest.MonkeyPatch):
    assert "LiveKit" in look()["clocks"][1]
    assert look()["clocks"][0] == "OK"
    real = utcnow
    monkeypatch.setattr("webapp.core.dates.utcnow", lambda: real() - timedelta(seconds=90))
    told = look()["clocks"]
    assert told[0] == "Fix"
    assert re.search(r"by (89|90|91)\.\d s", told[1])


def test_http_beyond_this_machine_is_a_fault_and_so_is_a_proxy_that_nobody_trusts(
    look: Look, change_settings: Callable[..., None]
):
    assert look()["https"][0] == "Check"
    change_settings(public_url="http://desk.example.org")
    assert look()["https"][0] == "Fix"
    change_settings(public_url="https://desk.example.org")
    assert "FRONTDESK_PROXY_COUNT" in look()["https"][1]
    assert look(base_url="https://localhost")["https"][0] in {"OK", "Check"}


def test_a_provider_that_is_not_there_is_named(look: Look, change_settings: Callable[..., None]):
    change_settings(oidc_issuer="http://127.0.0.1:9")
    told = look()["provider"]
    assert told[0] == "Fix"
    assert "FRONTDESK_OIDC_ISSUER" in told[1]


def test_a_provider_that_answers_is_fine(
    look: Look, settings: Settings, simulator: Addresses, change_settings: Callable[..., None]
):
    change_settings(oidc_issuer=simulator.issuer)
    assert look()["provider"][0] == "OK"
    change_settings(oidc_issuer=settings.livekit_url)
    assert look()["provider"][0] == "Fix"


def test_a_sweep_that_stands_still_is_a_fault(look: Look):
    assert look()["jobs"][0] == "Fix"
    db.session.add(PeriodicJob(name="rules", next_at=utcnow(), succeeded_at=utcnow()))
    db.session.commit()
    assert look()["jobs"][0] == "OK"
    db.session.query(PeriodicJob).update({"succeeded_at": utcnow() - timedelta(hours=1)})
    db.session.commit()
    assert look()["jobs"][0] == "Fix"


def test_without_a_trunk_that_takes_rooms_the_list_says_so(look: Look):
    assert look()["trunks"][0] == "Check"
    db.session.add(TrunkRow(sip_trunk_id="ST_1", assignable=False))
    db.session.commit()
    assert "None is open" in look()["trunks"][1]
    db.session.query(TrunkRow).update({"assignable": True})
    db.session.commit()
    assert look()["trunks"][0] == "OK"


def test_the_list_says_under_which_id_rules_are_ours_and_that_a_moved_database_had_another(
    look: Look, change_settings: Callable[..., None]
):
    assert look()["installation"][0] == "Unknown"
    first = installation.own_id()
    state, said = look()["installation"]
    assert state == "OK" and first in said
    change_settings(livekit_url="http://other.example.org")
    installation.own_id()
    state, said = look()["installation"]
    assert state == "Check" and f"flask installation keep {first}" in said
    installation.keep(uuid.UUID(first))
    db.session.commit()
    assert look()["installation"][0] == "OK"


def test_egress_is_judged_by_the_last_recording(look: Look):
    room = Room(name="x", slug="x")
    db.session.add(room)
    db.session.flush()
    hour, now = utcnow() - timedelta(hours=1), utcnow()
    saved = {"state": State.SAVED, "ended_at": hour, "created_at": hour}
    db.session.add(Recording(room_id=room.id, mode=Mode.VIDEO, key="a", **saved))
    db.session.commit()
    assert look()["egress"][0] == "OK"
    db.session.add(Recording(room_id=room.id, mode=Mode.VIDEO, state=State.FAILED, key="b", created_at=now))
    db.session.commit()
    assert look()["egress"][0] == "Check"


def test_the_list_names_no_secret(client_as: As, settings: Settings):
    page = client_as("admin").get("/system/setup").text
    for secret in (settings.livekit_api_secret, settings.oidc_client_secret, settings.secret_key):
        assert secret.get_secret_value() not in page


def test_calls_are_not_fine_while_livekit_refuses_them(look: Look, livekit: LiveKit):
    pair = [{"name": name, "rule": {"dispatch_rule_direct": {"room_name": name}}} for name in ("one", "two")]
    livekit.store_sip(rules=pair)
    diagnosis.diagnose()
    state, text = look()["calls"]
    assert state == "Fix"
    assert "Repair the outage" in text
