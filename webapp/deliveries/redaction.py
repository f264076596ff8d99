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
    kept = _pick(event, ("event", "id", "createdAt", "numDropped"))
    for name, fields in (("room", ROOM), ("track", TRACK)):
        if name in event:
            kept[name] = _pick(event[name], fields)
    if "participant" in event:
        kept["participant"] = _participant(event["participant"])
    if "egressInfo" in event:
        kept["egressInfo"] = _egress(event["egressInfo"])
    return kept


def _participant(participant: object) -> Body:
    kept = _pick(participant, PARTICIPANT)
    identity = str(kept.get("identity", ""))
    if identity.startswith("sip_") and identity != "sip_":
        del kept["identity"]
    kept["attributes"] = _pick(mapping(participant).get("attributes"), ATTRIBUTES)
    return kept


def _egress(egress: object) -> Body:
    kept = _pick(egress, EGRESS)
    if "roomComposite" in kept:  # the file's path holds our recording's id
        outputs = _list(mapping(kept["roomComposite"]).get("fileOutputs"))
        kept["roomComposite"] = {"fileOutputs": [_pick(output, ("filepath",)) for output in outputs]}
    if "file" in kept:  # where older servers say it
        kept["file"] = _pick(kept["file"], FILE)
    if "error" in kept:
        kept["error"] = quoted(str(kept["error"]), _path(kept))
    kept["fileResults"] = [_pick(result, FILE) for result in _list(kept.get("fileResults"))]
    return kept


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
