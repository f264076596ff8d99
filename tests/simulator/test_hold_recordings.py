"""What was measured of held phones, tones in both directions, comes out of the simulator too (LIVEKIT.md F)."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.livekit import LiveKit
from tests.support.replay import Exchange, Replay, recorded

ROOM = "hold"
PHONE = "sip_+15551234"
ATTRIBUTES = {
    "sip.callID": "SCL_3ev62LoE3KGy",
    "sip.callIDFull": "c1@127.0.0.1",
    "sip.callStatus": "active",
    "sip.callTag": "t1",
    "sip.hostname": "127.0.0.1",
    "sip.phoneNumber": "+15551234",
    "sip.ruleID": "SDR_GXg6QMkBmQH9",
    "sip.trunkID": "ST_8rmXJyUeqUpV",
    "sip.trunkPhoneNumber": "+15550001",
}
AUDIBLE = 100  # strength of a tone, silence being below 20


class Scene:
    """A web participant and a phone in a room, dialling again where the recording has a new call."""

    def __init__(self, livekit: LiveKit) -> None:
        self.livekit = livekit
        self.replay = Replay(livekit)
        self.livekit.join(ROOM, "web")
        self.livekit.control("publish", room=ROOM, identity="web", name="mic")

    def play(self, line: Exchange) -> Iterator[str]:
        """Do or measure what the line says; yields what is different here."""
        self._dial_again(line)
        if "request" in line:
            self._know_web_track(line)
            yield from self.replay.differences(line)
        elif line["name"].startswith("measure"):
            yield from self._measure(line)

    def _dial_again(self, line: Exchange) -> None:
        phone = line.get("response", {}).get("body", {})
        tracks = [sid for sid, _ in line.get("sip_tracks", ())] + [track["sid"] for track in phone.get("tracks", ())]
        unknown = [sid for sid in tracks or [phone.get("sid", "")] if sid and sid not in self.replay.ids]
        if not unknown or phone.get("identity", PHONE) != PHONE:
            return
        rights = {"canUpdateOwnMetadata": True}
        self.livekit.join(ROOM, PHONE, name="Phone +15551234", kind="sip", video=rights, attributes=ATTRIBUTES)
        person = self.livekit.control("publish", room=ROOM, identity=PHONE, name=PHONE)
        self.replay.ids[unknown[0]] = person["tracks"][0]["sid"] if tracks else person["sid"]

    def _know_web_track(self, line: Exchange) -> None:
        body = line["request"]["body"]
        for sid in [*body.get("track_sids", ()), *([body["track_sid"]] if is_mute_of_web(body) else [])]:
            if sid not in self.replay.ids:
                self.replay.ids[sid] = self.livekit.participants(ROOM)["web"]["tracks"][0]["sid"]

    def _measure(self, line: Exchange) -> Iterator[str]:
        self._seat_second_web(line)
        people = self.livekit.participants(ROOM)
        for web, (_, strongest, _) in line["web_hears_phone"].items():
            if (PHONE in people[web]["hears"]) != _audible(strongest):
                yield f"{web} hears {people[web]['hears']}"
        for web, tone in {"web": "phone_700Hz", "web2": "phone_900Hz"}.items():
            if (web in people[PHONE]["hears"]) != _audible(line[tone]):
                yield f"the phone hears {people[PHONE]['hears']}"
        if [muted for _, muted in line["sip_tracks"]] != [track["muted"] for track in people[PHONE]["tracks"]]:
            yield "tracks"

    def _seat_second_web(self, line: Exchange) -> None:
        wanted, there = "web2" in line["web_hears_phone"], "web2" in self.livekit.participants(ROOM)
        if wanted and not there:
            sources = ["microphone"] if "900Hz" in line["name"] else []
            self.livekit.join(ROOM, "web2", publish=sources)
        if there and not wanted and not line["name"].startswith("measure:held"):
            self.livekit.leave(ROOM, "web2")


def _audible(strength: float | None) -> bool:
    return strength is not None and strength > AUDIBLE


@pytest.mark.parametrize(
    ("recording", "remote_unmute", "lines"),
    [("hold-default-server", False, 30), ("hold-misc", False, 11), ("hold-remote-unmute-on", True, 32)],
)
def test_what_a_hold_does_to_a_phone_is_as_measured(
    livekit: LiveKit, recording: str, remote_unmute: bool, lines: int
) -> None:
    livekit.switch(enable_remote_unmute=remote_unmute)
    scene = Scene(livekit)
    found: dict[str, Any] = {}
    played = [each for each in recorded(recording) if plays(each)]
    for number, line in enumerate(played):
        different = list(scene.play(line))
        if different:
            found[f"{number} {line['name']}"] = different
    assert found == {}
    assert len(played) == lines


def is_mute_of_web(body: Exchange) -> bool:
    """A mute of the web participant's own track."""
    return body["identity"] == "web" and "track_sid" in body


def plays(line: Exchange) -> bool:
    """The lines about sound and permissions; what the SIP bridge does is told elsewhere."""
    sip = "/livekit.SIP/" in line.get("request", {}).get("path", "")
    about_sound = line["name"].startswith("measure") or "request" in line
    return about_sound and not sip and line["name"] not in {"remove", "delete_room"}
