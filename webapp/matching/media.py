"""What the media settings of a trunk and of a rule make together."""

from typing import Any

from webapp.matching.model import Json

_DISABLE = "SIP_MEDIA_ENCRYPT_DISABLE"


def merged(trunk: Json | None, rule: Json) -> dict[str, Any]:
    """The media fields of an answer: the rule's own where it has any, the trunk's elsewhere."""
    theirs = trunk or {}
    media = {**_codecs(trunk, rule), **_timeout(theirs, rule)}
    encryption = _chosen(_encryption(rule), _encryption(theirs))
    if encryption is not None:
        media["encryption"] = encryption
    shown = {} if encryption in (None, _DISABLE) else {"media_encryption": encryption}
    return {"media": media, **shown}


def _codecs(trunk: Json | None, rule: Json) -> dict[str, Any]:
    # Both fields come from one side: over a trunk, only_listed_codecs of a rule that lists none is not even looked at.
    media = _media(rule) if trunk is None or _media(rule).get("codecs") else _media(trunk)
    return {name: media[name] for name in ("only_listed_codecs", "codecs") if media.get(name)}


def _timeout(trunk: Json, rule: Json) -> dict[str, Any]:
    timeout = _media(rule).get("media_timeout") or _media(trunk).get("media_timeout")
    return {"media_timeout": timeout} if timeout else {}


def _chosen(own: str | None, theirs: str | None) -> str | None:
    return theirs if own is None or (own == _DISABLE and theirs is not None) else own


def _encryption(info: Json) -> str | None:
    if _media(info).get("encryption"):
        return str(_media(info)["encryption"])
    old = info.get("media_encryption")
    return str(old) if old and old != _DISABLE else None


def _media(info: Json) -> Json:
    return info.get("media") or {}
