"""The fact of each finding, in one sentence that names the object; names stand in quotation marks, ids do not."""

from collections.abc import Callable, Mapping, Sequence

from flask_babel import gettext as _

from webapp.core.masking import impersonal
from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind
from webapp.matching import Rule

Names = Mapping[str, str]


def of(finding: Finding, trunks: Names) -> str:
    """The sentence; `trunks` are the names of trunks by id."""
    if of_room := _OF_ROOMS.get(finding.kind):
        return str(of_room(_room(finding)))
    if of_rule := _OF_RULES.get(finding.kind):
        return str(of_rule(_rule(finding.rules[0])))
    return str(_more(finding, trunk_name(finding.trunk_id, trunks), trunks))


def _quoted(name: str) -> str:
    """Names of others may read like a part of the sentence."""
    return str(_("“%(name)s”", name=name))


def _rule(rule: Rule) -> str:
    name = impersonal(rule.name).strip()
    return _quoted(name) if name else rule.id


def trunk_name(trunk_id: str, trunks: Names) -> str:
    """What a sentence calls a trunk; one that nobody knows goes by its id."""
    name = trunks.get(trunk_id, "")
    return _quoted(name) if name and name != trunk_id else trunk_id or str(_("no trunk"))


def _every(trunk_ids: Sequence[str], trunks: Names) -> str:
    """Several trunks in one sentence; a rule of no trunk is read with every one."""
    return ", ".join(trunk_name(each, trunks) if each else str(_("every trunk")) for each in trunk_ids)


def _room(finding: Finding) -> str:
    return _quoted(finding.room.name) if finding.room else ""


_OF_ROOMS: Mapping[Kind, Callable[[str], object]] = {
    Kind.MISSING: lambda room: _("%(room)s is live, but no rule lets phones in", room=room),
    Kind.WRONG_PIN: lambda room: _("The rule of %(room)s asks for another PIN than the room has", room=room),
    Kind.WRONG_TRUNK: lambda room: _("The rule of %(room)s is on another trunk than the room", room=room),
    Kind.DUPLICATE: lambda room: _("%(room)s has more than one rule", room=room),
    Kind.STALE: lambda room: _("%(room)s remembers a rule that LiveKit doesn't have", room=room),
    Kind.UNHEARD: lambda room: _("People are in %(room)s, but no webhook reported them", room=room),
    Kind.VISIBLE_BY_CHOICE: lambda room: _("%(room)s shows callers' numbers, as its owner chose", room=room),
}
_OF_RULES: Mapping[Kind, Callable[[str], object]] = {
    Kind.HIDING_WILDCARD: lambda rule: _(
        "%(rule)s hides numbers and names no trunk, so that no guard covers it", rule=rule
    ),
    Kind.WILDCARD: lambda rule: _("%(rule)s names no trunk, so calls that every trunk refuses still get in", rule=rule),
    Kind.EMPTY_ROOM: lambda rule: _("%(rule)s leads into a room without a name", rule=rule),
    Kind.UNTYPABLE_PIN: lambda rule: _("The PIN of %(rule)s can't be dialled on a phone", rule=rule),
    Kind.IMPOSTOR: lambda rule: _("%(rule)s is named like one of Frontdesk's rules, but isn't one", rule=rule),
    Kind.CALLER_IN_ROOM: lambda rule: _("%(rule)s puts callers' numbers into room names", rule=rule),
    Kind.CALLED_IN_ROOM: lambda rule: _("%(rule)s puts the number called into room names", rule=rule),
    Kind.CALLER_VISIBLE: lambda rule: _("%(rule)s shows callers' numbers to everyone in the room", rule=rule),
}


def _more(finding: Finding, trunk: str, trunks: Names) -> object:
    match finding.kind:
        case Kind.CONFLICT:
            on = _every(finding.on, trunks)
            return _("Two rules on %(trunk)s match the same calls, so LiveKit refuses every call there", trunk=on)
        case Kind.SELF_CONFLICT | Kind.NO_KIND:
            return _of_broken(finding, _every(finding.on, trunks))
        case Kind.UNGUARDED | Kind.DEFEATED | Kind.NARROW:
            return _of_guard(finding, trunk)
        case Kind.DIFFERS:
            return _differs(finding)
        case Kind.ORPHAN:
            return _orphan(finding, trunk)
        case Kind.OTHER_FRONTDESK:
            return _("Rules on %(trunk)s belong to another Frontdesk", trunk=trunk)
        case Kind.NO_TRUNK:
            return _no_trunk(finding)
        case Kind.SAME_NUMBER | Kind.TWO_DEFAULTS:
            return _of_two_trunks(finding, trunks)
        case Kind.DANGLING | Kind.OPEN_BESIDE_PIN | Kind.CALLED_AS_CALLER | Kind.RULE_NUMBER | Kind.RULE_FORM:
            return _of_rule(finding, _rule(finding.rules[0]), trunk)
    return _of_trunk(finding, trunk)


def _of_broken(finding: Finding, trunk: str) -> object:
    rule = _rule(finding.rules[0])
    if finding.kind is Kind.NO_KIND:
        return _("%(rule)s on %(trunk)s has no kind, so LiveKit refuses every call there", rule=rule, trunk=trunk)
    return _("%(rule)s on %(trunk)s repeats itself, so LiveKit refuses every call there", rule=rule, trunk=trunk)


def _of_guard(finding: Finding, trunk: str) -> object:
    if finding.kind is Kind.UNGUARDED:
        return _("%(trunk)s has rules that hide numbers, but no guard beside them", trunk=trunk)
    if finding.kind is Kind.NARROW:
        if len(finding.rules) == 1:
            return _("The guard of %(trunk)s covers only the listed numbers", trunk=trunk)
        return _("An external open rule on %(trunk)s leaves the guard only the listed numbers", trunk=trunk)
    return _("%(rule)s keeps the guard of %(trunk)s from its work", rule=_rule(finding.rules[0]), trunk=trunk)


def _differs(finding: Finding) -> object:
    fields = {
        "kind": _("its kind"),
        "room": _("where it leads"),
        "name": _("its name"),
        "hides_caller": _("whether it hides numbers"),
        "inbound_numbers": _("which callers it takes"),
        "numbers": _("which called numbers it takes"),
    }
    which = ", ".join(fields[field] for field in finding.detail.split("."))
    return _("The rule of %(room)s differs from the room: %(which)s", room=_room(finding), which=which)


def _orphan(finding: Finding, trunk: str) -> object:
    if finding.room is None:
        return _("The guard of %(trunk)s is still there, but the trunk is gone", trunk=trunk)
    return _("No phone should reach %(room)s now, but its rule is still there", room=_room(finding))


def _no_trunk(finding: Finding) -> object:
    room = _room(finding)
    if finding.trunk_id:
        return _("%(room)s is live, but LiveKit no longer has its trunk", room=room)
    return _("%(room)s is live, but has no trunk", room=room)


def _of_two_trunks(finding: Finding, trunks: Names) -> object:
    one, other = (trunk_name(trunk.id, trunks) for trunk in finding.trunks)
    if finding.kind is Kind.SAME_NUMBER:
        return _("%(one)s and %(other)s list one number, so LiveKit refuses calls to it", one=one, other=other)
    return _("%(one)s and %(other)s both list no number, so LiveKit can't choose", one=one, other=other)


def _of_rule(finding: Finding, rule: str, trunk: str) -> object:
    match finding.kind:
        case Kind.DANGLING if not finding.trunk_id:
            return _("%(rule)s names a trunk with an empty id, which is no trunk", rule=rule)
        case Kind.DANGLING:
            return _("%(rule)s names the trunk %(id)s, which LiveKit doesn't have", rule=rule, id=finding.trunk_id)
        case Kind.OPEN_BESIDE_PIN:
            return _("%(rule)s asks for no PIN where other rules do", rule=rule)
        case Kind.CALLED_AS_CALLER:
            return _("%(rule)s lists the number of %(trunk)s as a caller", rule=rule, trunk=trunk)
        case Kind.RULE_FORM:
            entry = _entry(finding.detail)
            return _("%(rule)s matches only calls that have exactly this form: %(entry)s", rule=rule, entry=entry)
    return _("%(rule)s lists a number that never matches: %(entry)s", rule=rule, entry=_entry(finding.detail))


def _of_trunk(finding: Finding, trunk: str) -> object:
    sentences = {
        Kind.EVERYBODY: _("%(trunk)s allows every address, because none of those it lists can be read", trunk=trunk),
        Kind.HALF_CREDENTIALS: _("%(trunk)s has half of its credentials, so no password is required", trunk=trunk),
        Kind.FORGEABLE: _("%(trunk)s trusts addresses that anyone can claim", trunk=trunk),
        Kind.OPEN_TRUNK: _("%(trunk)s lists neither numbers nor addresses", trunk=trunk),
    }
    if finding.kind in sentences:
        return sentences[finding.kind]
    if finding.kind is Kind.TRUNK_FORM:
        entry = _entry(finding.detail)
        return _("%(trunk)s matches only calls that have exactly this form: %(entry)s", trunk=trunk, entry=entry)
    return _("%(trunk)s lists a number that never matches: %(entry)s", trunk=trunk, entry=_entry(finding.detail))


def _entry(detail: str) -> object:
    """An entry by its list and place, and what is wrong with it."""
    field, place, what = detail.split(".")
    wrong = {
        "form": _("it isn't written as calls have it"),
        "exact": _("few calls have such a number"),
        "zeros": _("it begins with 00"),
        "inner_zero": _("it has a 0 behind the country code that no call has"),
        "spelling": _("the trunk writes it otherwise, and rules compare exactly"),
        "unlisted": _("no trunk of the rule takes it"),
    }
    return _("entry %(place)d of “%(field)s”: %(what)s", place=int(place) + 1, field=field, what=wrong[what])
