"""What an entry of pasted text says of a call: name and value, in any of the forms in which people copy them.

JSON, a Python dict, key=value, an object that was cut off: all are read as pairs, however deep they stand. A typed PIN
is dropped here, and only the fields named here are ever read.
"""

import json
import re
from collections.abc import Iterator

_STRING = r'"(?P<double>(?:[^"\\\n]++|\\.)*+)(?P<closed>"?)'
_QUOTED = r"'(?P<single>(?:[^'\\\n]++|\\.)*+)(?P<ended>'?)"
_PAIR = re.compile(
    rf"""(?P<quote>["']?)(?<![\w.])(?P<name>[A-Za-z_][\w.]{{0,40}}+)(?P=quote)[ \t]{{0,8}}(?P<sign>[:=])\s{{0,8}}"""
    rf"""(?:{_STRING}|{_QUOTED}|(?P<group>[\[{{])(?P<empty>\s{{0,8}}[\]}}])?|(?P<word>[^\s,{{}}\[\]"']++))"""
)
_NAMES = {
    "msg": "msg",
    "message": "message",
    "log": "log",
    "callID": "call",
    "callId": "call",
    "call_id": "call",
    "sip.callID": "call",
    "sipCallID": "sip_call",
    "sip.callIDFull": "sip_call",
    "fromUser": "fromUser",
    "from_user": "fromUser",
    "sip.phoneNumber": "fromUser",
    "fromHost": "fromHost",
    "from_host": "fromHost",
    "sip.hostname": "fromHost",
    "fromIP": "fromIP",
    "from_ip": "fromIP",
    "toUser": "toUser",
    "to_user": "toUser",
    "sip.trunkPhoneNumber": "toUser",
    "sipTrunk": "trunk",
    "sipTrunkID": "trunk",
    "sip.trunkID": "trunk",
    "sipRule": "rule",
    "sipRuleID": "rule",
    "sip.ruleID": "rule",
    "room": "room",
    "roomName": "room",
    "room_name": "room",
    "direction": "direction",
    "reason": "reason",
    "error": "error",
    "status": "status",
    "sip.callStatus": "state",
    "noPin": "noPin",
    "pin": "pin",
    "logger": "logger",
    "caller": "caller",
    "event": "event",
    "egressID": "egress",
    "egress_id": "egress",
    "egressId": "egress",
}
PHONE = frozenset(["fromUser", "fromHost", "fromIP", "toUser"])
INNER = frozenset(["log", "message"])  # a collector's envelope around the line
ODD = "\ud800"  # stands for a value that is no text; no telephone sends it, and no form takes it


def fields(text: str) -> dict[str, str]:
    """Of repeated names the last that says something; a PIN only as the fact that there was one."""
    picked: dict[str, str] = {}
    in_room = False
    for name, value in _pairs(text):
        if name == "room" and value == "{":
            in_room = True
        elif name == "name" and in_room:
            picked["room"], in_room = value, False
        elif name == "pin":
            picked["pin"] = picked.get("pin", "") or ("typed" if value else "")
        elif value not in ("", "{") or name not in picked:
            picked[name] = "" if value == "{" else value
    picked.pop("name", None)
    return picked


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for match in _PAIR.finditer(text):
        name = "name" if match["name"] == "name" else _NAMES.get(match["name"], "")
        if name and (value := _value(match, name)) is not None:
            yield name, value


def _value(match: re.Match[str], name: str) -> str | None:
    """The text of a value; None for one that was cut off, whose rest may say something else."""
    if match["double"] is not None:
        return _unescaped(match["double"]) if match["closed"] or name in INNER else None
    if match["single"] is not None:
        return re.sub(r"\\(.)", r"\1", match["single"]) if match["ended"] else None
    if match["group"]:
        return ODD if name in PHONE and not match["empty"] else "{"
    if match["quote"] and name in PHONE:
        return "" if match["word"] in ("null", "None") else ODD  # a number, where JSON has a text
    return str(match["word"])


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text.replace('\\"', '"')
