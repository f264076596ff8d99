"""Outbound trunks and the old list of trunks of both directions, as LiveKit keeps them."""

from typing import Any

from simulator.sip_objects import SipObjects, no_trunk
from webapp.matching import (
    Json,
    MatchingError,
    Trunk,
    check_header_names,
    check_headers,
    check_list_update,
    check_media,
    updated,
)

_LISTS = ("numbers",)


def create_outbound(objects: SipObjects, request: Json) -> Json:
    """Store an outbound trunk; duplicates are fine."""
    trunk = request.get("trunk")
    if trunk is None:
        raise _invalid("missing trunk")
    if trunk.get("sip_trunk_id"):
        raise _invalid("trunk id must not be set")
    _check(trunk)
    return _store(objects, {**trunk, "sip_trunk_id": objects.new_id("ST_")})


def update_outbound(objects: SipObjects, request: Json) -> Json:
    """Change an outbound trunk: replaced whole, or field by field."""
    trunk_id = request.get("sip_trunk_id")
    if not trunk_id:
        raise _invalid("trunk id must be set")
    _check_action(request)
    if trunk_id not in objects.outbound:
        raise no_trunk()
    changed = updated(objects.outbound[trunk_id], request, _LISTS)
    _check(changed)
    return _store(objects, {"media": {}, **changed} if "update" in request else changed)


def get_outbound(objects: SipObjects, request: Json) -> Json:
    """One outbound trunk; the id of an inbound one is unknown here."""
    if not request.get("sip_trunk_id"):
        raise _invalid("trunk ID is required")
    if request["sip_trunk_id"] not in objects.outbound:
        raise no_trunk()
    return {"trunk": objects.outbound[request["sip_trunk_id"]]}


def list_outbound(objects: SipObjects, request: Json) -> Json:
    """Outbound trunks by id and number."""
    ids, numbers = set(request.get("trunk_ids") or ()), set(request.get("numbers") or ())
    after = (request.get("page") or {}).get("after_id", "")
    return {
        "items": [
            info
            for trunk_id, info in sorted(objects.outbound.items())
            if trunk_id > after
            and (not ids or trunk_id in ids)
            and (not numbers or numbers & set(info.get("numbers") or ()))
        ]
    }


def list_both(objects: SipObjects, _request: Json) -> Json:
    """Trunks of both directions in the shape of LiveKit's first trunk API."""
    both = [_old_inbound(trunk) for trunk in objects.inbound.values()]
    both += [_old_outbound(info) for info in objects.outbound.values()]
    return {"items": sorted(both, key=lambda trunk: str(trunk["sip_trunk_id"]))}


def _store(objects: SipObjects, info: Json) -> Json:
    objects.outbound[info["sip_trunk_id"]] = info
    return info


def _check_action(request: Json) -> None:
    replace, update = request.get("replace"), request.get("update")
    if replace is not None:
        if replace.get("sip_trunk_id") not in (None, "", request["sip_trunk_id"]):
            raise _invalid("trunk id in the info must be empty or match the id in the update")
        _check(replace)
    elif update is None:
        raise _invalid("missing or unsupported update action")
    elif update.get("numbers") is not None:
        check_list_update(update["numbers"])


def _check(trunk: Json) -> None:
    if not trunk.get("numbers"):
        raise _invalid("no trunk numbers specified")
    if not trunk.get("address"):
        raise _invalid("no outbound address specified")
    _check_host(trunk["address"], "trunk address")
    _check_host(trunk.get("from_host", ""), "from_host")
    check_media(trunk.get("media"))
    check_headers(trunk.get("headers") or {})
    check_header_names((trunk.get("attributes_to_headers") or {}).values())
    check_header_names((trunk.get("headers_to_attributes") or {}).keys())


def _check_host(host: str, what: str) -> None:
    if "transport=" in host:
        raise _invalid(f"{what} should not contain transport parameter")
    if "@" in host or ";" in host or host.startswith(("sip:", "sips:")):
        raise _invalid(f"{what} should be a hostname or IP, not SIP URI")


def _old_inbound(trunk: Trunk) -> dict[str, Any]:
    return {
        "sip_trunk_id": trunk.id,
        "kind": "TRUNK_INBOUND",
        "inbound_addresses": list(trunk.allowed_addresses),
        "outbound_number": next(iter(trunk.numbers), ""),
        "inbound_numbers": list(trunk.allowed_numbers),
        "inbound_username": trunk.info.get("auth_username", ""),
        "inbound_password": trunk.info.get("auth_password", ""),
        "name": trunk.info.get("name", ""),
        "metadata": trunk.info.get("metadata", ""),
    }


def _old_outbound(info: Json) -> dict[str, Any]:
    return {
        "sip_trunk_id": info["sip_trunk_id"],
        "kind": "TRUNK_OUTBOUND",
        "outbound_address": info["address"],
        "outbound_number": info["numbers"][0],
        "transport": info.get("transport", "SIP_TRANSPORT_AUTO"),
        "outbound_username": info.get("auth_username", ""),
        "outbound_password": info.get("auth_password", ""),
        "name": info.get("name", ""),
        "metadata": info.get("metadata", ""),
    }


def _invalid(text: str) -> MatchingError:
    return MatchingError("other", "invalid_argument", text)
