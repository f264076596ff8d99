"""One room line by line: what our row says beside what LiveKit says; words only, no number, no PIN, no name."""

from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.matching import Rule
from webapp.rooms.models import Room
from webapp.rules.wanted import desired, desired_old
from webapp.support.sides import LiveSide


@dataclass(frozen=True)
class Line:
    """One thing on both sides; `theirs` is empty where LiveKit has no say or was not reached."""

    key: str
    what: str
    ours: str
    theirs: str
    differs: bool


def compare(room: Room, live: LiveSide) -> list[Line]:
    """The lines, in the order in which a call meets them."""
    wish = desired(room, room.web_count if live.problem else live.web)
    wanted = Rule.parse(wish) if wish else None
    lines = [*_people(room, live), *_rule(room, live, wanted)]
    if live.problem:
        return [Line(line.key, line.what, line.ours, "", False) for line in lines]
    return lines


def agree(lines: list[Line]) -> bool:
    """No line differs."""
    return not any(line.differs for line in lines)


def _people(room: Room, live: LiveSide) -> list[Line]:
    ours, theirs = room.live, live.room is not None and bool(live.inside)
    return [
        Line("live", _("Live"), _yes(ours), _yes(theirs), ours != theirs),
        Line("web", _("Online"), str(room.web_count), str(live.web), room.web_count != live.web),
        Line("phones", _("By phone"), str(room.phone_count), str(live.phones), room.phone_count != live.phones),
    ]


def _rule(room: Room, live: LiveSide, wanted: Rule | None) -> list[Line]:
    known = room.sip_dispatch_rule_id or ""
    ids = [rule.id for rule in live.rules]
    lines = [
        Line("wish", _("Should have a rule"), _yes(wanted is not None), _yes(bool(ids)), bool(ids) != bool(wanted)),
        Line("rule", _("Rule"), known or _("none"), ", ".join(ids) or _("none"), ids != ([known] if known else [])),
    ]
    for rule in live.rules[:1]:
        lines += _content(room, rule)
    return lines + _old_rule(room, live)


def _old_rule(room: Room, live: LiveSide) -> list[Line]:
    """The rule of the PIN before, where one side knows of it."""
    wanted = desired_old(room, room.web_count if live.problem else live.web) is not None
    known = room.old_sip_dispatch_rule_id or ""
    ids = [rule.id for rule in live.old_rules]
    if not (wanted or known or ids):
        return []
    differs = ids != ([known] if known else []) or bool(ids) != wanted
    return [Line("old_rule", _("Rule of the old PIN"), known or _("none"), ", ".join(ids) or _("none"), differs)]


def _content(room: Room, rule: Rule) -> list[Line]:
    trunks, same = list(rule.trunk_ids), bool(room.pin) and rule.pin == room.pin
    pin = _("the same") if same else _("a different one") if rule.pin else _("none")
    hides = rule.hides_caller
    return [
        Line("trunk", _("Trunk"), room.trunk_id or _("none"), ", ".join(trunks), trunks != [room.trunk_id]),
        Line("pin", _("PIN"), _("has one") if room.pin else _("none"), pin, not same),
        Line("hides", _("Hides numbers"), _yes(room.hide_phone_number), _yes(hides), hides != room.hide_phone_number),
    ]


def _yes(true: bool) -> str:
    return str(_("yes") if true else _("no"))
