"""The estate with canaries in it: its rows, the people in the simulated LiveKit, and what restores both."""

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.privacy.canaries import TEXTS, Canaries, number
from tests.privacy.restoring import KeptRows
from tests.support.estate import Estate
from tests.support.livekit import LiveKit
from tests.support.personas import browser
from webapp.rooms.models import Room

EVERYBODY = ("anonymous", "guest", "stranger", "member", "administrator", "owner", "support", "admin")
READS = re.compile("List")
INSIDE = "zqidentityweb"


@dataclass
class Planted:
    """The estate, a browser's cookies for each persona, and its rows and LiveKit as they were."""

    app: Flask
    livekit: LiveKit
    estate: Estate
    canaries: Canaries
    rooms: dict[str, Room]
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)  # of addresses that differ from the estate's
    jars: dict[str, Any] = field(default_factory=dict)
    sip: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    kept: KeptRows = field(init=False)
    sids: dict[tuple[str, str], str] = field(default_factory=dict)

    def sid(self, room: str, identity: str) -> str:
        """LiveKit's id of a participant."""
        if (room, identity) not in self.sids:
            found = self.livekit.participants(str(self.rooms[room].id)).get(identity, {})
            self.sids[room, identity] = str(found.get("sid", ""))
        return self.sids[room, identity]

    def fresh(self, who: str) -> FlaskClient:
        """A browser as the persona had it at the beginning."""
        made = browser(self.app)
        made._cookies = dict(self.jars[who])  # a request may sign out, or take another language
        return made

    def keep(self) -> None:
        """Remember the rows and LiveKit as they are now."""
        self.sip = {"trunks": self.livekit.trunks(), "rules": self.livekit.rules()}
        self.kept = KeptRows()

    def restore(self) -> None:
        """Undo what a request did, if it did anything."""
        if not self.kept.changed:
            return
        self.kept.put_back()
        if any(number and not READS.match(method) for method, number in self.livekit.reading("counts").items()):
            self.livekit.reset()
            fill(self)
            self.sids.clear()


def fill(planted: Planted) -> None:
    """LiveKit's trunks, rules and people; hosts and guests may be inside, too."""
    if planted.sip:
        planted.livekit.store_sip(**planted.sip)
    for which, label in (("here", "number.caller"), ("quiet", "number.hidden_caller")):
        room, caller = str(planted.rooms[which].id), number(label)
        planted.livekit.join(room, INSIDE, name=TEXTS["name.inside"], metadata=TEXTS["attribute.metadata"])
        attributes = {
            "sip.phoneNumber": caller,
            "sip.trunkPhoneNumber": number("number.trunk"),
            "sip.callID": f"SCL_{which}",
            "sip.h.X-Customer": TEXTS["attribute.sip_header"],
            "crm": TEXTS["attribute.unknown"],
            f"x-{number('number.attribute')}": number("number.attribute"),
        }
        planted.livekit.join(room, f"sip_{caller}", name=f"Phone {caller}", kind="sip", attributes=attributes)
