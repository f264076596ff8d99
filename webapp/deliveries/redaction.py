"""What is kept of a hook: what handlers need, nothing that tells who somebody is."""

from collections.abc import Mapping
from typing import Any

from webapp.core.masking import quoted

Body = dict[str, Any]

ROOM = ("sid", "name", "creationTime", "numParticipants")
PARTICIPANT = ("sid", "identity", "kind", "state", "disconnectReason", "joinedAt")
ATTRIBUTES = ("sip.callID", "sip.trunkID", "sip.ruleID", "sip.callStatus")
TRACK = ("sid", "type", "source", "muted")
EGRESS = (
    "egressId",
    "roomComposite",
    "roomName",
    "status",
    "startedAt",
    "endedAt",
    "updatedAt",
    "error",
    "errorCode",
    "file",
    "fileResults",
)
FILE = ("startedAt", "endedAt", "duration", "size", "filename")


def redact(event: Mapping[str, Any]) -> Body:
    """The event without names, numbers, attributes of others, passwords and metadata.

    A phone's identity is the caller's number (livekit/protocol sip/sip.go), so it is left out unless it is the bare
    `sip_` of a call without one; the sid identifies the participant.
    """
    picked = _pick(event, ("event", "id", "createdAt", "numDropped"))
    for name, fields in (("room", ROOM), ("track", TRACK)):
        if name in event:
            picked[name] = _pick(event[name], fields)
    if "participant" in event:
        picked["participant"] = _participant(event["participant"])
    if "egressInfo" in event:
        picked["egressInfo"] = _egress(event["egressInfo"])
    return picked


def _participant(participant: object) -> Body:
    picked = _pick(participant, PARTICIPANT)
    identity = str(picked.get("identity", ""))
    if identity.startswith("sip_") and identity != "sip_":
        del picked["identity"]
    picked["attributes"] = _pick(mapping(participant).get("attributes"), ATTRIBUTES)
    return picked


def _egress(egress: object) -> Body:
    picked = _pick(egress, EGRESS)
    if "roomComposite" in picked:  # the file's path holds our recording's id
        outputs = _list(mapping(picked["roomComposite"]).get("fileOutputs"))
        picked["roomComposite"] = {"fileOutputs": [_pick(output, ("filepath",)) for output in outputs]}
    if "file" in picked:  # where older servers say it
        picked["file"] = _pick(picked["file"], FILE)
    if "error" in picked:
        picked["error"] = quoted(str(picked["error"]), _path(picked))
    picked["fileResults"] = [_pick(result, FILE) for result in _list(picked.get("fileResults"))]
    return picked


def _path(egress: Body) -> str:
    """Where the worker writes, as we told it."""
    outputs = mapping(egress.get("roomComposite")).get("fileOutputs") or [{}]
    return str(outputs[0].get("filepath", ""))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one: what is signed may still be odd."""
    return value if isinstance(value, Mapping) else {}


def _pick(value: object, names: tuple[str, ...]) -> Body:
    source = mapping(value)
    return {name: source[name] for name in names if name in source}
