"""One long day at a real installation, and nothing personal in anything that was written about it."""

import html
import json
import re
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator import oidc
from simulator.oidc.personas import PERSONAS
from simulator.server import Addresses, in_thread
from simulator.world import Options, Timing, World
from tests.support.installed import Installation, free_port, installed
from tests.support.livekit import LiveKit
from tests.support.waiting import PATIENCE, until

NUMBER, CALLER = "+33199001234", "+33655443322"
GUEST, GRANTED, TYPED = "Heinrich Schreckengost", "greta.weber@elsewhere.example", "Walburga Prendergast"
ROOM = "Surgery of Dr Featherstonehaugh"


@dataclass
class Person:
    """A browser at the installation."""

    url: str
    issuer: str
    browser: requests.Session = field(default_factory=requests.Session)

    def sign_in(self, persona: str) -> requests.Response:
        """Through the provider and back."""
        there = self.browser.get(f"{self.url}/sign-in", allow_redirects=False, timeout=PATIENCE).headers["Location"]
        return self.browser.get(f"{there}&persona={persona}", timeout=PATIENCE)

    def get(self, path: str) -> requests.Response:
        """Open a page."""
        return self.browser.get(self.url + path, timeout=PATIENCE)

    def send(self, page: str, path: str, **data: str) -> requests.Response:
        """Open a page and send a form of it with its token, and with the version that the page shows."""
        text = self.get(page).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
        assert token, page
        form = data | {"csrf_token": html.unescape(token[1])}
        shown = re.search(rf'action="{path}".*?</form>', text, re.DOTALL)
        if version := re.search(r'name="seen" value="([^"]*)"', shown[0] if shown else ""):
            form |= {"seen": html.unescape(version[1])}
        return self.browser.post(self.url + path, data=form, headers={"Referer": self.url + page}, timeout=PATIENCE)


@dataclass
class Day:
    """The installation, its LiveKit, and what must not be written anywhere."""

    site: Installation
    livekit: LiveKit
    issuer: str
    secrets: dict[str, str] = field(default_factory=dict)

    def person(self) -> Person:
        """A fresh browser."""
        return Person(self.site.url, self.issuer)

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """Ask the database from outside."""
        with closing(sqlite3.connect(self.site.folder / "frontdesk.sqlite3", timeout=PATIENCE)) as database:
            return database.execute(question).fetchall()

    def only_id(self, table: str) -> str:
        """The id of the one row of a table."""
        ((key,),) = self.rows(f"SELECT id FROM {table}")
        return str(uuid.UUID(key))

    def change(self, statement: str, *values: str) -> None:
        """Change the database from outside."""
        with closing(sqlite3.connect(self.site.folder / "frontdesk.sqlite3", timeout=PATIENCE)) as database, database:
            database.execute(statement, values)

    def provider(self, verb: str, **wish: Any) -> None:
        """Change how the provider behaves."""
        requests.post(f"{self.issuer}/control/{verb}", json=wish, timeout=PATIENCE).raise_for_status()


@contextmanager
def _simulated(folder: Path, port: int) -> Iterator[Addresses]:
    world = World(Options(port=0, recordings_dir=folder), timing=Timing(latency=0.02, rooms=1.0, webhooks=0.02))
    site = f"http://127.0.0.1:{port}"
    client = oidc.Options(
        "", redirect_uris=(f"{site}/oidc/callback",), post_logout_redirect_uris=(f"{site}/signed-out",)
    )
    with in_thread(world, client) as addresses:
        yield addresses


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """Everything of its own: provider, LiveKit, gunicorn with an access log."""
    port = free_port()
    with _simulated(tmp_path / "recordings", port) as addresses:
        chosen = {"livekit_url": addresses.livekit, "oidc_issuer": addresses.issuer, "oidc_staff_claim": "groups"}
        with installed(tmp_path, port=port, livekit_timeout=2, **chosen) as site:
            site.serve("--access-logfile", str(tmp_path / "access.log"))
            with LiveKit(addresses.livekit, Options.api_key, Options.api_secret).opened() as livekit:
                livekit.hooks_to(f"{site.url}/hooks/livekit")
                yield Day(site, livekit, addresses.issuer)


def _prepare(day: Day) -> tuple[Person, str, str]:
    """An admin makes a trunk; an owner makes a room on it and gives somebody access; gives owner, room and PIN."""
    admin, owner = day.person(), day.person()
    admin.sign_in("admin")
    made = admin.send("/telephony/trunks/new", "/telephony/trunks/", name="Harbour", numbers=NUMBER)
    assert made.ok, made.text
    assert owner.sign_in("owner").ok
    shown = owner.send("/rooms/new", "/rooms/new", name=ROOM, slug="", access_level="restricted", phone_enabled="y")
    assert shown.ok and ROOM in shown.text
    ((slug, pin),) = day.rows("SELECT slug, pin FROM rooms")
    owner.send(f"/rooms/{slug}/access/", f"/rooms/{slug}/access/", email=GRANTED, role="member")
    revealed = owner.send(f"/rooms/{slug}/", f"/rooms/{slug}/pin/reveal")
    assert pin in re.sub(r"[\s\u00a0\u202f]", "", revealed.text)
    return owner, slug, pin


def _meet(day: Day, owner: Person, slug: str, pin: str) -> str:
    """Somebody joins by web, a phone calls with its PIN, a guest asks and is let in; gives the live room's name."""
    name = day.only_id("rooms")
    day.livekit.join(name, "web-1", name=TYPED)
    until(day.livekit.rules)
    until(lambda: day.livekit.pin_of(_rule(day)) == pin)
    day.livekit.dial(CALLER, to=NUMBER, keys=f"{pin}#")
    until(lambda: any(CALLER in who for who in day.livekit.participants(name)))
    guest = day.person()
    assert guest.send(f"/join/{slug}", f"/join/{slug}", name=GUEST).ok
    page = owner.get(f"/rooms/{slug}/queue").text
    assert GUEST in page
    owner.send(f"/rooms/{slug}/queue", f"/lobby/{day.only_id('lobby_entries')}/admit")
    inside = guest.browser.get(f"{day.site.url}/join/{slug}/wait", allow_redirects=False, timeout=PATIENCE)
    day.secrets["meeting token"] = inside.headers["Location"].partition("#")[2].partition("=")[2]
    day.secrets |= {f"guest cookie {name}": str(value) for name, value in guest.browser.cookies.items()}
    return name


def _rule(day: Day) -> str:
    rule = next((each for each in day.livekit.rules() if each["rule"]["dispatch_rule_direct"]["pin"]), None)
    return str(rule["sip_dispatch_rule_id"]) if rule else ""


def _record(owner: Person, slug: str, day: Day) -> None:
    assert owner.send(f"/rooms/{slug}/", f"/rooms/{slug}/recordings", mode="audio").ok
    until(lambda: day.rows("SELECT state FROM recordings")[0][0] == "active")
    page = f"/recordings/{day.only_id('recordings')}"
    assert owner.send(f"{page}/", f"{page}/stop").ok
    until(lambda: day.rows("SELECT state FROM recordings")[0][0] in {"saved", "failed"})


def _fail(day: Day, owner: Person, slug: str) -> None:
    """LiveKit down, a forged hook, the provider lying and down, and a 500 with a name in its exception."""
    day.livekit.go_away()
    assert owner.send(f"/rooms/{slug}/", f"/rooms/{slug}/pin", reason=TYPED).ok
    day.livekit.heal()
    forged = json.dumps({"event": "participant_joined", "participant": {"name": TYPED, "identity": f"sip_{CALLER}"}})
    answer = requests.post(
        f"{day.site.url}/hooks/livekit", data=forged, headers={"Authorization": TYPED}, timeout=PATIENCE
    )
    assert answer.status_code == 401
    for lie in ("nonce", "signature"):
        day.provider("switches", lies=[lie])
        assert day.person().sign_in("member").status_code == 502
    day.provider("reset")
    day.provider("faults", endpoint="userinfo", kind="json", body={"sub": TYPED, "email": GRANTED})
    assert day.person().sign_in("member").status_code == 502
    assert day.person().sign_in("no-email").status_code == 403
    owner.send("/account/", "/account/", language=GRANTED)
    day.change("UPDATE rooms SET access_level = ?", f"{TYPED} {GRANTED} {CALLER}")
    broken = owner.get(f"/rooms/{slug}/")
    assert broken.status_code == 500 and TYPED not in broken.text
    day.change("UPDATE rooms SET access_level = ?", "restricted")


def _written(day: Day, room: str) -> dict[str, str]:
    """Everything that was written: logs, metrics, links, names of live rooms, stored hooks, due work."""
    codes = re.compile(r"/oidc/callback\?\S+")  # single-use, and used up; the browser brought it
    hooks = "SELECT event_id, event, body, problem FROM deliveries"
    return {
        "logs": day.site.written(),
        "access log": codes.sub("", (day.site.folder / "access.log").read_text()),
        "metrics": requests.get(f"{day.site.url}/metrics", timeout=PATIENCE).text,
        "live rooms": json.dumps(day.livekit.rooms()),
        "rules": json.dumps([(rule["name"], rule.get("metadata")) for rule in day.livekit.rules()]),
        "hooks": json.dumps(day.rows(hooks)),
        "due work": json.dumps(day.rows("SELECT kind, payload, problem FROM due_work")),
        "jobs": json.dumps(day.rows("SELECT name, problem FROM periodic_jobs")),
        "leases": json.dumps(day.rows("SELECT name FROM leases")),
    }


def test_a_day_of_calls_recordings_and_failures_writes_down_nobody_s_name_number_pin_address_or_token(day: Day):
    owner, slug, pin = _prepare(day)
    room = _meet(day, owner, slug, pin)
    _record(owner, slug, day)
    _fail(day, owner, slug)
    ((new_pin,),) = day.rows("SELECT pin FROM rooms")
    tokens = [row[0] for row in day.rows("SELECT id_token FROM user_sessions WHERE id_token <> ''")]
    cookies = {f"cookie {name}": str(value) for name, value in owner.browser.cookies.items()}
    owner.send("/account/", "/logout")
    day.livekit.settle()
    secrets = day.secrets | cookies | {f"id_token {number}": token for number, token in enumerate(tokens)}
    secrets |= {"pin": pin, "new pin": new_pin, "caller": CALLER.removeprefix("+"), "guest": GUEST, "granted": GRANTED}
    secrets |= {"typed": TYPED, "room name": ROOM, "livekit secret": Options.api_secret}
    for persona in PERSONAS.values():
        told = {"given": persona.given_name, "usual": persona.usual_name, "email": persona.email, "sub": persona.sub}
        secrets |= {f"{persona.key} {what}": text for what, text in told.items() if text}
    assert all(len(secret) > 3 for secret in secrets.values()), secrets
    written = _written(day, room)
    for sign in ('"event": "sign_in.failed"', '"event": "unhandled"', '"event": "reconcile.pending"'):
        assert sign in written["logs"], "the failures above are logged"
    assert "participant_joined" in written["hooks"] and "lobby.announce" in written["due work"]
    assert room in written["live rooms"] and "POST /hooks/livekit" in written["access log"]
    leaks = [
        f"{what} in {place}: {_around(text, secret)}"
        for place, text in written.items()
        for what, secret in secrets.items()
        if secret.lower() in text.lower()
    ]
    assert leaks == []


def _around(text: str, secret: str) -> str:
    place = text.lower().index(secret.lower())
    return text[max(0, place - 150) : place + len(secret) + 50]
